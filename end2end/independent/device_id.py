"""Device IDs, the one-time password and its ciphertext (protocol, "Device ID", "Mapping", "OTP ciphertext")."""

import hashlib
import re

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class InvalidDeviceId(ValueError):
    """The text is no device ID."""


def canonical(text: str) -> str:
    """The canonical form of what a person typed."""
    stripped = re.sub(r"[ \t\-:._]", "", text)
    upper = "".join(c.upper() if c.isascii() else c for c in stripped)
    if not re.fullmatch(r"[0-9A-Z]{8,64}", upper, flags=re.ASCII):
        raise InvalidDeviceId(text)
    return upper


def hkdf(ikm: bytes, salt: bytes | None, info: bytes, length: int) -> bytes:
    """HKDF-SHA256."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(ikm)


def xor_otp(otp_or_ciphertext: bytes, device_id: str, temporary_id: bytes) -> bytes:
    """Encrypts and decrypts: the keystream is the same."""
    keystream = hkdf(canonical(device_id).encode("ascii"), temporary_id, b"gridpass/1 otp", 32)
    return bytes(a ^ b for a, b in zip(otp_or_ciphertext, keystream, strict=True))


def stored_hash(otp: bytes) -> bytes:
    """What the server keeps of an OTP."""
    return hashlib.sha256(otp).digest()
