//! Registrations in bulk.

use gridpass_provider::{
    BulkError, BulkFileError, BulkJob, BulkJobId, BulkOutcome, BulkProblem, BulkState, BulkStep,
    Channel, EnrollmentFilter, Role,
};

use crate::{
    desk::staff_of,
    fixture::{Fixture, provider},
};

fn fixture() -> Fixture {
    Fixture::with(|config| {
        config.providers[0].channels = vec![Channel::Screen, Channel::Email, Channel::Letter];
        config.providers.push(provider("other"));
    })
}

/// A file of so many lines that can be registered.
fn file(lines: usize) -> String {
    let line = |number| format!("1001,SN-{number:08}\n");
    format!(
        "account,device_id\n{}",
        (0..lines).map(line).collect::<String>()
    )
}

fn make(fixture: &Fixture, content: &str) -> Result<BulkJobId, BulkError> {
    let (staff, actor) = staff_of("demo", Role::Operator);
    let content = content.as_bytes();
    fixture
        .gridpass
        .make_bulk_job(&staff, "devices.csv", content, Channel::Email, actor)
}

fn work_until_idle(fixture: &Fixture) {
    while fixture.gridpass.run_bulk_step().unwrap() == BulkStep::Worked {}
}

fn show(fixture: &Fixture, id: BulkJobId) -> BulkJob {
    let (staff, actor) = staff_of("demo", Role::Operator);
    fixture.gridpass.bulk_job(&staff, id, 50, &actor).unwrap().0
}

fn start(fixture: &Fixture, id: BulkJobId) {
    let (staff, actor) = staff_of("demo", Role::Operator);
    fixture.gridpass.start_bulk_job(&staff, id, actor).unwrap();
}

fn enrollments(fixture: &Fixture) -> usize {
    let (staff, actor) = staff_of("demo", Role::Operator);
    let filter = EnrollmentFilter::default();
    let page = fixture
        .gridpass
        .desk_enrollments(&staff, &filter, &actor)
        .unwrap();
    page.rows.len()
}

#[test]
fn a_file_is_checked_first_and_registered_when_somebody_says_so() {
    let fixture = fixture();
    let content = "account,device_id,channel\n\
        1001,SN-0000-0001,email\n\
        9999,SN-0000-0002,email\n\
        1001,short,email\n\
        1001,SN-0000-0004,letter\n\
        1001,SN-0000-0005,\n";
    let id = make(&fixture, content).unwrap();
    work_until_idle(&fixture);
    let (staff, actor) = staff_of("demo", Role::Operator);
    let (job, refused) = fixture.gridpass.bulk_job(&staff, id, 50, &actor).unwrap();
    assert_eq!(job.state, BulkState::Checked);
    assert_eq!((job.lines, job.checked, job.faulty), (5, 5, 3));
    let told: Vec<_> = refused
        .iter()
        .map(|line| (line.line, line.outcome))
        .collect();
    assert_eq!(
        told,
        [
            (3, BulkOutcome::Refused(BulkProblem::UnknownAccount)),
            (4, BulkOutcome::Refused(BulkProblem::DeviceId)),
            (5, BulkOutcome::Refused(BulkProblem::NoAddress)),
        ]
    );
    assert_eq!(enrollments(&fixture), 0, "a check registers nothing");

    start(&fixture, id);
    work_until_idle(&fixture);
    let job = show(&fixture, id);
    assert_eq!(job.state, BulkState::Finished);
    assert_eq!((job.registered, job.refused), (2, 3));
    assert_eq!(enrollments(&fixture), 2);
    let result = fixture.gridpass.bulk_result(&staff, id, &actor).unwrap();
    let lines: Vec<_> = result.lines().collect();
    assert_eq!(lines.len(), 6);
    assert!(lines[1].starts_with("2,1001,registered,,"), "{result}");
    assert_eq!(lines[2], "3,9999,refused,unknown-account,");
    assert_eq!(lines[4], "5,1001,refused,no-address,");
}

#[test]
fn a_job_goes_on_where_a_stopped_server_left_it() {
    let fixture = fixture();
    let id = make(&fixture, &file(450)).unwrap();
    fixture.gridpass.run_bulk_step().unwrap();
    assert_eq!(show(&fixture, id).checked, 200);
    work_until_idle(&fixture);
    start(&fixture, id);
    fixture.gridpass.run_bulk_step().unwrap();
    assert_eq!(show(&fixture, id).registered, 200);
    let fixture = fixture.restarted();
    work_until_idle(&fixture);
    let job = show(&fixture, id);
    assert_eq!((job.state, job.registered), (BulkState::Finished, 450));
}

