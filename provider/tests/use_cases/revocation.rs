//! Revocation.

use gridpass_provider::{
    Actor, EnrollmentId, RevocationError, RevocationReason, Role, Scope, StaffSession, StateView,
};

use crate::{
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
