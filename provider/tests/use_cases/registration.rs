//! Registration, mapping and label.

use gridpass_protocol::{Link, ManualCode};
use gridpass_provider::{
    AccountRef, Actor, ApiScope, Channel, Gridpass, LabelProfile, RegistrationError, Scope,
    StateName, StateView, TransitionError,
};

use crate::fixture::{DEVICE_ID, Device, Fixture, Labelled, NOW, demo, operator, random};

#[test]
fn a_new_mapping_of_the_same_device_supersedes_the_open_one() {
    let fixture = Fixture::new();
    let old = fixture.register(DEVICE_ID);
    let new = fixture.register("sn47110815");
    assert_eq!(fixture.state(old.enrollment_id), StateView::Superseded);
    assert!(matches!(
        fixture.state(new.enrollment_id),
        StateView::Open { tries_left: 5, .. }
    ));

    let refused = fixture
        .confirm(&Device::new(1, &old.link, DEVICE_ID))
        .unwrap_err()
        .problem();
    assert_eq!(
        (refused.status, refused.reason.as_deref()),
        (410, Some("superseded"))
    );
    fixture
        .confirm(&Device::new(2, &new.link, DEVICE_ID))
        .unwrap();
}

#[test]
fn the_latest_registration_wins_whoever_holds_the_open_mapping() {
    let fixture = Fixture::new();
    let stranger = fixture.try_register("2002", DEVICE_ID, |_| {}).unwrap();
    let owner = fixture.register(DEVICE_ID);
    assert_eq!(fixture.state(stranger.enrollment_id), StateView::Superseded);
    fixture
        .confirm(&Device::new(1, &owner.link, DEVICE_ID))
        .unwrap();
}

#[test]
fn a_device_that_somebody_else_enrolled_is_refused() {
    let fixture = Fixture::new();
    let first = fixture.register(DEVICE_ID);
    fixture
        .confirm(&Device::new(1, &first.link, DEVICE_ID))
        .unwrap();
    let refused = fixture.try_register("2002", DEVICE_ID, |_| {}).unwrap_err();
    assert_eq!(
        refused.problem().reason.as_deref(),
        Some("device-already-enrolled")
    );

    // Whoever enrolled it may do so again, for a new phone with the same number.
    let again = fixture.register(DEVICE_ID);
    fixture
        .confirm(&Device::new(2, &again.link, DEVICE_ID))
        .unwrap();
}

#[test]
fn an_unknown_account_number_of_the_providers_own_system_makes_the_account() {
    let fixture = Fixture::new();
    let token = fixture
        .gridpass
        .make_api_token(&demo(), &[ApiScope::RegistrationsWrite], "crm", operator())
        .unwrap();
    let client = fixture.gridpass.api_client(&token).unwrap().unwrap();
    assert_eq!(client.provider, demo());
    assert_eq!(client.scopes, [ApiScope::RegistrationsWrite]);
    assert_eq!(fixture.gridpass.api_client("gridpass_x").unwrap(), None);

    let one = fixture.try_register("new-1", DEVICE_ID, |_| {}).unwrap();
    let two = fixture
        .try_register("new-1", "SN-4711-0816", |_| {})
        .unwrap();
    assert_eq!(
        fixture.view(one.enrollment_id).account_id,
        fixture.view(two.enrollment_id).account_id
    );
    let scope = Actor::api_client(&client).scope();
    assert_eq!(scope, Scope::Provider(demo()));
    assert!(
        fixture
            .gridpass
            .enrollment(one.enrollment_id, &scope)
            .unwrap()
            .is_some()
    );
    let elsewhere = Scope::Provider("other".parse().unwrap());
    assert!(
        fixture
            .gridpass
            .enrollment(one.enrollment_id, &elsewhere)
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_customer_registers_for_no_other_account() {
    let fixture = Fixture::new();
    let session = crate::sign_in::sign_in(&fixture, "1001").session;
    let other = fixture.try_register("2002", DEVICE_ID, |_| {}).unwrap();
    let others_account = fixture.view(other.enrollment_id).account_id;
    let register = |account| {
        fixture.gridpass.register(
            gridpass_provider::Registration {
                provider: demo(),
                account,
                device_id: crate::fixture::device_id("SN-4711-0999"),
                kind: gridpass_provider::EnrollmentKind::Device,
                channel: Channel::Screen,
                key_algorithm: None,
                idempotency: None,
                nickname: Some("Kitchen tablet".into()),
                language: None,
            },
            Actor::customer(&session),
        )
    };
    for account in [
        AccountRef::Id(others_account),
        AccountRef::Number("2002".parse().unwrap()),
        AccountRef::Number("nobody".parse().unwrap()),
    ] {
        assert!(matches!(
            register(account),
            Err(RegistrationError::Forbidden)
        ));
    }
    let own = register(AccountRef::Id(session.account_id)).unwrap();
    let devices = fixture.gridpass.enrollments_of(&session).unwrap();
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].id, own.enrollment_id);
    assert_eq!(devices[0].nickname.as_deref(), Some("Kitchen tablet"));
    assert_eq!(devices[0].device_id_hint, "0999");

    let actor = Actor::customer(&session);
    let foreign = fixture.gridpass.cancel(other.enrollment_id, actor.clone());
    assert!(matches!(foreign, Err(TransitionError::NotFound)));
    let foreign = fixture.gridpass.new_label(other.enrollment_id, actor);
    assert!(matches!(foreign, Err(RegistrationError::NotFound)));
    assert!(matches!(
        fixture.state(other.enrollment_id),
        StateView::Open { .. }
    ));
}

