//! `/staff/security`: a member of staff's own way in.

use super::{
    form::{Field, Refusal, Takes, refusal_of},
    frame::at_desk,
    parts::StaffTime,
    passkey::{PasskeyButton, Use},
};
use crate::{
    PageTitle,
    api::{
        ApiError,
        staff::{
            passkey::{BeginPasskey, FinishPasskey, RemovePasskey},
            security::{ChangePassword, StaffSignOutEverywhere},
        },
    },
    messages::staff::use_staff_messages,
    pages::sessions::{SessionList, SessionWords},
    ssr::staff::{passkey::list, security::sessions},
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{PasskeyView, Permission};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

/// The own way in: where one is signed in, the password.
#[component]
pub fn SecurityPage() -> impl IntoView {
    let changed = use_query_map().with_untracked(|query| query.get_str("changed").is_some());
    // Everybody on the staff may see enrollments, and everybody has a way in.
    at_desk(Permission::SeeEnrollments, move |staff| async move {
        let here = staff.id;
        let keys = list(staff.clone()).await?;
        let sessions = sessions(staff).await?;
        let messages = &use_staff_messages().people;
        Ok(view! {
            <PageTitle text=messages.security_title />
            <h1>{messages.security_title}</h1>
            {changed
                .then(|| {
                    view! {
                        <p class="notice" role="status">
                            {messages.password_changed}
                        </p>
                    }
                })}
            <Passkeys keys />
            <SessionList
            sessions
            here
            words=session_words()
            sign_out=StaffSignOutEverywhere::url()
            moment=|at| view! { <StaffTime at /> }.into_any()
        />
            <Password />
        }
        .into_any())
    })
}

#[component]
fn Passkeys(keys: Vec<PasskeyView>) -> impl IntoView {
    let messages = &use_staff_messages().sign_in;
    let refusal = refusal_of::<RemovePasskey>();
    let none = keys.is_empty();
    let item = |key: PasskeyView| {
        view! {
            <li class="card">
                <p>{key.name.clone()} " · " <StaffTime at=key.made_at /></p>
                <form method="post" action=RemovePasskey::url()>
                    <input type="hidden" name="id" value=key.id />
                    <button
                        class="button button-quiet"
                        type="submit"
                        aria-label=format!("{}: {}", messages.passkey_remove, key.name)
                    >
                        {messages.passkey_remove}
                    </button>
                </form>
            </li>
        }
    };
    view! {
        <section class="stack">
            <h2>{messages.passkeys}</h2>
            <Refusal error=refusal words=of_removal />
            {none.then(|| view! { <p>{messages.passkeys_none}</p> })}
            <ul class="cards">{keys.into_iter().map(item).collect_view()}</ul>
            <PasskeyButton
                label=messages.passkey_add
                does=Use::Create
                begin=BeginPasskey::PATH
                finish=FinishPasskey::PATH
                next="/staff/security"
            />
        </section>
    }
}

fn of_removal(error: &ApiError) -> Option<&'static str> {
    (error.name() == Some(ProblemName::Conflict)).then(|| use_staff_messages().sign_in.passkey_last)
}

#[component]
fn Password() -> impl IntoView {
    let messages = use_staff_messages();
    let (words_of, sign_in) = (&messages.people, &messages.sign_in);
    let refusal = refusal_of::<ChangePassword>();
    view! {
        <section class="narrow">
            <h2>{words_of.password_title}</h2>
            <form class="card form" method="post" action=ChangePassword::url()>
                <Refusal error=refusal words />
                <Field
                    name="password"
                    label=words_of.password_today
                    takes=Takes::Password
                    max_length=512
                />
                <Field
                    name="new_password"
                    label=sign_in.new_password
                    hint=sign_in.new_password_hint
                    takes=Takes::NewPassword
                    max_length=512
                />
                <Field
                    name="code"
                    label=sign_in.code
                    hint=sign_in.code_hint
                    takes=Takes::OneTimeCode
                    max_length=16
                />
                <button class="button" type="submit">
                    {words_of.password_change}
                </button>
            </form>
        </section>
    }
}

fn words(error: &ApiError) -> Option<&'static str> {
    let messages = use_staff_messages();
    match error.name()? {
        ProblemName::Forbidden => Some(messages.people.password_refused),
        ProblemName::Invalid => Some(messages.sign_in.weak_password),
        _ => None,
    }
}

fn session_words() -> SessionWords {
    let messages = &use_staff_messages().people;
    SessionWords {
        title: messages.sessions,
        seen: messages.seen,
        this_browser: messages.this_browser,
        sign_out_everywhere: messages.sign_out_everywhere,
    }
}
