//! The page `/e/gateway`: hands a gateway over by sending the browser there and back.
//!
//! What has to last until the browser comes back is in the tab's own storage: the label, as on
//! `/e`, the gateway's address and the number that joins the steps. When the gateway is connected
//! nothing of it is left; only its address is remembered, for the next time.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gridpass_wire::{
    Came, GatewayAsk, GatewayAsked, GatewayTell, GatewayTold, KEPT_LABEL, LabelText, Secret, WayOn,
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use web_sys::{
    Document, Element, Event, FileReader, HtmlElement, HtmlInputElement, Storage, window,
};

use crate::{bridge::Bridge, page};

/// The way to the gateway, in the tab's storage.
const WAY: &str = "gridpass.gateway";
/// What came from the gateway, in the tab's storage.
const CAME: &str = "gridpass.gateway-came";
/// The address that was right last, in the browser's storage.
const ADDRESS: &str = "gridpass.gateway-address";
/// No file of a gateway is larger, in bytes.
const MOST: f64 = 100_000.0;
/// The gateway's page, after its address.
const PAGE: &str = "/enroll";
/// Where a label is read.
const LABELS: &str = "/e";

/// The way to the gateway, as it was taken.
#[derive(Clone, Serialize, Deserialize)]
struct Way {
    /// Its page, without what it is told.
    site: String,
    nonce: String,
}

/// Everything on the page.
struct HandOver {
    root: Element,
    bridge: RefCell<Option<Rc<Bridge>>>,
    turn: Cell<u32>,
    /// What is sent once more after a pause.
    device_id: RefCell<Option<Secret>>,
}

/// Takes up the page, if it is this one.
pub(crate) fn begin(document: &Document) {
    let Some(root) = document.get_element_by_id("hand-over") else {
        return;
    };
    let hand_over = Rc::new(HandOver {
        root,
        bridge: RefCell::default(),
        turn: Cell::default(),
        device_id: RefCell::default(),
    });
    let hear = Rc::downgrade(&hand_over);
    let bridge = Bridge::start(document, move |told: GatewayTold| {
        if let Some(hand_over) = hear.upgrade() {
            hand_over.hear(told);
        }
    });
    let Some(bridge) = bridge else {
        return hand_over.show("broken");
    };
    hand_over.bridge.replace(Some(bridge));
    hand_over.listen();
    hand_over.look();
}

impl HandOver {
    /// What the browser came with, now or before.
    fn look(&self) {
        if let Some(fragment) = page::take_fragment() {
            keep(session(), CAME, &fragment);
        }
        match kept(session(), CAME) {
            Some(text) => self.ask(GatewayAsk::LookAt { text }),
            None => self.read_label("no-label"),
        }
    }

    /// Reads the label in hand, or says that there is none.
    fn read_label(&self, without: &str) {
        let label = kept(session(), KEPT_LABEL);
        match label.and_then(|json| serde_json::from_str::<LabelText>(&json).ok()) {
            Some(label) => self.ask(GatewayAsk::GatewayLabel(label)),
            None => self.show(without),
        }
    }

    fn ask(&self, ask: GatewayAsk) {
        if let Some(bridge) = &*self.bridge.borrow() {
            self.turn.set(self.turn.get() + 1);
            let turn = self.turn.get();
            bridge.send(&GatewayAsked { turn, ask });
        }
    }

    fn hear(&self, told: GatewayTold) {
        let is_answer = told.turn == self.turn.get();
        match told.tell {
            GatewayTell::Ready => {}
            GatewayTell::Broken => self.show("broken"),
            _ if !is_answer => {}
            GatewayTell::Label { provider } => self.label_read(&provider),
            // The page where labels are read says what is wrong with it.
            GatewayTell::LabelRefused => open(LABELS),
            GatewayTell::Go { url, nonce } => self.go(&url, nonce),
            GatewayTell::BadAddress => self.complain("#gateway-address", "#gateway-address-error"),
            GatewayTell::Came { came, nonce, check } => self.came(came, &nonce, check.as_deref()),
            GatewayTell::NothingCame => {
                forget(session(), CAME);
                self.read_label("no-label");
                self.complain("#gateway-file", "#gateway-file-error");
            }
            GatewayTell::Issued { text } => self.hand_back(&text),
            GatewayTell::Refused { mark, way_on } => self.refused(&mark, way_on),
        }
    }

