//! Where somebody is signed in, be it a customer or staff.

use gridpass_protocol::time::UnixTime;
use gridpass_provider::{SessionId, SessionView};
use leptos::prelude::*;

/// What is said around the list.
pub struct SessionWords {
    /// Its title.
    pub title: &'static str,
    /// Before the last use.
    pub seen: &'static str,
    /// Marks the browser in front of one.
    pub this_browser: &'static str,
    /// Ends all sessions.
    pub sign_out_everywhere: &'static str,
}

/// The browsers that somebody is signed in with, and the way out of all of them.
#[component]
pub fn SessionList(
    /// The last used first.
    sessions: Vec<SessionView>,
    /// The one in front of the reader.
    here: SessionId,
    /// What is said around it.
    words: SessionWords,
    /// Where the way out leads.
    sign_out: &'static str,
    /// How this page shows a point in time.
    moment: fn(UnixTime) -> AnyView,
) -> impl IntoView {
    let item = |session: SessionView| {
        let own = (session.id == here).then_some(words.this_browser);
        view! {
            <li class="card">
                <p>{session.agent.unwrap_or_default()}</p>
                <p class="hint">
                    {session.client.unwrap_or_default()} " · " {words.seen} " "
                    {moment(session.seen_at)}
                </p>
                {own.map(|own| view! { <span class="badge badge-good">{own}</span> })}
            </li>
        }
    };
    view! {
        <section class="stack">
            <h2>{words.title}</h2>
            <ul class="cards">{sessions.into_iter().map(item).collect_view()}</ul>
            <form method="post" action=sign_out>
                <button class="button button-danger" type="submit">
                    {words.sign_out_everywhere}
                </button>
            </form>
        </section>
    }
}
