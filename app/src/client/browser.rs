//! Small things the browser does for the page.

use gridpass_wire::{LabelText, Secret};
use js_sys::{Array, ArrayBuffer, Reflect};
use leptos::prelude::{document, on_cleanup, window, window_event_listener};
use leptos::{ev, web_sys::HtmlElement};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Clipboard, Storage, StorageManager, Url};

/// Where a tab keeps the label that it has not finished with.
const LABEL: &str = gridpass_wire::KEPT_LABEL;

/// Words by which the browsers inside other apps give themselves away. They often have no camera
/// and forget everything when the app closes.
const IN_APP: [&str; 14] = [
    "FBAN",
    "FBAV",
    "Instagram",
    "Line/",
    "GSA/",
    "; wv)",
    "MicroMessenger",
    "Snapchat",
    "Twitter",
    "LinkedInApp",
    "musical_ly",
    "BytedanceWebview",
    "Pinterest",
    "WhatsApp",
];

/// Whether the page runs in a browser inside another app.
pub(crate) fn is_in_app() -> bool {
    let agent = window().navigator().user_agent().unwrap_or_default();
    IN_APP.iter().any(|word| agent.contains(word))
}

/// The address to open elsewhere: the label's own link, or this page without one.
pub(crate) fn link_to_here(label: Option<&LabelText>) -> String {
    match label {
        Some(LabelText::Link(link)) => link.expose().to_owned(),
        _ => format!("{}/e", origin()),
    }
}

/// Moves the focus to the element with this id, if it is there.
pub(crate) fn focus(id: &str) {
    let element = document()
        .get_element_by_id(id)
        .and_then(|it| it.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        // An element in the document that can take the focus takes it.
        _ = element.focus();
    }
}

pub(super) fn link_of_fragment(fragment: &str) -> Secret {
    let digits = fragment.strip_prefix('#').unwrap_or(fragment);
    Secret::new(format!("{}/e#{digits}", origin()))
}

fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// `None` when the browser keeps nothing: then a reload begins anew.
fn storage() -> Option<Storage> {
    window().session_storage().ok()?
}

pub(super) fn kept_label() -> Option<LabelText> {
    serde_json::from_str(&storage()?.get_item(LABEL).ok()??).ok()
}

pub(super) fn keep_label(text: &LabelText) {
    if let (Some(storage), Ok(json)) = (storage(), serde_json::to_string(text)) {
        // A full storage loses the label at a reload, no more.
        _ = storage.set_item(LABEL, &json);
    }
}

pub(super) fn forget_label() {
    if let Some(storage) = storage() {
        // Removing what is not there does not fail.
        _ = storage.remove_item(LABEL);
    }
}

/// Goes to another page of the site.
pub(super) fn open(path: &str) {
    // An address of the same origin is not refused.
    _ = window().location().assign(path);
}

/// Puts a text on the clipboard. It stands on the page to be selected, should that fail.
pub(super) fn copy(text: &str) {
    if let Some(clipboard) = member::<Clipboard>("clipboard") {
        run(clipboard.write_text(text));
    }
}

/// Asks the browser not to clear the keys away when space gets short. It may decline.
pub(super) fn persist() {
    if let Some(Ok(answer)) = member::<StorageManager>("storage").map(|storage| storage.persist()) {
        run(answer);
    }
}

/// Calls `listen` whenever the browser is connected again, as long as the page is there.
pub(super) fn on_online(listen: impl Fn() + 'static) {
    let listener = window_event_listener(ev::online, move |_| listen());
    on_cleanup(move || listener.remove());
}

/// An address under which the browser saves these bytes; it lasts as long as the page.
pub(super) fn object_url(bytes: &ArrayBuffer, media_type: &str) -> Option<String> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let blob =
        Blob::new_with_buffer_source_sequence_and_options(&Array::of1(bytes), &options).ok()?;
    Url::create_object_url_with_blob(&blob).ok()
}

/// A member of `navigator` that is missing on insecure pages.
fn member<T: JsCast>(name: &str) -> Option<T> {
    Reflect::get(&window().navigator(), &JsValue::from(name))
        .ok()?
        .dyn_into()
        .ok()
}

fn run(promise: js_sys::Promise) {
    leptos::task::spawn_local(async move {
        // Both uses are favours that the browser may refuse.
        _ = JsFuture::from(promise).await;
    });
}
