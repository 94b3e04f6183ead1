//! Each item is carried out once, whenever the power goes.

use gridpass_protocol::openadr::{Event, Interval, IntervalPeriod};
use proptest::prelude::*;
use rand_core::UnwrapErr;
use tempfile::TempDir;

use super::*;

const START: u64 = 1_800_000_000;

fn config(after_interruption: &str) -> Config {
    let hook = format!("{{ program = '/bin/true', after_interruption = '{after_interruption}' }}");
    toml::from_str(&format!("instructions.relay = {hook}\nevent = {hook}")).unwrap()
}

fn rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

fn instruction(id: u128, name: &str) -> Item {
    Item::Instruction {
        id: Uuid::from_u128(id),
        from: "staff".to_owned(),
        expires_at: UnixTime(START + 1000),
        name: name.to_owned(),
        arguments: serde_json::Map::new(),
    }
}

fn event(id: u128, status: EventStatus, intervals: i32) -> Item {
    let event = Event {
        id: "event-1".to_owned(),
        interval_period: Some(IntervalPeriod::new(UnixTime(START + 100), 10)),
        intervals: (0..intervals)
            .map(|id| Interval {
                id,
                ..Interval::default()
            })
            .collect(),
        ..Event::default()
    };
    Item::Event {
        id: Uuid::from_u128(id),
        from: "event".to_owned(),
        expires_at: UnixTime(START + 1000),
        status,
        event: event.into(),
    }
}

/// A gateway with its disk.
struct House {
    folder: TempDir,
    config: Config,
    journal: Journal,
    now: u64,
    /// What the hooks did.
    acts: Vec<(u128, Act)>,
    /// What the provider heard.
    told: Vec<(u128, Outcome)>,
}

impl House {
    fn new(after_interruption: &str) -> Self {
        let (folder, config) = (tempfile::tempdir().unwrap(), config(after_interruption));
        let journal = Journal::open(folder.path().to_owned(), &config, UnixTime(START)).unwrap();
        Self {
            folder,
            config,
            journal,
            now: 0,
            acts: Vec::new(),
            told: Vec::new(),
        }
    }

    fn time(&self) -> UnixTime {
        UnixTime(START + self.now)
    }

    fn take_up(&mut self, item: &Item) {
        let now = self.time();
        self.journal
            .take_up(item, &self.config, now, &mut rng())
            .unwrap();
    }

    /// The power goes and comes back.
    fn power_cut(&mut self) {
        let folder = self.folder.path().to_owned();
        self.journal = Journal::open(folder, &self.config, self.time()).unwrap();
    }

    /// Does what is due, with the power going at this step of it, if at all.
    fn work(&mut self, cut_at: Option<usize>) {
        for step in 0.. {
            let Some(due) = self.journal.due(&self.config, self.time()) else {
                return;
            };
            self.journal.begin(&due).unwrap();
            if cut_at == Some(2 * step) {
                return self.power_cut();
            }
            self.acts.push((due.id.as_u128(), due.act));
            if cut_at == Some(2 * step + 1) {
                return self.power_cut();
            }
            let word = Word::new(Outcome::Executed, self.time(), None);
            self.journal.finish(due.id, word).unwrap();
        }
    }

    fn tell(&mut self) {
        let now = self.time();
        self.journal.tidy(now).unwrap();
        while let Some(owed) = self.journal.owed() {
            self.told.push((owed.id.as_u128(), owed.word.outcome));
            self.journal.told(owed.id).unwrap();
        }
    }

    fn at(&mut self, now: u64) -> &mut Self {
        self.now = now;
        self
    }
}

#[test]
fn an_instruction_is_done_once_and_told() {
    let mut house = House::new("report");
    for _ in 0..3 {
        house.take_up(&instruction(1, "relay"));
        house.work(None);
        house.power_cut();
    }
    house.tell();
    assert_eq!(house.acts, [(1, Act::Once)]);
    assert_eq!(
        house.told,
        [(1, Outcome::Acknowledged), (1, Outcome::Executed)]
    );
}

#[test]
fn what_is_not_known_is_refused_and_not_done() {
    let mut house = House::new("report");
    house.take_up(&instruction(1, "explode"));
    house.work(None);
    house.tell();
    assert_eq!(house.acts, []);
    assert_eq!(house.told, [(1, Outcome::Refused)]);
}

