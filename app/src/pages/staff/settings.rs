//! `/staff/settings`: how connected devices go on, in versions.

use super::{
    form::{Refusal, refusal_of},
    frame::at_desk,
    parts::{EVENTS, StaffTime},
};
use crate::{
    PageTitle,
    api::{
        ApiError,
        staff::settings::{StaffBringBackSettings, StaffChangeSettings},
    },
    components::table::{Named, Table, text},
    messages::staff::{settings::SettingsMessages, use_staff_messages},
    ssr::{blocking, staff::staff_actor},
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{
    Counts, EnrollmentKind, Permission, SettingsError, SettingsVersion, StaffSession,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let done = use_query_map().with_untracked(|query| query.get("done"));
    at_desk(Permission::ManageSettings, move |staff| {
        content(staff, done)
    })
}

async fn content(staff: StaffSession, done: Option<String>) -> Result<AnyView, ApiError> {
    let actor = staff_actor(&staff)?;
    let (devices, gateways) = blocking(move |gridpass| {
        let of = |kind| gridpass.desk_settings(&staff, kind, &actor);
        Ok::<_, SettingsError>((of(EnrollmentKind::Device)?, of(EnrollmentKind::Gateway)?))
    })
    .await?;
    Ok(view! { <Content devices gateways done=done.unwrap_or_default() /> }.into_any())
}

#[component]
fn Content(
    devices: Vec<SettingsVersion>,
    gateways: Vec<SettingsVersion>,
    done: String,
) -> impl IntoView {
    let messages = &use_staff_messages().settings;
    let words = match done.as_str() {
        "changed" => Some(messages.saved),
        "brought-back" => Some(messages.was_brought_back),
        _ => None,
    };
    let change = refusal_of::<StaffChangeSettings>();
    let bring_back = refusal_of::<StaffBringBackSettings>();
    view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        {words
            .map(|words| {
                view! {
                    <p class="notice notice-good" role="status">
                        {words}
                    </p>
                }
            })}
        <Refusal error=change words=refusal_words />
        <Refusal error=bring_back words=refusal_words />
        <Kind kind=EnrollmentKind::Device name=messages.devices versions=devices />
        <Kind kind=EnrollmentKind::Gateway name=messages.gateways versions=gateways />
    }
}

/// The settings of one kind of device.
#[component]
fn Kind(kind: EnrollmentKind, name: &'static str, versions: Vec<SettingsVersion>) -> impl IntoView {
    let messages = &use_staff_messages().settings;
    let title = format!("settings-{kind}-title");
    let title_id = title.clone();
    let table = format!("settings-{kind}");
    let newest = versions.first().cloned();
    let columns = [
        messages.version,
        messages.says,
        messages.made,
        messages.reach,
        messages.action,
    ];
    let row =
        |(place, version): (usize, SettingsVersion)| cells(version, (place > 0).then_some(kind));
    let named = Named::As((messages.versions)(name));
    let rows = versions.into_iter().enumerate().map(row).collect();
    view! {
        <section class="card" aria-labelledby=title>
            <h2 id=title_id>{name}</h2>
            {newest.map(|newest| view! { <Change kind newest /> })}
            <div id=table data-live=EVENTS>
                <Table named columns rows />
            </div>
        </section>
    }
}

/// Of a version; an older one can come back for its kind of device.
fn cells(version: SettingsVersion, can_come_back: Option<EnrollmentKind>) -> [AnyView; 5] {
    let messages = &use_staff_messages().settings;
    let number = version.version;
    let reach = version
        .counts
        .map(|counts| reach_words(messages, &counts))
        .unwrap_or_default();
    let contacts: Vec<_> = [
        version.settings.support_email,
        version.settings.support_phone,
    ]
    .into_iter()
    .flatten()
    .collect();
    let action = match can_come_back {
        None => view! { <span class="badge badge-good">{messages.in_force}</span> }.into_any(),
        Some(kind) => view! {
            <form method="post" action=StaffBringBackSettings::url()>
                <input type="hidden" name="kind" value=kind.as_str() />
                <input type="hidden" name="version" value=number />
                <button class="button button-quiet" type="submit">
                    {(messages.bring_back)(number)}
                </button>
            </form>
        }
        .into_any(),
    };
    let says = view! {
        <div>
            <p>{(messages.polls)(version.settings.poll_interval)}</p>
            {contacts.into_iter().map(|text| view! { <p class="hint">{text}</p> }).collect_view()}
        </div>
    };
    let made = view! {
        <div>
            <p>{version.made_by.unwrap_or_else(|| messages.configured.to_owned())}</p>
            {version.made_at.map(|at| view! { <p class="hint"><StaffTime at /></p> })}
            {version
                .brought_back
                .map(|older| view! { <p class="hint">{(messages.brought_back)(older)}</p> })}
        </div>
    };
    let reach = view! {
        <div>
            <p>{reach}</p>
            {(!version.is_spread).then(|| view! { <p class="hint">{messages.spreading}</p> })}
        </div>
    };
    [
        text(number),
        says.into_any(),
        made.into_any(),
        reach.into_any(),
        action,
    ]
}

fn reach_words(messages: &SettingsMessages, counts: &Counts) -> String {
    (messages.counts)(
        counts.executed + counts.acknowledged,
        counts.queued + counts.delivered,
        counts.refused + counts.failed,
    )
}

#[component]
fn Change(kind: EnrollmentKind, newest: SettingsVersion) -> impl IntoView {
    let messages = &use_staff_messages().settings;
    let settings = newest.settings;
    let id = move |field: &str| format!("{kind}-{field}");
    let contact = move |field: &'static str, label: &'static str, value: Option<String>| {
        let hint = id(&format!("{field}-hint"));
        view! {
            <div class="field">
                <label for=id(field)>{label}</label>
                <p class="hint" id=hint.clone()>
                    {messages.contact_hint}
                </p>
                <input
                    type="text"
                    id=id(field)
                    name=field
                    maxlength="255"
                    autocomplete="off"
                    value=value.unwrap_or_default()
                    aria-describedby=hint
                />
            </div>
        }
    };
    view! {
        <details class="fold">
            <summary>{messages.change}</summary>
            <form class="form" method="post" action=StaffChangeSettings::url()>
                <p class="hint">{messages.change_text}</p>
                <input type="hidden" name="kind" value=kind.as_str() />
                <div class="field">
                    <label for=id("poll")>{messages.poll_interval}</label>
                    <p class="hint" id=id("poll-hint")>
                        {messages.poll_interval_hint}
                    </p>
                    <input
                        type="number"
                        id=id("poll")
                        name="poll_interval"
                        min="1"
                        max="86400"
                        required=true
                        value=settings.poll_interval
                        aria-describedby=id("poll-hint")
                    />
                </div>
                {contact("support_email", messages.support_email, settings.support_email)}
                {contact("support_phone", messages.support_phone, settings.support_phone)}
                <button class="button" type="submit">
                    {messages.save}
                </button>
            </form>
        </details>
    }
}

/// Words of the forms' own for some refusals.
fn refusal_words(error: &ApiError) -> Option<&'static str> {
    let messages = use_staff_messages();
    match error.name()? {
        ProblemName::Invalid | ProblemName::BadRequest => Some(messages.settings.invalid),
        ProblemName::Conflict => Some(messages.jobs.moved_on),
        _ => None,
    }
}
