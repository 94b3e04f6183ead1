//! What enrolled devices say: hello, poll, rekey, revoke-me.

use gridpass_protocol::{
    DeviceProof, Item, KeyAlgorithm, MessageToken, Parameters, ProblemName, UnixTime, UpKind,
};
use gridpass_provider::{
    KeyPolicy, KeyStanding, MessageError, MessageRequest, OnClone, Scope, StateView,
};

use crate::{
    fixture::{DEVICE_ID, Fixture, HOME, NOW, device_id, ip},
    speaking::{Talker, post},
};

const DAY: u64 = 24 * 60 * 60;

/// Moves the clock on to this time.
fn set(fixture: &Fixture, to: UnixTime) {
    fixture
        .clock
        .advance(to.since(fixture.gridpass.clock_now()));
}

fn refused<T>(outcome: Result<T, MessageError>) -> ProblemName {
    outcome.err().expect("a refusal").problem().name
}

fn with_policy(change: impl FnOnce(&mut KeyPolicy)) -> Fixture {
    Fixture::with(|config| {
        change(&mut config.providers[0].keys);
        config.limits.rekeys_per_device = 1000;
    })
}

fn parameters(items: &[Item]) -> &Parameters {
    items
        .iter()
        .find_map(|item| match item {
            Item::Parameters(parameters) => Some(parameters),
            _ => None,
        })
        .unwrap()
}

#[test]
fn the_first_hello_makes_the_enrollment_active_and_tells_the_key_policy() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    let id = talker.id;
    assert!(matches!(fixture.state(id), StateView::Issued { .. }));
    let down = talker.hello(&fixture).unwrap();
    assert_eq!(fixture.state(id), StateView::Active);
    let policy = parameters(&down.items);
    assert_eq!(policy.key_algorithms[0], KeyAlgorithm::Es256);
    assert_eq!((policy.renew_before, policy.overlap), (30, DAY));
    assert!(down.items.iter().any(|item| matches!(item, Item::Settings(settings)
        if settings.messages_url.as_deref() == Some("https://portal.gmec.example/api/v1/messages"))));
    talker.poll(&fixture).unwrap();
    talker.hello(&fixture).unwrap();
}

#[test]
fn a_lost_answer_is_given_again_and_is_no_copy() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let jwe = talker.seal(UpKind::Poll);
    let lost = post(&fixture, &jwe).unwrap();
    let again = post(&fixture, &jwe).unwrap();
    assert_eq!(lost, again, "the same answer, byte for byte");
    talker.open(&again);
    let fixture = fixture.restarted();
    talker.poll(&fixture).unwrap();
}

#[test]
fn a_copied_key_is_noticed_whoever_speaks_first() {
    for policy in [OnClone::Flag, OnClone::Suspend] {
        let fixture = with_policy(|keys| keys.on_clone = policy);
        let mut talker = Talker::enrol(&fixture, 1);
        talker.hello(&fixture).unwrap();
        let id = talker.id;
        let mut copy = talker.clone();
        talker.poll(&fixture).unwrap();
        assert_eq!(refused(copy.poll(&fixture)), ProblemName::PossibleClone);
        let suspended = policy == OnClone::Suspend;
        assert_eq!(
            fixture.state(id),
            if suspended {
                StateView::Suspended
            } else {
                StateView::Active
            }
        );
        match talker.poll(&fixture) {
            Ok(_) => assert!(!suspended),
            Err(error) => {
                assert!(suspended && matches!(error, MessageError::Suspended));
            }
        }
        let noticed = fixture
            .gridpass
            .audit_of(id, &Scope::Installation)
            .unwrap()
            .iter()
            .filter(|entry| entry.result == "possible-clone")
            .count();
        assert_eq!(noticed, 1);
    }
}

#[test]
fn a_repeated_count_with_other_words_is_a_copy() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let mut copy = talker.clone();
    let theirs = copy.seal(UpKind::RevokeMe {
        reason: "lost".into(),
    });
    talker.poll(&fixture).unwrap();
    assert_eq!(refused(post(&fixture, &theirs)), ProblemName::PossibleClone);
    assert_eq!(fixture.state(talker.id), StateView::Active);
}

#[test]
fn no_message_skips_ahead_or_invents_a_token() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    let mut ahead = talker.clone();
    ahead.seq = 1;
    assert_eq!(refused(ahead.poll(&fixture)), ProblemName::PossibleClone);
    talker.hello(&fixture).unwrap();
    let mut ahead = talker.clone();
    ahead.seq += 1;
    assert_eq!(refused(ahead.poll(&fixture)), ProblemName::PossibleClone);
    let mut forged = talker.clone();
    forged.token = Some(MessageToken::from_bytes([0; 16]));
    assert_eq!(refused(forged.poll(&fixture)), ProblemName::PossibleClone);
    let mut without = talker.clone();
    without.token = None;
    assert_eq!(refused(without.poll(&fixture)), ProblemName::PossibleClone);
    talker.poll(&fixture).unwrap();
}

