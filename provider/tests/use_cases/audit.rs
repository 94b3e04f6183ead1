//! The audit: what was done to it is found, by whoever may write to the database and not to the
//! key file.

use gridpass_provider::{AuditFinding, AuditReport, AuditVerifyError, BulkStep, Role};

use crate::fixture::{DEVICE_ID, Fixture, Folder, demo, provider};

/// An installation with some history, and what was written of it.
fn history() -> Fixture {
    let fixture = Fixture::new();
    fixture.register_many(20);
    fixture
}

fn verify(fixture: &Fixture) -> AuditReport {
    fixture.gridpass.verify_audit(&demo(), &[]).unwrap()
}

fn tampered(fixture: &Fixture, sql: &str) -> AuditReport {
    let changed = fixture.database().execute_batch(sql);
    changed.unwrap();
    verify(fixture)
}

#[test]
fn an_untouched_audit_is_whole() {
    let fixture = history();
    let report = verify(&fixture);
    assert!(report.is_whole(), "{:?}", report.findings);
    assert_eq!(report.entries, 27);
    let fixture = fixture.restarted();
    fixture.register(DEVICE_ID);
    let report = verify(&fixture);
    assert!(report.is_whole(), "{:?}", report.findings);
}

#[test]
fn a_changed_column_is_found_whichever_it_is() {
    for change in [
        "at = at + 1",
        "actor = 'operator:somebody else'",
        "action = 'enrollment.revoke'",
        "result = 'forbidden'",
        "enrollment_id = NULL",
        "request_id = 'req-9'",
        "client = '192.0.2.66'",
        "detail = '{}'",
        "hash = x'0000000000000000000000000000000000000000000000000000000000000000'",
    ] {
        let fixture = history();
        let report = tampered(
            &fixture,
            &format!("UPDATE audit_entries SET {change} WHERE seq = 7"),
        );
        assert!(
            report.findings.contains(&AuditFinding::Changed { seq: 7 }),
            "{change}: {:?}",
            report.findings
        );
    }
}

#[test]
fn a_removed_entry_is_found() {
    let fixture = history();
    let report = tampered(&fixture, "DELETE FROM audit_entries WHERE seq = 7");
    assert_eq!(report.findings, [AuditFinding::Missing { seq: 7 }]);
}

#[test]
fn a_removed_entry_is_found_though_the_others_close_ranks() {
    let fixture = history();
    let report = tampered(
        &fixture,
        "DELETE FROM audit_entries WHERE seq = 7;
         UPDATE audit_entries SET seq = seq - 1000 WHERE seq > 7;
         UPDATE audit_entries SET seq = seq + 999 WHERE seq < 0",
    );
    assert!(
        report.findings.contains(&AuditFinding::Changed { seq: 7 }),
        "{:?}",
        report.findings
    );
}

#[test]
fn two_entries_that_changed_places_are_found() {
    let fixture = history();
    let report = tampered(
        &fixture,
        "UPDATE audit_entries SET seq = -1 WHERE seq = 7;
         UPDATE audit_entries SET seq = 7 WHERE seq = 8;
         UPDATE audit_entries SET seq = 8 WHERE seq = -1",
    );
    for seq in [7, 8] {
        let finding = AuditFinding::Changed { seq };
        assert!(report.findings.contains(&finding), "{:?}", report.findings);
    }
}

#[test]
fn an_audit_that_was_cut_off_is_found_with_and_without_a_moved_end() {
    let fixture = history();
    let report = tampered(&fixture, "DELETE FROM audit_entries WHERE seq > 20");
    assert!(
        report
            .findings
            .contains(&AuditFinding::Cut { head: 27, last: 20 })
    );
    let fixture = history();
    let report = tampered(
        &fixture,
        "DELETE FROM audit_entries WHERE seq > 20;
         UPDATE audit_heads SET seq = 20,
             hash = (SELECT hash FROM audit_entries WHERE seq = 20)",
    );
    assert_eq!(report.findings, [AuditFinding::Head]);
}

