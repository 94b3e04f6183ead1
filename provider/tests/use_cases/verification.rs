//! Verification and issuance.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use gridpass_protocol::{CsrContent, DeviceKey, KeyAlgorithm, Link, Otp, TemporaryId};
use gridpass_provider::{
    ConfirmationError, ConfirmationRequest, Scope, StateView,
    ca::{CaError, CertificateAuthority, CertificateRequest, IssuedCertificate, Issuer},
};

use crate::fixture::{DEVICE_ID, Device, Fixture, HOME, NOW, demo, ip, last_certificate, rng};

#[test]
fn the_right_device_id_gets_certificate_and_settings() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, "sn 4711 0815");
    let issuance = fixture.confirm(&device).unwrap();
    assert_eq!(issuance.enrollment_id, registered.enrollment_id.uuid());
    assert_eq!(issuance.chain.len(), 2);
    assert_eq!(issuance.settings.provider, "Green Mountain Electric Coop");
    assert_eq!(issuance.settings.poll_interval, 300);
    let view = fixture.view(registered.enrollment_id);
    assert_eq!(view.state, StateView::Issued { at: NOW });
    let certificate = view.certificate.unwrap();
    assert_eq!(certificate.der, issuance.certificate);
    assert_eq!(certificate.not_after, NOW.minus(300).plus(398 * 86_400));
}

#[test]
fn five_wrong_device_ids_lock_and_each_tells_what_remains() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let wrong = Device::new(1, &registered.link, "SN-4711-0816");
    for remaining in [4, 3, 2, 1, 0] {
        let refused = fixture.confirm(&wrong).unwrap_err().problem();
        assert_eq!((refused.status, refused.remaining), (401, Some(remaining)));
    }
    assert_eq!(fixture.state(registered.enrollment_id), StateView::Locked);
    let right = Device::new(2, &registered.link, DEVICE_ID);
    for device in [&wrong, &right] {
        assert!(matches!(
            fixture.confirm(device),
            Err(ConfirmationError::Locked)
        ));
    }
}

#[test]
fn four_wrong_device_ids_then_the_right_one_enrol() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let wrong = Device::new(1, &registered.link, "SN-4711-0816");
    for _ in 0..4 {
        fixture.confirm(&wrong).unwrap_err();
    }
    assert!(matches!(
        fixture.state(registered.enrollment_id),
        StateView::Open { tries_left: 1, .. }
    ));
    fixture
        .confirm(&Device::new(2, &registered.link, DEVICE_ID))
        .unwrap();
}

#[test]
fn an_unknown_temporary_id_is_answered_like_a_wrong_device_id() {
    let fixture = Fixture::new();
    let known = Device::new(1, &fixture.register(DEVICE_ID).link, "SN-4711-0816");
    let mut payload = known.payload.clone();
    payload.temporary_id = TemporaryId::from_bytes([9; 16]);
    let key = DeviceKey::make(&mut rng(7), KeyAlgorithm::Es256).unwrap();
    let unknown = Device::with_key(7, payload, DEVICE_ID, key);
    for _ in 0..7 {
        let answers = [&known, &unknown]
            .map(|device| serde_json::to_string(&fixture.confirm(device).unwrap_err().problem()));
        assert_eq!(answers[0].as_ref().unwrap(), answers[1].as_ref().unwrap());
    }
}

#[test]
fn a_temporary_id_of_another_provider_is_unknown() {
    let fixture = Fixture::with(|config| {
        config.providers.push(crate::fixture::provider("other"));
    });
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    let other = fixture.gridpass.directory(Some(&"other".parse().unwrap()));
    let certificate = last_certificate(&other);
    let jwe = device
        .confirmation()
        .seal(&certificate, &mut rng(1))
        .unwrap();
    let refused = fixture.gridpass.confirm(ConfirmationRequest {
        temporary_id: registered.temporary_id,
        jwe: &jwe,
        client: ip(HOME),
        request_id: None,
    });
    assert!(
        matches!(refused, Err(ConfirmationError::InvalidOtp { remaining: 4 })),
        "{refused:?}"
    );
    assert!(matches!(
        fixture.state(registered.enrollment_id),
        StateView::Open { tries_left: 5, .. }
    ));
}

