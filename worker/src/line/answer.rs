//! What the provider's answer changes.

use gridpass_protocol::{Down, Item, KeyId, MessageType};
use gridpass_wire::Standing;

use super::Line;
use crate::{
    issuance::{self, NotGenuine},
    portal::{MessageFate, MessageRefusal},
    provider,
    vault::{Holding, Said},
    webcrypto::{self, KeyPair},
};

impl Line {
    /// Takes an answer in: all of it in one transaction.
    pub(super) async fn take_in(&mut self, said: &Said, answer: &str) -> Result<(), Standing> {
        let down = self.read(answer).await.map_err(|_| Standing::NotGenuine)?;
        let conversation = &mut self.holding.device.conversation;
        conversation.seq = down.ack;
        conversation.token = Some(down.token);
        conversation.waiting = None;
        conversation.spoke_at = Some(self.clock.now().0);
        conversation.answered_at = down.iat;
        let next = self.holding.keys.next.take();
        if *said == Said::Word {
            self.holding.device.inbox.strike_word();
        }
        let issued = self.take_in_items(down.items);
        let standing = match said {
            Said::Greeting | Said::Word => {
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

    /// Puts what came into its place; the certificate of a new key, which has to be judged yet, comes
    /// back.
    fn take_in_items(&mut self, items: Vec<Item>) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
        let now = self.clock.now();
        let device = &mut self.holding.device;
        let mut issued = None;
        for item in items {
            match item {
                Item::Parameters(parameters) => device.conversation.parameters = Some(parameters),
                Item::Push { key } => device.inbox.take_up_key(key),
                Item::Certificate { certificate, chain } => issued = Some((certificate, chain)),
                item => {
                    if let Item::Settings(settings) = &item {
                        device.settle_on(settings.clone());
                    }
                    device.inbox.take_in(item, now);
                }
            }
        }
        issued
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
    pub(super) async fn refused(&mut self, said: &Said, refusal: MessageRefusal) -> Standing {
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
        let sealed_to = device.provider_certificate.clone();
        if message == MessageFate::SealAnew {
            provider::take_up_another(device, self.clock.now()).await;
        }
        let is_pointless = match message {
            MessageFate::SealAnew => device.provider_certificate == sealed_to,
            fate => fate == MessageFate::Strike,
        };
        if *said == Said::Word && is_pointless {
            // A provider that cannot do with it would not be able to the next time.
            device.inbox.strike_word();
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
}
