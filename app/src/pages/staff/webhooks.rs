//! `/staff/webhooks`: the systems that are told of changes, and how that went.

use super::{
    deliveries::DeliveryBadge,
    form::{Field, Refusal, Takes, refusal_of, typed_before},
    frame::at_desk,
    parts::StaffTime,
};
use crate::{
    PageTitle,
    api::{
        ApiError,
        staff::webhooks::{StaffAddWebhook, StaffRemoveWebhook},
    },
    components::table::{Table, text},
    messages::staff::use_staff_messages,
    ssr::{
        blocking,
        cookies::take_kept,
        staff::{staff_actor, webhooks::SECRET},
    },
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{
    DeliveryView, Permission, StaffSession, WebhookCall, WebhookError, WebhookView,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

/// Calls that are shown of an address.
const CALLS: u32 = 20;

/// The page.
#[component]
pub fn WebhooksPage() -> impl IntoView {
    let removed =
        use_query_map().with_untracked(|query| query.get("done").as_deref() == Some("removed"));
    at_desk(Permission::ManageWebhooks, move |staff| {
        content(staff, removed)
    })
}

async fn content(staff: StaffSession, removed: bool) -> Result<AnyView, ApiError> {
    let actor = staff_actor(&staff)?;
    let found = blocking(move |gridpass| {
        let mut found = Vec::new();
        for webhook in gridpass.webhooks(&staff, &actor)? {
            let log = gridpass
                .webhook_log(&staff, webhook.id, None, CALLS, &actor)
                .map_err(ApiError::from)?;
            found.push((webhook, log));
        }
        Ok::<_, WebhookFailure>(found)
    })
    .await?;
    let secret: Option<String> = take_kept(SECRET);
    Ok(view! { <Content found secret removed /> }.into_any())
}

/// What was told, and the calls that were made for it.
type Told = (DeliveryView, Vec<WebhookCall>);

/// Either of the two use cases of this page was refused.
struct WebhookFailure(ApiError);

impl From<WebhookError> for WebhookFailure {
    fn from(error: WebhookError) -> Self {
        Self(error.into())
    }
}

impl From<ApiError> for WebhookFailure {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<WebhookFailure> for ApiError {
    fn from(WebhookFailure(error): WebhookFailure) -> Self {
        error
    }
}

#[component]
fn Content(
    found: Vec<(WebhookView, Vec<Told>)>,
    #[prop(optional_no_strip)] secret: Option<String>,
    removed: bool,
) -> impl IntoView {
    let messages = &use_staff_messages().webhooks;
    let is_empty = found.is_empty();
    let not_removed = refusal_of::<StaffRemoveWebhook>();
    let not_added = refusal_of::<StaffAddWebhook>();
    let typed: String = typed_before("webhook");
    view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        {removed
            .then(|| view! { <p class="notice notice-good" role="status">{messages.removed}</p> })}
        <Refusal error=not_removed />
        {secret
            .map(|secret| {
                view! {
                    <section class="card" aria-labelledby="secret-title">
                        <h2 id="secret-title">{messages.secret_title}</h2>
                        <p>{messages.secret_text}</p>
                        <p class="audit-words" role="group" aria-label=messages.secret id="secret">
                            {secret}
                        </p>
                    </section>
                }
            })}
        {is_empty.then(|| view! { <p class="lead">{messages.none}</p> })}
        {found
            .into_iter()
            .map(|(webhook, calls)| view! { <Endpoint webhook calls /> })
            .collect_view()}
        <section class="card" aria-labelledby="add-title">
            <h2 id="add-title">{messages.add_title}</h2>
            <form class="form" method="post" action=StaffAddWebhook::url()>
                <Refusal error=not_added words=refusal_words />
                <Field
                    name="url"
                    label=messages.url
                    hint=messages.url_hint
                    takes=Takes::Text
                    value=typed
                    max_length=2048
                />
                <button class="button" type="submit">
                    {messages.add}
                </button>
            </form>
        </section>
    }
}

fn refusal_words(error: &ApiError) -> Option<&'static str> {
    let messages = &use_staff_messages().webhooks;
    match error.name()? {
        ProblemName::Invalid => Some(messages.invalid),
        ProblemName::Conflict => Some(messages.too_many),
        _ => None,
    }
}

#[component]
fn Endpoint(webhook: WebhookView, calls: Vec<Told>) -> impl IntoView {
    let messages = &use_staff_messages().webhooks;
    let title = format!("webhook-{}", webhook.id);
    let heading = title.clone();
    view! {
        <section class="card stack" aria-labelledby=title>
            <h2 id=heading class="audit-words">{webhook.url}</h2>
            <p class="hint">
                {messages.since}" "<StaffTime at=webhook.made_at />
            </p>
            <Calls calls />
            <details class="fold">
                <summary>{messages.remove}</summary>
                <form class="form" method="post" action=StaffRemoveWebhook::url()>
                    <p class="hint">{messages.remove_text}</p>
                    <input type="hidden" name="id" value=webhook.id.to_string() />
                    <button class="button button-danger" type="submit">
                        {messages.remove}
                    </button>
                </form>
            </details>
        </section>
    }
}

#[component]
fn Calls(calls: Vec<Told>) -> impl IntoView {
    let messages = &use_staff_messages().webhooks;
    if calls.is_empty() {
        return view! { <p class="hint">{messages.log_none}</p> }.into_any();
    }
    let columns = [
        messages.event,
        messages.state,
        messages.tries,
        messages.written,
    ];
    let row = |(call, tries): Told| {
        let event = call
            .event
            .as_deref()
            .and_then(|event| serde_json::from_str::<serde_json::Value>(event).ok())
            .and_then(|event| Some(event["type"].as_str()?.to_owned()))
            .unwrap_or_default();
        [
            text(event),
            view! { <DeliveryBadge delivery=call.clone() /> }.into_any(),
            view! { <Tries tries /> }.into_any(),
            view! { <StaffTime at=call.made_at /> }.into_any(),
        ]
    };
    let rows = calls.into_iter().map(row).collect();
    view! { <Table named=messages.log columns rows /> }.into_any()
}

/// Each call that was made: when, and what came of it.
#[component]
fn Tries(tries: Vec<WebhookCall>) -> impl IntoView {
    let messages = &use_staff_messages().webhooks;
    let item = |WebhookCall { at, status, error }| {
        let status = status.map_or_else(|| messages.no_answer.to_owned(), |s| s.to_string());
        // An answer that is not taken says its status already.
        let error = error.filter(|error| !error.contains(&status));
        view! {
            <li>
                <StaffTime at />
                " "
                <span class="audit-words">{status}</span>
                {error.map(|error| view! { <span class="hint">{error}</span> })}
            </li>
        }
    };
    if tries.is_empty() {
        return view! { <span>{messages.not_tried}</span> }.into_any();
    }
    view! { <ol class="tries">{tries.into_iter().map(item).collect_view()}</ol> }.into_any()
}
