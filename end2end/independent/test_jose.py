"""Sealed messages as Debian's `jose` opens them: neither our code nor the Python judges'."""

import json
import shutil
import subprocess

import pytest
from cryptography import x509

from client import Device
from label import b64u
from sealed import verify

pytestmark = pytest.mark.skipif(shutil.which("jose") is None, reason="no jose: `cargo xtask setup` says how to get it")


def jwk(numbers, private: int | None = None) -> str:
    key = {"kty": "EC", "crv": "P-256", "x": b64u(numbers.x.to_bytes(32)), "y": b64u(numbers.y.to_bytes(32))}
    if private is not None:
        key["d"] = b64u(private.to_bytes(32))
    return json.dumps(key)


def jose(*arguments, text: str) -> str:
    done = subprocess.run(["jose", *arguments], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_jose_opens_the_issuance_of_a_device_and_verifies_its_provider(shared, device_id, tmp_path):
    label = shared.register(device_id)
    device = Device.from_link(label["link"], device_id)
    answer = device.confirm()
    assert answer.status == 200, answer
    numbers = device.key.private_numbers()
    (tmp_path / "device.jwk").write_text(jwk(numbers.public_numbers, numbers.private_value))
    provider = x509.load_der_x509_certificate(device.provider_certificate)
    (tmp_path / "provider.jwk").write_text(jwk(provider.public_key().public_numbers()))
    jws = jose("jwe", "dec", "-i-", "-k", str(tmp_path / "device.jwk"), text=answer.body.decode("ascii"))
    content = jose("jws", "ver", "-i-", "-k", str(tmp_path / "provider.jwk"), "-O-", text=jws)
    assert content.encode() == verify("issuance", jws.encode("ascii"), device.provider_certificate)
    issued = json.loads(content)
    assert issued.keys() == {"enrollment_id", "certificate", "chain", "settings"}
