"""The label: digits, link, payload, manual code (protocol, "QR payload")."""

import base64
from dataclasses import dataclass

import cbor2
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from device_id import hkdf

# Digits for a group of so many bytes.
WIDTH = {1: 3, 2: 5, 3: 8, 4: 10, 5: 13, 6: 15, 7: 17}
BYTES = {digits: size for size, digits in WIDTH.items()}
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class InvalidLabel(ValueError):
    """The text is no label."""


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_b64u(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def encode_digits(data: bytes) -> str:
    groups = (data[start : start + 7] for start in range(0, len(data), 7))
    return "".join(f"{int.from_bytes(group, 'little'):0{WIDTH[len(group)]}d}" for group in groups)


def decode_digits(digits: str) -> bytes:
    if not (digits.isascii() and (digits.isdecimal() or digits == "")):
        raise InvalidLabel("something else than digits")
    data = b""
    for start in range(0, len(digits), 17):
        group = digits[start : start + 17]
        size = BYTES.get(len(group))
        if size is None or int(group) >= 1 << (8 * size):
            raise InvalidLabel("a group of digits that no bytes have")
        data += int(group).to_bytes(size, "little")
    return data


@dataclass
class Payload:
    """What a label holds."""

    temporary_id: bytes
    otp_ciphertext: bytes
    provider_certificate: bytes
    csr_content: dict[int, str]
    key_algorithm: str
    expires_at: int

    @classmethod
    def from_cbor(cls, data: bytes) -> "Payload":
        fields = cbor2.loads(data)
        if cbor2.dumps(fields, canonical=True) != data:
            raise InvalidLabel("the payload is not deterministic CBOR")
        if fields[1] != 1:
            raise InvalidLabel("another version of the protocol")
        return cls(*(fields[key] for key in range(2, 8)))

    def to_cbor(self) -> bytes:
        fields = {
            1: 1,
            2: self.temporary_id,
            3: self.otp_ciphertext,
            4: self.provider_certificate,
            5: self.csr_content,
            6: self.key_algorithm,
            7: self.expires_at,
        }
        return cbor2.dumps(fields, canonical=True)


def make_link(origin: str, payload: Payload) -> str:
    return f"{origin}/e#{encode_digits(payload.to_cbor())}"


def read_link(link: str) -> tuple[str, Payload]:
    """The portal's origin and the payload."""
    head, separator, digits = link.partition("/e#")
    if not separator:
        raise InvalidLabel("no label's link")
    return head, Payload.from_cbor(decode_digits(digits))


def double(element: int) -> int:
    """Times alpha in GF(2^5) modulo x^5 + x^2 + 1."""
    element <<= 1
    return element ^ 0b100101 if element & 0b100000 else element


class ManualCode:
    """A code that a person types where there is no camera."""

    def __init__(self, typed: str):
        folded = typed.upper().replace("-", "").replace(" ", "").replace("O", "0")
        self.text = folded.replace("I", "1").replace("L", "1")
        if len(self.text) != 20 or any(symbol not in CROCKFORD for symbol in self.text):
            raise InvalidLabel("no manual code")
        total = 0
        for symbol in self.text:
            total = double(total) ^ CROCKFORD.index(symbol)
        if total != 0:
            raise InvalidLabel("a symbol is wrong or two are swapped")

    def derive(self, info: bytes, length: int) -> bytes:
        return hkdf(self.text.encode("ascii"), b"", info, length)

    @property
    def lookup(self) -> bytes:
        return self.derive(b"gridpass/1 manual lookup", 16)

    @property
    def key(self) -> bytes:
        return self.derive(b"gridpass/1 manual key", 32)

    def open(self, nonce: bytes, ciphertext: bytes) -> bytes:
        """The payload's CBOR."""
        return AESGCM(self.key).decrypt(nonce, ciphertext, self.lookup)
