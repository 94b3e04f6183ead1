"""What the portal refuses, in which order, and what a refusal costs (protocol, "Verification")."""

import os

import pytest
from cryptography import x509

from client import Answer, Device, call, make_key
from label import b64u
from portal import Portal, portal

NOW = 1_900_000_000
DAY = 24 * 3600


def registered(running: Portal, device_id: str, **options: str) -> Device:
    return Device.from_link(running.register(device_id, **options)["link"], device_id)


def said(answer: Answer) -> tuple[int, str, int | None]:
    return answer.status, answer.problem_name, answer.problem.get("remaining")


def wrong(device: Device) -> Answer:
    return device.confirm(otp=os.urandom(32))


COUNTDOWN = [(401, "invalid-otp", left) for left in (4, 3, 2, 1, 0)] + [(423, "locked", None)] * 2


def test_five_wrong_device_ids_lock_the_label(shared, device_id):
    device = registered(shared, device_id)
    mistyped = Device(device.origin, device.payload, device_id + "0")
    assert [said(mistyped.confirm()) for _ in COUNTDOWN] == COUNTDOWN
    assert said(device.confirm()) == (423, "locked", None), "the right device ID comes too late"


def test_an_unknown_temporary_id_is_answered_like_a_wrong_otp(shared, device_id):
    """No answer tells whether a temporary id exists: bodies differ in nothing but ids of the request."""
    device = registered(shared, device_id)
    unknown = os.urandom(16)
    for expected in COUNTDOWN:
        known = wrong(device)
        answer = device.send(device.confirmation(device.csr(), os.urandom(32)), unknown)
        assert said(answer) == said(known) == expected
        assert stripped(answer) == stripped(known)
        assert answer.headers.keys() == known.headers.keys()


def stripped(answer: Answer) -> dict:
    return {name: value for name, value in answer.problem.items() if name not in ("instance", "request_id")}


def test_tries_left_after_a_right_device_id_do_not_matter(shared, device_id):
    device = registered(shared, device_id)
    assert [said(wrong(device)) for _ in range(4)] == COUNTDOWN[:4]
    assert device.enrol()


def test_one_address_gets_five_wrong_tries_an_hour_over_all_labels(device_id):
    with portal(clock=NOW) as running:
        devices = [registered(running, f"{device_id}{letter}") for letter in "ABCDEF"]
        for device in devices[:5]:
            assert said(wrong(device)) == (401, "invalid-otp", 4)
        refused = devices[5].confirm()
        assert (refused.status, refused.problem_name) == (429, "rate-limited")
        assert 0 < int(refused.headers["retry-after"]) <= 3600
        running.set_clock(NOW + int(refused.headers["retry-after"]))
        devices[5] = registered(running, f"{device_id}G")
        assert devices[5].enrol(), "the hour is over"


def test_the_tries_survive_a_new_start(device_id, tmp_path):
    data = {"DATA_DIR": str(tmp_path / "data")}
    with portal(data) as running:
        device = registered(running, device_id)
        assert [said(wrong(device)) for _ in range(3)] == COUNTDOWN[:3]
    with portal(data) as running:
        device.origin = running.origin
        assert [said(wrong(device)) for _ in range(3)] == COUNTDOWN[3:6]


def test_what_cannot_be_opened_costs_no_try(shared, device_id):
    device = registered(shared, device_id)
    right = device.confirmation(device.csr())
    head, *rest = right.split(".")
    flipped = "A" if rest[-1][5] != "A" else "B"
    for spoilt in [
        "",
        "not a message",
        ".".join([head, *rest[:-1]]),
        ".".join([head, *rest[:-1], rest[-1][:5] + flipped + rest[-1][6:]]),
        right + ".x",
        "A" * 16_000,
        device.confirmation(device.csr(), message="up"),
        device.confirmation(device.csr(), message="issuance"),
        device.confirmation(device.csr(), kid=b64u(bytes(32))),
        device.confirmation(device.csr(), cty="json"),
        device.confirmation(device.csr(), zip="DEF"),
    ]:
        answer = device.send(spoilt)
        assert (answer.status, answer.problem_name) == (400, "bad-request"), spoilt[:60]
    assert said(wrong(device)) == COUNTDOWN[0]
    assert device.enrol()


