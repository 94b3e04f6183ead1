//! What many parts of a page need: fetched or found out once, then shared.

use crate::api::{ApiError, account::SessionView, site::SiteView};
use leptos::prelude::*;

type SessionResource = Resource<Result<Option<SessionView>, ApiError>>;
type SiteResource = Resource<Result<SiteView, ApiError>>;

/// Each in its own type, so that none is found in place of another.
#[derive(Clone, Copy)]
struct Shared {
    session: SessionResource,
    site: SiteResource,
    alive: RwSignal<bool>,
}

pub(crate) fn provide_shared() {
    let alive = RwSignal::new(false);
    Effect::new(move |_| {
        alive.set(true);
        if let Some(body) = document().body() {
            // Setting an attribute of a fixed, valid name does not fail.
            let _ = body.set_attribute("data-hydrated", "true");
        }
    });
    provide_context(Shared {
        session: Resource::new(|| (), |()| crate::api::account::session()),
        site: Resource::new(|| (), |()| crate::api::site::site()),
        alive,
    });
}

/// Who is signed in. To be read inside `<Suspense>`.
pub fn use_session() -> Resource<Result<Option<SessionView>, ApiError>> {
    expect_context::<Shared>().session
}

/// This installation. To be read inside `<Suspense>`.
pub fn use_site() -> Resource<Result<SiteView, ApiError>> {
    expect_context::<Shared>().site
}

/// Whether the page has come to life: only then may it take over what the browser does by itself.
pub fn use_alive() -> Signal<bool> {
    expect_context::<Shared>().alive.into()
}
