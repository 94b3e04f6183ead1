//! What is known about a connected device; the technical part behind a fold.

use crate::{
    api::device::{CertificateView, DeviceState, DeviceView},
    components::time::Moment,
    messages::use_messages,
};
use gridpass_protocol::device_id::DeviceIdKind;
use leptos::prelude::*;

/// A connected device's facts.
#[component]
pub fn Facts(
    /// The device.
    device: DeviceView,
) -> impl IntoView {
    let messages = &use_messages().devices;
    let kind = match device.device_id_kind {
        DeviceIdKind::Mac => messages.id_kind.mac,
        DeviceIdKind::Eui64 => messages.id_kind.eui64,
        DeviceIdKind::Imei => messages.id_kind.imei,
        DeviceIdKind::Udid => messages.id_kind.udid,
        DeviceIdKind::Serial => messages.id_kind.serial,
    };
    let connected_at = match device.state {
        DeviceState::Issued { at } => Some(at),
        _ => None,
    };
    let not_after = device
        .certificate
        .as_ref()
        .map(|certificate| certificate.not_after);
    view! {
        <section class="card">
            <h2>{messages.facts_title}</h2>
            <dl class="facts">
                <dt>{messages.device_id}</dt>
                <dd>{kind} {device.device_id_end.map(|end| format!(", … {end}"))}</dd>
                {connected_at
                    .map(|at| {
                        view! {
                            <dt>{messages.connected_at}</dt>
                            <dd>
                                <Moment at />
                            </dd>
                        }
                    })}
                {not_after
                    .map(|at| {
                        view! {
                            <dt>{messages.pass_until}</dt>
                            <dd>
                                <Moment at />
                            </dd>
                        }
                    })}
                <dt>{messages.added_at}</dt>
                <dd>
                    <Moment at=device.created_at />
                </dd>
            </dl>
            {device
                .certificate
                .map(|certificate| {
                    view! { <Technical certificate key_algorithm=device.key_algorithm /> }
                })}
        </section>
    }
}

#[component]
fn Technical(certificate: CertificateView, key_algorithm: String) -> impl IntoView {
    let messages = &use_messages().devices;
    let facts = [
        (messages.key_algorithm, key_algorithm),
        (messages.fingerprint, certificate.fingerprint),
        (messages.ven_fingerprint, certificate.ven_fingerprint),
        (messages.lfdi, certificate.lfdi),
        (messages.sfdi, certificate.sfdi),
    ];
    let fact = |(name, value)| {
        view! {
            <dt>{name}</dt>
            <dd class="code">{value}</dd>
        }
    };
    view! {
        <details class="fold">
            <summary>{messages.technical}</summary>
            <p class="hint">{messages.technical_text}</p>
            <dl class="facts">{facts.map(fact).collect_view()}</dl>
        </details>
    }
}
