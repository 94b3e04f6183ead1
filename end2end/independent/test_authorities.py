"""CAs in every arrangement: profiles, a root that is kept elsewhere, a token, another CA over EST.

Judged by pkilint, openssl, GnuTLS, and an EST server that others wrote.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from client import Device
from portal import BINARY, ROOT, Portal, portal
from test_certificates import findings, published

PEM = serialization.Encoding.PEM
PASSPHRASE = "correct horse battery staple"
ALGORITHMS = ["ES256", "RS2048", "RS3072"]
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"

PROFILES = {
    "default": "",
    "named by its device ID": """
        device_names = [{ form = "urn-dev-mac" }, { form = "urn-dev-os", organization = 32473 }]
        purposes = ["client-auth", "1.3.6.1.4.1.32473.3"]
        policies = ["1.3.6.1.4.1.32473.2.1"]
    """,
    "in the manner of IEEE 2030.5": """
        subject = "empty"
        device_names = [{ form = "hardware-module", type = "1.3.6.1.4.1.32473.1" }]
        policies = ["1.3.6.1.4.1.32473.2.1", "1.3.6.1.4.1.32473.2.2"]
    """,
}


def gridpass(running: Portal, *arguments: str) -> None:
    running.run("ca", *arguments)


def with_settings(text: str, place: str) -> str:
    """The demo configuration with a table of the provider's added before its accounts."""
    config = (ROOT / "gridpass.toml").read_text()
    return config.replace("[[providers.accounts]]", f"[providers.{place}]\n{text}\n\n[[providers.accounts]]", 1)


def ceremony(algorithm: str):
    """What makes root and issuing key, before the portal is started."""

    def prepare(running: Portal) -> None:
        home = running.home
        (home / "passphrase").write_text(PASSPHRASE + "\n")
        passphrase = ["--passphrase-file", str(home / "passphrase")]
        key, root = ["--key", str(home / "root.key")], ["--certificate", str(home / "root.pem")]
        gridpass(running, "init", "--name=GMEC root", f"--algorithm={algorithm}", *key, *root, *passphrase)
        assert (home / "root.key").stat().st_mode & 0o777 == 0o600
        gridpass(running, "request", "--provider=demo", f"--algorithm={algorithm}", "--out", str(home / "request.pem"))
        files = ["--request", str(home / "request.pem"), "--out", str(home / "issuing.pem")]
        gridpass(running, "sign-intermediate", *key, *root, *files, *passphrase)
        gridpass(running, "install", "--provider=demo", str(home / "issuing.pem"), str(home / "root.pem"))

    return prepare


def judge(running: Portal, device_id: str, folder: Path, chain_length: int = 2) -> None:
    """Enrols a device with every kind of key; nobody finds fault with what it gets."""
    for number, algorithm in enumerate(ALGORITHMS):
        name = f"{device_id}{number}"
        label = running.register(name, key_algorithm=algorithm)
        result = Device.from_link(label["link"], name).enrol()
        certificate = x509.load_der_x509_certificate(result.certificate)
        assert findings(certificate, folder, running.origin) == [], algorithm
        chain = [x509.load_der_x509_certificate(der) for der in result.chain]
        assert len(chain) == chain_length
        verified(certificate, chain, folder)


