//! One enrollment in one browser: from the label to the kept certificate.

use std::cell::{Cell, RefCell};

use gridpass_protocol::{DeviceId, Issuance, Origin};
use gridpass_wire::{
    Answer, Ask, CopyOutcome, Effort, Enrolled, LabelText, Picture, Refusal, Secret, Step, Tell,
    WayOn,
};
use rand_core::CryptoRng;

use crate::{
    clock::Clock,
    confirmation,
    copy::{self, CopyKey},
    issuance,
    label::{self, Label},
    portal,
    symbol::{self, Look},
    vault::{self, CopyWish, Device, Pending},
    webcrypto::{self, KeyPair},
};

/// What an ask leads to: the last message, and the bytes beside it.
pub(crate) struct Reply {
    pub(crate) tell: Tell,
    pub(crate) bytes: Option<Vec<u8>>,
}

impl From<Tell> for Reply {
    fn from(tell: Tell) -> Self {
        Self { tell, bytes: None }
    }
}

/// The state between two asks. No borrow of it is held while a task waits.
pub(crate) struct Session {
    origin: Origin,
    clock: Clock,
    label: RefCell<Option<Label>>,
    /// Camera frames looked at so far.
    frames: Cell<usize>,
    /// Kept while a confirmation is repeated without a reload; see [`copy`].
    copy_key: RefCell<Option<CopyKey>>,
}

impl Session {
    /// `origin` is the portal that this worker came from.
    pub(crate) fn new(origin: Origin, clock: Clock) -> Self {
        Self {
            origin,
            clock,
            label: RefCell::default(),
            frames: Cell::default(),
            copy_key: RefCell::default(),
        }
    }

    /// Does what the page asks. `progress` is told of each step; `bytes` came beside the ask.
    pub(crate) async fn answer(
        &self,
        ask: Ask,
        bytes: &[u8],
        rng: &mut impl CryptoRng,
        progress: &impl Fn(Step),
    ) -> Reply {
        match ask {
            Ask::Look => self.look().await.into(),
            Ask::Label(text) => self.label(text).await.into(),
            Ask::Picture(picture) => self.picture(bytes, picture).await.into(),
            Ask::Enroll {
                device_id,
                copy_password,
            } => self.enroll(&device_id, copy_password, rng, progress).await,
            Ask::Resume { temporary_id } => self.resume(&temporary_id, rng, progress).await,
            Ask::Discard { temporary_id } => {
                self.copy_key.take();
                match vault::delete_pending(&temporary_id).await {
                    Ok(()) => self.look().await.into(),
                    Err(_) => Tell::NoVault.into(),
                }
            }
        }
    }

    async fn look(&self) -> Tell {
        if !webcrypto::is_present() {
            return Tell::NoVault;
        }
        vault::contents()
            .await
            .map_or(Tell::NoVault, |contents| Tell::Found {
                devices: contents.devices,
                pending: contents.pending,
            })
    }

    async fn picture(&self, rgba: &[u8], picture: Picture) -> Tell {
        let look = match picture.effort {
            Effort::Frame => Look::Frame {
                number: self.frames.replace(self.frames.get() + 1),
            },
            Effort::Thorough => Look::Thorough,
        };
        let size = (picture.width, picture.height);
        match symbol::read(rgba, size, look, label::looks_like_label) {
            Some(text) => self.label(LabelText::Link(Secret::new(text))).await,
            None => Tell::NoSymbol,
        }
    }

    async fn label(&self, text: LabelText) -> Tell {
        let payload = match label::payload(&text, &self.origin).await {
            Ok(payload) => payload,
            Err(refusal) => return Tell::LabelRefused(refusal),
        };
        // Looked at before the date is: what was begun in time can be finished later.
        let Ok(known) = vault::contents_of(&payload.temporary_id).await else {
            return Tell::NoVault;
        };
        if !known.is_empty() {
            return Tell::Found {
                devices: known.devices,
                pending: known.pending,
            };
        }
        match label::admit(text, payload, self.clock.now()).await {
            Ok(label) => {
                let facts = label.facts();
                self.label.replace(Some(label));
                Tell::Label(facts)
            }
            Err(refusal) => Tell::LabelRefused(refusal),
        }
    }

