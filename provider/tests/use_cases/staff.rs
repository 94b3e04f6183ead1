//! Staff: how they join, sign in and leave.

use gridpass_provider::{
    AcceptError, Actor, ApiScope, ApiTokenError, Browser, InviteError, ManageError, NewStaff,
    NewStaffSession, PasswordError, ProviderId, Role, StaffChange, StaffSession, StaffSignIn,
    StaffSignInError,
};
use totp_rs::{Builder, Secret};

use crate::fixture::{Fixture, HOME, demo, ip, operator, provider};

const PASSWORD: &str = "correct horse battery";

/// A member of staff who can sign in.
pub(crate) struct Member {
    provider: ProviderId,
    email: String,
    secret: Secret,
}

pub(crate) fn browser() -> Browser {
    Browser {
        client: Some(ip(HOME)),
        agent: Some("Test/1.0".into()),
    }
}

fn code(secret: &Secret, fixture: &Fixture) -> String {
    let totp = Builder::new().with_secret(secret.clone()).build().unwrap();
    totp.generate(fixture.gridpass.clock_now().0).to_string()
}

fn invite(fixture: &Fixture, provider: &ProviderId, email: &str, role: Role) -> String {
    let new = NewStaff {
        provider: provider.clone(),
        email: email.into(),
        name: format!("The {role}"),
        role,
    };
    let invitation = fixture.gridpass.invite_staff(new, operator()).unwrap();
    token_of(&invitation.link)
}

fn token_of(link: &str) -> String {
    let (address, token) = link.split_once('#').unwrap();
    assert_eq!(address, "https://portal.gmec.example/staff/invitation");
    token.to_owned()
}

fn accept(fixture: &Fixture, token: &str) -> (NewStaffSession, Secret) {
    let view = fixture.gridpass.invitation(token).unwrap().unwrap();
    let secret = Secret::try_from_base32(&view.totp_secret).unwrap();
    let begun = fixture
        .gridpass
        .accept_by_password(token, PASSWORD, &code(&secret, fixture), browser())
        .unwrap();
    (begun, secret)
}

impl Member {
    fn join(fixture: &Fixture, provider: &ProviderId, email: &str, role: Role) -> Self {
        let (_, secret) = accept(fixture, &invite(fixture, provider, email, role));
        Self {
            provider: provider.clone(),
            email: email.into(),
            secret,
        }
    }

    fn sign_in_with(
        &self,
        fixture: &Fixture,
        change: impl FnOnce(&mut StaffSignIn),
    ) -> Result<NewStaffSession, StaffSignInError> {
        let mut sign_in = StaffSignIn {
            provider: self.provider.clone(),
            email: self.email.clone(),
            password: PASSWORD.into(),
            code: code(&self.secret, fixture),
            from: browser(),
        };
        change(&mut sign_in);
        fixture.gridpass.staff_sign_in(sign_in)
    }

    fn sign_in(&self, fixture: &Fixture) -> Result<NewStaffSession, StaffSignInError> {
        self.sign_in_with(fixture, |_| {})
    }
}

/// Somebody of this role on the staff of `provider`, signed in.
pub(crate) fn staff_of(fixture: &Fixture, provider: &ProviderId, role: Role) -> StaffSession {
    let email = format!("{role}@{provider}.example");
    accept(fixture, &invite(fixture, provider, &email, role))
        .0
        .session
}

/// Somebody of this role on the staff of the one provider, signed in.
pub(crate) fn staff(fixture: &Fixture, role: Role) -> StaffSession {
    staff_of(fixture, &demo(), role)
}

#[test]
fn an_invitation_works_once_and_signs_in() {
    let fixture = Fixture::new();
    let token = invite(&fixture, &demo(), "ada@gmec.example", Role::Admin);
    let (begun, _) = accept(&fixture, &token);
    assert_eq!(begun.session.role, Role::Admin);
    assert_eq!(begun.session.name, "The admin");
    let found = fixture.gridpass.staff_session(&begun.token).unwrap();
    assert_eq!(found, Some(begun.session));
    assert!(fixture.gridpass.invitation(&token).unwrap().is_none());
    let again = fixture
        .gridpass
        .accept_by_password(&token, PASSWORD, "123456", browser());
    assert!(matches!(again, Err(AcceptError::NotGood)));
}

#[test]
fn an_invitation_is_good_for_a_week() {
    let fixture = Fixture::new();
    let token = invite(&fixture, &demo(), "ada@gmec.example", Role::Support);
    fixture.clock.advance(7 * 24 * 60 * 60 - 1);
    assert!(fixture.gridpass.invitation(&token).unwrap().is_some());
    fixture.clock.advance(1);
    assert!(fixture.gridpass.invitation(&token).unwrap().is_none());
}

