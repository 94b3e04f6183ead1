//! The second half of a session: from the device ID to the kept certificate.

use gridpass_protocol::{DeviceId, DeviceKey, Issuance, TemporaryId};
use gridpass_wire::{Answer, CopyOutcome, Enrolled, Refusal, Secret, Step, Tell, WayOn};
use rand_core::CryptoRng;

use super::{Reply, Session};
use crate::{
    confirmation,
    copy::{self, CopyKey},
    issuance, portal,
    vault::{self, Contents, CopyWish, Device, Keyring, Pending},
    webcrypto::{self, WebCryptoError},
};

impl Session {
    pub(super) async fn enroll(
        &self,
        device_id: &Secret,
        copy_password: Option<Secret>,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(Step),
    ) -> Reply {
        let started = self.clock.millis();
        let label_id = self
            .label
            .borrow()
            .as_ref()
            .map(|label| label.payload.temporary_id);
        let Some(temporary_id) = label_id else {
            return refused(Refusal::NothingToDo);
        };
        progress(Step::Keying);
        let sent = match self.prepare(device_id, copy_password, rng).await {
            Ok((pending, keys)) => self.send(pending, keys, rng, progress).await,
            Err(refusal) => Err(refusal),
        };
        self.reply(&temporary_id, sent, Some(started)).await
    }

    pub(super) async fn resume(
        &self,
        temporary_id: &str,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(Step),
    ) -> Reply {
        let Ok(temporary_id) = temporary_id.parse() else {
            return refused(Refusal::NothingToDo);
        };
        let sent = match vault::pending(&temporary_id).await {
            Ok(Some((pending, keys))) => self.send(pending, keys, rng, progress).await,
            Ok(None) => Err(Refusal::NothingToDo),
            Err(_) => Err(Refusal::NotKept),
        };
        self.reply(&temporary_id, sent, None).await
    }

    async fn reply(
        &self,
        temporary_id: &TemporaryId,
        sent: Result<Finished, Refusal>,
        started: Option<f64>,
    ) -> Reply {
        match sent {
            Err(refusal @ (Refusal::AlreadyEnrolled | Refusal::NothingToDo)) => {
                // Another tab may have been faster: then this browser is enrolled, and all is well.
                match vault::contents_of(temporary_id).await {
                    Ok(Contents { devices, pending }) if !devices.is_empty() => {
                        Tell::Found { devices, pending }.into()
                    }
                    _ => refused(refusal),
                }
            }
            Ok(finished) => {
                self.label.take();
                let took = started.map(|started| self.clock.since(started));
                let Finished {
                    device,
                    copy,
                    bytes,
                } = finished;
                let enrolled = Enrolled {
                    device: device.facts,
                    took,
                    copy,
                };
                Reply {
                    tell: Tell::Answer(Answer::Enrolled(Box::new(enrolled))),
                    bytes,
                }
            }
            Err(refusal) => refused(refusal),
        }
    }

    /// Stages `keying` and the first half of `confirmation`: up to the pending record, which is
    /// written before anything is sent.
    async fn prepare(
        &self,
        device_id: &Secret,
        copy_password: Option<Secret>,
        rng: &mut impl CryptoRng,
    ) -> Result<(Pending, Keyring), Refusal> {
        let device_id =
            DeviceId::parse_checked(device_id.expose()).map_err(|_| Refusal::InvalidDeviceId)?;
        let (key, pending) = {
            let label = self.label.borrow();
            let label = label.as_ref().ok_or(Refusal::NothingToDo)?;
            confirmation::make(
                label,
                &device_id,
                self.clock,
                CopyWish::of(copy_password.as_ref()),
                rng,
            )?
        };
        let keys = keyring(&key, &device_id)
            .await
            .map_err(|_| Refusal::KeysNotKept)?;
        if vault::add_pending(&pending, &keys).await.is_err() {
            // Another tab may have got this far with the same label. Its confirmation may be on
            // the way already, so it is the one to go on with.
            let other = vault::pending(&pending.temporary_id).await;
            return other.ok().flatten().ok_or(Refusal::KeysNotKept);
        }
        self.copy_key.replace(
            copy_password.map(|password| CopyKey::new(pending.temporary_id, key, password)),
        );
        Ok((pending, keys))
    }

    /// The second half of `confirmation`, and `issuance`. May be repeated as often as it takes.
    async fn send(
        &self,
        pending: Pending,
        keys: Keyring,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(Step),
    ) -> Result<Finished, Refusal> {
        let result = self.send_and_keep(&pending, &keys, rng, progress).await;
        if let Err(refusal) = &result
            && refusal.way_on() != WayOn::SendAgain
        {
            self.copy_key.take();
            // Should this fail, the record is found at the next visit and refused again.
            _ = vault::delete_pending(&pending.temporary_id).await;
        }
        result
    }

    async fn send_and_keep(
        &self,
        pending: &Pending,
        keys: &Keyring,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(Step),
    ) -> Result<Finished, Refusal> {
        progress(Step::Confirmation);
        let answer = portal::confirm(&pending.temporary_id, &pending.confirmation)
            .await
            .map_err(portal::confirmation_refusal)?;
        progress(Step::Issuance);
        let issuance = issuance::open(&answer, pending, &keys.current)
            .await
            .map_err(|_| Refusal::NotGenuine)?;
        let now = self.clock.now();
        let certificate = issuance::check(
            &issuance.certificate,
            &issuance.chain,
            &pending.public_key,
            &pending.provider,
            now,
        )
        .map_err(|_| Refusal::NotGenuine)?;
        let (copy, bytes) = self.protected_copy(pending, &issuance, rng);
        let facts = issuance::facts(&issuance, certificate, now.0);
        let device = Device::new(pending, issuance, facts);
        progress(Step::Keeping);
        vault::keep(&device, keys)
            .await
            .map_err(|_| Refusal::NotKept)?;
        self.copy_key.take();
        Ok(Finished {
            device,
            copy,
            bytes,
        })
    }

    fn protected_copy(
        &self,
        pending: &Pending,
        issuance: &Issuance,
        rng: &mut impl CryptoRng,
    ) -> (CopyOutcome, Option<Vec<u8>>) {
        if pending.copy == CopyWish::None {
            return (CopyOutcome::NotAsked, None);
        }
        let copy_key = self.copy_key.borrow();
        let file = copy_key
            .as_ref()
            .filter(|key| key.is_for(&pending.temporary_id))
            .and_then(|key| copy::make(key, issuance, rng));
        match file {
            Some(file) => (
                CopyOutcome::Made {
                    file_name: copy::file_name(issuance),
                },
                Some(file),
            ),
            None => (CopyOutcome::Missed, None),
        }
    }
}

/// Gives the fresh key and the device ID to the browser, which gives neither out again.
async fn keyring(key: &DeviceKey, device_id: &DeviceId) -> Result<Keyring, WebCryptoError> {
    let pair = webcrypto::import(&key.to_pkcs8(), key.algorithm()).await?;
    Ok(Keyring::new(
        pair,
        webcrypto::import_device_id(device_id).await?,
    ))
}

fn refused(refusal: Refusal) -> Reply {
    Tell::Answer(Answer::Refused(refusal)).into()
}

struct Finished {
    device: Device,
    copy: CopyOutcome,
    bytes: Option<Vec<u8>>,
}
