//! Revocation.

use gridpass_provider::{
    Actor, CertificateState, EnrollmentFilter, EnrollmentId, RevocationError, RevocationReason,
    Role, Scope, Serial, StaffSession, StateView, TimelineEvent, testkit::ValueRef,
};

use crate::{
    desk::{self, words},
    fixture::{DEVICE_ID, Device, Fixture, account, demo, provider},
    sign_in::sign_in,
    staff::{staff, staff_of},
};

fn enrolled(fixture: &Fixture) -> EnrollmentId {
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    fixture.confirm(&device).unwrap();
    registered.enrollment_id
}

#[test]
fn a_customer_reports_an_own_device_lost_and_no_other() {
    let fixture = Fixture::with(|config| {
        let other = account("1002", "Juana", gridpass_provider::Language::Spanish);
        config.providers[0].accounts.push(other);
    });
    let id = enrolled(&fixture);
    let stranger = sign_in(&fixture, "1002").session;
    let report = |session| {
        fixture
            .gridpass
            .report_lost(session, id, Actor::customer(session))
    };
    assert!(matches!(report(&stranger), Err(RevocationError::NotFound)));
    fixture.clock.advance(1);
    let owner = sign_in(&fixture, "1001").session;
    report(&owner).unwrap();
    assert_eq!(fixture.state(id), StateView::Revoked);
    assert!(matches!(report(&owner), Err(RevocationError::Illegal(_))));
    let entries = fixture.gridpass.audit_of(id, &Scope::Installation).unwrap();
    let last = entries.last().unwrap();
    assert_eq!(last.action, "enrollment.revoke");
    assert!(last.detail.contains("\"reason\":\"lost\""));
    assert!(last.actor.starts_with("customer:"));
}

#[test]
fn staff_revoke_by_role_and_within_their_provider() {
    let fixture = Fixture::with(|config| config.providers.push(provider("other")));
    let id = enrolled(&fixture);
    let revoke = |staff: &StaffSession| {
        fixture.gridpass.revoke_enrollment(
            staff,
            id,
            RevocationReason::Compromised,
            "seen in a shop",
            Actor::staff(staff),
        )
    };
    for role in [Role::Support, Role::Auditor] {
        let refused = revoke(&staff(&fixture, role));
        assert!(matches!(refused, Err(RevocationError::NotAllowed(_))));
    }
    let foreign = staff_of(&fixture, &"other".parse().unwrap(), Role::Admin);
    assert!(matches!(revoke(&foreign), Err(RevocationError::NotFound)));
    revoke(&staff_of(&fixture, &demo(), Role::Operator)).unwrap();
    assert_eq!(fixture.state(id), StateView::Revoked);
}

#[test]
fn what_has_no_certificate_is_not_revoked() {
    let fixture = Fixture::new();
    let id = fixture.register(DEVICE_ID).enrollment_id;
    let owner = sign_in(&fixture, "1001").session;
    let refused = fixture
        .gridpass
        .report_lost(&owner, id, Actor::customer(&owner));
    assert!(matches!(refused, Err(RevocationError::Illegal(_))));
}

/// Somebody who may revoke.
fn operator() -> StaffSession {
    desk::staff_of("demo", Role::Operator).0
}

fn standings(fixture: &Fixture, id: EnrollmentId) -> Vec<CertificateState> {
    let staff = operator();
    let dossier = fixture
        .gridpass
        .desk_enrollment(&staff, id, &Actor::staff(&staff))
        .unwrap();
    dossier
        .certificates
        .iter()
        .map(|certificate| certificate.state)
        .collect()
}

/// Another certificate of the same enrollment, as a rollover leaves one, with this serial number.
fn one_more_certificate(fixture: &Fixture, id: EnrollmentId, serial: &[u8]) -> Serial {
    let connection = fixture.database();
    let copied = connection
        .execute(
            "INSERT INTO certificates
                 (serial, provider_id, enrollment_id, spki_hash, csr_hash, certificate,
                  fingerprint, ven_fingerprint, issuer, crl_shard, not_after, made_at)
             SELECT ?2, provider_id, enrollment_id, spki_hash, csr_hash, certificate, ?3,
                 ven_fingerprint, issuer, crl_shard, not_after, made_at
             FROM certificates WHERE enrollment_id = ?1 LIMIT 1",
            [
                ValueRef::Blob(id.uuid().as_bytes()),
                ValueRef::Blob(serial),
                ValueRef::Blob(&serial.repeat(32)[..32]),
            ],
        )
        .unwrap();
    assert_eq!(copied, 1);
    Serial::from_bytes(serial).unwrap()
}