#[test]
fn joining_needs_a_password_worth_the_name_and_the_app_s_code() {
    let fixture = Fixture::new();
    let token = invite(&fixture, &demo(), "ada@gmec.example", Role::Support);
    let view = fixture.gridpass.invitation(&token).unwrap().unwrap();
    let secret = Secret::try_from_base32(&view.totp_secret).unwrap();
    let right = code(&secret, &fixture);
    let try_with = |password: &str, code: &str| {
        fixture
            .gridpass
            .accept_by_password(&token, password, code, browser())
    };
    let name = &fixture.gridpass.directory(None).providers[0].name;
    let of_the_place = format!("At {} since 2019", name.to_uppercase());
    for guessed in [
        "password",
        "aaaaaaaaaaaaaaaa",
        "ada@gmec.example",
        "My-GridPass-2026",
        &of_the_place,
    ] {
        let weak = try_with(guessed, &right);
        assert!(
            matches!(weak, Err(AcceptError::WeakPassword(_))),
            "{guessed}"
        );
    }
    let wrong = try_with(PASSWORD, "000000");
    assert!(matches!(wrong, Err(AcceptError::WrongCode)));
    assert!(try_with(PASSWORD, &right).is_ok());
}

#[test]
fn a_password_that_others_know_is_not_taken() {
    let mut fixture = Fixture::new();
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("known");
    // SHA-1 of "trustno1-trustno1", among others.
    let hashes = [
        "0000000000000000000000000000000000000000:3",
        "2CF501536933EE05C2CA671F61407D44C8C77020:22",
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF:1",
    ];
    std::fs::write(&list, hashes.join("\r\n")).unwrap();
    fixture.gridpass = fixture.gridpass.with_known_passwords(&list).unwrap();
    let token = invite(&fixture, &demo(), "ada@gmec.example", Role::Support);
    let view = fixture.gridpass.invitation(&token).unwrap().unwrap();
    let secret = Secret::try_from_base32(&view.totp_secret).unwrap();
    let right = code(&secret, &fixture);
    let try_with = |password: &str| {
        fixture
            .gridpass
            .accept_by_password(&token, password, &right, browser())
    };
    let known = try_with("trustno1-trustno1");
    assert!(matches!(known, Err(AcceptError::WeakPassword(_))));
    assert!(try_with("trustno1-trustno2").is_ok());
}

#[test]
fn an_address_is_invited_once_a_provider() {
    let fixture = Fixture::with(|config| config.providers.push(provider("other")));
    invite(&fixture, &demo(), "ada@gmec.example", Role::Support);
    let again = |provider: &str, email: &str| {
        let new = NewStaff {
            provider: provider.parse().unwrap(),
            email: email.into(),
            name: "Ada".into(),
            role: Role::Support,
        };
        fixture.gridpass.invite_staff(new, operator())
    };
    assert!(matches!(
        again("demo", " ADA@gmec.example "),
        Err(InviteError::Taken)
    ));
    assert!(again("other", "ada@gmec.example").is_ok());
    assert!(matches!(
        again("nobody", "ada@gmec.example"),
        Err(InviteError::UnknownProvider)
    ));
    for bad in [
        "",
        "ada",
        "ada@",
        "ada@gmec",
        "a b@gmec.example",
        "a@b.c,d@e.f",
    ] {
        assert!(
            matches!(again("demo", bad), Err(InviteError::Invalid)),
            "{bad}"
        );
    }
}

#[test]
fn password_and_code_sign_in_and_a_code_works_once() {
    let fixture = Fixture::new();
    let member = Member::join(&fixture, &demo(), "ada@gmec.example", Role::Operator);
    let refused = member.sign_in(&fixture);
    assert!(
        matches!(refused, Err(StaffSignInError::Refused)),
        "the code of joining is used up"
    );
    fixture.clock.advance(30);
    let begun = member.sign_in(&fixture).unwrap();
    assert_eq!(begun.session.role, Role::Operator);
    let again = member.sign_in(&fixture);
    assert!(matches!(again, Err(StaffSignInError::Refused)));
}

