//! `/staff/intake`: a device is registered for a customer who calls. First the customer is found,
//! then the device is taken down.

use super::{
    enrollment_actions::WayField,
    form::{Field, Refusal, Takes, refusal_of, typed_before},
    frame::at_desk,
    parts::query,
};
use crate::{
    PageTitle,
    api::{
        ApiError,
        staff::enrollments::{StaffRegister, TypedIntake},
    },
    messages::{Language, staff::use_staff_messages},
    ssr::{blocking, staff::staff_actor},
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{
    AccountDetails, AccountError, AccountId, AccountPage, AccountQuery, AccountView, ChannelOffer,
    EnrollmentKind, Permission, StaffSession,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

const PATH: &str = "/staff/intake";

/// The intake.
#[component]
pub fn IntakePage() -> impl IntoView {
    let query = use_query_map();
    let value = |name: &str| query.with_untracked(|query| query.get(name).unwrap_or_default());
    let (typed, account) = (value("q").trim().to_owned(), value("account"));
    at_desk(Permission::RegisterDevices, move |staff| async move {
        match account.parse() {
            Ok(account) => device_step(staff, account).await,
            Err(_) => customer_step(staff, typed).await,
        }
    })
}

async fn customer_step(staff: StaffSession, typed: String) -> Result<AnyView, ApiError> {
    let found = if typed.is_empty() {
        None
    } else {
        let actor = staff_actor(&staff)?;
        let asked = AccountQuery {
            search: typed.clone(),
            after: None,
        };
        let page = blocking(move |gridpass| {
            let page = gridpass.account_page(&staff, &asked, &actor)?;
            Ok::<_, IntakeError>(page)
        });
        Some(page.await?)
    };
    Ok(view! { <Customer typed found /> }.into_any())
}

async fn device_step(staff: StaffSession, id: AccountId) -> Result<AnyView, ApiError> {
    let actor = staff_actor(&staff)?;
    let (account, offers) = blocking(move |gridpass| {
        let (account, _) = gridpass.account_view(&staff, id, &actor)?;
        let offers = gridpass.desk_offers(&staff, id, &actor)?;
        Ok::<_, IntakeError>((account, offers))
    })
    .await?;
    Ok(view! { <Device account offers /> }.into_any())
}

/// What the steps may be refused by.
enum IntakeError {
    Account(AccountError),
    Desk(gridpass_provider::DeskError),
}

impl From<AccountError> for IntakeError {
    fn from(error: AccountError) -> Self {
        Self::Account(error)
    }
}

impl From<gridpass_provider::DeskError> for IntakeError {
    fn from(error: gridpass_provider::DeskError) -> Self {
        Self::Desk(error)
    }
}

impl From<IntakeError> for ApiError {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Account(AccountError::NotFound) => ProblemName::NotFound.into(),
            IntakeError::Account(AccountError::Invalid(_)) => ProblemName::Invalid.into(),
            IntakeError::Account(AccountError::NotAllowed(_)) => ProblemName::Forbidden.into(),
            IntakeError::Account(AccountError::Store(error)) => error.into(),
            IntakeError::Desk(error) => error.into(),
        }
    }
}

/// The first step.
#[component]
fn Customer(typed: String, found: Option<AccountPage>) -> impl IntoView {
    let messages = &use_staff_messages().intake;
    view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        <section class="card" aria-labelledby="customer-title">
            <h2 id="customer-title">{messages.customer_title}</h2>
            <form class="form" method="get" action=PATH role="search">
                <Field
                    name="q"
                    label=messages.find
                    hint=messages.find_hint
                    takes=Takes::Text
                    value=typed
                    max_length=128
                />
                <button class="button" type="submit">
                    {messages.find_button}
                </button>
            </form>
            {found.map(|found| view! { <Found found /> })}
        </section>
    }
}

