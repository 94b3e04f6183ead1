//! Demand response: events, who is told of them, and what comes back.

use gridpass_protocol::{
    Choice, EventStatus, Item, Outcome, ProblemName, UnixTime, UpKind,
    openadr::{self, Interval, IntervalPeriod, ReportResource, ValuesMap},
};
use gridpass_provider::{
    AccountForm, Actor, AddressingStep, Amount, Described, EventCounts, EventDraft, EventError,
    EventId, EventProblem, EventQuery, EventState, LoadSpan, ProgramDraft, ProgramId, ReportQuery,
    Role, Signal, SignalKind, StaffSession, StateView, Target, VenDraft, VenPlace,
};

use crate::{
    desk::{staff_of, words},
    fixture::{Fixture, NOW, demo, provider},
    sign_in::sign_in,
    speaking::Talker,
};

const HOUR: u64 = 60 * 60;

/// An operator of the demo provider and a programme.
struct Scene {
    fixture: Fixture,
    staff: StaffSession,
    actor: Actor,
    program: ProgramId,
}

impl Scene {
    fn new() -> Self {
        Self::of(Fixture::new())
    }

    fn of(fixture: Fixture) -> Self {
        let (staff, actor) = staff_of("demo", Role::Operator);
        let draft = ProgramDraft {
            name: "Summer".into(),
            description: "Less load on hot evenings.".into(),
        };
        let program = fixture
            .gridpass
            .make_dr_program(&staff, draft, actor.clone())
            .unwrap();
        Self {
            fixture,
            staff,
            actor,
            program,
        }
    }

    fn draft(&self) -> EventDraft {
        EventDraft {
            program: self.program,
            name: "Evening peak".into(),
            starts_at: NOW.plus(HOUR),
            length: HOUR,
            randomize_start: 0,
            signal: Signal {
                kind: SignalKind::Reduction,
                amounts: vec![Amount::from_thousandths(1500)],
            },
            priority: None,
            incentive: Some("2 dollars off".into()),
            targets: vec![Target::All],
        }
    }

    fn make(&self, change: impl FnOnce(&mut EventDraft)) -> EventId {
        let mut draft = self.draft();
        change(&mut draft);
        let gridpass = &self.fixture.gridpass;
        let id = gridpass
            .make_dr_event(&self.staff, draft, self.actor.clone())
            .unwrap();
        self.address();
        id
    }

    fn address(&self) {
        while self.fixture.gridpass.run_addressing_step().unwrap() == AddressingStep::Worked {}
    }

    fn counts(&self, id: EventId) -> EventCounts {
        self.page(id).counts
    }

    fn page(&self, id: EventId) -> gridpass_provider::EventPage {
        let gridpass = &self.fixture.gridpass;
        gridpass.dr_event(&self.staff, id, &self.actor).unwrap()
    }

    fn group(&self, name: &str, members: &[&Talker]) -> Target {
        let gridpass = &self.fixture.gridpass;
        let group = gridpass
            .make_dr_group(&self.staff, name, self.actor.clone())
            .unwrap();
        for member in members {
            gridpass
                .add_to_dr_group(&self.staff, group, &member.device_id, self.actor.clone())
                .unwrap();
        }
        Target::Group { group }
    }

    /// A device that has said hello.
    fn device(&self, seed: u64, id: &str) -> Talker {
        let mut talker = Talker::enrol_as(&self.fixture, seed, id);
        talker.hello(&self.fixture).unwrap();
        talker
    }

    /// What a device hears of events.
    fn heard(&self, talker: &mut Talker) -> Vec<(uuid::Uuid, EventStatus, openadr::Event)> {
        let down = talker.poll(&self.fixture).unwrap();
        down.items
            .into_iter()
            .filter_map(|item| match item {
                Item::Event {
                    id, status, event, ..
                } => Some((id, status, *event)),
                _ => None,
            })
            .collect()
    }

    fn acknowledge(&self, talker: &mut Talker, item: uuid::Uuid, outcome: Outcome) {
        let receipt = UpKind::Receipt {
            item,
            outcome,
            at: NOW,
            detail: None,
        };
        talker.say(&self.fixture, receipt).unwrap();
    }
}

