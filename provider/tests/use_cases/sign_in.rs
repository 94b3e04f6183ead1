//! Signing in.

use gridpass_provider::{
    AskingBrowser, Browser, FinishSignInError, Language, NewSession, SignInError,
};

use crate::fixture::{Fixture, HOME, account, demo, ip};

/// A browser at this address.
pub(crate) fn browser(client: &str) -> Browser {
    Browser {
        client: Some(ip(client)),
        agent: Some("Test/1.0".into()),
    }
}

fn ask(fixture: &Fixture, account: &str) -> AskingBrowser {
    fixture
        .gridpass
        .request_sign_in(&demo(), account, None, &browser(HOME))
        .unwrap()
}

fn open_link(
    fixture: &Fixture,
    token: &str,
    asking: Option<&AskingBrowser>,
) -> Result<NewSession, FinishSignInError> {
    fixture
        .gridpass
        .finish_sign_in(token, asking, &browser(HOME))
}

/// Signs in to an account as a customer does: by the mail.
pub(crate) fn sign_in(fixture: &Fixture, account: &str) -> NewSession {
    // Mails of one second are in no order.
    fixture.clock.advance(1);
    let asking = ask(fixture, account);
    open_link(fixture, &newest_token(fixture), Some(&asking)).unwrap()
}

fn newest_code(fixture: &Fixture) -> String {
    let mails = fixture.gridpass.outbox_messages().unwrap();
    let code = mails[0]
        .text
        .lines()
        .find(|line| line.len() == 9 && line.bytes().all(|b| b.is_ascii_digit() || b == b' '));
    code.unwrap().to_owned()
}

fn newest_token(fixture: &Fixture) -> String {
    let mails = fixture.gridpass.outbox_messages().unwrap();
    let (_, rest) = mails[0].text.split_once("/account/link#").unwrap();
    rest.lines().next().unwrap().to_owned()
}

#[test]
fn a_link_signs_in_once_by_number_or_address() {
    let fixture = Fixture::new();
    for typed in [
        "1001",
        " 1001 ",
        "a1001@customers.example",
        "A1001@CUSTOMERS.EXAMPLE",
    ] {
        let fixture = Fixture::new();
        let asking = ask(&fixture, typed);
        let token = newest_token(&fixture);
        let begun = open_link(&fixture, &token, Some(&asking)).unwrap();
        assert_eq!(begun.session.name, "Ada Example");
        assert_eq!(begun.session.account_number.as_str(), "1001");
        let session = fixture.gridpass.session(&begun.token).unwrap().unwrap();
        assert_eq!(session, begun.session);
        let again = open_link(&fixture, &token, Some(&asking));
        assert!(matches!(again, Err(FinishSignInError::Refused)), "{typed}");
    }
    assert!(fixture.gridpass.session("unknown").unwrap().is_none());
    let unknown = open_link(&fixture, "unknown", None);
    assert!(matches!(unknown, Err(FinishSignInError::Refused)));
}

#[test]
fn the_mail_goes_to_the_address_on_file_in_the_language_of_the_account() {
    let fixture = Fixture::with(|config| {
        let spanish = account("1002", "Juana Ejemplo", Language::Spanish);
        config.providers[0].accounts.push(spanish);
    });
    ask(&fixture, "1001");
    fixture.clock.advance(1);
    ask(&fixture, "1002");
    let mails = fixture.gridpass.outbox_messages().unwrap();
    assert_eq!(mails[1].to, "A1001@Customers.example");
    assert!(mails[1].text.starts_with("Hello Ada Example"));
    assert_eq!(mails[0].to, "A1002@Customers.example");
    assert!(mails[0].text.starts_with("Hola, Juana Ejemplo"));
    assert!(
        mails[0]
            .text
            .contains("https://portal.gmec.example/account/link#")
    );
}

#[test]
fn an_unknown_account_is_not_told_apart_and_gets_no_mail() {
    let fixture = Fixture::new();
    for unknown in [
        "9999",
        "nobody@customers.example",
        "",
        "\u{7}",
        &"x".repeat(1000),
    ] {
        ask(&fixture, unknown);
    }
    assert_eq!(fixture.gridpass.outbox_messages().unwrap(), []);
}

#[test]
fn a_link_is_good_for_ten_minutes() {
    let fixture = Fixture::new();
    let asking = ask(&fixture, "1001");
    let (token, code) = (newest_token(&fixture), newest_code(&fixture));
    fixture.clock.advance(10 * 60);
    let late = open_link(&fixture, &token, Some(&asking));
    assert!(matches!(late, Err(FinishSignInError::Refused)));
    let late = type_code(&fixture, &code, &asking);
    assert!(matches!(late, Err(FinishSignInError::Refused)));
}

#[test]
fn an_account_gets_five_mails_an_hour_and_the_sixth_is_not_told_apart() {
    let fixture = Fixture::new();
    for host in 1..=7 {
        let from = browser(&format!("198.51.100.{host}"));
        fixture
            .gridpass
            .request_sign_in(&demo(), "1001", None, &from)
            .unwrap();
    }
    assert_eq!(fixture.gridpass.outbox_messages().unwrap().len(), 5);
}

#[test]
fn a_client_that_asks_too_often_is_told_when_to_come_back() {
    let fixture = Fixture::with(|config| config.limits.sign_in_requests_per_ip = 2);
    for account in ["1001", "9999"] {
        ask(&fixture, account);
    }
    for account in ["1001", "9999"] {
        let refused = fixture
            .gridpass
            .request_sign_in(&demo(), account, None, &browser(HOME));
        assert!(matches!(
            refused,
            Err(SignInError::RateLimited { retry_after: 3600 })
        ));
    }
}

