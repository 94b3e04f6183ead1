//! A message arrives: sealed by the device, or in plain JSON over a connection on which the device
//! has shown its certificate. From here on both are the same.

use std::{net::IpAddr, sync::Arc};

use gridpass_protocol::{
    Down, KeyId, MAX_MESSAGE_LENGTH, OpenedUp, SealedError, UnixTime, Up, UpKind, sealed,
};

use super::{Look, MessageError};
use crate::{
    Gridpass,
    audit::Actor,
    ca::AuthorityKey,
    enrollment::State,
    id::{ProviderId, RequestId},
    installation::Provider,
    random::Random,
    store::{
        StoreError,
        conversations::{self, Speaker},
    },
    vault::{Purpose, sha256},
};

/// How often a message is judged anew because another one of the same device was answered
/// meanwhile: the second look finds that one's answer.
const LOOKS: usize = 3;

/// A message as it arrives.
#[derive(Clone, Debug)]
pub struct MessageRequest<'a> {
    /// The body, JWE compact.
    pub jwe: &'a str,
    /// Where it comes from: the socket's address, or what a configured trusted proxy reports.
    pub client: IpAddr,
    /// The id of the request in logs and audit.
    pub request_id: Option<RequestId>,
}

/// A message in plain JSON, over a connection whose other end has shown that it holds the key of a
/// certificate.
#[derive(Clone, Debug)]
pub struct PlainRequest<'a> {
    /// The certificate, DER. That its holder has the key, and that a CA of this installation signed
    /// it, TLS has checked; how it and its device stand is looked up here.
    pub certificate: &'a [u8],
    /// The body, JSON.
    pub body: &'a [u8],
    /// Where it comes from.
    pub client: IpAddr,
    /// The id of the request in logs and audit.
    pub request_id: Option<RequestId>,
}

/// A message that is read, and whose sender is known. It is not judged yet.
pub struct OpenedMessage {
    provider: ProviderId,
    signer: KeyId,
    way: Way,
    up: Up,
    hash: [u8; 32],
    actor: Actor,
    /// As the sender stood when the message was opened.
    speaker: Option<Speaker>,
}

/// How the message came, and its answer goes.
pub(super) enum Way {
    Sealed {
        /// The provider key that it was sealed to; signs the answer.
        key: Arc<AuthorityKey>,
        /// As it was signed: the evidence of a rollover.
        jws: String,
    },
    Plain,
}

/// A message that is being judged.
pub(super) struct Heard<'a> {
    pub(super) provider: &'a Provider,
    pub(super) way: &'a Way,
    pub(super) up: &'a Up,
    pub(super) hash: [u8; 32],
    pub(super) actor: &'a Actor,
    pub(super) now: UnixTime,
}

/// An answer, as the device gets it and as it is kept in case it is lost.
pub(super) struct Answer {
    pub(super) given: String,
    pub(super) kept: String,
}

impl Gridpass {
    /// Hears a message of an enrolled device and answers it, sealed to the device.
    ///
    /// The last message of a device, byte for byte, gets the same answer again.
    ///
    /// # Errors
    /// See [`MessageError`]. Nothing has changed then but counters, suspicions and the audit.
    pub fn hear(&self, request: MessageRequest<'_>) -> Result<String, MessageError> {
        self.answer_message(self.open_message(request)?)
    }