#[test]
fn a_copy_on_another_device_is_told_so_and_cannot_guess_for_long() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let guess = |talker: &Talker, id: &str| UpKind::Hello {
        device_proof: Some(DeviceProof::derive(
            &device_id(id),
            talker.token.as_ref().unwrap(),
        )),
    };
    for number in 0..5 {
        let kind = guess(&talker, &format!("SN-4711-000{number}"));
        assert_eq!(
            refused(talker.clone().say(&fixture, kind)),
            ProblemName::WrongDevice
        );
    }
    let kind = guess(&talker, DEVICE_ID);
    assert_eq!(
        refused(talker.clone().say(&fixture, kind)),
        ProblemName::RateLimited
    );
    set(&fixture, NOW.plus(3601));
    talker.hello(&fixture).unwrap();
    let silent = UpKind::Hello { device_proof: None };
    assert_eq!(
        refused(talker.say(&fixture, silent)),
        ProblemName::WrongDevice
    );
}

#[test]
fn a_device_takes_itself_out_of_service() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    let unknown = UpKind::RevokeMe {
        reason: "bored".into(),
    };
    assert_eq!(refused(talker.say(&fixture, unknown)), ProblemName::Invalid);
    let jwe = talker.seal(UpKind::RevokeMe {
        reason: "disposed".into(),
    });
    let answer = post(&fixture, &jwe).unwrap();
    assert_eq!(post(&fixture, &jwe).unwrap(), answer, "a lost answer");
    talker.open(&answer);
    assert_eq!(fixture.state(talker.id), StateView::Revoked);
    assert_eq!(refused(talker.poll(&fixture)), ProblemName::Revoked);
}

#[test]
fn the_next_key_takes_over_when_it_speaks() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let id = talker.id;
    let mut old = talker.clone();
    let next = talker.next_key(KeyAlgorithm::Es256);
    let csr = next.csr.clone();
    let down = talker.say(&fixture, UpKind::Rekey { csr }).unwrap();
    // Until then the old key is as good as ever.
    talker.poll(&fixture).unwrap();
    old.seq = talker.seq;
    old.token = talker.token.clone();
    talker.adopt(next, &down);
    assert_ne!(
        fixture.view(id).certificate.unwrap().der,
        talker.certificate
    );
    talker.hello(&fixture).unwrap();
    assert_eq!(
        fixture.view(id).certificate.unwrap().der,
        talker.certificate
    );
    // The old key with the old token is a copy; with the new one it is simply over.
    assert_eq!(refused(old.poll(&fixture)), ProblemName::PossibleClone);
    old.seq = talker.seq;
    old.token = talker.token.clone();
    assert_eq!(refused(old.poll(&fixture)), ProblemName::Revoked);
    let series = fixture
        .gridpass
        .key_series(id, &Scope::Installation)
        .unwrap()
        .unwrap();
    assert!(series.verifies);
    let keys = &series.keys;
    assert_eq!(keys[0].standing, KeyStanding::Retired { at: NOW });
    assert_eq!(
        (keys[1].standing, keys[1].vouched_by),
        (KeyStanding::Current, Some(1))
    );
}

#[test]
fn an_old_key_ends_with_the_overlap_and_the_new_one_still_begins() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let next = talker.next_key(KeyAlgorithm::Es256);
    let jwe = talker.seal(UpKind::Rekey {
        csr: next.csr.clone(),
    });
    let answer = post(&fixture, &jwe).unwrap();
    set(&fixture, NOW.plus(DAY));
    assert_eq!(
        post(&fixture, &jwe).unwrap(),
        answer,
        "however late it is fetched"
    );
    let down = talker.open(&answer);
    assert_eq!(refused(talker.poll(&fixture)), ProblemName::Revoked);
    talker.adopt(next, &down);
    talker.hello(&fixture).unwrap();
}

#[test]
fn a_successor_that_never_spoke_is_given_up_for_the_next() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let id = talker.id;
    let first = talker.next_key(KeyAlgorithm::Es256);
    let csr = first.csr.clone();
    let first_down = talker.say(&fixture, UpKind::Rekey { csr }).unwrap();
    let mut lost = talker.clone();
    talker.roll_over(&fixture, KeyAlgorithm::Es256).unwrap();
    lost.adopt(first, &first_down);
    lost.seq = talker.seq;
    lost.token = talker.token.clone();
    assert_eq!(refused(lost.poll(&fixture)), ProblemName::Revoked);
    let series = fixture
        .gridpass
        .key_series(id, &Scope::Installation)
        .unwrap()
        .unwrap();
    assert!(series.verifies);
    assert_eq!(series.keys.len(), 3);
    let current = series
        .keys
        .iter()
        .filter(|key| key.standing == KeyStanding::Current);
    assert_eq!(current.count(), 1);
}

