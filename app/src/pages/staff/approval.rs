//! A device that waits for staff to approve it.

use super::{enrollment_actions::sent_back, form::Refusal, parts::StaffTime};
use crate::{
    api::{ApiError, staff::enrollments::StaffApprove},
    messages::staff::use_staff_messages,
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{ApprovalView, EnrollmentId, Permission, StaffSession};
use leptos::{prelude::*, server_fn::ServerFn};

/// What waits, and the way to let it go on.
#[component]
pub fn Approval(
    /// Who is signed in.
    staff: StaffSession,
    /// Which enrollment.
    id: EnrollmentId,
    /// Its request.
    asked: ApprovalView,
) -> impl IntoView {
    let messages = &use_staff_messages().approval;
    let key: String = asked.key.iter().map(|byte| format!("{byte:02x}")).collect();
    let waits = asked.approved_at.is_none();
    let (title, text) = if waits {
        (messages.waits, messages.waits_text)
    } else {
        (messages.approved, messages.approved_text)
    };
    let may_approve = waits && staff.role.allows(Permission::ActOnEnrollments);
    let form = may_approve.then(|| {
        let (error, _) = sent_back::<StaffApprove>();
        view! {
            <form class="form" method="post" action=StaffApprove::url()>
                <Refusal error words=refusal_words />
                <input type="hidden" name="id" value=id.to_string() />
                <input type="hidden" name="key" value=key.clone() />
                <button class="button" type="submit">
                    {messages.approve}
                </button>
            </form>
        }
    });
    view! {
        <section class="card" aria-labelledby="approval-title">
            <h2 id="approval-title">{title}</h2>
            <p>{text}</p>
            <dl class="facts">
                <dt>{messages.key}</dt>
                <dd class="code">{key}</dd>
                <dt>{messages.since}</dt>
                <dd>
                    <StaffTime at=asked.asked_at />
                </dd>
            </dl>
            {form}
        </section>
    }
}

fn refusal_words(error: &ApiError) -> Option<&'static str> {
    match error.name()? {
        ProblemName::BadRequest => Some(use_staff_messages().approval.moved_on),
        _ => None,
    }
}
