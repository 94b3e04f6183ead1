//! What happens on the page, and when: everything speaks once when it is opened, then as often as
//! its provider wants; what was not answered is said again.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::{Rc, Weak},
};

use gridpass_wire::{DeviceAsk, DeviceTell, DeviceTold, HeldDevice, Outlook, Secret, Standing};
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, Event, window};

use crate::{
    bridge::Bridge,
    card::{Busy, Card, Wanted},
    page,
};

/// Seconds until something is said again that was not answered.
const AGAIN_AFTER: u64 = 60;

/// A browser counts the milliseconds of a timer in 31 bits.
const LONGEST: u64 = 24 * 60 * 60;

/// Everything on the page.
struct Life {
    root: Element,
    bridge: RefCell<Option<Rc<Bridge>>>,
    devices: RefCell<BTreeMap<String, Rc<Device>>>,
}

/// One enrollment on the page.
struct Device {
    enrollment_id: String,
    card: Card,
    outlook: Cell<Outlook>,
    /// The number of the ask that is not answered yet; 0: none.
    turn: Cell<u32>,
    timer: Cell<Option<i32>>,
    /// Whether somebody asked for what is going on: then the focus follows.
    by_hand: Cell<Option<Wanted>>,
}

/// Starts the worker and shows what this browser holds.
pub(crate) fn begin(document: &Document) {
    let Some(root) = document.get_element_by_id("this-device") else {
        return;
    };
    let life = Rc::new(Life {
        root,
        bridge: RefCell::default(),
        devices: RefCell::default(),
    });
    let hear = Rc::downgrade(&life);
    let bridge = Bridge::start(document, move |told| {
        if let Some(life) = hear.upgrade() {
            life.hear(told);
        }
    });
    let Some(bridge) = bridge else {
        return life.show("broken");
    };
    bridge.ask(DeviceAsk::Devices);
    life.bridge.replace(Some(bridge));
    life.listen();
}

impl Life {
    /// Shows one of the page's parts, and hides the others.
    fn show(&self, part: &str) {
        for element in page::all(&self.root, "[data-page]") {
            let holds = element.get_attribute("data-page").as_deref() == Some(part);
            page::set_sight(&element, holds.into());
        }
    }

    /// Listens to buttons and forms, and to the connection coming back. It keeps this alive.
    fn listen(self: &Rc<Self>) {
        let life = Rc::clone(self);
        page::listen(&self.root, "click", move |event| {
            life.pressed(&event, "button[data-do]");
        });
        let life = Rc::clone(self);
        page::listen(&self.root, "submit", move |event| {
            event.prevent_default();
            life.pressed(&event, "form[data-do]");
        });
        if let Some(window) = window() {
            let life = Rc::clone(self);
            page::listen(&window, "online", move |_| life.try_again());
        }
    }

    fn pressed(self: &Rc<Self>, event: &Event, selector: &str) {
        let pressed = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .and_then(|target| target.closest(selector).ok().flatten());
        let Some(pressed) = pressed else { return };
        let word = pressed.get_attribute("data-do").unwrap_or_default();
        let device = self
            .devices
            .borrow()
            .values()
            .find(|device| device.card.element().contains(Some(&pressed)))
            .cloned();
        if let (Some(device), Some(wanted)) = (device, Wanted::of(&word)) {
            self.want(&device, wanted);
        }
    }

    /// Does what somebody wants, unless something is going on.
    fn want(self: &Rc<Self>, device: &Device, wanted: Wanted) {
        let enrollment_id = device.enrollment_id.clone();
        let ask = match wanted {
            Wanted::Speak => DeviceAsk::Speak { enrollment_id },
            Wanted::Renew => DeviceAsk::Renew { enrollment_id },
            Wanted::TakeOut => match device.card.reason() {
                Some(reason) => DeviceAsk::TakeOut {
                    enrollment_id,
                    reason,
                },
                None => return,
            },
            Wanted::Recognise => DeviceAsk::Recognise {
                enrollment_id,
                device_id: Secret::new(device.card.device_id()),
            },
            Wanted::Forget => DeviceAsk::Forget { enrollment_id },
        };
        if device.turn.get() == 0 {
            device.by_hand.set(Some(wanted));
            self.ask(device, ask);
        }
    }

    fn speak(&self, device: &Device) {
        if device.turn.get() == 0 {
            device.by_hand.set(None);
            let enrollment_id = device.enrollment_id.clone();
            self.ask(device, DeviceAsk::Speak { enrollment_id });
        }
    }

