//! What clients may try how often.

use gridpass_protocol::ManualCode;
use gridpass_provider::{ConfirmationError, ManualError, StateView};

use crate::fixture::{DEVICE_ID, Device, Fixture, NOW, ip, rng};

fn fixture() -> Fixture {
    Fixture::with(|config| config.limits.otp_failures_per_ip = 5)
}

/// A device with a wrong id at a label of its own.
fn wrong_device(fixture: &Fixture, seed: u64) -> Device {
    let registered = fixture.register(&format!("SN-9000-{seed:04}"));
    Device::new(seed, &registered.link, "SN-4711-0000")
}

#[test]
fn a_client_has_five_wrong_tries_an_hour_over_all_labels() {
    let fixture = fixture();
    for seed in 0..5 {
        fixture.clock.advance(60);
        let refused = fixture.confirm(&wrong_device(&fixture, seed));
        assert!(matches!(
            refused,
            Err(ConfirmationError::InvalidOtp { remaining: 4 })
        ));
    }
    let sixth = wrong_device(&fixture, 6);
    let refused = fixture.confirm(&sixth).unwrap_err().problem();
    assert_eq!(
        (refused.status, refused.retry_after),
        (429, Some(3600 - 240))
    );
    // It is not told whether the device ID is right either, and no try of the label is spent.
    let registered = fixture.register(DEVICE_ID);
    let right = Device::new(7, &registered.link, DEVICE_ID);
    assert!(matches!(
        fixture.confirm(&right),
        Err(ConfirmationError::RateLimited { .. })
    ));
    assert!(matches!(
        fixture.state(registered.enrollment_id),
        StateView::Open { tries_left: 5, .. }
    ));
    // Other clients are not concerned.
    assert!(matches!(
        fixture.confirm_from("192.0.2.8", &sixth),
        Err(ConfirmationError::InvalidOtp { remaining: 4 })
    ));
}

#[test]
fn the_window_slides_and_retry_after_is_exact() {
    let fixture = fixture();
    let devices: Vec<_> = (0..8).map(|seed| wrong_device(&fixture, seed)).collect();
    for device in &devices[..5] {
        fixture.confirm(device).unwrap_err();
        fixture.clock.advance(100);
    }
    let Err(ConfirmationError::RateLimited { retry_after }) = fixture.confirm(&devices[5]) else {
        panic!("the sixth try is refused");
    };
    assert_eq!(retry_after, 3600 - 500);
    fixture.clock.advance(retry_after - 1);
    assert!(matches!(
        fixture.confirm(&devices[5]),
        Err(ConfirmationError::RateLimited { retry_after: 1 })
    ));
    fixture.clock.advance(1);
    // One has left the window: one may be tried, then the next has to leave.
    assert!(matches!(
        fixture.confirm(&devices[5]),
        Err(ConfirmationError::Expired(_))
    ));
    let fresh = [wrong_device(&fixture, 10), wrong_device(&fixture, 11)];
    assert!(matches!(
        fixture.confirm(&fresh[0]),
        Err(ConfirmationError::InvalidOtp { .. })
    ));
    assert!(matches!(
        fixture.confirm(&fresh[1]),
        Err(ConfirmationError::RateLimited { retry_after: 100 })
    ));
}

#[test]
fn a_locked_label_says_so_even_to_a_client_that_has_used_up_its_tries() {
    let fixture = fixture();
    let wrong = wrong_device(&fixture, 1);
    for _ in 0..5 {
        fixture.confirm(&wrong).unwrap_err();
    }
    assert!(matches!(
        fixture.confirm(&wrong),
        Err(ConfirmationError::Locked)
    ));
    let other = wrong_device(&fixture, 2);
    assert!(matches!(
        fixture.confirm(&other),
        Err(ConfirmationError::RateLimited { .. })
    ));
}

