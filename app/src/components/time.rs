//! Points in time: in UTC as the server writes them, in the reader's own time once the page has
//! come to life.

use crate::messages::{use_language, use_messages};
use der::DateTime;
use gridpass_protocol::time::UnixTime;
use leptos::prelude::*;
use std::time::Duration;

/// A date and a time of day.
#[island]
pub(crate) fn Moment(
    /// When.
    at: UnixTime,
) -> impl IntoView {
    let language = use_language();
    let utc = in_utc(at, use_messages().common.utc);
    let local = RwSignal::new(None);
    Effect::new(move |_| local.set(Some(in_local_time(at, language.tag()))));
    view! { <time datetime=machine_readable(at)>{move || local.get().unwrap_or_else(|| utc.clone())}</time> }
}

/// The time of UTC in words; empty beyond the year 9999, which no enrollment reaches.
pub(crate) fn in_utc(at: UnixTime, words: fn(u16, u8, u8, u8, u8) -> String) -> String {
    DateTime::from_unix_duration(Duration::from_secs(at.0))
        .map(|t| words(t.year(), t.month(), t.day(), t.hour(), t.minutes()))
        .unwrap_or_default()
}

/// As `<time datetime>` wants it.
pub(crate) fn machine_readable(at: UnixTime) -> String {
    DateTime::from_unix_duration(Duration::from_secs(at.0))
        .map(|t| t.to_string())
        .unwrap_or_default()
}

#[cfg(feature = "hydrate")]
fn in_local_time(at: UnixTime, language: &str) -> String {
    use js_sys::{Date, Object, Reflect};
    let options = Object::new();
    for (key, value) in [("dateStyle", "long"), ("timeStyle", "short")] {
        // Setting a property of a fresh object does not fail.
        let _ = Reflect::set(&options, &key.into(), &value.into());
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "dates are far below 2^53 milliseconds"
    )]
    let date = Date::new(&(at.0 as f64 * 1000.0).into());
    date.to_locale_string(language, &options).into()
}

#[cfg(not(feature = "hydrate"))]
fn in_local_time(at: UnixTime, _language: &str) -> String {
    machine_readable(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Language;

    #[test]
    fn a_time_is_said_in_the_words_of_each_language() {
        let at = UnixTime(1_798_761_600);
        let say = |language: Language| in_utc(at, language.messages().common.utc);
        assert_eq!(say(Language::English), "January 1, 2027, 00:00 UTC");
        assert_eq!(say(Language::Spanish), "1 de enero de 2027, 00:00 UTC");
        assert_eq!(machine_readable(at), "2027-01-01T00:00:00Z");
    }
}
