//! `/account/data`: what is kept about the customer, and where the customer is signed in.

use crate::{
    PageTitle,
    api::{ApiError, account::SignOutEverywhere},
    components::time::Moment,
    messages::own::use_own_messages,
    pages::refused,
    ssr::{account::own_view, require_session},
};
use gridpass_provider::{AccountView, PostalAddress, SessionId, SessionView};
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
        <Sessions sessions here />
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

#[component]
fn Sessions(sessions: Vec<SessionView>, here: SessionId) -> impl IntoView {
    let messages = &use_own_messages().data;
    let item = |session: SessionView| {
        let own = (session.id == here).then_some(messages.this_browser);
        view! {
            <li class="card">
                <p>{session.agent.unwrap_or_default()}</p>
                <p class="hint">
                    {session.client.unwrap_or_default()} " · " {messages.seen} " "
                    <Moment at=session.seen_at />
                </p>
                {own.map(|own| view! { <span class="badge badge-good">{own}</span> })}
            </li>
        }
    };
    view! {
        <section class="stack">
            <h2>{messages.sessions}</h2>
            <ul class="cards">{sessions.into_iter().map(item).collect_view()}</ul>
            <form method="post" action=SignOutEverywhere::url()>
                <button class="button button-danger" type="submit">
                    {messages.sign_out_everywhere}
                </button>
            </form>
        </section>
    }
}
