//! The page around the script.

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, window};

/// The document; none outside of a page.
pub(crate) fn document() -> Option<Document> {
    window()?.document()
}

/// Every element that a selector names.
pub(crate) fn all(document: &Document, selector: &str) -> Vec<Element> {
    let Ok(found) = document.query_selector_all(selector) else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into().ok())
        .collect()
}
