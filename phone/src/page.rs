//! The page around the script.

use js_sys::{Date, Function};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Document, Element, Event, EventTarget, window};

/// The document; none outside of a page.
pub(crate) fn document() -> Option<Document> {
    window()?.document()
}

/// Every element within another that a selector names.
pub(crate) fn all(within: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = within.query_selector_all(selector) else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into().ok())
        .collect()
}

/// The first element within another that a selector names.
pub(crate) fn first(within: &Element, selector: &str) -> Option<Element> {
    within.query_selector(selector).ok()?
}

/// Whether an element is to be seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    Shown,
    Hidden,
}

impl From<bool> for Sight {
    fn from(shown: bool) -> Self {
        if shown { Self::Shown } else { Self::Hidden }
    }
}

/// Shows or hides an element.
pub(crate) fn set_sight(element: &Element, sight: Sight) {
    // Attributes of fixed, valid names: nothing of it fails. What does not change is not touched,
    // so that a screen reader is told of changes alone.
    match (sight, element.has_attribute("hidden")) {
        (Sight::Shown, true) => drop(element.remove_attribute("hidden")),
        (Sight::Hidden, false) => drop(element.set_attribute("hidden", "")),
        _ => {}
    }
}

/// Puts words into an element, unless they are there already.
pub(crate) fn set_text(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

/// Now, Unix seconds.
pub(crate) fn now() -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole seconds since 1970 are meant"
    )]
    let seconds = (Date::now() / 1000.0) as u64;
    seconds
}

/// Takes what is behind `#` in the page's address out of address bar and history.
pub(crate) fn take_fragment() -> Option<String> {
    let location = window()?.location();
    let fragment = location.hash().ok()?;
    let fragment = fragment.strip_prefix('#').unwrap_or(&fragment);
    if fragment.is_empty() {
        return None;
    }
    let (history, path) = (window()?.history().ok()?, location.pathname().ok()?);
    // An address of the same origin is not refused.
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    Some(fragment.to_owned())
}

/// Listens for as long as the page lives.
pub(crate) fn listen(target: &EventTarget, event: &str, hear: impl Fn(Event) + 'static) {
    let closure = Closure::<dyn Fn(Event)>::new(hear);
    let listener: &Function = closure.as_ref().unchecked_ref();
    if target
        .add_event_listener_with_callback(event, listener)
        .is_ok()
    {
        closure.forget();
    }
}

/// Does something once, after so many milliseconds. What stops it again.
pub(crate) fn after(milliseconds: i32, act: impl FnOnce() + 'static) -> Option<i32> {
    let callback = Closure::once_into_js(act);
    window()?
        .set_timeout_with_callback_and_timeout_and_arguments_0(
            callback.unchecked_ref(),
            milliseconds,
        )
        .ok()
}

/// Stops what [`after`] began.
pub(crate) fn stop(timer: i32) {
    if let Some(window) = window() {
        window.clear_timeout_with_handle(timer);
    }
}
