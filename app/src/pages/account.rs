//! Signing in: asking for a link.

use crate::{
    PageTitle,
    api::{
        account::{RequestSignIn, SessionView},
        site::ProviderView,
    },
    components::{
        art::{Art, Drawing},
        field::{Entry, Need, TextField},
        form::provide_refusal,
        problem::FormProblem,
        submit::Submit,
    },
    messages::use_messages,
    pages::refused,
    use_alive, use_session, use_site,
};
use leptos::{either::Either, ev::SubmitEvent, form::ActionForm, prelude::*};
use leptos_router::{hooks::use_query_map, params::ParamsMap};

/// Asks for a sign-in link, or says who is signed in.
#[component]
pub fn AccountPage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    view! { <Suspense>{Suspend::new(async move { content(query).await })}</Suspense> }
}

async fn content(query: ParamsMap) -> AnyView {
    if let Ok(Some(session)) = use_session().await {
        return view! { <SignedIn session /> }.into_any();
    }
    match use_site().await {
        Err(error) => refused(error),
        Ok(site) => {
            let (refusal, ways) = issuers(&query).await;
            let chosen = query.get("provider");
            view! { <SignIn providers=site.providers chosen refusal ways /> }.into_any()
        }
    }
}

/// What is said of the issuers of providers: a refusal, and the ways to them.
#[cfg(feature = "ssr")]
async fn issuers(query: &ParamsMap) -> (AnyView, AnyView) {
    use crate::pages::oidc::{oidc_refusal, oidc_ways};
    (
        oidc_refusal(query),
        oidc_ways(gridpass_provider::Audience::Customer).await,
    )
}

/// The page is rendered on the server alone.
#[cfg(not(feature = "ssr"))]
fn issuers(_: &ParamsMap) -> impl Future<Output = (AnyView, AnyView)> + use<> {
    std::future::ready((().into_any(), ().into_any()))
}

#[component]
fn SignIn(
    providers: Vec<ProviderView>,
    /// The provider that was chosen before.
    chosen: Option<String>,
    /// Why an issuer's answer was refused, if one was.
    refusal: AnyView,
    /// The ways to the issuers of providers.
    ways: AnyView,
) -> impl IntoView {
    let messages = &use_messages().account;
    view! {
        <PageTitle text=messages.title />
        <section class="narrow">
            <h1>{messages.title}</h1>
            <p class="lead">{messages.lead}</p>
            {refusal}
            <SignInForm providers chosen />
            {ways}
        </section>
    }
}

#[island]
fn SignInForm(providers: Vec<ProviderView>, chosen: Option<String>) -> impl IntoView {
    provide_refusal();
    let messages = &use_messages().account;
    let action = ServerAction::<RequestSignIn>::new();
    let account = RwSignal::new(String::new());
    let missing = RwSignal::new(None);
    let refusal = Signal::derive(move || action.value().get().and_then(Result::err));
    let alive = use_alive();
    let check = move |event: SubmitEvent| {
        let empty = account.with_untracked(|text| text.trim().is_empty());
        missing.set(empty.then(|| messages.account_missing.to_owned()));
        if empty {
            event.prevent_default();
        }
    };
    view! {
        <ActionForm
            action
            attr:class="card form"
            attr:novalidate=move || alive.get()
            on:submit:capture=check
        >
            <FormProblem error=refusal />
            <ProviderField providers chosen />
            <TextField
                name="account"
                label=messages.account
                hint=messages.account_hint
                need=Need::Required
                entry=Entry::Username
                error=missing
                on_change=move |text| account.set(text)
            />
            <Submit label=messages.send pending=action.pending() />
        </ActionForm>
    }
}

/// A choice where there is one; otherwise the only provider's name.
#[component]
fn ProviderField(providers: Vec<ProviderView>, chosen: Option<String>) -> impl IntoView {
    let messages = &use_messages().account;
    if let [only] = providers.as_slice() {
        return Either::Left(view! {
            <p class="sole-provider">{only.name.clone()}</p>
            <input type="hidden" name="provider" value=only.id.clone() />
        });
    }
    let option = move |ProviderView { id, name, .. }| {
        let selected = chosen.as_ref() == Some(&id);
        view! { <option value=id selected=selected>{name}</option> }
    };
    Either::Right(view! {
        <div class="field">
            <label for="provider">{messages.provider}</label>
            <select id="provider" name="provider" required>
                {providers.into_iter().map(option).collect_view()}
            </select>
        </div>
    })
}

#[component]
fn SignedIn(session: SessionView) -> impl IntoView {
    let messages = use_messages();
    view! {
        <PageTitle text=messages.account.signed_in_title />
        <section class="message">
            <Art drawing=Drawing::Connected />
            <h1>{messages.account.signed_in_title}</h1>
            <p class="lead">{(messages.account.signed_in_as)(&session.name)}</p>
            <a class="button" href="/devices">
                {messages.common.my_devices}
            </a>
        </section>
    }
}
