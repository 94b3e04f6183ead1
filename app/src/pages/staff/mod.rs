//! The desk: pages for the provider's people. They are rendered on the server alone and hold no
//! islands; each reads through `crate::ssr` by itself, and its forms send to `crate::api::staff`.

pub mod approval;
pub mod attention;
pub mod audit;
pub mod customers;
pub mod deliveries;
pub mod dr;
pub mod enrollment;
pub mod enrollment_actions;
pub mod enrollment_certificates;
pub mod enrollment_withdraw;
pub mod enrollments;
pub mod form;
pub mod frame;
pub mod home;
pub mod intake;
pub mod invitation;
pub mod job;
pub mod jobs;
pub mod keys;
pub mod mailbox;
pub mod parts;
pub mod passkey;
pub mod people;
pub mod programme;
pub mod security;
pub mod settings;
pub mod timeline;
pub mod tokens;
pub mod webhooks;

use audit::AuditPage;
use customers::{CustomerPage, CustomersPage, ImportPage};
use deliveries::DeliveriesPage;
use dr::{
    EventsPage,
    event::EventPage,
    form::{ChangeEventPage, NewEventPage},
    groups::{GroupPage, GroupsPage},
    programs::ProgramsPage,
};
use enrollment::EnrollmentPage;
use enrollments::EnrollmentsPage;
use home::StaffHomePage;
use intake::IntakePage;
use invitation::InvitationPage;
use job::JobPage;
use jobs::JobsPage;
use leptos::prelude::*;
use leptos_router::{MatchNestedRoutes, SsrMode, components::Route, path};
use people::PeoplePage;
use programme::ProgrammePage;
use security::SecurityPage;
use settings::SettingsPage;
use tokens::TokensPage;
use webhooks::WebhooksPage;

/// The desk's routes.
#[component(transparent)]
pub fn StaffRoutes() -> impl MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/staff") view=StaffHomePage ssr=SsrMode::Async />
        <Route path=path!("/staff/invitation") view=InvitationPage ssr=SsrMode::Async />
        <Route path=path!("/staff/enrollments") view=EnrollmentsPage ssr=SsrMode::Async />
        <Route path=path!("/staff/enrollments/:id") view=EnrollmentPage ssr=SsrMode::Async />
        <Route path=path!("/staff/intake") view=IntakePage ssr=SsrMode::Async />
        <Route path=path!("/staff/jobs") view=JobsPage ssr=SsrMode::Async />
        <Route path=path!("/staff/jobs/:id") view=JobPage ssr=SsrMode::Async />
        <Route path=path!("/staff/programme") view=ProgrammePage ssr=SsrMode::Async />
        <Route path=path!("/staff/dr") view=EventsPage ssr=SsrMode::Async />
        <Route path=path!("/staff/dr/new") view=NewEventPage ssr=SsrMode::Async />
        <Route path=path!("/staff/dr/events/:id") view=EventPage ssr=SsrMode::Async />
        <Route path=path!("/staff/dr/events/:id/change") view=ChangeEventPage ssr=SsrMode::Async />
        <Route path=path!("/staff/dr/programs") view=ProgramsPage ssr=SsrMode::Async />
        <Route path=path!("/staff/dr/groups") view=GroupsPage ssr=SsrMode::Async />
        <Route path=path!("/staff/dr/groups/:id") view=GroupPage ssr=SsrMode::Async />
        <Route path=path!("/staff/customers") view=CustomersPage ssr=SsrMode::Async />
        <Route path=path!("/staff/customers/import") view=ImportPage ssr=SsrMode::Async />
        <Route path=path!("/staff/customers/:id") view=CustomerPage ssr=SsrMode::Async />
        <Route path=path!("/staff/people") view=PeoplePage ssr=SsrMode::Async />
        <Route path=path!("/staff/tokens") view=TokensPage ssr=SsrMode::Async />
        <Route path=path!("/staff/security") view=SecurityPage ssr=SsrMode::Async />
        <Route path=path!("/staff/deliveries") view=DeliveriesPage ssr=SsrMode::Async />
        <Route path=path!("/staff/settings") view=SettingsPage ssr=SsrMode::Async />
        <Route path=path!("/staff/webhooks") view=WebhooksPage ssr=SsrMode::Async />
        <Route path=path!("/staff/audit") view=AuditPage ssr=SsrMode::Async />
    }
    .into_inner()
}