#[test]
fn fifty_rollovers_verify_from_the_one_time_password_on() {
    let fixture = with_policy(|_| {});
    let mut talker = Talker::enrol(&fixture, 1);
    let id = talker.id;
    for round in 1..=50 {
        set(&fixture, NOW.plus(round * DAY));
        talker.roll_over(&fixture, KeyAlgorithm::Es256).unwrap();
    }
    let series = fixture
        .gridpass
        .key_series(id, &Scope::Installation)
        .unwrap()
        .unwrap();
    assert!(series.verifies);
    assert_eq!(series.keys.len(), 51);
    for (key, number) in series.keys.iter().zip(1..) {
        assert_eq!(key.number, number);
        assert_eq!(key.vouched_by, (number > 1).then(|| number - 1));
    }
}

#[test]
fn a_changed_voucher_is_found() {
    for change in [
        "UPDATE device_keys SET voucher = replace(voucher, '.', '.A') WHERE voucher IS NOT NULL",
        "UPDATE device_keys SET vouched_by = spki_hash WHERE voucher IS NOT NULL",
        "UPDATE device_keys SET vouched_by = NULL, voucher = NULL",
        "UPDATE device_keys SET voucher = (SELECT max(voucher) FROM device_keys)
         WHERE voucher IS NOT NULL",
    ] {
        let fixture = with_policy(|_| {});
        let mut talker = Talker::enrol(&fixture, 1);
        let id = talker.id;
        talker.roll_over(&fixture, KeyAlgorithm::Es256).unwrap();
        talker.roll_over(&fixture, KeyAlgorithm::Es256).unwrap();
        let series = || {
            fixture
                .gridpass
                .key_series(id, &Scope::Installation)
                .unwrap()
                .unwrap()
        };
        assert!(series().verifies);
        let connection = fixture.database();
        assert!(connection.execute(change, []).unwrap() > 0);
        assert!(!series().verifies, "{change}");
    }
}

#[test]
fn a_fleet_moves_from_rsa_to_p256_by_policy() {
    let fixture = with_policy(|keys| keys.accept = vec![KeyAlgorithm::Rs2048]);
    let registered = fixture
        .try_register("1001", DEVICE_ID, |registration| {
            registration.key_algorithm = Some(KeyAlgorithm::Rs2048);
        })
        .unwrap();
    let mut talker = Talker::confirm(&fixture, 1, &registered.link, DEVICE_ID);
    let policy = talker.hello(&fixture).unwrap();
    let end = |talker: &Talker| {
        gridpass_protocol::CertificateFacts::parse(&talker.certificate)
            .unwrap()
            .not_after
    };
    let asked = |items: &[Item], talker: &Talker| {
        parameters(items).ask_for_rollover(talker.key.algorithm(), end(talker), NOW)
    };
    assert!(!asked(&policy.items, &talker));
    assert_eq!(
        refused(talker.roll_over(&fixture, KeyAlgorithm::Es256)),
        ProblemName::BadCsr
    );
    let mut fixture = fixture;
    fixture.config.providers[0].keys.accept = vec![KeyAlgorithm::Es256];
    let fixture = fixture.restarted();
    let policy = talker.poll(&fixture).unwrap();
    assert!(asked(&policy.items, &talker));
    talker
        .roll_over(&fixture, parameters(&policy.items).key_algorithms[0])
        .unwrap();
    let policy = talker.poll(&fixture).unwrap();
    assert!(!asked(&policy.items, &talker));
}

#[test]
fn an_ended_certificate_renews_within_the_grace_and_not_after() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let end = NOW.minus(300).plus(398 * DAY);
    let mut late = Talker::enrol_as(&fixture, 2, "SN-4711-9999");
    late.hello(&fixture).unwrap();
    set(&fixture, end);
    let leave = UpKind::RevokeMe {
        reason: "left".into(),
    };
    assert_eq!(
        refused(talker.clone().say(&fixture, leave)),
        ProblemName::CertificateExpired
    );
    set(&fixture, end.plus(14 * DAY).minus(1));
    talker.roll_over(&fixture, KeyAlgorithm::Es256).unwrap();
    talker.poll(&fixture).unwrap();
    set(&fixture, end.plus(14 * DAY));
    assert_eq!(
        refused(late.roll_over(&fixture, KeyAlgorithm::Es256)),
        ProblemName::CertificateExpired
    );
}