#[test]
fn a_repeated_call_with_the_same_idempotency_key_registers_once() {
    let fixture = Fixture::new();
    let key = || Some("order-77".parse().unwrap());
    let register = |device: &str| {
        fixture.try_register("1001", device, |registration| {
            registration.idempotency = key()
        })
    };
    let first = register(DEVICE_ID).unwrap();
    let again = register(DEVICE_ID).unwrap();
    assert_eq!(again.enrollment_id, first.enrollment_id);
    assert_eq!(again.temporary_id, first.temporary_id);
    assert_eq!(again.link.as_str(), first.link.as_str());
    assert_eq!(again.manual_code, first.manual_code);
    assert!(matches!(
        register("SN-4711-0816"),
        Err(RegistrationError::IdempotencyConflict)
    ));
    fixture.clock.advance(24 * 60 * 60);
    assert_ne!(
        register(DEVICE_ID).unwrap().enrollment_id,
        first.enrollment_id
    );
}

#[test]
fn a_new_label_is_for_the_same_device_and_voids_the_old_one() {
    let fixture = Fixture::new();
    let old = fixture.register(DEVICE_ID);
    let new: Labelled = fixture
        .gridpass
        .new_label(old.enrollment_id, operator())
        .unwrap()
        .into();
    assert_ne!(old.temporary_id, new.temporary_id);
    assert_eq!(fixture.state(old.enrollment_id), StateView::Superseded);
    let issued = fixture
        .confirm(&Device::new(1, &new.link, DEVICE_ID))
        .unwrap();
    assert_eq!(issued.enrollment_id, new.enrollment_id.uuid());
    assert!(matches!(
        fixture.gridpass.new_label(new.enrollment_id, operator()),
        Err(RegistrationError::State(StateName::Issued))
    ));
    assert!(matches!(
        fixture.gridpass.new_label(old.enrollment_id, operator()),
        Err(RegistrationError::State(StateName::Superseded))
    ));
}

#[test]
fn a_locked_or_expired_enrollment_gets_a_new_label() {
    let fixture = Fixture::new();
    let locked = fixture.register(DEVICE_ID);
    let wrong = Device::new(1, &locked.link, "SN-4711-0000");
    for _ in 0..5 {
        fixture.confirm(&wrong).unwrap_err();
    }
    assert_eq!(fixture.state(locked.enrollment_id), StateView::Locked);
    let expired = fixture
        .gridpass
        .new_label(locked.enrollment_id, operator())
        .unwrap();
    fixture.clock.advance(60 * 60);
    fixture.gridpass.run_housekeeping().unwrap();
    let fresh: Labelled = fixture
        .gridpass
        .new_label(expired.enrollment_id, operator())
        .unwrap()
        .into();
    fixture
        .confirm(&Device::new(2, &fresh.link, DEVICE_ID))
        .unwrap();
}

#[test]
fn a_cancelled_enrollment_gets_a_new_label() {
    let fixture = Fixture::new();
    let cancelled = fixture.register(DEVICE_ID);
    fixture
        .gridpass
        .cancel(cancelled.enrollment_id, operator())
        .unwrap();
    let fresh: Labelled = fixture
        .gridpass
        .new_label(cancelled.enrollment_id, operator())
        .unwrap()
        .into();
    fixture
        .confirm(&Device::new(1, &fresh.link, DEVICE_ID))
        .unwrap();
}

#[test]
fn a_label_opens_with_its_manual_code_alone_and_only_while_it_is_open() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let id = registered.enrollment_id;
    let label = |code: &ManualCode, scope: &Scope| fixture.gridpass.label(id, code, scope).unwrap();
    let view = label(&registered.manual_code, &Scope::Installation).unwrap();
    assert_eq!(view.link.as_str(), registered.link.as_str());
    assert_eq!(view.manual_code, registered.manual_code.grouped());
    assert_eq!(view.expires_at, NOW.plus(60 * 60));

    let other = fixture.register("SN-4711-0816");
    assert!(label(&other.manual_code, &Scope::Installation).is_none());
    assert!(label(&registered.manual_code, &Scope::Nothing).is_none());
    fixture.gridpass.cancel(id, operator()).unwrap();
    assert!(label(&registered.manual_code, &Scope::Installation).is_none());
}

