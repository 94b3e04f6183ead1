//! What an enrolled device does: greet, look for messages, renew, go out of service.

use gridpass_protocol::DeviceId;
use gridpass_wire::{DeviceAsk, DeviceIdTry, DeviceTell, Outlook, Secret, Standing, TakeOutReason};
use rand_core::CryptoRng;

use super::Session;
use crate::{
    line::{Line, NoLine},
    renewal, vault,
    vault::Said,
    webcrypto,
};

impl Session {
    /// Does what the device's page asks. `progress` is told of what takes long.
    pub(crate) async fn answer_device(
        &self,
        ask: DeviceAsk,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(DeviceTell),
    ) -> DeviceTell {
        let enrollment_id = match &ask {
            DeviceAsk::Devices => return devices().await,
            DeviceAsk::Listen { enrollment_id } => {
                return self.listen(enrollment_id, progress).await;
            }
            DeviceAsk::StopListening { enrollment_id } => {
                self.stop_listening(enrollment_id);
                return DeviceTell::Deaf;
            }
            DeviceAsk::Speak { enrollment_id }
            | DeviceAsk::Renew { enrollment_id }
            | DeviceAsk::TakeOut { enrollment_id, .. }
            | DeviceAsk::Recognise { enrollment_id, .. }
            | DeviceAsk::Decide { enrollment_id, .. }
            | DeviceAsk::Knock { enrollment_id, .. }
            | DeviceAsk::Forget { enrollment_id } => enrollment_id.clone(),
        };
        let mut line = match Line::open(&enrollment_id, self.clock).await {
            Ok(Some(line)) => line,
            Ok(None) => return DeviceTell::Gone,
            Err(NoLine) => return DeviceTell::NoVault,
        };
        let done = match ask {
            // Answered above.
            DeviceAsk::Devices | DeviceAsk::Listen { .. } | DeviceAsk::StopListening { .. } => {
                return devices().await;
            }
            DeviceAsk::Forget { .. } => return forget(&enrollment_id, line).await,
            DeviceAsk::Speak { .. } => self.speak(&mut line, rng, progress).await,
            DeviceAsk::Renew { .. } => self.renew(&mut line, rng, progress).await,
            DeviceAsk::TakeOut { reason, .. } => take_out(&mut line, reason, rng).await,
            DeviceAsk::Recognise { device_id, .. } => recognise(&mut line, &device_id, rng).await,
            DeviceAsk::Decide { event, taking, .. } => {
                let noted = line.decide(&event, taking).await;
                self.tell_noted(noted, &mut line, rng, progress).await
            }
            DeviceAsk::Knock { knocking, .. } => {
                let noted = line.knock(knocking).await;
                self.tell_noted(noted, &mut line, rng, progress).await
            }
        };
        let standing = done.unwrap_or_else(|standing| standing);
        DeviceTell::Device(Box::new(line.held(standing)))
    }

    /// Says that something is written down, and then tells the provider.
    async fn tell_noted(
        &self,
        noted: Result<(), Standing>,
        line: &mut Line,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(DeviceTell),
    ) -> Result<Standing, Standing> {
        noted?;
        let known = line.holding.device.conversation.standing.clone();
        progress(DeviceTell::Noted(Box::new(line.held(known))));
        self.speak(line, rng, progress).await
    }

    /// The first message of a fresh enrollment: the provider then knows that all arrived.
    ///
    /// Nobody waits for it; should it fail, the device's page says it again.
    pub(crate) async fn greet(&self, enrollment_id: &str, rng: &mut impl CryptoRng) {
        let Ok(Some(mut line)) = Line::open(enrollment_id, self.clock).await else {
            return;
        };
        let is_fresh = line.holding.device.conversation.standing == Standing::New;
        let listens = line.holding.device.settings.messages_url.is_some();
        if is_fresh && listens && self.greet_once(&mut line, rng).await.is_ok() {
            self.greeted.borrow_mut().push(enrollment_id.to_owned());
        }
    }

    async fn speak(
        &self,
        line: &mut Line,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(DeviceTell),
    ) -> Result<Standing, Standing> {
        let known = line.holding.device.conversation.standing.clone();
        if known.outlook() == Outlook::Over && line.holding.device.conversation.waiting.is_none() {
            return Ok(known);
        }
        let settled = line.settle().await?;
        if settled == Some(Said::RevokeMe) {
            return Ok(Standing::TakenOut);
        }
        if line.holding.device.has_ended(line.now()) {
            return make_and_greet(line, rng, progress).await;
        }
        self.greet_once(line, rng).await?;
        line.say_words(rng).await?;
        match settled {
            Some(Said::Rekey { .. }) => Ok(Standing::Renewed),
            _ if line.holding.device.is_due(line.now()) => {
                self.renew_once(line, rng, progress).await
            }
            _ => Ok(Standing::Connected),
        }
    }

