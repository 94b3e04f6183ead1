"""An enrolled device speaks with the real portal, written from the protocol's page alone."""

import json

import pytest
from cryptography import x509

import sealed
from client import Device, call, make_key
from label import b64u
from messages import Line, items
from portal import Portal

ALGORITHMS = ["ES256", "RS2048", "RS3072"]


def line_of(portal: Portal, device_id: str, algorithm: str = "ES256") -> Line:
    label = portal.register(device_id, key_algorithm=algorithm)
    device = Device.from_link(label["link"], device_id)
    return Line.of(device, device.enrol())


def enrollment_of(line: Line) -> str:
    certificate = x509.load_der_x509_certificate(line.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    [name] = names.get_values_for_type(x509.UniformResourceIdentifier)
    return name.removeprefix("urn:uuid:")


def state(portal: Portal, line: Line) -> str:
    return json.loads(portal.run("enrollment", "show", enrollment_of(line), "--json"))["state"]["name"]


def test_settings_and_directory_say_where_to_send_messages(shared, device_id):
    label = shared.register(device_id)
    device = Device.from_link(label["link"], device_id)
    url = f"{shared.origin}/api/v1/messages"
    assert device.enrol().settings["messages_url"] == url
    directory = json.loads(call(f"{shared.origin}/.well-known/gridpass").body)
    assert [provider["messages_url"] for provider in directory["providers"]] == [url]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_device_says_hello_and_is_told_the_key_policy(shared, device_id, algorithm):
    line = line_of(shared, device_id, algorithm)
    assert state(shared, line) == "issued"
    [parameters] = items(line.hello(), "parameters")
    assert state(shared, line) == "active"
    assert algorithm in parameters["key_algorithms"]
    assert set(parameters["key_algorithms"]) <= set(ALGORITHMS)
    assert 0 < parameters["renew_before"] < parameters["certificate_days"]
    assert parameters["overlap"] == 24 * 3600
    assert items(line.say("poll"), "parameters") == [parameters]
    line.hello()
    assert line.seq == 3


def test_later_hellos_show_on_which_device_they_are(shared, device_id):
    line = line_of(shared, device_id)
    line.hello()
    assert line.refused("hello") == "wrong-device"
    assert line.refused("hello", device_proof=line.proof("SN-99999999")) == "wrong-device"
    assert line.refused("hello", device_proof=b64u(bytes(32))) == "wrong-device"
    line.hello()


@pytest.mark.parametrize(("old", "new"), [("ES256", "ES256"), ("RS2048", "ES256"), ("ES256", "RS2048")])
def test_a_new_key_is_vouched_for_by_the_old_one_and_takes_its_place(shared, device_id, old, new):
    line = line_of(shared, device_id, old)
    line.hello()
    key = make_key(new)
    renewed = line.rekey(key)
    before = x509.load_der_x509_certificate(line.certificate)
    after = x509.load_der_x509_certificate(renewed.certificate)
    assert sealed.spki(after.public_key()) == sealed.spki(key.public_key())
    assert (after.subject, after.issuer) == (before.subject, before.issuer)
    assert after.serial_number != before.serial_number
    names = [c.extensions.get_extension_for_class(x509.SubjectAlternativeName).value for c in (before, after)]
    assert names[0] == names[1], "the same enrollment"
    issuer = x509.load_der_x509_certificate(line.device.ca_chain[0])
    after.verify_directly_issued_by(issuer)

    renewed.hello()
    # From then on the old key is nobody's.
    line.seq, line.token = renewed.seq, renewed.token
    assert line.refused("poll") == "revoked"
    renewed.say("poll")


def test_the_old_key_goes_on_until_the_new_one_speaks(shared, device_id):
    line = line_of(shared, device_id)
    line.hello()
    line.rekey()
    line.say("poll")
    renewed = line.rekey()
    renewed.say("poll")


def test_a_request_of_a_new_key_keeps_to_the_rules_of_the_first(shared, device_id):
    line = line_of(shared, device_id)
    line.hello()
    key = make_key("ES256")

    def asked(csr: bytes) -> str:
        return line.refused("rekey", csr=b64u(csr))

    device = line.device
    assert asked(device.csr()) == "bad-csr", "the present key is not a new one"
    assert asked(device.csr(key=key, common_name="somebody else")) == "bad-csr"
    assert asked(device.csr(key=key, content={4: "Another provider"})) == "bad-csr"
    authority = x509.BasicConstraints(ca=True, path_length=None)
    assert asked(device.csr(key=key, extensions=[authority])) == "bad-csr"
    assert asked(b"no request") == "bad-csr"
    spoilt = bytearray(device.csr(key=key))
    spoilt[-1] ^= 1
    assert asked(bytes(spoilt)) == "bad-csr"
    # None of it counts as said.
    line.rekey(key).hello()


@pytest.mark.parametrize("reason", ["lost", "compromised", "disposed", "replaced", "left"])
def test_a_device_takes_itself_out_of_service(shared, device_id, reason):
    line = line_of(shared, device_id)
    line.hello()
    assert line.refused("revoke-me", reason="bored") == "invalid"
    last = line.message("revoke-me", reason=reason)
    answer = line.send(last)
    line.open(answer)
    assert state(shared, line) == "revoked"
    assert line.send(last).body == answer.body, "a lost answer is given again"
    assert line.refused("poll") == "revoked"


@pytest.mark.parametrize("kind", ["hello", "poll", "rekey"])
def test_the_same_message_gets_the_same_answer(shared, device_id, kind):
    line = line_of(shared, device_id)
    line.hello()
    more = {
        "hello": {"device_proof": line.proof()},
        "poll": {},
        "rekey": {"csr": b64u(line.device.csr(key=make_key("ES256")))},
    }
    message = line.message(kind, **more[kind])
    answers = [line.send(message) for _ in range(3)]
    assert len({answer.body for answer in answers}) == 1
    line.open(answers[0])
    line.say("poll")
    assert line.send(message).problem_name == "possible-clone", "not the last message any more"


def test_two_holders_of_one_key_are_noticed(shared, device_id):
    line = line_of(shared, device_id)
    line.hello()
    copy = line.copy()
    line.say("poll")
    assert copy.refused("poll") == "possible-clone"
    assert copy.refused("hello", device_proof=copy.proof()) == "possible-clone"
    assert copy.refused("rekey", csr=b64u(copy.device.csr(key=make_key("ES256")))) == "possible-clone"
    assert copy.refused("revoke-me", reason="lost") == "possible-clone"
    line.say("poll")


@pytest.mark.parametrize("change", ["token", "seq", "older seq", "no token", "another first"])
def test_a_wrong_token_or_count_looks_like_a_copy(shared, device_id, change):
    line = line_of(shared, device_id)
    line.hello()
    content = line.content("poll")
    match change:
        case "token":
            content["token"] = b64u(bytes(16))
        case "seq":
            content["seq"] += 1
        case "older seq":
            content["seq"] -= 1
        case "no token":
            del content["token"]
        case "another first":
            content = {"seq": 1, "iat": content["iat"], "kind": "hello"}
    assert line.send(line.seal(content)).problem_name == "possible-clone"
    line.say("poll")


def test_a_first_message_counts_from_one_without_a_token(shared, device_id):
    line = line_of(shared, device_id)
    assert line.send(line.seal(line.content("hello") | {"seq": 2})).problem_name == "possible-clone"
    line.hello()


def test_no_other_message_stands_in_for_one_of_a_device(shared, device_id):
    line = line_of(shared, device_id)
    content = line.content("hello")
    down = line.send(line.seal(content))
    line.open(down)
    poll = line.content("poll")
    others = {
        "an answer sent back": down.body.decode("ascii"),
        "a down inside": line.seal(poll, inside="down"),
        "an issuance inside": line.seal(poll, inside="issuance"),
        "a confirmation outside": line.seal(poll, outside="confirmation"),
        "a down outside": line.seal(poll, outside="down"),
        "a confirmation": line.device.confirmation(line.device.csr()),
        "unsigned": sealed.seal("up", json.dumps(poll).encode(), line.device.provider_certificate),
        "an array": line.seal([poll]),
        "an unknown kind": line.message("shout"),
        "nothing": "",
    }
    for name, other in others.items():
        assert line.send(other).problem_name == "bad-request", name
    line.say("poll")


def test_a_signature_counts_only_by_the_key_of_its_certificate(shared, device_id):
    line = line_of(shared, device_id)
    stranger = Line(line.device, make_key("ES256"), line.certificate)
    assert stranger.refused("hello") == "bad-request"
    unknown = line.seal(line.content("hello"), kid=b64u(bytes(32)))
    assert line.send(unknown).problem_name == "unknown-device"
    provider = line.seal(line.content("hello"), kid=sealed.key_id(line.device.provider_certificate))
    assert line.send(provider).problem_name == "unknown-device"
    line.hello()


def test_unsigned_and_altered_messages_are_refused(shared, device_id):
    line = line_of(shared, device_id)
    signed = sealed.sign("up", json.dumps(line.content("hello")).encode(), line.key, line.certificate)
    _, payload, signature = signed.split(".")

    def sent(jws: str) -> str:
        return line.send(sealed.seal("up", jws.encode(), line.device.provider_certificate)).problem_name

    header = {"typ": "gridpass-up+jws", "kid": sealed.key_id(line.certificate)}
    none = b64u(json.dumps({"alg": "none"} | header).encode())
    assert sent(f"{none}.{payload}.") == "bad-request"
    critical = b64u(json.dumps({"alg": "ES256", "crit": ["exp"], "exp": 1} | header).encode())
    assert sent(f"{critical}.{payload}.{signature}") == "bad-request"
    other = b64u(json.dumps(line.content("poll")).encode())
    assert sent(f"{signed.split('.')[0]}.{other}.{signature}") == "bad-request"
    line.hello()


def test_a_message_to_another_key_or_of_another_type_is_refused(shared, device_id):
    line = line_of(shared, device_id)
    signed = sealed.sign("up", json.dumps(line.content("hello")).encode(), line.key, line.certificate)
    assert line.send(sealed.seal("up", signed.encode(), line.certificate)).problem_name == "bad-request"
    url = f"{shared.origin}/api/v1/messages"
    plain = call(url, line.message("hello").encode(), **{"Content-Type": "text/plain"})
    assert plain.problem_name == "unsupported-media-type"
    assert line.send("x" * 20_000).problem_name == "payload-too-large"
    line.hello()


def test_a_device_that_has_not_been_confirmed_has_nothing_to_say(shared, device_id):
    label = shared.register(device_id)
    device = Device.from_link(label["link"], device_id)
    other = line_of(shared, f"{device_id}0")
    line = Line(device, device.key, other.certificate)
    assert line.refused("hello") == "bad-request"
