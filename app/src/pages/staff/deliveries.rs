//! `/staff/deliveries`: what waits to be sent, what has left, what was given up; and the letters.

use super::{
    form::{Refusal, refusal_of},
    frame::at_desk,
    parts::{EVENTS, StaffTime, query},
};
use crate::{
    PageTitle,
    api::{
        ApiError,
        staff::deliveries::{StaffPosted, StaffRetry},
    },
    components::table::{Table, text},
    messages::staff::{deliveries::DeliveryMessages, use_staff_messages},
    ssr::{blocking, staff::staff_actor},
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{
    About, DeliveryBox, DeliveryId, DeliveryKind, DeliveryPage, DeliveryState, DeliveryView,
    Permission, Retry, StaffSession,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

const PATH: &str = "/staff/deliveries";
/// Rows of a page.
const ROWS: u32 = 50;

/// What the address asks for.
#[derive(Clone)]
struct Asked {
    which: DeliveryBox,
    older_than: Option<DeliveryId>,
    /// What was just done.
    done: String,
    /// How many letters were just noted as posted.
    posted: String,
}

impl Asked {
    fn read() -> Self {
        let query = use_query_map();
        let value = |name: &str| query.with_untracked(|query| query.get(name).unwrap_or_default());
        Self {
            which: match value("box").as_str() {
                "dead" => DeliveryBox::Dead,
                "sent" => DeliveryBox::Sent,
                _ => DeliveryBox::Waiting,
            },
            older_than: value("older").parse().ok(),
            done: value("done"),
            posted: value("posted"),
        }
    }
}

const fn word(which: DeliveryBox) -> &'static str {
    match which {
        DeliveryBox::Waiting => "",
        DeliveryBox::Dead => "dead",
        DeliveryBox::Sent => "sent",
    }
}

/// The page.
#[component]
pub fn DeliveriesPage() -> impl IntoView {
    let asked = Asked::read();
    at_desk(Permission::SeeDeliveries, move |staff| {
        content(staff, asked)
    })
}

async fn content(staff: StaffSession, asked: Asked) -> Result<AnyView, ApiError> {
    let actor = staff_actor(&staff)?;
    let (colleague, which, older_than) = (staff.clone(), asked.which, asked.older_than);
    let page =
        blocking(move |gridpass| gridpass.deliveries(&colleague, which, older_than, ROWS, &actor))
            .await?;
    Ok(view! { <Content staff asked page /> }.into_any())
}

#[component]
fn Content(staff: StaffSession, asked: Asked, page: DeliveryPage) -> impl IntoView {
    let messages = &use_staff_messages().deliveries;
    let is_number = !asked.posted.is_empty() && asked.posted.bytes().all(|b| b.is_ascii_digit());
    let done = match asked.done.as_str() {
        "retried" => Some(messages.retried.to_owned()),
        _ if is_number => Some((messages.posted_done)(&asked.posted)),
        _ => None,
    };
    let nothing = (asked.done == "no-letters").then_some(messages.no_letters);
    let refusal = refusal_of::<StaffRetry>().or_else(refusal_of::<StaffPosted>);
    let prints = staff.role.allows(Permission::PrintLetters);
    view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        {done.map(|words| view! { <p class="notice notice-good" role="status">{words}</p> })}
        {nothing.map(|words| view! { <p class="notice notice-warning" role="status">{words}</p> })}
        <Refusal error=refusal words=refusal_words />
        {prints.then(|| view! { <Letters /> })}
        <Boxes which=asked.which />
        <div id="deliveries" class="stack" data-live=EVENTS>
            <List staff asked page />
        </div>
    }
}

fn refusal_words(error: &ApiError) -> Option<&'static str> {
    match error.name()? {
        ProblemName::NotFound => Some(use_staff_messages().deliveries.not_there),
        _ => None,
    }
}

/// Printing letters, and saying that they were posted.
#[component]
fn Letters() -> impl IntoView {
    let messages = &use_staff_messages().deliveries;
    let print = |which: &'static str, words: &'static str| {
        view! {
            <form method="post" action="/staff/letters.pdf">
                <input type="hidden" name="which" value=which />
                <button class="button button-quiet" type="submit">
                    {words}
                </button>
            </form>
        }
    };
    view! {
        <section class="card" aria-labelledby="letters-title">
            <h2 id="letters-title">{messages.letters}</h2>
            <p class="hint">{messages.letters_text}</p>
            <div class="button-row">
                {print("waiting", messages.print)} {print("printed", messages.print_again)}
            </div>
            <form class="form" method="post" action=StaffPosted::url()>
                <p class="hint">{messages.posted_text}</p>
                <button class="button button-quiet" type="submit">
                    {messages.posted}
                </button>
            </form>
        </section>
    }
}

/// The choice between what waits, was given up, and has left.
#[component]
fn Boxes(which: DeliveryBox) -> impl IntoView {
    let messages = &use_staff_messages().deliveries;
    let link = |to: DeliveryBox, words: &'static str| {
        let href = format!("{PATH}{}", query(&[("box", word(to))]));
        view! {
            <a class="staff-link" href=href aria-current=(to == which).then_some("page")>
                {words}
            </a>
        }
    };
    view! {
        <nav class="staff-navigation" aria-label=messages.boxes>
            {link(DeliveryBox::Waiting, messages.waiting)}
            {link(DeliveryBox::Dead, messages.dead)} {link(DeliveryBox::Sent, messages.sent)}
        </nav>
    }
}

