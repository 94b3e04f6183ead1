//! Who is accepted with a certificate in TLS, and what the listener proves itself with.

use gridpass_protocol::{KeyAlgorithm, Origin, certificate::verify_issued_by};
use gridpass_provider::{Actor, DeviceLine, LineNaming, Peer, PeerError, RevocationReason, Role};

use crate::{
    desk::words,
    fixture::{Fixture, demo, provider},
    speaking::Talker,
    staff::staff,
};

const DAY: u64 = 24 * 60 * 60;

fn peer(fixture: &Fixture, talker: &Talker) -> Result<Peer, PeerError> {
    fixture.gridpass.peer(talker.certificate.as_slice().into())
}

fn line(naming: LineNaming) -> DeviceLine {
    DeviceLine {
        origin: Origin::parse("https://devices.gmec.example:8443").unwrap(),
        naming,
    }
}

#[test]
fn a_device_is_known_by_its_certificate_while_that_is_good() {
    let fixture = Fixture::new();
    let talker = Talker::enrol(&fixture, 1);
    let known = peer(&fixture, &talker).unwrap();
    assert_eq!((known.enrollment, known.provider), (talker.id, demo()));
    fixture.clock.advance(399 * DAY);
    assert!(matches!(peer(&fixture, &talker), Err(PeerError::Expired)));
}

#[test]
fn a_certificate_of_the_ca_that_no_device_has_is_foreign() {
    let fixture = Fixture::new();
    let talker = Talker::enrol(&fixture, 1);
    let own = fixture.gridpass.peer(talker.provider_certificate.into());
    assert!(matches!(own, Err(PeerError::Unknown)));
}

#[test]
fn a_hold_and_a_revocation_count_from_the_next_request_on() {
    let fixture = Fixture::new();
    let talker = Talker::enrol(&fixture, 1);
    let operator = staff(&fixture, Role::Operator);
    let (gridpass, actor) = (&fixture.gridpass, Actor::staff(&operator));
    gridpass
        .hold_enrollment(&operator, talker.id, &words("asked"), actor.clone())
        .unwrap();
    assert!(matches!(peer(&fixture, &talker), Err(PeerError::Suspended)));
    gridpass
        .release_enrollment(&operator, talker.id, &words("found"), actor.clone())
        .unwrap();
    peer(&fixture, &talker).unwrap();
    let lost = RevocationReason::Lost;
    gridpass
        .revoke_enrollment(&operator, talker.id, lost, "", actor)
        .unwrap();
    assert!(matches!(peer(&fixture, &talker), Err(PeerError::Revoked)));
}

#[test]
fn the_certificate_of_a_key_that_was_replaced_is_out_of_service() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let before = talker.clone();
    talker.roll_over(&fixture, KeyAlgorithm::Es256).unwrap();
    peer(&fixture, &talker).unwrap();
    assert!(matches!(peer(&fixture, &before), Err(PeerError::Revoked)));
}

#[test]
fn an_old_certificate_ends_with_the_overlap_even_if_the_new_key_stays_silent() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let csr = talker.next_key(KeyAlgorithm::Es256).csr;
    let rekey = gridpass_protocol::UpKind::Rekey { csr };
    talker.say(&fixture, rekey).unwrap();
    peer(&fixture, &talker).unwrap();
    fixture.clock.advance(DAY);
    assert!(matches!(peer(&fixture, &talker), Err(PeerError::Revoked)));
}

#[test]
fn each_provider_has_a_name_and_a_certificate_of_its_own() {
    let mut fixture = Fixture::with(|config| config.providers.push(provider("other")));
    let gridpass = fixture.gridpass;
    fixture.gridpass = gridpass.with_device_line(line(LineNaming::PerProvider));
    let identities = fixture.gridpass.make_line_identities().unwrap();
    assert!(fixture.gridpass.line_identities_are_fresh(&identities));
    let directory = fixture.gridpass.directory(None);
    for (identity, entry) in identities.iter().zip(&directory.providers) {
        assert_eq!(identity.host, format!("{}.devices.gmec.example", entry.id));
        let url = format!("https://{}:8443", identity.host);
        assert_eq!(entry.mtls_url.as_deref(), Some(url.as_str()));
        let est = format!("{url}/.well-known/est/{}", entry.id);
        assert_eq!(entry.est_url.as_deref(), Some(est.as_str()));
        let published = |der: &Vec<u8>| {
            let pem = gridpass_protocol::directory::certificate_to_pem(der).unwrap();
            entry.certificates.contains(&pem)
        };
        assert!(identity.chain[1..].iter().all(published), "of its own CA");
        let issued = verify_issued_by(&identity.chain[0], &identity.chain[1], crate::fixture::NOW);
        assert_eq!(issued, Ok(()));
    }
    fixture.clock.advance(16 * DAY);
    assert!(
        !fixture.gridpass.line_identities_are_fresh(&identities),
        "renewed when half of its time is over"
    );
}

#[test]
fn one_certificate_for_all_has_one_name() {
    let mut fixture = Fixture::with(|config| config.providers.push(provider("other")));
    fixture.gridpass = fixture.gridpass.with_device_line(line(LineNaming::Shared));
    for entry in fixture.gridpass.directory(None).providers {
        let url = "https://devices.gmec.example:8443";
        assert_eq!(entry.mtls_url.as_deref(), Some(url));
    }
}

#[test]
fn without_a_listener_nothing_is_published_about_one() {
    let fixture = Fixture::new();
    let directory = fixture.gridpass.directory(None);
    assert_eq!(directory.providers[0].mtls_url, None);
    assert_eq!(directory.providers[0].est_url, None);
}