#[test]
fn a_session_ends_by_signing_out_by_idleness_and_after_a_week() {
    const HOUR: u64 = 60 * 60;
    let fixture = Fixture::new();
    let lives = |token: &str| fixture.gridpass.session(token).unwrap().is_some();
    let begun = sign_in(&fixture, "1001");
    fixture.gridpass.sign_out(&begun.token).unwrap();
    assert!(!lives(&begun.token));

    let begun = sign_in(&fixture, "1001");
    fixture.clock.advance(12 * HOUR - 1);
    assert!(lives(&begun.token));
    fixture.clock.advance(12 * HOUR);
    assert!(!lives(&begun.token));

    let begun = sign_in(&fixture, "1001");
    for _ in 0..(7 * 24 - 1) {
        fixture.clock.advance(HOUR);
        assert!(lives(&begun.token));
    }
    fixture.clock.advance(HOUR);
    assert!(!lives(&begun.token));
}

#[test]
fn each_sign_in_has_a_token_of_its_own() {
    let fixture = Fixture::new();
    let (one, two) = (sign_in(&fixture, "1001"), sign_in(&fixture, "1001"));
    assert_ne!(one.token, two.token);
    assert_ne!(one.session.id, two.session.id);
}

fn type_code(
    fixture: &Fixture,
    code: &str,
    asking: &AskingBrowser,
) -> Result<NewSession, FinishSignInError> {
    fixture
        .gridpass
        .finish_sign_in_by_code(code, asking, &browser(HOME))
}

#[test]
fn the_code_of_the_mail_signs_in_once() {
    let fixture = Fixture::new();
    let asking = ask(&fixture, "1001");
    let code = newest_code(&fixture);
    let begun = type_code(&fixture, &code, &asking).unwrap();
    assert_eq!(begun.session.account_number.as_str(), "1001");
    let again = type_code(&fixture, &code, &asking);
    assert!(matches!(again, Err(FinishSignInError::Refused)));
    let link = open_link(&fixture, &newest_token(&fixture), Some(&asking));
    assert!(
        matches!(link, Err(FinishSignInError::Refused)),
        "the link is the same request"
    );
}

#[test]
fn link_and_code_work_only_in_the_browser_that_asked() {
    let fixture = Fixture::new();
    let other = ask(&fixture, "9999");
    let asking = ask(&fixture, "1001");
    let (token, code) = (newest_token(&fixture), newest_code(&fixture));
    for browser in [None, Some(&other)] {
        let elsewhere = open_link(&fixture, &token, browser);
        assert!(matches!(elsewhere, Err(FinishSignInError::OtherBrowser)));
    }
    let elsewhere = type_code(&fixture, &code, &other);
    assert!(matches!(elsewhere, Err(FinishSignInError::Refused)));
    assert!(
        open_link(&fixture, &token, Some(&asking)).is_ok(),
        "it stays good where it was asked for"
    );
}

#[test]
fn whoever_asks_twice_may_open_the_first_mail() {
    let fixture = Fixture::new();
    let asking = ask(&fixture, "1001");
    let first = newest_token(&fixture);
    fixture.clock.advance(1);
    let kept = AskingBrowser::from_cookie(asking.as_cookie());
    let again = fixture
        .gridpass
        .request_sign_in(&demo(), "1001", kept, &browser(HOME))
        .unwrap();
    assert_eq!(again.as_cookie(), asking.as_cookie());
    assert_ne!(newest_token(&fixture), first);
    assert!(open_link(&fixture, &first, Some(&again)).is_ok());
    for foreign in ["", "short", &"x".repeat(44), &"ü".repeat(21)] {
        assert!(AskingBrowser::from_cookie(foreign).is_none(), "{foreign}");
    }
}

#[test]
fn after_five_wrong_codes_neither_code_nor_link_works() {
    let fixture = Fixture::new();
    let asking = ask(&fixture, "1001");
    let (token, code) = (newest_token(&fixture), newest_code(&fixture));
    for guess in 0..5 {
        let wrong = type_code(&fixture, &format!("0000000{guess}"), &asking);
        assert!(matches!(wrong, Err(FinishSignInError::Refused)));
    }
    let right = type_code(&fixture, &code, &asking);
    assert!(matches!(right, Err(FinishSignInError::Refused)));
    let link = open_link(&fixture, &token, Some(&asking));
    assert!(matches!(link, Err(FinishSignInError::Refused)));
    ask(&fixture, "1001");
}

#[test]
fn signing_out_everywhere_ends_every_browser_of_the_account_alone() {
    let fixture = Fixture::with(|config| {
        let other = account("1002", "Juana Ejemplo", Language::Spanish);
        config.providers[0].accounts.push(other);
    });
    let (one, two) = (sign_in(&fixture, "1001"), sign_in(&fixture, "1001"));
    fixture.clock.advance(1);
    let other = sign_in(&fixture, "1002");
    let listed = fixture.gridpass.sessions_of(&one.session).unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].client.as_deref(), Some(HOME));
    assert_eq!(listed[0].agent.as_deref(), Some("Test/1.0"));
    let actor = gridpass_provider::Actor::customer(&one.session);
    let ended = fixture
        .gridpass
        .sign_out_everywhere(&one.session, actor)
        .unwrap();
    assert_eq!(ended, 2);
    let lives = |token: &str| fixture.gridpass.session(token).unwrap().is_some();
    assert!(!lives(&one.token) && !lives(&two.token));
    assert!(lives(&other.token));
}