#[test]
fn whatever_is_wrong_is_one_refusal() {
    let fixture = Fixture::with(|config| config.providers.push(provider("other")));
    let member = Member::join(&fixture, &demo(), "ada@gmec.example", Role::Operator);
    fixture.clock.advance(30);
    let changes: [fn(&mut StaffSignIn); 5] = [
        |sign_in| sign_in.password = "correct horse batterz".into(),
        |sign_in| sign_in.code = "000000".into(),
        |sign_in| sign_in.email = "bob@gmec.example".into(),
        |sign_in| sign_in.provider = "other".parse().unwrap(),
        |sign_in| sign_in.provider = "nobody".parse().unwrap(),
    ];
    for change in changes {
        let refused = member.sign_in_with(&fixture, change);
        assert!(matches!(refused, Err(StaffSignInError::Refused)));
    }
    assert!(member.sign_in(&fixture).is_ok());
}

#[test]
fn ten_tries_in_a_quarter_of_an_hour_and_no_more() {
    let fixture = Fixture::new();
    let member = Member::join(&fixture, &demo(), "ada@gmec.example", Role::Operator);
    fixture.clock.advance(30);
    for _ in 0..10 {
        let refused = member.sign_in_with(&fixture, |sign_in| sign_in.code = "000000".into());
        assert!(matches!(refused, Err(StaffSignInError::Refused)));
    }
    assert!(matches!(
        member.sign_in(&fixture),
        Err(StaffSignInError::RateLimited { retry_after: 900 })
    ));
    fixture.clock.advance(900);
    assert!(member.sign_in(&fixture).is_ok());
}

#[test]
fn a_reset_takes_every_way_in_and_ends_what_is_open() {
    let fixture = Fixture::new();
    let member = Member::join(&fixture, &demo(), "ada@gmec.example", Role::Admin);
    fixture.clock.advance(30);
    let open = member.sign_in(&fixture).unwrap();
    let invitation = fixture
        .gridpass
        .reset_staff(&demo(), "Ada@gmec.example", operator())
        .unwrap();
    assert!(
        fixture
            .gridpass
            .staff_session(&open.token)
            .unwrap()
            .is_none()
    );
    fixture.clock.advance(30);
    assert!(member.sign_in(&fixture).is_err());
    let (again, _) = accept(&fixture, &token_of(&invitation.link));
    assert_eq!(again.session.staff_id, open.session.staff_id);
}

#[test]
fn a_session_of_staff_ends_by_idleness_and_after_a_day_s_work() {
    const HOUR: u64 = 60 * 60;
    let fixture = Fixture::new();
    let begin = |email: &str| accept(&fixture, &invite(&fixture, &demo(), email, Role::Support)).0;
    let lives = |token: &str| fixture.gridpass.staff_session(token).unwrap().is_some();
    let begun = begin("a@gmec.example");
    fixture.clock.advance(2 * HOUR - 1);
    assert!(lives(&begun.token));
    fixture.clock.advance(2 * HOUR);
    assert!(!lives(&begun.token));

    let begun = begin("b@gmec.example");
    for _ in 0..11 {
        fixture.clock.advance(HOUR);
        assert!(lives(&begun.token));
    }
    fixture.clock.advance(HOUR);
    assert!(!lives(&begun.token));

    let begun = begin("d@gmec.example");
    let watches = |token: &str| fixture.gridpass.watch_staff_session(token).unwrap();
    for _ in 0..7 {
        fixture.clock.advance(HOUR / 4);
        assert!(watches(&begun.token).is_some());
    }
    fixture.clock.advance(HOUR / 4);
    assert!(
        watches(&begun.token).is_none(),
        "a page that looks by itself is no use of a session"
    );

    let begun = begin("c@gmec.example");
    fixture.gridpass.staff_sign_out(&begun.session).unwrap();
    assert!(!lives(&begun.token));
}

#[test]
fn a_token_is_renewed_and_a_copy_of_the_old_one_ends_the_session() {
    const QUARTER: u64 = 15 * 60;
    let fixture = Fixture::new();
    let token = invite(&fixture, &demo(), "ada@gmec.example", Role::Support);
    let (begun, _) = accept(&fixture, &token);
    let renew = |token: &str| fixture.gridpass.continue_staff_session(token).unwrap();
    assert_eq!(renew(&begun.token).unwrap().1, None, "too soon");
    fixture.clock.advance(QUARTER);
    let second = renew(&begun.token).unwrap().1.unwrap();
    assert_eq!(
        renew(&begun.token).unwrap().1,
        None,
        "the old token is good until the new one has arrived, and brings no third"
    );
    fixture.clock.advance(QUARTER);
    let third = renew(&begun.token).unwrap().1.unwrap();
    assert!(
        renew(&second).is_none(),
        "the answer with the second was lost, so nobody holds it"
    );
    assert!(renew(&third).is_some());
    assert!(renew(&begun.token).is_some(), "requests travel at once");
    fixture.clock.advance(60);
    assert!(renew(&begun.token).is_none(), "a copy");
    assert!(renew(&third).is_none(), "ends the session for both");
}

