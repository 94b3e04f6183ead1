//! `/staff/enrollments`: the provider's enrollments, newest first, with search and filters. The
//! list follows what happens while it is open.

use super::{
    attention::{Waiting, WaitingDevices},
    frame::at_desk,
    parts::{
        EVENTS, EnrollmentBadge, StaffTime, channel_words, choice, device_words, name_of, query,
        state_words,
    },
};
use crate::{
    PageTitle,
    api::{ApiError, staff::enrollments::StaffSearch},
    components::table::{Table, text},
    messages::staff::use_staff_messages,
    ssr::{blocking, staff::staff_actor},
};
use gridpass_provider::{
    Channel, DeskError, EnrollmentFilter, EnrollmentRow, Gridpass, Permission, StaffSession,
    StateName,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

const PATH: &str = "/staff/enrollments";
const DAY: u64 = 24 * 60 * 60;
/// The ages that are offered, in days.
const AGES: [&str; 4] = ["1", "7", "30", "90"];

const STATES: [StateName; 9] = [
    StateName::Open,
    StateName::Issued,
    StateName::Active,
    StateName::Suspended,
    StateName::Locked,
    StateName::Expired,
    StateName::Superseded,
    StateName::Cancelled,
    StateName::Revoked,
];

const CHANNELS: [Channel; 5] = [
    Channel::Screen,
    Channel::Email,
    Channel::Sms,
    Channel::Letter,
    Channel::Api,
];

/// What the address asks for. Words that are not known filter nothing.
#[derive(Clone, Default)]
struct Asked {
    /// What is searched for, as the address says it: sealed.
    sealed_search: String,
    search: String,
    state: Option<StateName>,
    channel: Option<Channel>,
    age: String,
    after: String,
}

impl Asked {
    fn read() -> Self {
        let query = use_query_map();
        let value = |name: &str| query.with_untracked(|query| query.get(name).unwrap_or_default());
        Self {
            sealed_search: value("q"),
            search: String::new(),
            state: value("state").parse().ok(),
            channel: value("channel").parse().ok(),
            age: AGES
                .into_iter()
                .find(|age| *age == value("age"))
                .unwrap_or_default()
                .to_owned(),
            after: value("after"),
        }
    }

    fn is_everything(&self) -> bool {
        self.search.is_empty()
            && self.state.is_none()
            && self.channel.is_none()
            && self.age.is_empty()
            && self.after.is_empty()
    }

    /// Opens what the address says only sealed; what does not open asks for nothing.
    fn open(mut self, gridpass: &Gridpass, staff: &StaffSession) -> Self {
        let open = |sealed: &str| {
            gridpass
                .open_from_address(staff, sealed)
                .unwrap_or_default()
        };
        self.search = open(&self.sealed_search);
        self.after = open(&self.after);
        self
    }

    /// The address of the page after `after`, sealed; of the first one if that is empty.
    fn address(&self, after: &str) -> String {
        let pairs = [
            ("q", self.sealed_search.as_str()),
            ("state", self.state.map_or("", StateName::as_str)),
            ("channel", self.channel.map_or("", Channel::as_str)),
            ("age", &self.age),
            ("after", after),
        ];
        format!("{PATH}{}", query(&pairs))
    }
}

/// The list.
#[component]
pub fn EnrollmentsPage() -> impl IntoView {
    let asked = Asked::read();
    at_desk(Permission::SeeEnrollments, move |staff| {
        content(staff, asked)
    })
}

async fn content(staff: StaffSession, asked: Asked) -> Result<AnyView, ApiError> {
    let actor = staff_actor(&staff)?;
    let colleague = staff.clone();
    let (asked, rows, next, devices) = blocking(move |gridpass| {
        let asked = asked.open(gridpass, &colleague);
        let wanted = asked.clone();
        let days: Option<u64> = wanted.age.parse().ok();
        let filter = EnrollmentFilter {
            state: wanted.state,
            channel: wanted.channel,
            since: days.map(|days| gridpass.clock_now().minus(days * DAY)),
            search: wanted.search,
            after: wanted.after.parse().ok(),
        };
        let page = gridpass.desk_enrollments(&colleague, &filter, &actor)?;
        let next = page.next.as_ref().map(ToString::to_string);
        let next = next.map(|next| gridpass.seal_for_address(&colleague, &next));
        let devices = WaitingDevices::find(gridpass, &colleague, &actor)?;
        Ok::<_, DeskError>((asked, page.rows, next, devices))
    })
    .await?;
    Ok(view! { <Content staff asked rows next devices /> }.into_any())
}

#[component]
fn Content(
    staff: StaffSession,
    asked: Asked,
    rows: Vec<EnrollmentRow>,
    next: Option<String>,
    devices: WaitingDevices,
) -> impl IntoView {
    let messages = use_staff_messages();
    let list = &messages.enrollments;
    let register = staff.role.allows(Permission::RegisterDevices).then(|| {
        view! {
            <a class="button" href="/staff/intake">
                {messages.intake.title}
            </a>
        }
    });
    view! {
        <PageTitle text=list.title />
        <div class="title-row">
            <h1>{list.title}</h1>
            {register}
        </div>
        <div id="attention" class="stack" data-live=EVENTS>
            <Waiting devices />
        </div>
        <FilterForm asked=asked.clone() />
        <div id="enrollments" class="stack" data-live=EVENTS>
            <List asked rows next />
        </div>
        <p class="hint live-hint">{list.live}</p>
    }
}

#[component]
fn FilterForm(asked: Asked) -> impl IntoView {
    let messages = &use_staff_messages().enrollments;
    let state = asked.state.map_or("", StateName::as_str);
    let channel = asked.channel.map_or("", Channel::as_str);
    let ages = &messages.ages;
    let age_words = [ages.day, ages.week, ages.month, ages.quarter];
    let age = asked.age.clone();
    view! {
        <form class="filter" method="post" action=StaffSearch::url() role="search" aria-label=messages.filter>
            <div class="field filter-search">
                <label for="q">{messages.search}</label>
                <input
                    type="search"
                    id="q"
                    name="q"
                    value=asked.search.clone()
                    maxlength="128"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="q-hint"
                />
                <p class="hint" id="q-hint">
                    {messages.search_hint}
                </p>
            </div>
            <div class="field">
                <label for="state">{messages.state}</label>
                <select id="state" name="state">
                    <option value="">{messages.any}</option>
                    {STATES.map(|name| choice(name.as_str(), state_words(name), state)).collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="channel">{messages.channel}</label>
                <select id="channel" name="channel">
                    <option value="">{messages.any}</option>
                    {CHANNELS
                        .map(|name| choice(name.as_str(), channel_words(name), channel))
                        .collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="age">{messages.age}</label>
                <select id="age" name="age">
                    <option value="">{messages.any}</option>
                    {AGES
                        .into_iter()
                        .zip(age_words)
                        .map(|(days, words)| choice(days, words, &age))
                        .collect_view()}
                </select>
            </div>
            <div class="button-row filter-buttons">
                <button class="button" type="submit">
                    {messages.show}
                </button>
                {(!asked.is_everything())
                    .then(|| {
                        view! {
                            <a class="button button-quiet" href=PATH>
                                {messages.show_all}
                            </a>
                        }
                    })}
            </div>
        </form>
    }
}

#[component]
fn List(asked: Asked, rows: Vec<EnrollmentRow>, next: Option<String>) -> impl IntoView {
    let messages = &use_staff_messages().enrollments;
    if rows.is_empty() && next.is_none() {
        let (title, text) = if asked.is_everything() {
            (messages.none_title, messages.none_text)
        } else {
            (messages.no_match_title, messages.no_match_text)
        };
        return view! {
            <section class="message">
                <h2>{title}</h2>
                <p class="lead">{text}</p>
            </section>
        }
        .into_any();
    }
    let columns = [
        messages.device,
        messages.customer,
        messages.state,
        messages.channel,
        messages.registered,
    ];
    let rows = rows.into_iter().map(cells).collect();
    view! {
        <Table named=messages.title columns rows />
        <nav class="button-row" aria-label=messages.pages>
            {(!asked.after.is_empty())
                .then(|| {
                    view! {
                        <a class="button button-quiet" id="page-first" href=asked.address("")>
                            {messages.first}
                        </a>
                    }
                })}
            {next
                .map(|next| {
                    view! {
                        <a
                            class="button button-quiet"
                            id="page-next"
                            href=asked.address(&next)
                        >
                            {messages.next}
                        </a>
                    }
                })}
        </nav>
    }
    .into_any()
}

fn cells(row: EnrollmentRow) -> [AnyView; 5] {
    let name = device_words(row.nickname.as_deref(), &row.device_id_hint);
    let id = format!("row-{}", row.id);
    let device = view! {
        <a id=id href=format!("{PATH}/{}", row.id)>
            {name}
        </a>
    };
    let customer = view! {
        <span>{row.account.name}</span>
        <span class="hint">{row.account.number.to_string()}</span>
    };
    [
        device.into_any(),
        customer.into_any(),
        view! { <EnrollmentBadge state=name_of(&row.state) /> }.into_any(),
        text(channel_words(row.channel)),
        view! { <StaffTime at=row.created_at /> }.into_any(),
    ]
}
