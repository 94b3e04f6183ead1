//! What devices report against what was asked of them: drawn, and as a table.

use crate::{
    components::table::{Holds, Named, Table, text},
    messages::staff::use_staff_messages,
    pages::staff::parts::StaffTime,
};
use gridpass_protocol::{openadr::rfc3339, time::UnixTime};
use gridpass_provider::{Event, LoadSpan, SignalKind};
use leptos::prelude::*;

/// Seconds of a span.
const SPAN: u64 = 300;
/// How far before the event and after it the drawing reaches, in seconds.
const BEFORE: u64 = 2 * 60 * 60;
const AFTER: u64 = 60 * 60;

/// Of the drawing.
const WIDTH: u64 = 640;
const HEIGHT: u64 = 200;
const LEFT: u64 = 56;
const BOTTOM: u64 = 28;

/// The load that devices report, and the one that the event asks for.
#[component]
pub(super) fn Plot(load: Vec<LoadSpan>, event: Event) -> impl IntoView {
    let messages = &use_staff_messages().dr.event;
    let from = event.draft.starts_at.minus(BEFORE);
    let to = event.ends_at.plus(AFTER);
    let load: Vec<_> = load
        .into_iter()
        .filter(|span| (from..to).contains(&span.at))
        .collect();
    let content = if load.is_empty() {
        view! { <p class="hint">{messages.load_none}</p> }.into_any()
    } else {
        let curves = Curves::new(&event, load);
        view! {
            <Drawing curves=curves.clone() event />
            <Spans curves />
        }
        .into_any()
    };
    view! {
        <section class="card stack" aria-labelledby="load-title">
            <h2 id="load-title">{messages.load}</h2>
            {content}
        </section>
    }
}

/// What is drawn: the spans with readings, and of each what was asked, in watts.
#[derive(Clone)]
struct Curves {
    spans: Vec<(LoadSpan, Option<i64>)>,
}

impl Curves {
    fn new(event: &Event, load: Vec<LoadSpan>) -> Self {
        let baseline = baseline(event, &load);
        let asked = |at: UnixTime| Some(baseline? - reduction(event, at)?);
        Self {
            spans: load
                .into_iter()
                .map(|span| (span, asked(span.at)))
                .collect(),
        }
    }

    fn most(&self) -> i64 {
        let watts =
            |(span, asked): &(LoadSpan, Option<i64>)| span.mean_watts.max(asked.unwrap_or(0));
        let most = self.spans.iter().map(watts).max().unwrap_or(0).max(100);
        // The line has a width: it is not cut off at the top.
        most.saturating_add(most / 10)
    }
}

/// The mean load before the event, which a reduction is measured from; none without readings.
fn baseline(event: &Event, load: &[LoadSpan]) -> Option<i64> {
    if event.draft.signal.kind != SignalKind::Reduction {
        return None;
    }
    let before = load
        .iter()
        .filter(|span| span.at.plus(SPAN) <= event.draft.starts_at);
    let (mut watts, mut seconds) = (0_i128, 0_i128);
    for span in before {
        watts += i128::from(span.mean_watts) * i128::from(span.seconds);
        seconds += i128::from(span.seconds);
    }
    (seconds > 0).then(|| i64::try_from(watts / seconds).unwrap_or(i64::MAX))
}

/// How many watts less the event asks for at a time; none outside of it.
fn reduction(event: &Event, at: UnixTime) -> Option<i64> {
    let draft = &event.draft;
    if at < draft.starts_at || at >= draft.starts_at.plus(draft.length) {
        return None;
    }
    let part = draft.length / draft.signal.amounts.len() as u64;
    let index = usize::try_from(at.since(draft.starts_at) / part).ok()?;
    // Thousandths of a kilowatt.
    Some(draft.signal.amounts.get(index)?.thousandths())
}

