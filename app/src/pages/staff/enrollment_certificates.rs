//! The certificates of a device: each with what identifies it and what stands against it.

use super::parts::StaffTime;
use crate::messages::staff::{certificates::CertificateMessages, use_staff_messages};
use gridpass_protocol::time::UnixTime;
use gridpass_provider::{CertificateStanding, CertificateState};
use leptos::prelude::*;

/// The certificates, youngest first. Nothing if there is none.
#[component]
pub fn Certificates(
    /// The certificates, oldest first.
    certificates: Vec<CertificateStanding>,
) -> impl IntoView {
    let messages = &use_staff_messages().certificates;
    let one = |certificate| view! { <Certificate certificate /> };
    (!certificates.is_empty()).then(|| {
        view! {
            <section class="card" aria-labelledby="certificates-title">
                <h2 id="certificates-title">{messages.title}</h2>
                {certificates.into_iter().rev().map(one).collect_view()}
            </section>
        }
    })
}

#[component]
fn Certificate(certificate: CertificateStanding) -> impl IntoView {
    let messages = &use_staff_messages().certificates;
    let (words, class, since) = state_words(messages, certificate.state);
    let identifiers = certificate.identifiers;
    let facts = [
        (messages.fingerprint, identifiers.fingerprint),
        (messages.lfdi, identifiers.lfdi),
        (messages.sfdi, identifiers.sfdi),
        (messages.ven_fingerprint, identifiers.ven_fingerprint),
    ];
    let fact = |(name, value)| {
        view! {
            <dt>{name}</dt>
            <dd class="code">{value}</dd>
        }
    };
    view! {
        <article class="certificate">
            <p>
                <span class=class>{words}</span>
                {since
                    .map(|at| {
                        view! {
                            " "
                            {messages.since}
                            " "
                            <StaffTime at />
                        }
                    })}
            </p>
            <dl class="facts">
                <dt>{messages.serial}</dt>
                <dd class="code">{certificate.serial.to_string()}</dd>
                <dt>{messages.validity}</dt>
                <dd>
                    <StaffTime at=certificate.issued_at />
                    " – "
                    <StaffTime at=certificate.not_after />
                </dd>
            </dl>
            <details class="fold">
                <summary id=format!("certificate-{}", certificate.serial)>
                    {messages.identifiers}
                </summary>
                <dl class="facts">{facts.map(fact).collect_view()}</dl>
            </details>
        </article>
    }
}

/// How it stands in words, how they look, and since when.
fn state_words(
    messages: &CertificateMessages,
    state: CertificateState,
) -> (&'static str, &'static str, Option<UnixTime>) {
    match state {
        CertificateState::Good => (messages.good, "badge badge-good", None),
        CertificateState::Ended => (messages.ended, "badge", None),
        CertificateState::OnHold { since } => (messages.on_hold, "badge badge-bad", Some(since)),
        CertificateState::Revoked { since, .. } => {
            (messages.revoked, "badge badge-bad", Some(since))
        }
    }
}
