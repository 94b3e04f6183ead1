//! Devices that enrol over EST and have to be approved by staff.

use gridpass_protocol::{ProblemName, UnixTime};
use gridpass_provider::{
    Actor, Approval, ApprovalError, ConfirmationError, EnrollmentId, EstError, EstRequest, Role,
    StaffSession, StateView,
};

use crate::{
    fixture::{DEVICE_ID, Device, Fixture, HOME, demo, ip, provider},
    staff::{staff, staff_of},
};

const DAY: u64 = 24 * 60 * 60;

fn fixture() -> Fixture {
    Fixture::with(|config| {
        config.providers[0].est.approval = Approval::Manual;
        config.providers.push(provider("other"));
    })
}

fn enrol(fixture: &Fixture, device: &Device) -> Result<Vec<u8>, EstError> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let confirmation = device.confirmation();
    fixture.gridpass.est_enrol(EstRequest {
        provider: &demo(),
        user: &device.payload.temporary_id.to_string(),
        password: &Base64UrlUnpadded::encode_string(confirmation.otp.as_bytes()),
        csr: confirmation.csr,
        client: ip(HOME),
        request_id: None,
    })
}

fn waits(fixture: &Fixture, device: &Device) -> u64 {
    match enrol(fixture, device) {
        Err(EstError::Confirmation(ConfirmationError::AwaitsApproval { retry_after })) => {
            retry_after
        }
        other => panic!("{other:?}"),
    }
}

/// What the desk shows as waiting, in its order.
fn awaiting(fixture: &Fixture, who: &StaffSession) -> Vec<EnrollmentId> {
    let rows = fixture.gridpass.awaiting_approval(who, &Actor::staff(who));
    rows.unwrap().into_iter().map(|row| row.id).collect()
}

#[test]
fn a_device_waits_until_staff_approve_the_key_that_it_asked_for() {
    let fixture = fixture();
    let registered = fixture.register(DEVICE_ID);
    let id = registered.enrollment_id;
    let device = Device::new(1, &registered.link, DEVICE_ID);
    assert_eq!(waits(&fixture, &device), 300);
    assert_eq!(waits(&fixture, &device), 300, "and again");
    assert!(matches!(fixture.state(id), StateView::Open { .. }));
    let operator = staff(&fixture, Role::Operator);
    let actor = Actor::staff(&operator);
    let gridpass = &fixture.gridpass;
    let asked = gridpass.approval(&operator, id, &actor).unwrap().unwrap();
    assert_eq!(asked.approved_at, None);
    let another = gridpass.approve_enrollment(&operator, id, [7; 32], actor.clone());
    assert!(matches!(another, Err(ApprovalError::NotWaiting)));
    assert_eq!(awaiting(&fixture, &operator), [id]);
    gridpass
        .approve_enrollment(&operator, id, asked.key, actor.clone())
        .unwrap();
    assert_eq!(awaiting(&fixture, &operator), [], "until it comes again");
    enrol(&fixture, &device).unwrap();
    assert!(matches!(fixture.state(id), StateView::Issued { .. }));
    let over = gridpass.approve_enrollment(&operator, id, asked.key, actor);
    assert!(matches!(over, Err(ApprovalError::NotWaiting)));
    let scope = gridpass_provider::Scope::Installation;
    let told: Vec<String> = gridpass
        .audit_of(id, &scope)
        .unwrap()
        .into_iter()
        .map(|entry| format!("{}={}", entry.action, entry.result))
        .collect();
    for expected in [
        "verification.approval=awaits-approval",
        "enrollment.approve=ok",
    ] {
        assert_eq!(
            told.iter().filter(|told| *told == expected).count(),
            1,
            "{told:?}"
        );
    }
}

#[test]
fn an_approval_is_good_for_one_request_alone() {
    let fixture = fixture();
    let registered = fixture.register(DEVICE_ID);
    let id = registered.enrollment_id;
    let device = Device::new(1, &registered.link, DEVICE_ID);
    waits(&fixture, &device);
    let operator = staff(&fixture, Role::Operator);
    let actor = Actor::staff(&operator);
    let gridpass = &fixture.gridpass;
    let asked = gridpass.approval(&operator, id, &actor).unwrap().unwrap();
    gridpass
        .approve_enrollment(&operator, id, asked.key, actor.clone())
        .unwrap();
    let other_key = Device::new(2, &registered.link, DEVICE_ID);
    waits(&fixture, &other_key);
    let asked_now = gridpass.approval(&operator, id, &actor).unwrap().unwrap();
    assert_ne!(asked_now.key, asked.key);
    assert_eq!(
        asked_now.approved_at, None,
        "the approval was another key's"
    );
}

