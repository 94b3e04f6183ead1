"""Judges from outside on certificates: pkilint and openssl."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import sealed
from client import Device, call
from portal import Portal

PEM = serialization.Encoding.PEM
PKILINT = Path(sys.executable).parent / "lint_pkix_cert"


def published(portal: Portal) -> list[x509.Certificate]:
    directory = json.loads(call(f"{portal.origin}/.well-known/gridpass").body)
    pems = [pem for provider in directory["providers"] for pem in provider["certificates"]]
    assert len(pems) >= 3, "a root, an issuing CA and a provider certificate"
    return [x509.load_pem_x509_certificate(pem.encode()) for pem in pems]


def findings(certificate: x509.Certificate, folder: Path, origin: str = "") -> list[dict]:
    """What pkilint finds. It takes URLs of the public web for the only URIs (`pkix.invalid_uri_syntax`); what is
    written as RFC 8141 has it, `urn:uuid:` and the `urn:dev:` of RFC 9039, and the addresses of a portal on this very machine are none of these.
    """
    file = folder / f"{certificate.serial_number}.pem"
    file.write_bytes(certificate.public_bytes(PEM))
    done = subprocess.run(
        [PKILINT, "lint", "--severity=WARNING", "--format=JSON", str(file)], capture_output=True, text=True
    )
    report = json.loads(done.stdout)
    found = [finding for result in report["results"] for finding in result["finding_descriptions"]]
    uuid = r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    device = r"urn:dev:(mac:[0-9a-f]{16}|os:[1-9][0-9]*-[0-9A-Z]+)"
    sound = re.compile(rf'Invalid URI syntax: "({uuid}|{device}|{origin}/[\w./-]+)"')
    return [finding for finding in found if not (origin and sound.fullmatch(finding["message"]))]


@pytest.mark.parametrize("algorithm", ["ES256", "RS2048", "RS3072"])
def test_pkilint_finds_nothing_in_a_device_certificate(shared, device_id, algorithm, tmp_path):
    label = shared.register(device_id, key_algorithm=algorithm)
    result = Device.from_link(label["link"], device_id).enrol()
    assert findings(x509.load_der_x509_certificate(result.certificate), tmp_path, shared.origin) == []


def test_pkilint_finds_nothing_in_the_published_certificates(shared, tmp_path):
    for certificate in published(shared):
        assert findings(certificate, tmp_path, shared.origin) == [], certificate.subject


def test_pkilint_would_find_something(tmp_path):
    """A certificate with a fault, so that silence means something."""
    key = ec.generate_private_key(ec.SECP256R1())
    nobody = x509.Name([])
    faulty = (
        x509.CertificateBuilder()
        .subject_name(nobody)
        .issuer_name(nobody)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    assert findings(faulty, tmp_path)


@pytest.mark.parametrize("algorithm", ["ES256", "RS3072"])
def test_openssl_verifies_the_request_and_the_chain(shared, device_id, algorithm, tmp_path):
    label = shared.register(device_id, key_algorithm=algorithm)
    device = Device.from_link(label["link"], device_id)
    csr = device.csr()
    result = device.open(device.confirm(csr))

    def pem(name: str, *ders: bytes) -> str:
        file = tmp_path / name
        certificates = [x509.load_der_x509_certificate(der) for der in ders]
        file.write_bytes(b"".join(certificate.public_bytes(PEM) for certificate in certificates))
        return str(file)

    roots = [c.public_bytes(sealed.DER) for c in published(shared) if c.subject == c.issuer]
    arguments = ["-x509_strict", "-purpose", "sslclient", "-CAfile", pem("root.pem", *roots)]
    arguments += ["-untrusted", pem("chain.pem", *result.chain), pem("device.pem", result.certificate)]
    done = subprocess.run(["openssl", "verify", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    alone = ["openssl", "verify", "-CAfile", pem("root.pem", *roots), pem("device.pem", result.certificate)]
    assert subprocess.run(alone, capture_output=True).returncode != 0, "the issuing CA is needed"

    request = tmp_path / "request.der"
    request.write_bytes(csr)
    checked = subprocess.run(
        ["openssl", "req", "-inform", "DER", "-in", str(request), "-verify", "-noout"], capture_output=True, text=True
    )
    assert checked.returncode == 0 and "verify OK" in checked.stderr + checked.stdout
