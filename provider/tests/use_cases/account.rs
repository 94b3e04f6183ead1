//! The account directory.

use gridpass_provider::{
    AccountError, AccountForm, AccountProblem, AccountQuery, Actor, BulkError, BulkJob, BulkLine,
    BulkOutcome, BulkState, BulkStep, LineProblem, Role, StaffSession, Upserted,
};

use crate::{
    fixture::{DEVICE_ID, Fixture, demo, provider},
    sign_in::sign_in,
    staff::{staff, staff_of},
};

/// Hands a table in and has it checked.
fn check(
    fixture: &Fixture,
    staff: &StaffSession,
    table: &str,
) -> Result<(BulkJob, Vec<BulkLine>), BulkError> {
    let (gridpass, actor) = (&fixture.gridpass, Actor::staff(staff));
    let id = gridpass.make_import_job(staff, "t.csv", table.as_bytes(), actor.clone())?;
    while gridpass.run_bulk_step()? == BulkStep::Worked {}
    gridpass.bulk_job(staff, id, 10, &actor)
}

/// Hands a table in, and has it checked and written.
fn import(fixture: &Fixture, staff: &StaffSession, table: &str) -> BulkJob {
    let (gridpass, actor) = (&fixture.gridpass, Actor::staff(staff));
    let (job, _) = check(fixture, staff, table).unwrap();
    gridpass
        .start_bulk_job(staff, job.id, actor.clone())
        .unwrap();
    while gridpass.run_bulk_step().unwrap() == BulkStep::Worked {}
    gridpass.bulk_job(staff, job.id, 0, &actor).unwrap().0
}

fn names(fixture: &Fixture, staff: &StaffSession, search: &str) -> Vec<String> {
    let query = AccountQuery {
        search: search.into(),
        after: None,
    };
    let page = fixture
        .gridpass
        .account_page(staff, &query, &Actor::staff(staff))
        .unwrap();
    page.accounts
        .into_iter()
        .map(|account| account.details.name)
        .collect()
}

const TABLE: &str =
    "number,name,email,mobile,address_line_1,postal_code,city,region,country,language
B-1,Bea Bright,bea@customers.example,+1 802 555 0101,1 Oak St,05602,Montpelier,VT,us,en
B-2,Benito Cruz,,+1 802 555 0102,,,,,,es
B-3,,nobody@customers.example,,,,,,,en
";

#[test]
fn a_check_writes_nothing_and_foretells_what_the_import_does() {
    let fixture = Fixture::new();
    let operator = staff(&fixture, Role::Operator);
    let (foretold, refused) = check(&fixture, &operator, TABLE).unwrap();
    assert_eq!(foretold.state, BulkState::Checked);
    assert_eq!((foretold.lines, foretold.added, foretold.faulty), (3, 2, 1));
    let problem = BulkOutcome::LeftOut(LineProblem::Account(AccountProblem::Name));
    assert_eq!((refused[0].line, refused[0].outcome), (4, problem));
    assert_eq!(refused[0].account, "B-3");
    assert_eq!(names(&fixture, &operator, "bea"), [""; 0]);
    let done = import(&fixture, &operator, TABLE);
    assert_eq!(done.state, BulkState::Finished);
    assert_eq!((done.registered, done.added, done.refused), (2, 2, 1));
    assert_eq!(names(&fixture, &operator, "bea"), ["Bea Bright"]);
    let connection = fixture.database();
    let kept: i64 = connection
        .query_row(
            "SELECT COUNT(*) FROM bulk_chunks c JOIN bulk_jobs j ON j.id = c.job_id
             WHERE j.state = 'finished' AND c.sealed_lines IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(kept, 0, "nothing of a table is kept that was imported");
}

#[test]
fn the_same_table_again_changes_nothing_and_another_changes_what_differs() {
    let fixture = Fixture::new();
    let operator = staff(&fixture, Role::Operator);
    import(&fixture, &operator, TABLE);
    let again = import(&fixture, &operator, TABLE);
    assert_eq!((again.added, again.changed, again.registered), (0, 0, 2));
    let other = TABLE.replace("1 Oak St", "2 Oak St");
    let (foretold, _) = check(&fixture, &operator, &other).unwrap();
    assert_eq!((foretold.added, foretold.changed), (0, 1));
    let changed = import(&fixture, &operator, &other);
    assert_eq!((changed.added, changed.changed), (0, 1));
}

#[test]
fn an_account_of_an_import_signs_in_by_its_mobile_number_on_file() {
    let fixture = Fixture::new();
    let operator = staff(&fixture, Role::Operator);
    import(&fixture, &operator, TABLE);
    let asking = fixture
        .gridpass
        .request_sign_in(&demo(), "B-2", None, &crate::staff::browser())
        .unwrap();
    let messages = fixture.gridpass.outbox_messages().unwrap();
    assert_eq!(messages[0].to, "+18025550102");
    let code: String = messages[0]
        .text
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == ' ')
        .collect();
    let begun = fixture
        .gridpass
        .finish_sign_in_by_code(&code, &asking, &crate::staff::browser())
        .unwrap();
    assert_eq!(begun.session.name, "Benito Cruz");
}

