//! Times and numbers as the reader writes them: in their own zone, in the page's language.

use js_sys::{Array, Date, Function, Intl, Number, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::page;

/// A point in time (Unix seconds) in the reader's own zone and the page's language.
pub(crate) fn moment(at: u64) -> String {
    let options = options(&[("dateStyle", "long"), ("timeStyle", "short")]);
    date(at).to_locale_string(&language(), &options).into()
}

/// The day of a point in time, as short as can be.
pub(crate) fn day(at: u64) -> String {
    let options = options(&[("month", "numeric"), ("day", "numeric")]);
    date(at).to_locale_date_string(&language(), &options).into()
}

/// From when to when, with the name of the reader's zone.
pub(crate) fn span(start: u64, end: Option<u64>) -> String {
    let words = [
        ("weekday", "long"),
        ("month", "long"),
        ("day", "numeric"),
        ("hour", "numeric"),
        ("minute", "2-digit"),
        ("timeZoneName", "short"),
    ];
    range(start, end, &words)
}

/// From when to when within a day.
pub(crate) fn span_of_day(start: u64, end: Option<u64>) -> String {
    range(start, end, &[("hour", "numeric"), ("minute", "2-digit")])
}

fn range(start: u64, end: Option<u64>, words: &[(&str, &str)]) -> String {
    let locales = Array::of1(&language().into());
    let format = Intl::DateTimeFormat::new(&locales, &options(words));
    let (begin, end) = (date(start), end.map(date));
    let both = end.and_then(|end| {
        let range: Function = Reflect::get(&format, &"formatRange".into())
            .ok()?
            .dyn_into()
            .ok()?;
        range.call2(&format, &begin, &end).ok()?.as_string()
    });
    let one = || format.format().call1(&format, &begin).ok()?.as_string();
    both.or_else(one).unwrap_or_default()
}

/// A number as it is written in the page's language, with at most two decimals.
pub(crate) fn number(number: f64) -> String {
    let options = Object::new();
    // Setting a property of a fresh object does not fail.
    let _ = Reflect::set(&options, &"maximumFractionDigits".into(), &2.into());
    write(number, &options)
}

/// The number that a text begins with; none if it begins with something else. The browser's own reading: Rust's would
/// be a sixth of this bundle.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let number = Number::parse_float(text);
    number.is_finite().then_some(number)
}

/// A length of time in the largest unit that it is a whole number of.
pub(crate) fn length(seconds: u64) -> String {
    let (unit, size) = [("day", 86_400), ("hour", 3600), ("minute", 60)]
        .into_iter()
        .find(|(_, size)| seconds >= *size && seconds.is_multiple_of(*size))
        .unwrap_or(("second", 1));
    let options = options(&[("style", "unit"), ("unit", unit), ("unitDisplay", "long")]);
    #[expect(
        clippy::cast_precision_loss,
        reason = "settings are far below 2^53 seconds"
    )]
    let count = (seconds / size) as f64;
    write(count, &options)
}

fn write(number: f64, options: &Object) -> String {
    let locales = Array::of1(&language().into());
    let format = Intl::NumberFormat::new(&locales, options).format();
    let text = format.call1(&JsValue::UNDEFINED, &number.into());
    text.ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

/// The page's language.
fn language() -> String {
    page::document()
        .and_then(|document| document.document_element())
        .and_then(|html| html.get_attribute("lang"))
        .unwrap_or_default()
}

fn options(words: &[(&str, &str)]) -> Object {
    let options = Object::new();
    for (key, value) in words {
        // As above.
        let _ = Reflect::set(&options, &(*key).into(), &(*value).into());
    }
    options
}

fn date(at: u64) -> Date {
    #[expect(
        clippy::cast_precision_loss,
        reason = "dates are far below 2^53 milliseconds"
    )]
    let milliseconds = at as f64 * 1000.0;
    Date::new(&milliseconds.into())
}
