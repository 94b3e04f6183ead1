//! `/staff/programme`: how far the codes of the last weeks came, drawn and as tables.

use super::{
    frame::at_desk,
    parts::{channel_words, choice, query},
};
use crate::{
    PageTitle,
    api::ApiError,
    components::table::{Holds, Named, Table, text},
    messages::staff::use_staff_messages,
    ssr::{blocking, staff::staff_actor},
};
use gridpass_protocol::time::UnixTime;
use gridpass_provider::{
    Channel, Funnel, Permission, ProgrammeDay, ProgrammeSpan, StaffSession, date_of,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use std::collections::BTreeMap;

const PATH: &str = "/staff/programme";

const CHANNELS: [Channel; 5] = [
    Channel::Screen,
    Channel::Email,
    Channel::Sms,
    Channel::Letter,
    Channel::Api,
];

/// Of the drawing of the stages.
const WIDTH: u64 = 640;
const BAR: u64 = 36;
const ROW: u64 = 56;
const NAMES: u64 = 150;
const NUMBERS: u64 = 130;

/// The figures.
#[component]
pub fn ProgrammePage() -> impl IntoView {
    let query = use_query_map();
    let value = |name: &str| query.with_untracked(|query| query.get(name).unwrap_or_default());
    let span = value("days").parse().unwrap_or_default();
    let channel = value("channel").parse().ok();
    at_desk(Permission::SeeProgramme, move |staff| {
        content(staff, span, channel)
    })
}

async fn content(
    staff: StaffSession,
    span: ProgrammeSpan,
    channel: Option<Channel>,
) -> Result<AnyView, ApiError> {
    let actor = staff_actor(&staff)?;
    let mut days = blocking(move |gridpass| gridpass.desk_programme(&staff, span, &actor)).await?;
    days.retain(|day| channel.is_none_or(|channel| day.channel == channel));
    Ok(view! { <Content span channel days /> }.into_any())
}

#[component]
fn Content(
    span: ProgrammeSpan,
    channel: Option<Channel>,
    days: Vec<ProgrammeDay>,
) -> impl IntoView {
    let messages = &use_staff_messages().programme;
    let mut total = Funnel::default();
    for day in &days {
        total += day.funnel;
    }
    let export = format!("{PATH}.csv{}", query(&[("days", &span.days().to_string())]));
    let figures = if total.registered == 0 {
        view! { <p class="lead">{messages.none}</p> }.into_any()
    } else {
        view! {
            <Stages total />
            <Days days=days.clone() />
            <ByChannel days=days.clone() total />
            <ByDay days />
        }
        .into_any()
    };
    let meaning = messages
        .meaning
        .map(|sentence| view! { <p class="hint">{sentence}</p> })
        .collect_view();
    view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        <Choose span channel />
        {figures}
        <section class="stack" aria-labelledby="meaning-title">
            <h2 id="meaning-title">{messages.meaning_title}</h2>
            {meaning}
        </section>
        <p>
            <a class="button button-quiet" href=export download="">
                {messages.export}
            </a>
        </p>
    }
}

