//! What is forgotten in time, and what is not.

use gridpass_provider::Retention;

use crate::fixture::{DEVICE_ID, Device, Fixture};

const DAY: u64 = 24 * 60 * 60;

/// An installation with three parcels that were closed after a day, each for one device; one of
/// them belongs to an event that ended then too, and another one is still open.
fn with_history(retention: Retention) -> Fixture {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    fixture
        .confirm(&Device::new(1, &registered.link, DEVICE_ID))
        .unwrap();
    let id = registered.enrollment_id.to_string().replace('-', "");
    let now = fixture.gridpass.clock_now().0;
    let closed = now + DAY;
    // What is open is so for ever: nothing else would be told from what is over.
    let never = 10_000_000_000_000_u64;
    let staff = "00000000-0000-4000-8000-000000000000";
    let parcel = |number: u8, kind: &str, closed: &str| {
        format!(
            "INSERT INTO parcels (id, provider_id, number, kind, content, originator,
                 originator_id, created_at, expires_at, closed_at)
             VALUES (x'{number:032x}', 'demo', {number}, '{kind}', '{{}}', 'staff',
                 '{staff}', {now}, {never}, {closed});
             INSERT INTO parcel_recipients (provider_id, enrollment_id, parcel, state)
             VALUES ('demo', x'{id}', {number}, 'executed');"
        )
    };
    let closed = closed.to_string();
    let sql = [
        parcel(1, "instruction", &closed),
        parcel(2, "event", &closed),
        parcel(3, "instruction", "NULL"),
        format!(
            "INSERT INTO dr_programs VALUES (x'01', 'demo', 'p', '', 1, 1);
             INSERT INTO dr_events (id, provider_id, program_id, name, signal, amounts, starts_at,
                 length, randomize_start, ends_at, targets, version, parcel_id, addressing, step,
                 after, made_at, changed_at, revision)
             VALUES (x'0e', 'demo', x'01', 'e', 'simple', '[]', {now}, 60, 0, {closed}, '[]', 1,
                 x'{:032x}', 'done', 0, x'', 1, 1, 1);
             INSERT INTO dr_recipients (provider_id, event_id, enrollment_id, added_at)
             VALUES ('demo', x'0e', x'{id}', 1);
             INSERT INTO dr_reports VALUES (x'0f', 'demo', x'0e', x'{id}', 'c', '{{}}', 1, 1);
             INSERT INTO dr_load VALUES ('demo', x'0e', 0, 1, 1);",
            2
        ),
    ];
    fixture.database().execute_batch(&sql.concat()).unwrap();
    fixture.changed(|gridpass| gridpass.with_retention(retention))
}

/// Rows of parcels, recipients, events, recipients and reports of events, spans of load, audit.
fn rows(fixture: &Fixture) -> [i64; 7] {
    [
        "parcels",
        "parcel_recipients",
        "dr_events",
        "dr_recipients",
        "dr_reports",
        "dr_load",
        "audit_entries",
    ]
    .map(|table| {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        let read = |row: gridpass_provider::testkit::Row<'_>| row.get(0);
        fixture.database().query_row(&sql, [], read).unwrap()
    })
}

#[test]
fn what_is_over_is_forgotten_after_its_days_and_the_audit_never() {
    let fixture = with_history(Retention {
        mailbox_days: 30,
        event_days: 60,
    });
    let [.., entries] = rows(&fixture);
    let after = |days: u64| {
        fixture.clock.advance(days * DAY);
        fixture.gridpass.run_housekeeping().unwrap();
        let [all @ .., audit] = rows(&fixture);
        assert!(audit >= entries);
        all
    };
    assert_eq!(after(30), [3, 3, 1, 1, 1, 1], "a day too early");
    assert_eq!(after(1), [2, 2, 1, 1, 1, 1], "the instruction");
    assert_eq!(after(29), [2, 2, 1, 1, 1, 1], "an event keeps what it said");
    assert_eq!(after(1), [1, 1, 0, 0, 0, 0], "the event and all of it");
    assert_eq!(after(1000), [1, 1, 0, 0, 0, 0], "what is open stays");
}

#[test]
fn what_is_to_be_kept_for_ever_is_kept() {
    let fixture = with_history(Retention {
        mailbox_days: 0,
        event_days: 0,
    });
    let [before @ .., _] = rows(&fixture);
    fixture.clock.advance(20_000 * DAY);
    fixture.gridpass.run_housekeeping().unwrap();
    let [after @ .., _] = rows(&fixture);
    assert_eq!(after, before);
}
