//! The other tabs on this page: they show what this one has just heard, without asking anybody.

use wasm_bindgen::JsValue;
use web_sys::BroadcastChannel;

use crate::page;

/// What the tabs call each other by.
const CHANNEL: &str = "gridpass-device";

/// The other tabs; where a browser has no way to them, they see it when they speak next.
pub(crate) struct Tabs(Option<BroadcastChannel>);

impl Tabs {
    pub(crate) fn open() -> Self {
        Self(BroadcastChannel::new(CHANNEL).ok())
    }

    /// Tells the others that there is something to look at.
    pub(crate) fn tell(&self) {
        if let Some(channel) = &self.0 {
            // A text can always be posted to an open channel, and this one is never closed.
            let _ = channel.post_message(&JsValue::from("changed"));
        }
    }

    /// Does something whenever another one tells so.
    pub(crate) fn listen(&self, hear: impl Fn() + 'static) {
        if let Some(channel) = &self.0 {
            page::listen(channel, "message", move |_| hear());
        }
    }
}
