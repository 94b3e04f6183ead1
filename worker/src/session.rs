//! One enrollment in one browser: from the label to the kept certificate, and its life afterwards.

mod device;
mod enrollment;
mod gateway;
mod listening;

use std::cell::{Cell, RefCell};

use gridpass_protocol::Origin;
use gridpass_wire::{Ask, Effort, LabelText, Picture, Secret, Standing, Step, Tell};
use rand_core::CryptoRng;
use web_sys::AbortController;

use crate::{
    clock::Clock,
    copy::CopyKey,
    label::{self, Label},
    symbol::{self, Look},
    vault, webcrypto,
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
    /// The enrollments that have said hello since this worker started.
    greeted: RefCell<Vec<String>>,
    /// The enrollments whose renewal was refused since then, and how.
    refused: RefCell<Vec<(String, Standing)>>,
    /// What ends the streams on which enrollments listen.
    listening: RefCell<Vec<(String, AbortController)>>,
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
            greeted: RefCell::default(),
            refused: RefCell::default(),
            listening: RefCell::default(),
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
            Ask::Discard { temporary_id } => self.discard(&temporary_id).await.into(),
        }
    }

    async fn discard(&self, temporary_id: &str) -> Tell {
        self.copy_key.take();
        if let Ok(temporary_id) = temporary_id.parse()
            && vault::delete_pending(&temporary_id).await.is_err()
        {
            return Tell::NoVault;
        }
        self.look().await
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
}
