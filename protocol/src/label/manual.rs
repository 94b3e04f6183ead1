//! The manual code, for who has no camera (protocol, Manual code).

use std::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Payload, PayloadError};
use crate::{
    encoding::{array_from_b64u, b64u, b64u_text, from_b64u},
    primitives::{Aes256Gcm, hkdf_sha256},
};

/// Crockford's base32: without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SYMBOLS: usize = 20;

/// The 20 symbols that stand for a label: 95 random bits and a check symbol. Secret: they open
/// the payload. Wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct ManualCode(Zeroizing<[u8; SYMBOLS]>);

/// Why a text is not a manual code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManualCodeError {
    /// A character that no code has.
    #[error("a manual code has no {character:?}")]
    Character {
        /// The first such character.
        character: char,
    },
    /// Not 20 symbols.
    #[error("a manual code has 20 symbols; this one has {length}")]
    Length {
        /// Symbols given.
        length: usize,
    },
    /// A symbol is wrong, or two are swapped.
    #[error("one symbol of this manual code is mistyped, or two are swapped")]
    Check,
}

/// What the provider finds a sealed payload by. As text: `b64u`, 22 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ManualLookup([u8; 16]);

b64u_text!(ManualLookup);

impl ManualLookup {
    /// The one with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A payload under the key of its manual code: what the provider stores and what
/// `GET /api/v1/manual/{lookup}` answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct SealedPayload {
    /// The nonce of AES-256-GCM.
    pub nonce: [u8; 12],
    /// Ciphertext and tag.
    pub payload: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    nonce: String,
    payload: String,
}

impl From<SealedPayload> for Wire {
    fn from(sealed: SealedPayload) -> Self {
        Self {
            nonce: b64u(&sealed.nonce),
            payload: b64u(&sealed.payload),
        }
    }
}

impl TryFrom<Wire> for SealedPayload {
    type Error = crate::EncodingError;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        Ok(Self {
            nonce: array_from_b64u(&wire.nonce)?,
            payload: from_b64u(&wire.payload)?,
        })
    }
}

impl fmt::Debug for SealedPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedPayload({} bytes)", self.payload.len())
    }
}

/// Why a sealed payload does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was sealed under another code, or altered.
    #[error("the manual code does not open this payload")]
    Key,
    /// It opens, but what is in it is no payload.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl ManualCode {
    /// A fresh one.
    #[must_use]
    pub fn make(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut symbols = Zeroizing::new([0; SYMBOLS]);
        let (check, random) = symbols.split_last_mut().expect("a code has 20 symbols");
        rng.fill_bytes(random);
        let mut state = 0;
        for symbol in random {
            // 256 is a multiple of 32: no symbol is likelier than another.
            *symbol %= 32;
            state = times_alpha(state) ^ *symbol;
        }
        *check = times_alpha(state);
        for symbol in symbols.iter_mut() {
            *symbol = ALPHABET[usize::from(*symbol)];
        }
        Self(symbols)
    }

    /// Reads what a person typed, without regard to case, spaces and hyphens; O is 0, I and L
    /// are 1.
    ///
    /// # Errors
    /// Another character, another length, or a check symbol that does not fit: every single wrong
    /// symbol and every swap of two is caught.
    pub fn parse(text: &str) -> Result<Self, ManualCodeError> {
        let mut symbols = Zeroizing::new([0; SYMBOLS]);
        let (mut length, mut state) = (0, 0);
        for character in text.chars().filter(|c| !matches!(c, ' ' | '-')) {
            let (symbol, value) =
                symbol(character).ok_or(ManualCodeError::Character { character })?;
            if let Some(place) = symbols.get_mut(length) {
                *place = symbol;
                state = times_alpha(state) ^ value;
            }
            length += 1;
        }
        match (length, state) {
            (SYMBOLS, 0) => Ok(Self(symbols)),
            (SYMBOLS, _) => Err(ManualCodeError::Check),
            _ => Err(ManualCodeError::Length { length }),
        }
    }

    /// For people: `XXXXX-XXXXX-XXXXX-XXXXX`.
    #[must_use]
    pub fn grouped(&self) -> String {
        let mut text = String::with_capacity(SYMBOLS + 3);
        for (place, symbol) in self.0.iter().enumerate() {
            if place > 0 && place % 5 == 0 {
                text.push('-');
            }
            text.push(char::from(*symbol));
        }
        text
    }

    /// What the provider finds the payload by; tells nothing about the key.
    #[must_use]
    pub fn lookup(&self) -> ManualLookup {
        ManualLookup(*hkdf_sha256(&*self.0, &[], b"gridpass/1 manual lookup"))
    }

    /// Seals a payload under this code.
    #[must_use]
    pub fn seal(&self, payload: &Payload, rng: &mut (impl CryptoRng + ?Sized)) -> SealedPayload {
        let mut nonce = [0; 12];
        rng.fill_bytes(&mut nonce);
        let payload = self
            .key()
            .seal(&nonce, &self.lookup().0, &payload.to_cbor());
        SealedPayload { nonce, payload }
    }

    /// Opens what [`ManualCode::seal`] sealed.
    ///
    /// # Errors
    /// Sealed under another code, altered, or not a payload.
    pub fn open(&self, sealed: &SealedPayload) -> Result<Payload, OpenError> {
        let payload = self
            .key()
            .open(&sealed.nonce, &self.lookup().0, &sealed.payload)
            .ok_or(OpenError::Key)?;
        Ok(Payload::from_cbor(&payload)?)
    }

    fn key(&self) -> Aes256Gcm {
        Aes256Gcm::new(&hkdf_sha256(&*self.0, &[], b"gridpass/1 manual key"))
    }
}

