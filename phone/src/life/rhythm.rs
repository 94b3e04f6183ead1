//! When a device speaks and listens.
//!
//! An open page that is seen listens on a stream, and speaks when it hears that there is news. It
//! speaks at the provider's interval besides: a stream may be dead without anybody noticing. What is
//! not answered is said again, after longer and longer waits.

use std::{
    cell::Cell,
    rc::{Rc, Weak},
};

use gridpass_wire::{DeviceAsk, DeviceTell, HeldDevice, Outlook, Standing};
use js_sys::Math;
use web_sys::{VisibilityState, window};

use super::{Device, Life};
use crate::{installed, page, page::Sight};

/// Seconds until something is said again that was not answered, the first and the last time.
const FIRST_AGAIN: u32 = 15;
const LAST_AGAIN: u32 = 300;

/// A stream that was open for so many seconds was ended by the portal, which lets none last for ever.
const LONG: u64 = 60;

/// Seconds between two looks at what the time has changed: an event begins, or is over.
const TICK: u64 = 20;

/// A browser counts the milliseconds of a timer in 31 bits.
const LONGEST: u64 = 24 * 60 * 60;

/// Waits twice as long each time.
#[derive(Default)]
pub(super) struct Patience(Cell<u32>);

impl Patience {
    /// Seconds to wait now; up to a quarter more, so that the devices of a portal that was away do not
    /// all come back in one second.
    fn next(&self) -> u64 {
        let wait = self.0.get().clamp(FIRST_AGAIN, LAST_AGAIN);
        self.0.set((wait * 2).min(LAST_AGAIN));
        let more = Math::random() * f64::from(wait) / 4.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole seconds between 0 and 75 are meant"
        )]
        let more = more as u64;
        u64::from(wait) + more
    }

    fn restore(&self) {
        self.0.set(0);
    }
}

impl Life {
    /// Listens to the connection, to whether the page is seen, to the other tabs and to the provider's
    /// knocking.
    pub(super) fn attend_world(self: &Rc<Self>) {
        if let Some(window) = window() {
            let life = Rc::clone(self);
            page::listen(&window, "online", move |_| {
                life.speak_all(Outlook::TriesAgain)
            });
        }
        if let Some(document) = page::document() {
            let life = Rc::clone(self);
            page::listen(&document, "visibilitychange", move |_| life.seen_or_not());
        }
        let life = Rc::clone(self);
        self.tabs.listen(move || life.look());
        let life = Rc::clone(self);
        installed::on_knock(move || life.speak_all(Outlook::GoesOn));
    }

    fn speak_all(&self, outlook: Outlook) {
        for device in self.devices.borrow().values() {
            if device.outlook() == outlook {
                self.speak(device);
            }
        }
    }

    /// A page that nobody sees does not listen: a browser has few connections to a portal.
    fn seen_or_not(&self) {
        if is_seen() {
            self.speak_all(Outlook::GoesOn);
            self.speak_all(Outlook::TriesAgain);
            return;
        }
        for device in self.devices.borrow().values() {
            let enrollment_id = device.enrollment_id.clone();
            if device.ear.take() != 0
                && let Some(bridge) = &*self.bridge.borrow()
            {
                bridge.ask(DeviceAsk::StopListening { enrollment_id });
                device.card.show_listening(Sight::Hidden);
            }
        }
    }

    /// What comes after an answer.
    pub(super) fn go_on(self: &Rc<Self>, device: &Rc<Device>, held: &HeldDevice) {
        let outlook = device.outlook();
        if outlook != Outlook::TriesAgain {
            device.patience.restore();
        }
        let wait = match (&held.standing, outlook) {
            (Standing::Unavailable { retry_after }, _) => {
                retry_after.unwrap_or_default().max(device.patience.next())
            }
            (_, Outlook::TriesAgain) => device.patience.next(),
            (_, Outlook::GoesOn) => u64::from(held.device.poll_interval).max(1),
            (_, Outlook::WaitsForPerson | Outlook::Over) => return,
        };
        if outlook == Outlook::GoesOn && held.standing != Standing::Suspended {
            self.listen_for(device);
        }
        self.speak_after(device, wait);
    }

    /// Listens for a device, if the page is seen and nobody listens yet.
    fn listen_for(&self, device: &Device) {
        if device.ear.get() != 0 || !is_seen() {
            return;
        }
        if let Some(bridge) = &*self.bridge.borrow() {
            let enrollment_id = device.enrollment_id.clone();
            device
                .ear
                .set(bridge.ask(DeviceAsk::Listen { enrollment_id }));
        }
    }

    /// Whose ask to listen this was.
    pub(super) fn ear_of(&self, turn: u32) -> Option<Rc<Device>> {
        let devices = self.devices.borrow();
        let device = devices.values().find(|device| device.ear.get() == turn);
        device.cloned()
    }

    /// Something was heard on the stream.
    pub(super) fn heard(self: &Rc<Self>, device: &Rc<Device>, tell: &DeviceTell) {
        match tell {
            DeviceTell::Listening => {
                device.heard_since.set(Some(page::now()));
                device.card.show_listening(Sight::Shown);
            }
            DeviceTell::News => {
                device.ear_patience.restore();
                self.speak(device);
            }
            _ => self.deaf(device),
        }
    }

    /// The stream is closed. One that was open is opened anew with the next answer, soon; one that
    /// could not be opened at all, with the next look.
    fn deaf(self: &Rc<Self>, device: &Rc<Device>) {
        device.ear.set(0);
        device.card.show_listening(Sight::Hidden);
        let Some(since) = device.heard_since.take() else {
            return;
        };
        let wait = if page::now().saturating_sub(since) >= LONG {
            device.ear_patience.restore();
            1
        } else {
            device.ear_patience.next()
        };
        if device.outlook() == Outlook::GoesOn && device.turn.get() == 0 {
            self.speak_after(device, wait);
        }
    }

    fn speak_after(self: &Rc<Self>, device: &Rc<Device>, seconds: u64) {
        if let Some(timer) = device.timer.take() {
            page::stop(timer);
        }
        let life: Weak<Self> = Rc::downgrade(self);
        let speaker: Weak<Device> = Rc::downgrade(device);
        device
            .timer
            .set(page::after(milliseconds(seconds), move || {
                if let (Some(life), Some(device)) = (life.upgrade(), speaker.upgrade()) {
                    device.timer.set(None);
                    life.speak(&device);
                }
            }));
    }

    /// Shows from time to time what the time has changed.
    pub(super) fn keep_time(self: &Rc<Self>) {
        let life: Weak<Self> = Rc::downgrade(self);
        page::after(milliseconds(TICK), move || {
            if let Some(life) = life.upgrade() {
                for device in life.devices.borrow().values() {
                    device.card.show_inbox(&device.inbox.borrow());
                }
                life.keep_time();
            }
        });
    }
}

fn milliseconds(seconds: u64) -> i32 {
    i32::try_from(seconds.min(LONGEST) * 1000).unwrap_or(i32::MAX)
}

pub(super) fn is_seen() -> bool {
    let state = page::document().map(|document| document.visibility_state());
    state == Some(VisibilityState::Visible)
}
