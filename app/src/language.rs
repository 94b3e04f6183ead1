//! Which language a page is shown in. The server decides; the browser reads the decision off the
//! page, so that both render the same words.

use crate::messages::Language;

#[cfg(feature = "ssr")]
pub(crate) fn current() -> Language {
    crate::ssr::request_language()
}

#[cfg(not(feature = "ssr"))]
pub(crate) fn current() -> Language {
    leptos::prelude::document()
        .document_element()
        .and_then(|html| html.get_attribute("lang"))
        .and_then(|tag| tag.parse().ok())
        .unwrap_or_default()
}
