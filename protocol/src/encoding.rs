//! `b64u`: base64url without padding (RFC 4648 §5), read strictly.

use base64ct::{Base64UrlUnpadded, Encoding};

/// The text is not base64url without padding in its one canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64url without padding, or not of the expected length")]
pub struct EncodingError;

/// Writes `bytes` as base64url without padding.
#[must_use]
pub fn b64u(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads base64url without padding.
///
/// # Errors
/// Padding, white space, any character outside the alphabet and set trailing bits are refused:
/// each byte string has exactly one text.
pub fn from_b64u(text: &str) -> Result<Vec<u8>, EncodingError> {
    Base64UrlUnpadded::decode_vec(text).map_err(|_| EncodingError)
}

/// Reads base64url without padding of exactly `N` bytes; a secret passes no other buffer.
pub(crate) fn array_from_b64u<const N: usize>(text: &str) -> Result<[u8; N], EncodingError> {
    let mut bytes = [0; N];
    match Base64UrlUnpadded::decode(text, &mut bytes) {
        Ok(decoded) if decoded.len() == N => Ok(bytes),
        _ => Err(EncodingError),
    }
}

/// For `#[serde(with = "…")]` on a `Vec<u8>` that travels as `b64u`.
pub mod serde_b64u {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the bytes as `b64u`.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::b64u(bytes))
    }

    /// Reads `b64u`, strictly.
    ///
    /// # Errors
    /// Those of the deserializer, or the text is not `b64u`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::from_b64u(&text).map_err(D::Error::custom)
    }
}

/// For `#[serde(with = "…")]` on a `Vec<Vec<u8>>` that travels as a list of `b64u`.
pub mod serde_b64u_list {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes each as `b64u`.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(items: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(items.iter().map(|item| super::b64u(item)))
    }

    /// Reads a list of `b64u`, strictly.
    ///
    /// # Errors
    /// Those of the deserializer, or a text is not `b64u`.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Vec<u8>>, D::Error> {
        Vec::<String>::deserialize(deserializer)?
            .iter()
            .map(|text| super::from_b64u(text).map_err(D::Error::custom))
            .collect()
    }
}

/// `Display`, `FromStr` and serde as `b64u` for a newtype over a byte array.
macro_rules! b64u_text {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::encoding::b64u(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::encoding::EncodingError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::encoding::array_from_b64u(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use b64u_text;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_byte_string_has_exactly_one_text() {
        assert_eq!(from_b64u("AA").unwrap(), [0]);
        for text in [
            "AB", "AA=", "AA==", "A", "AA ", " AA", "A+", "A/", "AAA\n", "AAB",
        ] {
            assert_eq!(from_b64u(text), Err(EncodingError), "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(crate::test_support::proptest_config())]

        #[test]
        fn decode_inverts_encode(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(from_b64u(&b64u(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn whatever_decodes_is_canonical(text in "[A-Za-z0-9_=+/ -]{0,20}") {
            if let Ok(bytes) = from_b64u(&text) {
                prop_assert_eq!(b64u(&bytes), text);
            }
        }
    }
}
