//! Joining the staff. The invitation's code travels in the fragment of its link and is pasted
//! here, so that it reaches no log and nothing that merely opens the link can spend it.

use super::{
    form::{Field, Refusal, Takes, refusal_of},
    frame::{refused_at_desk, role_name},
    passkey::{PasskeyButton, Use},
};
use crate::{
    PageTitle,
    api::{
        ApiError,
        staff::{
            passkey::{BeginPasskeyAccept, FinishPasskeyAccept},
            sign_in::{AcceptInvitation, OpenInvitation},
        },
    },
    messages::staff::use_staff_messages,
    ssr::staff::sign_in::held_invitation,
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::InvitationView;
use leptos::{prelude::*, server_fn::ServerFn};

/// Opens an invitation, then sets up how to sign in.
#[component]
pub fn InvitationPage() -> impl IntoView {
    let page = async move {
        match held_invitation().await {
            Ok(Some(invitation)) => view! { <Join invitation /> }.into_any(),
            Ok(None) => view! { <Open /> }.into_any(),
            Err(error) => refused_at_desk(error),
        }
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }
}

#[component]
fn Open() -> impl IntoView {
    let messages = &use_staff_messages().sign_in;
    let refusal = refusal_of::<OpenInvitation>().or_else(refusal_of::<AcceptInvitation>);
    view! {
        <PageTitle text=messages.invitation_title />
        <section class="narrow">
            <h1>{messages.invitation_title}</h1>
            <p class="lead">{messages.invitation_lead}</p>
            <form class="card form" method="post" action=OpenInvitation::url() data-fragment="token">
                <Refusal error=refusal words />
                <Field
                    name="token"
                    label=messages.invitation_code
                    hint=messages.invitation_code_hint
                    takes=Takes::Secret
                    max_length=512
                />
                <button class="button" type="submit">
                    {messages.invitation_open}
                </button>
            </form>
        </section>
    }
}

#[component]
fn Join(invitation: InvitationView) -> impl IntoView {
    let messages = &use_staff_messages().sign_in;
    let refusal = refusal_of::<AcceptInvitation>();
    let title = (messages.join_title)(&invitation.provider_name);
    let lead = (messages.join_lead)(&invitation.email, role_name(invitation.role));
    view! {
        <PageTitle text=title.clone() />
        <section class="narrow">
            <h1>{title}</h1>
            <p class="lead">{lead}</p>
            <p>{messages.passkey_join_text}</p>
            <PasskeyButton
                label=messages.passkey_join
                does=Use::Create
                begin=BeginPasskeyAccept::PATH
                finish=FinishPasskeyAccept::PATH
                next="/staff"
            />
            <form class="card form" method="post" action=AcceptInvitation::url()>
                <Refusal error=refusal words />
                // Password managers want to know for whom they keep the password.
                <input type="email" name="email" value=invitation.email autocomplete="username" hidden />
                <Field
                    name="password"
                    label=messages.new_password
                    hint=messages.new_password_hint
                    takes=Takes::NewPassword
                    max_length=512
                />
                <h2>{messages.authenticator_title}</h2>
                <p>{messages.authenticator_text}</p>
                <div
                    class="qr"
                    role="img"
                    aria-label=messages.authenticator_image
                    inner_html=invitation.totp_svg
                ></div>
                <p>
                    {messages.authenticator_type}" "
                    <code class="code" data-testid="totp-secret">
                        {invitation.totp_secret}
                    </code>
                </p>
                <Field
                    name="code"
                    label=messages.code
                    hint=messages.authenticator_code_hint
                    takes=Takes::OneTimeCode
                    max_length=16
                />
                <button class="button" type="submit">
                    {messages.join}
                </button>
            </form>
        </section>
    }
}

fn words(error: &ApiError) -> Option<&'static str> {
    let messages = &use_staff_messages().sign_in;
    match error.name()? {
        ProblemName::NotFound => Some(messages.invitation_refused),
        ProblemName::Invalid => Some(messages.weak_password),
        ProblemName::Unauthorized => Some(messages.wrong_code),
        _ => None,
    }
}