#[component]
fn Drawing(curves: Curves, event: Event) -> impl IntoView {
    let messages = &use_staff_messages().dr.event;
    let from = event.draft.starts_at.minus(BEFORE);
    let length = event.ends_at.plus(AFTER).since(from).max(1);
    let most = curves.most();
    let x = move |at: UnixTime| LEFT + (WIDTH - LEFT) * at.since(from).min(length) / length;
    let y = move |watts: i64| {
        let share = i128::from(watts.clamp(0, most)) * i128::from(HEIGHT) / i128::from(most);
        HEIGHT - u64::try_from(share).unwrap_or(0)
    };
    let reported = path(
        curves
            .spans
            .iter()
            .map(|(span, _)| (span.at, Some(span.mean_watts))),
        x,
        y,
    );
    let asked = path(
        curves.spans.iter().map(|(span, asked)| (span.at, *asked)),
        x,
        y,
    );
    let has_asked = !asked.is_empty();
    let is_reduction = event.draft.signal.kind == SignalKind::Reduction;
    let window = (x(event.draft.starts_at), x(event.ends_at));
    let baseline = (HEIGHT + 20).to_string();
    let view_box = format!("0 0 {WIDTH} {}", HEIGHT + BOTTOM);
    let label = |watts: i64, y: u64| {
        view! {
            <text class="chart-soft" x="0" y=y.to_string() font-size="14">
                {format!("{} kW", kilowatts(watts))}
            </text>
        }
    };
    view! {
        <figure class="plot stack">
            <svg class="chart" viewBox=view_box role="img" aria-labelledby="plot-title plot-text">
                <title id="plot-title">{messages.load}</title>
                <desc id="plot-text">{messages.load_text}</desc>
                <rect
                    class="chart-ground"
                    x=window.0.to_string()
                    y="0"
                    width=(window.1 - window.0).max(1).to_string()
                    height=HEIGHT.to_string()
                ></rect>
                <path class="chart-line" d=reported></path>
                {has_asked.then(|| view! { <path class="chart-asked" d=asked></path> })}
                {label(most, 14)}
                {label(0, HEIGHT)}
                <text class="chart-soft" x=window.0.to_string() y=baseline.clone() font-size="14">
                    {clock(event.draft.starts_at)}
                </text>
                <text
                    class="chart-soft"
                    x=WIDTH.to_string()
                    y=baseline
                    font-size="14"
                    text-anchor="end"
                >
                    {clock(event.ends_at.plus(AFTER))}
                </text>
            </svg>
            <figcaption class="legend">
                <span class="legend-line">{messages.reported}</span>
                {has_asked.then(|| view! { <span class="legend-asked">{messages.asked}</span> })}
                <span class="legend-window">{messages.window}</span>
            </figcaption>
            {(is_reduction && !has_asked)
                .then(|| view! { <p class="hint">{messages.no_baseline}</p> })}
        </figure>
    }
}

/// Steps through the values, interrupted where there is none.
fn path(
    values: impl Iterator<Item = (UnixTime, Option<i64>)>,
    x: impl Fn(UnixTime) -> u64,
    y: impl Fn(i64) -> u64,
) -> String {
    let mut path = String::new();
    let mut end = None;
    for (at, watts) in values {
        let Some(watts) = watts else { continue };
        let joins = end == Some(at);
        let command = if joins { 'L' } else { 'M' };
        path.push_str(&format!(
            "{command}{} {}H{}",
            x(at),
            y(watts),
            x(at.plus(SPAN))
        ));
        end = Some(at.plus(SPAN));
    }
    path
}

#[component]
fn Spans(curves: Curves) -> impl IntoView {
    let messages = &use_staff_messages().dr.event;
    let row = |(span, asked): (LoadSpan, Option<i64>)| {
        [
            view! { <StaffTime at=span.at /> }.into_any(),
            text(kilowatts(span.mean_watts)),
            text(asked.map_or_else(|| "–".to_owned(), kilowatts)),
            text(span.seconds / 60),
        ]
    };
    let rows = curves.spans.into_iter().map(row).collect();
    view! {
        <details class="fold">
            <summary id="load-table">{messages.table}</summary>
            <Table
                named=Named::By("load-table")
                holds=Holds::Numbers
                columns=messages.columns
                rows
            />
        </details>
    }
}

/// Watts as kilowatts with two decimals.
fn kilowatts(watts: i64) -> String {
    let sign = if watts < 0 { "-" } else { "" };
    let hundredths = (watts.unsigned_abs() + 5) / 10;
    format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
}

/// The time of day, UTC.
fn clock(at: UnixTime) -> String {
    let text = rfc3339(at);
    format!("{} UTC", text.get(11..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watts_are_shown_as_kilowatts() {
        for (watts, shown) in [
            (0, "0.00"),
            (1499, "1.50"),
            (12_345, "12.35"),
            (-250, "-0.25"),
        ] {
            assert_eq!(kilowatts(watts), shown);
        }
    }

    #[test]
    fn a_line_is_interrupted_where_nothing_is_known() {
        let values = [(0, Some(5)), (300, Some(6)), (600, None), (900, Some(7))];
        let values = values.map(|(at, watts)| (UnixTime(at), watts)).into_iter();
        let drawn = path(values, |at| at.0, |watts| watts.unsigned_abs());
        assert_eq!(drawn, "M0 5H300L300 6H600M900 7H1200");
    }
}