    /// The same for a message in plain JSON: so is its answer.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn hear_plain(&self, request: PlainRequest<'_>) -> Result<String, MessageError> {
        self.answer_message(self.open_plain_message(request)?)
    }

    /// Reads a sealed message and verifies who sent it.
    ///
    /// # Errors
    /// It cannot be read, its sender is not known, or the database failed.
    pub fn open_message(&self, request: MessageRequest<'_>) -> Result<OpenedMessage, MessageError> {
        if request.jwe.len() > MAX_MESSAGE_LENGTH {
            return Err(MessageError::TooLarge);
        }
        let key_id = sealed::key_id_of(request.jwe)?;
        let (provider, key) = self
            .provider_by_key(&key_id, self.clock_now())
            .ok_or(MessageError::UnknownKey)?;
        let opened = OpenedUp::open(request.jwe, &key_id, key.private())?;
        let signer = *opened.signer();
        let speaker = self.speaker(&provider.config.id, &signer)?;
        let up = opened.verify(&speaker.public_key()?)?;
        Ok(OpenedMessage {
            provider: provider.config.id.clone(),
            signer,
            way: Way::Sealed {
                key,
                jws: opened.jws().to_owned(),
            },
            up,
            hash: sha256(request.jwe.as_bytes()),
            actor: device(request.client, request.request_id),
            speaker: Some(speaker),
        })
    }

    /// Reads a message in plain JSON.
    ///
    /// # Errors
    /// It cannot be read, its sender is not known or no longer in service, or the database failed.
    pub fn open_plain_message(
        &self,
        request: PlainRequest<'_>,
    ) -> Result<OpenedMessage, MessageError> {
        if request.body.len() > MAX_MESSAGE_LENGTH {
            return Err(MessageError::TooLarge);
        }
        let now = self.clock_now();
        let signer = KeyId::of_certificate(request.certificate);
        let (provider, speaker) = self.speaker_anywhere(&signer)?;
        speaker.check_device()?;
        speaker.check_key(now)?;
        if speaker.not_after <= now {
            return Err(MessageError::CertificateExpired);
        }
        let up = serde_json::from_slice(request.body).map_err(|_| SealedError::Content)?;
        Ok(OpenedMessage {
            provider,
            signer,
            way: Way::Plain,
            up,
            hash: sha256(request.body),
            actor: device(request.client, request.request_id),
            speaker: Some(speaker),
        })
    }

    /// Judges a message and answers it.
    ///
    /// # Errors
    /// See [`MessageError`]. Nothing has changed then but counters, suspicions and the audit.
    pub fn answer_message(&self, message: OpenedMessage) -> Result<String, MessageError> {
        let provider = self
            .provider(&message.provider)
            .ok_or(MessageError::UnknownKey)?;
        let heard = Heard {
            provider,
            way: &message.way,
            up: &message.up,
            hash: message.hash,
            actor: &message.actor,
            now: self.clock_now(),
        };
        let mut known = message.speaker;
        for _ in 0..LOOKS {
            let speaker = match known.take() {
                Some(speaker) => speaker,
                None => self.speaker(&message.provider, &message.signer)?,
            };
            if let Look::Answer(answer) = self.look_at(&heard, speaker)? {
                return Ok(answer);
            }
        }
        Err(MessageError::Busy)
    }

    fn speaker(&self, provider: &ProviderId, signer: &KeyId) -> Result<Speaker, MessageError> {
        self.store
            .read(|connection| conversations::speaker(connection, provider, signer))?
            .ok_or(MessageError::UnknownDevice)
    }

    /// The same of any provider: TLS does not say whose device it let in.
    fn speaker_anywhere(&self, signer: &KeyId) -> Result<(ProviderId, Speaker), MessageError> {
        let found = self.store.read(|connection| {
            for provider in &self.providers {
                let id = &provider.config.id;
                if let Some(speaker) = conversations::speaker(connection, id, signer)? {
                    return Ok(Some((id.clone(), speaker)));
                }
            }
            Ok::<_, StoreError>(None)
        })?;
        found.ok_or(MessageError::UnknownDevice)
    }

    /// The answer as the device gets it. What is kept of one in plain JSON is sealed, because it
    /// holds the next token.
    pub(super) fn seal_answer(
        &self,
        heard: &Heard<'_>,
        speaker: &Speaker,
        down: &Down,
    ) -> Result<Answer, MessageError> {
        let mut random = Random(&*self.random);
        match heard.way {
            Way::Sealed { key, .. } => {
                let given = down
                    .seal(
                        &speaker.certificate,
                        key.certificate(),
                        key.private(),
                        &mut random,
                    )
                    .map_err(MessageError::Seal)?;
                Ok(Answer {
                    kept: given.clone(),
                    given,
                })
            }
            Way::Plain => {
                let given = serde_json::to_string(down)
                    .map_err(|_| MessageError::Seal(SealedError::Content))?;
                let row = speaker.enrollment.as_bytes();
                let kept = self
                    .vault
                    .seal(Purpose::Answer, row, given.as_bytes(), &random);
                Ok(Answer {
                    kept: gridpass_protocol::b64u(&kept),
                    given,
                })
            }
        }
    }

    /// An answer that was kept, as the device gets it once more.
    pub(super) fn open_answer(
        &self,
        heard: &Heard<'_>,
        speaker: &Speaker,
        kept: &str,
    ) -> Result<String, StoreError> {
        match heard.way {
            Way::Sealed { .. } => Ok(kept.to_owned()),
            Way::Plain => gridpass_protocol::from_b64u(kept)
                .ok()
                .and_then(|kept| {
                    let row = speaker.enrollment.as_bytes();
                    let answer = self.vault.open(Purpose::Answer, row, &kept).ok()?;
                    String::from_utf8(answer.to_vec()).ok()
                })
                .ok_or_else(|| StoreError::Corrupt {
                    table: "conversations",
                    column: "answer",
                    row: speaker.enrollment.to_string(),
                }),
        }
    }
}

fn device(client: IpAddr, request_id: Option<RequestId>) -> Actor {
    let actor = Actor::device().from_client(client);
    match request_id {
        Some(request_id) => actor.in_request(request_id),
        None => actor,
    }
}

impl Speaker {
    /// Whether the device is in service.
    pub(super) const fn check_device(&self) -> Result<(), MessageError> {
        match &self.state {
            State::Issued(_) | State::Active(_) => Ok(()),
            State::Suspended(_) => Err(MessageError::Suspended),
            _ => Err(MessageError::Revoked),
        }
    }

    /// Whether the key and its certificate are, however long the certificate is valid.
    pub(super) fn check_key(&self, now: UnixTime) -> Result<(), MessageError> {
        if self.is_withdrawn || self.key.has_retired(now) {
            return Err(MessageError::Revoked);
        }
        Ok(())
    }
}

impl OpenedMessage {
    /// Whose word it is.
    pub(super) const fn provider(&self) -> &ProviderId {
        &self.provider
    }

    /// What it says.
    pub(super) const fn up(&self) -> &Up {
        &self.up
    }

    /// As the sender stood, for the last time: from now on it is looked up anew.
    pub(super) const fn take_speaker(&mut self) -> Option<Speaker> {
        self.speaker.take()
    }

    pub(super) fn keep_speaker(&mut self, speaker: Speaker) {
        self.speaker = Some(speaker);
    }
}

impl Heard<'_> {
    /// A certificate that has ended still asks for its successor, for a while.
    pub(super) fn check_grace(&self, not_after: UnixTime) -> Result<(), MessageError> {
        let grace = u64::from(self.provider.config.keys.grace) * 24 * 60 * 60;
        let renews = !matches!(self.up.kind, UpKind::RevokeMe { .. });
        if renews && self.now < not_after.plus(grace) {
            Ok(())
        } else {
            Err(MessageError::CertificateExpired)
        }
    }
}
