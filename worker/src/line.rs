//! The line to the provider: one message at a time, written down before it is sent, repeated until
//! it is answered (protocol, Secure communication).

use gridpass_protocol::{Down, Item, KeyId, MessageType, UnixTime, Up, UpKind};
use gridpass_wire::{DeviceIdTry, HeldDevice, Standing};
use rand_core::CryptoRng;

use crate::{
    clock::Clock,
    issuance::{self, NotGenuine},
    lock::Lock,
    portal::{self, MessageFate, MessageRefusal},
    provider,
    vault::{self, Holding, Said, Waiting},
    webcrypto::{self, KeyPair, WebCryptoError},
};

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

    /// Takes an answer in: all of it in one transaction.
    async fn take_in(&mut self, said: &Said, answer: &str) -> Result<(), Standing> {
        let down = self.read(answer).await.map_err(|_| Standing::NotGenuine)?;
        let conversation = &mut self.holding.device.conversation;
        conversation.seq = down.ack;
        conversation.token = Some(down.token);
        conversation.waiting = None;
        conversation.spoke_at = Some(self.clock.now().0);
        conversation.answered_at = down.iat;
        let next = self.holding.keys.next.take();
        let mut issued = None;
        for item in down.items {
            match item {
                Item::Parameters(parameters) => {
                    self.holding.device.conversation.parameters = Some(parameters);
                }
                Item::Settings(settings) => self.holding.device.settle_on(settings),
                Item::Certificate { certificate, chain } => issued = Some((certificate, chain)),
                Item::Instruction { .. } | Item::Event { .. } | Item::Unknown => {}
            }
        }
        let standing = match said {
            Said::Greeting => {
                // The provider has heard the present key: the one before has done its work.
                self.holding.device.former = None;
                self.holding.keys.former = None;
                Standing::Connected
            }
            Said::Rekey { public_key } => match (issued, next) {
                (Some(issued), Some(next)) => self
                    .roll_over(issued, public_key, next)
                    .await
                    .map_or(Standing::NotGenuine, |()| Standing::Renewed),
                _ => Standing::NotGenuine,
            },
            Said::RevokeMe => Standing::TakenOut,
        };
        self.holding.device.note(&standing);
        self.keep().await?;
        match standing {
            Standing::NotGenuine => Err(standing),
            _ => Ok(()),
        }
    }

    /// Opens an answer to the message that waits.
    async fn read(&self, answer: &str) -> Result<Down, NotGenuine> {
        let Holding { device, keys } = &self.holding;
        let own = KeyId::of_certificate(&device.certificate);
        let jws = webcrypto::open(MessageType::Down, answer, &own, &keys.current)
            .await
            .map_err(|_| NotGenuine)?;
        let down = Down::verify_jws(&jws, &device.provider_certificate).map_err(|_| NotGenuine)?;
        if down.ack == device.conversation.seq + 1 {
            Ok(down)
        } else {
            Err(NotGenuine)
        }
    }

    /// Puts a new key with its certificate in the place of the present one, if it is right.
    async fn roll_over(
        &mut self,
        (certificate, chain): (Vec<u8>, Vec<Vec<u8>>),
        public_key: &[u8],
        next: KeyPair,
    ) -> Result<(), NotGenuine> {
        let Holding { device, keys } = &mut self.holding;
        let now = self.clock.now();
        let check = |provider| issuance::check(&certificate, &chain, public_key, provider, now);
        let facts = match check(&device.provider) {
            Ok(facts) => facts,
            // The CA may have changed since the enrollment: then the provider publishes another.
            Err(NotGenuine) => {
                let published = provider::published(device).await;
                let entry = published.ok().flatten().ok_or(NotGenuine)?;
                let facts = check(&entry)?;
                device.provider = entry;
                facts
            }
        };
        device.roll_over(certificate, chain, facts);
        keys.former = Some(std::mem::replace(&mut keys.current, next));
        Ok(())
    }

    /// Draws the consequence of a refusal, and says how the enrollment stands with it.
    async fn refused(&mut self, said: &Said, refusal: MessageRefusal) -> Standing {
        let MessageRefusal { standing, message } = refusal;
        let standing = match (standing, said) {
            (Standing::Withdrawn, Said::RevokeMe) => Standing::TakenOut,
            (standing, _) => standing,
        };
        let Holding { device, keys } = &mut self.holding;
        if message != MessageFate::Repeat {
            device.conversation.waiting = None;
            keys.next = None;
        }
        if message == MessageFate::SealAnew {
            provider::take_up_another(device, self.clock.now()).await;
        }
        if let Standing::DeviceIdWanted(_) = standing {
            keys.device_id = None;
        }
        if standing == Standing::Unknown
            && let Some(former) = keys.former.take()
            && device.roll_back()
        {
            // A provider that lost the renewal still knows the key before.
            keys.current = former;
        }
        device.note(&standing);
        match self.keep().await {
            Ok(()) => standing,
            Err(not_kept) => not_kept,
        }
    }

    /// Writes everything down.
    pub(crate) async fn keep(&self) -> Result<(), Standing> {
        vault::put(&self.holding)
            .await
            .map_err(|_| Standing::NotKept)
    }
}
