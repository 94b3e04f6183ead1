//! What many parts of a page need, fetched once.
//!
//! Whoever asked for the page may be gone before a part of it asks: what is shared is gone as well then,
//! and the part is told so. Nobody sees what it makes of that.

use crate::api::{ApiError, account::SessionView, site::SiteView};
use gridpass_protocol::problem::ProblemName;
use leptos::prelude::*;

/// In a type of its own, so that no other resource is found in its place.
#[derive(Clone)]
struct Shared {
    session: ArcResource<Result<Option<SessionView>, ApiError>>,
    site: ArcResource<Result<SiteView, ApiError>>,
}

#[cfg(feature = "ssr")]
pub(crate) fn provide_shared() {
    provide_context(Shared {
        session: ArcResource::new(|| (), |()| crate::api::account::session()),
        site: ArcResource::new(|| (), |()| crate::api::site::site()),
    });
}

/// Who is signed in. For use inside `<Suspense>`, outside of islands.
pub async fn use_session() -> Result<Option<SessionView>, ApiError> {
    match use_context::<Shared>() {
        Some(shared) => shared.session.await,
        None => Err(ProblemName::ServiceUnavailable.into()),
    }
}

/// This installation. For use inside `<Suspense>`, outside of islands.
pub async fn use_site() -> Result<SiteView, ApiError> {
    match use_context::<Shared>() {
        Some(shared) => shared.site.await,
        None => Err(ProblemName::ServiceUnavailable.into()),
    }
}
