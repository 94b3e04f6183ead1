//! Notifications: asked for by a button alone, shown for what comes while nobody looks, and the
//! subscription by which the provider knocks while the page is closed (Push API, Notifications API).
//! Where a browser has none of it, everything else works as well.

use gridpass_wire::{HeldEvent, Knocking};
use js_sys::{Function, Object, Promise, Reflect, Uint8Array, global};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use crate::{installed, locale};

/// One notification at a time: the newer takes the place of the older, also of the one that the
/// service worker shows.
const TAG: &str = "gridpass-news";

const ICON: &str = "/icon-192.png";

/// What the page says about notifications.
pub(crate) fn word(knocking: &Knocking) -> &'static str {
    match (permission().as_deref(), knocking) {
        (None, _) => "none",
        (Some("denied"), _) => "denied",
        (Some("granted"), Knocking::Wanted | Knocking::Known { .. }) => "on",
        _ => "off",
    }
}

/// What the person has said to notifications of this page; none: the browser has none, or no way in
/// which a provider could knock.
fn permission() -> Option<String> {
    let notification = member(&global(), "Notification").ok()?;
    member(&global(), "PushManager").ok()?;
    installed::container()?;
    member(&notification, "permission").ok()?.as_string()
}

/// Whether notifications may be shown.
pub(crate) fn is_permitted() -> bool {
    permission().as_deref() == Some("granted")
}

/// Asks the person, and then does something, whatever they said.
pub(crate) fn ask(then: impl FnOnce() + 'static) {
    let asked = member(&global(), "Notification")
        .and_then(|notification| call(&notification, "requestPermission", &[]));
    if let Ok(asked) = asked {
        follow(&asked, move |_| then());
    }
}

/// Has the browser's push service give an address for this key, and hands it over.
pub(crate) fn subscribe(key: &[u8], then: impl FnOnce(String) + 'static) {
    let key = Uint8Array::from(key);
    with_registration(move |registration| {
        let options = Object::new();
        // Setting a property of a fresh object does not fail.
        let _ = Reflect::set(&options, &"userVisibleOnly".into(), &true.into());
        let _ = Reflect::set(&options, &"applicationServerKey".into(), &key);
        let subscribed = member(registration, "pushManager")
            .and_then(|manager| call(&manager, "subscribe", &[&options]));
        if let Ok(subscribed) = subscribed {
            follow(&subscribed, |subscription| {
                let endpoint = member(&subscription, "endpoint");
                if let Some(endpoint) = endpoint.ok().and_then(|endpoint| endpoint.as_string()) {
                    then(endpoint);
                }
            });
        }
    });
}

/// Shows an event to whoever is not looking.
pub(crate) fn show(event: &HeldEvent, title: &str) {
    let when = event
        .starts_at
        .map(|start| locale::span(start, event.ends_at));
    let title = if event.name.is_empty() {
        title
    } else {
        &event.name
    };
    let title = JsValue::from(title);
    with_registration(move |registration| {
        let options = Object::new();
        let words = [
            ("body", when.unwrap_or_default()),
            ("tag", TAG.to_owned()),
            ("icon", ICON.to_owned()),
        ];
        for (name, word) in words {
            // As above.
            let _ = Reflect::set(&options, &name.into(), &word.into());
        }
        if let Ok(shown) = call(registration, "showNotification", &[&title, &options]) {
            follow(&shown, |_| ());
        }
    });
}

/// Does something with the service worker, once there is one.
fn with_registration(act: impl FnOnce(&JsValue) + 'static) {
    let ready = installed::container().and_then(|container| member(&container, "ready").ok());
    if let Some(ready) = ready {
        follow(&ready, |registration| act(&registration));
    }
}

/// Does something with what is promised; nothing when that is not kept.
fn follow(promise: &JsValue, then: impl FnOnce(JsValue) + 'static) {
    let Some(promise) = promise.dyn_ref::<Promise>() else {
        return;
    };
    let kept = Closure::once(then);
    let broken = Closure::<dyn FnMut(JsValue)>::new(|_| ());
    let _ = promise.then2(&kept, &broken);
    // One of the two is called, the other never: both stay for as long as the page lives.
    kept.forget();
    broken.forget();
}

fn member(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    let member = Reflect::get(object, &name.into())?;
    if member.is_undefined() {
        return Err(member);
    }
    Ok(member)
}

fn call(object: &JsValue, name: &str, parameters: &[&JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = member(object, name)?.dyn_into()?;
    let parameters = parameters.iter().copied().collect();
    function.apply(object, &parameters)
}
