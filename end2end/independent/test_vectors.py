"""The test values of the protocol: they bind this client and the product alike."""

import json
from pathlib import Path

import pytest

import sealed
from device_id import InvalidDeviceId, canonical, stored_hash, xor_otp
from label import InvalidLabel, ManualCode, Payload, decode_digits, encode_digits, make_link, read_link
from jwcrypto import jwe, jwk

VECTORS = json.loads((Path(__file__).parents[2] / "protocol/tests/vectors.json").read_text())


def each(name: str):
    cases = VECTORS[name]
    assert cases
    return pytest.mark.parametrize("case", cases, ids=[str(number) for number in range(len(cases))])


@each("canonical_device_id")
def test_device_ids_become_canonical(case):
    assert canonical(case["in"]) == case["out"]


@each("refused_device_id")
def test_other_texts_are_no_device_ids(case):
    with pytest.raises(InvalidDeviceId):
        canonical(case)


@each("otp")
def test_the_device_id_opens_the_otp(case):
    temporary_id, otp, ciphertext = (bytes.fromhex(case[name]) for name in ("temporary_id", "otp", "otp_ciphertext"))
    assert xor_otp(otp, case["device_id"], temporary_id) == ciphertext
    assert xor_otp(ciphertext, case["device_id"], temporary_id) == otp
    assert stored_hash(otp).hex() == case["stored_hash"]


@each("digits")
def test_bytes_travel_as_digits(case):
    data = bytes.fromhex(case["bytes"])
    assert encode_digits(data) == case["digits"]
    assert decode_digits(case["digits"]) == data


@pytest.mark.parametrize("digits", ["0", "256", "65536", "99999999999999999", "1234", "12a", "٣٣٣"])
def test_digits_that_no_bytes_have_are_refused(digits):
    with pytest.raises(InvalidLabel):
        decode_digits(digits)


@each("payload")
def test_the_link_holds_the_payload(case):
    otp = VECTORS["otp"][0]
    expected = Payload(
        bytes.fromhex(otp["temporary_id"]),
        bytes.fromhex(otp["otp_ciphertext"]),
        bytes.fromhex(case["certificate_field"]),
        {int(number): text for number, text in case["csr_content"].items()},
        case["key_algorithm"],
        case["expires"],
    )
    assert expected.to_cbor().hex() == case["cbor"]
    assert make_link("https://portal.gmec.example", expected) == case["link"]
    assert read_link(case["link"]) == ("https://portal.gmec.example", expected)


@each("manual_code")
def test_the_manual_code_opens_the_payload(case):
    manual = ManualCode(case["code"])
    assert manual.lookup.hex() == case["lookup"]
    assert manual.key.hex() == case["key"]
    opened = manual.open(bytes.fromhex(case["nonce"]), bytes.fromhex(case["ciphertext"]))
    assert Payload.from_cbor(opened).to_cbor() == opened


def test_a_manual_code_may_be_typed_carelessly():
    case = VECTORS["manual_code"][0]
    typed = case["code"].lower().replace("-", " ").replace("0", "o")
    assert ManualCode(typed).lookup.hex() == case["lookup"]


@each("refused_manual_code")
def test_a_mistyped_manual_code_is_noticed(case):
    with pytest.raises(InvalidLabel):
        ManualCode(case)


@each("certificate_identifiers")
def test_certificates_have_their_other_names(case):
    names = sealed.identifiers(bytes.fromhex(case["der"]))
    assert names == {name: case[name] for name in ("sha256", "ven_fingerprint", "lfdi", "sfdi")}


@each("sealed")
def test_sealed_messages_open(case):
    token = jwe.JWE()
    token.deserialize(case["jwe"], key=jwk.JWK(**case["private_jwk"]))
    assert token.payload.decode() == case["plaintext"]