    fn label_read(&self, provider: &str) {
        for fact in page::all(&self.root, "[data-fact='provider']") {
            page::set_text(&fact, provider);
        }
        if kept(session(), CAME).is_some() {
            return self.show("device-id");
        }
        if let (Some(field), Some(address)) = (
            self.field("#gateway-address"),
            kept(local(), ADDRESS).filter(|address| !address.is_empty()),
        ) {
            field.set_value(&address);
        }
        self.show("connect");
    }

    fn go(&self, url: &str, nonce: String) {
        let site = url.split('#').next().unwrap_or_default().to_owned();
        let address = site
            .strip_suffix(PAGE)
            .and_then(|site| site.strip_prefix("http://"));
        if let Some(address) = address {
            keep(local(), ADDRESS, address);
        }
        if let Ok(way) = serde_json::to_string(&Way { site, nonce }) {
            keep(session(), WAY, &way);
        }
        open(url);
    }

    /// Something came from a gateway: from the one that the browser was sent to, or, when it was
    /// sent nowhere, from one whose number the person compares.
    fn came(&self, came: Came, nonce: &str, check: Option<&str>) {
        let way = way();
        let is_expected = way.as_ref().is_some_and(|way| way.nonce == nonce);
        match came {
            Came::Done if is_expected => {
                forget_all();
                self.show("done");
            }
            Came::Request if is_expected || way.is_none() => {
                let by_hand = way.is_none();
                if let Some(part) = page::first(&self.root, "[data-part-check]") {
                    page::set_sight(&part, by_hand.into());
                }
                if let Some(fact) = page::first(&self.root, "[data-fact='check']") {
                    page::set_text(&fact, check.unwrap_or_default());
                }
                self.read_label("label-wanted");
            }
            Came::Done | Came::Request => {
                forget(session(), CAME);
                forget(session(), WAY);
                self.show("stranger");
            }
        }
    }

    /// The provider has issued: the gateway gets it, and the phone forgets it.
    fn hand_back(&self, text: &str) {
        self.device_id.replace(None);
        forget(session(), KEPT_LABEL);
        forget(session(), CAME);
        match way() {
            Some(way) => {
                let url = format!("{}#{text}", way.site);
                self.link("gateway", &url);
                self.show("hand-back");
                open(&url);
            }
            None => {
                self.link("file", &format!("data:text/plain,{text}"));
                self.show("file");
            }
        }
    }

    fn refused(&self, mark: &str, way_on: WayOn) {
        for words in page::all(&self.root, "[data-refusal]") {
            let holds = words.get_attribute("data-refusal").as_deref() == Some(mark);
            page::set_sight(&words, holds.into());
        }
        match way_on {
            WayOn::DeviceId => self.show("device-id"),
            WayOn::SendAgain => self.show("waiting"),
            WayOn::NewLabel => {
                forget_all();
                self.show("refused");
            }
        }
    }

    /// Listens to buttons, forms and the file field, and to an address that brings something to a
    /// page that is open.
    fn listen(self: &Rc<Self>) {
        if let Some(window) = window() {
            let this = Rc::clone(self);
            page::listen(&window, "hashchange", move |_| this.look());
        }
        for event in ["click", "submit"] {
            let this = Rc::clone(self);
            page::listen(&self.root, event, move |event| this.pressed(&event));
        }
        if let Some(field) = self.field("#gateway-file") {
            let this = Rc::clone(self);
            page::listen(&field.clone(), "change", move |_| this.read_file(&field));
        }
    }

