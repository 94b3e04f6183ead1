//! What many parts of a page need, fetched once.

use crate::api::{ApiError, account::SessionView, site::SiteView};
use leptos::prelude::*;

/// In a type of its own, so that no other resource is found in its place.
#[derive(Clone, Copy)]
struct Shared {
    session: Resource<Result<Option<SessionView>, ApiError>>,
    site: Resource<Result<SiteView, ApiError>>,
}

#[cfg(feature = "ssr")]
pub(crate) fn provide_shared() {
    provide_context(Shared {
        session: Resource::new(|| (), |()| crate::api::account::session()),
        site: Resource::new(|| (), |()| crate::api::site::site()),
    });
}

/// Who is signed in. To be read inside `<Suspense>`, outside of islands.
pub fn use_session() -> Resource<Result<Option<SessionView>, ApiError>> {
    expect_context::<Shared>().session
}

/// This installation. To be read inside `<Suspense>`, outside of islands.
pub fn use_site() -> Resource<Result<SiteView, ApiError>> {
    expect_context::<Shared>().site
}
