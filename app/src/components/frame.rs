//! What surrounds every page: skip link, header, footer.

use crate::{
    api::{
        account::SignOut,
        site::{ChooseLanguage, ProviderView},
    },
    components::art::{Art, Drawing},
    messages::{
        Language, developers::DeveloperMessages, own::use_own_messages, use_language, use_messages,
    },
    use_session, use_site,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_location;

/// Jumps over the header.
#[component]
pub fn SkipLink(
    /// The id of the element to jump to.
    to: &'static str,
) -> impl IntoView {
    view! {
        <a class="skip-link" href=format!("#{to}")>
            {use_messages().common.skip_to_content}
        </a>
    }
}

/// Name, language switch, navigation.
#[component]
pub fn Header() -> impl IntoView {
    let messages = use_messages();
    view! {
        <header class="header">
            <div class="header-inner">
                <a class="brand" href="/">
                    <Art drawing=Drawing::Mark />
                    <span>"Gridpass"</span>
                </a>
                <LanguageSwitch />
                {(!is_desk())
                    .then(|| {
                        view! {
                            <nav class="navigation" aria-label=messages.common.navigation>
                                <Suspense>
                                    {Suspend::new(async move { navigation().await })}
                                </Suspense>
                            </nav>
                        }
                    })}
            </div>
        </header>
    }
}

/// Whether the page is the desk's: it has a navigation of its own.
fn is_desk() -> bool {
    let path = use_location().pathname;
    path.with_untracked(|path| path == "/staff" || path.starts_with("/staff/"))
}

async fn navigation() -> AnyView {
    let messages = &use_messages().common;
    if use_session().await.ok().flatten().is_none() {
        return view! {
            <a class="navigation-link" href="/device">
                {use_own_messages().this_device.title}
            </a>
            <a class="navigation-link" href="/account">
                {messages.sign_in}
            </a>
        }
        .into_any();
    }
    view! {
        <a class="navigation-link" href="/devices">
            {messages.my_devices}
        </a>
        <a class="navigation-link" href="/account/data">
            {use_own_messages().data.title}
        </a>
        <form method="post" action=SignOut::url()>
            <button class="navigation-link" type="submit">
                {messages.sign_out}
            </button>
        </form>
    }
    .into_any()
}

/// Offers the other languages.
#[component]
fn LanguageSwitch() -> impl IntoView {
    let current = use_language();
    let others = Language::ALL
        .into_iter()
        .filter(move |language| *language != current);
    view! {
        <form
            class="language"
            method="post"
            action=ChooseLanguage::url()
            aria-label=use_messages().common.language
        >
            {others
                .map(|language| {
                    view! {
                        <button
                            class="navigation-link"
                            type="submit"
                            name="language"
                            value=language.tag()
                            lang=language.tag()
                        >
                            {language.own_name()}
                        </button>
                    }
                })
                .collect_view()}
        </form>
    }
}

/// What this is, and who helps.
#[component]
pub fn Footer() -> impl IntoView {
    view! {
        <footer class="footer">
            <div class="footer-inner">
                <p>{use_messages().common.footer}</p>
                <p>
                    <a href="/developers">
                        {DeveloperMessages::of(use_language()).title}
                    </a>
                </p>
                <Suspense>{move || Suspend::new(async move { help().await })}</Suspense>
            </div>
        </footer>
    }
}

/// Contacts of the provider one is signed in with, or of all of them.
async fn help() -> impl IntoView {
    let provider = use_session()
        .await
        .ok()
        .flatten()
        .map(|session| session.provider);
    let providers = use_site()
        .await
        .map(|site| site.providers)
        .unwrap_or_default();
    providers
        .into_iter()
        .filter(|candidate| provider.as_ref().is_none_or(|id| *id == candidate.id))
        .map(|provider| view! { <Contact provider /> })
        .collect_view()
}

#[component]
fn Contact(provider: ProviderView) -> impl IntoView {
    let ProviderView {
        name,
        support_email,
        support_phone,
        ..
    } = provider;
    (support_email.is_some() || support_phone.is_some()).then(|| {
        view! {
            <p class="contact">
                <span>{(use_messages().common.help_from)(&name)}</span>
                {support_email.map(|address| view! { <a href=format!("mailto:{address}")>{address.clone()}</a> })}
                {support_phone.map(|number| view! { <a href=dialled(&number)>{number.clone()}</a> })}
            </p>
        }
    })
}

/// The address that dials a number, without what only makes it readable (RFC 3966).
fn dialled(number: &str) -> String {
    let digits = number.chars().filter(|c| c.is_ascii_digit() || *c == '+');
    format!("tel:{}", digits.collect::<String>())
}
