//! `/e/gateway`: hands a gateway over (protocol, Gateways, 1).
//!
//! The server knows nothing of it. It writes down every sentence there is; the script of the page
//! (crate `gridpass-phone`, `gateway.rs`) shows those that hold.

use crate::{
    PageTitle,
    components::art::{Art, Drawing},
    messages::{
        own::{gateway::GatewayMessages, use_own_messages},
        use_messages,
    },
};
use gridpass_wire::{ExpiredReason, Refusal};
use leptos::prelude::*;

/// Tries that a label can have left.
const TRIES: std::ops::RangeInclusive<u32> = 1..=9;

/// What is said of a connection that has to wait, in seconds: how long it is in truth the page
/// does not know.
const WAIT: u64 = 60 * 60;

fn words() -> &'static GatewayMessages {
    &use_own_messages().gateway
}

/// The page `/e/gateway`.
#[component]
pub fn GatewayPage() -> impl IntoView {
    let messages = words();
    view! {
        <PageTitle text=messages.title />
        <noscript>
            <p class="notice notice-warning">{messages.no_script}</p>
        </noscript>
        <div id="hand-over" class="enroll narrow">
            <p class="loading" role="status" data-part="loading">
                {messages.loading}
            </p>
            <Message part="no-label" drawing=Drawing::Empty words=messages.no_label>
                <Scan />
            </Message>
            <Message part="label-wanted" drawing=Drawing::Empty words=messages.label_wanted>
                <Scan />
            </Message>
            <Connect />
            <DeviceId />
            <section class="stack" data-part="working" hidden>
                <h1 tabindex="-1">{messages.title}</h1>
                <p role="status">{messages.working}</p>
            </section>
            <Message part="hand-back" drawing=Drawing::Connected words=messages.hand_back>
                <a class="button" data-link="gateway" href="/e/gateway">
                    {messages.hand_back_go}
                </a>
            </Message>
            <Message part="file" drawing=Drawing::Connected words=messages.file>
                <a class="button" data-link="file" href="/e/gateway" download="gateway-certificate.txt">
                    {messages.save}
                </a>
            </Message>
            <Message part="done" drawing=Drawing::Connected words=messages.done>
                <a class="button button-quiet" href="/devices">
                    {messages.my_devices}
                </a>
            </Message>
            <Message part="stranger" drawing=Drawing::Unplugged words=messages.stranger>
                <Another />
            </Message>
            <Message part="broken" drawing=Drawing::Unplugged words=messages.broken>
                <a class="button" href="/e/gateway">
                    {messages.again}
                </a>
            </Message>
            <Refused />
        </div>
    }
}

/// A part of the page that stands alone.
#[component]
fn Message(
    part: &'static str,
    drawing: Drawing,
    words: (&'static str, &'static str),
    children: Children,
) -> impl IntoView {
    let (title, text) = words;
    view! {
        <section class="message" data-part=part hidden>
            <Art drawing />
            <h1 tabindex="-1">{title}</h1>
            <p class="lead">{text}</p>
            {children()}
        </section>
    }
}

#[component]
fn Scan() -> impl IntoView {
    view! {
        <a class="button" href="/e">
            {words().scan}
        </a>
    }
}

/// Begins with another label.
#[component]
fn Another() -> impl IntoView {
    view! {
        <button class="button button-quiet" type="button" data-do="another">
            {words().another}
        </button>
    }
}

