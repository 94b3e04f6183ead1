//! Stage 3, label: the payload as QR code and manual code (protocol, QR payload).

use std::net::IpAddr;

use gridpass_protocol::{
    CsrContent, KeyAlgorithm, LabelKind, Link, ManualCode, ManualLookup, Origin, Payload,
    ProviderCertificate, SealedPayload, UnixTime,
};

use crate::{
    Gridpass,
    config::LabelProfile,
    id::EnrollmentId,
    limits::{self, Limited, RetryAfter, Window},
    mapping::Mapping,
    random::Random,
    store::{
        StoreError, enrollments, labels,
        milestones::{self, Milestone},
    },
    tenant::Scope,
    vault::sha256,
};

/// A label that was just made: the only moment at which the server knows what is on it.
pub(crate) struct Label {
    pub(crate) link: Link,
    pub(crate) manual_code: ManualCode,
    pub(crate) lookup: ManualLookup,
    pub(crate) sealed: SealedPayload,
}

/// What a label is made from besides its mapping.
pub(crate) struct LabelContent<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) profile: LabelProfile,
    pub(crate) provider_certificate: &'a [u8],
    pub(crate) csr_content: &'a CsrContent,
    pub(crate) key_algorithm: KeyAlgorithm,
    pub(crate) kind: LabelKind,
}

impl Label {
    pub(crate) fn make(
        content: &LabelContent<'_>,
        mapping: &Mapping,
        random: &mut Random<'_>,
    ) -> Self {
        let certificate = content.provider_certificate;
        let payload = Payload {
            temporary_id: mapping.temporary_id,
            otp_ciphertext: mapping.otp_ciphertext,
            provider_certificate: provider_certificate(content.profile, certificate),
            csr_content: content.csr_content.clone(),
            key_algorithm: content.key_algorithm,
            expires_at: mapping.expires_at,
            kind: content.kind,
        };
        let manual_code = ManualCode::make(random);
        Self {
            link: Link::new(content.origin, &payload),
            lookup: manual_code.lookup(),
            sealed: manual_code.seal(&payload, random),
            manual_code,
        }
    }
}

/// The provider certificate as labels of this profile name it.
pub(crate) fn provider_certificate(
    profile: LabelProfile,
    certificate: &[u8],
) -> ProviderCertificate {
    match profile {
        LabelProfile::Full => ProviderCertificate::Full(certificate.to_vec()),
        LabelProfile::Compact => ProviderCertificate::Fingerprint(sha256(certificate)),
    }
}

/// A label, opened with its manual code.
#[derive(Clone, Debug)]
pub struct LabelView {
    /// The text of its QR code.
    pub link: Link,
    /// Its manual code in groups. Secret until the device is enrolled.
    pub manual_code: String,
    /// When it stops being of use.
    pub expires_at: UnixTime,
}

/// Why a manual code was not looked up.
#[derive(Debug, thiserror::Error)]
pub enum ManualError {
    /// Too many codes were not found.
    #[error("too many manual codes that do not exist were tried from this address")]
    RateLimited {
        /// When to come back, in seconds.
        retry_after: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RetryAfter> for ManualError {
    fn from(RetryAfter(retry_after): RetryAfter) -> Self {
        Self::RateLimited { retry_after }
    }
}

impl Gridpass {
    /// Opens the label of an open enrollment with its manual code, which only the browser that
    /// registered the device keeps. `None`: no such enrollment in this scope, no longer open, or
    /// not its code.
    ///
    /// # Errors
    /// The database failed.
    pub fn label(
        &self,
        id: EnrollmentId,
        manual_code: &ManualCode,
        scope: &Scope,
    ) -> Result<Option<LabelView>, StoreError> {
        let found = self
            .store
            .read(|connection| enrollments::find(connection, id))?;
        if !found.is_some_and(|found| scope.covers(&found.provider, found.account)) {
            return Ok(None);
        }
        Ok(self
            .open_label(&manual_code.lookup(), manual_code)?
            .and_then(|(of, view)| (of == id).then_some(view)))
    }

    pub(crate) fn open_label(
        &self,
        lookup: &ManualLookup,
        manual_code: &ManualCode,
    ) -> Result<Option<(EnrollmentId, LabelView)>, StoreError> {
        let now = self.clock_now();
        let found = self
            .store
            .read(|connection| labels::find(connection, lookup, now))?;
        Ok(found.and_then(|(id, sealed)| {
            let payload = manual_code.open(&sealed).ok()?;
            let view = LabelView {
                link: Link::new(&self.origin, &payload),
                manual_code: manual_code.grouped(),
                expires_at: payload.expires_at,
            };
            Some((id, view))
        }))
    }

    /// Notes that somebody used the label, the first time.
    fn note_opened(&self, id: EnrollmentId, now: UnixTime) -> Result<(), StoreError> {
        let new = self.store.read(|connection| {
            let Some(found) = enrollments::find(connection, id)? else {
                return Ok::<_, StoreError>(None);
            };
            let opened = Milestone::Opened;
            let before = milestones::is_reached(connection, &found.provider, id, opened)?;
            Ok((!before).then_some(found.provider))
        })?;
        let Some(provider) = new else { return Ok(()) };
        self.store.write(move |transaction| {
            milestones::reach(transaction, &provider, id, Milestone::Opened, now)
        })
    }

    /// The sealed payload of an open label, by what its manual code says to look up (protocol,
    /// Manual code). `None`, for unknown and expired ones alike; those are counted.
    ///
    /// # Errors
    /// Too many that do not exist were tried from this address, or the database failed.
    pub fn manual_payload(
        &self,
        lookup: &ManualLookup,
        client: IpAddr,
    ) -> Result<Option<SealedPayload>, ManualError> {
        let now = self.clock_now();
        let window = Window {
            limited: Limited::ManualLookups,
            most: self.limits.manual_lookups_per_ip,
            seconds: self.limits.manual_lookups_per_ip_window,
        };
        let network = limits::client_network(client);
        let found = self.store.read(|connection| {
            if let Some(retry_after) = window.blocks(connection, &network, now)? {
                return Err(ManualError::from(retry_after));
            }
            Ok(labels::find(connection, lookup, now)?)
        })?;
        if let Some((id, sealed)) = found {
            self.note_opened(id, now)?;
            return Ok(Some(sealed));
        }
        self.store.write(move |transaction| {
            if let Some(retry_after) = window.blocks(transaction, &network, now)? {
                return Err(ManualError::from(retry_after));
            }
            window.count(transaction, &network, None, now)?;
            Ok(None)
        })
    }
}
