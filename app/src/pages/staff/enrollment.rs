//! `/staff/enrollments/:id`: one enrollment: where it stands, what happened, what one can do.

use super::{
    approval::Approval,
    enrollment_actions::{Actions, Done, MovedOn},
    enrollment_certificates::Certificates,
    frame::at_desk,
    keys::{Dismiss, Keys, Suspicion},
    mailbox::Mailbox,
    parts::{EVENTS, EnrollmentBadge, StaffTime, channel_words, device_words, name_of},
    timeline::Timeline,
};
use crate::{
    PageTitle,
    api::ApiError,
    messages::staff::use_staff_messages,
    ssr::{blocking, refuse, staff::staff_actor},
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{
    ChannelOffer, DeskError, Dossier, EnrollmentId, Letter, Permission, StaffSession, StateView,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// One enrollment.
#[component]
pub fn EnrollmentPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id"));
    let done = use_query_map().with_untracked(|query| query.get("done"));
    at_desk(Permission::SeeEnrollments, move |staff| {
        content(staff, id, done)
    })
}

async fn content(
    staff: StaffSession,
    id: Option<String>,
    done: Option<String>,
) -> Result<AnyView, ApiError> {
    let id: EnrollmentId = id
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| refuse(ProblemName::NotFound.into()))?;
    let actor = staff_actor(&staff)?;
    let colleague = staff.clone();
    let (dossier, offers, asked) = blocking(move |gridpass| {
        let dossier = gridpass.desk_enrollment(&colleague, id, &actor)?;
        let offers = gridpass.desk_offers(&colleague, dossier.account.id, &actor)?;
        let asked = gridpass.approval(&colleague, id, &actor)?;
        Ok::<_, DeskError>((dossier, offers, asked))
    })
    .await?;
    let (colleague, actor) = (staff.clone(), staff_actor(&staff)?);
    let letters = blocking(move |gridpass| gridpass.desk_letters(&colleague, id, &actor)).await?;
    let done = done.unwrap_or_default();
    let asked = asked.map(|asked| view! { <Approval staff=staff.clone() id asked /> }.into_any());
    Ok(view! { <Content staff dossier offers letters asked done /> }.into_any())
}

#[component]
fn Content(
    staff: StaffSession,
    dossier: Dossier,
    offers: Vec<ChannelOffer>,
    letters: Vec<Letter>,
    asked: Option<AnyView>,
    done: String,
) -> impl IntoView {
    let messages = &use_staff_messages().enrollments;
    let device = &dossier.enrollment;
    let name = device_words(device.nickname.as_deref(), &device.device_id_hint);
    let state = name_of(&device.state);
    let timeline = dossier.timeline.clone();
    let keys = dossier.keys.clone();
    let id = dossier.enrollment.id;
    let may_dismiss = staff.role.allows(Permission::RevokeCertificates);
    let suspicion = dossier.copy_suspected_at.map(|at| {
        let form = may_dismiss.then(|| view! { <Dismiss id /> }.into_any());
        view! { <Suspicion id at form /> }
    });
    view! {
        <PageTitle text=name.clone() />
        <p class="back">
            <a href="/staff/enrollments">{messages.back}</a>
        </p>
        <Done what=done />
        <MovedOn />
        <div id="suspicion" data-live=EVENTS>
            {suspicion}
        </div>
        <div class="desk-columns">
            <div class="stack">
                <div id="enrollment" class="stack" data-live=EVENTS>
                    <div class="title-row">
                        <h1>{name}</h1>
                        <EnrollmentBadge state />
                    </div>
                    <Facts dossier=dossier.clone() />
                    <Certificates certificates=dossier.certificates.clone() />
                </div>
                <div id="asked" data-live=EVENTS>
                    {asked}
                </div>
                <div id="letters" data-live=EVENTS>
                    <Mailbox staff=staff.clone() id state=dossier.enrollment.state.clone() letters />
                </div>
                <div id="actions" data-live=EVENTS>
                    <Actions staff dossier offers />
                </div>
                <div id="series" data-live=EVENTS>
                    {keys.map(|series| view! { <Keys series /> })}
                </div>
            </div>
            <section class="card" aria-labelledby="timeline-title">
                <h2 id="timeline-title">{messages.timeline.title}</h2>
                <div id="timeline" data-live=EVENTS>
                    <Timeline entries=timeline />
                </div>
            </section>
        </div>
    }
}

/// What is known of the enrollment. Nothing here opens its label.
#[component]
fn Facts(dossier: Dossier) -> impl IntoView {
    let messages = &use_staff_messages().enrollments;
    let Dossier {
        enrollment,
        account,
        ..
    } = dossier;
    let customer = format!("/staff/customers/{}", account.id);
    let open = match enrollment.state {
        StateView::Open {
            expires_at,
            tries_left,
        } => Some(view! {
            <dt>{messages.good_until}</dt>
            <dd>
                <StaffTime at=expires_at />
            </dd>
            <dt>{messages.tries_left}</dt>
            <dd>{tries_left}</dd>
        }),
        _ => None,
    };
    view! {
        <section class="card" aria-labelledby="facts-title">
            <h2 id="facts-title">{messages.facts}</h2>
            <dl class="facts">
                <dt>{messages.customer}</dt>
                <dd>
                    <a id="customer" href=customer>
                        {account.name}
                    </a>
                </dd>
                <dt>{messages.account_number}</dt>
                <dd>{account.number.to_string()}</dd>
                <dt>{messages.channel}</dt>
                <dd>{channel_words(enrollment.channel)}</dd>
                <dt>{messages.registered}</dt>
                <dd>
                    <StaffTime at=enrollment.created_at />
                </dd>
                {open}
                <dt>{messages.temporary_id}</dt>
                <dd class="code">{enrollment.temporary_id.to_string()}</dd>
                <dt>{messages.key_algorithm}</dt>
                <dd>{enrollment.key_algorithm.to_string()}</dd>
            </dl>
        </section>
    }
}