#[test]
fn an_instruction_that_was_cut_off_has_failed_or_is_repeated() {
    let mut house = House::new("report");
    house.take_up(&instruction(1, "relay"));
    house.work(Some(1));
    house.work(None);
    house.tell();
    assert_eq!(house.acts.len(), 1);
    assert_eq!(house.told.last(), Some(&(1, Outcome::Failed)));

    let mut house = House::new("repeat");
    house.take_up(&instruction(1, "relay"));
    house.work(Some(1));
    house.work(None);
    house.tell();
    assert_eq!(house.acts.len(), 2);
    assert_eq!(house.told.last(), Some(&(1, Outcome::Executed)));
}

#[test]
fn an_event_begins_goes_on_and_ends() {
    let mut house = House::new("report");
    house.take_up(&event(1, EventStatus::Active, 2));
    for now in [0, 99, 100, 105, 110, 119, 120, 130] {
        house.at(now).work(None);
    }
    house.tell();
    let words: Vec<&str> = house.acts.iter().map(|(_, act)| act.as_str()).collect();
    assert_eq!(words, ["interval", "interval", "end"]);
    assert_eq!(
        house.told,
        [(1, Outcome::Acknowledged), (1, Outcome::Executed)]
    );
}

#[test]
fn an_event_that_is_called_off_stops_only_if_it_had_begun() {
    for (begun, words) in [(false, vec![]), (true, vec!["interval", "cancelled"])] {
        let mut house = House::new("report");
        house.take_up(&event(1, EventStatus::Active, 2));
        house.at(if begun { 105 } else { 50 }).work(None);
        house.take_up(&event(2, EventStatus::Cancelled, 2));
        house.work(None);
        house.power_cut();
        house.at(115).work(None);
        house.at(200).work(None);
        house.tell();
        let acts: Vec<&str> = house.acts.iter().map(|(_, act)| act.as_str()).collect();
        assert_eq!(acts, words);
        assert_eq!(house.told.last(), Some(&(2, Outcome::Executed)));
    }
}

#[test]
fn news_of_an_event_does_not_begin_again_what_goes_on_as_before() {
    let mut house = House::new("report");
    house.take_up(&event(1, EventStatus::Active, 2));
    house.at(105).work(None);
    house.take_up(&event(2, EventStatus::Active, 2));
    house.work(None);
    assert_eq!(house.acts.len(), 1);
    house.take_up(&event(3, EventStatus::Active, 1));
    house.work(None);
    assert_eq!(house.acts.len(), 2, "other intervals are begun anew");
    house.at(110).work(None);
    assert_eq!(house.acts.last(), Some(&(3, Act::End)));
}

#[test]
fn an_event_that_was_slept_through_has_failed() {
    let mut house = House::new("report");
    house.take_up(&event(1, EventStatus::Active, 1));
    house.at(500).work(None);
    house.tell();
    assert_eq!(house.acts, []);
    assert_eq!(house.told.last(), Some(&(1, Outcome::Failed)));
}

#[test]
fn what_is_long_over_is_forgotten() {
    let mut house = House::new("report");
    house.take_up(&instruction(1, "relay"));
    house.at(200).work(None);
    house.tell();
    house.at(1000 + 86_401).tell();
    assert!(house.journal.records.is_empty());
    assert!(files::list(house.folder.path()).unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Items come again and again, the power goes at any step: with hooks that must not be
    /// repeated nothing is ever done twice, and everything is told in the end.
    #[test]
    fn nothing_is_done_twice_over_any_number_of_power_cuts(
        moments in proptest::collection::vec((0u64..130, proptest::option::of(0usize..6)), 1..12),
    ) {
        let mut moments = moments;
        moments.sort_unstable();
        let mut house = House::new("report");
        for (now, cut_at) in moments {
            house.at(now);
            house.take_up(&instruction(1, "relay"));
            house.take_up(&instruction(2, "relay"));
            house.take_up(&event(3, EventStatus::Active, 2));
            house.work(cut_at);
        }
        house.at(140).work(None);
        house.tell();
        let mut seen = Vec::new();
        for act in &house.acts {
            prop_assert!(!seen.contains(act), "{act:?} twice");
            seen.push(*act);
        }
        for id in 1..=3 {
            let last = house.told.iter().rfind(|(told, _)| *told == id);
            prop_assert!(
                matches!(last, Some((_, Outcome::Executed | Outcome::Failed))),
                "{id}: {last:?}"
            );
        }
    }
}