impl fmt::Debug for ManualCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ManualCode([redacted])")
    }
}

/// The canonical symbol of a character and its value.
fn symbol(character: char) -> Option<(u8, u8)> {
    let symbol = match character.to_ascii_uppercase() {
        'O' => b'0',
        'I' | 'L' => b'1',
        other => u8::try_from(other).ok()?,
    };
    let value = ALPHABET.iter().position(|known| *known == symbol)?;
    Some((symbol, value as u8))
}

/// Multiplies by α = x in GF(2^5), modulus x^5 + x^2 + 1.
const fn times_alpha(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 0b10_0000 == 0 {
        shifted
    } else {
        shifted ^ 0b10_0101
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;
    use crate::{
        label::tests::payload,
        test_support::{proptest_config, rng},
    };

    fn code(seed: u64) -> ManualCode {
        ManualCode::make(&mut ChaCha20Rng::seed_from_u64(seed))
    }

    #[test]
    fn look_alikes_are_read_as_what_they_look_like() {
        let code = ManualCode::parse("HAP9T-68JD8-4DP3D-YE48C").unwrap();
        assert_eq!(ManualCode::parse(" hap9t68jd8 4dp3d--ye48c "), Ok(code));
        assert_eq!(symbol('o'), symbol('0'));
        assert_eq!(symbol('i'), symbol('1'));
        assert_eq!(symbol('L'), symbol('1'));
        assert_eq!(symbol('u'), None);
        assert_eq!(symbol('\u{131}'), None, "a dotless i is no i");
    }

    #[test]
    fn the_reason_of_a_refusal_is_told() {
        let parse = |text: &str| ManualCode::parse(text).err();
        assert_eq!(parse(""), Some(ManualCodeError::Length { length: 0 }));
        assert_eq!(
            parse(&"0".repeat(21)),
            Some(ManualCodeError::Length { length: 21 })
        );
        assert_eq!(
            parse("U"),
            Some(ManualCodeError::Character { character: 'U' })
        );
        assert_eq!(
            parse("HAP9T-68JD8-4DP3D-YE48D"),
            Some(ManualCodeError::Check)
        );
    }

    #[test]
    fn alpha_generates_the_whole_field() {
        let mut seen = Vec::new();
        let mut value = 1;
        for _ in 0..31 {
            assert!(!seen.contains(&value));
            seen.push(value);
            value = times_alpha(value);
        }
        assert_eq!(value, 1);
    }

    #[test]
    fn an_altered_payload_does_not_open() {
        let code = code(1);
        let sealed = code.seal(&payload(), &mut rng());
        assert_eq!(code.open(&sealed), Ok(payload()));
        assert_eq!(self::code(2).open(&sealed), Err(OpenError::Key));
        for place in 0..sealed.payload.len() {
            let mut altered = sealed.clone();
            altered.payload[place] ^= 1;
            assert_eq!(code.open(&altered), Err(OpenError::Key));
        }
        let cut = SealedPayload {
            payload: sealed.payload[1..].to_vec(),
            ..sealed.clone()
        };
        assert_eq!(code.open(&cut), Err(OpenError::Key));
        let other_nonce = SealedPayload {
            nonce: [0; 12],
            ..sealed
        };
        assert_eq!(code.open(&other_nonce), Err(OpenError::Key));
    }

    #[test]
    fn what_opens_but_is_no_payload_is_refused() {
        let code = code(1);
        let payload = code.key().seal(&[0; 12], &code.lookup().0, b"no payload");
        let opened = code.open(&SealedPayload {
            nonce: [0; 12],
            payload,
        });
        assert_eq!(opened, Err(OpenError::Payload(PayloadError::Cbor)));
    }

    #[test]
    fn the_wire_form_is_two_members_of_b64u() {
        let sealed = SealedPayload {
            nonce: [0; 12],
            payload: vec![1, 2, 3],
        };
        let json = r#"{"nonce":"AAAAAAAAAAAAAAAA","payload":"AQID"}"#;
        assert_eq!(serde_json::to_string(&sealed).unwrap(), json);
        assert_eq!(serde_json::from_str::<SealedPayload>(json).unwrap(), sealed);
        let short = json.replace("AAAAAAAAAAAAAAAA", "AAAA");
        assert!(serde_json::from_str::<SealedPayload>(&short).is_err());
    }

    #[test]
    fn debug_does_not_tell_it() {
        assert_eq!(format!("{:?}", code(1)), "ManualCode([redacted])");
    }

    proptest! {
        #![proptest_config(proptest_config())]

        #[test]
        fn parse_inverts_grouped(seed in any::<u64>()) {
            let code = code(seed);
            prop_assert_eq!(ManualCode::parse(&code.grouped()), Ok(code));
        }

        #[test]
        fn every_single_wrong_symbol_is_caught(
            seed in any::<u64>(), place in 0..SYMBOLS, other in 0usize..32,
        ) {
            let code = code(seed);
            let mut symbols = *code.0;
            prop_assume!(symbols[place] != ALPHABET[other]);
            symbols[place] = ALPHABET[other];
            let text = std::str::from_utf8(&symbols).unwrap();
            prop_assert_eq!(ManualCode::parse(text), Err(ManualCodeError::Check));
        }

        #[test]
        fn every_swap_of_two_symbols_is_caught(
            seed in any::<u64>(), a in 0..SYMBOLS, b in 0..SYMBOLS,
        ) {
            let code = code(seed);
            let mut symbols = *code.0;
            prop_assume!(symbols[a] != symbols[b]);
            symbols.swap(a, b);
            let text = std::str::from_utf8(&symbols).unwrap();
            prop_assert_eq!(ManualCode::parse(text), Err(ManualCodeError::Check));
        }
    }
}