#[component]
fn Found(found: AccountPage) -> impl IntoView {
    let messages = &use_staff_messages().intake;
    let AccountPage { accounts, next } = found;
    if accounts.is_empty() {
        return view! { <p role="status">{messages.none}</p> }.into_any();
    }
    let count = (messages.found)(accounts.len());
    let item = |account: AccountView| {
        let address = format!("{PATH}{}", query(&[("account", &account.id.to_string())]));
        let AccountDetails { name, number, .. } = account.details;
        let choose = (messages.choose)(&name);
        view! {
            <li>
                <a class="choice-link" href=address aria-label=format!("{choose}, {number}")>
                    <span>
                        {name} " "
                        <span class="hint">{number.to_string()}</span>
                    </span>
                </a>
            </li>
        }
    };
    view! {
        <p role="status">{count}</p>
        <ul class="choice-links">{accounts.into_iter().map(item).collect_view()}</ul>
        {next.map(|_| view! { <p class="hint">{messages.more}</p> })}
    }
    .into_any()
}

/// The second step.
#[component]
fn Device(account: AccountView, offers: Vec<ChannelOffer>) -> impl IntoView {
    let messages = &use_staff_messages().intake;
    let id = account.id;
    let AccountDetails { name, number, .. } = account.details;
    let form = if offers.is_empty() {
        view! {
            <p class="notice notice-warning">
                <a href=format!("/staff/customers/{id}")>{messages.no_way}</a>
            </p>
        }
        .into_any()
    } else {
        view! { <DeviceForm id offers /> }.into_any()
    };
    view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        <section class="card" aria-labelledby="customer-title">
            <h2 id="customer-title">{messages.customer_title}</h2>
            <p>
                {name} " "
                <span class="hint">{number.to_string()}</span>
            </p>
            <p>
                <a href=PATH>{messages.other_customer}</a>
            </p>
        </section>
        <section class="card" aria-labelledby="device-title">
            <h2 id="device-title">{messages.device_title}</h2>
            {form}
        </section>
    }
}

#[component]
fn DeviceForm(id: AccountId, offers: Vec<ChannelOffer>) -> impl IntoView {
    let messages = &use_staff_messages().intake;
    let typed: TypedIntake = typed_before("intake");
    let error = refusal_of::<StaffRegister>();
    let kinds = [
        (EnrollmentKind::Device, messages.kind_device),
        (EnrollmentKind::Gateway, messages.kind_gateway),
    ];
    let is_gateway = typed.kind == EnrollmentKind::Gateway.as_str();
    let kind = move |(kind, words): (EnrollmentKind, &'static str)| {
        let chosen = (kind == EnrollmentKind::Gateway) == is_gateway;
        let id = format!("kind-{}", kind.as_str());
        view! {
            <div class="choice">
                <input type="radio" name="kind" id=id.clone() value=kind.as_str() checked=chosen />
                <label for=id>{words}</label>
            </div>
        }
    };
    let chosen = typed.language.clone();
    let language = move |language: Language| {
        view! {
            <option value=language.tag() lang=language.tag() selected=language.tag() == chosen>
                {language.own_name()}
            </option>
        }
    };
    view! {
        <form class="form" method="post" action=StaffRegister::url()>
            <Refusal error words=refusal_words />
            <input type="hidden" name="account" value=id.to_string() />
            <Field
                name="device_id"
                label=messages.device_id
                hint=messages.device_id_hint
                takes=Takes::Text
                value=typed.device_id
                max_length=128
            />
            <fieldset class="choices">
                <legend>{messages.kind}</legend>
                {kinds.map(kind).collect_view()}
            </fieldset>
            <Field
                name="nickname"
                label=messages.nickname
                hint=messages.nickname_hint
                takes=Takes::Text
                value=typed.nickname
                required=false
                max_length=64
            />
            <WayField id="intake-channel" label=messages.way offers chosen=typed.channel />
            <div class="field">
                <label for="intake-language">{messages.language}</label>
                <select id="intake-language" name="language">
                    <option value="">{messages.own_language}</option>
                    {Language::ALL.map(language).collect_view()}
                </select>
            </div>
            <button class="button" type="submit">
                {messages.register}
            </button>
        </form>
    }
}

fn refusal_words(error: &ApiError) -> Option<&'static str> {
    let messages = &use_staff_messages().intake;
    match error.name()? {
        ProblemName::InvalidDeviceId => Some(messages.bad_device_id),
        ProblemName::AlreadyEnrolled => Some(messages.taken),
        ProblemName::Invalid => Some(messages.bad_way),
        ProblemName::BadRequest => Some(messages.bad_field),
        _ => None,
    }
}
