//! Entry of the page's WASM bundle.

// The islands are exported by the crate itself; naming it links them in.
use gridpass_app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Gets the page ready for its islands, which the page's script then brings to life one by one.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