def verified(leaf: x509.Certificate, chain: list[x509.Certificate], folder: Path) -> None:
    """By openssl and by GnuTLS."""

    def pem(name: str, *certificates: x509.Certificate) -> str:
        (folder / name).write_bytes(b"".join(certificate.public_bytes(PEM) for certificate in certificates))
        return str(folder / name)

    root, above, device = pem("root.pem", chain[-1]), pem("chain.pem", *chain), pem("device.pem", leaf)
    arguments = ["-x509_strict", "-purpose", "sslclient", "-CAfile", root, "-untrusted", above, device]
    done = subprocess.run(["openssl", "verify", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    whole = pem("whole.pem", leaf, *chain[:-1])
    done = subprocess.run(
        ["certtool", "--verify", "--load-ca-certificate", root, "--infile", whole], capture_output=True, text=True
    )
    assert done.returncode == 0 and "Chain verification output: Verified." in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_passes_the_judges(name, tmp_path):
    config = with_settings(PROFILES[name], "profile")
    with portal(config=config) as running:
        judge(running, "0024BE804FF", tmp_path)
        for certificate in published(running):
            assert findings(certificate, tmp_path, running.origin) == [], certificate.subject


@pytest.mark.parametrize("algorithm", ["p-256", "rsa-3072"])
def test_a_root_that_is_kept_elsewhere_passes_the_judges(algorithm, tmp_path):
    config = with_settings('kind = "ceremony"', "ca")
    with portal(config=config, prepare=ceremony(algorithm)) as running:
        judge(running, "0024BE804FF", tmp_path)
        for certificate in published(running):
            assert findings(certificate, tmp_path, running.origin) == [], certificate.subject


@pytest.mark.parametrize("algorithm", ["p-256", "rsa-3072"])
def test_an_issuing_key_in_a_token_passes_the_judges(algorithm, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}\n")
    (tmp_path / "pin").write_text("2468\n")
    softhsm = {"SOFTHSM2_CONF": str(tmp_path / "softhsm2.conf")}
    flags = ["--init-token", "--free", "--label", "test", "--so-pin", "1357", "--pin", "2468"]
    subprocess.run(["softhsm2-util", *flags], env=os.environ | softhsm, check=True, capture_output=True)
    token = f'{{ module = "{SOFTHSM}", token = "test", key_label = "demo", pin_file = "{tmp_path / "pin"}" }}'
    config = with_settings(f'kind = "ceremony"\ntoken = {token}', "ca")
    with portal(config=config, prepare=ceremony(algorithm), environment=softhsm) as running:
        judge(running, "0024BE804FF", tmp_path)


def test_a_rollover_is_taken_up_by_a_running_portal(tmp_path):
    with portal() as running:
        before = running.register("SN-90000001")
        first = Device.from_link(before["link"], "SN-90000001").enrol()
        running.run("ca", "rotate", "--provider=demo")
        assert running.run("ca", "list", "--provider=demo").splitlines()[0].startswith("2  issuing")
        issuers = {certificate.subject.rfc4514_string() for certificate in wait_for_issuers(running)}
        assert {"CN=demo issuing", "CN=demo issuing G2"} <= issuers
        after = running.register("SN-90000002")
        second = Device.from_link(after["link"], "SN-90000002").enrol()
        assert first.chain[0] != second.chain[0] and first.chain[1] == second.chain[1]


def wait_for_issuers(running: Portal) -> list[x509.Certificate]:
    """What is published once the portal has taken up the new issuing key: it looks every two seconds."""
    import time

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = published(running)
        if len(found) >= 5:
            return found
        time.sleep(0.2)
    raise AssertionError("the new issuing key is not published")


def estserver() -> str | None:
    """An EST server of GlobalSign's (github.com/globalsign/est), as `go install` brings it."""
    kept = sorted(Path.home().glob(".cache/gridpass/tools/estserver-*/bin/estserver"))
    return shutil.which("estserver") or (str(kept[-1]) if kept else None)


@pytest.mark.skipif(estserver() is None, reason="estserver of github.com/globalsign/est is not installed")
def test_a_foreign_est_server_certifies_devices(tmp_path, port):
    make_upstream(tmp_path, port)
    server = subprocess.Popen([estserver(), "-config", "est.json"], cwd=tmp_path)
    try:
        wait_for(port)
        config = with_settings(
            f"""
            kind = "est"
            url = "https://localhost:{port}/.well-known/est"
            trust_anchors = "{tmp_path}/root.pem"
            certificate = "{tmp_path}/ra.pem"
            key = "{tmp_path}/ra.key"
            """,
            "ca",
        )
        with portal(config=config) as running:
            for number, algorithm in enumerate(ALGORITHMS):
                name = f"SN-9100000{number}"
                label = running.register(name, key_algorithm=algorithm)
                result = Device.from_link(label["link"], name).enrol()
                chain = [x509.load_der_x509_certificate(der) for der in result.chain]
                leaf = x509.load_der_x509_certificate(result.certificate)
                assert [above.subject.rfc4514_string() for above in chain] == ["CN=upstream issuing", "CN=upstream root"]
                verified(leaf, chain, tmp_path)
    finally:
        server.terminate()
        server.wait()


def make_upstream(folder: Path, port: int) -> None:
    """Root, issuing CA, TLS server and registration authority, by openssl."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("ecparam", "-name", "prime256v1", "-out", "p256.pem")
    new = ["-newkey", "ec:p256.pem", "-nodes"]
    usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    openssl("req", "-x509", *new, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=upstream root", "-days", "3650", *usage)
    for name, subject, extensions in [
        ("issuing", "/CN=upstream issuing", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"),
        ("server", "/CN=localhost", "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n"),
        ("ra", "/CN=registration authority", "extendedKeyUsage=clientAuth\nkeyUsage=critical,digitalSignature\n"),
    ]:
        (folder / "extensions").write_text(extensions)
        openssl("req", *new, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        signed = ["-req", "-in", f"{name}.csr", "-CA", "root.pem", "-CAkey", "root.key", "-days", "1000"]
        openssl("x509", *signed, "-extfile", "extensions", "-out", f"{name}.pem")
    chain = (folder / "issuing.pem").read_text() + (folder / "root.pem").read_text()
    (folder / "chain.pem").write_text(chain)
    configuration = {
        "mock_ca": {"certificates": "chain.pem", "private_key": "issuing.key"},
        "tls": {
            "listen_address": f"localhost:{port}",
            "certificates": "server.pem",
            "private_key": "server.key",
            "client_cas": ["root.pem"],
        },
        "timeout": 30,
        "rate_limit": 150,
    }
    (folder / "est.json").write_text(json.dumps(configuration))


def wait_for(port: int) -> None:
    import socket
    import time

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("localhost", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the EST server does not listen")


def test_a_profile_that_contradicts_a_standard_is_refused_at_start(tmp_path):
    config = with_settings('purposes = ["client-auth", "1.3.6.1.5.5.7.3.9"]', "profile")
    (tmp_path / "gridpass.toml").write_text(config)
    with tempfile.TemporaryDirectory() as data:
        own = {name: value for name, value in os.environ.items() if not name.startswith("GRIDPASS_")}
        environment = own | {"GRIDPASS_CONFIG": str(tmp_path / "gridpass.toml"), "GRIDPASS_DATA_DIR": data}
        done = subprocess.run([BINARY, "serve"], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "providers.demo.profile.purposes" in done.stderr and "RFC 6960" in done.stderr, done.stderr
