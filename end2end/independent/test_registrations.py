"""The provider's own systems register devices over HTTP (protocol, "HTTP")."""

import json

import pytest

from client import Answer, Device, call
from portal import Portal


@pytest.fixture(scope="module")
def token(shared: Portal) -> str:
    return shared.run("token", "create", "--provider=demo", "--name=billing system").strip()


def post(portal: Portal, token: str | None, content: dict, key: str | None = None) -> Answer:
    headers = {"Content-Type": "application/json"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Idempotency-Key": key} if key else {}
    return call(f"{portal.origin}/api/v1/registrations", json.dumps(content).encode(), **headers)


def registration(device_id: str, **changes: str) -> dict:
    return {"account": "A-1001", "device_id": device_id, "kind": "device", "channel": "api"} | changes


def test_a_registration_ends_in_an_enrolled_device(shared, token, device_id):
    answer = post(shared, token, registration(device_id))
    assert answer.status == 201
    made = json.loads(answer.body)
    assert made["state"] == "open"
    device = Device.from_link(made["label"]["link"], device_id)
    assert device.payload.expires_at == made["expires_at"]
    assert device.enrol().enrollment_id == made["enrollment_id"]
    assert "<svg" in made["label"]["svg"]


def test_a_repeated_registration_makes_one_device_and_has_one_answer(shared, token, device_id):
    first = post(shared, token, registration(device_id), key=device_id)
    again = post(shared, token, registration(device_id), key=device_id)
    assert (again.status, json.loads(again.body)) == (first.status, json.loads(first.body))
    assert Device.from_link(json.loads(first.body)["label"]["link"], device_id).enrol()


def test_one_idempotency_key_is_not_for_two_registrations(shared, token, device_id):
    assert post(shared, token, registration(device_id), key=device_id).status == 201
    answer = post(shared, token, registration(device_id + "B"), key=device_id)
    assert (answer.status, answer.problem_name) == (409, "conflict")


def test_without_a_token_nothing_is_registered(shared, device_id):
    for token in (None, "wrong"):
        answer = post(shared, token, registration(device_id))
        assert (answer.status, answer.problem_name) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"device_id": "short"}, (400, "invalid-device-id")),
        ({"kind": "toaster"}, (400, "bad-request")),
        ({"channel": "smoke signals"}, (400, "bad-request")),
        ({"account": ""}, (400, "bad-request")),
        ({"surprise": "member"}, (400, "bad-request")),
    ],
)
def test_a_wrong_value_is_refused_by_name(shared, token, device_id, changes, expected):
    answer = post(shared, token, registration(device_id) | changes)
    assert (answer.status, answer.problem_name) == expected