#[test]
fn wrong_tries_are_remembered_over_a_restart() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let wrong = Device::new(1, &registered.link, "SN-4711-0816");
    for _ in 0..3 {
        fixture.confirm(&wrong).unwrap_err();
    }
    let fixture = fixture.restarted();
    let refused = fixture.confirm(&wrong).unwrap_err().problem();
    assert_eq!(refused.remaining, Some(1));
}

#[test]
fn sixteen_threads_of_wrong_device_ids_are_judged_five_times() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let judged = AtomicUsize::new(0);
    thread::scope(|scope| {
        for seed in 0..16 {
            let (fixture, registered, judged) = (&fixture, &registered, &judged);
            scope.spawn(move || {
                let wrong = Device::new(seed, &registered.link, "SN-4711-0816");
                for _ in 0..4 {
                    match fixture.confirm_from(&format!("198.51.100.{seed}"), &wrong) {
                        Err(ConfirmationError::InvalidOtp { .. }) => {
                            judged.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(ConfirmationError::Locked) => {}
                        other => panic!("{other:?}"),
                    }
                }
            });
        }
    });
    assert_eq!(judged.into_inner(), 5);
    assert_eq!(fixture.state(registered.enrollment_id), StateView::Locked);
}

#[test]
fn many_right_confirmations_at_once_issue_exactly_one_certificate() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    let certificates: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| fixture.confirm(&device).unwrap().certificate))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(
        certificates
            .iter()
            .all(|certificate| *certificate == certificates[0])
    );
    assert_eq!(issues(&fixture, &registered), 1);
}

#[test]
fn of_many_devices_with_one_label_exactly_one_is_enrolled() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let enrolled = AtomicUsize::new(0);
    thread::scope(|scope| {
        for seed in 0..16 {
            let (fixture, registered, enrolled) = (&fixture, &registered, &enrolled);
            scope.spawn(move || {
                match fixture.confirm(&Device::new(seed, &registered.link, DEVICE_ID)) {
                    Ok(_) => {
                        enrolled.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(ConfirmationError::AlreadyEnrolled) => {}
                    Err(other) => panic!("{other:?}"),
                }
            });
        }
    });
    assert_eq!(enrolled.into_inner(), 1);
    assert_eq!(issues(&fixture, &registered), 1);
}

fn issues(fixture: &Fixture, registered: &crate::fixture::Labelled) -> usize {
    let trail = fixture
        .gridpass
        .audit_of(registered.enrollment_id, &Scope::Installation)
        .unwrap();
    trail
        .iter()
        .filter(|entry| entry.action == "enrollment.issue")
        .count()
}

#[test]
fn a_repeated_confirmation_gets_the_same_certificate_for_a_day() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    let first = fixture.confirm(&device).unwrap();
    let fixture = fixture.restarted();
    fixture.clock.advance(24 * 60 * 60 - 1);
    assert_eq!(fixture.confirm(&device).unwrap(), first);
    fixture.clock.advance(1);
    assert!(matches!(
        fixture.confirm(&device),
        Err(ConfirmationError::AlreadyEnrolled)
    ));
}

#[test]
fn another_request_or_one_time_password_after_issuance_is_already_enrolled() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    fixture.confirm(&device).unwrap();
    let other_key = Device::new(2, &registered.link, DEVICE_ID);
    let mut other_id = Device::new(1, &registered.link, "SN-4711-0816");
    other_id.csr.clone_from(&device.csr);
    for other in [&other_key, &other_id] {
        let refused = fixture.confirm(other).unwrap_err().problem();
        assert_eq!(refused.status, 409);
        assert_eq!(refused.name.as_str(), "already-enrolled");
    }
    fixture.confirm(&device).unwrap();
}

