//! The script of staff pages. Every one of them works without it: it only spares reloading.
//!
//! No framework: what it does is to find marked elements and to keep them up to date.

mod fragment;
mod live;
mod page;
mod passkey;
mod time;

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes up the page that it was loaded by.
#[wasm_bindgen]
pub fn start() {
    console_error_panic_hook::set_once();
    let Some(document) = page::document() else {
        return;
    };
    fragment::fill(&document);
    time::localise(&document);
    live::follow(&document);
    passkey::enliven(&document);
    // Styles and tests see from it that the page answers.
    if let Some(body) = document.body() {
        // Setting an attribute of a fixed, valid name does not fail.
        let _ = body.set_attribute("data-hydrated", "true");
    }
}
