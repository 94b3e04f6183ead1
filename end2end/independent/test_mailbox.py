"""Instructions wait for an enrolled device, and its receipts go back to who sent them."""

import json
import threading
import time
import urllib.request

import pytest

from client import Answer, call
from messages import Line, items
from portal import Portal
from test_messages import enrollment_of, line_of


@pytest.fixture(scope="module")
def token(shared: Portal) -> str:
    return shared.run("token", "create", "--provider=demo", "--name=orders", "--scope=instructions:write").strip()


def post(portal: Portal, token: str, content: dict, key: str | None = None) -> Answer:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    headers |= {"Idempotency-Key": key} if key else {}
    return call(f"{portal.origin}/api/v1/instructions", json.dumps(content).encode(), **headers)


def instruct(portal: Portal, token: str, line: Line, name: str = "set-point", **more) -> str:
    answer = post(portal, token, {"enrollments": [enrollment_of(line)], "name": name} | more)
    assert answer.status == 201, answer
    return json.loads(answer.body)["instruction_id"]


def status(portal: Portal, token: str, instruction: str) -> dict:
    url = f"{portal.origin}/api/v1/instructions/{instruction}"
    return json.loads(call(url, Authorization=f"Bearer {token}").body)


def awake(portal: Portal, device_id: str) -> Line:
    line = line_of(portal, device_id)
    line.hello()
    return line


def test_an_instruction_is_told_until_its_receipt_and_counted(shared, token, device_id):
    line = awake(shared, device_id)
    sent = instruct(shared, token, line, arguments={"celsius": 20.5})
    assert status(shared, token, sent)["counts"]["queued"] == 1
    for _ in range(2):
        [item] = items(line.poll(), "instruction")
        assert item.keys() == {"kind", "id", "from", "expires_at", "name", "arguments"}
        assert (item["id"], item["from"], item["name"]) == (sent, "api", "set-point")
        assert item["arguments"] == {"celsius": 20.5}
        assert item["expires_at"] > time.time()
    assert status(shared, token, sent)["counts"]["delivered"] == 1
    assert items(line.receipt(sent, "acknowledged"), "instruction") == []
    assert items(line.poll(), "instruction") == []
    line.receipt(sent, "executed", detail="20,5 °C")
    [device] = status(shared, token, sent)["devices"]
    assert (device["state"], device["detail"]) == ("executed", "20,5 °C")
    assert abs(device["device_at"] - time.time()) < 60
    # What was said last does not go back.
    line.receipt(sent, "failed")
    assert status(shared, token, sent)["devices"] == [device]


@pytest.mark.parametrize("outcome", ["executed", "failed", "refused"])
def test_every_outcome_comes_back(shared, token, device_id, outcome):
    line = awake(shared, device_id)
    sent = instruct(shared, token, line)
    line.poll()
    line.receipt(sent, outcome)
    assert status(shared, token, sent)["counts"][outcome] == 1


def test_a_lost_receipt_is_repeated_and_counts_once(shared, token, device_id):
    line = awake(shared, device_id)
    sent = instruct(shared, token, line)
    line.poll()
    message = line.message("receipt", item=sent, outcome="executed", at=1)
    answers = [line.send(message) for _ in range(3)]
    assert len({answer.body for answer in answers}) == 1
    line.open(answers[0])
    assert status(shared, token, sent)["counts"]["executed"] == 1


def test_a_receipt_for_somebody_elses_item_or_none_says_nothing(shared, token, device_id):
    line, other = awake(shared, device_id), awake(shared, f"{device_id}0")
    sent = instruct(shared, token, line)
    line.poll()
    other.receipt(sent, "executed")
    other.receipt("01920000-0000-7000-8000-000000000001", "executed")
    assert status(shared, token, sent)["counts"]["delivered"] == 1


def test_a_receipt_that_nobody_understands_is_refused(shared, device_id):
    line = awake(shared, device_id)
    right = {"item": "01920000-0000-7000-8000-000000000001", "outcome": "executed", "at": 1}
    for wrong in ({"item": "x"}, {"outcome": "eaten"}, {"at": "now"}, {"detail": 7}):
        assert line.refused("receipt", **right | wrong) == "bad-request"
    line.say("poll")


def test_one_key_sends_one_instruction(shared, token, device_id):
    line = awake(shared, device_id)
    content = {"enrollments": [enrollment_of(line)], "name": "off"}
    first, again = (post(shared, token, content, key=device_id) for _ in range(2))
    assert (first.status, first.body) == (again.status, again.body) and first.status == 201
    other = post(shared, token, content | {"name": "on"}, key=device_id)
    assert other.problem_name == "conflict"
    assert len(items(line.poll(), "instruction")) == 1


def test_a_poll_that_waits_hears_at_once(shared, token, device_id):
    line = awake(shared, device_id)
    began = time.monotonic()
    assert items(line.poll(wait=1), "instruction") == []
    assert 1 <= time.monotonic() - began < 10

    sending = threading.Timer(1, lambda: instruct(shared, token, line))
    sending.start()
    began = time.monotonic()
    [item] = items(line.poll(wait=25), "instruction")
    assert time.monotonic() - began < 15
    sending.join()
    assert items(line.poll(wait=25), "instruction") == [item], "what is there is not waited for"


def test_an_open_page_is_woken_and_only_with_the_token_of_the_last_answer(shared, token, device_id):
    line = awake(shared, device_id)
    url = f"{shared.origin}/api/v1/wake"
    stale = line.bearer()
    line.poll()
    for wrong in (stale, "", "x", line.bearer()[:-1]):
        assert call(url, Authorization=f"Bearer {wrong}").problem_name == "unauthorized"
    assert call(url).problem_name == "unauthorized"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {line.bearer()}"})
    with urllib.request.urlopen(request, timeout=30) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        instruct(shared, token, line)
        event = []
        while not (event and event[-1] == ""):
            said = stream.readline().decode().rstrip("\n")
            if not said.startswith(":"):
                event += [said] if said or event else []
        assert event == ["event: items", "data: poll", ""]
    assert len(items(line.poll(), "instruction")) == 1