    fn pressed(self: &Rc<Self>, event: &Event) {
        let selector = match event.type_().as_str() {
            "submit" => {
                event.prevent_default();
                "form[data-do]"
            }
            _ => "button[data-do]",
        };
        let pressed = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .and_then(|target| target.closest(selector).ok().flatten());
        let word = pressed.and_then(|pressed| pressed.get_attribute("data-do"));
        match word.as_deref() {
            Some("go") => {
                let address = self.value("#gateway-address");
                self.ask(GatewayAsk::HandOver { address });
            }
            Some("confirm") => {
                let is_compared = page::first(&self.root, "[data-part-check]")
                    .is_none_or(|part| part.has_attribute("hidden"))
                    || self
                        .field("#gateway-check")
                        .is_some_and(|field| field.checked());
                if is_compared {
                    let typed = Secret::new(self.value("#gateway-device-id"));
                    self.device_id.replace(Some(typed));
                    self.vouch();
                } else {
                    self.focus("#gateway-check");
                }
            }
            Some("again") => self.vouch(),
            Some("another") => {
                forget_all();
                open(LABELS);
            }
            _ => {}
        }
    }

    fn vouch(&self) {
        let device_id = self.device_id.borrow().clone();
        if let (Some(text), Some(device_id)) = (kept(session(), CAME), device_id) {
            self.show("working");
            self.ask(GatewayAsk::Vouch { text, device_id });
        }
    }

    fn read_file(self: &Rc<Self>, field: &HtmlInputElement) {
        let file = field.files().and_then(|files| files.get(0));
        let (Some(file), Ok(reader)) = (file, FileReader::new()) else {
            return;
        };
        if file.size() > MOST {
            return self.complain("#gateway-file", "#gateway-file-error");
        }
        // It does not come from where the browser was sent before.
        forget(session(), WAY);
        let (this, read) = (Rc::clone(self), reader.clone());
        page::listen(&reader, "loadend", move |_| {
            let text = read.result().ok().and_then(|text| text.as_string());
            keep(session(), CAME, text.unwrap_or_default().trim());
            this.look();
        });
        // What cannot be read ends without a text.
        let _ = reader.read_as_text(&file);
    }

    /// Shows one of the page's parts, hides the others, and takes the focus there.
    fn show(&self, part: &str) {
        for element in page::all(&self.root, "[data-part]") {
            let holds = element.get_attribute("data-part").as_deref() == Some(part);
            let appears = holds && element.has_attribute("hidden");
            page::set_sight(&element, holds.into());
            if appears {
                self.focus(&format!("[data-part='{part}'] h1"));
            }
        }
    }

    fn complain(&self, field: &str, error: &str) {
        if let Some(error) = page::first(&self.root, error) {
            page::set_sight(&error, page::Sight::Shown);
        }
        if let Some(field) = page::first(&self.root, field) {
            // A fixed, valid name.
            let _ = field.set_attribute("aria-invalid", "true");
        }
        self.focus(field);
    }

    fn focus(&self, selector: &str) {
        let found = page::first(&self.root, selector);
        if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            // What cannot have the focus leaves it where it is.
            let _ = element.focus();
        }
    }

    fn link(&self, name: &str, url: &str) {
        if let Some(link) = page::first(&self.root, &format!("[data-link='{name}']")) {
            // A fixed, valid name.
            let _ = link.set_attribute("href", url);
        }
    }

    fn field(&self, selector: &str) -> Option<HtmlInputElement> {
        page::first(&self.root, selector)?.dyn_into().ok()
    }

    fn value(&self, selector: &str) -> String {
        self.field(selector)
            .map(|field| field.value())
            .unwrap_or_default()
    }
}

fn way() -> Option<Way> {
    serde_json::from_str(&kept(session(), WAY)?).ok()
}

fn session() -> Option<Storage> {
    window()?.session_storage().ok()?
}

fn local() -> Option<Storage> {
    window()?.local_storage().ok()?
}

fn kept(storage: Option<Storage>, key: &str) -> Option<String> {
    storage?.get_item(key).ok()?
}

fn keep(storage: Option<Storage>, key: &str, text: &str) {
    if let Some(storage) = storage {
        // A full storage loses it, and the person begins anew.
        let _ = storage.set_item(key, text);
    }
}

fn forget(storage: Option<Storage>, key: &str) {
    if let Some(storage) = storage {
        // Removing what is not there does not fail.
        let _ = storage.remove_item(key);
    }
}

/// Nothing of the gateway stays in this tab.
fn forget_all() {
    for key in [WAY, CAME, KEPT_LABEL] {
        forget(session(), key);
    }
}

fn open(url: &str) {
    if let Some(window) = window() {
        // The worker has made it of an origin: it is an address.
        let _ = window.location().assign(url);
    }
}