/// A report of one reading of load over some time.
fn reading(event: EventId, start: UnixTime, seconds: u64, kilowatts: f64) -> openadr::Report {
    openadr::Report {
        event_id: event.to_string(),
        client_name: Some("thermostat".into()),
        resources: vec![ReportResource {
            resource_name: "house".into(),
            interval_period: Some(IntervalPeriod::new(start, seconds)),
            intervals: vec![Interval {
                id: 0,
                interval_period: None,
                payloads: vec![ValuesMap {
                    value_type: "DEMAND".into(),
                    values: vec![kilowatts.into()],
                }],
            }],
        }],
        ..openadr::Report::default()
    }
}

/// Makes every open enrollment an active one, without the cryptography of each.
fn activate_all(fixture: &Fixture) {
    let connection = fixture.database();
    connection
        .execute(
            "UPDATE enrollments SET previous_state = 'issued', state = 'active', serial = id
             WHERE state = 'open'",
            [],
        )
        .unwrap();
}

#[test]
fn an_event_reaches_thousands_a_chunk_at_a_time_and_goes_on_after_a_restart() {
    let mut scene = Scene::new();
    for number in 0..2300 {
        scene.fixture.register(&format!("SN-0000-{number:04}"));
    }
    activate_all(&scene.fixture);
    let draft = scene.draft();
    let gridpass = &scene.fixture.gridpass;
    let reached = gridpass
        .check_dr_event(&scene.staff, &draft, &scene.actor)
        .unwrap();
    assert_eq!(reached, 2300);
    let id = gridpass
        .make_dr_event(&scene.staff, draft, scene.actor.clone())
        .unwrap();
    assert_eq!(scene.counts(id).recipients, 0, "told in the background");
    scene.fixture.gridpass.run_addressing_step().unwrap();
    scene.fixture.gridpass.run_addressing_step().unwrap();
    assert_eq!(scene.counts(id).recipients, 1000);
    scene.fixture = scene.fixture.restarted();
    scene.address();
    let counts = scene.counts(id);
    assert_eq!((counts.recipients, counts.queued), (2300, 2300));
    let again = scene.fixture.gridpass.run_addressing_step().unwrap();
    assert_eq!(again, AddressingStep::Idle);
}

#[test]
fn a_device_hears_of_an_event_and_what_it_says_is_counted() {
    let scene = Scene::new();
    let mut device = scene.device(1, "SN-4711-0815");
    let mut quiet = scene.device(2, "SN-4711-0816");
    let id = scene.make(|_| {});
    let heard = scene.heard(&mut device);
    let [(item, EventStatus::Active, event)] = &heard[..] else {
        panic!("{heard:?}");
    };
    assert_eq!(event.id, id.to_string());
    assert_eq!(event.event_name.as_deref(), Some("Evening peak"));
    assert_eq!(event.start(), Some(NOW.plus(HOUR)));
    assert_eq!(event.end(), Some(NOW.plus(2 * HOUR)));
    let payloads = &event.intervals[0].payloads;
    assert_eq!(payloads[0].value_type, "DISPATCH_SETPOINT_RELATIVE");
    assert_eq!(payloads[0].values, [serde_json::json!(-1.5)]);
    assert_eq!(payloads[1].values, [serde_json::json!("Summer")]);
    assert_eq!(payloads[2].values, [serde_json::json!("2 dollars off")]);
    assert_eq!(scene.counts(id).delivered, 1);
    scene.acknowledge(&mut device, *item, Outcome::Acknowledged);
    assert_eq!(scene.counts(id).acknowledged, 1);
    assert!(scene.heard(&mut device).is_empty(), "it was acknowledged");
    scene.acknowledge(&mut device, *item, Outcome::Executed);
    let opt = |choice| UpKind::Opt {
        event: id.to_string(),
        choice,
        reason: Some("guests".into()),
    };
    quiet.say(&scene.fixture, opt(Choice::In)).unwrap();
    quiet.say(&scene.fixture, opt(Choice::Out)).unwrap();
    let counts = scene.counts(id);
    assert_eq!((counts.executed, counts.recipients), (1, 2));
    assert_eq!((counts.opted_in, counts.opted_out), (0, 1));
}

