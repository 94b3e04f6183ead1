//! `certs-only` messages: certificates and nothing else (RFC 5652, 5.1; RFC 8551, 3.2.2).

use const_oid::{
    ObjectIdentifier,
    db::rfc5911::{ID_DATA, ID_SIGNED_DATA},
};
use der::{AnyRef, Decode, Encode, Reader, Sequence, SliceReader, Tag, TagNumber, asn1::SetOfVec};

/// Certificates that are read of one message, at most.
const MOST: usize = 16;

/// `ContentInfo` (RFC 5652, section 3).
#[derive(Sequence)]
struct ContentInfo<'a> {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData<'a>,
}

/// `SignedData` (RFC 5652, 5.1) that nobody signs.
#[derive(Sequence)]
struct SignedData<'a> {
    version: u8,
    digest_algorithms: SetOfVec<AnyRef<'a>>,
    content: Encapsulated,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    certificates: SetOfVec<AnyRef<'a>>,
    signers: SetOfVec<AnyRef<'a>>,
}

/// `EncapsulatedContentInfo` (RFC 5652, 5.2) without content.
#[derive(Sequence)]
struct Encapsulated {
    content_type: ObjectIdentifier,
}

/// The message that brings these certificates, DER, each once.
pub(crate) fn certs_only(certificates: &[Vec<u8>]) -> der::Result<Vec<u8>> {
    let mut set = SetOfVec::new();
    for (place, certificate) in certificates.iter().enumerate() {
        if !certificates[..place].contains(certificate) {
            set.insert(AnyRef::from_der(certificate)?)?;
        }
    }
    ContentInfo {
        content_type: ID_SIGNED_DATA,
        content: SignedData {
            version: 1,
            digest_algorithms: SetOfVec::new(),
            content: Encapsulated {
                content_type: ID_DATA,
            },
            certificates: set,
            signers: SetOfVec::new(),
        },
    }
    .to_der()
}

/// The certificates, DER, in the order of the message.
pub(crate) fn certificates(message: &[u8]) -> der::Result<Vec<Vec<u8>>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_each_certificate_once() {
        let some: Vec<Vec<u8>> = vec![vec![0x30, 1, 7], vec![0x30, 2, 8, 8], vec![0x30, 1, 7]];
        let message = certs_only(&some).unwrap();
        assert_eq!(certificates(&message).unwrap(), some[..2]);
    }
}
