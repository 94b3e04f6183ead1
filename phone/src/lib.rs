//! The script of the page `/device`: shows what is enrolled in this browser and how it stands, and
//! has the worker speak for it. And that of `/e/gateway`, which hands a gateway over.
//!
//! No framework and no words: the server writes every sentence into the page, and this shows the
//! ones that hold.

mod bridge;
mod card;
mod event;
mod gateway;
mod history;
mod installed;
mod knock;
mod life;
mod locale;
mod page;
mod tabs;
mod template;

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes up the page that it was loaded by.
#[wasm_bindgen]
pub fn start() {
    console_error_panic_hook::set_once();
    let Some(document) = page::document() else {
        return;
    };
    life::begin(&document);
    gateway::begin(&document);
    installed::register();
    // Styles and tests see from it that the page answers.
    if let Some(body) = document.body() {
        // Setting an attribute of a fixed, valid name does not fail.
        let _ = body.set_attribute("data-hydrated", "true");
    }
}