#[test]
fn an_admin_runs_the_staff_but_not_the_own_role() {
    let fixture = Fixture::with(|config| config.providers.push(provider("other")));
    let admin = staff(&fixture, Role::Admin);
    let foreign = staff_of(&fixture, &"other".parse().unwrap(), Role::Admin);
    let member = Member::join(&fixture, &demo(), "ada@gmec.example", Role::Support);
    fixture.clock.advance(30);
    let open = member.sign_in(&fixture).unwrap();
    let id = open.session.staff_id;
    let change = |who: &StaffSession, id, change| {
        fixture
            .gridpass
            .change_colleague(who, id, change, Actor::staff(who))
    };
    let now = |token: &str| fixture.gridpass.staff_session(token).unwrap();

    let role = StaffChange::Role(Role::Auditor);
    assert!(matches!(
        change(&open.session, id, role),
        Err(ManageError::NotAllowed(_))
    ));
    assert!(matches!(
        change(&admin, admin.staff_id, role),
        Err(ManageError::Yourself)
    ));
    assert!(matches!(
        change(&foreign, id, role),
        Err(ManageError::NotFound)
    ));
    change(&admin, id, role).unwrap();
    assert_eq!(
        now(&open.token).unwrap().role,
        Role::Auditor,
        "at once, also for a session that is open"
    );
    change(&admin, id, StaffChange::Disable).unwrap();
    assert!(now(&open.token).is_none());
    fixture.clock.advance(30);
    assert!(member.sign_in(&fixture).is_err());
    change(&admin, id, StaffChange::Enable).unwrap();
    assert!(member.sign_in(&fixture).is_ok());
    let listed = fixture
        .gridpass
        .staff_list(&admin, &Actor::staff(&admin))
        .unwrap();
    assert_eq!(listed.len(), 2, "nobody of another provider");
}

#[test]
fn changing_the_password_needs_the_old_one_and_signs_out_elsewhere() {
    let fixture = Fixture::new();
    let member = Member::join(&fixture, &demo(), "ada@gmec.example", Role::Support);
    fixture.clock.advance(30);
    let elsewhere = member.sign_in(&fixture).unwrap();
    fixture.clock.advance(30);
    let here = member.sign_in(&fixture).unwrap();
    fixture.clock.advance(30);
    let change = |today: &str, new: &str, code: &str| {
        let actor = Actor::staff(&here.session);
        fixture
            .gridpass
            .change_password(&here.session, today, new, code, actor)
    };
    let right = code(&member.secret, &fixture);
    let new = "another long password";
    assert!(matches!(
        change("wrong password", new, &right),
        Err(PasswordError::Refused)
    ));
    assert!(matches!(
        change(PASSWORD, new, "000000"),
        Err(PasswordError::Refused)
    ));
    assert!(matches!(
        change(PASSWORD, "short", &right),
        Err(PasswordError::Weak(_))
    ));
    change(PASSWORD, new, &right).unwrap();
    let lives = |token: &str| fixture.gridpass.staff_session(token).unwrap().is_some();
    assert!(lives(&here.token) && !lives(&elsewhere.token));
    fixture.clock.advance(30);
    assert!(member.sign_in(&fixture).is_err());
    let signed_in = member.sign_in_with(&fixture, |sign_in| sign_in.password = new.into());
    assert!(signed_in.is_ok());
}

#[test]
fn a_token_that_was_revoked_opens_nothing() {
    let fixture = Fixture::new();
    let admin = staff(&fixture, Role::Admin);
    let actor = || Actor::staff(&admin);
    let token = fixture
        .gridpass
        .make_api_token_at_desk(&admin, &[ApiScope::AccountsRead], "billing", actor())
        .unwrap();
    let opens = || fixture.gridpass.api_client(&token).unwrap().is_some();
    assert!(opens());
    let listed = fixture.gridpass.api_tokens(&admin, &actor()).unwrap();
    let revoke = || {
        fixture
            .gridpass
            .revoke_api_token_at_desk(&admin, listed[0].id, actor())
    };
    revoke().unwrap();
    assert!(!opens());
    assert!(matches!(revoke(), Err(ApiTokenError::Unknown)));
}
