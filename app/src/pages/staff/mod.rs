//! The desk: pages for the provider's people. They are rendered on the server alone and hold no
//! islands; each reads through `crate::ssr` by itself, and its forms send to `crate::api::staff`.

pub mod enrollment;
mod enrollment_actions;
pub mod enrollments;
pub mod form;
pub mod frame;
pub mod home;
pub mod intake;
pub mod invitation;
pub mod parts;
mod timeline;

use enrollment::EnrollmentPage;
use enrollments::EnrollmentsPage;
use home::StaffHomePage;
use intake::IntakePage;
use invitation::InvitationPage;
use leptos::prelude::*;
use leptos_router::{MatchNestedRoutes, SsrMode, components::Route, path};

/// The desk's routes.
#[component(transparent)]
pub fn StaffRoutes() -> impl MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/staff") view=StaffHomePage ssr=SsrMode::Async />
        <Route path=path!("/staff/invitation") view=InvitationPage ssr=SsrMode::Async />
        <Route path=path!("/staff/enrollments") view=EnrollmentsPage ssr=SsrMode::Async />
        <Route path=path!("/staff/enrollments/:id") view=EnrollmentPage ssr=SsrMode::Async />
        <Route path=path!("/staff/intake") view=IntakePage ssr=SsrMode::Async />
    }
    .into_inner()
}
