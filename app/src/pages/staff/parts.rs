//! Parts that several pages of the desk share.

use crate::{
    components::time::{in_utc, machine_readable},
    messages::{
        staff::{enrollments::ChannelNames, use_staff_messages},
        use_messages,
    },
};
use gridpass_protocol::time::UnixTime;
use gridpass_provider::{Channel, StateName, StateView};
use leptos::prelude::*;

/// Where pages listen for changes.
pub const EVENTS: &str = "/staff/events";

/// A point in time: in UTC, or in the reader's own time with a script.
#[component]
pub fn StaffTime(
    /// When.
    at: UnixTime,
) -> impl IntoView {
    view! {
        <time datetime=machine_readable(at) data-local="">
            {in_utc(at, use_messages().common.utc)}
        </time>
    }
}

/// The name of the state that an enrollment is shown in.
pub fn name_of(state: &StateView) -> StateName {
    match state {
        StateView::Open { .. } => StateName::Open,
        StateView::Issued { .. } => StateName::Issued,
        StateView::Active => StateName::Active,
        StateView::Suspended => StateName::Suspended,
        StateView::Locked => StateName::Locked,
        StateView::Expired => StateName::Expired,
        StateView::Superseded => StateName::Superseded,
        StateView::Cancelled => StateName::Cancelled,
        StateView::Revoked => StateName::Revoked,
    }
}

/// A state in one or two words.
pub fn state_words(state: StateName) -> &'static str {
    let names = &use_staff_messages().enrollments.states;
    match state {
        StateName::Open => names.open,
        StateName::Issued => names.issued,
        StateName::Active => names.active,
        StateName::Suspended => names.suspended,
        StateName::Locked => names.locked,
        StateName::Expired => names.expired,
        StateName::Superseded => names.superseded,
        StateName::Cancelled => names.cancelled,
        StateName::Revoked => names.revoked,
    }
}

/// A state as a badge.
#[component]
pub fn EnrollmentBadge(
    /// The state.
    state: StateName,
) -> impl IntoView {
    let class = match state {
        StateName::Open => "badge badge-waiting",
        StateName::Issued | StateName::Active => "badge badge-good",
        StateName::Locked | StateName::Suspended | StateName::Revoked => "badge badge-bad",
        StateName::Expired | StateName::Superseded | StateName::Cancelled => "badge",
    };
    view! { <span class=class>{state_words(state)}</span> }
}

/// A channel in one or two words.
pub fn channel_words(channel: Channel) -> &'static str {
    let ChannelNames {
        screen,
        email,
        sms,
        letter,
        api,
    } = &use_staff_messages().enrollments.channels;
    match channel {
        Channel::Screen => screen,
        Channel::Email => email,
        Channel::Sms => sms,
        Channel::Letter => letter,
        Channel::Api => api,
    }
}

/// What a device is called at the desk: the customer's name for it, or the end of its ID.
pub fn device_words(nickname: Option<&str>, device_id_hint: &str) -> String {
    nickname.map_or_else(
        || (use_staff_messages().enrollments.ending_in)(device_id_hint),
        str::to_owned,
    )
}

/// One choice of a `<select>`.
pub fn choice(value: &'static str, words: &'static str, chosen: &str) -> impl IntoView + use<> {
    view! {
        <option value=value selected=value == chosen>
            {words}
        </option>
    }
}

/// A query string of those pairs that say something.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        text.push(if text.is_empty() { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    text.push(char::from(byte));
                }
                _ => text.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_says_only_what_there_is_to_say() {
        assert_eq!(query(&[("q", ""), ("state", "")]), "");
        assert_eq!(
            query(&[("q", "Ána & co"), ("state", ""), ("age", "7")]),
            "?q=%C3%81na%20%26%20co&age=7"
        );
    }
}
