//! The line to the provider: one message at a time, written down before it is sent, repeated until
//! it is answered (protocol, Secure communication).

mod answer;

use gridpass_protocol::{UnixTime, Up, UpKind};
use gridpass_wire::{DeviceIdTry, HeldDevice, Knocking, Standing, Taking};
use rand_core::CryptoRng;

use crate::{
    clock::Clock,
    lock::Lock,
    portal,
    vault::{self, Device, Holding, Said, Sent, Waiting},
    webcrypto::{self, KeyPair, WebCryptoError},
};

/// The most words that are said in a row; what is left waits for the next time.
const MOST_WORDS: usize = 100;

/// One enrollment, while nobody else in this browser speaks for it.
pub(crate) struct Line {
    pub(crate) holding: Holding,
    clock: Clock,
    _lock: Lock,
}

/// This browser cannot keep enrollments, or not keep two pages from speaking at once.
pub(crate) struct NoLine;

impl Line {
    /// Waits for the line of an enrollment; none when this browser does not hold it.
    pub(crate) async fn open(enrollment_id: &str, clock: Clock) -> Result<Option<Self>, NoLine> {
        let lock = Lock::acquire(&format!("gridpass-device-{enrollment_id}"))
            .await
            .map_err(|_| NoLine)?;
        // Read under the lock: what another tab has just said counts.
        let holding = vault::holding(enrollment_id).await.map_err(|_| NoLine)?;
        Ok(holding.map(|holding| Self {
            holding,
            clock,
            _lock: lock,
        }))
    }

    /// What a page is told of the enrollment.
    pub(crate) fn held(&self, standing: Standing) -> HeldDevice {
        self.holding.device.held(standing)
    }

    /// Now, by this device's clock.
    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Says hello, with the proof of the device once there is a token to prove it with.
    pub(crate) async fn hello(&mut self, rng: &mut impl CryptoRng) -> Result<(), Standing> {
        let device_proof = match (
            &self.holding.device.conversation.token,
            &self.holding.keys.device_id,
        ) {
            (None, _) => None,
            (Some(_), None) => return Err(Standing::DeviceIdWanted(DeviceIdTry::First)),
            (Some(token), Some(key)) => Some(
                webcrypto::device_proof(key, token)
                    .await
                    .map_err(|_| Standing::NotKept)?,
            ),
        };
        self.say(Said::Greeting, UpKind::Hello { device_proof }, None, rng)
            .await
    }

    /// Looks for messages.
    pub(crate) async fn poll(&mut self, rng: &mut impl CryptoRng) -> Result<(), Standing> {
        self.say(Said::Greeting, UpKind::Poll, None, rng).await
    }

    /// Asks for the certificate of a new key.
    pub(crate) async fn rekey(
        &mut self,
        csr: Vec<u8>,
        public_key: Vec<u8>,
        next: KeyPair,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Standing> {
        let said = Said::Rekey { public_key };
        self.say(said, UpKind::Rekey { csr }, Some(next), rng).await
    }

    /// Says all that there is to say, one after the other.
    pub(crate) async fn say_words(&mut self, rng: &mut impl CryptoRng) -> Result<(), Standing> {
        for _ in 0..MOST_WORDS {
            let Some(word) = self.holding.device.inbox.next_word() else {
                break;
            };
            match self.say(Said::Word, word.clone().into(), None, rng).await {
                // It was struck: the next one may be of more use.
                Err(_) if self.holding.device.inbox.next_word() != Some(word) => {}
                said => said?,
            }
        }
        Ok(())
    }

    /// Writes down what the person decided about an event, to be said when its turn comes.
    pub(crate) async fn decide(&mut self, event: &str, taking: Taking) -> Result<(), Standing> {
        let Device {
            inbox,
            conversation,
            ..
        } = &mut self.holding.device;
        let first = match &conversation.waiting {
            Some(waiting) if waiting.said == Said::Word => Sent::Yes,
            _ => Sent::No,
        };
        inbox.decide(event, taking, first);
        self.keep().await
    }

    /// Writes down where the provider is to knock, if anywhere, to be said when its turn comes.
    pub(crate) async fn knock(&mut self, knocking: Knocking) -> Result<(), Standing> {
        self.holding.device.inbox.knock(knocking);
        self.keep().await
    }

    /// Takes the device out of service.
    pub(crate) async fn revoke_me(
        &mut self,
        reason: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Standing> {
        let reason = reason.to_owned();
        self.say(Said::RevokeMe, UpKind::RevokeMe { reason }, None, rng)
            .await
    }

    /// Says something; once more when the provider could not read it and has another key by now.
    async fn say(
        &mut self,
        said: Said,
        kind: UpKind,
        next: Option<KeyPair>,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Standing> {
        let sealed_to = self.holding.device.provider_certificate.clone();
        self.write(said.clone(), kind.clone(), next.clone(), rng)
            .await?;
        match self.settle().await {
            Err(_) if self.holding.device.provider_certificate != sealed_to => {
                self.write(said, kind, next, rng).await?;
                self.settle().await.map(|_| ())
            }
            settled => settled.map(|_| ()),
        }
    }

    /// Writes a message down, together with the key it is about.
    async fn write(
        &mut self,
        said: Said,
        kind: UpKind,
        next: Option<KeyPair>,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Standing> {
        let sealed = self.seal(kind, rng).await.map_err(|_| Standing::NotKept)?;
        self.holding.device.conversation.waiting = Some(Waiting { sealed, said });
        self.holding.keys.next = next;
        self.keep().await
    }

    async fn seal(&self, kind: UpKind, rng: &mut impl CryptoRng) -> Result<String, WebCryptoError> {
        let Holding { device, keys } = &self.holding;
        let up = Up {
            seq: device.conversation.seq + 1,
            iat: self.clock.now(),
            token: device.conversation.token.clone(),
            kind,
        };
        let algorithm = device.key_algorithm().ok_or(WebCryptoError)?;
        let unsigned = up
            .unsigned(&device.certificate, algorithm)
            .map_err(|_| WebCryptoError)?;
        let signature = webcrypto::sign(&keys.current, algorithm, unsigned.signing_input()).await?;
        let jws = unsigned
            .with_signature(&signature)
            .map_err(|_| WebCryptoError)?;
        Up::seal_jws(&jws, &device.provider_certificate, rng).map_err(|_| WebCryptoError)
    }

    /// Sends what waits for its answer, if anything does, as often as it takes; says what it was.
    pub(crate) async fn settle(&mut self) -> Result<Option<Said>, Standing> {
        let Some(waiting) = self.holding.device.conversation.waiting.clone() else {
            return Ok(None);
        };
        match portal::speak(&waiting.sealed).await {
            Ok(answer) => self.take_in(&waiting.said, &answer).await?,
            Err(error) => return Err(self.refused(&waiting.said, error.into()).await),
        }
        Ok(Some(waiting.said))
    }

    /// Writes everything down.
    pub(crate) async fn keep(&self) -> Result<(), Standing> {
        vault::put(&self.holding)
            .await
            .map_err(|_| Standing::NotKept)
    }
}
