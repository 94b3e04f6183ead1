//! `/staff/customers`: the account directory.

pub mod fields;
pub mod import;

pub use import::ImportPage;

use super::{
    form::{Field, Refusal, Takes, refusal_of, typed_before},
    frame::at_desk,
};
use crate::{
    PageTitle,
    api::{
        ApiError,
        device::DeviceView,
        staff::customers::{AccountInput, WriteAccount},
    },
    components::{
        device::{StateBadge, device_name},
        table::{Table, text},
    },
    messages::{Language, staff::use_staff_messages},
    ssr::staff::customers::{FORM, page, view},
};
use fields::AccountFields;
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{
    AccountForm, AccountId, AccountPage, AccountQuery, AccountView, EnrollmentView, Permission,
    PostalAddress, StaffSession,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::{use_params_map, use_query_map};

/// The list, and the form of a new account.
#[component]
pub fn CustomersPage() -> impl IntoView {
    let query = use_query_map().with_untracked(|map| AccountQuery {
        search: map.get("q").unwrap_or_default(),
        after: map.get("after").and_then(|id| id.parse().ok()),
    });
    at_desk(Permission::SeeEnrollments, |staff| async move {
        let search = query.search.clone();
        let found = page(staff.clone(), query).await?;
        Ok(view! { <List staff found search /> }.into_any())
    })
}

#[component]
fn List(staff: StaffSession, found: AccountPage, search: String) -> impl IntoView {
    let messages = &use_staff_messages().customers;
    let next = found
        .next
        .map(|after| format!("/staff/customers?after={after}"));
    let list = if found.accounts.is_empty() {
        view! { <p class="lead">{messages.none}</p> }.into_any()
    } else {
        view! { <Accounts accounts=found.accounts /> }.into_any()
    };
    view! {
        <PageTitle text=messages.title />
        <div class="title-row">
            <h1>{messages.title}</h1>
            {staff
                .role
                .allows(Permission::ImportInBulk)
                .then(|| {
                    view! {
                        <a class="button button-quiet" href="/staff/customers/import">
                            {messages.import}
                        </a>
                    }
                })}
        </div>
        <form class="form" method="get" action="/staff/customers" role="search">
            <Field
                name="q"
                label=messages.search
                hint=messages.search_hint
                takes=Takes::Text
                value=search
                required=false
                max_length=254
            />
            <button class="button button-quiet" type="submit">
                {messages.search_send}
            </button>
        </form>
        {list}
        {next
            .map(|next| {
                view! {
                    <a class="button button-quiet" href=next>
                        {messages.next}
                    </a>
                }
            })}
        {staff
            .role
            .allows(Permission::EditAccounts)
            .then(|| {
                view! { <AccountForm title=messages.new_title known=AccountInput::default() /> }
            })}
    }
}

#[component]
fn Accounts(accounts: Vec<AccountView>) -> impl IntoView {
    let messages = &use_staff_messages().customers;
    let fields = &messages.fields;
    let columns = [
        fields.name,
        fields.number,
        fields.email,
        fields.mobile,
        fields.city,
    ];
    let row = |account: AccountView| {
        let details = account.details;
        let city = details.address.map(|address| address.city);
        let name = view! { <a href=format!("/staff/customers/{}", account.id)>{details.name}</a> };
        [
            name.into_any(),
            text(details.number),
            text(details.email.unwrap_or_default()),
            text(details.mobile.unwrap_or_default()),
            text(city.unwrap_or_default()),
        ]
    };
    let rows = accounts.into_iter().map(row).collect();
    view! { <Table named=messages.title columns rows /> }
}

/// One account: what is known of it, and its devices.
#[component]
pub fn CustomerPage() -> impl IntoView {
    let id: Option<AccountId> = use_params_map()
        .with_untracked(|params| params.get("id"))
        .and_then(|id| id.parse().ok());
    at_desk(Permission::SeeEnrollments, move |staff| async move {
        let Some(id) = id else {
            return Err(ProblemName::NotFound.into());
        };
        let (account, enrollments) = view(staff.clone(), id).await?;
        Ok(view! { <Customer staff account enrollments /> }.into_any())
    })
}

#[component]
fn Customer(
    staff: StaffSession,
    account: AccountView,
    enrollments: Vec<EnrollmentView>,
) -> impl IntoView {
    let messages = &use_staff_messages().customers;
    let name = account.details.name.clone();
    let may_edit = staff.role.allows(Permission::EditAccounts);
    let known = AccountInput::from(AccountForm::from(account.details.clone()));
    view! {
        <PageTitle text=name.clone() />
        <h1>{name}</h1>
        <Facts account />
        <Devices enrollments />
        {may_edit.then(|| view! { <AccountForm title=messages.edit_title known /> })}
    }
}

#[component]
fn Facts(account: AccountView) -> impl IntoView {
    let fields = &use_staff_messages().customers.fields;
    let details = account.details;
    let address = details.address.map(PostalAddress::into_line);
    let language = Language::from(details.language);
    let fact = |name: &'static str, value: Option<String>| {
        value.map(|value| {
            view! {
                <dt>{name}</dt>
                <dd>{value}</dd>
            }
        })
    };
    view! {
        <dl class="facts">
            {fact(fields.number, Some(details.number.to_string()))}
            {fact(fields.email, details.email)} {fact(fields.mobile, details.mobile)}
            {fact(fields.line_1, address)}
            {fact(fields.language, Some(language.own_name().to_owned()))}
        </dl>
    }
}

#[component]
fn Devices(enrollments: Vec<EnrollmentView>) -> impl IntoView {
    let messages = &use_staff_messages().customers;
    let none = enrollments.is_empty();
    let item = |enrollment: EnrollmentView| {
        let address = format!("/staff/enrollments/{}", enrollment.id);
        let device = DeviceView::from(enrollment);
        view! {
            <li class="card">
                <a href=address>{device_name(&device)}</a>
                " "
                <StateBadge state=device.state />
            </li>
        }
    };
    view! {
        <section class="stack">
            <h2>{messages.devices}</h2>
            {none.then(|| view! { <p class="lead">{messages.devices_none}</p> })}
            <ul class="cards">{enrollments.into_iter().map(item).collect_view()}</ul>
        </section>
    }
}

/// The form of an account. After a refusal it holds what was typed.
#[component]
fn AccountForm(title: &'static str, known: AccountInput) -> impl IntoView {
    let messages = &use_staff_messages().customers;
    let refusal = refusal_of::<WriteAccount>();
    let typed: Option<AccountInput> = typed_before(FORM);
    let open = refusal.is_some();
    let before = typed.filter(|_| open).unwrap_or(known);
    view! {
        <details class="fold" open=open>
            <summary>{title}</summary>
            <form class="card form" method="post" action=WriteAccount::url()>
                <Refusal error=refusal words />
                <AccountFields before />
                <button class="button" type="submit">
                    {messages.save}
                </button>
            </form>
        </details>
    }
}

fn words(error: &ApiError) -> Option<&'static str> {
    use_staff_messages().customers.form_refusal(error.name()?)
}
