//! What came in the fragment of the page's address, where no server and no log sees it.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, HtmlInputElement};

use crate::page;

/// Moves the fragment into the field that the form of the page names in `data-fragment`, and out
/// of the address bar and the history. Nothing is sent: a person presses the button.
pub(crate) fn fill(document: &Document) {
    let Some(form) = page::all(document, "form[data-fragment]").pop() else {
        return;
    };
    let name = form.get_attribute("data-fragment").unwrap_or_default();
    let Ok(Some(field)) = form.query_selector(&format!("input[name='{name}']")) else {
        return;
    };
    if let (Some(fragment), Ok(field)) = (take(document), field.dyn_into::<HtmlInputElement>()) {
        field.set_value(&fragment);
    }
}

fn take(document: &Document) -> Option<String> {
    let location = document.location()?;
    let fragment = location.hash().ok()?;
    let fragment = fragment.strip_prefix('#')?;
    let path = location.pathname().ok()?;
    let history = web_sys::window()?.history().ok()?;
    // An address of the same origin is not refused.
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    Some(fragment.to_owned())
}
