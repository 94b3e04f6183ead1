//! One enrollment on the page: a copy of the server's `<template>`, in which marked elements are
//! filled in and shown when they hold.
//!
//! | mark | means |
//! |---|---|
//! | `data-fact="NAME"` | this fact as text; `data-time` alike, as a point in time |
//! | `data-when="WORD WORD"` | shown while the standing is one of these |
//! | `data-busy="WORD"` | shown while this is going on |
//! | `data-try="WORD"` | shown when this is wrong with the device ID that was typed |
//! | `data-with="NAME"`, `data-without="NAME"` | shown when there is such a time, or is none |
//! | `data-contact="KIND"` | a link to the provider's people, hidden when there is none |
//! | `data-do="WORD"` | a button that does this; on a form: what sending it does |

use gridpass_wire::{DeviceIdTry, HeldDevice, HeldInbox, Outlook, Standing, TakeOutReason, Taking};
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement, HtmlInputElement};

use crate::{
    event, knock, locale,
    page::{self, Sight},
    template,
};

/// Seconds.
const DAY: u64 = 24 * 60 * 60;

/// What is going on between page, worker and provider.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Busy {
    No,
    Speaking,
    Renewing,
}

/// What somebody wants to be done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Speak,
    Renew,
    TakeOut,
    Recognise,
    Forget,
    Decide(Taking),
    Notify,
    Quiet,
}

impl Wanted {
    /// As `data-do` names it.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "speak" => Self::Speak,
            "renew" => Self::Renew,
            "take-out" => Self::TakeOut,
            "recognise" => Self::Recognise,
            "forget" => Self::Forget,
            "notify" => Self::Notify,
            "quiet" => Self::Quiet,
            "take-part" => Self::Decide(Taking::In),
            "sit-out" => Self::Decide(Taking::Out),
            _ => return None,
        })
    }
}

/// One enrollment on the page.
pub(crate) struct Card(Element);

impl Card {
    /// Makes a card at the end of a list. None when the page has no template for it.
    pub(crate) fn add(document: &Document, list: &Element, enrollment_id: &str) -> Option<Self> {
        let card = template::copy(document, "device")?;
        // Radio buttons of one name are one choice in the whole page.
        for choice in page::all(&card, "input[type=radio]") {
            // Attributes of fixed, valid names: this does not fail.
            let _ = choice.set_attribute("name", &format!("reason-{enrollment_id}"));
        }
        list.append_child(&card).ok()?;
        Some(Self(card))
    }

    /// The card's element.
    pub(crate) fn element(&self) -> &Element {
        &self.0
    }

    /// Shows an enrollment as it is now.
    pub(crate) fn show(&self, held: &HeldDevice) {
        self.show_facts(held);
        let word = held.standing.as_str();
        // As above.
        let _ = self.0.set_attribute("data-standing", word);
        for block in page::all(&self.0, "[data-when]") {
            let words = block.get_attribute("data-when").unwrap_or_default();
            let holds = words.split(' ').any(|other| other == word);
            page::set_sight(&block, holds.into());
        }
        let wrong = match &held.standing {
            Standing::DeviceIdWanted(DeviceIdTry::Invalid) => "invalid",
            Standing::DeviceIdWanted(DeviceIdTry::Wrong) => "wrong",
            _ => "",
        };
        for block in page::all(&self.0, "[data-try]") {
            let holds = block.get_attribute("data-try").as_deref() == Some(wrong);
            page::set_sight(&block, holds.into());
        }
        let is_over = held.standing.outlook() == Outlook::Over;
        template::part(&self.0, "events", !is_over);
        template::part(&self.0, "knocking", !is_over);
        template::choose(&self.0, "data-knock", knock::word(&held.knocking));
        self.show_inbox(&held.inbox);
        if let Some(input) = page::first(&self.0, "[name=device_id]") {
            let invalid = if wrong.is_empty() { "false" } else { "true" };
            let _ = input.set_attribute("aria-invalid", invalid);
        }
    }

    /// Shows what the provider sent, as it stands now.
    pub(crate) fn show_inbox(&self, inbox: &HeldInbox) {
        event::show(&self.0, inbox, page::now());
    }

