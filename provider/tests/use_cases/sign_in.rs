//! Signing in.

use gridpass_provider::{Language, NewSession, SignInError};

use crate::fixture::{Fixture, HOME, account, demo, ip};

/// Signs in to an account as a customer does: by the mail.
pub(crate) fn sign_in(fixture: &Fixture, account: &str) -> NewSession {
    // Mails of one second are in no order.
    fixture.clock.advance(1);
    fixture
        .gridpass
        .request_sign_in(&demo(), account, ip(HOME))
        .unwrap();
    fixture
        .gridpass
        .finish_sign_in(&newest_token(fixture))
        .unwrap()
        .unwrap()
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
        let begun = sign_in(&fixture, typed);
        assert_eq!(begun.session.name, "Ada Example");
        assert_eq!(begun.session.account_number.as_str(), "1001");
        let session = fixture.gridpass.session(&begun.token).unwrap().unwrap();
        assert_eq!(session, begun.session);
        let again = fixture
            .gridpass
            .finish_sign_in(&newest_token(&fixture))
            .unwrap();
        assert!(again.is_none(), "{typed}");
    }
    assert!(fixture.gridpass.session("unknown").unwrap().is_none());
    assert!(
        fixture
            .gridpass
            .finish_sign_in("unknown")
            .unwrap()
            .is_none()
    );
}

#[test]
fn the_mail_goes_to_the_address_on_file_in_the_language_of_the_account() {
    let fixture = Fixture::with(|config| {
        let spanish = account("1002", "Juana Ejemplo", Language::Spanish);
        config.providers[0].accounts.push(spanish);
    });
    fixture
        .gridpass
        .request_sign_in(&demo(), "1001", ip(HOME))
        .unwrap();
    fixture.clock.advance(1);
    fixture
        .gridpass
        .request_sign_in(&demo(), "1002", ip(HOME))
        .unwrap();
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
        fixture
            .gridpass
            .request_sign_in(&demo(), unknown, ip(HOME))
            .unwrap();
    }
    assert_eq!(fixture.gridpass.outbox_messages().unwrap(), []);
}

#[test]
fn a_link_is_good_for_ten_minutes() {
    let fixture = Fixture::new();
    fixture
        .gridpass
        .request_sign_in(&demo(), "1001", ip(HOME))
        .unwrap();
    let token = newest_token(&fixture);
    fixture.clock.advance(10 * 60);
    assert!(fixture.gridpass.finish_sign_in(&token).unwrap().is_none());
}

#[test]
fn an_account_gets_five_mails_an_hour_and_the_sixth_is_not_told_apart() {
    let fixture = Fixture::new();
    for host in 1..=7 {
        let client = ip(&format!("198.51.100.{host}"));
        fixture
            .gridpass
            .request_sign_in(&demo(), "1001", client)
            .unwrap();
    }
    assert_eq!(fixture.gridpass.outbox_messages().unwrap().len(), 5);
}

#[test]
fn a_client_that_asks_too_often_is_told_when_to_come_back() {
    let fixture = Fixture::with(|config| config.limits.sign_in_requests_per_ip = 2);
    for account in ["1001", "9999"] {
        fixture
            .gridpass
            .request_sign_in(&demo(), account, ip(HOME))
            .unwrap();
    }
    for account in ["1001", "9999"] {
        let refused = fixture.gridpass.request_sign_in(&demo(), account, ip(HOME));
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
