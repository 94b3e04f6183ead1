//! Withdrawing a device's certificates: all or one of them, for good or until it is known better.

use super::{
    enrollment_actions::{WordsField, refusal_words, sent_back},
    form::Refusal,
};
use crate::{
    api::staff::enrollments::{StaffHold, StaffRelease, StaffRevoke, StaffRevokeCertificate},
    messages::staff::use_staff_messages,
};
use gridpass_provider::{
    CertificateStanding, EnrollmentId, Permission, RevocationReason, StaffSession, StateView,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// What one can do about the certificates, by the state of the enrollment.
#[component]
pub fn Withdraw(
    /// Who is signed in.
    staff: StaffSession,
    /// The enrollment.
    id: EnrollmentId,
    /// Where it stands.
    state: StateView,
    /// Its certificates.
    certificates: Vec<CertificateStanding>,
) -> impl IntoView {
    let is_held = matches!(state, StateView::Suspended);
    let is_enrolled = is_held || matches!(state, StateView::Issued { .. } | StateView::Active);
    if !is_enrolled || !staff.role.allows(Permission::RevokeCertificates) {
        return None;
    }
    let left: Vec<_> = certificates
        .into_iter()
        .filter(|certificate| certificate.state.can_be_revoked())
        .collect();
    let hold = if is_held {
        view! { <Release id /> }.into_any()
    } else {
        view! { <Hold id /> }.into_any()
    };
    Some(view! {
        {hold}
        {(left.len() > 1).then(|| view! { <RevokeOne id certificates=left /> })}
        <Revoke id />
    })
}

#[component]
fn Hold(id: EnrollmentId) -> impl IntoView {
    let messages = &use_staff_messages().certificates;
    let act = &use_staff_messages().enrollments.act;
    let (error, came_back) = sent_back::<StaffHold>();
    view! {
        <details class="fold" open=came_back>
            <summary id="hold">{messages.hold}</summary>
            <form class="form" method="post" action=StaffHold::url()>
                <Refusal error words=refusal_words />
                <p class="hint">{messages.hold_text}</p>
                <input type="hidden" name="id" value=id.to_string() />
                <WordsField form="hold" label=act.reason hint=act.reason_hint />
                <button class="button button-danger" type="submit">
                    {messages.hold_confirm}
                </button>
            </form>
        </details>
    }
}

#[component]
fn Release(id: EnrollmentId) -> impl IntoView {
    let messages = &use_staff_messages().certificates;
    let act = &use_staff_messages().enrollments.act;
    let (error, came_back) = sent_back::<StaffRelease>();
    view! {
        <details class="fold" open=came_back>
            <summary id="release">{messages.release}</summary>
            <form class="form" method="post" action=StaffRelease::url()>
                <Refusal error words=refusal_words />
                <p class="hint">{messages.release_text}</p>
                <input type="hidden" name="id" value=id.to_string() />
                <WordsField form="release" label=act.reason hint=act.reason_hint />
                <button class="button" type="submit">
                    {messages.release_confirm}
                </button>
            </form>
        </details>
    }
}

#[component]
fn Revoke(id: EnrollmentId) -> impl IntoView {
    let messages = &use_staff_messages().enrollments.act;
    let (error, came_back) = sent_back::<StaffRevoke>();
    view! {
        <details class="fold" open=came_back>
            <summary id="revoke">{messages.revoke}</summary>
            <form class="form" method="post" action=StaffRevoke::url()>
                <Refusal error words=refusal_words />
                <p class="hint">{messages.revoke_text}</p>
                <input type="hidden" name="id" value=id.to_string() />
                <ReasonField id="revoke-reason" />
                <WordsField form="revoke" label=messages.reason hint=messages.reason_hint />
                <button class="button button-danger" type="submit">
                    {messages.revoke_confirm}
                </button>
            </form>
        </details>
    }
}

#[component]
fn RevokeOne(id: EnrollmentId, certificates: Vec<CertificateStanding>) -> impl IntoView {
    let messages = &use_staff_messages().certificates;
    let act = &use_staff_messages().enrollments.act;
    let (error, came_back) = sent_back::<StaffRevokeCertificate>();
    let option = |certificate: CertificateStanding| {
        let serial = certificate.serial.to_string();
        view! { <option value=serial.clone()>{serial.clone()}</option> }
    };
    view! {
        <details class="fold" open=came_back>
            <summary id="revoke-one">{messages.revoke_one}</summary>
            <form class="form" method="post" action=StaffRevokeCertificate::url()>
                <Refusal error words=refusal_words />
                <p class="hint">{messages.revoke_one_text}</p>
                <input type="hidden" name="id" value=id.to_string() />
                <div class="field">
                    <label for="revoke-serial">{messages.which}</label>
                    <select id="revoke-serial" name="serial" required=true>
                        {certificates.into_iter().map(option).collect_view()}
                    </select>
                </div>
                <ReasonField id="revoke-one-reason" />
                <WordsField form="revoke-certificate" label=act.reason hint=act.reason_hint />
                <button class="button button-danger" type="submit">
                    {messages.revoke_one_confirm}
                </button>
            </form>
        </details>
    }
}

/// What happened to the device.
#[component]
fn ReasonField(id: &'static str) -> impl IntoView {
    let messages = &use_staff_messages().enrollments.act;
    let names = &messages.revocation;
    let option = |reason: RevocationReason| {
        let words = match reason {
            RevocationReason::Lost => names.lost,
            RevocationReason::Compromised => names.compromised,
            RevocationReason::Disposed => names.disposed,
            RevocationReason::Replaced => names.replaced,
            RevocationReason::Left => names.left,
        };
        view! { <option value=reason.as_str()>{words}</option> }
    };
    view! {
        <div class="field">
            <label for=id>{messages.revoke_why}</label>
            <select id=id name="reason" required=true>
                {RevocationReason::ALL.map(option).collect_view()}
            </select>
        </div>
    }
}
