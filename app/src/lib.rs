//! The Gridpass site: rendered on the server (`ssr`), with islands that come to life in the browser
//! (`hydrate`).
//!
//! Every page is complete HTML without WASM, and every form is a plain form. Only what gains from a
//! script is an island and part of the WASM bundle: forms that refuse in place, times in the
//! reader's own zone, the page that watches for its device, the enrollment.

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

mod address;
mod language;
mod shared;

pub use components::alive::use_alive;
pub use shared::{use_session, use_site};

#[cfg(feature = "ssr")]
use components::{
    alive::Alive,
    frame::{Footer, Header, SkipLink},
};
use leptos::prelude::*;
use leptos_meta::Title;
#[cfg(feature = "ssr")]
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};
#[cfg(feature = "ssr")]
use pages::{
    account::AccountPage, account_code::AccountCodePage, account_data::AccountDataPage,
    account_link::AccountLinkPage, developers::DevelopersPage, device::DevicePage,
    devices::DevicesPage, gateway::GatewayPage, home::HomePage, not_found::NotFoundPage,
    outbox::OutboxPage, registration::RegistrationPage, scan::ScanPage, staff::StaffRoutes,
    this_device::ThisDevicePage,
};

/// Where the page's content begins.
#[cfg(feature = "ssr")]
const CONTENT: &str = "content";

/// The whole site, in `<body>`; on the server alone.
#[cfg(feature = "ssr")]
#[component]
pub fn App() -> impl IntoView {
    leptos_meta::provide_meta_context();
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
        // The last island: once it lives, all do.
        <Alive />
    }
}

/// The routes, in the order in which a customer meets them, and the desk's.
#[cfg(feature = "ssr")]
#[component]
fn Content() -> impl IntoView {
    view! {
        <main id=CONTENT class="content" tabindex="-1">
            <FlatRoutes fallback=NotFoundPage>
                <Route path=path!("/") view=HomePage ssr=SsrMode::Async />
                <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                <Route path=path!("/account/code") view=AccountCodePage ssr=SsrMode::Async />
                <Route path=path!("/account/data") view=AccountDataPage ssr=SsrMode::Async />
                <Route path=path!("/account/link") view=AccountLinkPage ssr=SsrMode::Async />
                <Route path=path!("/devices") view=DevicesPage ssr=SsrMode::Async />
                <Route path=path!("/devices/new") view=RegistrationPage ssr=SsrMode::Async />
                <Route path=path!("/devices/:id") view=DevicePage ssr=SsrMode::Async />
                <Route path=path!("/e") view=ScanPage ssr=SsrMode::Async />
                <Route path=path!("/e/gateway") view=GatewayPage ssr=SsrMode::Async />
                <Route path=path!("/device") view=ThisDevicePage ssr=SsrMode::Async />
                <Route path=path!("/developers") view=DevelopersPage ssr=SsrMode::Async />
                <Route path=path!("/dev/outbox") view=OutboxPage ssr=SsrMode::Async />
                <StaffRoutes />
            </FlatRoutes>
        </main>
    }
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
