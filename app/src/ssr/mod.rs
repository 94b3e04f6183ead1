//! The server's side of the site: the document around the page, cookies, the language asked for,
//! and the calls behind the server functions.
//!
//! The server crate provides by context: `Arc<Turns>`, `Arc<Assets>`, [`DevOutbox`] and
//! [`CookieSecurity`]; and inserts [`RequestFacts`] and
//! [`reference::ApiDocument`] as extensions of each request.

pub mod account;
pub mod cookies;
pub mod device;
pub mod oidc;
pub mod reference;
pub mod staff;

mod convert;
mod language;
mod pace;
mod request;
mod shell;
mod turns;

pub use language::{of_headers as language_of, request_language};
pub use pace::keep_pace;
pub use request::{
    answer_forbidden, answer_not_found, blocking, outbox_view, page_path, redirect_back,
    redirect_form, refuse, require_development, require_session, session,
};
pub use shell::shell;
pub use turns::{Asking, Lane, NoTurn, PATIENCE, Turns};

use std::net::IpAddr;

/// Where the built site's files are: addresses as written into each page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// The page's JavaScript glue.
    pub js: String,
    /// The page's WASM module.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
    /// The script that starts the worker; its query versions the worker's other files as well.
    pub worker: String,
    /// The script of staff pages and its WASM module.
    pub desk: ScriptAssets,
    /// The script of an enrolled device's page and its WASM module.
    pub phone: ScriptAssets,
}

impl Assets {
    /// Every file of the page of an enrolled device, the worker's own files included.
    #[must_use]
    pub fn of_device(&self) -> Vec<String> {
        // What starts the worker loads these two beside it.
        let worker = |end: &str| self.worker.replacen("-loader.js", end, 1);
        vec![
            self.css.clone(),
            self.phone.js.clone(),
            self.phone.wasm.clone(),
            self.worker.clone(),
            worker(".js"),
            worker("_bg.wasm"),
        ]
    }
}

/// A script that only some pages load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptAssets {
    /// The JavaScript glue.
    pub js: String,
    /// The WASM module.
    pub wasm: String,
}

/// What the server found out about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFacts {
    /// The client's address: the socket's, or the one a configured proxy reports.
    pub client: IpAddr,
    /// Finds the request in the logs.
    pub request_id: String,
    /// When its head had been read.
    pub arrived: tokio::time::Instant,
}

/// Whether mails are shown at `/dev/outbox`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DevOutbox {
    /// A development installation on loopback.
    Shown,
    /// Every other one.
    Refused,
}

/// Whether cookies are bound to https.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieSecurity {
    /// The portal is reached over https.
    Secure,
    /// The portal is reached over plain http on loopback.
    Loopback,
}