#[component]
fn Choose(span: ProgrammeSpan, channel: Option<Channel>) -> impl IntoView {
    let messages = &use_staff_messages().programme;
    let span_option = move |offered: ProgrammeSpan| {
        let days = offered.days();
        view! {
            <option value=days.to_string() selected=offered == span>
                {(messages.days)(days)}
            </option>
        }
    };
    let chosen = channel.map_or("", Channel::as_str);
    view! {
        <form class="filter" method="get" action=PATH aria-label=messages.filter>
            <div class="field">
                <label for="days">{messages.span}</label>
                <select id="days" name="days">
                    {ProgrammeSpan::ALL.map(span_option).collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="channel">{messages.channel}</label>
                <select id="channel" name="channel">
                    <option value="">{messages.any}</option>
                    {CHANNELS
                        .map(|name| choice(name.as_str(), channel_words(name), chosen))
                        .collect_view()}
                </select>
            </div>
            <div class="button-row filter-buttons">
                <button class="button" type="submit">
                    {messages.show}
                </button>
            </div>
        </form>
    }
}

/// The stages as bars, each beside the one that all come from. The table says the same in words.
#[component]
fn Stages(total: Funnel) -> impl IntoView {
    let messages = &use_staff_messages().programme;
    let room = WIDTH - NAMES - NUMBERS;
    let most = total.registered.max(1);
    let bar = |(row, (name, count)): (u64, (&'static str, u64))| {
        let (top, middle) = (row * ROW, row * ROW + BAR / 2 + 6);
        // A label that was never noted as made is not counted beyond the whole.
        let width = (room * count / most).min(room);
        let share = format!("{count} ({} %)", (count * 100 / most).min(100));
        view! {
            <text x="0" y=middle.to_string() font-size="17">
                {name}
            </text>
            <rect
                class="chart-ground"
                x=NAMES.to_string()
                y=top.to_string()
                width=room.to_string()
                height=BAR.to_string()
                rx="6"
            ></rect>
            <rect
                class="chart-bar"
                x=NAMES.to_string()
                y=top.to_string()
                width=width.to_string()
                height=BAR.to_string()
                rx="6"
            ></rect>
            <text x=WIDTH.to_string() y=middle.to_string() font-size="17" text-anchor="end">
                {share}
            </text>
        }
    };
    let stages = messages.stages.into_iter().zip(total.stages());
    let view_box = format!("0 0 {WIDTH} {}", 4 * ROW + BAR);
    view! {
        <section class="card" aria-label=messages.chart>
            <svg class="chart" viewBox=view_box role="img" aria-label=messages.chart>
                {(0..).zip(stages).map(bar).collect_view()}
            </svg>
        </section>
    }
}

/// Each day as a column: what was made, and of it what is confirmed.
#[component]
fn Days(days: Vec<ProgrammeDay>) -> impl IntoView {
    const HEIGHT: u64 = 160;
    let messages = &use_staff_messages().programme;
    let days = by_day(&days);
    let most = days
        .values()
        .map(|day| day.registered)
        .max()
        .unwrap_or(1)
        .max(1);
    let first = days.keys().next().map_or(0, |day| day.0 / 86_400);
    let last = days.keys().last().map_or(0, |day| day.0 / 86_400);
    let count = last - first + 1;
    let step = (WIDTH / count).max(1);
    // A day alone is a column, not a wall.
    let width = (step * 4 / 5).clamp(1, 48);
    let column = |(day, funnel): (UnixTime, Funnel)| {
        let left = ((day.0 / 86_400 - first) * WIDTH / count).to_string();
        let height = |labels: u64| (HEIGHT * labels / most).min(HEIGHT);
        let (made, confirmed) = (height(funnel.registered), height(funnel.confirmed));
        view! {
            <rect
                class="chart-made"
                x=left.clone()
                y=(HEIGHT - made).to_string()
                width=width.to_string()
                height=made.to_string()
            ></rect>
            <rect
                class="chart-bar"
                x=left
                y=(HEIGHT - confirmed).to_string()
                width=width.to_string()
                height=confirmed.to_string()
            ></rect>
        }
    };
    let ends = [first, last].map(|day| date_of(UnixTime(day * 86_400)));
    let [from, to] = ends;
    let to = (first != last).then_some(to);
    let baseline = (HEIGHT + 24).to_string();
    let view_box = format!("0 0 {WIDTH} {}", HEIGHT + 30);
    view! {
        <section class="card" aria-label=messages.days_chart>
            <p class="hint">{messages.days_chart}</p>
            <svg class="chart" viewBox=view_box role="img" aria-label=messages.days_chart>
                {days.into_iter().map(column).collect_view()}
                <text class="chart-soft" x="0" y=baseline.clone() font-size="15">
                    {from}
                </text>
                <text
                    class="chart-soft"
                    x=WIDTH.to_string()
                    y=baseline
                    font-size="15"
                    text-anchor="end"
                >
                    {to}
                </text>
            </svg>
        </section>
    }
}

fn by_day(days: &[ProgrammeDay]) -> BTreeMap<UnixTime, Funnel> {
    let mut sums = BTreeMap::<_, Funnel>::new();
    for day in days {
        *sums.entry(day.day).or_default() += day.funnel;
    }
    sums
}

#[component]
fn ByChannel(days: Vec<ProgrammeDay>, total: Funnel) -> impl IntoView {
    let messages = &use_staff_messages().programme;
    let sum = |channel: Channel| {
        let mut sum = Funnel::default();
        for day in days.iter().filter(|day| day.channel == channel) {
            sum += day.funnel;
        }
        (channel_words(channel).to_owned(), sum)
    };
    let mut rows: Vec<_> = CHANNELS
        .into_iter()
        .map(sum)
        .filter(|(_, funnel)| funnel.registered > 0)
        .collect();
    rows.push((messages.all_channels.to_owned(), total));
    view! {
        <section class="stack" aria-labelledby="by-channel">
            <h2 id="by-channel">{messages.by_channel}</h2>
            <Funnels labelled_by="by-channel" first=messages.channel rows />
        </section>
    }
}

#[component]
fn ByDay(days: Vec<ProgrammeDay>) -> impl IntoView {
    let messages = &use_staff_messages().programme;
    // Youngest first: what one looks for.
    let rows = by_day(&days)
        .into_iter()
        .rev()
        .map(|(day, funnel)| (date_of(day), funnel))
        .collect::<Vec<_>>();
    view! {
        <details class="fold">
            <summary id="by-day">{messages.by_day}</summary>
            <Funnels labelled_by="by-day" first=messages.day rows />
        </details>
    }
}

#[component]
fn Funnels(
    labelled_by: &'static str,
    first: &'static str,
    rows: Vec<(String, Funnel)>,
) -> impl IntoView {
    let [a, b, c, d, e] = use_staff_messages().programme.stages;
    let row = |(name, funnel): (String, Funnel)| {
        let [a, b, c, d, e] = funnel.stages().map(text);
        [text(name), a, b, c, d, e]
    };
    let rows = rows.into_iter().map(row).collect();
    let columns = [first, a, b, c, d, e];
    view! { <Table named=Named::By(labelled_by) holds=Holds::Numbers columns rows /> }
}