#[test]
fn a_manual_code_gives_the_payload_of_its_label_and_expired_is_like_unknown() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let look_up = |code: &ManualCode| {
        fixture
            .gridpass
            .manual_payload(&code.lookup(), crate::fixture::ip("192.0.2.9"))
            .unwrap()
    };
    let sealed = look_up(&registered.manual_code).unwrap();
    let payload = registered.manual_code.open(&sealed).unwrap();
    assert_eq!(payload, Link::parse(registered.link.as_str()).unwrap().1);
    fixture.clock.advance(60 * 60);
    assert_eq!(look_up(&registered.manual_code), None);
    assert_eq!(
        look_up(&ManualCode::make(&mut crate::fixture::rng(5))),
        None
    );
}

#[test]
fn labels_last_as_long_as_their_channel_says() {
    let fixture = Fixture::new();
    for (channel, seconds) in [(Channel::Screen, 3600), (Channel::Api, 86_400)] {
        let registered = fixture
            .try_register("1001", DEVICE_ID, |registration| {
                registration.channel = channel
            })
            .unwrap();
        assert_eq!(registered.expires_at, NOW.plus(seconds), "{channel}");
    }
}

#[test]
fn two_labels_from_the_same_randomness_differ_in_the_otp_ciphertext_alone() {
    let fixture = Fixture::with(|config| {
        config.providers[0].label_profile = LabelProfile::Full;
    });
    let label_of = |device: &str| {
        let copy = fixture.folder.copied();
        let mut config = fixture.config.clone();
        let other = crate::fixture::config(&copy);
        (config.database, config.key_file) = (other.database, other.key_file);
        let gridpass = Gridpass::open(config.clone(), fixture.clock.clone(), random(7)).unwrap();
        let clock = fixture.clock.clone();
        let copy = Fixture {
            gridpass,
            clock,
            config,
            folder: copy,
        };
        Link::parse(copy.register(device).link.as_str()).unwrap().1
    };
    let (one, mut two) = (label_of("SN-4711-0815"), label_of("001A2B3C4D5E"));
    assert_ne!(one, two);
    two.otp_ciphertext = one.otp_ciphertext;
    assert_eq!(one, two);
}

#[test]
fn a_cancelled_enrollment_takes_no_confirmation_and_is_not_cancelled_twice() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    fixture
        .gridpass
        .cancel(registered.enrollment_id, operator())
        .unwrap();
    assert_eq!(
        fixture.state(registered.enrollment_id),
        StateView::Cancelled
    );
    let refused = fixture
        .confirm(&Device::new(1, &registered.link, DEVICE_ID))
        .unwrap_err()
        .problem();
    assert_eq!(
        (refused.status, refused.reason.as_deref()),
        (410, Some("cancelled"))
    );
    assert!(matches!(
        fixture
            .gridpass
            .cancel(registered.enrollment_id, operator()),
        Err(TransitionError::Illegal(_))
    ));
}

#[test]
fn every_transition_leaves_one_audit_entry_with_its_request() {
    let fixture = Fixture::new();
    let old = fixture.register(DEVICE_ID);
    let new = fixture.register(DEVICE_ID);
    fixture
        .confirm(&Device::new(1, &new.link, "SN-4711-0000"))
        .unwrap_err();
    fixture
        .confirm(&Device::new(2, &new.link, DEVICE_ID))
        .unwrap();
    let trail = |id| {
        let entries = fixture.gridpass.audit_of(id, &Scope::Installation).unwrap();
        let words = entries
            .iter()
            .map(|entry| format!("{} {}", entry.action, entry.result));
        (words.collect::<Vec<_>>(), entries)
    };
    assert_eq!(
        trail(old.enrollment_id).0,
        ["enrollment.open ok", "enrollment.supersede ok"]
    );
    let (words, entries) = trail(new.enrollment_id);
    assert_eq!(
        words,
        [
            "enrollment.open ok",
            "verification.otp invalid-otp",
            "enrollment.issue ok"
        ]
    );
    assert_eq!(entries[1].request_id.as_deref(), Some("req-1"));
    assert_eq!(entries[1].client.as_deref(), Some("192.0.2.7"));
    let seqs: Vec<_> = entries.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, [3, 4, 5], "no gap: the superseded one has 1 and 2");
}
