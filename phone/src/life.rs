//! What happens on the page, and when: everything speaks once when it is opened, then as often as
//! its provider wants, and when it hears that there is news; what was not answered is said again.

mod rhythm;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use gridpass_wire::{
    DeviceAsk, DeviceTell, DeviceTold, HeldDevice, HeldEvent, HeldInbox, Knocking, Outlook, Secret,
    Standing,
};
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, Event};

use self::rhythm::{Patience, is_seen};
use crate::{
    bridge::Bridge,
    card::{Busy, Card, Wanted},
    event, knock, page,
    tabs::Tabs,
};

/// Everything on the page.
struct Life {
    root: Element,
    bridge: RefCell<Option<Rc<Bridge>>>,
    devices: RefCell<BTreeMap<String, Rc<Device>>>,
    /// The other tabs on this page.
    tabs: Tabs,
}

/// One enrollment on the page.
struct Device {
    enrollment_id: String,
    card: Card,
    /// As it is shown.
    standing: RefCell<Standing>,
    inbox: RefCell<HeldInbox>,
    /// The number of the ask that is not answered yet; 0: none.
    turn: Cell<u32>,
    /// The number of the ask to listen; 0: nobody listens.
    ear: Cell<u32>,
    /// Since when somebody listens, Unix seconds.
    heard_since: Cell<Option<u64>>,
    timer: Cell<Option<i32>>,
    /// With a portal that does not answer, and with one that ends the stream of news.
    patience: Patience,
    ear_patience: Patience,
    /// Whether somebody asked for what is going on: then the focus follows.
    by_hand: Cell<Option<Wanted>>,
    /// Whether the browser was asked for its address since the page was opened.
    addressed: Cell<bool>,
    /// The event about which something was decided last.
    decided: RefCell<String>,
    /// Whether it has spoken since the page was opened.
    spoke: Cell<bool>,
    /// What is asked for as soon as what is going on is answered.
    next: RefCell<Option<(DeviceAsk, Option<Wanted>)>>,
}

impl Device {
    /// How it stands according to the vault, where that says nothing else than what is shown: the
    /// vault knows of no renewal that has just been.
    fn as_seen(&self, held: &HeldDevice) -> HeldDevice {
        let mut held = held.clone();
        let goes_on = |standing: &Standing| standing.outlook() == Outlook::GoesOn;
        let shown = self.standing.borrow();
        if goes_on(&shown) && goes_on(&held.standing) {
            held.standing.clone_from(&shown);
        }
        held
    }

    /// What comes next.
    fn outlook(&self) -> Outlook {
        self.standing.borrow().outlook()
    }

    /// Shows a new event as a notification when nobody looks at the page.
    fn show_to_nobody(&self, inbox: &HeldInbox) {
        if is_seen() || !knock::is_permitted() {
            return;
        }
        let known = self.inbox.borrow();
        let is_new = |event: &&HeldEvent| known.events.iter().all(|known| known.id != event.id);
        if let Some(event) = inbox.events.iter().find(is_new) {
            let title = page::first(self.card.element(), "h2");
            let title = title.and_then(|title| title.text_content());
            knock::show(event, &title.unwrap_or_default());
        }
    }

    /// Puts the focus where it is not lost: the button that was pressed is gone.
    fn focus_event(&self) {
        let decided = self.decided.take();
        event::focus(self.card.element(), &decided);
    }
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
        tabs: Tabs::open(),
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
    life.attend();
    life.keep_time();
}

impl Life {
    /// Shows one of the page's parts, and hides the others.
    fn show(&self, part: &str) {
        for element in page::all(&self.root, "[data-page]") {
            let holds = element.get_attribute("data-page").as_deref() == Some(part);
            page::set_sight(&element, holds.into());
        }
    }

    /// Listens to buttons and forms, and to the world around the page. It keeps this alive.
    fn attend(self: &Rc<Self>) {
        let life = Rc::clone(self);
        page::listen(&self.root, "click", move |event| {
            life.pressed(&event, "button[data-do]");
        });
        let life = Rc::clone(self);
        page::listen(&self.root, "submit", move |event| {
            event.prevent_default();
            life.pressed(&event, "form[data-do]");
        });
        self.attend_world();
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
        let about = pressed.closest("[data-key]").ok().flatten();
        let about = about.and_then(|about| about.get_attribute("data-key"));
        if let (Some(device), Some(wanted)) = (device, Wanted::of(&word)) {
            self.want(&device, wanted, about.unwrap_or_default());
        }
    }

    /// Asks the person, and then the provider.
    fn want_knocking(self: &Rc<Self>, device: &Rc<Device>) {
        let (life, device) = (Rc::clone(self), Rc::clone(device));
        knock::ask(move || {
            if knock::is_permitted() {
                device.addressed.set(false);
                life.knock(&device, Knocking::Wanted, Some(Wanted::Notify));
            } else {
                // What the page offers depends on what was said.
                life.look();
            }
        });
    }

    fn knock(&self, device: &Device, knocking: Knocking, by_hand: Option<Wanted>) {
        let enrollment_id = device.enrollment_id.clone();
        let ask = DeviceAsk::Knock {
            enrollment_id,
            knocking,
        };
        self.ask(device, ask, by_hand);
    }

