//! The keys of a device: who vouched for whom, as a graph and in words; and copies of them.

use super::{
    enrollment_actions::{WordsField, refusal_words, sent_back},
    form::Refusal,
    parts::StaffTime,
};
use crate::{
    api::staff::enrollments::StaffDismissCopy,
    messages::staff::{keys::KeyMessages, use_staff_messages},
};
use gridpass_protocol::UnixTime;
use gridpass_provider::{EnrollmentId, KeyInSeries, KeySeries, KeyStanding};
use leptos::{prelude::*, server_fn::ServerFn};

/// Keys that the graph shows.
const DRAWN: usize = 8;
/// Keys that are listed at once; older ones are folded away.
const LISTED: usize = 5;
/// Distances of the graph, in its own units.
const STEP: usize = 92;
const MIDDLE: usize = 30;
const RADIUS: usize = 16;

/// The series of a device's keys.
#[component]
pub fn Keys(
    /// The keys.
    series: KeySeries,
) -> impl IntoView {
    let messages = &use_staff_messages().keys;
    let (class, words) = if series.verifies {
        ("notice notice-good", messages.verifies)
    } else {
        ("notice notice-problem", messages.does_not_verify)
    };
    let (older, shown) = series
        .keys
        .split_at(series.keys.len().saturating_sub(LISTED));
    view! {
        <section class="card" aria-labelledby="keys-title" id="keys">
            <h2 id="keys-title">{messages.title}</h2>
            <p class="hint">{messages.lead}</p>
            <Graph keys=series.keys.clone() />
            <p class=class>{words}</p>
            <ol class="key-list" reversed=true start=series.keys.len()>
                {shown.iter().rev().map(|key| line(messages, key)).collect_view()}
            </ol>
            {(!older.is_empty())
                .then(|| {
                    view! {
                        <details class="fold">
                            <summary id="older-keys">{messages.older}</summary>
                            <ol class="key-list" reversed=true start=older.len()>
                                {older.iter().rev().map(|key| line(messages, key)).collect_view()}
                            </ol>
                        </details>
                    }
                })}
        </section>
    }
}

fn line(messages: &KeyMessages, key: &KeyInSeries) -> impl IntoView + use<> {
    let vouched_by = key
        .vouched_by
        .map_or_else(|| messages.one_time_password.to_owned(), messages.key);
    let (class, words) = standing(messages, key.standing);
    view! {
        <li>
            <p class="key-line">
                <strong>{(messages.key)(key.number)}</strong>
                <span class=class>{words}</span>
            </p>
            <p class="hint">{key.algorithm.to_string()} " · " {(messages.vouched_by)(&vouched_by)}</p>
            <p class="hint">
                {messages.since} " " <StaffTime at=key.made_at /> " · " {messages.until} " "
                <StaffTime at=key.not_after />
            </p>
        </li>
    }
}

/// The class of the badge, and its words.
const fn standing(messages: &KeyMessages, standing: KeyStanding) -> (&'static str, &'static str) {
    match standing {
        KeyStanding::Silent => ("badge badge-waiting", messages.silent),
        KeyStanding::Current => ("badge badge-good", messages.current),
        KeyStanding::Retired { .. } => ("badge", messages.retired),
        KeyStanding::Ended => ("badge", messages.ended),
    }
}

/// The last keys in a row, each with an arc from the one that vouched for it.
#[component]
fn Graph(keys: Vec<KeyInSeries>) -> impl IntoView {
    let messages = &use_staff_messages().keys;
    let skipped = keys.len().saturating_sub(DRAWN);
    let drawn = &keys[skipped..];
    let place = move |number: usize| number.checked_sub(skipped + 1).map(|place| place * STEP);
    let arrow = |key: &KeyInSeries| {
        let to = place(key.number)? + MIDDLE;
        let from = place(key.vouched_by?)? + MIDDLE;
        let (from, to) = (from + RADIUS, to - RADIUS);
        Some(view! {
            <path
                class="key-arrow"
                d=format!("M{from} {MIDDLE} L{to} {MIDDLE}")
                marker-end="url(#key-arrow-head)"
            />
        })
    };
    let node = |key: &KeyInSeries| {
        let x = place(key.number).unwrap_or_default() + MIDDLE;
        let class = match key.standing {
            KeyStanding::Current => "key-node key-current",
            KeyStanding::Silent => "key-node key-silent",
            KeyStanding::Retired { .. } | KeyStanding::Ended => "key-node",
        };
        view! {
            <circle class=class cx=x cy=MIDDLE r=RADIUS />
            <text class="key-number" x=x y=MIDDLE + 5>
                {key.number}
            </text>
        }
    };
    let width = drawn.len().saturating_sub(1) * STEP + 2 * MIDDLE;
    view! {
        <svg
            class="key-graph"
            role="img"
            aria-label=(messages.graph)(keys.len())
            viewBox=format!("0 0 {width} {}", 2 * MIDDLE)
            width=width
            height=2 * MIDDLE
        >
            <defs>
                <marker
                    id="key-arrow-head"
                    viewBox="0 0 8 8"
                    refX="7"
                    refY="4"
                    markerWidth="8"
                    markerHeight="8"
                    orient="auto"
                >
                    <path class="key-arrow-head" d="M0 0 L8 4 L0 8 z" />
                </marker>
            </defs>
            {drawn.iter().map(arrow).collect_view()}
            {drawn.iter().map(node).collect_view()}
        </svg>
    }
}

/// Two holders of the device's key are suspected: what that means, and the way out.
#[component]
pub fn Suspicion(
    /// Which enrollment.
    id: EnrollmentId,
    /// Since when.
    at: UnixTime,
    /// The form that takes it back, for whoever may.
    form: Option<AnyView>,
) -> impl IntoView {
    let messages = &use_staff_messages().keys;
    view! {
        <section class="notice notice-problem stack" aria-labelledby="copy-title" data-enrollment=id.to_string()>
            <h2 id="copy-title">{messages.copy_title}</h2>
            <p>{messages.copy_text}</p>
            <p class="hint">{messages.copy_since} " " <StaffTime at /></p>
            {form}
        </section>
    }
}

/// Takes the suspicion back, with a reason.
#[component]
pub fn Dismiss(
    /// Which enrollment.
    id: EnrollmentId,
) -> impl IntoView {
    let (keys, act) = {
        let messages = use_staff_messages();
        (&messages.keys, &messages.enrollments.act)
    };
    let (error, came_back) = sent_back::<StaffDismissCopy>();
    view! {
        <details class="fold" open=came_back>
            <summary id="dismiss">{keys.copy_dismiss}</summary>
            <form class="form" method="post" action=StaffDismissCopy::url()>
                <Refusal error words=refusal_words />
                <p class="hint">{keys.copy_dismiss_text}</p>
                <input type="hidden" name="id" value=id.to_string() />
                <WordsField form="dismiss" label=act.reason hint=act.reason_hint />
                <button class="button" type="submit">
                    {keys.copy_dismiss}
                </button>
            </form>
        </details>
    }
}