#[test]
fn an_expired_label_is_refused_before_and_after_housekeeping() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    fixture.clock.advance(60 * 60);
    let expired = |fixture: &Fixture| {
        let refused = fixture.confirm(&device).unwrap_err().problem();
        assert_eq!(
            (refused.status, refused.reason.as_deref()),
            (410, Some("expired"))
        );
        assert_eq!(fixture.state(registered.enrollment_id), StateView::Expired);
    };
    expired(&fixture);
    assert_eq!(fixture.gridpass.run_housekeeping().unwrap().expired, 1);
    assert_eq!(fixture.gridpass.run_housekeeping().unwrap().expired, 0);
    expired(&fixture);
}

#[test]
fn rsa_devices_enrol_too() {
    let fixture = Fixture::new();
    for (seed, algorithm) in [(1, KeyAlgorithm::Rs2048), (2, KeyAlgorithm::Rs3072)] {
        let registered = fixture
            .try_register("1001", DEVICE_ID, |registration| {
                registration.key_algorithm = Some(algorithm);
            })
            .unwrap();
        let device = Device::new(seed, &registered.link, DEVICE_ID);
        assert_eq!(device.key.algorithm(), algorithm);
        fixture.confirm(&device).unwrap();
    }
}

#[test]
fn a_bad_request_for_a_certificate_costs_no_try_and_spends_nothing() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let mut devices: Vec<_> = (1..=4)
        .map(|seed| Device::new(seed, &registered.link, DEVICE_ID))
        .collect();
    devices[0].csr.truncate(100);
    devices[1].csr = Device::new(9, &registered.link, DEVICE_ID).csr;
    devices[2].csr = devices[2]
        .key
        .csr(
            &CsrContent::default(),
            &registered.temporary_id,
            &mut rng(3),
        )
        .unwrap();
    let rsa = DeviceKey::make(&mut rng(8), KeyAlgorithm::Rs2048).unwrap();
    devices[3] = Device::with_key(8, devices[3].payload.clone(), DEVICE_ID, rsa);
    let reasons = devices.iter().map(|device| {
        let refused = fixture.confirm(device).unwrap_err().problem();
        assert_eq!(refused.status, 422);
        refused.reason.unwrap()
    });
    assert_eq!(
        reasons.collect::<Vec<_>>(),
        [
            "malformed",
            "public-key-mismatch",
            "subject",
            "key-algorithm"
        ]
    );
    assert!(matches!(
        fixture.state(registered.enrollment_id),
        StateView::Open { tries_left: 5, .. }
    ));
    fixture
        .confirm(&Device::new(5, &registered.link, DEVICE_ID))
        .unwrap();
}

#[test]
fn with_a_wrong_device_id_the_request_is_not_looked_at() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let mut device = Device::new(1, &registered.link, "SN-4711-0816");
    device.csr = b"nonsense".to_vec();
    assert!(matches!(
        fixture.confirm(&device),
        Err(ConfirmationError::InvalidOtp { remaining: 4 })
    ));
}

#[test]
fn no_two_devices_have_one_key() {
    let fixture = Fixture::with(|config| {
        config.providers.push(crate::fixture::provider("other"));
    });
    let first = fixture.register(DEVICE_ID);
    let device = Device::new(1, &first.link, DEVICE_ID);
    fixture.confirm(&device).unwrap();
    for provider in ["demo", "other"] {
        let second = fixture
            .try_register("3003", "SN-4711-0816", |registration| {
                registration.provider = provider.parse().unwrap();
            })
            .unwrap();
        let (_, payload) = Link::parse(second.link.as_str()).unwrap();
        let same_key = DeviceKey::from_pkcs8(&device.key.to_pkcs8()).unwrap();
        let copy = Device::with_key(2, payload, "SN-4711-0816", same_key);
        let refused = fixture.confirm(&copy).unwrap_err().problem();
        assert_eq!(
            (refused.status, refused.reason.as_deref()),
            (422, Some("key-taken"))
        );
        fixture
            .confirm(&Device::new(3, &second.link, "SN-4711-0816"))
            .map_or_else(
                |error| assert_eq!(error.problem().reason.as_deref(), Some("key-taken")),
                |issuance| assert_eq!(issuance.enrollment_id, second.enrollment_id.uuid()),
            );
    }
}

