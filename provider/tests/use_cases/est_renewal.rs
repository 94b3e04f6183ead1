//! Devices that renew over EST, with their certificate in TLS.

use der::{Decode, Encode};
use gridpass_protocol::KeyAlgorithm;
use gridpass_provider::{
    Actor, EstError, EstRenewal, KeyStanding, MessageError, Peer, PeerError, RevocationReason,
    Role, Scope, StateView,
};

use crate::{
    fixture::{Fixture, HOME, ip},
    speaking::Talker,
    staff::staff,
};

fn peer(fixture: &Fixture, certificate: &[u8]) -> Result<Peer, PeerError> {
    fixture.gridpass.peer(certificate.into())
}

fn renew(fixture: &Fixture, peer: &Peer, csr: &[u8]) -> Result<Vec<u8>, EstError> {
    let message = fixture.gridpass.est_renew(EstRenewal {
        peer,
        csr,
        client: ip(HOME),
        request_id: None,
    })?;
    Ok(only_certificate(&message))
}

/// The one certificate of a `certs-only` message: `ContentInfo` and `SignedData` around it.
fn only_certificate(message: &[u8]) -> Vec<u8> {
    use der::{AnyRef, Reader, SliceReader};
    let content = AnyRef::from_der(message).unwrap();
    let mut reader = SliceReader::new(content.value()).unwrap();
    AnyRef::decode(&mut reader).unwrap();
    let signed = AnyRef::decode(&mut reader).unwrap();
    let signed = AnyRef::from_der(signed.value()).unwrap();
    let mut reader = SliceReader::new(signed.value()).unwrap();
    for _ in 0..3 {
        AnyRef::decode(&mut reader).unwrap();
    }
    let certificates = AnyRef::decode(&mut reader).unwrap();
    let mut reader = SliceReader::new(certificates.value()).unwrap();
    let certificate = AnyRef::decode(&mut reader).unwrap().to_der().unwrap();
    assert!(reader.is_finished(), "one certificate alone");
    certificate
}

#[test]
fn a_device_gets_the_certificate_of_its_next_key_and_goes_on_with_that() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    let old = peer(&fixture, &talker.certificate).unwrap();
    let first = fixture.state(talker.id);
    assert!(matches!(first, StateView::Active), "TLS is a word too");
    let next = talker.next_key(KeyAlgorithm::Es256);
    let certificate = renew(&fixture, &old, &next.csr).unwrap();
    let again = renew(&fixture, &old, &next.csr).unwrap();
    assert_eq!(
        again, certificate,
        "a lost answer costs no second certificate"
    );
    peer(&fixture, &talker.certificate).expect("the old one is good until the new one is used");
    peer(&fixture, &certificate).unwrap();
    let replaced = peer(&fixture, &talker.certificate);
    assert!(matches!(replaced, Err(PeerError::Revoked)));
    let series = fixture
        .gridpass
        .key_series(talker.id, &Scope::Installation)
        .unwrap()
        .unwrap();
    assert!(series.verifies, "TLS vouched for the second key");
    assert_eq!(series.keys.len(), 2);
    assert_eq!(series.keys[1].vouched_by, Some(1));
    assert_eq!(series.keys[1].standing, KeyStanding::Current);
}

#[test]
fn who_asks_in_the_handshake_changes_nothing() {
    let fixture = Fixture::new();
    let talker = Talker::enrol(&fixture, 1);
    fixture.gridpass.may_connect(&talker.certificate).unwrap();
    assert!(matches!(fixture.state(talker.id), StateView::Issued { .. }));
}

#[test]
fn a_voucher_of_tls_that_nobody_gave_does_not_verify() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    let old = peer(&fixture, &talker.certificate).unwrap();
    let next = talker.next_key(KeyAlgorithm::Es256);
    renew(&fixture, &old, &next.csr).unwrap();
    let verifies = || {
        let series = fixture.gridpass.key_series(talker.id, &Scope::Installation);
        series.unwrap().unwrap().verifies
    };
    assert!(verifies());
    fixture
        .database()
        .execute(
            "UPDATE device_keys SET voucher = 'tls.' || substr(voucher, 6) || 'A'
             WHERE voucher IS NOT NULL",
            [],
        )
        .unwrap();
    assert!(!verifies());
}

#[test]
fn the_key_that_a_device_has_is_not_certified_again() {
    let fixture = Fixture::new();
    let talker = Talker::enrol(&fixture, 1);
    let old = peer(&fixture, &talker.certificate).unwrap();
    let same = talker.csr_of.confirmation().csr;
    assert!(matches!(
        renew(&fixture, &old, &same),
        Err(EstError::Renewal(MessageError::BadCsr {
            reason: "key-taken"
        }))
    ));
}

#[test]
fn a_request_for_somebody_else_is_refused() {
    let fixture = Fixture::new();
    let talker = Talker::enrol(&fixture, 1);
    let mut other = Talker::enrol_as(&fixture, 2, "SN-4711-0816");
    let own = peer(&fixture, &talker.certificate).unwrap();
    let foreign = other.next_key(KeyAlgorithm::Es256);
    assert!(matches!(
        renew(&fixture, &own, &foreign.csr),
        Err(EstError::Renewal(MessageError::BadCsr {
            reason: "subject"
        }))
    ));
}

#[test]
fn what_is_revoked_meanwhile_gets_no_certificate() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    let known = peer(&fixture, &talker.certificate).unwrap();
    let operator = staff(&fixture, Role::Operator);
    let actor = Actor::staff(&operator);
    let lost = RevocationReason::Lost;
    fixture
        .gridpass
        .revoke_enrollment(&operator, talker.id, lost, "", actor)
        .unwrap();
    let next = talker.next_key(KeyAlgorithm::Es256);
    let refused = renew(&fixture, &known, &next.csr);
    let Err(EstError::Renewal(error)) = refused else {
        panic!("{refused:?}");
    };
    assert!(matches!(error, MessageError::Revoked));
}