#[test]
fn a_customer_takes_along_what_a_device_was_told_and_what_it_said() {
    let scene = Scene::new();
    let mut device = scene.device(1, "SN-4711-0815");
    let id = scene.make(|_| {});
    let items = scene.heard(&mut device);
    scene.acknowledge(&mut device, items[0].0, Outcome::Acknowledged);
    let opt = UpKind::Opt {
        event: id.to_string(),
        choice: Choice::Out,
        reason: Some("guests".into()),
    };
    device.say(&scene.fixture, opt).unwrap();
    let report = UpKind::Report {
        report: reading(id, NOW.plus(HOUR), 300, 2.0),
    };
    device.say(&scene.fixture, report).unwrap();
    let session = sign_in(&scene.fixture, "1001").session;
    let customer = Actor::customer(&session);
    let data = scene.fixture.gridpass.own_data(&session, customer).unwrap();
    let data = serde_json::to_value(&data).unwrap();
    let device = &data["devices"][0];
    let received = &device["received"][0];
    assert_eq!(received["content"]["event"]["id"], id.to_string());
    assert_eq!(received["state"], "acknowledged");
    assert_eq!(device["choices"][0]["reason"], "guests");
    let body = &device["reports"][0]["body"];
    assert_eq!(body["clientName"], "thermostat");
}

#[test]
fn a_changed_event_is_told_anew_and_a_cancelled_one_to_those_who_heard_of_it() {
    let scene = Scene::new();
    let mut device = scene.device(1, "SN-4711-0815");
    let id = scene.make(|_| {});
    let first = scene.heard(&mut device).remove(0).0;
    let gridpass = &scene.fixture.gridpass;
    let later = EventDraft {
        starts_at: NOW.plus(2 * HOUR),
        ..scene.draft()
    };
    let change = |version| {
        gridpass.change_dr_event(
            &scene.staff,
            id,
            version,
            later.clone(),
            scene.actor.clone(),
        )
    };
    change(1).unwrap();
    assert!(matches!(change(1), Err(EventError::Moved)), "an old form");
    scene.address();
    let heard = scene.heard(&mut device);
    assert_eq!(heard.len(), 1, "only what it says now");
    assert_ne!(heard[0].0, first);
    assert_eq!(heard[0].2.start(), Some(NOW.plus(2 * HOUR)));
    assert_eq!(scene.page(id).event.version, 2);
    gridpass
        .cancel_dr_event(&scene.staff, id, 2, scene.actor.clone())
        .unwrap();
    scene.address();
    let heard = scene.heard(&mut device);
    let [(_, EventStatus::Cancelled, _)] = &heard[..] else {
        panic!("{heard:?}");
    };
    assert_eq!(scene.page(id).state, EventState::Cancelled);
    let mut late = scene.device(2, "SN-4711-0816");
    assert!(scene.heard(&mut late).is_empty(), "it never heard of it");
}

#[test]
fn the_state_follows_from_the_clock() {
    let scene = Scene::new();
    let id = scene.make(|draft| draft.randomize_start = 600);
    for (seconds, state) in [
        (HOUR - 1, EventState::Scheduled),
        (HOUR, EventState::Active),
        (2 * HOUR + 599, EventState::Active),
        (2 * HOUR + 600, EventState::Ended),
    ] {
        let now = scene.fixture.gridpass.clock_now();
        scene.fixture.clock.advance(NOW.plus(seconds).since(now));
        assert_eq!(scene.page(id).state, state, "{seconds}");
    }
    let gridpass = &scene.fixture.gridpass;
    let cancelled = gridpass.cancel_dr_event(&scene.staff, id, 1, scene.actor.clone());
    assert!(matches!(cancelled, Err(EventError::Moved)));
}

#[test]
fn each_target_reaches_those_it_names_and_nobody_twice() {
    let scene = Scene::new();
    let form = AccountForm {
        number: "1001".into(),
        name: "Ada Example".into(),
        line_1: "1 Main Street".into(),
        postal_code: "05401".into(),
        city: "Burlington".into(),
        country: "US".into(),
        ..AccountForm::default()
    };
    let (staff, actor) = (&scene.staff, &scene.actor);
    scene
        .fixture
        .gridpass
        .write_account(staff, &form, actor.clone())
        .unwrap();
    let ours = scene.device(1, "SN-4711-0815");
    let neighbour = {
        let labelled = scene
            .fixture
            .try_register("2002", "SN-4711-0816", |_| {})
            .unwrap();
        let mut talker = Talker::confirm(&scene.fixture, 2, &labelled.link, "SN-4711-0816");
        talker.hello(&scene.fixture).unwrap();
        talker
    };
    let at_home = Target::PostalCode {
        code: "05401".parse().unwrap(),
    };
    let group = scene.group("North", &[&neighbour]);
    let one = Target::Device {
        enrollment: ours.id,
    };
    let told = |id: EventId| {
        [&ours, &neighbour].map(|device| {
            let event = scene
                .fixture
                .gridpass
                .ven_event(&demo(), device.id, id)
                .unwrap();
            event.is_some()
        })
    };
    for (targets, expected) in [
        (vec![at_home.clone()], [true, false]),
        (vec![group.clone()], [false, true]),
        (vec![one.clone()], [true, false]),
        (vec![at_home, one, group], [true, true]),
        (vec![Target::All], [true, true]),
    ] {
        let counted = scene
            .fixture
            .gridpass
            .check_dr_event(
                staff,
                &EventDraft {
                    targets: targets.clone(),
                    ..scene.draft()
                },
                actor,
            )
            .unwrap();
        let id = scene.make(|draft| draft.targets = targets.clone());
        assert_eq!(told(id), expected, "{targets:?}");
        let reached = expected.iter().filter(|is_told| **is_told).count() as u64;
        assert_eq!((counted, scene.counts(id).recipients), (reached, reached));
    }
}