    /// Tells the provider where to knock, if the browser has another address than it was told.
    fn keep_address(self: &Rc<Self>, device: &Rc<Device>, knocking: &Knocking) {
        let Knocking::Known { key, endpoint } = knocking else {
            return;
        };
        if !knock::is_permitted() || device.addressed.replace(true) {
            return;
        }
        let (life, device) = (Rc::clone(self), Rc::clone(device));
        let (key, known) = (key.clone(), endpoint.clone());
        knock::subscribe(&key.clone(), move |endpoint| {
            let endpoint = Some(endpoint);
            if endpoint != known {
                life.knock(&device, Knocking::Known { key, endpoint }, None);
            }
        });
    }

    /// Does what somebody wants, as soon as what is going on is done. `about` names the event that
    /// it is about, if it is about one.
    fn want(self: &Rc<Self>, device: &Rc<Device>, wanted: Wanted, about: String) {
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
            Wanted::Notify => return self.want_knocking(device),
            Wanted::Quiet => DeviceAsk::Knock {
                enrollment_id,
                knocking: Knocking::Off,
            },
            Wanted::Decide(taking) => {
                device.decided.replace(about.clone());
                DeviceAsk::Decide {
                    enrollment_id,
                    event: about,
                    taking,
                }
            }
        };
        self.ask(device, ask, Some(wanted));
    }

    fn speak(&self, device: &Device) {
        let enrollment_id = device.enrollment_id.clone();
        self.ask(device, DeviceAsk::Speak { enrollment_id }, None);
    }

    /// Asks, once what is going on is answered. What somebody wants goes before what is only due.
    fn ask(&self, device: &Device, ask: DeviceAsk, by_hand: Option<Wanted>) {
        if device.turn.get() != 0 {
            let mut next = device.next.borrow_mut();
            if by_hand.is_some() || next.is_none() {
                *next = Some((ask, by_hand));
            }
            return;
        }
        if let Some(timer) = device.timer.take() {
            page::stop(timer);
        }
        // A look for messages that nobody asked for is nobody's business.
        let is_quiet = by_hand.is_none() && device.spoke.replace(true);
        device.by_hand.set(by_hand);
        if let Some(bridge) = &*self.bridge.borrow() {
            device.turn.set(bridge.ask(ask));
            if !is_quiet {
                device.card.show_busy(Busy::Speaking);
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
            DeviceTell::Noted(held) => {
                if let Some(device) = self.asked(turn) {
                    self.show_held(&device, &held);
                    if let Some(Wanted::Decide(_)) = device.by_hand.get() {
                        device.focus_event();
                    }
                }
            }
            // Another tab has forgotten it.
            DeviceTell::Gone => self.look(),
            DeviceTell::Listening | DeviceTell::News | DeviceTell::Deaf => {
                if let Some(device) = self.ear_of(turn) {
                    self.heard(&device, &tell);
                }
            }
        }
    }

    /// Asks for what this browser holds; nobody is called.
    fn look(&self) {
        if let Some(bridge) = &*self.bridge.borrow() {
            bridge.ask(DeviceAsk::Devices);
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
            let known = self.devices.borrow().get(id).cloned();
            if let Some(device) = known {
                // Another tab has spoken; what is going on here will show it by itself.
                if device.turn.get() == 0 {
                    self.show_held(&device, &device.as_seen(held));
                }
                continue;
            }
            if let Some(device) = self.add(id) {
                self.show_held(&device, held);
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
            standing: RefCell::default(),
            inbox: RefCell::default(),
            turn: Cell::default(),
            ear: Cell::default(),
            heard_since: Cell::default(),
            timer: Cell::default(),
            patience: Patience::default(),
            ear_patience: Patience::default(),
            by_hand: Cell::default(),
            addressed: Cell::default(),
            decided: RefCell::default(),
            spoke: Cell::default(),
            next: RefCell::default(),
        });
        let known = Rc::clone(&device);
        self.devices
            .borrow_mut()
            .insert(enrollment_id.to_owned(), known);
        Some(device)
    }

    /// Shows an enrollment as it is now.
    fn show_held(&self, device: &Device, held: &HeldDevice) {
        device.card.show(held);
        device.standing.replace(held.standing.clone());
        device.inbox.replace(held.inbox.clone());
    }

    fn answered(self: &Rc<Self>, device: &Rc<Device>, held: &HeldDevice) {
        device.turn.set(0);
        device.card.show_busy(Busy::No);
        device.show_to_nobody(&held.inbox);
        self.show_held(device, held);
        self.keep_address(device, &held.knocking);
        let outlook = device.outlook();
        match device.by_hand.take() {
            Some(Wanted::TakeOut) if outlook == Outlook::Over => device.card.focus(),
            _ => {}
        }
        self.tabs.tell();
        let next = device.next.take();
        match next {
            Some((ask, by_hand)) if outlook != Outlook::Over => self.ask(device, ask, by_hand),
            _ => self.go_on(device, held),
        }
    }
}