    /// Shows whether news is heard at once.
    pub(crate) fn show_listening(&self, sight: Sight) {
        template::part(&self.0, "listening", sight);
    }

    fn show_facts(&self, held: &HeldDevice) {
        let device = &held.device;
        let certificate = &device.certificate;
        let reason = match &held.standing {
            Standing::RenewalRefused { reason } => reason.as_deref().unwrap_or_default(),
            _ => "",
        };
        let facts = [
            ("provider", device.provider.as_str()),
            ("key-algorithm", &held.key_algorithm),
            ("enrollment", &device.enrollment_id),
            ("profile", &device.profile),
            ("subject", &certificate.subject),
            ("issuer", &certificate.issuer),
            ("serial", &certificate.serial),
            ("fingerprint", &certificate.fingerprint),
            ("ven-fingerprint", &certificate.ven_fingerprint),
            ("lfdi", &certificate.lfdi),
            ("sfdi", &certificate.sfdi),
            ("reason", reason),
            ("settings-version", &held.settings_version.to_string()),
            (
                "poll-interval",
                &locale::length(device.poll_interval.into()),
            ),
            (
                "renew-before",
                &locale::length(u64::from(device.renew_before) * DAY),
            ),
        ];
        for (name, text) in facts {
            template::fact(&self.0, name, text);
        }
        let times = [
            ("spoke-at", held.spoke_at),
            ("not-before", Some(certificate.not_before)),
            ("not-after", Some(certificate.not_after)),
            ("enrolled-at", Some(device.enrolled_at)),
        ];
        for (name, at) in times {
            for place in page::all(&self.0, &format!("[data-time={name}]")) {
                match at {
                    Some(at) => page::set_text(&place, &locale::moment(at)),
                    None => page::set_sight(&place, Sight::Hidden),
                }
                page::set_sight(&place, at.is_some().into());
            }
            for (mark, holds) in [("with", at.is_some()), ("without", at.is_none())] {
                for place in page::all(&self.0, &format!("[data-{mark}={name}]")) {
                    page::set_sight(&place, holds.into());
                }
            }
        }
        let contacts = [
            ("phone", "tel:", &device.support_phone),
            ("email", "mailto:", &device.support_email),
        ];
        for (name, scheme, contact) in contacts {
            for link in page::all(&self.0, &format!("[data-contact={name}]")) {
                page::set_sight(&link, contact.is_some().into());
                if let Some(contact) = contact {
                    let _ = link.set_attribute("href", &format!("{scheme}{contact}"));
                    page::set_text(&link, contact);
                }
            }
        }
    }

    /// Shows what is going on.
    pub(crate) fn show_busy(&self, busy: Busy) {
        let (word, state) = match busy {
            Busy::No => ("", "false"),
            Busy::Speaking => ("speaking", "true"),
            Busy::Renewing => ("renewing", "true"),
        };
        let _ = self.0.set_attribute("aria-busy", state);
        for block in page::all(&self.0, "[data-busy]") {
            let holds = block.get_attribute("data-busy").as_deref() == Some(word);
            page::set_sight(&block, holds.into());
        }
        // A button that is disabled loses the focus; this one only says that it waits.
        for button in page::all(&self.0, "button") {
            let _ = button.set_attribute("aria-disabled", state);
        }
    }

    /// What was typed as the device ID.
    pub(crate) fn device_id(&self) -> String {
        self.input("[name=device_id]")
            .map(|input| input.value())
            .unwrap_or_default()
    }

    /// Why the device is taken out of service, as chosen.
    pub(crate) fn reason(&self) -> Option<TakeOutReason> {
        let chosen = self.input("input[type=radio]:checked")?.value();
        TakeOutReason::ALL
            .into_iter()
            .find(|reason| reason.as_str() == chosen)
    }

    fn input(&self, selector: &str) -> Option<HtmlInputElement> {
        page::first(&self.0, selector)?.dyn_into().ok()
    }

    /// Puts the focus on the card's heading: what had it may be gone.
    pub(crate) fn focus(&self) {
        let heading = page::first(&self.0, "h2").and_then(|element| element.dyn_into().ok());
        if let Some(heading) = heading {
            let heading: HtmlElement = heading;
            // A heading with a tabindex takes the focus.
            let _ = heading.focus();
        }
    }
}