#[test]
fn whoever_comes_while_an_event_is_to_come_is_told_of_it() {
    let scene = Scene::new();
    let everybody = scene.make(|_| {});
    let mut device = scene.device(1, "SN-4711-0815");
    let heard = scene.heard(&mut device);
    assert_eq!(heard[0].2.id, everybody.to_string(), "enrolled afterwards");
    scene.acknowledge(&mut device, heard[0].0, Outcome::Acknowledged);

    let group = scene.group("North", &[]);
    let of_group = scene.make(|draft| draft.targets = vec![group.clone()]);
    assert!(scene.heard(&mut device).is_empty());
    let Target::Group { group } = group else {
        panic!("a group was made")
    };
    scene
        .fixture
        .gridpass
        .add_to_dr_group(&scene.staff, group, &device.device_id, scene.actor.clone())
        .unwrap();
    let heard = scene.heard(&mut device);
    assert_eq!(heard[0].2.id, of_group.to_string(), "put into the group");

    let (admin, actor) = staff_of("demo", Role::Admin);
    let gridpass = &scene.fixture.gridpass;
    let hold = gridpass.hold_enrollment(&admin, device.id, &words("lost"), actor.clone());
    hold.unwrap();
    assert_eq!(scene.fixture.state(device.id), StateView::Suspended);
    let meanwhile = scene.make(|_| {});
    assert_eq!(scene.counts(meanwhile).recipients, 0, "on hold");
    let found = gridpass.release_enrollment(&admin, device.id, &words("found"), actor);
    found.unwrap();
    assert_eq!(scene.counts(meanwhile).recipients, 1);

    scene.fixture.clock.advance(3 * HOUR);
    let mut late = scene.device(2, "SN-4711-0816");
    assert!(scene.heard(&mut late).is_empty(), "all of them are over");
}

