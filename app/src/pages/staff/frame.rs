//! What surrounds every page of the desk: who is signed in, and the ways that the role has.

use crate::{
    PageTitle,
    api::{ApiError, staff::sign_in::StaffSignOut},
    components::problem::TroublePage,
    messages::staff::{frame::FrameMessages, home::HomeMessages, use_staff_messages},
    pages::not_found::NotFoundPage,
    ssr::{answer_forbidden, page_path, staff::require_permission},
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{Permission, Role, StaffSession};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::components::Redirect;

/// A page of the desk that the navigation leads to.
pub struct Place {
    /// Its address, and the beginning of the addresses below it.
    pub path: &'static str,
    /// Its name.
    pub name: fn(&FrameMessages) -> &'static str,
    /// What it is for.
    pub about: fn(&HomeMessages) -> &'static str,
    /// What one must be allowed to do to see it.
    pub needs: Permission,
}

/// Every page that the navigation leads to, in its order.
const PLACES: &[Place] = &[
    Place {
        path: "/staff/enrollments",
        name: |messages| messages.enrollments,
        about: |messages| messages.enrollments,
        needs: Permission::SeeEnrollments,
    },
    Place {
        path: "/staff/customers",
        name: |messages| messages.customers,
        about: |messages| messages.customers,
        needs: Permission::SeeEnrollments,
    },
    Place {
        path: "/staff/jobs",
        name: |messages| messages.jobs,
        about: |messages| messages.jobs,
        needs: Permission::ImportInBulk,
    },
    Place {
        path: "/staff/programme",
        name: |messages| messages.programme,
        about: |messages| messages.programme,
        needs: Permission::SeeProgramme,
    },
    Place {
        path: "/staff/dr",
        name: |messages| messages.events,
        about: |messages| messages.events,
        needs: Permission::SeeEvents,
    },
    Place {
        path: "/staff/deliveries",
        name: |messages| messages.deliveries,
        about: |messages| messages.deliveries,
        needs: Permission::SeeDeliveries,
    },
    Place {
        path: "/staff/people",
        name: |messages| messages.people,
        about: |messages| messages.people,
        needs: Permission::ManageStaff,
    },
    Place {
        path: "/staff/tokens",
        name: |messages| messages.tokens,
        about: |messages| messages.tokens,
        needs: Permission::ManageTokens,
    },
    Place {
        path: "/staff/settings",
        name: |messages| messages.settings,
        about: |messages| messages.settings,
        needs: Permission::ManageSettings,
    },
    Place {
        path: "/staff/webhooks",
        name: |messages| messages.webhooks,
        about: |messages| messages.webhooks,
        needs: Permission::ManageWebhooks,
    },
    Place {
        path: "/staff/audit",
        name: |messages| messages.audit,
        about: |messages| messages.audit,
        needs: Permission::ReadAudit,
    },
];

/// Those that the navigation leads a role to.
pub fn places_of(role: Role) -> impl Iterator<Item = &'static Place> {
    PLACES.iter().filter(move |place| role.allows(place.needs))
}

/// The first page, which all others are below.
const HOME: &str = "/staff";
/// The own way in, beside the name.
const OWN: &str = "/staff/security";

/// A page of the desk: what `content` makes for a member of staff who may do what it `needs`.
/// Everybody else is led to the way in, or told that the role does not include it.
pub fn at_desk<C, F>(needs: Permission, content: C) -> impl IntoView
where
    C: FnOnce(StaffSession) -> F + Send + 'static,
    F: Future<Output = Result<AnyView, ApiError>> + Send + 'static,
{
    let page = async move {
        let staff = match require_permission(needs).await {
            Ok(staff) => staff,
            Err(error) => return refused_at_desk(error),
        };
        let inner = match content(staff.clone()).await {
            Ok(inner) => inner,
            Err(error) => refused_at_desk(error),
        };
        view! { <Frame staff>{inner}</Frame> }.into_any()
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }
}

/// What a page of the desk shows in place of what it was refused.
pub fn refused_at_desk(error: ApiError) -> AnyView {
    match error.name() {
        Some(ProblemName::Unauthorized) => view! { <Redirect path="/staff" /> }.into_any(),
        Some(ProblemName::NotFound) => view! { <NotFoundPage /> }.into_any(),
        Some(ProblemName::Forbidden) => view! { <Forbidden /> }.into_any(),
        _ => view! { <TroublePage error /> }.into_any(),
    }
}

/// Says that the role does not include this.
#[component]
fn Forbidden() -> impl IntoView {
    answer_forbidden();
    let messages = &use_staff_messages().frame;
    view! {
        <PageTitle text=messages.forbidden_title />
        <section class="message">
            <h1>{messages.forbidden_title}</h1>
            <p class="lead">{messages.forbidden_text}</p>
            <a class="button" href="/staff">
                {messages.title}
            </a>
        </section>
    }
}

/// Navigation, and the page's content below it.
#[component]
pub fn Frame(
    /// Who is signed in.
    staff: StaffSession,
    children: Children,
) -> impl IntoView {
    let messages = &use_staff_messages().frame;
    let here = page_path();
    let link = |path: &'static str, name: &'static str| {
        let is_here = here == path || (path != HOME && is_below(&here, path));
        view! {
            <a class="staff-link" href=path aria-current=is_here.then_some("page")>
                {name}
            </a>
        }
    };
    let places = places_of(staff.role).map(|place| link(place.path, (place.name)(messages)));
    view! {
        <div class="staff-bar">
            <nav class="staff-navigation" aria-label=messages.navigation>
                {link(HOME, messages.title)} {places.collect_view()}
            </nav>
            <p class="staff-who hint">{(messages.signed_in_as)(&staff.name, role_name(staff.role))}</p>
            {link(OWN, messages.security)}
            <form method="post" action=StaffSignOut::url()>
                <button class="button button-quiet" type="submit">
                    {messages.sign_out}
                </button>
            </form>
        </div>
        {children()}
    }
}

/// The role in words.
pub fn role_name(role: Role) -> &'static str {
    let messages = &use_staff_messages().frame;
    match role {
        Role::Support => messages.support,
        Role::Operator => messages.operator,
        Role::Admin => messages.admin,
        Role::Auditor => messages.auditor,
    }
}

fn is_below(here: &str, place: &str) -> bool {
    here.strip_prefix(place)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_current_on_its_own_page_and_below() {
        assert!(is_below("/staff/customers", "/staff/customers"));
        assert!(is_below("/staff/customers/import", "/staff/customers"));
        assert!(!is_below("/staff/customers-of-others", "/staff/customers"));
        assert!(!is_below("/staff", "/staff/customers"));
    }
}