#[test]
fn accounts_are_found_by_what_people_know_of_them() {
    let fixture = Fixture::new();
    let operator = staff(&fixture, Role::Operator);
    import(&fixture, &operator, TABLE);
    for (search, found) in [
        ("b-", &["Bea Bright", "Benito Cruz"][..]),
        ("B-1", &["Bea Bright"]),
        ("BEA@customers.example", &["Bea Bright"]),
        ("+1 (802) 555-0102", &["Benito Cruz"]),
        ("be", &["Bea Bright", "Benito Cruz"]),
        ("beb", &[]),
        ("", &["Ada Example", "Bea Bright", "Benito Cruz"]),
    ] {
        assert_eq!(names(&fixture, &operator, search), found, "{search}");
    }
}

#[test]
fn a_long_list_is_read_page_by_page_without_a_gap() {
    let fixture = Fixture::new();
    let operator = staff(&fixture, Role::Operator);
    let lines: String = (0..120)
        .map(|n| format!("N-{n:03},Name {},\n", n / 7))
        .collect();
    let table = format!("number,name,email\n{lines}");
    import(&fixture, &operator, &table);
    let mut query = AccountQuery::default();
    let mut numbers = Vec::new();
    loop {
        let page = fixture
            .gridpass
            .account_page(&operator, &query, &Actor::staff(&operator))
            .unwrap();
        numbers.extend(
            page.accounts
                .into_iter()
                .map(|a| a.details.number.to_string()),
        );
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    assert_eq!(numbers.len(), 121);
    let mut unique = numbers.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 121);
}

#[test]
fn nobody_sees_another_providers_accounts_and_roles_bound_what_is_written() {
    let fixture = Fixture::with(|config| config.providers.push(provider("other")));
    let other: gridpass_provider::ProviderId = "other".parse().unwrap();
    let operator = staff(&fixture, Role::Operator);
    import(&fixture, &operator, TABLE);
    let foreign = staff_of(&fixture, &other, Role::Admin);
    assert_eq!(names(&fixture, &foreign, "b-"), [""; 0]);
    let query = AccountQuery {
        search: "B-1".into(),
        after: None,
    };
    let own = fixture
        .gridpass
        .account_page(&operator, &query, &Actor::staff(&operator))
        .unwrap();
    let id = own.accounts[0].id;
    let peek = fixture
        .gridpass
        .account_view(&foreign, id, &Actor::staff(&foreign));
    assert!(matches!(peek, Err(AccountError::NotFound)));

    for role in [Role::Support, Role::Auditor] {
        let person = staff(&fixture, role);
        let refused = check(&fixture, &person, TABLE);
        assert!(matches!(refused, Err(BulkError::NotAllowed(_))));
    }
}

#[test]
fn an_account_is_written_at_the_desk() {
    let fixture = Fixture::new();
    let auditor = staff(&fixture, Role::Auditor);
    let mut form = AccountForm {
        number: "C-1".into(),
        name: "Cy".into(),
        ..AccountForm::default()
    };
    let write = |staff: &StaffSession, form: &AccountForm| {
        fixture
            .gridpass
            .write_account(staff, form, Actor::staff(staff))
    };
    assert!(matches!(
        write(&auditor, &form),
        Err(AccountError::NotAllowed(_))
    ));
    fixture.clock.advance(1);
    let support = staff(&fixture, Role::Support);
    let Ok(Upserted::Made(id)) = write(&support, &form) else {
        panic!("a new number makes a new account");
    };
    assert!(matches!(write(&support, &form), Ok(Upserted::Unchanged(same)) if same == id));
    form.email = "cy".into();
    assert!(matches!(
        write(&support, &form),
        Err(AccountError::Invalid(AccountProblem::Email))
    ));
    form.email = "cy@customers.example".into();
    assert!(matches!(write(&support, &form), Ok(Upserted::Changed(same)) if same == id));
}

#[test]
fn a_customer_takes_along_what_is_kept_and_nothing_of_others() {
    let fixture = Fixture::new();
    fixture.register(DEVICE_ID);
    let session = sign_in(&fixture, "1001").session;
    let data = fixture
        .gridpass
        .own_data(&session, Actor::customer(&session))
        .unwrap();
    let json = serde_json::to_value(&data).unwrap();
    assert_eq!(json["account"]["number"], "1001");
    assert_eq!(json["account"]["email"], "A1001@Customers.example");
    assert_eq!(json["devices"].as_array().unwrap().len(), 1);
    assert_eq!(json["devices"][0]["device_id_ends_with"], "0815");
    assert_eq!(json["sessions"][0]["client"], crate::fixture::HOME);
}