#[test]
fn what_devices_report_is_summed_up_and_a_changed_report_counts_once() {
    let scene = Scene::new();
    let mut first = scene.device(1, "SN-4711-0815");
    let mut second = scene.device(2, "SN-4711-0816");
    let id = scene.make(|_| {});
    let report = |kilowatts| UpKind::Report {
        report: reading(id, NOW.plus(HOUR), 300, kilowatts),
    };
    first.say(&scene.fixture, report(2.0)).unwrap();
    second.say(&scene.fixture, report(1.0)).unwrap();
    let at = NOW.plus(HOUR);
    let span = |mean_watts, seconds| LoadSpan {
        at,
        mean_watts,
        seconds,
    };
    assert_eq!(scene.page(id).load, [span(1500, 600)]);

    let gridpass = &scene.fixture.gridpass;
    let query = ReportQuery {
        limit: 50,
        ..ReportQuery::default()
    };
    let reports = gridpass.ven_reports(&demo(), second.id, &query).unwrap();
    assert_eq!(reports.len(), 1, "its own alone");
    let body = serde_json::to_value(reading(id, at, 300, 0.5)).unwrap();
    let replace = |device, place| gridpass.keep_ven_report(&demo(), device, Some(place), &body);
    replace(second.id, reports[0].id).unwrap();
    assert_eq!(scene.page(id).load, [span(1250, 600)]);
    assert!(
        replace(first.id, reports[0].id).is_err(),
        "another device's"
    );
    let named = ReportQuery {
        client_name: Some("somebody else".into()),
        ..query
    };
    assert!(
        gridpass
            .ven_reports(&demo(), second.id, &named)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn nobody_says_anything_about_an_event_that_is_not_theirs() {
    let scene = Scene::of(Fixture::with(|config| {
        config.providers.push(provider("other"));
    }));
    let mut ours = scene.device(1, "SN-4711-0815");
    let mut neighbour = scene.device(2, "SN-4711-0816");
    let id = scene.make(|draft| {
        draft.targets = vec![Target::Device {
            enrollment: ours.id,
        }];
    });
    let opt = |event: String| UpKind::Opt {
        event,
        choice: Choice::Out,
        reason: None,
    };
    for event in [id.to_string(), "nothing".into()] {
        let refused = neighbour.clone().say(&scene.fixture, opt(event));
        assert_eq!(refused.unwrap_err().problem().name, ProblemName::NotFound);
    }
    let report = UpKind::Report {
        report: reading(id, NOW, 300, 1.0),
    };
    let refused = neighbour.say(&scene.fixture, report);
    assert_eq!(refused.unwrap_err().problem().name, ProblemName::NotFound);
    assert_eq!(scene.counts(id).opted_out, 0);
    assert!(scene.page(id).load.is_empty());
    // The conversation goes on where it was.
    neighbour.poll(&scene.fixture).unwrap();

    let gridpass = &scene.fixture.gridpass;
    let all = EventQuery {
        limit: 50,
        ..EventQuery::default()
    };
    let seen = |device| gridpass.ven_events(&demo(), device, &all).unwrap().len();
    assert_eq!((seen(ours.id), seen(neighbour.id)), (1, 0));
    let elsewhere = "other".parse().unwrap();
    assert!(
        gridpass
            .ven_event(&elsewhere, ours.id, id)
            .unwrap()
            .is_none()
    );
    assert!(gridpass.ven_programs(&elsewhere).unwrap().is_empty());

    let (foreign, actor) = staff_of("other", Role::Admin);
    let found = gridpass.dr_event(&foreign, id, &actor);
    assert!(matches!(found, Err(EventError::NotFound)));
    let cancelled = gridpass.cancel_dr_event(&foreign, id, 1, actor.clone());
    assert!(matches!(cancelled, Err(EventError::NotFound)));
    let mine = gridpass.make_dr_event(&foreign, scene.draft(), actor);
    assert!(matches!(
        mine,
        Err(EventError::Invalid(EventProblem::Program))
    ));
    // Too late to matter, and no error: the message was on its way for long.
    scene.fixture.clock.advance(3 * HOUR);
    ours.say(&scene.fixture, opt(id.to_string())).unwrap();
    assert_eq!(scene.counts(id).opted_out, 0);
}

#[test]
fn support_and_auditors_look_and_do_not_touch() {
    let scene = Scene::new();
    let id = scene.make(|_| {});
    let gridpass = &scene.fixture.gridpass;
    for role in [Role::Support, Role::Auditor] {
        let (staff, actor) = staff_of("demo", role);
        assert_eq!(gridpass.dr_events(&staff, &actor).unwrap().len(), 1);
        gridpass.dr_event(&staff, id, &actor).unwrap();
        let made = gridpass.make_dr_event(&staff, scene.draft(), actor.clone());
        assert!(matches!(made, Err(EventError::NotAllowed(_))));
        let cancelled = gridpass.cancel_dr_event(&staff, id, 1, actor.clone());
        assert!(matches!(cancelled, Err(EventError::NotAllowed(_))));
        let group = gridpass.make_dr_group(&staff, "North", actor);
        assert!(matches!(group, Err(EventError::NotAllowed(_))));
    }
}

#[test]
fn what_cannot_be_an_event_is_named() {
    let scene = Scene::new();
    type Change = fn(&mut EventDraft);
    let cases: [(Change, EventProblem); 9] = [
        (|draft| draft.name.clear(), EventProblem::Name),
        (
            |draft| draft.starts_at = NOW.minus(HOUR),
            EventProblem::Start,
        ),
        (
            |draft| draft.starts_at = NOW.plus(367 * 24 * HOUR),
            EventProblem::Start,
        ),
        (|draft| draft.length = 90, EventProblem::Length),
        (|draft| draft.length = 25 * HOUR, EventProblem::Length),
        (
            |draft| draft.randomize_start = HOUR,
            EventProblem::RandomizeStart,
        ),
        (|draft| draft.signal.amounts.clear(), EventProblem::Amounts),
        (|draft| draft.priority = Some(101), EventProblem::Priority),
        (|draft| draft.targets.clear(), EventProblem::Targets),
    ];
    for (change, problem) in cases {
        let mut draft = scene.draft();
        change(&mut draft);
        let made = scene
            .fixture
            .gridpass
            .make_dr_event(&scene.staff, draft, scene.actor.clone());
        match made {
            Err(EventError::Invalid(found)) => assert_eq!(found, problem),
            other => panic!("{problem:?}: {other:?}"),
        }
    }
}

#[test]
fn a_ven_is_its_enrollment_and_may_describe_itself() {
    let scene = Scene::new();
    let device = scene.device(1, "SN-4711-0815");
    scene.group("North", &[&device]);
    let gridpass = &scene.fixture.gridpass;
    let ven = gridpass.ven(&demo(), device.id).unwrap().unwrap();
    assert_eq!(ven.name, device.id.to_string());
    assert!(ven.targets.contains(&format!("ven-{}", device.id)));
    assert!(ven.targets.iter().any(|word| word.starts_with("group-")));
    let describe = |place, name: &str| {
        let draft = VenDraft {
            name: name.into(),
            attributes: serde_json::json!([]),
        };
        gridpass
            .describe_ven(&demo(), device.id, place, draft)
            .unwrap()
    };
    assert!(matches!(
        describe(VenPlace::First, "Thermostat"),
        Described::Kept(ven) if ven.name == "Thermostat"
    ));
    assert_eq!(describe(VenPlace::First, "Again"), Described::Before);
    assert!(matches!(
        describe(VenPlace::Again, "Heat pump"),
        Described::Kept(ven) if ven.name == "Heat pump"
    ));
    assert_eq!(describe(VenPlace::Again, ""), Described::Unfit);
}

#[test]
fn an_aggregator_tells_its_own_customers_and_the_utility_sees_how_many_and_never_who() {
    let scene = Scene::of(Fixture::with(|config| {
        let mut aggregator = provider("pooled");
        aggregator.name = "Pooled Power".into();
        aggregator.acts_for = Some(demo());
        config.providers.push(aggregator);
        config.providers.push(provider("other"));
    }));
    let labelled = scene
        .fixture
        .try_register("1001", "SN-4711-0815", |new| {
            new.provider = "pooled".parse().unwrap();
        })
        .unwrap();
    let mut customer = Talker::confirm(&scene.fixture, 1, &labelled.link, "SN-4711-0815");
    customer.hello(&scene.fixture).unwrap();
    let mut neighbour = scene.device(2, "SN-4711-0816");
    let passed_to = |id: &str| {
        vec![Target::Aggregator {
            provider: id.parse().unwrap(),
        }]
    };
    let gridpass = &scene.fixture.gridpass;
    for stranger in ["other", "demo", "nobody"] {
        let draft = EventDraft {
            targets: passed_to(stranger),
            ..scene.draft()
        };
        let refused = gridpass.make_dr_event(&scene.staff, draft, scene.actor.clone());
        assert!(
            matches!(refused, Err(EventError::Invalid(EventProblem::Targets))),
            "{stranger} does not act for the provider"
        );
    }
    let id = scene.make(|draft| draft.targets = passed_to("pooled"));
    assert_eq!(scene.heard(&mut customer).len(), 1);
    assert!(scene.heard(&mut neighbour).is_empty());
    let page = scene.page(id);
    assert_eq!(page.counts.recipients, 0, "none of its own");
    let [passed] = &page.passed_on[..] else {
        panic!("{:?}", page.passed_on);
    };
    assert_eq!(passed.aggregator, "Pooled Power");
    assert_eq!((passed.counts.recipients, passed.counts.delivered), (1, 1));

    let (theirs, actor) = staff_of("pooled", Role::Operator);
    let rows = gridpass.dr_events(&theirs, &actor).unwrap();
    assert_eq!(rows.len(), 1);
    assert_ne!(rows[0].event.id, id, "an event of its own");
    assert_eq!(rows[0].program, "Summer");
    let foreign = gridpass.dr_event(&scene.staff, rows[0].event.id, &scene.actor);
    assert!(matches!(foreign, Err(EventError::NotFound)));
    let foreign = gridpass.dr_event(&theirs, id, &actor);
    assert!(matches!(foreign, Err(EventError::NotFound)));

    gridpass
        .cancel_dr_event(&scene.staff, id, 1, scene.actor.clone())
        .unwrap();
    scene.address();
    let heard = scene.heard(&mut customer);
    assert!(matches!(heard[..], [(_, EventStatus::Cancelled, _)]));
}
