//! Signing in: the link is on its way, and the code of the same message is typed here.

use crate::{
    PageTitle,
    api::{ApiError, account::FinishSignInByCode, site::OutboxView},
    components::art::{Art, Drawing},
    messages::{own::use_own_messages, use_messages},
    pages::{
        refused,
        staff::form::{Field, Refusal, Takes, refusal_of},
    },
    use_site,
};
use gridpass_protocol::problem::ProblemName;
use leptos::{prelude::*, server_fn::ServerFn};

/// Says that the message is on its way and takes its code.
#[component]
pub fn AccountCodePage() -> impl IntoView {
    view! { <Suspense>{Suspend::new(async move { content().await })}</Suspense> }
}

async fn content() -> AnyView {
    match use_site().await {
        Ok(site) => view! { <Code outbox=site.outbox /> }.into_any(),
        Err(error) => refused(error),
    }
}

#[component]
fn Code(outbox: OutboxView) -> impl IntoView {
    let (messages, own) = (&use_messages().account, &use_own_messages().code);
    let refusal = refusal_of::<FinishSignInByCode>();
    view! {
        <PageTitle text=own.title />
        <section class="message">
            <Art drawing=Drawing::Mail />
            <h1>{own.title}</h1>
            <p class="lead">{own.lead}</p>
            <form class="card form" method="post" action=FinishSignInByCode::url()>
                <Refusal error=refusal words />
                <Field
                    name="code"
                    label=own.code
                    hint=own.code_hint
                    takes=Takes::OneTimeCode
                    max_length=32
                />
                <button class="button" type="submit">
                    {messages.link_send}
                </button>
            </form>
            {(outbox == OutboxView::Shown)
                .then(|| {
                    view! {
                        <a class="button button-quiet" href="/dev/outbox">
                            {own.outbox}
                        </a>
                    }
                })}
            <p class="hint">{own.nothing}</p>
            <a class="button button-quiet" href="/account">
                {own.again}
            </a>
        </section>
    }
}

fn words(error: &ApiError) -> Option<&'static str> {
    (error.name() == Some(ProblemName::Unauthorized)).then(|| use_own_messages().code.refused)
}
