//! `/staff`: the way in, and the first page for whoever is in.

use super::{
    attention::{Waiting, WaitingDevices},
    form::{Field, Refusal, Takes, refusal_of, typed_before},
    frame::{Frame, Place, places_of, refused_at_desk},
    parts::EVENTS,
    passkey::{PasskeyButton, Use},
};
use crate::{
    PageTitle,
    api::{
        ApiError,
        site::ProviderView,
        staff::{
            passkey::{BeginPasskeySignIn, FinishPasskeySignIn},
            sign_in::StaffSignIn,
        },
    },
    messages::staff::{home::Count, use_staff_messages},
    pages::oidc::{oidc_refusal, oidc_ways},
    ssr::{
        blocking,
        staff::{staff_actor, staff_session},
    },
    use_site,
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{
    Actor, Audience, DeliveryBox, EnrollmentFilter, Gridpass, Permission, StaffSession, StateName,
};
use leptos::{either::Either, prelude::*, server_fn::ServerFn};
use leptos_router::{hooks::use_query_map, params::ParamsMap};

/// Signs in, or shows where to go.
#[component]
pub fn StaffHomePage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    view! { <Suspense>{Suspend::new(async move { content(query).await })}</Suspense> }
}

async fn content(query: ParamsMap) -> AnyView {
    match staff_session().await {
        Err(error) => refused_at_desk(error),
        Ok(None) => match use_site().await {
            Ok(site) => {
                let ways = oidc_ways(Audience::Staff).await;
                let failed = oidc_refusal(&query);
                view! { <SignIn providers=site.providers failed ways /> }.into_any()
            }
            Err(error) => refused_at_desk(error),
        },
        Ok(Some(staff)) => overview(staff).await.unwrap_or_else(refused_at_desk),
    }
}

/// What waits for somebody: nothing here is older than this.
const WEEK: u64 = 7 * 24 * 60 * 60;
/// So many are counted; beyond that the list itself is of more use.
const COUNTED: u32 = 50;

/// What waits, as far as the role may see it.
struct Overview {
    devices: WaitingDevices,
    locked: Option<Count>,
    undelivered: Option<Count>,
}

impl Overview {
    fn find(gridpass: &Gridpass, staff: &StaffSession, actor: &Actor) -> Result<Self, ApiError> {
        let since = gridpass.clock_now().minus(WEEK);
        let locked = EnrollmentFilter {
            state: Some(StateName::Locked),
            since: Some(since),
            ..EnrollmentFilter::default()
        };
        let locked = gridpass.desk_enrollments(staff, &locked, actor)?;
        let undelivered = if staff.role.allows(Permission::SeeDeliveries) {
            let dead = gridpass.deliveries(staff, DeliveryBox::Dead, None, COUNTED, actor)?;
            let rows = dead.rows.iter().filter(|row| row.made_at >= since).count();
            Count::of(rows, rows == dead.rows.len() && dead.older_than.is_some())
        } else {
            None
        };
        Ok(Self {
            devices: WaitingDevices::find(gridpass, staff, actor)?,
            locked: Count::of(locked.rows.len(), locked.next.is_some()),
            undelivered,
        })
    }

    fn is_empty(&self) -> bool {
        self.devices.is_empty() && self.locked.or(self.undelivered).is_none()
    }
}

async fn overview(staff: StaffSession) -> Result<AnyView, ApiError> {
    let actor = staff_actor(&staff)?;
    let colleague = staff.clone();
    let found = blocking(move |gridpass| Overview::find(gridpass, &colleague, &actor)).await?;
    let messages = use_staff_messages();
    let (frame, home) = (&messages.frame, &messages.home);
    let is_empty = found.is_empty();
    let line = |said: Option<String>, href: &'static str, show: &'static str| {
        said.map(|said| {
            view! {
                <p class="notice notice-warning">
                    {said} " " <a href=href>{show}</a>
                </p>
            }
        })
    };
    let place = |place: &Place| {
        view! {
            <li>
                <a href=place.path>{(place.name)(frame)}</a>
                <p class="hint">{(place.about)(home)}</p>
            </li>
        }
    };
    let places: Vec<_> = places_of(staff.role).map(place).collect();
    Ok(view! {
        <PageTitle text=frame.title />
        <Frame staff>
            <h1>{frame.title}</h1>
            <div id="attention" class="stack" data-live=EVENTS>
                {is_empty.then(|| view! { <p class="lead">{home.nothing_waits}</p> })}
                <Waiting devices=found.devices />
                {line(
                    found.locked.map(home.locked),
                    "/staff/enrollments?state=locked&age=7",
                    home.show_locked,
                )}
                {line(
                    found.undelivered.map(home.undelivered),
                    "/staff/deliveries?box=dead",
                    home.show_undelivered,
                )}
            </div>
            <section class="stack" aria-labelledby="places-title">
                <h2 id="places-title">{home.places}</h2>
                <ul class="places">{places}</ul>
            </section>
        </Frame>
    }
    .into_any())
}

#[component]
fn SignIn(
    providers: Vec<ProviderView>,
    /// What went wrong with a sign-in at an issuer.
    failed: AnyView,
    /// The ways to the issuers of providers.
    ways: AnyView,
) -> impl IntoView {
    let messages = &use_staff_messages().sign_in;
    let refusal = refusal_of::<StaffSignIn>();
    let email: String = typed_before("sign-in");
    view! {
        <PageTitle text=messages.title />
        <section class="narrow">
            <h1>{messages.title}</h1>
            <p class="lead">{messages.lead}</p>
            {failed}
            <form class="card form" method="post" action=StaffSignIn::url()>
                <Refusal error=refusal words />
                <ProviderField providers />
                <Field name="email" label=messages.email takes=Takes::Username value=email />
                <Field name="password" label=messages.password takes=Takes::Password max_length=512 />
                <Field
                    name="code"
                    label=messages.code
                    hint=messages.code_hint
                    takes=Takes::OneTimeCode
                    max_length=16
                />
                <button class="button" type="submit">
                    {messages.send}
                </button>
            </form>
            <PasskeyButton
                label=messages.passkey_sign_in
                does=Use::Get
                begin=BeginPasskeySignIn::PATH
                finish=FinishPasskeySignIn::PATH
                next="/staff"
            />
            {ways}
            <a class="button button-quiet" href="/staff/invitation">
                {messages.have_invitation}
            </a>
        </section>
    }
}

fn words(error: &ApiError) -> Option<&'static str> {
    (error.name() == Some(ProblemName::Unauthorized)).then(|| use_staff_messages().sign_in.refused)
}

/// A choice where there is one; otherwise the only provider's name.
#[component]
fn ProviderField(providers: Vec<ProviderView>) -> impl IntoView {
    if let [only] = providers.as_slice() {
        return Either::Left(view! {
            <p class="sole-provider">{only.name.clone()}</p>
            <input type="hidden" name="provider" value=only.id.clone() />
        });
    }
    let option = |ProviderView { id, name, .. }| view! { <option value=id>{name}</option> };
    Either::Right(view! {
        <div class="field">
            <label for="provider">{use_staff_messages().sign_in.provider}</label>
            <select id="provider" name="provider" required>
                {providers.into_iter().map(option).collect_view()}
            </select>
        </div>
    })
}
