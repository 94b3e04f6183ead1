//! What the provider asks of the device: everything that can be said of an event, and of events that
//! have been. The script shows what holds, and fills in names, times and numbers.

use crate::messages::own::{
    events::{AskedMessages, EventMessages},
    use_own_messages,
};
use leptos::prelude::*;

fn words() -> &'static EventMessages {
    &use_own_messages().events
}

/// The part of a device's card about events and messages.
#[component]
pub fn Events() -> impl IntoView {
    let messages = words();
    view! {
        <section class="events" data-part="events" hidden>
            <h3>{messages.title}</h3>
            <p class="hint" data-part="no-events">
                {messages.none}
            </p>
            <ul class="event-list" data-list="events"></ul>
            <History />
        </section>
        <section class="events" data-part="notes" hidden>
            <h3>{messages.notes}</h3>
            <ul class="event-list" data-list="notes"></ul>
        </section>
    }
    .into_any()
}

/// What has been, as a chart and as a table.
#[component]
fn History() -> impl IntoView {
    let messages = &words().history;
    let legend = |class: &'static str, text| {
        view! {
            <li>
                <span class=class></span>
                {text}
            </li>
        }
    };
    view! {
        <details class="fold history" data-part="history" hidden>
            <summary>{messages.title}</summary>
            // The table says the same to whoever cannot see the chart.
            <figure class="saved" aria-hidden="true">
                <figcaption>
                    <span data-chart="energy" hidden>
                        {messages.energy}
                    </span>
                    <span data-chart="hours" hidden>
                        {messages.hours}
                    </span>
                </figcaption>
                <svg viewBox="0 0 320 150"></svg>
                <ul class="saved-legend">
                    {legend("saved-key saved-in", messages.bar_in)}
                    {legend("saved-key saved-out", messages.bar_out)}
                </ul>
            </figure>
            <div class="table-frame" tabindex="0" role="region" aria-label=messages.title>
                <table class="table">
                    <thead>
                        <tr>
                            {messages
                                .heads
                                .map(|head| view! { <th scope="col">{head}</th> })
                                .collect_view()}
                        </tr>
                    </thead>
                    <tbody data-list="history"></tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

/// What is copied for each event, message and line of the history.
#[component]
pub fn EventTemplates() -> impl IntoView {
    let messages = words();
    let history = &messages.history;
    let [name, when, asked, part] = history.heads;
    view! {
        <template id="event">
            <Event />
        </template>
        <template id="asked">
            <li>
                <span class="asked-time" data-fact="when"></span>
                " "
                <Asked />
            </li>
        </template>
        <template id="note">
            <li class="event">
                <h4 data-fact="title"></h4>
                <p data-fact="text"></p>
                <p class="hint" data-fact="heard"></p>
            </li>
        </template>
        <template id="past">
            <tr>
                <th scope="row" data-label=name>
                    <span data-fact="name"></span>
                    <span data-part="unnamed" hidden>
                        {messages.unnamed}
                    </span>
                </th>
                <td data-label=when>
                    <span data-fact="when"></span>
                </td>
                <td data-label=asked data-list="asked"></td>
                <td data-label=part>
                    <span data-past="in">{history.took_part}</span>
                    <span data-past="out">{history.sat_out}</span>
                    <span data-past="cancelled">{history.cancelled}</span>
                </td>
            </tr>
        </template>
        <template id="past-asked">
            <p>
                <Asked />
            </p>
        </template>
    }
    .into_any()
}

#[component]
fn Event() -> impl IntoView {
    let messages = words();
    let state = &messages.state;
    let states = [
        ("coming", "badge badge-waiting", state.coming),
        ("running", "badge badge-good", state.running),
        ("over", "badge", state.over),
        ("cancelled", "badge badge-bad", state.cancelled),
        ("opted-out", "badge", state.opted_out),
    ];
    view! {
        <li class="event">
            <div class="event-head">
                <h4 tabindex="-1">
                    <span data-fact="name"></span>
                    <span data-part="unnamed" hidden>
                        {messages.unnamed}
                    </span>
                </h4>
                <div role="status">
                    {states
                        .map(|(word, class, text)| {
                            view! {
                                <p class=class data-state=word hidden>
                                    {text}
                                </p>
                            }
                        })
                        .collect_view()}
                </div>
            </div>
            <p class="event-time">
                <span data-fact="when"></span>
                <span data-part="no-time" hidden>
                    {messages.no_time}
                </span>
            </p>
            <p class="notice" data-part="changed" hidden>
                {messages.changed}
            </p>
            <ul class="asked" data-list="asked"></ul>
            <p class="hint" data-part="programme" hidden>
                {messages.programme}
                " "
                <span data-fact="programme"></span>
            </p>
            <p data-part="incentive" hidden>
                {messages.incentive}
                " "
                <span data-fact="incentive"></span>
            </p>
            <p role="status">
                <span data-decision="in" hidden>
                    {messages.takes_part}
                </span>
                <span data-decision="out" hidden>
                    {messages.sits_out}
                </span>
                " "
                <span class="hint" data-part="untold" hidden>
                    {messages.untold}
                </span>
            </p>
            <div class="button-row" data-part="choice" hidden>
                <button class="button" type="button" data-do="take-part">
                    {messages.take_part}
                </button>
                <button class="button button-quiet" type="button" data-do="sit-out">
                    {messages.sit_out}
                </button>
            </div>
        </li>
    }
    .into_any()
}

/// What can be asked, in sentences.
#[component]
fn Asked() -> impl IntoView {
    let AskedMessages {
        levels,
        less,
        more,
        price,
        import,
        export,
        alert,
        other,
    } = &words().asked;
    let level = |(word, text): (&'static str, &'static str)| {
        view! {
            <span data-asked=word hidden>
                {text}
            </span>
        }
    };
    let sentence = |(word, (before, after)): (&'static str, (&'static str, &'static str))| {
        view! {
            <span data-asked=word hidden>
                {before}
                <span data-fact="value"></span>
                {after}
            </span>
        }
    };
    let words = ["level-0", "level-1", "level-2", "level-3"];
    let sentences = [
        ("less", *less),
        ("more", *more),
        ("price", *price),
        ("import", *import),
        ("export", *export),
        ("alert", *alert),
        ("other", *other),
    ];
    view! {
        {words.into_iter().zip(*levels).map(level).collect_view()}
        {sentences.map(sentence).collect_view()}
    }
    .into_any()
}
