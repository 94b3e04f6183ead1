"""An enrolling device, written from the protocol's page alone."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

import sealed
from device_id import xor_otp
from label import ManualCode, Payload, b64u, from_b64u, read_link

SUBJECT = [
    (1, NameOID.COUNTRY_NAME),
    (2, NameOID.STATE_OR_PROVINCE_NAME),
    (3, NameOID.LOCALITY_NAME),
    (4, NameOID.ORGANIZATION_NAME),
    (5, NameOID.ORGANIZATIONAL_UNIT_NAME),
]


@dataclass
class Answer:
    """What the portal said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict:
        """The problem document of a refusal."""
        assert self.headers["content-type"] == "application/problem+json", self
        document = json.loads(self.body)
        assert document["status"] == self.status
        return document

    @property
    def problem_name(self) -> str:
        return self.problem["type"].removeprefix("urn:gridpass:problem:")


def call(url: str, body: bytes | None = None, **headers: str) -> Answer:
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Answer(answer.status, lower(answer.headers), answer.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, lower(refusal.headers), refusal.read())


def lower(headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def make_key(algorithm: str):
    match algorithm:
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "RS2048":
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        case "RS3072":
            return rsa.generate_private_key(public_exponent=65537, key_size=3072)
    raise ValueError(algorithm)


@dataclass
class Enrolled:
    """What a device has in the end."""

    enrollment_id: str
    certificate: bytes
    chain: list[bytes]
    settings: dict


@dataclass
class Device:
    """A device that has read a label."""

    origin: str
    payload: Payload
    device_id: str
    key: object = None
    provider_certificate: bytes = b""
    ca_chain: list[bytes] = field(default_factory=list)

    def __post_init__(self):
        self.key = self.key or make_key(self.payload.key_algorithm)
        self.find_provider()

    @classmethod
    def from_link(cls, link: str, device_id: str, **more) -> "Device":
        origin, payload = read_link(link)
        return cls(origin, payload, device_id, **more)

    @classmethod
    def from_manual_code(cls, origin: str, code: str, device_id: str) -> "Device":
        manual = ManualCode(code)
        answer = call(f"{origin}/api/v1/manual/{b64u(manual.lookup)}")
        assert answer.status == 200, answer
        stored = json.loads(answer.body)
        opened = manual.open(from_b64u(stored["nonce"]), from_b64u(stored["payload"]))
        return cls(origin, Payload.from_cbor(opened), device_id)

    def find_provider(self) -> None:
        """Refuses a label whose provider certificate the portal does not publish."""
        directory = json.loads(call(f"{self.origin}/.well-known/gridpass").body)
        assert 1 in directory["protocol_versions"]
        for provider in directory["providers"]:
            chain = [x509.load_pem_x509_certificate(pem.encode()) for pem in provider["certificates"]]
            for certificate in chain:
                der = certificate.public_bytes(sealed.DER)
                if self.payload.provider_certificate in (der, sha256(der).digest()):
                    self.ca_chain = ca_chain_of(certificate, chain)
                    self.provider_certificate = der
                    return
        raise sealed.Refused("the portal publishes no such provider certificate")

    @property
    def otp(self) -> bytes:
        return xor_otp(self.payload.otp_ciphertext, self.device_id, self.payload.temporary_id)

    @property
    def spki(self) -> bytes:
        return sealed.spki(self.key.public_key())

    def csr(self, **changes) -> bytes:
        """The certificate request; `changes` spoil it on purpose."""
        content = changes.get("content", self.payload.csr_content)
        names = [x509.NameAttribute(oid, content[number]) for number, oid in SUBJECT if number in content]
        names.append(x509.NameAttribute(NameOID.COMMON_NAME, changes.get("common_name", b64u(self.payload.temporary_id))))
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names))
        if 6 in content:
            email = x509.SubjectAlternativeName([x509.RFC822Name(content[6])])
            builder = builder.add_extension(email, critical=False)
        for extension in changes.get("extensions", []):
            builder = builder.add_extension(extension, critical=True)
        return builder.sign(changes.get("key", self.key), hashes.SHA256()).public_bytes(sealed.DER)

    def confirmation(self, csr: bytes, otp: bytes | None = None, message: str = "confirmation", **headers: str) -> str:
        content = {"otp": b64u(otp or self.otp), "public_key": b64u(self.spki), "csr": b64u(csr)}
        return sealed.seal(message, json.dumps(content).encode(), self.provider_certificate, **headers)

    def send(self, jwe: str, temporary_id: bytes | None = None) -> Answer:
        path = b64u(temporary_id or self.payload.temporary_id)
        url = f"{self.origin}/api/v1/enrollments/{path}/confirmation"
        return call(url, jwe.encode("ascii"), **{"Content-Type": "application/jose"})

    def confirm(self, csr: bytes | None = None, otp: bytes | None = None) -> Answer:
        return self.send(self.confirmation(self.csr() if csr is None else csr, otp))

    def open(self, answer: Answer) -> Enrolled:
        """Opens the issuance."""
        assert answer.status == 200, answer
        assert answer.headers["content-type"] == "application/jose"
        signed = sealed.unseal("issuance", answer.body.decode("ascii"), self.key)
        content = json.loads(sealed.verify("issuance", signed, self.provider_certificate))
        assert content.keys() == {"enrollment_id", "certificate", "chain", "settings"}
        return Enrolled(
            content["enrollment_id"],
            from_b64u(content["certificate"]),
            [from_b64u(certificate) for certificate in content["chain"]],
            content["settings"],
        )

    def enrol(self) -> Enrolled:
        return self.open(self.confirm())


def ca_chain_of(certificate: x509.Certificate, candidates: list[x509.Certificate]) -> list[bytes]:
    """The issuers of a certificate up to a self-signed one, each signature verified."""
    chain = []
    while certificate.issuer != certificate.subject:
        issuer = next(other for other in candidates if other.subject == certificate.issuer)
        certificate.verify_directly_issued_by(issuer)
        chain.append(issuer.public_bytes(sealed.DER))
        certificate = issuer
    certificate.verify_directly_issued_by(certificate)
    return chain
