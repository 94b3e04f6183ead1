//! The part of the pages for signing in that leads to the issuers of providers.

use crate::{api::site::ProviderView, messages::own::use_own_messages, ssr::oidc::offers};
use gridpass_provider::Audience;
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// What went wrong with a sign-in at an issuer, if the page's address says that one just failed.
pub fn oidc_refusal(query: &ParamsMap) -> AnyView {
    let messages = &use_own_messages().oidc;
    let sentence = match query.get_str("oidc") {
        Some("refused") => messages.refused,
        Some("unavailable") => messages.unavailable,
        _ => return ().into_any(),
    };
    view! {
        <p class="notice notice-problem" role="alert">
            {sentence}
        </p>
    }
    .into_any()
}

/// A way to each issuer that these people sign in at; nothing where there is none.
pub async fn oidc_ways(audience: Audience) -> AnyView {
    // Whoever cannot be told of this way has the other one, on the same page.
    let providers = offers(audience).await.unwrap_or_default();
    let word = match audience {
        Audience::Customer => "customer",
        Audience::Staff => "staff",
    };
    let way = move |ProviderView { id, name, .. }| {
        let text = (use_own_messages().oidc.sign_in_with)(&name);
        // Not a form: the policy lets forms lead to our own pages only.
        view! {
            <a class="button button-quiet" rel="external" href=format!("/oidc/{id}/{word}/begin")>
                {text}
            </a>
        }
    };
    providers.into_iter().map(way).collect_view().into_any()
}
