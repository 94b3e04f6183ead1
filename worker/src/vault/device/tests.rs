use gridpass_protocol::UnixTime;

use super::*;
use crate::test_support::{self, Party, Role, certificate, rng};

fn facts(not_after: u64) -> CertificateFacts {
    let text = || not_after.to_string();
    CertificateFacts {
        subject: text(),
        issuer: text(),
        serial: text(),
        not_before: 0,
        not_after,
        fingerprint: text(),
        ven_fingerprint: text(),
        lfdi: text(),
        sfdi: text(),
    }
}

fn device() -> Device {
    test_support::device(&[1])
}

fn through_json(device: &Device) -> Device {
    serde_json::from_str(&serde_json::to_string(device).unwrap()).unwrap()
}

#[test]
fn a_record_from_before_messages_is_read_and_begins_to_speak() {
    let device = device();
    assert_eq!(device.conversation.seq, 0);
    assert!(device.conversation.token.is_none() && device.conversation.waiting.is_none());
    assert_eq!(device.conversation.standing, Standing::New);
    assert!(device.csr_content.is_none() && device.former.is_none());
}

#[test]
fn a_message_that_waits_is_read_back_as_it_was_written() {
    let mut device = device();
    device.conversation = Conversation {
        seq: 7,
        token: Some(MessageToken::from_bytes([9; 16])),
        waiting: Some(Waiting {
            sealed: "a.b.c.d.e".to_owned(),
            said: Said::Rekey {
                public_key: vec![1, 2],
            },
        }),
        parameters: None,
        spoke_at: Some(12),
        answered_at: UnixTime(11),
        standing: Standing::Connected,
    };
    let read = through_json(&device).conversation;
    assert_eq!(read.seq, 7);
    assert_eq!(read.token, Some(MessageToken::from_bytes([9; 16])));
    let waiting = read.waiting.unwrap();
    assert_eq!(waiting.sealed, "a.b.c.d.e");
    let public_key = vec![1, 2];
    assert_eq!(waiting.said, Said::Rekey { public_key });
    assert_eq!(
        (read.spoke_at, read.standing),
        (Some(12), Standing::Connected)
    );
}

#[test]
fn a_renewal_keeps_the_certificate_before_until_it_is_of_no_use() {
    let mut device = device();
    device.roll_over(vec![20], vec![vec![30]], facts(2000));
    let mut device = through_json(&device);
    assert_eq!(device.certificate, [20]);
    assert_eq!(device.facts.certificate.not_after, 2000);
    assert!(device.roll_back());
    assert_eq!(device.certificate, [2]);
    assert_eq!(device.chain, [[3]]);
    assert_eq!(device.facts.certificate.not_after, 1000);
    assert!(!device.roll_back(), "there is one before only");
}

#[test]
fn what_is_only_for_the_moment_is_not_remembered() {
    let mut device = device();
    device.note(&Standing::Suspended);
    for standing in [
        Standing::Offline,
        Standing::Unavailable { retry_after: None },
        Standing::NotKept,
    ] {
        device.note(&standing);
        assert_eq!(device.conversation.standing, Standing::Suspended);
    }
    device.note(&Standing::Connected);
    assert_eq!(device.conversation.standing, Standing::Connected);
}

#[test]
fn settings_older_than_the_present_ones_are_passed_over() {
    let mut device = device();
    let settings = |version, poll_interval| Settings {
        id: None,
        version,
        poll_interval,
        ..device_settings()
    };
    device.settle_on(settings(3, 60));
    device.settle_on(settings(2, 90));
    assert_eq!(device.facts.poll_interval, 60);
    assert_eq!(device.settings.version, 3);
}

#[test]
fn a_clock_that_is_behind_does_not_delay_a_renewal() {
    let mut device = device();
    let certificate = certificate(
        &Party::new("CN=Device", &mut rng()),
        &Party::new("CN=Issuing", &mut rng()),
        Role::EndEntity,
    );
    device.roll_over(certificate, Vec::new(), facts(40 * 24 * 60 * 60));
    device.conversation.parameters = Some(Parameters {
        key_algorithms: vec![KeyAlgorithm::Es256],
        certificate_days: 40,
        renew_before: 30,
        overlap: 0,
        grace: 0,
    });
    let due_from = UnixTime(10 * 24 * 60 * 60);
    assert!(!device.is_due(due_from.minus(1)));
    assert!(device.is_due(due_from));
    device.conversation.answered_at = due_from;
    assert!(device.is_due(UnixTime(5)));
}

fn device_settings() -> Settings {
    device().settings
}

#[test]
fn a_certificate_has_ended_after_its_last_second() {
    let device = device();
    assert!(!device.has_ended(UnixTime(1000)));
    assert!(device.has_ended(UnixTime(1001)));
    assert!(
        !device.is_due(UnixTime(5000)),
        "nothing is known of the policy yet"
    );
}
