"""A device enrols against the real portal."""

import json
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import sealed
from client import Device, Enrolled, call, make_key
from label import ManualCode, b64u, read_link
from portal import Portal

ALGORITHMS = ["ES256", "RS2048", "RS3072"]
DAY = 24 * 3600


def enrolled(portal: Portal, device_id: str, algorithm: str = "ES256") -> tuple[dict, Device, Enrolled]:
    label = portal.register(device_id, key_algorithm=algorithm)
    device = Device.from_link(label["link"], device_id)
    return label, device, device.enrol()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_device_enrols_and_its_certificate_is_as_the_protocol_says(shared, device_id, algorithm):
    label, device, result = enrolled(shared, device_id, algorithm)
    assert device.payload.key_algorithm == algorithm
    certificate = x509.load_der_x509_certificate(result.certificate)

    assert sealed.spki(certificate.public_key()) == device.spki
    assert result.enrollment_id == label["enrollment_id"]
    extension = certificate.extensions.get_extension_for_class
    names = extension(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"urn:uuid:{UUID(result.enrollment_id)}"]

    request = x509.load_der_x509_csr(device.csr())
    assert certificate.subject == request.subject
    common_names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert [name.value for name in common_names] == [label["temporary_id"]]

    usage = extension(x509.KeyUsage)
    assert usage.critical
    is_rsa = isinstance(device.key, rsa.RSAPrivateKey)
    flags = ("digital_signature", "key_agreement", "key_encipherment", "key_cert_sign", "crl_sign", "content_commitment")
    assert [getattr(usage.value, flag) for flag in flags] == [True, not is_rsa, is_rsa, False, False, False]
    assert list(extension(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    constraints = [part for part in certificate.extensions if isinstance(part.value, x509.BasicConstraints)]
    assert all(not part.value.ca for part in constraints)
    for kind in (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier, x509.CRLDistributionPoints):
        assert extension(kind)
    access = extension(x509.AuthorityInformationAccess).value
    assert x509.AuthorityInformationAccessOID.OCSP in [description.access_method for description in access]
    assert 64 < certificate.serial_number.bit_length() <= 128
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert 397 <= lifetime.total_seconds() / DAY <= 399


def test_the_chain_leads_from_the_device_to_the_published_root(shared, device_id):
    _, device, result = enrolled(shared, device_id)
    below = x509.load_der_x509_certificate(result.certificate)
    assert result.chain
    for der in result.chain:
        issuer = x509.load_der_x509_certificate(der)
        below.verify_directly_issued_by(issuer)
        assert issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert issuer.not_valid_before_utc <= below.not_valid_before_utc
        assert below.not_valid_after_utc <= issuer.not_valid_after_utc
        below = issuer
    assert result.chain[0] == device.ca_chain[0], "devices and the provider have the same issuing CA"
    assert below.public_bytes(sealed.DER) in device.ca_chain


def test_the_settings_say_whose_device_this_is_now(shared, device_id):
    settings = enrolled(shared, device_id)[2].settings
    assert settings["provider"] == "Green Mountain Electric Coop"
    assert settings["version"] == 1
    assert settings["support_email"] == "help@gmec.example"
    assert 0 < settings["poll_interval"] <= DAY
    assert 0 < settings["renew_before"] < 398


def test_a_manual_code_leads_to_the_same_payload(shared, device_id):
    label = shared.register(device_id)
    device = Device.from_manual_code(shared.origin, label["manual_code"], device_id)
    assert read_link(label["link"]) == (shared.origin, device.payload)
    assert device.enrol().enrollment_id == label["enrollment_id"]


def test_an_unknown_manual_code_is_not_found(shared):
    code = "TR8BV-GAMSF-FE2NH-24H0Y"
    answer = call(f"{shared.origin}/api/v1/manual/{b64u(ManualCode(code).lookup)}")
    assert (answer.status, answer.problem_name) == (404, "not-found")


def test_the_full_profile_carries_the_provider_certificate(full, device_id):
    label = full.register(device_id)
    device = Device.from_link(label["link"], device_id)
    assert device.payload.provider_certificate == device.provider_certificate
    assert len(device.provider_certificate) < 450
    assert device.enrol().enrollment_id == label["enrollment_id"]


def test_labels_of_two_device_ids_have_nothing_of_them_in_common(shared, device_id):
    """Only the OTP's ciphertext may depend on the device ID, and the OTP is drawn anew for each label."""
    first, second = (read_link(shared.register(number)["link"])[1] for number in (device_id, device_id + "X"))
    for name in ("provider_certificate", "csr_content", "key_algorithm"):
        assert getattr(first, name) == getattr(second, name)
    assert first.temporary_id != second.temporary_id


@pytest.mark.parametrize("algorithm", ["ES256", "RS2048"])
def test_a_confirmation_whose_answer_was_lost_is_answered_again(shared, device_id, algorithm):
    label = shared.register(device_id, key_algorithm=algorithm)
    device = Device.from_link(label["link"], device_id)
    csr = device.csr()
    lost, same_bytes = device.confirmation(csr), device.confirmation(csr)
    first = device.open(device.send(lost))
    assert device.open(device.send(lost)) == first
    assert device.open(device.send(same_bytes)) == first


def test_another_request_after_the_first_is_refused(shared, device_id):
    label, device, _ = enrolled(shared, device_id)
    thief = Device.from_link(label["link"], device_id)
    answer = thief.confirm()
    assert (answer.status, answer.problem_name) == (409, "already-enrolled")


def test_the_command_line_shows_what_became_of_it(shared, device_id):
    label, _, _ = enrolled(shared, device_id)
    shown = json.loads(shared.run("enrollment", "show", label["enrollment_id"], "--json"))
    assert shown["temporary_id"] == label["temporary_id"]
    assert "issued" in json.dumps(shown["state"]).lower()
    assert device_id not in json.dumps(shown), "the device ID is not shown"


def test_keys_of_another_kind_than_the_label_says_are_refused_and_cost_no_try(shared, device_id):
    label = shared.register(device_id)
    stranger = Device.from_link(label["link"], device_id, key=make_key("RS2048"))
    answer = stranger.confirm()
    assert (answer.status, answer.problem_name) == (422, "bad-csr")
    assert answer.problem["reason"]
    assert Device.from_link(label["link"], device_id).enrol()