#[test]
fn the_limit_of_a_client_survives_a_restart_and_counts_its_whole_ipv6_network() {
    let fixture = fixture();
    for seed in 0..5 {
        let client = format!("2001:db8:1:2::{seed}");
        fixture
            .confirm_from(&client, &wrong_device(&fixture, seed))
            .unwrap_err();
    }
    let fixture = fixture.restarted();
    let next = wrong_device(&fixture, 9);
    assert!(matches!(
        fixture.confirm_from("2001:db8:1:2:ffff::1", &next),
        Err(ConfirmationError::RateLimited { .. })
    ));
    assert!(matches!(
        fixture.confirm_from("2001:db8:1:3::1", &next),
        Err(ConfirmationError::InvalidOtp { .. })
    ));
}

#[test]
fn a_client_is_judged_five_times_however_many_threads_it_has() {
    let fixture = fixture();
    let devices: Vec<_> = (0..16).map(|seed| wrong_device(&fixture, seed)).collect();
    let judged: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = devices
            .iter()
            .map(|device| {
                let fixture = &fixture;
                scope.spawn(move || match fixture.confirm(device) {
                    Err(ConfirmationError::InvalidOtp { .. }) => 1,
                    Err(ConfirmationError::RateLimited { .. }) => 0,
                    other => panic!("{other:?}"),
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(judged, 5);
}

#[test]
fn manual_codes_that_do_not_exist_are_limited_and_those_that_do_are_not_counted() {
    let fixture = Fixture::with(|config| config.limits.manual_lookups_per_ip = 3);
    let registered = fixture.register(DEVICE_ID);
    let lookup = registered.manual_code.lookup();
    let client = ip("192.0.2.9");
    for _ in 0..10 {
        assert!(
            fixture
                .gridpass
                .manual_payload(&lookup, client)
                .unwrap()
                .is_some()
        );
    }
    let mut rng = rng(3);
    for _ in 0..3 {
        let unknown = ManualCode::make(&mut rng).lookup();
        assert!(
            fixture
                .gridpass
                .manual_payload(&unknown, client)
                .unwrap()
                .is_none()
        );
    }
    assert!(matches!(
        fixture.gridpass.manual_payload(&lookup, client),
        Err(ManualError::RateLimited { retry_after: 3600 })
    ));
}

#[test]
fn housekeeping_forgets_what_no_longer_counts_and_nothing_else() {
    let fixture = Fixture::with(|config| config.providers[0].lifetimes.api = 21 * 86_400);
    let letter = fixture
        .try_register("1001", DEVICE_ID, |registration| {
            registration.channel = gridpass_provider::Channel::Api;
        })
        .unwrap();
    let wrong = Device::new(1, &letter.link, "SN-4711-0000");
    for _ in 0..4 {
        fixture.confirm(&wrong).unwrap_err();
    }
    fixture.clock.advance(20 * 86_400);
    assert!(fixture.gridpass.run_housekeeping().unwrap().pruned > 0);
    assert!(matches!(
        fixture.confirm(&wrong),
        Err(ConfirmationError::InvalidOtp { remaining: 0 })
    ));
    assert_eq!(letter.expires_at, NOW.plus(21 * 86_400));
}

#[test]
fn who_had_too_many_tries_under_a_clock_that_ran_ahead_is_not_locked_out_until_then() {
    const AHEAD: u64 = 400 * 24 * 60 * 60;
    let fixture = fixture();
    fixture.clock.advance(AHEAD);
    for seed in 0..5 {
        fixture.confirm(&wrong_device(&fixture, seed)).unwrap_err();
    }
    fixture.clock.set_back(AHEAD);
    let device = wrong_device(&fixture, 6);
    assert!(matches!(
        fixture.confirm(&device),
        Err(ConfirmationError::RateLimited { .. })
    ));
    assert_eq!(fixture.gridpass.run_housekeeping().unwrap().dated_back, 5);
    assert!(matches!(
        fixture.confirm(&device),
        Err(ConfirmationError::InvalidOtp { remaining: 4 })
    ));
}
