//! What travels in the fragment of the page's address, so that no server ever sees it.

use leptos::prelude::{location, window};
use leptos::wasm_bindgen::JsValue;

/// Takes the fragment, without its `#`, out of the address bar and the history. None if there is
/// none. Only in the browser.
pub(crate) fn take_fragment() -> Option<String> {
    let fragment = location().hash().ok()?;
    let fragment = fragment.strip_prefix('#').unwrap_or(&fragment);
    if fragment.is_empty() {
        return None;
    }
    let path = location().pathname().unwrap_or_default();
    if let Ok(history) = window().history() {
        // An address of the same origin is not refused.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
    Some(fragment.to_owned())
}