#[test]
fn several_processes_register_each_line_once() {
    let fixture = fixture();
    let id = make(&fixture, &file(1000)).unwrap();
    work_until_idle(&fixture);
    start(&fixture, id);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| work_until_idle(&fixture));
        }
    });
    let job = show(&fixture, id);
    assert_eq!((job.state, job.registered), (BulkState::Finished, 1000));
    let (staff, actor) = staff_of("demo", Role::Operator);
    let result = fixture.gridpass.bulk_result(&staff, id, &actor).unwrap();
    assert_eq!(result.matches(",registered,").count(), 1000);
}

#[test]
fn a_stopped_job_keeps_what_it_did_and_forgets_its_lines() {
    let fixture = fixture();
    let id = make(&fixture, &file(450)).unwrap();
    work_until_idle(&fixture);
    start(&fixture, id);
    fixture.gridpass.run_bulk_step().unwrap();
    let (staff, actor) = staff_of("demo", Role::Operator);
    fixture
        .gridpass
        .cancel_bulk_job(&staff, id, actor.clone())
        .unwrap();
    work_until_idle(&fixture);
    let job = show(&fixture, id);
    assert_eq!((job.state, job.registered), (BulkState::Cancelled, 200));
    let again = fixture.gridpass.start_bulk_job(&staff, id, actor);
    assert!(matches!(again, Err(BulkError::State(BulkState::Cancelled))));
    let database = lines_kept(&fixture);
    assert_eq!(database, 0, "no line is left");
}

/// Chunks whose lines are still there.
fn lines_kept(fixture: &Fixture) -> i64 {
    let connection = fixture.database();
    connection
        .query_row(
            "SELECT COUNT(*) FROM bulk_chunks WHERE sealed_lines IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .unwrap()
}

#[test]
fn lines_that_nobody_registers_are_forgotten_after_a_week() {
    let fixture = fixture();
    let id = make(&fixture, &file(3)).unwrap();
    work_until_idle(&fixture);
    assert_eq!(lines_kept(&fixture), 1);
    fixture.clock.advance(7 * 24 * 60 * 60);
    fixture.gridpass.run_housekeeping().unwrap();
    assert_eq!(show(&fixture, id).state, BulkState::Cancelled);
    assert_eq!(lines_kept(&fixture), 0);
}

#[test]
fn jobs_are_for_those_who_import_and_for_their_provider() {
    let fixture = fixture();
    let id = make(&fixture, &file(1)).unwrap();
    for role in [Role::Support, Role::Auditor] {
        let (staff, actor) = staff_of("demo", role);
        let shown = fixture.gridpass.bulk_job(&staff, id, 1, &actor);
        assert!(matches!(shown, Err(BulkError::NotAllowed(_))), "{role}");
        let content = file(1);
        let made =
            fixture
                .gridpass
                .make_bulk_job(&staff, "x", content.as_bytes(), Channel::Email, actor);
        assert!(matches!(made, Err(BulkError::NotAllowed(_))), "{role}");
    }
    let (staff, actor) = staff_of("other", Role::Admin);
    assert_eq!(fixture.gridpass.bulk_jobs(&staff, &actor).unwrap(), []);
    let shown = fixture.gridpass.bulk_job(&staff, id, 1, &actor);
    assert!(matches!(shown, Err(BulkError::NotFound)));
    let result = fixture.gridpass.bulk_result(&staff, id, &actor);
    assert!(matches!(result, Err(BulkError::NotFound)));
    let cancelled = fixture.gridpass.cancel_bulk_job(&staff, id, actor);
    assert!(matches!(cancelled, Err(BulkError::NotFound)));
}

#[test]
fn a_file_that_is_none_makes_no_job() {
    let fixture = fixture();
    let refused = make(&fixture, "number;serial\n1;2\n");
    assert!(matches!(
        refused,
        Err(BulkError::File(BulkFileError::Columns))
    ));
    assert_eq!(fixture.gridpass.run_bulk_step().unwrap(), BulkStep::Idle);
}