    /// A renewal that nobody asked for: what the provider refused is not asked for again before
    /// the page is opened anew.
    async fn renew_once(
        &self,
        line: &mut Line,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(DeviceTell),
    ) -> Result<Standing, Standing> {
        let enrollment_id = line.holding.device.facts.enrollment_id.clone();
        let refused =
            |(id, standing): &(String, Standing)| (*id == enrollment_id).then(|| standing.clone());
        let refused = self.refused.borrow().iter().find_map(refused);
        if let Some(standing) = refused {
            return Err(standing);
        }
        let renewed = make_and_greet(line, rng, progress).await;
        if let Err(standing @ Standing::RenewalRefused { .. }) = &renewed {
            let refused = (enrollment_id, standing.clone());
            self.refused.borrow_mut().push(refused);
        }
        renewed
    }

    /// Hello when the worker has just started, and a look for messages afterwards.
    async fn greet_once(&self, line: &mut Line, rng: &mut impl CryptoRng) -> Result<(), Standing> {
        let enrollment_id = line.holding.device.facts.enrollment_id.clone();
        // No borrow is held while the message is on its way.
        let is_greeted = self.greeted.borrow().contains(&enrollment_id);
        if is_greeted {
            return line.poll(rng).await;
        }
        line.hello(rng).await?;
        self.greeted.borrow_mut().push(enrollment_id);
        Ok(())
    }

    async fn renew(
        &self,
        line: &mut Line,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(DeviceTell),
    ) -> Result<Standing, Standing> {
        match line.settle().await? {
            Some(Said::RevokeMe) => return Ok(Standing::TakenOut),
            // The one that was under way is the one that was wanted.
            Some(Said::Rekey { .. }) => {
                line.hello(rng).await?;
                return Ok(Standing::Renewed);
            }
            Some(Said::Greeting | Said::Word) | None => {}
        }
        if line.holding.device.conversation.parameters.is_none() {
            self.greet_once(line, rng).await?;
        }
        make_and_greet(line, rng, progress).await
    }
}

/// A new key, its certificate, and a first word with it: from then on the old key is of no use.
async fn make_and_greet(
    line: &mut Line,
    rng: &mut impl CryptoRng,
    progress: &impl Fn(DeviceTell),
) -> Result<Standing, Standing> {
    progress(DeviceTell::Renewing);
    let next = renewal::make_next(&line.holding.device, rng).await?;
    line.rekey(next.csr, next.public_key, next.keys, rng)
        .await?;
    line.hello(rng).await?;
    Ok(Standing::Renewed)
}

async fn take_out(
    line: &mut Line,
    reason: TakeOutReason,
    rng: &mut impl CryptoRng,
) -> Result<Standing, Standing> {
    if line.settle().await? != Some(Said::RevokeMe) {
        line.revoke_me(reason.as_str(), rng).await?;
    }
    Ok(Standing::TakenOut)
}

/// Keeps what was typed only when the provider agrees.
async fn recognise(
    line: &mut Line,
    device_id: &Secret,
    rng: &mut impl CryptoRng,
) -> Result<Standing, Standing> {
    let wanted = Standing::DeviceIdWanted;
    let device_id =
        DeviceId::parse_checked(device_id.expose()).map_err(|_| wanted(DeviceIdTry::Invalid))?;
    line.settle().await?;
    let key = webcrypto::import_device_id(&device_id)
        .await
        .map_err(|_| Standing::NotKept)?;
    line.holding.keys.device_id = Some(key);
    line.hello(rng).await?;
    Ok(Standing::Connected)
}

async fn devices() -> DeviceTell {
    if !webcrypto::is_present() {
        return DeviceTell::NoVault;
    }
    vault::devices()
        .await
        .map_or(DeviceTell::NoVault, |devices| {
            let held = |device: vault::Device| device.held(device.conversation.standing.clone());
            DeviceTell::Devices(devices.into_iter().map(held).collect())
        })
}

/// Forgets an enrollment that is of no use; any other stays.
async fn forget(enrollment_id: &str, line: Line) -> DeviceTell {
    let standing = &line.holding.device.conversation.standing;
    if standing.may_be_forgotten() && vault::forget(enrollment_id).await.is_err() {
        return DeviceTell::NoVault;
    }
    devices().await
}
