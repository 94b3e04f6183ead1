//! `/staff/dr/programs`: the programmes that events belong to.

use super::Ways;
use crate::{
    PageTitle,
    api::{
        ApiError,
        staff::dr::{StaffMakeProgram, TypedProgram},
    },
    components::table::{Table, text},
    messages::staff::use_staff_messages,
    pages::staff::{
        form::{Field, Refusal, Takes, refusal_of, typed_before},
        frame::at_desk,
        parts::StaffTime,
    },
    ssr::{
        blocking,
        staff::{dr::PROGRAM, staff_actor},
    },
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{Permission, Program, StaffSession};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

/// The programmes.
#[component]
pub fn ProgramsPage() -> impl IntoView {
    let is_made = use_query_map().with_untracked(|query| query.get("done").is_some());
    at_desk(Permission::SeeEvents, move |staff| content(staff, is_made))
}

async fn content(staff: StaffSession, is_made: bool) -> Result<AnyView, ApiError> {
    let (actor, may_run) = (
        staff_actor(&staff)?,
        staff.role.allows(Permission::RunEvents),
    );
    let programs = blocking(move |gridpass| gridpass.dr_programs(&staff, &actor)).await?;
    let messages = &use_staff_messages().dr.programs;
    Ok(view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        <Ways />
        {is_made
            .then(|| {
                view! {
                    <p class="notice notice-good" role="status">
                        {messages.made}
                    </p>
                }
            })}
        <List programs />
        {may_run.then(|| view! { <Make /> })}
    }
    .into_any())
}

#[component]
fn List(programs: Vec<Program>) -> impl IntoView {
    let messages = &use_staff_messages().dr.programs;
    if programs.is_empty() {
        return view! { <p class="hint">{messages.none}</p> }.into_any();
    }
    let columns = [messages.name, messages.description, messages.since];
    let row = |program: Program| {
        [
            text(program.name),
            text(program.description),
            view! { <StaffTime at=program.made_at /> }.into_any(),
        ]
    };
    let rows = programs.into_iter().map(row).collect();
    view! { <Table named=messages.title columns rows /> }.into_any()
}

#[component]
fn Make() -> impl IntoView {
    let messages = &use_staff_messages().dr.programs;
    let error = refusal_of::<StaffMakeProgram>();
    let typed: TypedProgram = typed_before(PROGRAM);
    view! {
        <section class="card" aria-labelledby="make-title">
            <h2 id="make-title">{messages.make_title}</h2>
            <form class="form" method="post" action=StaffMakeProgram::url()>
                <Refusal error words=refusal_words />
                <Field
                    name="name"
                    label=messages.name
                    takes=Takes::Text
                    value=typed.name
                    max_length=64
                />
                <Field
                    name="description"
                    label=messages.description
                    hint=messages.description_hint
                    takes=Takes::Text
                    value=typed.description
                    required=false
                    max_length=500
                />
                <button class="button" type="submit">
                    {messages.make}
                </button>
            </form>
        </section>
    }
}

fn refusal_words(error: &ApiError) -> Option<&'static str> {
    let messages = &use_staff_messages().dr.programs;
    match error.name()? {
        ProblemName::Invalid => Some(messages.invalid),
        ProblemName::Conflict => Some(messages.conflict),
        _ => None,
    }
}
