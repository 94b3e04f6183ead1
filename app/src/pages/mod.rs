//! One page a file, in the order in which a customer meets them.

pub mod home;

pub mod account;
#[cfg(feature = "ssr")]
pub mod account_code;
#[cfg(feature = "ssr")]
pub mod account_data;
pub mod account_link;
#[cfg(feature = "ssr")]
pub mod oidc;
#[cfg(feature = "ssr")]
pub mod sessions;

pub mod device;
pub mod devices;
pub mod registration;

pub mod enroll;
#[cfg(feature = "ssr")]
pub mod gateway;
pub mod scan;
#[cfg(feature = "ssr")]
pub mod this_device;

pub mod developers;
pub mod not_found;
pub mod outbox;

#[cfg(feature = "ssr")]
pub mod staff;

use crate::{api::ApiError, components::problem::TroublePage};
use gridpass_protocol::problem::ProblemName;
use leptos::prelude::*;
use leptos_router::components::Redirect;
use not_found::NotFoundPage;

/// What a page shows in place of data it was refused: the way to sign in, the page for addresses
/// that lead nowhere, or what failed.
fn refused(error: ApiError) -> AnyView {
    match error.name() {
        Some(ProblemName::Unauthorized) => view! { <Redirect path="/account" /> }.into_any(),
        Some(ProblemName::NotFound) => view! { <NotFoundPage /> }.into_any(),
        _ => view! { <TroublePage error /> }.into_any(),
    }
}
