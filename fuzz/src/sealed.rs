//! Sealed messages, and what is in them. Where the first byte is odd, the rest is taken as the content of a
//! message that somebody sealed as it should be: so the parsers behind the cryptography are reached too.

use std::sync::LazyLock;

use gridpass_protocol::sealed::{self, JweParts};
use gridpass_protocol::{
    Confirmation, Down, Issuance, KeyId, MessageType, OpenedUp, PrivateKey, Up,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::{again, text};

static PROVIDER: LazyLock<(KeyId, PrivateKey)> = LazyLock::new(|| {
    let key = PrivateKey::make_p256(&mut ChaCha20Rng::seed_from_u64(1));
    (KeyId::of_spki(key.spki_der()), key)
});

/// Seals a content to the provider, as whoever has its label can.
#[must_use]
pub fn seal(message: MessageType, content: &[u8]) -> String {
    let (key_id, key) = &*PROVIDER;
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    sealed::encrypt(message, key_id, key.public_key(), content, &mut rng)
        .expect("a content of this size can be sealed")
}

/// Signs a content as a device would.
#[must_use]
pub fn sign(message: MessageType, content: &[u8]) -> String {
    let (key_id, key) = &*PROVIDER;
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    sealed::sign(message, key_id, key, content, &mut rng).expect("anything can be signed")
}

/// The compact form of a JWE, and whose key it names.
pub fn jwe(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (key_id, key) = &*PROVIDER;
    let named = sealed::key_id_of(text).ok();
    let parsed = JweParts::parse(MessageType::Confirmation, text, key_id);
    if parsed.is_ok() {
        assert!(named.is_some_and(|named| named == *key_id));
    }
    if sealed::decrypt(MessageType::Confirmation, text, key_id, key).is_ok() {
        assert!(parsed.is_ok());
        // One spelling: a message in which any symbol differs is another one, and no good.
        let padded = format!("{text}=");
        assert!(sealed::decrypt(MessageType::Confirmation, &padded, key_id, key).is_err());
        let other = sealed::decrypt(MessageType::Up, text, key_id, key);
        assert!(other.is_err(), "good as another kind of message");
    }
}

/// The compact form of a JWS.
pub fn jws(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (key_id, key) = &*PROVIDER;
    let signer = sealed::signer_of(text).ok();
    if let Ok(content) = sealed::verify(MessageType::Up, text, key_id, key.public_key()) {
        assert!(signer.is_some_and(|signer| signer == *key_id));
        let padded = format!("{text}=");
        assert!(sealed::verify(MessageType::Up, &padded, key_id, key.public_key()).is_err());
        let other = sealed::verify(MessageType::Issuance, text, key_id, key.public_key());
        assert!(other.is_err(), "good as another kind of message");
        drop(content);
    }
}

/// A confirmation, sealed or not.
pub fn confirmation(data: &[u8]) {
    let (key_id, key) = &*PROVIDER;
    let sealed = match data.split_first() {
        Some((first, content)) if first % 2 == 1 => seal(MessageType::Confirmation, content),
        _ => match text(data) {
            Some(text) => text.to_owned(),
            None => return,
        },
    };
    let _ = Confirmation::open(&sealed, key_id, key);
}

/// What a device says, sealed and plain.
pub fn up(data: &[u8]) {
    let (key_id, key) = &*PROVIDER;
    if let Some((first, content)) = data.split_first()
        && first % 2 == 1
    {
        let jws = sign(MessageType::Up, content);
        let opened = OpenedUp::open(&seal(MessageType::Up, jws.as_bytes()), key_id, key)
            .expect("what was sealed can be opened");
        let sealed = opened.verify(key.public_key());
        let plain = serde_json::from_slice::<Up>(content);
        assert_eq!(sealed.is_ok(), plain.is_ok(), "plain and sealed differ");
    } else if let Some(text) = text(data) {
        let _ = OpenedUp::from_jws(text);
        let _ = OpenedUp::open(text, key_id, key);
    }
    if let Ok(up) = serde_json::from_slice::<Up>(data) {
        again(&up);
    }
}

/// What a device hears.
pub fn down(data: &[u8]) {
    if let Ok(down) = serde_json::from_slice::<Down>(data) {
        again(&down);
    }
}

/// What a device gets with its certificate.
pub fn issuance(data: &[u8]) {
    if let Ok(issuance) = serde_json::from_slice::<Issuance>(data) {
        again(&issuance);
    }
}
