//! What was set up: in plain words, and in figures behind a fold.

use crate::{components::time::Moment, messages::use_messages};
use gridpass_protocol::time::UnixTime;
use gridpass_wire::DeviceFacts;
use leptos::prelude::*;

/// Validity and settings in plain words.
#[component]
pub(super) fn Summary(device: DeviceFacts) -> impl IntoView {
    let messages = &use_messages().enroll.done;
    let contact = [
        device
            .support_phone
            .map(|phone| (format!("tel:{phone}"), phone)),
        device
            .support_email
            .map(|email| (format!("mailto:{email}"), email)),
    ];
    let contact: Vec<_> = contact
        .into_iter()
        .flatten()
        .map(|(href, text)| view! { <a href=href>{text}</a> })
        .collect();
    view! {
        <dl class="facts">
            <dt>{messages.valid_until}</dt>
            <dd>
                <Moment at=UnixTime(device.certificate.not_after) />
            </dd>
            <dt>{messages.messages}</dt>
            <dd>{(messages.every)(device.poll_interval)}</dd>
            <dt>{messages.renewal}</dt>
            <dd>{(messages.renewal_before)(device.renew_before)}</dd>
            {(!contact.is_empty())
                .then(|| {
                    view! {
                        <dt>{messages.contact}</dt>
                        <dd class="contact">{contact}</dd>
                    }
                })}
        </dl>
    }
}

/// The certificate in figures, folded away.
#[component]
pub(super) fn CertificateFold(device: DeviceFacts) -> impl IntoView {
    let messages = &use_messages().enroll.done;
    let names = &messages.fact;
    let certificate = device.certificate;
    let figures = [
        (names.enrollment, device.enrollment_id),
        (names.profile, device.profile),
        (names.subject, certificate.subject),
        (names.issuer, certificate.issuer),
        (names.serial, certificate.serial),
        (names.fingerprint, certificate.fingerprint),
        (names.ven_fingerprint, certificate.ven_fingerprint),
        (names.lfdi, certificate.lfdi),
        (names.sfdi, certificate.sfdi),
    ];
    view! {
        <details class="fold">
            <summary>{messages.facts}</summary>
            <dl class="facts">
                <dt>{names.not_before}</dt>
                <dd>
                    <Moment at=UnixTime(certificate.not_before) />
                </dd>
                {figures
                    .map(|(name, value)| {
                        view! {
                            <dt>{name}</dt>
                            <dd class="code">{value}</dd>
                        }
                    })
                    .collect_view()}
            </dl>
        </details>
    }
}
