//! The label on screen and on paper: QR code, manual code, what to do with them.

use crate::{
    PageTitle,
    api::device::{CodeWay, DeviceView, LabelView},
    components::{
        art::{Art, Drawing},
        time::Moment,
    },
    messages::use_messages,
    use_alive,
};
use leptos::prelude::*;

/// Failures that a fresh label forgives (protocol, Verification, step 2).
const ALL_TRIES: u32 = 5;

/// The label of a device that waits.
#[component]
pub fn Label(
    /// The device.
    device: DeviceView,
    /// Its label.
    label: LabelView,
    /// Wrong device IDs that are still forgiven.
    tries_left: u32,
) -> impl IntoView {
    let messages = &use_messages().label;
    let title = (messages.title)(device.nickname.as_deref());
    let expires_at = label.expires_at;
    view! {
        <PageTitle text=title.clone() />
        <h1 class="screen-only">{title}</h1>
        {(tries_left < ALL_TRIES)
            .then(|| view! { <p class="notice notice-warning">{(messages.tries_left)(tries_left)}</p> })}
        <div class="label-page">
            <Sheet label=label.clone() />
            <div class="screen-only label-words">
                <p class="label-expiry">{messages.valid_until}" "<Moment at=expires_at /></p>
                <section>
                    <h2>{messages.next_title}</h2>
                    <ol class="plain-steps">
                        {messages.next.map(|step| view! { <li>{step}</li> }).collect_view()}
                    </ol>
                    <p class="hint watching">{messages.watching}</p>
                </section>
                <section class="here">
                    <h2>{messages.here_title}</h2>
                    <p class="hint">{messages.here_text}</p>
                    <a class="button" href=label.link rel="external noreferrer">
                        {messages.here_open}
                    </a>
                </section>
                <Keep id=device.id />
            </div>
        </div>
    }
}

/// The part that is printed: nothing in it is derived from the device ID but the code itself
/// (protocol, OTP ciphertext).
#[component]
fn Sheet(label: LabelView) -> impl IntoView {
    let messages = &use_messages().label;
    view! {
        <section class="sheet">
            <p class="print-only sheet-title">{messages.sheet_title}</p>
            <div class="qr" role="img" aria-label=messages.qr_alt inner_html=label.svg></div>
            <div class="sheet-manual">
                <h2 class="screen-only">{messages.manual_title}</h2>
                <p class="hint screen-only">{messages.manual_text}</p>
                <ol class="print-only plain-steps">
                    {messages.sheet_steps.map(|step| view! { <li>{step}</li> }).collect_view()}
                </ol>
                <p class="enroll-address">
                    <span class="print-only">{messages.sheet_address}": "</span>
                    {label.enroll_address}
                </p>
                <p class="manual-code" aria-label=messages.manual_code role="group">
                    {label.manual_code}
                </p>
            </div>
        </section>
    }
}

/// Printing and saving.
#[component]
fn Keep(id: uuid::Uuid) -> impl IntoView {
    let messages = &use_messages().label;
    view! {
        <section class="keep">
            <h2>{messages.keep_title}</h2>
            <div class="button-row">
                <PrintButton />
                <a class="button button-quiet" href=format!("/devices/{id}/label.svg") download="gridpass-label.svg">
                    {messages.save_svg}
                </a>
                <a class="button button-quiet" href=format!("/devices/{id}/label.png") download="gridpass-label.png">
                    {messages.save_png}
                </a>
            </div>
            <p class="hint">{messages.keep_text}</p>
        </section>
    }
}

/// Opens the browser's print dialog, which only a script can do.
#[island]
fn PrintButton() -> impl IntoView {
    let alive = use_alive();
    view! {
        <button
            type="button"
            class="button button-quiet"
            hidden=move || !alive.get()
            on:click=|_| {
                // A browser that cannot print says so to the person by itself.
                let _ = window().print();
            }
        >
            {use_messages().label.print}
        </button>
    }
}

/// The device waits, but its label was made in another browser, or went out by another way.
#[component]
pub fn Elsewhere(
    /// The device.
    device: DeviceView,
) -> impl IntoView {
    let messages = &use_messages().label;
    let (drawing, title, text) = match sent_words(device.way) {
        Some((title, text)) => (Drawing::Mail, title, text),
        None => (
            Drawing::Locked,
            messages.elsewhere_title,
            messages.elsewhere_text,
        ),
    };
    view! {
        <PageTitle text=(messages.title)(device.nickname.as_deref()) />
        <section class="message">
            <Art drawing />
            <h1>{title}</h1>
            <p class="lead">{text}</p>
        </section>
    }
}

/// Title and text where the code went out by mail, SMS or letter.
#[cfg(feature = "ssr")]
fn sent_words(way: Option<CodeWay>) -> Option<(&'static str, &'static str)> {
    let way = way.filter(|way| *way != CodeWay::Screen)?;
    let messages = crate::messages::delivery::use_delivery_messages();
    Some(((messages.sent_title)(way), (messages.sent_text)(way)))
}

/// Only the server renders this page.
#[cfg(not(feature = "ssr"))]
fn sent_words(_: Option<CodeWay>) -> Option<(&'static str, &'static str)> {
    None
}
