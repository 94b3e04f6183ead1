//! Points in time, which the server writes in UTC, in the reader's own zone.

use js_sys::{Date, Object, Reflect};
use web_sys::Document;

use crate::page;

/// Rewrites every marked `<time>` of a document.
pub(crate) fn localise(document: &Document) {
    let language = document
        .document_element()
        .and_then(|html| html.get_attribute("lang"))
        .unwrap_or_default();
    let options = Object::new();
    for (key, value) in [("dateStyle", "medium"), ("timeStyle", "short")] {
        // Setting a property of a fresh object does not fail.
        let _ = Reflect::set(&options, &key.into(), &value.into());
    }
    for element in page::all(document, "time[data-local]") {
        let Some(at) = element.get_attribute("datetime") else {
            continue;
        };
        let date = Date::new(&at.into());
        if !date.get_time().is_nan() {
            let text: String = date.to_locale_string(&language, &options).into();
            element.set_text_content(Some(&text));
        }
    }
}
