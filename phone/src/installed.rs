//! The service worker, which opens this page without a connection. Where a browser has none, or lets
//! this page have none, everything else works as well.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{EventTarget, window};

use crate::page;

/// Served by the portal; what it does and does not keep is said there.
const SCRIPT: &str = "/sw.js";

/// Has the browser run the service worker, and look for a new one.
pub(crate) fn register() {
    if let Some(Ok(registered)) = container().map(|container| register_in(&container)) {
        // No service worker is no fault: private windows refuse it.
        let refused = Closure::<dyn FnMut(JsValue)>::new(|_| ());
        let _ = registered.catch(&refused);
        refused.forget();
    }
}

/// Does something whenever the provider knocks: the service worker has heard it.
pub(crate) fn on_knock(hear: impl Fn() + 'static) {
    let container = container().map(JsCast::unchecked_into::<EventTarget>);
    if let Some(container) = container {
        page::listen(&container, "message", move |_| hear());
    }
}

fn register_in(container: &JsValue) -> Result<Promise, JsValue> {
    let register: Function = Reflect::get(container, &"register".into())?.dyn_into()?;
    register.call1(container, &SCRIPT.into())?.dyn_into()
}

/// The browser's service workers; none on plain http, but for loopback.
pub(crate) fn container() -> Option<JsValue> {
    let navigator = window()?.navigator();
    let container = Reflect::get(&navigator, &"serviceWorker".into()).ok()?;
    container.is_object().then_some(container)
}
