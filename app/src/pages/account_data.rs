//! `/account/data`: what is kept about the customer, and where the customer is signed in.

use crate::{
    PageTitle,
    api::{ApiError, account::SignOutEverywhere},
    components::time::Moment,
    messages::own::use_own_messages,
    pages::{
        refused,
        sessions::{SessionList, SessionWords},
    },
    ssr::{account::own_view, require_session},
};
use gridpass_provider::{AccountView, PostalAddress};
use leptos::{prelude::*, server_fn::ServerFn};

/// What is kept about the customer.
#[component]
pub fn AccountDataPage() -> impl IntoView {
    view! { <Suspense>{Suspend::new(async move { content().await.unwrap_or_else(refused) })}</Suspense> }
}

async fn content() -> Result<AnyView, ApiError> {
    let session = require_session().await?;
    let here = session.id;
    let (account, sessions) = own_view(session).await?;
    let messages = &use_own_messages().data;
    Ok(view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        {account.map(|account| view! { <Facts account /> })}
        <a class="button button-quiet" href="/account/data.json" download="my-data.json">
            {messages.download}
        </a>
        <SessionList
            sessions
            here
            words=session_words()
            sign_out=SignOutEverywhere::url()
            moment=|at| view! { <Moment at /> }.into_any()
        />
    }
    .into_any())
}

#[component]
fn Facts(account: AccountView) -> impl IntoView {
    let messages = &use_own_messages().data;
    let details = account.details;
    let address = details.address.map(PostalAddress::into_line);
    let fact = |name: &'static str, value: Option<String>| {
        value.map(|value| {
            view! {
                <dt>{name}</dt>
                <dd>{value}</dd>
            }
        })
    };
    view! {
        <dl class="facts">
            {fact(messages.name, Some(details.name))}
            {fact(messages.number, Some(details.number.to_string()))}
            {fact(messages.email, details.email)} {fact(messages.mobile, details.mobile)}
            {fact(messages.address, address)}
        </dl>
    }
}

fn session_words() -> SessionWords {
    let messages = &use_own_messages().data;
    SessionWords {
        title: messages.sessions,
        seen: messages.seen,
        this_browser: messages.this_browser,
        sign_out_everywhere: messages.sign_out_everywhere,
    }
}
