//! The landing page: what this is, and the way in.

use crate::{
    PageTitle,
    api::site::ProviderView,
    components::art::{Art, Drawing},
    messages::use_messages,
    pages::refused,
    use_session, use_site,
};
use leptos::prelude::*;

/// The landing page.
#[component]
pub fn HomePage() -> impl IntoView {
    let messages = &use_messages().home;
    view! {
        <PageTitle text=messages.title />
        <section class="hero">
            <div class="hero-words">
                <h1>{messages.title}</h1>
                <p class="lead">{messages.lead}</p>
                <div class="hero-actions">
                    <a class="button button-large" href="/e" aria-describedby="code-hint">
                        {messages.have_code}
                    </a>
                    <p class="hint" id="code-hint">
                        {messages.have_code_hint}
                    </p>
                    <Suspense>
                        {move || Suspend::new(async move { second_action().await })}
                    </Suspense>
                </div>
            </div>
            <Art drawing=Drawing::Home />
        </section>
        <Steps />
        <section class="promise">
            <h2>{messages.safety_title}</h2>
            <p>{messages.safety_text}</p>
        </section>
    }
}

/// For somebody without a code: sign in, with whichever provider, or go on to the devices.
async fn second_action() -> AnyView {
    let messages = &use_messages().home;
    if use_session().await.ok().flatten().is_some() {
        return view! { <a class="button button-quiet" href="/devices">{messages.my_devices}</a> }
            .into_any();
    }
    match use_site().await {
        Err(error) => refused(error),
        Ok(site) if site.providers.len() > 1 => {
            view! { <ProviderChoice providers=site.providers /> }.into_any()
        }
        Ok(_) => view! { <a class="button button-quiet" href="/account">{messages.sign_in}</a> }
            .into_any(),
    }
}

#[component]
fn ProviderChoice(providers: Vec<ProviderView>) -> impl IntoView {
    let messages = &use_messages().home;
    let choice = |ProviderView { id, name, .. }| {
        view! {
            <li>
                <a class="choice-link" href=format!("/account?provider={id}")>
                    {name}
                </a>
            </li>
        }
    };
    view! {
        <section class="providers" aria-labelledby="providers-title">
            <h2 id="providers-title">{messages.providers_title}</h2>
            <p class="hint">{messages.providers_text}</p>
            <ul class="choice-links">{providers.into_iter().map(choice).collect_view()}</ul>
        </section>
    }
}

#[component]
fn Steps() -> impl IntoView {
    let messages = &use_messages().home;
    let step = |(name, text): (&'static str, &'static str)| {
        view! {
            <li class="step">
                <h3>{name}</h3>
                <p>{text}</p>
            </li>
        }
    };
    view! {
        <section class="steps-section" aria-labelledby="steps-title">
            <h2 id="steps-title">{messages.steps_title}</h2>
            <ol class="steps">{messages.steps.map(step).collect_view()}</ol>
        </section>
    }
}
