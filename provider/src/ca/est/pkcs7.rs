//! The certificates in a `certs-only` message (RFC 5652, 5.1; RFC 8551, 3.2.2).

use const_oid::{ObjectIdentifier, db::rfc5911::ID_SIGNED_DATA};
use der::{AnyRef, Decode, Encode, Reader, SliceReader, Tag, TagNumber};

/// Certificates that are read of one message, at most.
const MOST: usize = 16;

/// The certificates, DER, in the order of the message.
pub(super) fn certificates(message: &[u8]) -> der::Result<Vec<Vec<u8>>> {
    let content = AnyRef::from_der(message)?;
    let mut reader = SliceReader::new(content.value())?;
    if ObjectIdentifier::decode(&mut reader)? != ID_SIGNED_DATA {
        return Err(Tag::ObjectIdentifier.value_error().into());
    }
    let signed = AnyRef::decode(&mut reader)?;
    let signed = AnyRef::from_der(signed.value())?;
    let mut reader = SliceReader::new(signed.value())?;
    // version, digestAlgorithms, encapContentInfo
    for _ in 0..3 {
        AnyRef::decode(&mut reader)?;
    }
    let mut found = Vec::new();
    while !reader.is_finished() && found.is_empty() {
        let part = AnyRef::decode(&mut reader)?;
        let certificates = Tag::ContextSpecific {
            constructed: true,
            number: TagNumber(0),
        };
        if der::Tagged::tag(&part) == certificates {
            let mut reader = SliceReader::new(part.value())?;
            while !reader.is_finished() && found.len() < MOST {
                found.push(AnyRef::decode(&mut reader)?.to_der()?);
            }
        }
    }
    Ok(found)
}