#[test]
fn one_key_confirmed_for_two_enrollments_at_once_is_taken_by_one() {
    let fixture = Fixture::new();
    let labels = ["SN-4711-0001", "SN-4711-0002"].map(|id| (id, fixture.register(id)));
    let key = DeviceKey::make(&mut rng(1), KeyAlgorithm::Es256)
        .unwrap()
        .to_pkcs8();
    let enrolled: usize = thread::scope(|scope| {
        let threads: Vec<_> = labels
            .iter()
            .map(|(id, registered)| {
                let key = DeviceKey::from_pkcs8(&key).unwrap();
                let (_, payload) = Link::parse(registered.link.as_str()).unwrap();
                let device = Device::with_key(1, payload, id, key);
                let fixture = &fixture;
                scope.spawn(move || match fixture.confirm(&device) {
                    Ok(_) => 1,
                    Err(ConfirmationError::BadCsr {
                        reason: "key-taken",
                    }) => 0,
                    Err(other) => panic!("{other:?}"),
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(enrolled, 1);
}

/// A CA that does not answer.
pub(crate) struct DeadAuthority;

impl CertificateAuthority for DeadAuthority {
    fn issue(&self, _: &CertificateRequest<'_>) -> Result<IssuedCertificate, CaError> {
        Err(CaError::Unavailable("no answer".into()))
    }

    fn chain(&self, _: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn published(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn issuers(&self) -> Vec<Arc<Issuer>> {
        Vec::new()
    }
}

#[test]
fn a_dead_ca_spends_nothing() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    let certificate = fixture.provider_certificate(&device.payload);
    let fixture =
        fixture.changed(|gridpass| gridpass.with_authority(&demo(), Arc::new(DeadAuthority)));
    for _ in 0..7 {
        let jwe = device
            .confirmation()
            .seal(&certificate, &mut rng(1))
            .unwrap();
        let refused = fixture.gridpass.confirm(ConfirmationRequest {
            temporary_id: registered.temporary_id,
            jwe: &jwe,
            client: ip(HOME),
            request_id: None,
        });
        let problem = refused.unwrap_err().problem();
        assert_eq!((problem.status, problem.retry_after), (503, Some(30)));
        assert_eq!(problem.name.as_str(), "ca-unavailable");
    }
    let fixture = fixture.restarted();
    assert!(matches!(
        fixture.state(registered.enrollment_id),
        StateView::Open { tries_left: 5, .. }
    ));
    fixture.confirm(&device).unwrap();
}

#[test]
fn what_cannot_be_read_costs_no_try() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    let certificate = fixture.provider_certificate(&device.payload);
    let jwe = device
        .confirmation()
        .seal(&certificate, &mut rng(1))
        .unwrap();
    let mut altered = jwe.clone().into_bytes();
    let middle = altered.len() / 2;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    let large = "x".repeat(16 * 1024 + 1);
    for (body, status) in [
        ("", 400),
        ("a.b.c.d.e", 400),
        (&altered, 400),
        (&large, 413),
    ] {
        let refused = fixture.gridpass.confirm(ConfirmationRequest {
            temporary_id: registered.temporary_id,
            jwe: body,
            client: ip(HOME),
            request_id: None,
        });
        assert_eq!(refused.unwrap_err().problem().status, status);
    }
    assert!(matches!(
        fixture.state(registered.enrollment_id),
        StateView::Open { tries_left: 5, .. }
    ));
}

#[test]
fn the_one_time_password_is_compared_whole() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    let certificate = fixture.provider_certificate(&device.payload);
    let right = *device.confirmation().otp.as_bytes();
    for byte in [0, 15, 31] {
        let mut otp = right;
        otp[byte] ^= 1;
        let mut confirmation = device.confirmation();
        confirmation.otp = Otp::from_bytes(otp);
        let jwe = confirmation.seal(&certificate, &mut rng(1)).unwrap();
        let refused = fixture.gridpass.confirm(ConfirmationRequest {
            temporary_id: registered.temporary_id,
            jwe: &jwe,
            client: ip(HOME),
            request_id: None,
        });
        assert!(matches!(refused, Err(ConfirmationError::InvalidOtp { .. })));
    }
}