    async fn enroll(
        &self,
        device_id: &Secret,
        copy_password: Option<Secret>,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(Step),
    ) -> Reply {
        let started = self.clock.millis();
        progress(Step::Keying);
        let prepared = self.prepare(device_id, copy_password, rng).await;
        let sent = match prepared {
            Ok((pending, keys)) => self.send(pending, keys, rng, progress).await,
            Err(refusal) => Err(refusal),
        };
        self.reply(sent, Some(started))
    }

    async fn resume(
        &self,
        temporary_id: &str,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(Step),
    ) -> Reply {
        let sent = match vault::pending(temporary_id).await {
            Ok(Some((pending, keys))) => self.send(pending, keys, rng, progress).await,
            Ok(None) => Err(Refusal::NothingToDo),
            Err(_) => Err(Refusal::NotKept),
        };
        self.reply(sent, None)
    }

    fn reply(&self, sent: Result<Finished, Refusal>, started: Option<f64>) -> Reply {
        match sent {
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
            Err(refusal) => Tell::Answer(Answer::Refused(refusal)).into(),
        }
    }

    /// Stages `keying` and the first half of `confirmation`: up to the pending record, which is
    /// written before anything is sent.
    async fn prepare(
        &self,
        device_id: &Secret,
        copy_password: Option<Secret>,
        rng: &mut impl CryptoRng,
    ) -> Result<(Pending, KeyPair), Refusal> {
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
        let temporary_id = pending.temporary_id.to_string();
        // Another tab may have got this far with the same label. Its confirmation may be on the
        // way already, so it is the one to go on with.
        if let Some(found) = vault::pending(&temporary_id)
            .await
            .map_err(|_| Refusal::KeysNotKept)?
        {
            return Ok(found);
        }
        let keys = webcrypto::import(&key.to_pkcs8(), key.algorithm())
            .await
            .map_err(|_| Refusal::KeysNotKept)?;
        vault::add_pending(&pending, &keys)
            .await
            .map_err(|_| Refusal::KeysNotKept)?;
        self.copy_key.replace(
            copy_password.map(|password| CopyKey::new(pending.temporary_id, key, password)),
        );
        Ok((pending, keys))
    }

    /// The second half of `confirmation`, and `issuance`. May be repeated as often as it takes.
    async fn send(
        &self,
        pending: Pending,
        keys: KeyPair,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(Step),
    ) -> Result<Finished, Refusal> {
        let result = self.send_and_keep(&pending, &keys, rng, progress).await;
        if let Err(refusal) = &result
            && refusal.way_on() != WayOn::SendAgain
        {
            self.copy_key.take();
            // Should this fail, the record is found at the next visit and refused again.
            _ = vault::delete_pending(&pending.temporary_id.to_string()).await;
        }
        result
    }

    async fn send_and_keep(
        &self,
        pending: &Pending,
        keys: &KeyPair,
        rng: &mut impl CryptoRng,
        progress: &impl Fn(Step),
    ) -> Result<Finished, Refusal> {
        progress(Step::Confirmation);
        let answer = portal::confirm(&pending.temporary_id, &pending.confirmation)
            .await
            .map_err(portal::confirmation_refusal)?;
        progress(Step::Issuance);
        let issuance = issuance::open(&answer, pending, keys)
            .await
            .map_err(|_| Refusal::NotGenuine)?;
        let now = self.clock.now();
        let certificate = issuance::check(&issuance, &pending.public_key, &pending.provider, now)
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
}

struct Finished {
    device: Device,
    copy: CopyOutcome,
    bytes: Option<Vec<u8>>,
}

impl Session {
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