def test_what_is_too_large_costs_no_try(shared, device_id):
    device = registered(shared, device_id)
    assert device.send("A" * (16 * 1024 + 1)).status in (400, 413)
    assert said(wrong(device)) == COUNTDOWN[0]


def test_a_bad_request_for_a_certificate_costs_no_try_and_does_not_spend_the_otp(shared, device_id):
    device = registered(shared, device_id)
    good = device.csr()
    content = device.payload.csr_content
    for spoilt in [
        b"",
        b"0",
        good[:-1],
        good + b"\0",
        good[:-1] + bytes([good[-1] ^ 1]),
        device.csr(key=make_key("ES256")),
        device.csr(common_name="somebody-else"),
        device.csr(content=content | {4: "Another Utility"}),
        device.csr(content={number: text for number, text in content.items() if number != 5}),
        device.csr(extensions=[x509.BasicConstraints(ca=True, path_length=None)]),
    ]:
        answer = device.confirm(spoilt)
        # An empty request is no member of the confirmation at all.
        expected = [(422, "bad-csr"), (400, "bad-request")] if spoilt == b"" else [(422, "bad-csr")]
        assert (answer.status, answer.problem_name) in expected, spoilt.hex()
        if answer.status == 422:
            assert answer.problem["reason"]
    assert said(wrong(device)) == COUNTDOWN[0]
    assert device.enrol()


def test_a_key_has_one_device(shared, device_id):
    first = registered(shared, device_id)
    first.enrol()
    second = registered(shared, device_id + "B")
    second.key = first.key
    answer = second.confirm()
    assert (answer.status, answer.problem_name) == (422, "bad-csr")


def test_a_wrong_otp_is_noticed_before_a_bad_request_is(shared, device_id):
    device = registered(shared, device_id)
    assert said(device.confirm(b"0", otp=os.urandom(32))) == COUNTDOWN[0]


def test_a_label_expires(device_id):
    with portal(clock=NOW) as running:
        late, early = registered(running, device_id), registered(running, device_id + "B")
        assert late.payload.expires_at > NOW
        running.set_clock(late.payload.expires_at - 1)
        assert early.enrol()
        running.set_clock(late.payload.expires_at)
        answer = late.confirm()
        assert (answer.status, answer.problem_name, answer.problem["reason"]) == (410, "expired", "expired")


def test_a_new_label_voids_the_old_one(shared, device_id):
    old, new = registered(shared, device_id), registered(shared, device_id)
    answer = old.confirm()
    assert (answer.status, answer.problem_name, answer.problem["reason"]) == (410, "expired", "superseded")
    assert new.enrol()


def test_a_cancelled_label_is_void(shared, device_id):
    label = shared.register(device_id)
    shared.run("enrollment", "cancel", label["enrollment_id"])
    answer = Device.from_link(label["link"], device_id).confirm()
    assert (answer.status, answer.problem_name, answer.problem["reason"]) == (410, "expired", "cancelled")


def test_a_repetition_is_answered_for_a_day(device_id):
    with portal(clock=NOW) as running:
        device = registered(running, device_id)
        csr = device.csr()
        first = device.open(device.confirm(csr))
        running.set_clock(NOW + DAY - 1)
        assert device.open(device.confirm(csr)) == first
        running.set_clock(NOW + DAY + 1)
        answer = device.confirm(csr)
        assert (answer.status, answer.problem_name) == (409, "already-enrolled")


@pytest.mark.parametrize("device_id", ["1234567", "A/B/C/D/E/F/G/H", "490154203237519"])
def test_what_is_no_device_id_is_not_registered(shared, device_id):
    """Too short, a foreign character, an IMEI with a wrong check digit."""
    with pytest.raises(AssertionError, match="(?i)device ID|IMEI"):
        shared.register(device_id)


def test_the_content_type_of_a_confirmation_is_checked(shared, device_id):
    device = registered(shared, device_id)
    url = f"{device.origin}/api/v1/enrollments/{b64u(device.payload.temporary_id)}/confirmation"
    answer = call(url, device.confirmation(device.csr()).encode(), **{"Content-Type": "text/plain"})
    assert (answer.status, answer.problem_name) == (415, "unsupported-media-type")