#[test]
fn a_moved_end_is_found_also_after_gridpass_went_on_from_there() {
    let fixture = history();
    tampered(
        &fixture,
        "DELETE FROM audit_entries WHERE seq > 20;
         UPDATE audit_heads SET seq = 20,
             hash = (SELECT hash FROM audit_entries WHERE seq = 20)",
    );
    fixture.register(DEVICE_ID);
    let fixture = fixture.restarted();
    fixture.register("SN-4711-9999");
    assert_eq!(verify(&fixture).findings, [AuditFinding::Head]);
}

#[test]
fn an_audit_that_was_removed_whole_is_found_though_a_new_one_has_begun() {
    let fixture = history();
    tampered(
        &fixture,
        "DELETE FROM audit_entries; DELETE FROM audit_heads",
    );
    fixture.register(DEVICE_ID);
    let fixture = fixture.restarted();
    assert!(!verify(&fixture).is_whole());
}

#[test]
fn a_last_entry_written_anew_is_found() {
    let fixture = history();
    let connection = fixture.database();
    connection
        .execute(
            "UPDATE audit_entries SET hash = ?1 WHERE seq = 27",
            [[7_u8; 32]],
        )
        .unwrap();
    let report = verify(&fixture);
    assert!(
        report
            .findings
            .contains(&AuditFinding::Rewritten { seq: 27 })
    );
}

#[test]
fn an_older_state_of_the_whole_database_is_found_with_a_checkpoint_kept_elsewhere() {
    let fixture = history();
    // The state of the intruder's copy.
    let old = fixture.folder.copied();
    // PostgreSQL copies what nobody is connected to.
    let fixture = fixture.restarted();
    fixture.register(DEVICE_ID);
    let kept = fixture.gridpass.audit_checkpoint(&demo()).unwrap();
    assert!(
        fixture
            .gridpass
            .verify_audit(&demo(), std::slice::from_ref(&kept))
            .unwrap()
            .is_whole()
    );
    let mut config = fixture.config.clone();
    config.database = crate::fixture::config(&old).database;
    let rolled_back =
        gridpass_provider::Gridpass::open(config, fixture.clock.clone(), crate::fixture::random(3))
            .unwrap();
    assert!(
        rolled_back.verify_audit(&demo(), &[]).unwrap().is_whole(),
        "it is whole in itself"
    );
    let report = rolled_back.verify_audit(&demo(), &[kept]).unwrap();
    assert_eq!(report.findings, [AuditFinding::Rewritten { seq: 28 }]);
}

#[test]
fn checkpoints_are_made_every_hour_and_what_is_done_to_one_is_found() {
    let fixture = history();
    fixture.gridpass.run_housekeeping().unwrap();
    fixture.clock.advance(60);
    fixture.register("SN-4711-5555");
    fixture.gridpass.run_housekeeping().unwrap();
    assert_eq!(verify(&fixture).checkpoints, 1, "not yet an hour");
    fixture.clock.advance(60 * 60);
    fixture.gridpass.run_housekeeping().unwrap();
    let report = verify(&fixture);
    assert!(report.is_whole(), "{:?}", report.findings);
    assert_eq!(report.checkpoints, 2);
    let report = tampered(
        &fixture,
        "UPDATE audit_checkpoints SET seq = 3 WHERE seq = 27",
    );
    assert_eq!(report.findings, [AuditFinding::Checkpoint { seq: 3 }]);
}

#[test]
fn a_checkpoint_of_somebody_else_is_refused() {
    let fixture = Fixture::with(|config| config.providers.push(provider("other")));
    let others = fixture
        .gridpass
        .audit_checkpoint(&"other".parse().unwrap())
        .unwrap();
    let foreign = {
        let folder = Folder::new();
        let config = crate::fixture::config(&folder);
        let gridpass = gridpass_provider::Gridpass::open(
            config,
            fixture.clock.clone(),
            crate::fixture::random(99),
        )
        .unwrap();
        gridpass.audit_checkpoint(&demo()).unwrap()
    };
    for kept in [others, foreign, "a.b.c".to_owned()] {
        assert!(matches!(
            fixture.gridpass.verify_audit(&demo(), &[kept]),
            Err(AuditVerifyError::ForeignCheckpoint)
        ));
    }
}

