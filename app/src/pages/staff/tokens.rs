//! `/staff/tokens`: tokens of the provider's own systems, for admins.

use super::{
    form::{Field, Refusal, Takes, refusal_of},
    frame::at_desk,
    parts::StaffTime,
};
use crate::{
    PageTitle,
    api::{
        ApiError,
        staff::tokens::{MakeToken, RevokeToken},
    },
    components::table::{Table, text},
    messages::staff::use_staff_messages,
    ssr::{
        cookies,
        staff::tokens::{MADE, list},
    },
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{ApiScope, ApiTokenView, Permission};
use leptos::{prelude::*, server_fn::ServerFn};

/// The provider's tokens.
#[component]
pub fn TokensPage() -> impl IntoView {
    at_desk(Permission::ManageTokens, |staff| async move {
        let tokens = list(staff).await?;
        Ok(view! { <Tokens tokens /> }.into_any())
    })
}

#[component]
fn Tokens(tokens: Vec<ApiTokenView>) -> impl IntoView {
    let messages = &use_staff_messages().people;
    let made: Option<String> = cookies::take_kept(MADE);
    let table = if tokens.is_empty() {
        view! { <p class="lead">{messages.tokens_none}</p> }.into_any()
    } else {
        view! { <List tokens /> }.into_any()
    };
    view! {
        <PageTitle text=messages.tokens_title />
        <h1>{messages.tokens_title}</h1>
        <p class="lead">{messages.tokens_lead}</p>
        {made
            .map(|token| {
                view! {
                    <section class="card stack" role="status">
                        <h2>{messages.token_made}</h2>
                        <p>{messages.token_made_text}</p>
                        <p>
                            <code class="code" data-testid="token">
                                {token}
                            </code>
                        </p>
                    </section>
                }
            })}
        <Refusal error=refusal_of_revocation() words />
        {table}
        <Make />
    }
}

fn refusal_of_revocation() -> Option<ApiError> {
    refusal_of::<RevokeToken>()
}

#[component]
fn List(tokens: Vec<ApiTokenView>) -> impl IntoView {
    let messages = &use_staff_messages().people;
    let columns = [
        messages.token_name,
        messages.scopes,
        messages.since,
        messages.actions,
    ];
    let rows = tokens.into_iter().map(cells).collect();
    view! { <Table named=messages.tokens_title columns rows /> }
}

fn cells(token: ApiTokenView) -> [AnyView; 4] {
    let messages = &use_staff_messages().people;
    let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let action = if token.revoked_at.is_some() {
        view! { <span class="badge badge-bad">{messages.revoked}</span> }.into_any()
    } else {
        view! {
            <form method="post" action=RevokeToken::url()>
                <input type="hidden" name="id" value=token.id.to_string() />
                <button
                    class="button button-danger"
                    type="submit"
                    aria-label=format!("{}: {}", messages.revoke, token.name)
                >
                    {messages.revoke}
                </button>
            </form>
        }
        .into_any()
    };
    [
        text(token.name),
        text(scopes.join(", ")),
        view! { <StaffTime at=token.made_at /> }.into_any(),
        action,
    ]
}

#[component]
fn Make() -> impl IntoView {
    let messages = &use_staff_messages().people;
    let refusal = refusal_of::<MakeToken>();
    let scope = |scope: ApiScope| {
        let id = format!("scope-{}", scope.as_str().replace(':', "-"));
        view! {
            <div class="choice">
                <input type="checkbox" id=id.clone() name="scopes[]" value=scope.as_str() />
                <label for=id>{scope.as_str()}</label>
            </div>
        }
    };
    view! {
        <section class="narrow">
            <h2>{messages.make_title}</h2>
            <form class="card form" method="post" action=MakeToken::url()>
                <Refusal error=refusal words />
                <Field
                    name="name"
                    label=messages.token_name
                    hint=messages.token_name_hint
                    takes=Takes::Text
                    max_length=64
                />
                <fieldset class="choices">
                    <legend>{messages.scopes}</legend>
                    {ApiScope::ALL.map(scope).collect_view()}
                </fieldset>
                <button class="button" type="submit">
                    {messages.make}
                </button>
            </form>
        </section>
    }
}

fn words(error: &ApiError) -> Option<&'static str> {
    let messages = use_staff_messages();
    match error.name()? {
        ProblemName::Invalid => Some(messages.people.token_invalid),
        ProblemName::NotFound => Some(messages.frame.gone),
        _ => None,
    }
}
