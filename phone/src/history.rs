//! What has been asked: a table, and a chart of the last of it.

use gridpass_wire::{AskedSpan, EventCall, HeldEvent, Taking};
use js_sys::Number;
use web_sys::{Document, Element};

use crate::{event, locale, page, template};

/// The most bars of the chart.
const MOST_BARS: usize = 12;

/// The chart in its own units; the style sheet makes it as wide as there is room.
const WIDTH: f64 = 320.0;
const BASE: f64 = 125.0;
const HEIGHT: f64 = 100.0;

const SVG: &str = "http://www.w3.org/2000/svg";

/// Shows the events that are over, the last one first.
pub(crate) fn show(card: &Element, past: &[&HeldEvent]) {
    template::part(card, "history", !past.is_empty());
    let keys: Vec<&str> = past.iter().map(|event| event.id.as_str()).collect();
    let lines = template::list(card, "history", "past", &keys);
    for (line, event) in lines.iter().zip(past) {
        event::show_name(line, event);
        let when = event
            .starts_at
            .map(|start| locale::span(start, event.ends_at));
        template::fact(line, "when", when.as_deref().unwrap_or_default());
        event::show_asked(line, "past-asked", &event.asked);
        template::choose(line, "data-past", part_in(event));
    }
    draw(card, past);
}

/// The word for what the person's part in an event was.
fn part_in(event: &HeldEvent) -> &'static str {
    match (event.call, event.decision.taking()) {
        (EventCall::Off, _) => "cancelled",
        (_, Some(Taking::Out)) => "out",
        _ => "in",
    }
}

/// Draws the last events that took place, the oldest first.
fn draw(card: &Element, past: &[&HeldEvent]) {
    let took_place = past.iter().filter(|event| event.call != EventCall::Off);
    let mut events: Vec<_> = took_place.take(MOST_BARS).copied().collect();
    events.reverse();
    let energies: Vec<f64> = events.iter().map(|event| energy(event)).collect();
    let is_energy = energies.iter().any(|energy| *energy > 0.0);
    let (word, heights) = if is_energy {
        ("energy", energies)
    } else {
        ("hours", events.iter().map(|event| hours(event)).collect())
    };
    template::choose(card, "data-chart", word);
    let place = page::first(card, ".saved svg").zip(page::document());
    if let Some((chart, document)) = place {
        chart.set_text_content(None);
        // Elements and attributes of fixed, valid names: nothing of it fails.
        let _ = draw_bars(&document, &chart, &events, &heights);
    }
}

fn draw_bars(
    document: &Document,
    chart: &Element,
    events: &[&HeldEvent],
    heights: &[f64],
) -> Option<()> {
    let most = heights.iter().copied().fold(0.0, f64::max);
    #[expect(clippy::cast_precision_loss, reason = "a dozen bars")]
    let step = WIDTH / events.len().max(1) as f64;
    let width = (step * 0.6).min(32.0);
    let mut middle = step / 2.0;
    for (event, height) in events.iter().zip(heights) {
        let size = if most > 0.0 {
            height / most * HEIGHT
        } else {
            0.0
        };
        let class = match part_in(event) {
            "out" => "saved-out",
            _ => "saved-in",
        };
        let bar = [
            ("x", middle - width / 2.0),
            ("y", BASE - size),
            ("width", width),
            ("height", size),
        ];
        put(document, chart, "rect", class, &bar)?;
        let value = put(
            document,
            chart,
            "text",
            "",
            &[("x", middle), ("y", BASE - size - 4.0)],
        )?;
        value.set_text_content(Some(&locale::number(*height)));
        let day = put(
            document,
            chart,
            "text",
            "",
            &[("x", middle), ("y", BASE + 16.0)],
        )?;
        let start = event.starts_at.map(locale::day).unwrap_or_default();
        day.set_text_content(Some(&start));
        middle += step;
    }
    let line = [("x", 0.0), ("y", BASE), ("width", WIDTH), ("height", 1.0)];
    put(document, chart, "rect", "saved-line", &line)?;
    Some(())
}

fn put(
    document: &Document,
    chart: &Element,
    name: &str,
    class: &str,
    numbers: &[(&str, f64)],
) -> Option<Element> {
    let element = document.create_element_ns(Some(SVG), name).ok()?;
    element.set_attribute("class", class).ok()?;
    for (name, number) in numbers {
        let number = Number::from(*number).to_string_with_radix(10).ok()?;
        element.set_attribute(name, &String::from(number)).ok()?;
    }
    chart.append_child(&element).ok()?;
    Some(element)
}

/// Kilowatt-hours that an event asked to save; 0 when it asked for something else.
fn energy(event: &HeldEvent) -> f64 {
    let of = |span: &AskedSpan| match (span.kind.as_str(), locale::parse(&span.value)) {
        ("DISPATCH_SETPOINT_RELATIVE", Some(value)) if value < 0.0 => {
            -value * hours_of(span.starts_at, span.ends_at)
        }
        _ => 0.0,
    };
    event.asked.iter().map(of).sum()
}

/// Hours for which an event lasted.
fn hours(event: &HeldEvent) -> f64 {
    event
        .starts_at
        .map_or(0.0, |start| hours_of(start, event.ends_at))
}

fn hours_of(start: u64, end: Option<u64>) -> f64 {
    let seconds = end.unwrap_or(start).saturating_sub(start);
    #[expect(
        clippy::cast_precision_loss,
        reason = "no event lasts for 2^53 seconds"
    )]
    let hours = seconds as f64 / 3600.0;
    hours
}
