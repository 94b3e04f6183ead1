//! `/staff`: the way in, and the first page for whoever is in.

use super::{
    form::{Field, Refusal, Takes, refusal_of, typed_before},
    frame::{Frame, refused_at_desk},
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
    messages::staff::use_staff_messages,
    pages::oidc::{oidc_refusal, oidc_ways},
    ssr::staff::staff_session,
    use_site,
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::Audience;
use leptos::{either::Either, prelude::*, server_fn::ServerFn};

/// Signs in, or shows where to go.
#[component]
pub fn StaffHomePage() -> impl IntoView {
    view! { <Suspense>{Suspend::new(async move { content().await })}</Suspense> }
}

async fn content() -> AnyView {
    match staff_session().await {
        Err(error) => refused_at_desk(error),
        Ok(None) => match use_site().await {
            Ok(site) => {
                let ways = oidc_ways(Audience::Staff).await;
                view! { <SignIn providers=site.providers ways /> }.into_any()
            }
            Err(error) => refused_at_desk(error),
        },
        Ok(Some(staff)) => {
            let messages = &use_staff_messages().frame;
            view! {
                <PageTitle text=messages.title />
                <Frame staff>
                    <h1>{messages.title}</h1>
                </Frame>
            }
            .into_any()
        }
    }
}

#[component]
fn SignIn(
    providers: Vec<ProviderView>,
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
            {oidc_refusal()}
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