#[test]
fn a_request_that_does_not_fit_costs_nothing() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let own = talker.csr_of.csr.clone();
    let mut stranger = Talker::enrol_as(&fixture, 2, "SN-4711-9999");
    let foreign = stranger.next_key(KeyAlgorithm::Es256).csr;
    let mut damaged = talker.next_key(KeyAlgorithm::Es256).csr;
    *damaged.last_mut().unwrap() ^= 1;
    for (csr, reason) in [
        (own, "key-taken"),
        (foreign, "subject"),
        (damaged, "signature"),
        (vec![0x30, 0], "malformed"),
    ] {
        let error = talker.say(&fixture, UpKind::Rekey { csr }).unwrap_err();
        assert_eq!(error.problem().reason.as_deref(), Some(reason));
    }
    talker.roll_over(&fixture, KeyAlgorithm::Es256).unwrap();
}

#[test]
fn new_keys_are_limited() {
    let fixture = Fixture::with(|config| config.limits.rekeys_per_device = 2);
    let mut talker = Talker::enrol(&fixture, 1);
    talker.roll_over(&fixture, KeyAlgorithm::Es256).unwrap();
    talker.roll_over(&fixture, KeyAlgorithm::Es256).unwrap();
    assert_eq!(
        refused(talker.roll_over(&fixture, KeyAlgorithm::Es256)),
        ProblemName::RateLimited
    );
    set(&fixture, NOW.plus(3600));
    talker.roll_over(&fixture, KeyAlgorithm::Es256).unwrap();
}

#[test]
fn nobody_speaks_at_another_provider_or_for_another_device() {
    let fixture = Fixture::with(|config| {
        let mut other = crate::fixture::provider("other");
        other.accounts.clear();
        config.providers.push(other);
    });
    let mut talker = Talker::enrol(&fixture, 1);
    let directory = fixture.gridpass.directory(Some(&"other".parse().unwrap()));
    let mut astray = talker.clone();
    astray.provider_certificate = crate::fixture::last_certificate(&directory);
    assert_eq!(refused(astray.hello(&fixture)), ProblemName::UnknownDevice);
    let other = Talker::enrol_as(&fixture, 2, "SN-4711-9999");
    let mut forger = talker.clone();
    forger.certificate = other.certificate.clone();
    assert_eq!(refused(forger.hello(&fixture)), ProblemName::BadRequest);
    talker.hello(&fixture).unwrap();
}

#[test]
fn messages_at_once_are_answered_once() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let jwe = talker.seal(UpKind::Poll);
    let answers: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| post(&fixture, &jwe).unwrap()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    talker.open(&answers[0]);
    talker.poll(&fixture).unwrap();
}

/// A gateway whose power was cut while it renewed asks again before the first request is through.
#[test]
fn a_renewal_that_comes_twice_at_once_is_answered_once() {
    for most in [10, 1] {
        let fixture = Fixture::with(|config| config.limits.rekeys_per_device = most);
        let mut talker = Talker::enrol(&fixture, 1);
        talker.hello(&fixture).unwrap();
        let next = talker.next_key(KeyAlgorithm::Es256);
        let csr = next.csr.clone();
        let jwe = talker.seal(UpKind::Rekey { csr });
        let open = || {
            let request = MessageRequest {
                jwe: &jwe,
                client: ip(HOME),
                request_id: None,
            };
            fixture.gridpass.open_message(request).unwrap()
        };
        // Both know how the device stood before either was answered.
        let (first, second) = (open(), open());
        let answer = fixture.gridpass.answer_message(first).unwrap();
        assert_eq!(fixture.gridpass.answer_message(second).unwrap(), answer);
        let down = talker.open(&answer);
        talker.adopt(next, &down);
        talker.hello(&fixture).unwrap();
    }
}

#[test]
fn customers_are_told_once_of_a_device_that_has_not_renewed() {
    let fixture = Fixture::new();
    let mut silent = Talker::enrol(&fixture, 1);
    silent.hello(&fixture).unwrap();
    let mut renewed = Talker::enrol_as(&fixture, 2, "SN-4711-9999");
    renewed.hello(&fixture).unwrap();
    let end = NOW.minus(300).plus(398 * DAY);
    set(&fixture, end.minus(14 * DAY).minus(1));
    renewed.roll_over(&fixture, KeyAlgorithm::Es256).unwrap();
    assert_eq!(fixture.gridpass.run_housekeeping().unwrap().warned, 0);
    set(&fixture, end.minus(14 * DAY));
    assert_eq!(fixture.gridpass.run_housekeeping().unwrap().warned, 1);
    assert_eq!(fixture.gridpass.run_housekeeping().unwrap().warned, 0);
    let mail = &fixture.gridpass.outbox_messages().unwrap()[0];
    assert!(
        mail.text.contains("https://portal.gmec.example/device"),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("2 February 2028"), "{}", mail.text);
    assert!(mail.to.contains("A1001@Customers.example"));
}
