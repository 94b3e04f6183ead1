"""What an enrolled device and its provider say to each other (protocol, "Secure communication")."""

import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import sealed
from client import Answer, Device, Enrolled, call, make_key
from device_id import canonical
from label import b64u, from_b64u


@dataclass
class Line:
    """A device on the line to its provider."""

    device: Device
    key: object
    certificate: bytes
    seq: int = 0
    token: str | None = None

    @classmethod
    def of(cls, device: Device, enrolled: Enrolled) -> "Line":
        return cls(device, device.key, enrolled.certificate)

    def copy(self) -> "Line":
        """What somebody has who copied the key store just now."""
        return Line(self.device, self.key, self.certificate, self.seq, self.token)

    def proof(self, device_id: str | None = None) -> str:
        """The start-up check for the token at hand."""
        key = canonical(device_id or self.device.device_id).encode("ascii")
        return b64u(hmac.digest(key, from_b64u(self.token), hashlib.sha256))

    def content(self, kind: str, **more: str) -> dict:
        """The next message; `more` are its members, or others in the place of the usual ones."""
        usual = {"seq": self.seq + 1, "iat": int(time.time()), "kind": kind}
        if self.token is not None:
            usual["token"] = self.token
        return usual | more

    def message(self, kind: str, **more: str) -> str:
        return self.seal(self.content(kind, **more))

    def seal(self, content: dict, inside: str = "up", outside: str = "up", **headers: str) -> str:
        signed = sealed.sign(inside, json.dumps(content).encode(), self.key, self.certificate, **headers)
        return sealed.seal(outside, signed.encode("ascii"), self.device.provider_certificate)

    def send(self, jwe: str, wait: int = 0) -> Answer:
        url = f"{self.device.origin}/api/v1/messages"
        prefer = {"Prefer": f"wait={wait}"} if wait else {}
        return call(url, jwe.encode("ascii"), **{"Content-Type": "application/jose"} | prefer)

    def open(self, answer: Answer) -> dict:
        """Opens an answer to the next message, and goes on from there."""
        assert answer.status == 200, answer
        assert answer.headers["content-type"] == "application/jose"
        signed = sealed.unseal("down", answer.body.decode("ascii"), self.key, self.certificate)
        down = json.loads(sealed.verify("down", signed, self.device.provider_certificate))
        assert down.keys() == {"ack", "iat", "token", "items"}
        assert down["ack"] == self.seq + 1
        assert len(from_b64u(down["token"])) == 16
        assert down["token"] != self.token
        self.seq, self.token = down["ack"], down["token"]
        return down

    def say(self, kind: str, **more: str) -> dict:
        return self.open(self.send(self.message(kind, **more)))

    def hello(self) -> dict:
        proof = {} if self.token is None else {"device_proof": self.proof()}
        return self.say("hello", **proof)

    def refused(self, kind: str, **more: str) -> str:
        """The problem with which a message is refused."""
        return self.send(self.message(kind, **more)).problem_name

    def receipt(self, item: str, outcome: str, **more: str) -> dict:
        """What has become of an item."""
        return self.say("receipt", item=item, outcome=outcome, at=int(time.time()), **more)

    def poll(self, wait: int = 0) -> dict:
        """Asks what there is; with `wait`, as long as there is nothing."""
        return self.open(self.send(self.message("poll"), wait))

    def bearer(self) -> str:
        """What opens the wake-up stream until the next answer."""
        certificate = x509.load_der_x509_certificate(self.certificate)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        [name] = names.get_values_for_type(x509.UniformResourceIdentifier)
        enrollment = uuid.UUID(name.removeprefix("urn:uuid:"))
        derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"gridpass/1 wake").derive(from_b64u(self.token))
        return b64u(enrollment.bytes + derived)

    def rekey(self, key=None) -> "Line":
        """Asks for a certificate of another key. The line of that key."""
        key = key or make_key("ES256")
        down = self.say("rekey", csr=b64u(self.device.csr(key=key)))
        [item] = items(down, "certificate")
        return Line(self.device, key, from_b64u(item["certificate"]), self.seq, self.token)


def items(down: dict, kind: str) -> list[dict]:
    """The items of a kind."""
    return [item for item in down["items"] if item["kind"] == kind]