/// What the verification at the desk finds.
fn verified_at_desk(fixture: &Fixture) -> AuditReport {
    let (staff, actor) = crate::desk::staff_of("demo", Role::Auditor);
    let gridpass = &fixture.gridpass;
    fixture.clock.advance(1);
    gridpass
        .start_audit_verification(&staff, actor.clone())
        .unwrap();
    while gridpass.run_bulk_step().unwrap() == BulkStep::Worked {}
    let verification = gridpass.audit_verification(&staff, &actor).unwrap();
    verification.unwrap().report.unwrap()
}

#[test]
fn only_admins_and_auditors_verify_and_the_outcome_is_written_down() {
    let fixture = history();
    let gridpass = &fixture.gridpass;
    for role in Role::ALL {
        let (staff, actor) = crate::desk::staff_of("demo", role);
        fixture.clock.advance(1);
        let outcome = gridpass.start_audit_verification(&staff, actor.clone());
        let seen = gridpass.audit_verification(&staff, &actor);
        match role {
            Role::Admin | Role::Auditor => {
                outcome.unwrap();
                let begun = seen.unwrap().unwrap();
                assert_eq!((begun.read, begun.report), (0, None));
                while gridpass.run_bulk_step().unwrap() == BulkStep::Worked {}
                let ended = gridpass
                    .audit_verification(&staff, &actor)
                    .unwrap()
                    .unwrap();
                assert!(ended.report.unwrap().is_whole());
                let listed =
                    gridpass.bulk_jobs(&crate::desk::staff_of("demo", Role::Admin).0, &actor);
                assert_eq!(listed.unwrap(), [], "it is no file");
            }
            Role::Support | Role::Operator => {
                assert!(matches!(outcome, Err(AuditVerifyError::NotAllowed(_))));
                assert!(matches!(seen, Err(AuditVerifyError::NotAllowed(_))));
            }
        }
    }
    let written = gridpass.audit_after(&demo(), 27, 20).unwrap();
    let written: Vec<_> = written
        .iter()
        .map(|entry| (entry.action.as_str(), entry.result.as_str()))
        .filter(|(action, _)| action.starts_with("audit."))
        .collect();
    let once = [("audit.verify-start", "ok"), ("audit.verify", "ok")];
    assert_eq!(written, [once, once].concat());
    assert!(verify(&fixture).is_whole());
}

#[test]
fn a_long_audit_is_verified_piece_by_piece_and_nothing_is_overlooked() {
    let fixture = history();
    let (support, actor) = crate::desk::staff_of("demo", Role::Support);
    for _ in 0..1500 {
        let refused = fixture
            .gridpass
            .start_audit_verification(&support, actor.clone());
        assert!(refused.is_err(), "and this is written down");
    }
    let report = verified_at_desk(&fixture);
    assert!(report.is_whole(), "{:?}", report.findings);
    assert!(report.entries > 1500);
    let again = verified_at_desk(&fixture);
    assert!(again.is_whole(), "{:?}", again.findings);

    for (place, finding) in [
        (7, AuditFinding::Changed { seq: 7 }),
        (1400, AuditFinding::Changed { seq: 1400 }),
    ] {
        let change = "UPDATE audit_entries SET at = at + 1 WHERE seq = ?1";
        let undo = "UPDATE audit_entries SET at = at - 1 WHERE seq = ?1";
        fixture.database().execute(change, [place]).unwrap();
        assert_eq!(verified_at_desk(&fixture).findings, [finding]);
        fixture.database().execute(undo, [place]).unwrap();
        assert!(verified_at_desk(&fixture).is_whole());
    }
    fixture
        .database()
        .execute("DELETE FROM audit_entries WHERE seq > 1200", [])
        .unwrap();
    assert!(!verified_at_desk(&fixture).is_whole());
}

#[test]
fn entries_that_are_written_at_once_are_one_chain() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let fixture = &fixture;
            scope.spawn(move || {
                for number in 0..25 {
                    fixture.register(&format!("SN-{thread}-4711-{number:04}"));
                }
            });
        }
    });
    let report = verify(&fixture);
    assert!(report.is_whole(), "{:?}", report.findings);
    assert_eq!(report.entries, 200);
}
