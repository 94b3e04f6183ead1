"""EST as devices of others speak it (RFC 7030, RFC 8951): curl, openssl, and the estclient of globalsign/est."""

import base64
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from client import SUBJECT, Device, call, make_key
from label import b64u
from portal import Portal, portal
from test_authorities import with_settings

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
SHORT = {1: "C", 2: "ST", 3: "L", 4: "O", 5: "OU"}


@pytest.fixture(scope="module")
def est():
    """A portal that also speaks TLS 1.2 to devices."""
    with portal({"LIMITS__OTP_FAILURES_PER_IP": "1000", "MTLS__TLS12": "true"}) as running:
        yield running


def run(*command: str | Path, **options) -> bytes:
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=60, **options)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@dataclass
class Said:
    """What curl brought back."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Client:
    """A device with curl and openssl, and a folder for its files."""

    portal: Portal
    device: Device
    folder: Path

    @property
    def entry(self) -> dict:
        [provider] = json.loads(call(f"{self.portal.origin}/.well-known/gridpass").body)["providers"]
        return provider

    @property
    def anchors(self) -> Path:
        file = self.folder / "anchors.pem"
        file.write_text("".join(self.entry["certificates"]))
        return file

    @property
    def credentials(self) -> str:
        return f"{b64u(self.device.payload.temporary_id)}:{b64u(self.device.otp)}"

    def curl(self, url: str, *more: str | Path) -> Said:
        head, body = self.folder / "head", self.folder / "body"
        body.unlink(missing_ok=True)
        run("curl", "-sS", "--cacert", self.anchors, "-D", head, "-o", body, url, *more)
        # The last head: an interim answer may come before.
        [*_, last] = [part for part in head.read_bytes().decode().split("\r\n\r\n") if part]
        status, *lines = last.split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        return Said(int(status.split()[1]), headers, body.read_bytes() if body.exists() else b"")

    def request(self) -> Path:
        """Key and request by openssl, as the label says; PEM."""
        content = self.device.payload.csr_content
        parts = [f"{SHORT[number]}={content[number]}" for number, _ in SUBJECT if number in content]
        subject = "/" + "/".join([*parts, f"CN={b64u(self.device.payload.temporary_id)}"])
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.folder / "key.pem"]
        run("openssl", "req", *new, "-utf8", "-subj", subject, "-out", self.folder / "request.pem")
        return self.folder / "request.pem"

    def enrol(self, body: bytes, *more: str) -> Said:
        (self.folder / "send").write_bytes(body)
        return self.curl(
            f"{self.entry['est_url']}/simpleenroll",
            "-u", self.credentials, "-H", "Content-Type: application/pkcs10", "--data-binary", f"@{self.folder / 'send'}",
            *more,
        )  # fmt: skip

    def certificates(self, said: Said) -> list[x509.Certificate]:
        """As openssl reads the answer."""
        assert said.status == 200, said
        assert said.headers["content-type"] == "application/pkcs7-mime; smime-type=certs-only"
        assert said.headers["content-transfer-encoding"] == "base64"
        armour = b"-----BEGIN PKCS7-----\n" + said.body.replace(b"\r", b"") + b"-----END PKCS7-----\n"
        text = run("openssl", "pkcs7", "-print_certs", input=armour)
        return x509.load_pem_x509_certificates(text)

    def keep(self, certificate: x509.Certificate) -> None:
        """The certificate alone, without those above it."""
        (self.folder / "device.pem").write_bytes(certificate.public_bytes(PEM))

    def with_certificate(self) -> list[str | Path]:
        return ["--cert", self.folder / "device.pem", "--key", self.folder / "key.pem"]


@pytest.fixture
def client(est, device_id, tmp_path) -> Client:
    return client_of(est, device_id, tmp_path)


def client_of(running: Portal, device_id: str, folder: Path) -> Client:
    label = running.register(device_id)
    return Client(running, Device.from_link(label["link"], device_id), folder)


def der_of(pem: bytes) -> bytes:
    return x509.load_pem_x509_csr(pem).public_bytes(DER)


FORMS = {
    "base64 in one line": lambda pem: base64.b64encode(der_of(pem)),
    "base64 in lines of MIME": lambda pem: base64.encodebytes(der_of(pem)),
    "with CR and LF": lambda pem: base64.encodebytes(der_of(pem)).replace(b"\n", b"\r\n"),
    "PEM": lambda pem: pem,
    "PEM with CR and LF": lambda pem: pem.replace(b"\n", b"\r\n"),
    "DER": der_of,
}
WAYS = {
    "as it is": [],
    "in chunks": ["-H", "Transfer-Encoding: chunked"],
    "with the header of RFC 7030": ["-H", "Content-Transfer-Encoding: base64"],
    "over TLS 1.2": ["--tls-max", "1.2"],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", WAYS)
def test_curl_and_openssl_enrol_in_every_form(client, form, way):
    pem = client.request().read_bytes()
    [certificate] = client.certificates(client.enrol(FORMS[form](pem), *WAYS[way]))
    assert certificate.public_key() == x509.load_pem_x509_csr(pem).public_key()
    client.keep(certificate)
    run("openssl", "verify", "-purpose", "sslclient", "-CAfile", client.anchors, client.folder / "device.pem")


def test_the_label_of_a_provider_may_be_left_out_where_there_is_one(client):
    url = client.entry["est_url"]
    assert url.endswith("/.well-known/est/demo")
    by_label, without = (client.certificates(client.curl(f"{base}/cacerts")) for base in (url, url.removesuffix("/demo")))
    assert by_label == without
    published = {x509.load_pem_x509_certificate(pem.encode()) for pem in client.entry["certificates"]}
    assert set(by_label) < published and any(ca.issuer == ca.subject for ca in by_label), "with the root"


def test_csrattrs_ask_for_the_key_of_the_provider(client):
    said = client.curl(f"{client.entry['est_url']}/csrattrs")
    assert said.headers["content-type"] == "application/csrattrs"
    text = run("openssl", "asn1parse", "-inform", "DER", input=base64.b64decode(said.body)).decode()
    assert "id-ecPublicKey" in text and "prime256v1" in text and "ecdsa-with-SHA256" in text, text


def test_who_brings_no_password_is_asked_for_one(client):
    said = client.curl(f"{client.entry['est_url']}/simpleenroll", "-H", "Content-Type: application/pkcs10", "-d", "x")
    assert said.status == 401 and said.headers["www-authenticate"].startswith("Basic realm=")


def test_a_device_renews_with_its_certificate_and_the_old_one_ends(client):
    [first] = client.certificates(client.enrol(client.request().read_bytes()))
    client.keep(first)
    settings = client.curl(f"{client.entry['mtls_url']}/api/v1/device/settings", *client.with_certificate())
    assert settings.status == 200 and json.loads(settings.body)["provider"] == "Green Mountain Electric Coop"
    # RFC 7030, 4.2.2: subject and alternative names as in the present certificate.
    new = make_key("ES256")
    names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    builder = x509.CertificateSigningRequestBuilder().subject_name(first.subject).add_extension(names, critical=False)
    request = builder.sign(new, hashes.SHA256()).public_bytes(DER)
    (client.folder / "send").write_bytes(base64.b64encode(request))
    url = f"{client.entry['est_url']}/simplereenroll"
    sending = ["-H", "Content-Type: application/pkcs10", "--data-binary", f"@{client.folder / 'send'}"]
    [second] = client.certificates(client.curl(url, *client.with_certificate(), *sending))
    [again] = client.certificates(client.curl(url, *client.with_certificate(), *sending))
    assert second == again and second.public_key() == new.public_key()
    key = new.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    old = client.with_certificate()
    (client.folder / "new.pem").write_bytes(second.public_bytes(PEM))
    (client.folder / "new.key").write_bytes(key)
    fresh = ["--cert", client.folder / "new.pem", "--key", client.folder / "new.key"]
    assert client.curl(f"{client.entry['mtls_url']}/api/v1/device/settings", *fresh).status == 200
    refused = subprocess.run(
        ["curl", "-sS", "--cacert", client.anchors, url, *old, "-d", "x"], capture_output=True, text=True, timeout=60
    )
    assert refused.returncode != 0 and "revoked" in refused.stderr, refused


def test_without_a_certificate_nothing_is_renewed(client):
    said = client.curl(f"{client.entry['est_url']}/simplereenroll", "-H", "Content-Type: application/pkcs10", "-d", "x")
    assert said.status == 401 and json.loads(said.body)["type"].endswith(":unknown-device")


def test_a_device_that_staff_have_to_approve_is_told_to_come_back(device_id, tmp_path):
    with portal(config=with_settings('approval = "manual"\nretry_after = 120', "est")) as running:
        client = client_of(running, device_id, tmp_path)
        request = client.request().read_bytes()
        for _ in range(2):
            said = client.enrol(request)
            assert (said.status, said.headers["retry-after"]) == (202, "120")


def estclient() -> Path | None:
    cached = sorted((Path.home() / ".cache/gridpass/tools").glob("estclient-*/bin/estclient"))
    found = os.environ.get("ESTCLIENT") or shutil.which("estclient") or next(iter(cached), None)
    return Path(found) if found else None


@pytest.mark.skipif(estclient() is None, reason="no estclient: `cargo xtask setup` installs it where Go modules can be had")
def test_the_client_of_globalsign_enrols_and_renews(client):
    server = re.sub(r"^https://|/.*$", "", client.entry["mtls_url"])
    common = ["-server", server, "-apl", "demo", "-explicit", client.anchors]
    anchors = run(estclient(), "cacerts", *common)
    assert len(x509.load_pem_x509_certificates(anchors)) >= 2
    user, password = client.credentials.split(":")
    basic = ["-user", user, "-pass", password]
    issued = run(estclient(), "enroll", *common, *basic, "-csr", client.request())
    [first] = x509.load_pem_x509_certificates(issued)
    client.keep(first)
    shutil.copy(client.folder / "key.pem", client.folder / "old.key")
    shown = ["-certs", client.folder / "device.pem", "-key", client.folder / "old.key"]
    [second] = x509.load_pem_x509_certificates(run(estclient(), "reenroll", *common, *shown, "-csr", client.request()))
    assert second.subject == first.subject and second.public_key() != first.public_key()


@pytest.mark.skipif("LIBEST_ROOT" not in os.environ, reason="LIBEST_ROOT names no Debian with libest-utils (debootstrap trixie)")
def test_the_client_of_libest_enrols_over_tls_12(est, device_id):
    root = Path(os.environ["LIBEST_ROOT"])
    folder = root / "tmp" / device_id
    folder.mkdir()
    try:
        client = client_of(est, device_id, folder)
        inside = Path("/tmp") / device_id
        server = re.sub(r"^https://|/.*$", "", client.entry["mtls_url"])
        host, port = server.split(":")
        client.request()
        assert client.anchors.exists()
        libest = ["chroot", root, "env", f"EST_OPENSSL_CACERT={inside}/anchors.pem", "/usr/bin/estclient"]
        common = ["-s", host, "-p", port, "-o", inside]
        run(*libest, "-g", *common)
        assert (folder / "cacert-0-0.pkcs7").exists()
        user, password = client.credentials.split(":")
        run(*libest, "-e", *common, "-u", user, "-h", password, "-y", inside / "request.pem")
        [issued] = list(folder.glob("cert-*.pkcs7"))
        armour = b"-----BEGIN PKCS7-----\n" + issued.read_bytes().replace(b"\r", b"").strip() + b"\n-----END PKCS7-----\n"
        [certificate] = x509.load_pem_x509_certificates(run("openssl", "pkcs7", "-print_certs", input=armour))
        assert b64u(client.device.payload.temporary_id) in certificate.subject.rfc4514_string()
    finally:
        shutil.rmtree(folder)
