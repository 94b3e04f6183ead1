//! `/staff/dr/groups`: devices put together under a name.

use super::Ways;
use crate::{
    PageTitle,
    api::{
        ApiError,
        staff::dr::{StaffAddToGroup, StaffMakeGroup, StaffRemoveFromGroup},
    },
    components::table::{Table, text},
    messages::staff::use_staff_messages,
    pages::staff::{
        form::{Field, Refusal, Takes, refusal_of, typed_before},
        frame::at_desk,
        parts::device_words,
    },
    ssr::{
        blocking, refuse,
        staff::{
            dr::{GROUP, MEMBER},
            staff_actor,
        },
    },
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{Group, GroupId, GroupMember, Permission, StaffSession};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::{use_params_map, use_query_map};

/// The groups.
#[component]
pub fn GroupsPage() -> impl IntoView {
    at_desk(Permission::SeeEvents, groups)
}

async fn groups(staff: StaffSession) -> Result<AnyView, ApiError> {
    let (actor, may_run) = (
        staff_actor(&staff)?,
        staff.role.allows(Permission::RunEvents),
    );
    let groups = blocking(move |gridpass| gridpass.dr_groups(&staff, &actor)).await?;
    let messages = &use_staff_messages().dr.groups;
    Ok(view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        <Ways />
        <List groups />
        {may_run.then(|| view! { <Make /> })}
    }
    .into_any())
}

#[component]
fn List(groups: Vec<Group>) -> impl IntoView {
    let messages = &use_staff_messages().dr.groups;
    if groups.is_empty() {
        return view! { <p class="hint">{messages.none}</p> }.into_any();
    }
    let columns = [messages.name, messages.devices];
    let row = |group: Group| {
        let name = view! { <a href=format!("/staff/dr/groups/{}", group.id)>{group.name}</a> };
        [name.into_any(), text(group.members)]
    };
    let rows = groups.into_iter().map(row).collect();
    view! { <Table named=messages.title columns rows /> }.into_any()
}

#[component]
fn Make() -> impl IntoView {
    let messages = &use_staff_messages().dr.groups;
    let error = refusal_of::<StaffMakeGroup>();
    let typed: String = typed_before(GROUP);
    view! {
        <section class="card" aria-labelledby="make-title">
            <h2 id="make-title">{messages.make_title}</h2>
            <form class="form" method="post" action=StaffMakeGroup::url()>
                <Refusal error words=make_refused />
                <Field name="name" label=messages.name takes=Takes::Text value=typed max_length=64 />
                <button class="button" type="submit">
                    {messages.make}
                </button>
            </form>
        </section>
    }
}

fn make_refused(error: &ApiError) -> Option<&'static str> {
    let messages = &use_staff_messages().dr.groups;
    match error.name()? {
        ProblemName::Invalid => Some(messages.invalid),
        ProblemName::Conflict => Some(messages.conflict),
        _ => None,
    }
}

/// One group.
#[component]
pub fn GroupPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id"));
    let done = use_query_map().with_untracked(|query| query.get("done"));
    at_desk(Permission::SeeEvents, move |staff| group(staff, id, done))
}

async fn group(
    staff: StaffSession,
    id: Option<String>,
    done: Option<String>,
) -> Result<AnyView, ApiError> {
    let id: GroupId = id
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| refuse(ProblemName::NotFound.into()))?;
    let (actor, may_run) = (
        staff_actor(&staff)?,
        staff.role.allows(Permission::RunEvents),
    );
    let (group, members) = blocking(move |gridpass| gridpass.dr_group(&staff, id, &actor)).await?;
    let messages = &use_staff_messages().dr.groups;
    let done = match done.as_deref() {
        Some("made") => Some(messages.made),
        Some("added") => Some(messages.added),
        Some("removed") => Some(messages.removed),
        _ => None,
    };
    let error = refusal_of::<StaffRemoveFromGroup>();
    Ok(view! {
        <PageTitle text=group.name.clone() />
        <Ways />
        <h1>{group.name.clone()}</h1>
        {done
            .map(|done| {
                view! {
                    <p class="notice notice-good" role="status">
                        {done}
                    </p>
                }
            })}
        <Refusal error />
        {may_run.then(|| view! { <Add id /> })}
        <Members group members may_run />
    }
    .into_any())
}

#[component]
fn Add(id: GroupId) -> impl IntoView {
    let messages = &use_staff_messages().dr.groups;
    let error = refusal_of::<StaffAddToGroup>();
    let typed: String = typed_before(MEMBER);
    view! {
        <section class="card" aria-labelledby="add-title">
            <h2 id="add-title">{messages.add_title}</h2>
            <form class="form" method="post" action=StaffAddToGroup::url()>
                <Refusal error words=add_refused />
                <input type="hidden" name="id" value=id.to_string() />
                <Field
                    name="device"
                    label=messages.device
                    hint=messages.device_hint
                    takes=Takes::Text
                    value=typed
                    max_length=128
                />
                <button class="button" type="submit">
                    {messages.add}
                </button>
            </form>
        </section>
    }
}

fn add_refused(error: &ApiError) -> Option<&'static str> {
    (error.name()? == ProblemName::NotFound).then(|| use_staff_messages().dr.groups.unknown)
}

#[component]
fn Members(group: Group, members: Vec<GroupMember>, may_run: bool) -> impl IntoView {
    let messages = &use_staff_messages().dr.groups;
    if members.is_empty() {
        return view! { <p class="hint">{messages.empty}</p> }.into_any();
    }
    let first = (group.members > members.len() as u64).then(|| (messages.first)(members.len()));
    let table = if may_run {
        let [device, customer] = member_columns();
        let columns = [device, customer, messages.column_actions];
        let row = |member: GroupMember| {
            let remove = view! { <Remove group=group.id member=member.clone() /> }.into_any();
            let [device, customer] = member_cells(member);
            [device, customer, remove]
        };
        let rows = members.into_iter().map(row).collect();
        view! { <Table named=messages.devices columns rows /> }.into_any()
    } else {
        let rows = members.into_iter().map(member_cells).collect();
        view! { <Table named=messages.devices columns=member_columns() rows /> }.into_any()
    };
    view! {
        {first.map(|first| view! { <p class="hint">{first}</p> })}
        {table}
    }
    .into_any()
}

fn member_columns() -> [&'static str; 2] {
    let messages = &use_staff_messages().dr.groups;
    [messages.column_device, messages.column_customer]
}

fn member_cells(member: GroupMember) -> [AnyView; 2] {
    let device = device_words(member.nickname.as_deref(), &member.device_id_hint);
    let address = format!("/staff/enrollments/{}", member.enrollment);
    [
        view! { <a href=address>{device}</a> }.into_any(),
        text(format!(
            "{} ({})",
            member.account_name, member.account_number
        )),
    ]
}

#[component]
fn Remove(group: GroupId, member: GroupMember) -> impl IntoView {
    let messages = &use_staff_messages().dr.groups;
    let device = device_words(member.nickname.as_deref(), &member.device_id_hint);
    view! {
        <form method="post" action=StaffRemoveFromGroup::url()>
            <input type="hidden" name="id" value=group.to_string() />
            <input type="hidden" name="enrollment" value=member.enrollment.to_string() />
            <button
                class="button button-quiet"
                type="submit"
                aria-label=(messages.remove_this)(&device)
            >
                {messages.remove}
            </button>
        </form>
    }
}
