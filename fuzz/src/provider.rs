//! The provider's own parsers.

use gridpass_provider::{
    AccountNumber, Amount, AskingBrowser, Channel, EnrollmentId, EnrollmentKind, IdempotencyKey,
    InstructionName, PostalCode, ProviderId, Serial, fuzzing,
};

use serde_json::Value;

use crate::text;

/// `OCSPRequest`.
pub fn ocsp(data: &[u8]) {
    let _ = fuzzing::ocsp_request(data);
}

/// What a CA behind EST answers with.
pub fn certs_only(data: &[u8]) {
    let _ = fuzzing::certs_only(data);
}

/// Names of revocation lists.
pub fn crl_name(data: &[u8]) {
    if let Some(text) = text(data) {
        let _ = fuzzing::crl_name(text);
    }
}

/// Places in lists of the desk.
pub fn cursor(data: &[u8]) {
    if let Some(text) = text(data) {
        let _ = fuzzing::page_cursor(text);
        // The text behind it, too.
        let _ = fuzzing::page_cursor(&gridpass_protocol::b64u(data));
    }
}

/// Tables of customers.
pub fn customers(data: &[u8]) {
    let _ = fuzzing::customers(data);
}

/// Files of registrations.
pub fn registrations(data: &[u8]) {
    let _ = fuzzing::registrations(data);
}

/// Addresses of webhooks and of push services.
pub fn webhook_url(data: &[u8]) {
    if let Some(text) = text(data) {
        let _ = fuzzing::webhook_url(text);
    }
}

/// What the token endpoint of an issuer answers. Where the first byte is odd, the rest is taken as claims
/// that the issuer signed. Nothing is taken but what it signed, for this portal, for this sign-in, in time.
pub fn id_token(data: &[u8]) {
    let issuer = fuzzing::TrialIssuer::get();
    let taken = match data.split_first() {
        Some((first, claims)) if first % 2 == 1 => issuer.taken(issuer.answer(claims).as_bytes()),
        _ => issuer.taken(data),
    };
    let Some(claims) = taken else { return };
    assert_eq!(claims["iss"], fuzzing::TRIAL_ISSUER);
    assert_eq!(claims["nonce"], fuzzing::TRIAL_NONCE);
    let is_for_us = match &claims["aud"] {
        Value::Array(audience) => audience.iter().any(|one| one == fuzzing::TRIAL_CLIENT),
        one => one == fuzzing::TRIAL_CLIENT,
    };
    assert!(is_for_us, "another one's token");
    let ends = claims["exp"].as_f64().expect("a time");
    assert!(
        ends + 61.0 >= fuzzing::TRIAL_TIME.0 as f64,
        "one that has ended"
    );
    assert_eq!(data[0] % 2, 1, "the issuer did not sign it");
}

/// What ties a link or a code to a browser: one text each, and nothing that a header could not take.
pub fn asking(data: &[u8]) {
    if let Some(text) = text(data)
        && let Some(browser) = AskingBrowser::from_cookie(text)
    {
        assert_eq!(browser.as_cookie(), text);
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b';')
        );
    }
}

/// Ids and words of calls: one text each.
pub fn words(data: &[u8]) {
    let Some(text) = text(data) else { return };
    macro_rules! one_text {
        ($($kind:ty),*) => {$(
            if let Ok(value) = text.parse::<$kind>() {
                assert_eq!(value.to_string().parse::<$kind>().ok(), Some(value));
            }
        )*};
    }
    one_text!(
        ProviderId,
        EnrollmentId,
        AccountNumber,
        IdempotencyKey,
        InstructionName,
        Serial
    );
    if let Ok(channel) = text.parse::<Channel>() {
        assert_eq!(channel.as_str(), text);
    }
    if let Ok(kind) = text.parse::<EnrollmentKind>() {
        assert_eq!(kind.as_str(), text);
    }
    if let Ok(code) = text.parse::<PostalCode>() {
        assert!(
            code.as_str()
                .parse::<PostalCode>()
                .is_ok_and(|again| again == code)
        );
    }
    if let Ok(amount) = text.parse::<Amount>() {
        assert!(amount.to_f64().is_finite());
    }
}
