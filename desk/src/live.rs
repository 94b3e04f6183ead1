//! Parts of a page that follow what happens: `<… data-live="ADDRESS OF EVENTS" id="…">`.
//!
//! An event says only that something changed. The page is then fetched as it would be by a reload,
//! with the reader's own rights and filters, and its live parts are put in the place of the old ones.
//! What changed while nobody listened, before the stream of events began or between two streams, was
//! told to nobody: so the page is fetched at each beginning, too.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, DomParser, Element, EventSource, Response, SupportedType, window};

use crate::{page, time};

/// Between two fetches, in milliseconds: a busy hour does not turn into a stream of requests.
const PAUSE: i32 = 1_000;
/// Before a fetch that failed is tried again, in milliseconds.
const AFTER_FAILURE: i32 = 5_000;

const LIVE: &str = "[data-live]";

/// What is known between two events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Nothing is being fetched.
    Idle,
    /// The page is being fetched.
    Fetching,
    /// Something changed after the fetch began: once more afterwards.
    Again,
}

/// Listens to the events that the page's live part names, if it has one.
pub(crate) fn follow(document: &Document) {
    let Ok(Some(part)) = document.query_selector(LIVE) else {
        return;
    };
    let Some(address) = part.get_attribute("data-live") else {
        return;
    };
    let Ok(events) = EventSource::new(&address) else {
        return;
    };
    let turn = Rc::new(RefCell::new(Turn::Idle));
    let changed = Closure::<dyn Fn()>::new(move || {
        let busy = turn.replace(Turn::Again) != Turn::Idle;
        if !busy {
            turn.replace(Turn::Fetching);
            spawn_local(catch_up(Rc::clone(&turn)));
        }
    });
    let listener: &Function = changed.as_ref().unchecked_ref();
    for event in ["open", "change"] {
        // A page without this listener is as it would be without scripts.
        let _ = events.add_event_listener_with_callback(event, listener);
    }
    // The listener lives as long as the page.
    changed.forget();
}

/// Fetches until nothing has changed meanwhile.
async fn catch_up(turn: Rc<RefCell<Turn>>) {
    loop {
        turn.replace(Turn::Fetching);
        let (rest, is_behind) = match fetch().await {
            Ok(Some(fresh)) => (PAUSE, !replace(&fresh)),
            Ok(None) => (PAUSE, false),
            Err(_) => (AFTER_FAILURE, true),
        };
        pause(rest).await;
        if !is_behind && *turn.borrow() != Turn::Again {
            turn.replace(Turn::Idle);
            return;
        }
    }
}

/// The page as it is now; `None` if it is no longer the reader's, who then keeps what is shown.
///
/// # Errors
///
/// The portal cannot be reached, or cannot answer just now.
async fn fetch() -> Result<Option<Document>, JsValue> {
    let window = window().ok_or(JsValue::NULL)?;
    let address = window.location().href()?;
    let response: Response = JsFuture::from(window.fetch_with_str(&address))
        .await?
        .dyn_into()?;
    if response.status() >= 500 {
        return Err(JsValue::NULL);
    }
    if !response.ok() || response.redirected() {
        return Ok(None);
    }
    let html = JsFuture::from(response.text()?).await?;
    let html = html.as_string().ok_or(JsValue::NULL)?;
    let fresh = DomParser::new()?.parse_from_string(&html, SupportedType::TextHtml)?;
    time::localise(&fresh);
    Ok(Some(fresh))
}

/// Puts the live parts of a fresh page in the place of those with the same ids; whether none had to
/// stay because somebody uses it.
fn replace(fresh: &Document) -> bool {
    let Some(document) = page::document() else {
        return true;
    };
    let mut is_done = true;
    keep_unfolded(&document, fresh);
    for old in page::all(&document, LIVE) {
        let Some(new) = fresh.get_element_by_id(&old.id()) else {
            continue;
        };
        if old.inner_html() == new.inner_html() {
            continue;
        }
        // What is sent by an old form is judged by what is true then.
        if was_written_into(&document, &old, fresh) {
            continue;
        }
        if is_being_used(&document, &old) {
            is_done = false;
            continue;
        }
        let focus = focused_within(&document, &old);
        old.set_inner_html(&new.inner_html());
        if let Some(element) = focus.and_then(|id| document.get_element_by_id(&id))
            && let Ok(element) = element.dyn_into::<web_sys::HtmlElement>()
        {
            // An element in the document that had the focus before takes it again.
            let _ = element.focus();
        }
    }
    is_done
}

/// Unfolds in a fresh page what the reader unfolded in the old one, where the summary has an id.
fn keep_unfolded(old: &Document, fresh: &Document) {
    for summary in page::all(old, "details[open] > summary[id]") {
        if let Some(details) = fresh
            .get_element_by_id(&summary.id())
            .and_then(|summary| summary.parent_element())
        {
            // An attribute of this name can be set on every element.
            let _ = details.set_attribute("open", "");
        }
    }
}

/// Whether something was typed or chosen in a part, or came back with a form, that a fresh page does not hold:
/// it is not lost.
fn was_written_into(document: &Document, part: &Element, fresh: &Document) -> bool {
    page::all(document, "input[id], select[id], textarea[id]")
        .iter()
        .filter(|field| part.contains(Some(field)))
        .any(|field| match fresh.get_element_by_id(&field.id()) {
            Some(fresh) => text_in(field) != text_in(&fresh),
            // A choice is worth nothing without its form.
            None => field.tag_name() != "SELECT" && !text_in(field).is_empty(),
        })
}

/// What a field holds.
fn text_in(field: &Element) -> String {
    Reflect::get(field, &"value".into())
        .ok()
        .and_then(|value| value.as_string())
        .unwrap_or_default()
}

/// Whether somebody is writing into a part, or presses something in it: then it stays for now, and
/// nothing typed is lost, nor a click whose element would be gone when the button is let go of.
fn is_being_used(document: &Document, part: &Element) -> bool {
    let is_pressed = matches!(part.query_selector(":active"), Ok(Some(_)));
    is_pressed
        || document.active_element().is_some_and(|active| {
            part.contains(Some(&active))
                && active.matches("input, select, textarea").unwrap_or(false)
        })
}

/// The id of the element within a part that has the focus.
fn focused_within(document: &Document, part: &Element) -> Option<String> {
    let active = document.active_element()?;
    (part.contains(Some(&active)) && !active.id().is_empty()).then(|| active.id())
}

async fn pause(milliseconds: i32) {
    let pause = Promise::new(&mut |resolve, _| {
        if let Some(window) = window() {
            // A page always has timers.
            let _ = window
                .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
        }
    });
    // The promise is only ever kept.
    let _ = JsFuture::from(pause).await;
}