#[test]
fn a_hold_is_undone_and_the_device_is_what_it_was() {
    let fixture = Fixture::new();
    let id = enrolled(&fixture);
    let before = fixture.state(id);
    let (support, operator) = (staff(&fixture, Role::Support), operator());
    let hold = |staff: &StaffSession| {
        let why = words("seen twice");
        fixture
            .gridpass
            .hold_enrollment(staff, id, &why, Actor::staff(staff))
    };
    let release = |staff: &StaffSession| {
        let why = words("it was the same one");
        fixture
            .gridpass
            .release_enrollment(staff, id, &why, Actor::staff(staff))
    };
    assert!(matches!(
        hold(&support),
        Err(RevocationError::NotAllowed(_))
    ));
    assert!(matches!(
        release(&operator),
        Err(RevocationError::Illegal(_))
    ));
    hold(&operator).unwrap();
    assert_eq!(fixture.state(id), StateView::Suspended);
    let since = fixture.gridpass.clock_now();
    assert_eq!(
        standings(&fixture, id),
        [CertificateState::OnHold { since }]
    );
    assert!(matches!(hold(&operator), Err(RevocationError::Illegal(_))));
    assert!(matches!(
        release(&support),
        Err(RevocationError::NotAllowed(_))
    ));
    release(&operator).unwrap();
    assert_eq!(fixture.state(id), before);
    assert_eq!(standings(&fixture, id), [CertificateState::Good]);

    let dossier = fixture
        .gridpass
        .desk_enrollment(&operator, id, &Actor::staff(&operator))
        .unwrap();
    let told: Vec<_> = dossier.timeline.iter().map(|entry| &entry.what).collect();
    let expected = TimelineEvent::Resumed {
        reason: "it was the same one".into(),
    };
    assert_eq!(told.last(), Some(&&expected));
}

#[test]
fn a_device_on_hold_is_revoked_since_the_day_of_the_hold() {
    let fixture = Fixture::new();
    let id = enrolled(&fixture);
    let operator = operator();
    let since = fixture.gridpass.clock_now();
    fixture
        .gridpass
        .hold_enrollment(&operator, id, &words("seen twice"), Actor::staff(&operator))
        .unwrap();
    fixture.clock.advance(3600);
    let reason = RevocationReason::Compromised;
    fixture
        .gridpass
        .revoke_enrollment(&operator, id, reason, "copied", Actor::staff(&operator))
        .unwrap();
    assert_eq!(
        standings(&fixture, id),
        [CertificateState::Revoked { since, reason }]
    );
}

#[test]
fn one_certificate_of_several_is_revoked_and_the_last_one_takes_the_enrollment_with_it() {
    let fixture = Fixture::new();
    let id = enrolled(&fixture);
    let second = one_more_certificate(&fixture, id, &[0x11; 16]);
    let operator = operator();
    let revoke = |serial: &Serial| {
        fixture.gridpass.revoke_certificate(
            &operator,
            id,
            serial,
            RevocationReason::Replaced,
            &words("rolled over"),
            Actor::staff(&operator),
        )
    };
    let unknown = Serial::from_bytes(&[0x22; 16]).unwrap();
    assert!(matches!(revoke(&unknown), Err(RevocationError::NotFound)));
    revoke(&second).unwrap();
    assert!(matches!(revoke(&second), Err(RevocationError::NotGood)));
    assert!(matches!(fixture.state(id), StateView::Issued { .. }));
    let dossier = fixture
        .gridpass
        .desk_enrollment(&operator, id, &Actor::staff(&operator))
        .unwrap();
    let first = dossier
        .certificates
        .iter()
        .find(|certificate| certificate.state == CertificateState::Good)
        .unwrap();
    revoke(&first.serial).unwrap();
    assert_eq!(fixture.state(id), StateView::Revoked);
}

#[test]
fn every_certificate_of_an_enrollment_goes_with_it_but_those_that_have_ended() {
    let fixture = Fixture::new();
    let id = enrolled(&fixture);
    one_more_certificate(&fixture, id, &[0x11; 16]);
    let ended = one_more_certificate(&fixture, id, &[0x33; 16]);
    let connection = fixture.database();
    connection
        .execute(
            "UPDATE certificates SET not_after = made_at WHERE serial = ?1",
            [ended.as_bytes()],
        )
        .unwrap();
    let owner = sign_in(&fixture, "1001").session;
    fixture
        .gridpass
        .report_lost(&owner, id, Actor::customer(&owner))
        .unwrap();
    let states = standings(&fixture, id);
    let revoked = |state: &&CertificateState| matches!(state, CertificateState::Revoked { .. });
    assert_eq!(states.iter().filter(revoked).count(), 2);
    assert!(states.contains(&CertificateState::Ended));
}

#[test]
fn the_desk_finds_a_device_by_every_name_of_its_certificate() {
    let fixture = Fixture::new();
    let id = enrolled(&fixture);
    fixture.register("SN-9999-0001");
    let staff = staff(&fixture, Role::Support);
    let dossier = fixture
        .gridpass
        .desk_enrollment(&staff, id, &Actor::staff(&staff))
        .unwrap();
    let [certificate] = &dossier.certificates[..] else {
        panic!("one certificate");
    };
    let names = &certificate.identifiers;
    for text in [
        certificate.serial.to_string(),
        certificate.serial.to_string().to_uppercase(),
        names.fingerprint.clone(),
        names.lfdi.clone(),
        names.lfdi.to_lowercase(),
        names.sfdi.clone(),
        names.ven_fingerprint.clone(),
        names.ven_fingerprint.replace(':', ""),
    ] {
        let filter = EnrollmentFilter {
            search: text.clone(),
            ..EnrollmentFilter::default()
        };
        let page = fixture
            .gridpass
            .desk_enrollments(&staff, &filter, &Actor::staff(&staff))
            .unwrap();
        let found: Vec<_> = page.rows.iter().map(|row| row.id).collect();
        assert_eq!(found, [id], "{text}");
    }
}
