//! The Gridpass site: rendered on the server (`ssr`), brought to life in the browser (`hydrate`).
//!
//! Every page is complete HTML without WASM, and every form is a plain form. With WASM, refusals
//! show in place and pages follow what happens.

// A page is one type, as deep as its elements nest.
#![recursion_limit = "256"]

pub mod api;
#[cfg(feature = "hydrate")]
pub mod client;
pub mod components;
pub mod messages;
pub mod pages;
#[cfg(feature = "ssr")]
pub mod ssr;

mod language;
mod shared;

pub use shared::{use_alive, use_session, use_site};

use components::frame::{Footer, Header, SkipLink};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    hooks::use_location,
    path,
};
use messages::use_messages;
use pages::{
    account::AccountPage, account_link::AccountLinkPage, device::DevicePage, devices::DevicesPage,
    enroll::EnrollPage, home::HomePage, not_found::NotFoundPage, outbox::OutboxPage,
    registration::RegistrationPage,
};

/// Where the page's content begins.
const CONTENT: &str = "content";

/// The whole site, in `<body>`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(language::current());
    shared::provide_shared();

    view! {
        <Title formatter=|title: String| format!("{title} · Gridpass") />
        <Router>
            <SkipLink to=CONTENT />
            <Header />
            <Content />
            <Footer />
        </Router>
    }
}

/// The routes, in the order in which a customer meets them.
#[component]
fn Content() -> impl IntoView {
    let main = NodeRef::new();
    focus_on_navigation(main);
    view! {
        <main id=CONTENT class="content" tabindex="-1" node_ref=main>
            <FlatRoutes fallback=NotFoundPage>
                <Route path=path!("/") view=HomePage ssr=SsrMode::Async />
                <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                <Route path=path!("/account/link") view=AccountLinkPage ssr=SsrMode::Async />
                <Route path=path!("/devices") view=DevicesPage ssr=SsrMode::Async />
                <Route path=path!("/devices/new") view=RegistrationPage ssr=SsrMode::Async />
                <Route path=path!("/devices/:id") view=DevicePage ssr=SsrMode::Async />
                <Route path=path!("/e") view=EnrollPage ssr=SsrMode::Async />
                <Route path=path!("/dev/outbox") view=OutboxPage ssr=SsrMode::Async />
            </FlatRoutes>
        </main>
    }
}

/// After a navigation within the page, moves the focus where a full load would: to the content.
fn focus_on_navigation(main: NodeRef<leptos::html::Main>) {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path)
            && let Some(main) = main.get_untracked()
        {
            // An element in the document with a tabindex takes the focus.
            let _ = main.focus();
        }
        path
    });
}

/// Names the page in the browser's title bar.
#[component]
pub fn PageTitle(
    /// The page's name; the site's name follows it.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <Title text /> }
}

/// Shown while a page's data is under way; in HTML made by the server it never appears.
#[component]
pub fn Loading() -> impl IntoView {
    view! { <p class="loading" role="status">{use_messages().common.loading}</p> }
}
