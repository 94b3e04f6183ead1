"""Judges from outside on what is revoked: pkilint, openssl and GnuTLS, asking a running portal."""

import json
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from client import Device, call
from messages import Line
from test_certificates import findings

PEM = serialization.Encoding.PEM
BIN = Path(sys.executable).parent
PATIENCE = 30


class Enrolled:
    """An enrolled device and the certificates above it, as files."""

    def __init__(self, portal, device_id: str, folder: Path):
        self.portal, self.folder = portal, folder
        label = portal.register(device_id)
        device = Device.from_link(label["link"], device_id)
        result = device.enrol()
        self.line = Line.of(device, result)
        self.certificate = x509.load_der_x509_certificate(result.certificate)
        self.issuer, self.root = (x509.load_der_x509_certificate(der) for der in result.chain)

    def file(self, name: str) -> str:
        file = self.folder / f"{name}.pem"
        file.write_bytes(getattr(self, name).public_bytes(PEM))
        return str(file)

    def leave(self) -> None:
        """The device takes itself out of service."""
        self.line.hello()
        self.line.say("revoke-me", reason="lost")

    def list_url(self) -> str:
        [point] = self.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        return point.full_name[0].value

    def root_list_url(self) -> str:
        identifier = self.root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        return f"{self.portal.origin}/crl/{identifier.hex()}.crl"

    def fetch(self, url: str, name: str) -> str:
        answer = call(url)
        assert answer.status == 200 and answer.headers["content-type"] == "application/pkix-crl"
        file = self.folder / f"{name}.crl"
        file.write_bytes(x509.load_der_x509_crl(answer.body).public_bytes(PEM))
        return str(file)

    def wait_for_list(self) -> None:
        """A revocation is on the list within seconds."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            crl = x509.load_der_x509_crl(call(self.list_url()).body)
            if crl.get_revoked_certificate_by_serial_number(self.certificate.serial_number):
                return
        pytest.fail("the revocation is not on the list")


@pytest.fixture
def good(shared, device_id, tmp_path) -> Enrolled:
    return Enrolled(shared, device_id, tmp_path)


@pytest.fixture
def revoked(good) -> Enrolled:
    good.leave()
    good.wait_for_list()
    return good


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60)


def lint(tool: str, file: str, *more: str) -> list[dict]:
    done = run(str(BIN / tool), "lint", *more, "--severity=ERROR", "--format=JSON", file)
    report = json.loads(done.stdout)
    return [finding for result in report["results"] for finding in result["finding_descriptions"]]


def openssl_verifies(device: Enrolled) -> subprocess.CompletedProcess:
    lists = [device.fetch(device.list_url(), "issuer"), device.fetch(device.root_list_url(), "root")]
    return run(
        *["openssl", "verify", "-x509_strict", "-crl_check_all", "-CAfile", device.file("root")],
        *["-untrusted", device.file("issuer"), "-CRLfile", lists[0], "-CRLfile", lists[1]],
        device.file("certificate"),
    )


def certtool_verifies(device: Enrolled) -> subprocess.CompletedProcess:
    chain = device.folder / "chain.pem"
    chain.write_bytes(device.certificate.public_bytes(PEM) + device.issuer.public_bytes(PEM))
    lists = [device.fetch(device.list_url(), "issuer"), device.fetch(device.root_list_url(), "root")]
    trust = device.folder / "trust.pem"
    trust.write_bytes(device.root.public_bytes(PEM))
    both = device.folder / "both.pem"
    both.write_text("".join(Path(name).read_text() for name in lists))
    return run(
        *["certtool", "--verify", "--load-ca-certificate", str(trust), "--load-crl", str(both)],
        *["--infile", str(chain)],
    )


def openssl_ocsp(device: Enrolled, *more: str) -> str:
    done = run(
        *["openssl", "ocsp", "-url", f"{device.portal.origin}/ocsp", "-CAfile", device.file("root"), *more],
        *["-issuer", device.file("issuer"), "-cert", device.file("certificate")],
    )
    text = done.stdout + done.stderr
    assert "Response verify OK" in text and "WARNING" not in text, text
    return text


def ocsptool(device: Enrolled) -> str:
    done = run(
        *["ocsptool", f"--ask={device.portal.origin}/ocsp", "--load-issuer", device.file("issuer")],
        *["--load-cert", device.file("certificate"), "--load-trust", device.file("issuer")],
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("which", ["list_url", "root_list_url"])
def test_pkilint_finds_no_error_in_a_list(revoked, which):
    file = revoked.fetch(getattr(revoked, which)(), "linted")
    assert lint("lint_crl", file, "--profile=PKIX", "--type=CRL") == []


@pytest.mark.parametrize("state", ["good", "revoked"])
@pytest.mark.parametrize("nonce", ["-nonce", "-no_nonce"])
def test_pkilint_finds_no_error_in_an_answer_nor_in_the_certificate_of_who_gives_it(state, nonce, request, tmp_path):
    device = request.getfixturevalue(state)
    file = tmp_path / "answer.der"
    openssl_ocsp(device, nonce, "-respout", str(file))
    assert lint("lint_ocsp_response", str(file)) == []
    [responder] = ocsp.load_der_ocsp_response(file.read_bytes()).certificates
    assert findings(responder, tmp_path, device.portal.origin) == []


def test_every_judge_takes_a_good_certificate(good):
    done = openssl_verifies(good)
    assert done.returncode == 0, done.stderr
    done = certtool_verifies(good)
    assert done.returncode == 0, done.stdout + done.stderr
    for more in [(), ("-no_nonce",), ("-sha256",)]:
        assert ": good" in openssl_ocsp(good, *more)
    assert "Certificate Status: good" in ocsptool(good)


def test_every_judge_refuses_a_revoked_certificate(revoked):
    done = openssl_verifies(revoked)
    assert done.returncode != 0 and "certificate revoked" in done.stderr
    done = certtool_verifies(revoked)
    assert done.returncode != 0 and "revoked" in done.stdout + done.stderr
    for more in [(), ("-no_nonce",), ("-sha256",)]:
        assert ": revoked" in openssl_ocsp(revoked, *more)
    assert "Certificate Status: revoked" in ocsptool(revoked)


def test_an_answer_by_get_may_be_kept_until_it_ends(good):
    builder = ocsp.OCSPRequestBuilder().add_certificate(good.certificate, good.issuer, hashes.SHA1())
    path = quote(b64encode(builder.build().public_bytes(serialization.Encoding.DER)), safe="")
    answer = call(f"{good.portal.origin}/ocsp/{path}")
    assert answer.status == 200 and answer.headers["content-type"] == "application/ocsp-response"
    assert "max-age=" in answer.headers["cache-control"] and "public" in answer.headers["cache-control"]
    again = call(f"{good.portal.origin}/ocsp/{path}")
    assert again.body == answer.body


def test_a_list_that_is_known_is_not_sent_again(good):
    first = call(good.list_url())
    again = call(good.list_url(), **{"If-None-Match": first.headers["etag"]})
    assert again.status == 304 and again.body == b""


def test_what_is_no_request_is_told_so(shared):
    answer = call(f"{shared.origin}/ocsp", b"nonsense", **{"Content-Type": "application/ocsp-request"})
    assert answer.body == bytes([0x30, 3, 0x0A, 1, 1])
    assert call(f"{shared.origin}/ocsp", b"x", **{"Content-Type": "text/plain"}).status == 415
    assert call(f"{shared.origin}/ocsp", b"x" * 9000, **{"Content-Type": "application/ocsp-request"}).status == 413
    assert call(f"{shared.origin}/crl/{'00' * 20}.crl").status == 404
