//! `/staff/people`: who is on the staff, for admins.

use super::{
    form::{Field, Refusal, Takes, refusal_of, typed_before},
    frame::{at_desk, role_name},
};
use crate::{
    PageTitle,
    api::{
        ApiError,
        staff::people::{ChangeRole, DisableStaff, EnableStaff, InviteColleague, ResetStaff},
    },
    components::table::{Table, text},
    messages::staff::use_staff_messages,
    ssr::{
        cookies,
        staff::people::{INVITED, MAILED, list},
    },
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{Permission, Role, StaffId, StaffSession, StaffView, Standing};
use leptos::{prelude::*, server_fn::ServerFn};

/// Who is on the staff.
#[component]
pub fn PeoplePage() -> impl IntoView {
    at_desk(Permission::ManageStaff, |staff| async move {
        let people = list(staff.clone()).await?;
        Ok(view! { <People staff people /> }.into_any())
    })
}

#[component]
fn People(staff: StaffSession, people: Vec<StaffView>) -> impl IntoView {
    let messages = &use_staff_messages().people;
    let own = staff.staff_id;
    let refusal = refusal_of::<ChangeRole>()
        .or_else(refusal_of::<DisableStaff>)
        .or_else(refusal_of::<EnableStaff>)
        .or_else(refusal_of::<ResetStaff>);
    let columns = [
        messages.name,
        messages.email,
        messages.role,
        messages.standing,
        messages.actions,
    ];
    let rows = people
        .into_iter()
        .map(|person| cells(person, own))
        .collect();
    view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <Shown />
        <Refusal error=refusal words=of_change />
        <Table named=messages.title columns rows />
        <Invite />
    }
}

/// An invitation that was just made: where it went, or the link for whoever hands it over.
#[component]
fn Shown() -> impl IntoView {
    let messages = &use_staff_messages().people;
    let mailed = cookies::take_kept(MAILED).map(|to: String| {
        view! {
            <p class="card" role="status">
                {(messages.mailed)(&to)}
            </p>
        }
    });
    let link = cookies::take_kept(INVITED).map(|link: String| {
        view! {
            <section class="card stack" role="status">
                <h2>{messages.link_title}</h2>
                <p>{messages.link_text}</p>
                <p>
                    <code class="code" data-testid="invitation">
                        {link}
                    </code>
                </p>
            </section>
        }
    });
    view! {
        {mailed}
        {link}
    }
}

/// Of somebody, for whoever is `own`.
fn cells(person: StaffView, own: StaffId) -> [AnyView; 5] {
    let messages = &use_staff_messages().people;
    let StaffView {
        id,
        name,
        email,
        role,
        standing,
        ..
    } = person;
    let (class, word) = match standing {
        Standing::Invited => ("badge badge-waiting", messages.invited),
        Standing::Active => ("badge badge-good", messages.active),
        Standing::Disabled => ("badge badge-bad", messages.disabled),
    };
    let actions = if id == own {
        view! { <span class="hint">{messages.yourself}</span> }.into_any()
    } else {
        view! { <Actions id name=name.clone() role standing /> }.into_any()
    };
    [
        text(name),
        text(email),
        text(role_name(role)),
        view! { <span class=class>{word}</span> }.into_any(),
        actions,
    ]
}

#[component]
fn Actions(id: StaffId, name: String, role: Role, standing: Standing) -> impl IntoView {
    let messages = &use_staff_messages().people;
    let id = id.to_string();
    let (toggle, toggle_name) = match standing {
        Standing::Disabled => (EnableStaff::url(), messages.enable),
        Standing::Invited | Standing::Active => (DisableStaff::url(), messages.disable),
    };
    view! {
        <div class="button-row">
            <form class="button-row" method="post" action=ChangeRole::url()>
                <input type="hidden" name="id" value=id.clone() />
                <RoleChoice label=format!("{}: {name}", messages.role) chosen=role />
                <button
                    class="button button-quiet"
                    type="submit"
                    aria-label=format!("{}: {name}", messages.change_role)
                >
                    {messages.change_role}
                </button>
            </form>
            <form method="post" action=ResetStaff::url()>
                <input type="hidden" name="id" value=id.clone() />
                <button
                    class="button button-quiet"
                    type="submit"
                    aria-label=format!("{}: {name}", messages.reset)
                >
                    {messages.reset}
                </button>
            </form>
            <form method="post" action=toggle>
                <input type="hidden" name="id" value=id />
                <button
                    class="button button-quiet"
                    type="submit"
                    aria-label=format!("{toggle_name}: {name}")
                >
                    {toggle_name}
                </button>
            </form>
        </div>
    }
}

#[component]
fn RoleChoice(
    #[prop(optional)] id: Option<&'static str>,
    label: String,
    chosen: Role,
) -> impl IntoView {
    let option = |role: Role| {
        view! {
            <option value=role.as_str() selected=role == chosen>
                {role_name(role)}
            </option>
        }
    };
    view! {
        <select id=id name="role" aria-label=label>
            {Role::ALL.map(option).collect_view()}
        </select>
    }
}

#[component]
fn Invite() -> impl IntoView {
    let messages = &use_staff_messages().people;
    let (email, name): (String, String) = typed_before("invite");
    let refusal = refusal_of::<InviteColleague>();
    view! {
        <section class="narrow">
            <h2>{messages.invite_title}</h2>
            <form class="card form" method="post" action=InviteColleague::url()>
                <Refusal error=refusal words=of_invitation />
                <Field name="name" label=messages.name takes=Takes::Text value=name max_length=128 />
                <Field name="email" label=messages.email takes=Takes::Email value=email max_length=254 />
                <div class="field">
                    <label for="invite-role">{messages.role}</label>
                    <RoleChoice
                        id="invite-role"
                        label=messages.role.to_owned()
                        chosen=Role::Support
                    />
                </div>
                <button class="button" type="submit">
                    {messages.invite}
                </button>
            </form>
        </section>
    }
}

fn of_invitation(error: &ApiError) -> Option<&'static str> {
    let messages = &use_staff_messages().people;
    match error.name()? {
        ProblemName::Conflict => Some(messages.taken),
        ProblemName::Invalid => Some(messages.invalid),
        _ => None,
    }
}

fn of_change(error: &ApiError) -> Option<&'static str> {
    let messages = use_staff_messages();
    match error.name()? {
        ProblemName::Conflict => Some(messages.people.not_yourself),
        ProblemName::NotFound => Some(messages.frame.gone),
        _ => None,
    }
}
