//! The outbox of a development installation, in place of real mail.

use crate::{
    PageTitle,
    api::outbox::{MailView, outbox},
    components::{
        art::{Art, Drawing},
        time::Moment,
    },
    messages::use_messages,
    pages::refused,
};
use leptos::prelude::*;

/// The mails that a real installation would have sent.
#[component]
pub fn OutboxPage() -> impl IntoView {
    let mails = Resource::new(|| (), |()| outbox());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match mails.await {
                    Ok(mails) => view! { <Mails mails /> }.into_any(),
                    Err(error) => refused(error),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Mails(mails: Vec<MailView>) -> impl IntoView {
    let messages = &use_messages().development;
    let list = if mails.is_empty() {
        view! {
            <div class="message">
                <Art drawing=Drawing::Mail />
                <p class="lead">{messages.empty}</p>
            </div>
        }
        .into_any()
    } else {
        let mail = |mail| view! { <Mail mail /> };
        view! { <ul class="cards">{mails.into_iter().map(mail).collect_view()}</ul> }.into_any()
    };
    view! {
        <PageTitle text=messages.title />
        <section class="stack">
            <h1>{messages.title}</h1>
            <p class="notice notice-warning">{messages.warning}</p>
            {list}
        </section>
    }
}

#[component]
fn Mail(mail: MailView) -> impl IntoView {
    let messages = &use_messages().development;
    view! {
        <li class="card mail">
            <h2>{mail.subject}</h2>
            <p class="hint">
                {messages.to}" "{mail.to}" · "<Moment at=mail.at />
            </p>
            <p class="mail-text">{mail.text}</p>
            {mail
                .link
                .map(|link| {
                    view! {
                        <a class="button button-quiet" href=link>
                            {messages.open}
                        </a>
                    }
                })}
        </li>
    }
}
