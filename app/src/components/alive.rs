//! Telling a page that has come to life from one that has not.

use leptos::prelude::*;

/// Tells styles and tests that every island of the page has come to life.
#[island]
pub fn Alive() -> impl IntoView {
    Effect::new(|_| {
        if let Some(body) = document().body() {
            // Setting an attribute of a fixed, valid name does not fail.
            let _ = body.set_attribute("data-hydrated", "true");
        }
    });
}

/// Whether the island around has come to life: only then may it take over what the browser does by
/// itself.
pub fn use_alive() -> Signal<bool> {
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    alive.into()
}
