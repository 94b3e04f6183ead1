//! A device after issuance: what it says, and how it repeats what was not answered.

use std::sync::Arc;

use gridpass_protocol::{
    CsrContent, DeviceId, DeviceKey, DeviceProof, Down, Item, KeyAlgorithm, MessageToken, Outcome,
    TemporaryId, Up, UpKind,
};
use rand_chacha::ChaCha20Rng;
use uuid::Uuid;

use crate::Failure;
use crate::client::Call;
use crate::device::{Device, now};

/// An enrolled device, with everything that it would keep over a power cut.
#[derive(Debug)]
pub struct Talker {
    device_id: DeviceId,
    temporary_id: TemporaryId,
    csr_content: CsrContent,
    provider_certificate: Vec<u8>,
    key: Arc<DeviceKey>,
    certificate: Vec<u8>,
    seq: u64,
    token: Option<MessageToken>,
    /// What was said and is not answered yet.
    pending: Option<Pending>,
    /// The new key while the old one still counts.
    next: Option<DeviceKey>,
}

#[derive(Debug)]
struct Pending {
    call: Call,
    /// The key and certificate that open the answer.
    key: Arc<DeviceKey>,
    certificate: Vec<u8>,
}

impl Talker {
    /// The device that this answer enrols.
    ///
    /// # Errors
    /// When the answer is not for this device.
    pub fn new(device: &Device, answer: &[u8]) -> Result<Self, Failure> {
        Ok(Self {
            device_id: device.device_id.clone(),
            temporary_id: device.temporary_id,
            csr_content: device.csr_content.clone(),
            provider_certificate: device.provider_certificate.clone(),
            certificate: device.open(answer)?.certificate,
            key: Arc::clone(&device.key),
            seq: 0,
            token: None,
            pending: None,
            next: None,
        })
    }

    /// The start-up check.
    ///
    /// # Errors
    /// When the provider's certificate cannot be used.
    pub fn hello(&mut self, rng: &mut ChaCha20Rng) -> Result<Call, Failure> {
        let device_proof = self
            .token
            .as_ref()
            .map(|token| DeviceProof::derive(&self.device_id, token));
        self.say(UpKind::Hello { device_proof }, rng)
    }

    /// Is there anything for me?
    ///
    /// # Errors
    /// When the provider's certificate cannot be used.
    pub fn poll(&mut self, rng: &mut ChaCha20Rng) -> Result<Call, Failure> {
        self.say(UpKind::Poll, rng)
    }

    /// Makes a new key and asks for its certificate.
    ///
    /// # Errors
    /// When no key or message could be made.
    pub fn rekey(&mut self, rng: &mut ChaCha20Rng) -> Result<Call, Failure> {
        let next = DeviceKey::make(rng, KeyAlgorithm::Es256)?;
        let csr = next.csr(&self.csr_content, &self.temporary_id, rng)?;
        let call = self.say(UpKind::Rekey { csr }, rng)?;
        self.next = Some(next);
        Ok(call)
    }

    /// Makes a new key, and the request for its certificate: for whoever certifies it on a connection that
    /// shows the present one.
    ///
    /// # Errors
    /// When no key or request could be made.
    pub fn next_request(&mut self, rng: &mut ChaCha20Rng) -> Result<Vec<u8>, Failure> {
        let next = DeviceKey::make(rng, KeyAlgorithm::Es256)?;
        let csr = next.csr(&self.csr_content, &self.temporary_id, rng)?;
        self.next = Some(next);
        Ok(csr)
    }

    /// Goes on with the new key, for which one of these certificates was made.
    ///
    /// # Errors
    /// When none of them is for it, or there is no new key.
    pub fn go_on_with(&mut self, certificates: &[Vec<u8>]) -> Result<(), Failure> {
        let next = self.next.take().ok_or("a certificate for no key")?;
        let spki = next.spki_der();
        let own = certificates
            .iter()
            .find(|one| one.windows(spki.len()).any(|part| part == spki));
        self.certificate = own.ok_or("a certificate of another key")?.clone();
        self.key = next.into();
        Ok(())
    }

