//! Events and messages in a device's card.
//!
//! | mark | means |
//! |---|---|
//! | `data-state="WORD"` | shown while an event stands like this |
//! | `data-decision="WORD"` | shown when the person decided this |
//! | `data-asked="WORD"` | a sentence of what is asked |

use gridpass_wire::{AskedSpan, EventCall, HeldEvent, HeldInbox, Taking};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::{history, locale, page, template};

/// How long an event that is over stays among the others, in seconds.
const LINGERS: u64 = 24 * 60 * 60;

/// Where an event stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Coming,
    Running,
    Over,
    Cancelled,
    OptedOut,
}

impl State {
    /// How an event stands at a time, in Unix seconds.
    pub(crate) fn of(event: &HeldEvent, now: u64) -> Self {
        let is_over = event.ends_at.is_some_and(|end| end <= now);
        let is_out = event.decision.taking() == Some(Taking::Out);
        let has_begun = event.starts_at.is_some_and(|start| start <= now);
        match (event.call, is_over, is_out, has_begun) {
            (EventCall::Off, ..) => Self::Cancelled,
            (_, true, ..) => Self::Over,
            (_, _, true, _) => Self::OptedOut,
            (_, _, _, true) => Self::Running,
            _ => Self::Coming,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Coming => "coming",
            Self::Running => "running",
            Self::Over => "over",
            Self::Cancelled => "cancelled",
            Self::OptedOut => "opted-out",
        }
    }

    /// Whether there is something to decide.
    const fn is_open(self) -> bool {
        matches!(self, Self::Coming | Self::Running | Self::OptedOut)
    }
}

/// Shows what the provider sent, as it stands at a time.
pub(crate) fn show(card: &Element, inbox: &HeldInbox, now: u64) {
    let is_past = |event: &HeldEvent| {
        let end = event.ends_at.or(event.starts_at);
        end.is_some_and(|end| end <= now)
    };
    let lingers = |event: &HeldEvent| {
        let end = event.ends_at.or(event.starts_at).unwrap_or(u64::MAX);
        end.saturating_add(LINGERS) > now
    };
    // What begins first comes first; in the history what began last.
    let current: Vec<_> = inbox
        .events
        .iter()
        .rev()
        .filter(|event| lingers(event))
        .collect();
    let past: Vec<_> = inbox.events.iter().filter(|event| is_past(event)).collect();
    template::part(card, "no-events", current.is_empty());
    let keys: Vec<&str> = current.iter().map(|event| event.id.as_str()).collect();
    let elements = template::list(card, "events", "event", &keys);
    for (element, event) in elements.iter().zip(current) {
        show_event(element, event, State::of(event, now));
    }
    history::show(card, &past);
    show_notes(card, inbox);
}

fn show_event(element: &Element, event: &HeldEvent, state: State) {
    show_name(element, event);
    template::choose(element, "data-state", state.as_str());
    let when = event
        .starts_at
        .map(|start| locale::span(start, event.ends_at));
    template::fact(element, "when", when.as_deref().unwrap_or_default());
    template::part(element, "no-time", when.is_none());
    template::part(
        element,
        "changed",
        event.call == EventCall::Changed && state.is_open(),
    );
    for (name, text) in [
        ("programme", &event.programme),
        ("incentive", &event.incentive),
    ] {
        template::fact(element, name, text);
        template::part(element, name, !text.is_empty());
    }
    show_asked(element, "asked", &event.asked);
    let taking = event.decision.taking();
    let decision = match (state, taking) {
        (State::Cancelled, _) | (_, None) => "",
        (_, Some(Taking::In)) => "in",
        (_, Some(Taking::Out)) => "out",
    };
    template::choose(element, "data-decision", decision);
    let is_untold = matches!(event.decision, gridpass_wire::Decision::Untold(_));
    template::part(element, "untold", is_untold && state.is_open());
    template::part(element, "choice", state.is_open());
    for (word, done) in [("take-part", Taking::In), ("sit-out", Taking::Out)] {
        for button in page::all(element, &format!("[data-do={word}]")) {
            page::set_sight(&button, (taking != Some(done)).into());
        }
    }
}

/// An event's name, or the word for one without.
pub(crate) fn show_name(place: &Element, event: &HeldEvent) {
    template::fact(place, "name", &event.name);
    template::part(place, "unnamed", event.name.is_empty());
}

/// What an event asks for: a sentence for each stretch of time.
pub(crate) fn show_asked(place: &Element, sentence: &str, asked: &[AskedSpan]) {
    let keys: Vec<String> = (0..asked.len()).map(|number| number.to_string()).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let elements = template::list(place, "asked", sentence, &keys);
    for (element, span) in elements.iter().zip(asked) {
        let when = if asked.len() == 1 {
            String::new()
        } else {
            locale::span_of_day(span.starts_at, span.ends_at)
        };
        template::fact(element, "when", &when);
        let (word, value) = sentence_of(span);
        template::choose(element, "data-asked", word);
        template::fact(element, "value", &value);
    }
}

/// Which sentence says what is asked, and what stands in it.
fn sentence_of(span: &AskedSpan) -> (&'static str, String) {
    let AskedSpan { kind, value, .. } = span;
    let number = locale::parse(value);
    let shown = number.map(|number| locale::number(number.abs()));
    let level = |word| (word, String::new());
    match (kind.as_str(), value.as_str(), number, shown) {
        ("SIMPLE", "0", ..) => level("level-0"),
        ("SIMPLE", "1", ..) => level("level-1"),
        ("SIMPLE", "2", ..) => level("level-2"),
        ("SIMPLE", "3", ..) => level("level-3"),
        ("DISPATCH_SETPOINT_RELATIVE", _, Some(number), Some(shown)) if number < 0.0 => {
            ("less", shown)
        }
        ("DISPATCH_SETPOINT_RELATIVE", _, _, Some(shown)) => ("more", shown),
        ("PRICE", _, Some(number), _) => ("price", locale::number(number)),
        ("IMPORT_CAPACITY_LIMIT", _, _, Some(shown)) => ("import", shown),
        ("EXPORT_CAPACITY_LIMIT", _, _, Some(shown)) => ("export", shown),
        (kind, value, ..) if kind.starts_with("ALERT_") => ("alert", value.to_owned()),
        (kind, value, ..) => ("other", format!("{kind} {value}")),
    }
}

fn show_notes(card: &Element, inbox: &HeldInbox) {
    template::part(card, "notes", !inbox.notes.is_empty());
    // The oldest keeps its number when another one comes.
    let keys: Vec<String> = (0..inbox.notes.len())
        .rev()
        .map(|number| number.to_string())
        .collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let elements = template::list(card, "notes", "note", &keys);
    for (element, note) in elements.iter().zip(&inbox.notes) {
        template::fact(element, "title", &note.title);
        template::fact(element, "text", &note.text);
        template::fact(element, "heard", &locale::moment(note.heard_at));
    }
}

/// Puts the focus on an event's heading: the button that had it is gone.
pub(crate) fn focus(card: &Element, event: &str) {
    let elements = page::all(card, "[data-list=events] > [data-key]");
    let is_it = |element: &&Element| element.get_attribute("data-key").as_deref() == Some(event);
    let heading = elements
        .iter()
        .find(is_it)
        .and_then(|element| page::first(element, "h4"));
    if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<HtmlElement>().ok()) {
        // A heading with a tabindex takes the focus.
        let _ = heading.focus();
    }
}
