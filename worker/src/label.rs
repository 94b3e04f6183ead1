//! From a text to a label that may be used (stage `scan`).

use gridpass_protocol::{
    DirectoryEntry, KeyAlgorithm, LabelKind, Link, LinkError, ManualCode, Origin, Payload,
    PayloadError, UnixTime, label::OpenError,
};
use gridpass_wire::{Keying, LabelFacts, LabelFor, LabelRefusal, LabelText};

use crate::portal;

/// A label that passed every check that needs no device ID.
pub(crate) struct Label {
    pub(crate) text: LabelText,
    pub(crate) payload: Payload,
    /// The provider that published the certificate of the label.
    pub(crate) provider: DirectoryEntry,
    /// That certificate, DER.
    pub(crate) provider_certificate: Vec<u8>,
}

/// Takes a label apart.
pub(crate) async fn payload(text: &LabelText, own: &Origin) -> Result<Payload, LabelRefusal> {
    match text {
        LabelText::Link(link) => payload_of_link(link.expose(), own),
        LabelText::ManualCode(code) => payload_of_code(code.expose()).await,
    }
}

/// Admits a label that is not past its date and whose provider certificate the portal publishes,
/// under that provider's CA.
pub(crate) async fn admit(
    text: LabelText,
    payload: Payload,
    now: UnixTime,
) -> Result<Label, LabelRefusal> {
    if payload.expires_at <= now {
        return Err(LabelRefusal::Expired {
            at: payload.expires_at.0,
        });
    }
    let directory = portal::directory().await.map_err(portal::label_refusal)?;
    let (provider, provider_certificate) = directory
        .find(&payload.provider_certificate, now)
        .map_err(|_| LabelRefusal::UnknownProvider)?;
    Ok(Label {
        text,
        provider: provider.clone(),
        payload,
        provider_certificate,
    })
}

/// Whether a text found in a picture could be a label at all.
pub(crate) fn looks_like_label(text: &str) -> bool {
    !matches!(
        Link::parse(text),
        Err(LinkError::Form | LinkError::Origin(_))
    )
}

/// The payload of a link to this very portal (protocol, QR payload: another origin is refused).
fn payload_of_link(text: &str, own: &Origin) -> Result<Payload, LabelRefusal> {
    let (origin, payload) = Link::parse(text).map_err(|error| match error {
        LinkError::Form | LinkError::Origin(_) => LabelRefusal::NotALabel,
        LinkError::Payload(PayloadError::Version) => LabelRefusal::NewerVersion,
        LinkError::Digits(_) | LinkError::Payload(_) => LabelRefusal::Damaged,
    })?;
    if origin != *own {
        return Err(LabelRefusal::Foreign {
            origin: origin.to_string(),
            link: text.to_owned(),
        });
    }
    Ok(payload)
}

/// The payload behind a manual code; the code itself never leaves this worker.
async fn payload_of_code(text: &str) -> Result<Payload, LabelRefusal> {
    let code = ManualCode::parse(text).map_err(|_| LabelRefusal::MistypedCode)?;
    let sealed = portal::manual_payload(&code.lookup())
        .await
        .map_err(portal::label_refusal)?;
    code.open(&sealed).map_err(|error| match error {
        OpenError::Payload(PayloadError::Version) => LabelRefusal::NewerVersion,
        OpenError::Key | OpenError::Payload(_) => LabelRefusal::Damaged,
    })
}

impl Label {
    /// What a person should know about it; nothing that depends on the device ID.
    pub(crate) fn facts(&self) -> LabelFacts {
        LabelFacts {
            provider: self.provider.name.clone(),
            expires_at: self.payload.expires_at.0,
            keying: match self.payload.key_algorithm {
                KeyAlgorithm::Es256 => Keying::Instant,
                KeyAlgorithm::Rs2048 | KeyAlgorithm::Rs3072 => Keying::Slow,
            },
            kind: match self.payload.kind {
                LabelKind::Device => LabelFor::Device,
                LabelKind::Gateway => LabelFor::Gateway,
            },
            temporary_id: self.payload.temporary_id.to_string(),
            text: self.text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use gridpass_protocol::{
        CsrContent, DeviceId, Otp, ProviderCertificate, TemporaryId, label::digits,
    };
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    fn link() -> Link {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let temporary_id = TemporaryId::make(rng);
        let device_id = DeviceId::parse("SN-4711-0815").unwrap();
        let payload = Payload {
            temporary_id,
            otp_ciphertext: Otp::make(rng).encrypt(&device_id, &temporary_id),
            provider_certificate: ProviderCertificate::Fingerprint([7; 32]),
            csr_content: CsrContent {
                organization: Some("P".to_owned()),
                ..CsrContent::default()
            },
            key_algorithm: KeyAlgorithm::Es256,
            expires_at: UnixTime(1_800_000_000),
            kind: LabelKind::Device,
        };
        Link::new(&origin("https://portal.example"), &payload)
    }

    fn read(text: &str) -> Result<Payload, LabelRefusal> {
        payload_of_link(text, &origin("https://portal.example"))
    }

    #[test]
    fn a_label_of_this_portal_is_read() {
        assert_eq!(
            read(link().as_str()).unwrap().expires_at,
            UnixTime(1_800_000_000)
        );
    }

    #[test]
    fn a_label_of_another_portal_is_named_with_its_link() {
        let link = link();
        let refusal = payload_of_link(link.as_str(), &origin("https://other.example"));
        let expected = LabelRefusal::Foreign {
            origin: "https://portal.example".to_owned(),
            link: link.as_str().to_owned(),
        };
        assert_eq!(refusal, Err(expected));
    }

    #[test]
    fn a_label_cut_short_is_damaged_and_still_looks_like_one() {
        let text = link().as_str().to_owned();
        let cut = &text[..text.len() - 9];
        assert_eq!(read(cut), Err(LabelRefusal::Damaged));
        assert!(looks_like_label(cut));
    }

    #[test]
    fn a_label_of_a_later_version_says_that_the_page_is_old() {
        let link = link();
        let mut cbor = digits::decode(link.digits()).unwrap();
        // Map header, key 1, then the version.
        assert_eq!(cbor[1..3], [1, 1]);
        cbor[2] = 2;
        let later = format!("{}{}", link.head(), digits::encode(&cbor));
        assert_eq!(read(&later), Err(LabelRefusal::NewerVersion));
    }

    #[test]
    fn another_qr_code_is_no_label() {
        for text in [
            "https://example.com/menu",
            "WIFI:S:home;;",
            "mailto:a@b.example/e#1",
            "",
        ] {
            assert_eq!(read(text), Err(LabelRefusal::NotALabel), "{text}");
            assert!(!looks_like_label(text), "{text}");
        }
    }
}