    /// Says what has become of an item.
    ///
    /// # Errors
    /// When the provider's certificate cannot be used.
    pub fn receipt(
        &mut self,
        item: Uuid,
        outcome: Outcome,
        rng: &mut ChaCha20Rng,
    ) -> Result<Call, Failure> {
        let kind = UpKind::Receipt {
            item,
            outcome,
            at: now(),
            detail: None,
        };
        self.say(kind, rng)
    }

    /// Takes itself out of service; `reason` as the protocol words it.
    ///
    /// # Errors
    /// When the provider's certificate cannot be used.
    pub fn revoke(&mut self, reason: &str, rng: &mut ChaCha20Rng) -> Result<Call, Failure> {
        let reason = reason.to_owned();
        self.say(UpKind::RevokeMe { reason }, rng)
    }

    fn up(&self, kind: UpKind) -> Up {
        Up {
            seq: self.seq + 1,
            iat: now(),
            token: self.token.clone(),
            kind,
        }
    }

    fn go_on(&mut self, down: &Down) -> Result<(), Failure> {
        if down.ack != self.seq + 1 {
            return Err("an answer to something else".into());
        }
        self.seq = down.ack;
        self.token = Some(down.token.clone());
        Ok(())
    }

    fn say(&mut self, kind: UpKind, rng: &mut ChaCha20Rng) -> Result<Call, Failure> {
        let body = self.up(kind).seal(
            &self.certificate,
            self.key.private_key(),
            &self.provider_certificate,
            rng,
        )?;
        let call = Call {
            path: "/api/v1/messages".into(),
            headers: vec![("content-type", "application/jose".into())],
            body: body.into(),
        };
        self.pending = Some(Pending {
            call: call.clone(),
            key: Arc::clone(&self.key),
            certificate: self.certificate.clone(),
        });
        Ok(call)
    }

    /// The next message in plain JSON, for a connection on which the certificate is shown.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn plain(&self, kind: UpKind) -> Result<Vec<u8>, Failure> {
        Ok(serde_json::to_vec(&self.up(kind))?)
    }

    /// Hears the answer to a message in plain JSON.
    ///
    /// # Errors
    /// When it does not answer what was said.
    pub fn hear_plain(&mut self, answer: &[u8]) -> Result<Vec<Item>, Failure> {
        let down: Down = serde_json::from_slice(answer)?;
        self.go_on(&down)?;
        Ok(down.items)
    }

    /// Its certificate and its private key, PKCS#8, DER.
    #[must_use]
    pub fn identity(&self) -> (Vec<u8>, Vec<u8>) {
        (self.certificate.clone(), self.key.to_pkcs8().to_vec())
    }

    /// What was said and is not answered yet: the same bytes again.
    #[must_use]
    pub fn pending(&self) -> Option<Call> {
        self.pending.as_ref().map(|pending| pending.call.clone())
    }

    /// Hears the answer; goes on with the new key if it brings its certificate.
    ///
    /// # Errors
    /// When it does not answer what was said.
    pub fn hear(&mut self, answer: &[u8]) -> Result<Vec<Item>, Failure> {
        let pending = self.pending.as_ref().ok_or("nothing was said")?;
        let down = Down::open(
            std::str::from_utf8(answer)?,
            &pending.certificate,
            pending.key.private_key(),
            &self.provider_certificate,
        )?;
        self.go_on(&down)?;
        self.pending = None;
        let issued = down.items.iter().find_map(|item| match item {
            Item::Certificate { certificate, .. } => Some(certificate),
            _ => None,
        });
        if let Some(certificate) = issued {
            let next = self.next.take().ok_or("a certificate for no key")?;
            self.key = next.into();
            self.certificate = certificate.clone();
        }
        Ok(down.items)
    }
}
