//! The QR text: a URL that any phone's camera app opens, with the payload in its fragment
//! (protocol, QR payload).

use std::fmt;

use zeroize::Zeroizing;

use super::{DigitsError, InvalidOrigin, Origin, Payload, PayloadError, digits};

/// Between the portal's origin and the digits.
const PATH: &str = "/e#";

/// Longer texts fit no QR code: version 40 with error correction L holds 7,089 digits.
const MAX_LENGTH: usize = 7_400;

/// The link of a label. Secret until confirmed, so `Debug` shows the portal alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    text: Zeroizing<String>,
    head_length: usize,
}

/// Why a text is not a label's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Not of the form `<origin>/e#<digits>`, or longer than any QR code.
    #[error("not the link of a label")]
    Form,
    /// What comes before `/e#` is no origin.
    #[error(transparent)]
    Origin(#[from] InvalidOrigin),
    /// What comes after `#` are no packed bytes: mistyped or cut off.
    #[error("the link of a label is damaged: {0}")]
    Digits(#[from] DigitsError),
    /// What is packed is no payload.
    #[error("the link of a label is damaged: {0}")]
    Payload(#[from] PayloadError),
}

impl Link {
    /// The link that opens `payload` on the portal at `origin`.
    #[must_use]
    pub fn new(origin: &Origin, payload: &Payload) -> Self {
        let head = format!("{origin}{PATH}");
        let digits = digits::encode(&payload.to_cbor());
        Self {
            head_length: head.len(),
            text: Zeroizing::new(head + &digits),
        }
    }

    /// The whole link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What goes into the byte segment of the QR code: `<origin>/e#`.
    #[must_use]
    pub fn head(&self) -> &str {
        &self.text[..self.head_length]
    }

    /// What goes into the numeric segment of the QR code.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.text[self.head_length..]
    }

    /// Reads a link back. Whether its origin is the page's own, and whether it has expired, is
    /// for the caller to check.
    ///
    /// # Errors
    /// Not a label's link, or a damaged one.
    pub fn parse(text: &str) -> Result<(Origin, Payload), LinkError> {
        if text.len() > MAX_LENGTH {
            return Err(LinkError::Form);
        }
        let (origin, digits) = text.split_once(PATH).ok_or(LinkError::Form)?;
        let origin = Origin::parse(origin)?;
        let payload = Payload::from_cbor(&digits::decode(digits)?)?;
        Ok((origin, payload))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({}[redacted])", self.head())
    }
}