/// The first step: where the gateway is.
#[component]
fn Connect() -> impl IntoView {
    let messages = words();
    let (title, text) = messages.connect;
    view! {
        <section class="stack" data-part="connect" hidden>
            <h1 tabindex="-1">{title}</h1>
            <p class="lead">{text}</p>
            <dl class="facts">
                <dt>{messages.of}</dt>
                <dd data-fact="provider"></dd>
            </dl>
            <form class="card form" novalidate data-do="go">
                <div class="field">
                    <label for="gateway-address">{messages.address}</label>
                    <p class="hint" id="gateway-address-hint">
                        {messages.address_hint}
                    </p>
                    <input
                        type="text"
                        id="gateway-address"
                        maxlength="255"
                        value="gateway.local"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        inputmode="url"
                        aria-describedby="gateway-address-hint gateway-address-error"
                    />
                    <p class="field-error" id="gateway-address-error" role="alert" hidden>
                        {messages.address_error}
                    </p>
                </div>
                <p class="hint">{messages.going}</p>
                <button type="submit" class="button">
                    {messages.go}
                </button>
            </form>
            <details class="fold">
                <summary>{messages.other_way}</summary>
                <p class="hint" id="gateway-file-hint">
                    {messages.other_way_text}
                </p>
                <div class="field">
                    <label for="gateway-file">{messages.request_file}</label>
                    <input
                        type="file"
                        id="gateway-file"
                        accept="text/plain,.txt"
                        aria-describedby="gateway-file-hint gateway-file-error"
                    />
                    <p class="field-error" id="gateway-file-error" role="alert" hidden>
                        {messages.nothing_came}
                    </p>
                </div>
            </details>
            <Another />
        </section>
    }
}

/// The second step: that it is the right one.
#[component]
fn DeviceId() -> impl IntoView {
    let messages = words();
    let (title, text) = messages.device_id;
    view! {
        <section class="stack" data-part="device-id" hidden>
            <h1 tabindex="-1">{title}</h1>
            <p class="lead">{text}</p>
            <div role="alert">
                <RefusalWords refusal=Refusal::InvalidDeviceId />
                {TRIES
                    .map(|remaining| view! { <RefusalWords refusal=Refusal::WrongDeviceId { remaining } /> })
                    .collect_view()}
            </div>
            <form class="card form" novalidate data-do="confirm">
                <div class="field" data-part-check hidden>
                    <p id="gateway-check-hint">{messages.check}</p>
                    <p class="enroll-check-number" data-fact="check"></p>
                    <label class="check">
                        <input type="checkbox" id="gateway-check" aria-describedby="gateway-check-hint" />
                        " "
                        {messages.check_fits}
                    </label>
                </div>
                <div class="field">
                    <label for="gateway-device-id">{messages.device_id_field}</label>
                    <p class="hint" id="gateway-device-id-hint">
                        {messages.device_id_hint}
                    </p>
                    <input
                        type="text"
                        id="gateway-device-id"
                        maxlength="128"
                        autocomplete="off"
                        autocapitalize="characters"
                        spellcheck="false"
                        aria-describedby="gateway-device-id-hint"
                    />
                </div>
                <button type="submit" class="button">
                    {messages.confirm}
                </button>
            </form>
            <Another />
        </section>
    }
}

/// What was wrong, and what helps.
#[component]
fn Refused() -> impl IntoView {
    let over = [
        Refusal::WrongDeviceId { remaining: 0 },
        Refusal::Locked,
        Refusal::Expired(ExpiredReason::Expired),
        Refusal::Expired(ExpiredReason::Superseded),
        Refusal::Expired(ExpiredReason::Cancelled),
        Refusal::AlreadyEnrolled,
        Refusal::BadRequest { reason: None },
        Refusal::NothingToDo,
    ];
    let for_now = [
        Refusal::RateLimited { retry_after: WAIT },
        Refusal::Unavailable,
        Refusal::Offline,
    ];
    let words = |refusals: Vec<Refusal>| {
        refusals
            .into_iter()
            .map(|refusal| view! { <RefusalWords refusal /> })
            .collect_view()
    };
    view! {
        <section class="stack" data-part="refused" hidden>
            <h1 tabindex="-1">{self::words().title}</h1>
            <div role="alert">{words(over.into())}</div>
            <Another />
        </section>
        <section class="stack" data-part="waiting" hidden>
            <h1 tabindex="-1">{self::words().title}</h1>
            <div role="alert">{words(for_now.into())}</div>
            <button class="button" type="button" data-do="again">
                {self::words().again}
            </button>
            <Another />
        </section>
    }
}

#[component]
fn RefusalWords(refusal: Refusal) -> impl IntoView {
    let words = (use_messages().enroll.refusal)(&refusal);
    view! {
        <div class="notice notice-problem" data-refusal=refusal.mark() hidden>
            <h2>{words.title}</h2>
            <p>{words.text}</p>
        </div>
    }
}
