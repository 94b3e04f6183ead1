"""Sealed messages and their certificates (protocol, "Sealed messages", "Certificate")."""

import hashlib
import json

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwcrypto import jwe, jwk, jws

from label import b64u

DER = serialization.Encoding.DER
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


class Refused(ValueError):
    """A message that is not what it should be."""


def key_id(der: bytes) -> str:
    """Of a certificate, or of a SubjectPublicKeyInfo where there is no certificate yet."""
    return b64u(hashlib.sha256(der).digest())


def spki(public_key) -> bytes:
    return public_key.public_bytes(DER, SPKI)


def to_jwk(key) -> jwk.JWK:
    return jwk.JWK.from_pyca(key)


def seal(message: str, plaintext: bytes, certificate: bytes, **more_headers: str) -> str:
    """A JWE of type `gridpass-<message>+jwe` to the key of a provider certificate."""
    headers = {
        "alg": "ECDH-ES",
        "enc": "A256GCM",
        "typ": f"gridpass-{message}+jwe",
        "kid": key_id(certificate),
        **more_headers,
    }
    recipient = to_jwk(x509.load_der_x509_certificate(certificate).public_key())
    return jwe.JWE(plaintext, protected=json.dumps(headers), recipient=recipient).serialize(compact=True)


def expect_headers(headers: dict, expected: dict, also: set[str] = frozenset()) -> None:
    wrong = {name: value for name, value in expected.items() if headers.get(name) != value}
    if wrong or headers.keys() != expected.keys() | also:
        raise Refused(f"headers {headers}, expected {expected}")


def unseal(message: str, sealed: str, private_key, certificate: bytes | None = None) -> bytes:
    """Opens a JWE to a device: to its certificate, or to its bare key while it has none."""
    token = jwe.JWE()
    token.deserialize(sealed)
    is_ec = isinstance(private_key, ec.EllipticCurvePrivateKey)
    expect_headers(
        json.loads(token.objects["protected"]),
        {
            "alg": "ECDH-ES" if is_ec else "RSA-OAEP-256",
            "enc": "A256GCM",
            "typ": f"gridpass-{message}+jwe",
            "kid": key_id(certificate or spki(private_key.public_key())),
        },
        {"epk"} if is_ec else set(),
    )
    token.decrypt(to_jwk(private_key))
    return token.payload


def sign(message: str, plaintext: bytes, private_key, certificate: bytes, **changes: str) -> str:
    """A JWS of type `gridpass-<message>+jws` by a device's key; `changes` spoil its headers on purpose."""
    is_ec = isinstance(private_key, ec.EllipticCurvePrivateKey)
    headers = {
        "alg": "ES256" if is_ec else "PS256",
        "typ": f"gridpass-{message}+jws",
        "kid": key_id(certificate),
        **changes,
    }
    token = jws.JWS(plaintext)
    token.add_signature(to_jwk(private_key), None, json.dumps(headers), None)
    return token.serialize(compact=True)


def verify(message: str, signed: bytes, certificate: bytes) -> bytes:
    """Checks a JWS by the key of a provider certificate."""
    token = jws.JWS()
    token.deserialize(signed.decode("ascii"))
    expected = {"alg": "ES256", "typ": f"gridpass-{message}+jws", "kid": key_id(certificate)}
    expect_headers(json.loads(token.objects["protected"]), expected)
    token.verify(to_jwk(x509.load_der_x509_certificate(certificate).public_key()))
    return token.payload


def identifiers(certificate: bytes) -> dict[str, str]:
    """What other protocols call the holder of a certificate."""
    digest = hashlib.sha256(certificate).digest()
    number = str(int.from_bytes(digest[:5]) >> 4)
    check = -sum(map(int, number)) % 10
    return {
        "sha256": digest.hex(),
        "ven_fingerprint": ":".join(f"{byte:02X}" for byte in digest[-10:]),
        "lfdi": digest[:20].hex().upper(),
        "sfdi": f"{number}{check}",
    }
