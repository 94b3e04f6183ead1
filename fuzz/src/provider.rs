//! The provider's own parsers.

use gridpass_provider::{
    AccountNumber, Amount, Channel, EnrollmentId, EnrollmentKind, IdempotencyKey, InstructionName,
    PostalCode, ProviderId, Serial, fuzzing,
};

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