#[component]
fn List(staff: StaffSession, asked: Asked, page: DeliveryPage) -> impl IntoView {
    let messages = &use_staff_messages().deliveries;
    if page.rows.is_empty() {
        let words = match asked.which {
            DeliveryBox::Waiting => messages.none_waiting,
            DeliveryBox::Dead => messages.none_dead,
            DeliveryBox::Sent => messages.none_sent,
        };
        return view! {
            <section class="message">
                <p class="lead">{words}</p>
            </section>
        }
        .into_any();
    }
    let retries =
        asked.which == DeliveryBox::Dead && staff.role.allows(Permission::RetryDeliveries);
    let columns = [messages.way, messages.to, messages.state, messages.written];
    let table = if retries {
        let [way, to, state, written] = columns;
        let columns = [way, to, state, written, messages.action];
        let row = |delivery: DeliveryView| {
            let action = view! { <Action delivery=delivery.clone() /> }.into_any();
            let [way, to, state, written] = cells(delivery);
            [way, to, state, written, action]
        };
        let rows = page.rows.into_iter().map(row).collect();
        view! { <Table named=messages.title columns rows /> }.into_any()
    } else {
        let rows = page.rows.into_iter().map(cells).collect();
        view! { <Table named=messages.title columns rows /> }.into_any()
    };
    let address = |older: Option<DeliveryId>| {
        let older = older.map(|id| id.to_string()).unwrap_or_default();
        format!(
            "{PATH}{}",
            query(&[("box", word(asked.which)), ("older", &older)])
        )
    };
    view! {
        {table}
        <nav class="button-row" aria-label=messages.pages>
            {asked
                .older_than
                .map(|_| {
                    view! {
                        <a class="button button-quiet" href=address(None)>
                            {messages.newest}
                        </a>
                    }
                })}
            {page
                .older_than
                .map(|id| {
                    view! {
                        <a class="button button-quiet" href=address(Some(id))>
                            {messages.older}
                        </a>
                    }
                })}
        </nav>
    }
    .into_any()
}

fn cells(delivery: DeliveryView) -> [AnyView; 4] {
    let messages = &use_staff_messages().deliveries;
    let what = format!(
        "{}: {}",
        kind_words(messages, delivery.kind),
        about_words(messages, delivery.about)
    );
    let what = match delivery.enrollment {
        Some(id) => view! { <a href=format!("/staff/enrollments/{id}")>{what}</a> }.into_any(),
        None => view! { <span>{what}</span> }.into_any(),
    };
    let waits_again = delivery.state == DeliveryState::Waiting && delivery.attempts > 0;
    let next = waits_again.then(|| {
        view! {
            <span class="hint">
                {messages.next_try}" "<StaffTime at=delivery.next_attempt_at />
            </span>
        }
    });
    let error = delivery
        .last_error
        .clone()
        .map(|error| view! { <span class="hint">{error}</span> });
    let (to, made_at) = (delivery.to.clone(), delivery.made_at);
    let state = view! {
        <DeliveryBadge delivery />
        {next}
        {error}
    };
    [
        what,
        text(to),
        state.into_any(),
        view! { <StaffTime at=made_at /> }.into_any(),
    ]
}

#[component]
fn Action(delivery: DeliveryView) -> impl IntoView {
    let messages = &use_staff_messages().deliveries;
    match delivery.retry {
        Retry::Pointless => view! { <span class="hint">{messages.erased}</span> }.into_any(),
        Retry::Possible => view! {
            <form method="post" action=StaffRetry::url()>
                <input type="hidden" name="id" value=delivery.id.to_string() />
                <button class="button button-quiet" type="submit">
                    {messages.retry}
                </button>
            </form>
        }
        .into_any(),
    }
}

/// Where a message stands, as a badge.
#[component]
pub fn DeliveryBadge(
    /// The message.
    delivery: DeliveryView,
) -> impl IntoView {
    let messages = &use_staff_messages().deliveries;
    let (class, words) = match (delivery.state, delivery.kind) {
        (DeliveryState::Waiting, _) if delivery.attempts > 0 => (
            "badge badge-waiting",
            (messages.state_again)(delivery.attempts),
        ),
        (DeliveryState::Waiting, _) => ("badge badge-waiting", messages.state_waiting.to_owned()),
        (DeliveryState::Sending, DeliveryKind::Letter) => {
            ("badge badge-waiting", messages.state_printed.to_owned())
        }
        (DeliveryState::Sending, _) => ("badge badge-waiting", messages.state_sending.to_owned()),
        (DeliveryState::Sent, _) => ("badge badge-good", messages.state_sent.to_owned()),
        (DeliveryState::Dead | DeliveryState::Withheld | DeliveryState::Void, _) => {
            ("badge badge-bad", messages.state_dead.to_owned())
        }
    };
    view! { <span class=class>{words}</span> }
}

const fn kind_words(messages: &DeliveryMessages, kind: DeliveryKind) -> &'static str {
    match kind {
        DeliveryKind::Mail => messages.mail,
        DeliveryKind::Sms => messages.sms,
        DeliveryKind::Letter => messages.letter,
        DeliveryKind::Webhook => messages.webhook,
    }
}

const fn about_words(messages: &DeliveryMessages, about: About) -> &'static str {
    match about {
        About::SignIn => messages.about_sign_in,
        About::Invitation => messages.about_invitation,
        About::Label => messages.about_label,
        About::Expiry => messages.about_expiry,
        About::Event => messages.about_event,
    }
}
