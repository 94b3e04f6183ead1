use serde_json::json;

use super::*;

const NOW: UnixTime = UnixTime(1_000);

fn event(id: &str, start: &str) -> Event {
    serde_json::from_value(json!({
        "objectType": "EVENT",
        "id": id,
        "programID": "peak",
        "eventName": "Hot afternoon",
        "intervalPeriod": { "start": start, "duration": "PT1H" },
        "intervals": [
            { "id": 0, "payloads": [
                { "type": "GRIDPASS_PROGRAMME", "values": ["Peak hours"] },
                { "type": "SIMPLE", "values": [2] },
                { "type": "GRIDPASS_INCENTIVE", "values": ["A credit of 5 dollars"] }
            ] },
            { "id": 1, "payloads": [{ "type": "SIMPLE", "values": [1.5, "x"] }] }
        ]
    }))
    .unwrap()
}

fn news(item: u128, status: EventStatus, event: Event) -> Item {
    Item::Event {
        id: Uuid::from_u128(item),
        from: "event".to_owned(),
        expires_at: UnixTime(9_000),
        status,
        event: Box::new(event),
    }
}

fn instruction(item: u128, name: &str) -> Item {
    let arguments = json!({ "title": "Hello", "text": "Read me" });
    Item::Instruction {
        id: Uuid::from_u128(item),
        from: "staff".to_owned(),
        expires_at: UnixTime(9_000),
        name: name.to_owned(),
        arguments: arguments.as_object().unwrap().clone(),
    }
}

fn heard() -> Inbox {
    let mut inbox = Inbox::default();
    let event = event("e1", "1970-01-01T01:00:00Z");
    inbox.take_in(news(1, EventStatus::Active, event), NOW);
    inbox
}

fn outcomes(inbox: &Inbox) -> Vec<(u128, Outcome)> {
    let receipt = |word: &Word| match word {
        Word::Receipt { item, outcome, .. } => Some((item.as_u128(), *outcome)),
        _ => None,
    };
    inbox.words.iter().filter_map(receipt).collect()
}

fn told(inbox: &Inbox) -> Vec<Taking> {
    let opt = |word: &Word| match word {
        Word::Opt { taking, .. } => Some(*taking),
        _ => None,
    };
    inbox.words.iter().filter_map(opt).collect()
}

#[test]
fn an_event_is_kept_with_its_times_and_acknowledged() {
    let inbox = heard();
    assert_eq!(outcomes(&inbox), [(1, Outcome::Acknowledged)]);
    let held = inbox.held();
    let event = &held.events[0];
    assert_eq!((event.starts_at, event.ends_at), (Some(3600), Some(10_800)));
    assert_eq!(
        (event.name.as_str(), event.programme.as_str()),
        ("Hot afternoon", "Peak hours")
    );
    assert_eq!(
        (event.call, event.decision),
        (EventCall::On, Decision::None)
    );
    let spans: Vec<_> = event
        .asked
        .iter()
        .map(|span| (span.starts_at, span.ends_at, span.value.as_str()))
        .collect();
    assert_eq!(
        spans,
        [(3600, Some(7200), "2"), (7200, Some(10_800), "1.5")]
    );
}

#[test]
fn what_comes_again_is_neither_kept_nor_receipted_twice() {
    let mut inbox = heard();
    let again = || news(1, EventStatus::Active, event("e1", "1970-01-01T01:00:00Z"));
    inbox.take_in(again(), NOW);
    assert_eq!(outcomes(&inbox).len(), 1);
    inbox.strike_word();
    inbox.decide("e1", Taking::Out, Sent::No);
    // The provider did not hear the receipt after all.
    inbox.take_in(again(), NOW);
    assert_eq!(outcomes(&inbox), [(1, Outcome::Acknowledged)]);
    let held = inbox.held();
    assert_eq!(held.events.len(), 1);
    assert_eq!(held.events[0].decision, Decision::Untold(Taking::Out));
    let mut notes = Inbox::default();
    for _ in 0..2 {
        notes.take_in(instruction(5, "message"), NOW);
        notes.strike_word();
    }
    assert_eq!(notes.held().notes.len(), 1);
}

#[test]
fn a_changed_or_cancelled_event_takes_the_place_of_the_one_before() {
    let mut inbox = heard();
    inbox.decide("e1", Taking::Out, Sent::No);
    let later = event("e1", "1970-01-01T05:00:00Z");
    inbox.take_in(news(2, EventStatus::Active, later.clone()), NOW);
    let held = inbox.held().events;
    assert_eq!(held.len(), 1);
    assert_eq!(
        (held[0].call, held[0].starts_at),
        (EventCall::Changed, Some(18_000))
    );
    assert_eq!(
        held[0].decision.taking(),
        Some(Taking::Out),
        "what was decided stays"
    );
    inbox.take_in(news(3, EventStatus::Cancelled, later), NOW);
    assert_eq!(inbox.held().events[0].call, EventCall::Off);
    assert_eq!(
        outcomes(&inbox).len(),
        3,
        "each piece of news has its receipt"
    );
}

#[test]
fn only_the_last_decision_is_told_and_one_on_its_way_stays() {
    let mut inbox = heard();
    inbox.strike_word();
    inbox.decide("e1", Taking::Out, Sent::No);
    inbox.decide("e1", Taking::In, Sent::No);
    assert_eq!(told(&inbox), [Taking::In]);
    inbox.decide("e1", Taking::Out, Sent::Yes);
    assert_eq!(told(&inbox), [Taking::In, Taking::Out]);
    inbox.strike_word();
    assert_eq!(
        inbox.held().events[0].decision,
        Decision::Untold(Taking::Out)
    );
    inbox.strike_word();
    assert_eq!(inbox.held().events[0].decision, Decision::Told(Taking::Out));
    inbox.decide("another", Taking::In, Sent::No);
    assert!(
        inbox.next_word().is_none(),
        "of an event nobody knows nothing is told"
    );
}

#[test]
fn a_message_is_shown_and_anything_else_refused() {
    let mut inbox = Inbox::default();
    inbox.take_in(instruction(1, "message"), NOW);
    inbox.take_in(instruction(2, "set-point"), NOW);
    assert_eq!(
        outcomes(&inbox),
        [(1, Outcome::Executed), (2, Outcome::Refused)]
    );
    let notes = inbox.held().notes;
    assert_eq!(notes.len(), 1);
    assert_eq!(
        (notes[0].title.as_str(), notes[0].text.as_str()),
        ("Hello", "Read me")
    );
}

#[test]
fn what_is_longest_over_goes_first() {
    let mut inbox = Inbox::default();
    for number in 0..=MOST_EVENTS {
        // The first one heard is the last one over.
        let day = if number == 0 { 2 } else { 1 };
        let event = event(&format!("e{number}"), &format!("2026-01-0{day}T00:00:00Z"));
        inbox.take_in(news(number as u128 + 1, EventStatus::Active, event), NOW);
    }
    let held = inbox.held().events;
    assert_eq!(held.len(), MOST_EVENTS);
    assert_eq!(held[0].id, "e0");
    assert!(held.iter().all(|event| event.id != "e1"));
}

#[test]
fn it_is_read_back_as_it_was_written() {
    let mut inbox = heard();
    inbox.decide("e1", Taking::Out, Sent::No);
    let json = serde_json::to_string(&inbox).unwrap();
    let read: Inbox = serde_json::from_str(&json).unwrap();
    assert_eq!(read.held(), inbox.held());
    assert_eq!(read.words, inbox.words);
}
