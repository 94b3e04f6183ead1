//! What is told to whoever watches an installation.

use std::sync::Arc;

use gridpass_provider::{
    AccountRef, Channel, ConfirmationError, DeliveryKind, DeliveryState, EnrollmentKind, NotReady,
    ProviderFigures, Readiness, Registration, StateName,
};
use prometheus_client::{encoding::text::encode, registry::Registry};

use crate::{
    fixture::{DEVICE_ID, Device, Fixture, NOW, demo, device_id, operator},
    verification::DeadAuthority,
};

const DAY: u64 = 24 * 60 * 60;

fn figures(fixture: &Fixture) -> ProviderFigures {
    let mut figures = fixture.gridpass.figures().unwrap();
    assert_eq!(figures.providers.len(), 1);
    figures.providers.remove(0)
}

fn shown(fixture: &Fixture) -> String {
    let mut registry = Registry::with_prefix("gridpass");
    fixture.gridpass.register_meters(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    text
}

#[test]
fn figures_say_how_many_enrollments_are_where_and_what_waits() {
    let fixture = Fixture::new();
    let enrolled = fixture.register(DEVICE_ID);
    fixture
        .confirm(&Device::new(1, &enrolled.link, DEVICE_ID))
        .unwrap();
    fixture.register("SN-4711-0816");
    let mailed = Registration {
        provider: demo(),
        account: AccountRef::Number("1001".parse().unwrap()),
        device_id: device_id("SN-4711-0817"),
        kind: EnrollmentKind::Device,
        channel: Channel::Email,
        key_algorithm: None,
        idempotency: None,
        nickname: None,
        language: None,
    };
    fixture.gridpass.register(mailed, operator()).unwrap();
    fixture.gridpass.publish_due_lists().unwrap();
    let figures = figures(&fixture);
    let of = |state| {
        let found = figures.enrollments.iter().find(|(name, _)| *name == state);
        found.map_or(0, |(_, enrollments)| *enrollments)
    };
    assert_eq!((of(StateName::Issued), of(StateName::Open)), (1, 2));
    let [mail] = &figures.outbox[..] else {
        panic!("{:?}", figures.outbox);
    };
    assert_eq!(
        (mail.kind, mail.state, mail.messages, mail.oldest),
        (DeliveryKind::Mail, DeliveryState::Waiting, 1, NOW)
    );
    assert_eq!(figures.revocation_list.unwrap().this_update, NOW);
    assert_eq!(figures.mailbox_pending, 0);
}

#[test]
fn a_certificate_is_told_of_before_its_end_and_for_a_month_afterwards() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    fixture
        .confirm(&Device::new(1, &registered.link, DEVICE_ID))
        .unwrap();
    let mut seen = Vec::new();
    // After 0, 367, 369, 392, 399 and 429 days; it is good for 398.
    for days in [0, 367, 2, 23, 7, 30] {
        fixture.clock.advance(days * DAY);
        let ends = figures(&fixture).certificates;
        seen.push((ends.in_30_days, ends.in_7_days, ends.expired));
    }
    assert_eq!(
        seen,
        [
            (0, 0, 0),
            (0, 0, 0),
            (1, 0, 0),
            (1, 1, 0),
            (0, 0, 1),
            (0, 0, 0)
        ]
    );
}

#[test]
fn what_happens_is_counted_without_naming_anybody() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let wrong = Device::new(1, &registered.link, "SN-4711-0816");
    for _ in 0..6 {
        let refused = fixture.confirm(&wrong).unwrap_err();
        assert!(matches!(
            refused,
            ConfirmationError::InvalidOtp { .. } | ConfirmationError::Locked
        ));
    }
    let other = fixture.register("SN-4711-0820");
    fixture
        .confirm(&Device::new(2, &other.link, "SN-4711-0820"))
        .unwrap();
    let text = shown(&fixture);
    for line in [
        "gridpass_otp_failures_total{provider=\"demo\",outcome=\"wrong\"} 4",
        "gridpass_otp_failures_total{provider=\"demo\",outcome=\"locks\"} 1",
        "gridpass_ca_issues_total{provider=\"demo\",adapter=\"built-in\",outcome=\"issued\"} 1",
        "gridpass_ca_issue_seconds_count{provider=\"demo\",adapter=\"built-in\"} 1",
        "gridpass_store_writer_queue_jobs 0",
        "gridpass_store_groups_failed_total 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let count = |name: &str| -> u64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!(count("gridpass_store_group_seconds_count ") > 7);
    assert!(count("gridpass_store_reader_wait_seconds_count ") > 7);
    for secret in ["4711", "0815", "1001", "192.0.2"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn a_ca_that_does_not_answer_is_told_until_it_does_or_five_minutes_have_passed() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let fixture =
        fixture.changed(|gridpass| gridpass.with_authority(&demo(), Arc::new(DeadAuthority)));
    assert_eq!(fixture.gridpass.readiness().unwrap(), Readiness::Ready);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    fixture.confirm(&device).unwrap_err();
    assert_eq!(fixture.gridpass.readiness().unwrap(), Readiness::Degraded);
    fixture.clock.advance(301);
    assert_eq!(fixture.gridpass.readiness().unwrap(), Readiness::Ready);
}

#[test]
fn who_stops_or_lost_its_database_is_not_ready() {
    let fixture = Fixture::new();
    let database = fixture.database();
    let swap = |check: &str| {
        let sql = format!("UPDATE installation SET key_check = {check}");
        database.execute(&sql, []).unwrap();
    };
    swap("x'00'");
    let lost = fixture.gridpass.readiness();
    assert!(matches!(lost, Err(NotReady::OtherDatabase)), "{lost:?}");
    let stopped = Fixture::new();
    stopped.gridpass.stop();
    let stopping = stopped.gridpass.readiness();
    assert!(matches!(stopping, Err(NotReady::Stopping)), "{stopping:?}");
}