    fn ask(&self, device: &Device, ask: DeviceAsk) {
        if let Some(timer) = device.timer.take() {
            page::stop(timer);
        }
        if let Some(bridge) = &*self.bridge.borrow() {
            device.turn.set(bridge.ask(ask));
            device.card.show_busy(Busy::Speaking);
        }
    }

    /// The connection is back.
    fn try_again(&self) {
        for device in self.devices.borrow().values() {
            if device.outlook.get() == Outlook::TriesAgain {
                self.speak(device);
            }
        }
    }

    fn hear(self: &Rc<Self>, told: DeviceTold) {
        let DeviceTold { turn, tell } = told;
        match tell {
            DeviceTell::Ready => {}
            DeviceTell::Broken => self.show("broken"),
            DeviceTell::NoVault => self.show("no-vault"),
            DeviceTell::Devices(held) => self.hold(&held),
            DeviceTell::Renewing => {
                if let Some(device) = self.asked(turn) {
                    device.card.show_busy(Busy::Renewing);
                }
            }
            DeviceTell::Device(held) => {
                if let Some(device) = self.asked(turn) {
                    self.answered(&device, &held);
                }
            }
            // Another tab has forgotten it.
            DeviceTell::Gone => {
                if let Some(bridge) = &*self.bridge.borrow() {
                    bridge.ask(DeviceAsk::Devices);
                }
            }
        }
    }

    /// Whose ask this was.
    fn asked(&self, turn: u32) -> Option<Rc<Device>> {
        let devices = self.devices.borrow();
        let device = devices.values().find(|device| device.turn.get() == turn);
        device.cloned()
    }

    /// Shows all enrollments, and lets those speak that have not been shown before.
    fn hold(self: &Rc<Self>, held: &[HeldDevice]) {
        let is_held = |id: &str| held.iter().any(|held| held.device.enrollment_id == id);
        self.devices.borrow_mut().retain(|id, device| {
            let stays = is_held(id);
            if !stays {
                device.card.element().remove();
            }
            stays
        });
        self.show(if held.is_empty() { "empty" } else { "devices" });
        for held in held {
            let id = &held.device.enrollment_id;
            if self.devices.borrow().contains_key(id) {
                continue;
            }
            if let Some(device) = self.add(id) {
                device.card.show(held);
                device.outlook.set(held.standing.outlook());
                if held.standing.outlook() != Outlook::Over {
                    self.speak(&device);
                }
            }
        }
    }

    fn add(&self, enrollment_id: &str) -> Option<Rc<Device>> {
        let list = page::first(&self.root, "[data-page=devices]")?;
        let card = Card::add(&page::document()?, &list, enrollment_id)?;
        let device = Rc::new(Device {
            enrollment_id: enrollment_id.to_owned(),
            card,
            outlook: Cell::new(Outlook::GoesOn),
            turn: Cell::default(),
            timer: Cell::default(),
            by_hand: Cell::default(),
        });
        let known = Rc::clone(&device);
        self.devices
            .borrow_mut()
            .insert(enrollment_id.to_owned(), known);
        Some(device)
    }

    fn answered(self: &Rc<Self>, device: &Rc<Device>, held: &HeldDevice) {
        device.turn.set(0);
        device.card.show_busy(Busy::No);
        device.card.show(held);
        let outlook = held.standing.outlook();
        device.outlook.set(outlook);
        if device.by_hand.take() == Some(Wanted::TakeOut) && outlook == Outlook::Over {
            device.card.focus();
        }
        let wait = match (&held.standing, outlook) {
            (Standing::Unavailable { retry_after }, _) => {
                retry_after.unwrap_or_default().max(AGAIN_AFTER)
            }
            (_, Outlook::TriesAgain) => AGAIN_AFTER,
            (_, Outlook::GoesOn) => u64::from(held.device.poll_interval).max(1),
            (_, Outlook::WaitsForPerson | Outlook::Over) => return,
        };
        self.speak_after(device, wait.min(LONGEST));
    }

    fn speak_after(self: &Rc<Self>, device: &Rc<Device>, seconds: u64) {
        let life: Weak<Self> = Rc::downgrade(self);
        let speaker: Weak<Device> = Rc::downgrade(device);
        let milliseconds = i32::try_from(seconds * 1000).unwrap_or(i32::MAX);
        device.timer.set(page::after(milliseconds, move || {
            if let (Some(life), Some(device)) = (life.upgrade(), speaker.upgrade()) {
                device.timer.set(None);
                life.speak(&device);
            }
        }));
    }
}