#[test]
fn a_label_does_not_end_while_somebody_has_to_decide() {
    let fixture = fixture();
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    waits(&fixture, &device);
    let left: UnixTime = registered.expires_at;
    fixture.clock.advance(10 * DAY);
    assert!(left < fixture.gridpass.clock_now(), "its own time is over");
    fixture.gridpass.run_housekeeping().unwrap();
    waits(&fixture, &device);
    fixture.clock.advance(4 * DAY);
    let refused = enrol(&fixture, &device);
    let Err(EstError::Confirmation(error)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(error.problem().name, ProblemName::Expired, "not for ever");
}

#[test]
fn the_longest_waiting_is_shown_first_and_nobody_who_need_not_wait() {
    let fixture = fixture();
    let operator = staff(&fixture, Role::Operator);
    let ids = ["SN-0000-0001", "SN-0000-0002", "SN-0000-0003"].map(|device_id| {
        let registered = fixture.register(device_id);
        let device = Device::new(1, &registered.link, device_id);
        waits(&fixture, &device);
        fixture.clock.advance(60);
        registered.enrollment_id
    });
    assert_eq!(awaiting(&fixture, &operator), ids);
    let foreign = staff_of(&fixture, &"other".parse().unwrap(), Role::Admin);
    assert_eq!(awaiting(&fixture, &foreign), []);
    fixture
        .gridpass
        .cancel(ids[1], Actor::staff(&operator))
        .unwrap();
    assert_eq!(awaiting(&fixture, &operator), [ids[0], ids[2]]);
    fixture.clock.advance(14 * DAY);
    assert_eq!(awaiting(&fixture, &operator), [], "their time is over");
}

#[test]
fn whoever_is_refused_has_no_label_any_more() {
    let fixture = fixture();
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    waits(&fixture, &device);
    let operator = staff(&fixture, Role::Operator);
    let actor = Actor::staff(&operator);
    fixture
        .gridpass
        .cancel(registered.enrollment_id, actor)
        .unwrap();
    let refused = enrol(&fixture, &device);
    let Err(EstError::Confirmation(error)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(error.problem().name, ProblemName::Expired);
}

#[test]
fn a_wrong_password_waits_for_nobody() {
    let fixture = fixture();
    let registered = fixture.register(DEVICE_ID);
    let wrong = Device::new(1, &registered.link, "SN-0000-0000");
    let refused = enrol(&fixture, &wrong);
    let Err(EstError::Confirmation(error)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(error.problem().name, ProblemName::InvalidOtp);
    let operator = staff(&fixture, Role::Operator);
    let actor = Actor::staff(&operator);
    let id = registered.enrollment_id;
    let asked = fixture.gridpass.approval(&operator, id, &actor).unwrap();
    assert_eq!(asked, None);
}

#[test]
fn staff_approve_by_role_and_within_their_provider() {
    let fixture = fixture();
    let registered = fixture.register(DEVICE_ID);
    let id = registered.enrollment_id;
    let device = Device::new(1, &registered.link, DEVICE_ID);
    waits(&fixture, &device);
    let gridpass = &fixture.gridpass;
    let operator = staff(&fixture, Role::Operator);
    let key = gridpass
        .approval(&operator, id, &Actor::staff(&operator))
        .unwrap()
        .unwrap()
        .key;
    let approve = |who: &StaffSession| gridpass.approve_enrollment(who, id, key, Actor::staff(who));
    let foreign = staff_of(&fixture, &"other".parse().unwrap(), Role::Admin);
    assert!(matches!(approve(&foreign), Err(ApprovalError::NotFound)));
    let seen = gridpass.approval(&foreign, id, &Actor::staff(&foreign));
    assert_eq!(seen.unwrap(), None);
    let auditor = staff(&fixture, Role::Auditor);
    assert!(matches!(
        approve(&auditor),
        Err(ApprovalError::NotAllowed(_))
    ));
    approve(&operator).unwrap();
}
