//! The built-in CA: it issues by a key of its own, in the database or in a token.

use std::sync::Arc;

use gridpass_protocol::{DeviceKey, KeyAlgorithm, Origin, PrivateKey, SealedError, UnixTime};

use super::{
    AuthorityKey, CaError, CertificateAuthority, CertificateProfile, CertificateRequest,
    IssuedCertificate, Issuer, SubjectContent,
    crl::CrlShard,
    key::{AuthorityKeyError, is_issued_by},
    lint::{Expectation, OwnExpectation, lint, lint_own},
    profile::{
        DeviceTemplate, Draft, ISSUING_EXTENSIONS, PROVIDER_EXTENSIONS, PathLength,
        ROOT_EXTENSIONS, authority_extensions, common_name, key_identifier, make_serial,
        provider_extensions, sign, subject_of_request, validity,
    },
    signer::{SignError, Signer, SoftwareSigner},
};
use crate::{
    id::ProviderId,
    random::{Random, RandomSource},
};

const DAY: u64 = 24 * 60 * 60;
const ROOT_DAYS: u64 = 20 * 365;
const ISSUING_DAYS: u64 = 10 * 365;
const PROVIDER_DAYS: u64 = 825;

/// A name of nothing (RFC 5280, 4.1.2.6), DER.
const EMPTY_NAME: [u8; 2] = [0x30, 0];

/// How far certificates begin in the past, in seconds: clocks of devices differ.
pub(super) const BACKDATED: u64 = 5 * 60;

/// A key of the provider's own could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakeError {
    #[error(transparent)]
    Sign(#[from] SignError),
    #[error(transparent)]
    Pair(#[from] AuthorityKeyError),
    #[error("the key cannot be used: {0}")]
    Key(#[from] SealedError),
    #[error("it cannot be encoded: {0}")]
    Encode(#[from] der::Error),
    #[error("no key could be made: {0}")]
    Generate(String),
    #[error("the certificate to be breaks its profile: {0}")]
    Lint(#[from] super::Finding),
}

/// A certificate of a CA that is to be made.
pub(crate) struct AuthorityDraft<'a> {
    /// Names, DER.
    pub(crate) issuer: &'a [u8],
    pub(crate) subject: &'a [u8],
    /// `None` for a root.
    pub(crate) issuer_key_identifier: Option<[u8; 20]>,
    /// SubjectPublicKeyInfo, DER.
    pub(crate) spki: &'a [u8],
    pub(crate) path_length: PathLength,
    pub(crate) not_before: UnixTime,
    pub(crate) not_after: UnixTime,
    /// Begin and end of its issuer; of itself for a root.
    pub(crate) within: (UnixTime, UnixTime),
}

/// Makes a certificate of a CA.
pub(crate) fn make_authority(
    draft: &AuthorityDraft<'_>,
    signer: &dyn Signer,
    random: &Random<'_>,
) -> Result<Vec<u8>, MakeError> {
    let extensions =
        authority_extensions(draft.path_length, draft.spki, draft.issuer_key_identifier)?;
    let tbs = Draft {
        serial: &make_serial(random),
        issuer: draft.issuer,
        subject: draft.subject,
        spki: draft.spki,
        validity: validity(draft.not_before, draft.not_after)?,
        extensions,
    }
    .to_der(signer.algorithm())?;
    let expected = OwnExpectation {
        spki: draft.spki,
        extensions: match draft.issuer_key_identifier {
            None => &ROOT_EXTENSIONS[..],
            Some(_) => &ISSUING_EXTENSIONS[..],
        },
        issuer_not_before: draft.within.0,
        issuer_not_after: draft.within.1,
    };
    lint_own(&tbs, &expected)?;
    Ok(sign(&tbs, signer)?)
}

/// A fresh key of a CA.
pub(crate) fn make_private_key(
    algorithm: KeyAlgorithm,
    random: &mut Random<'_>,
) -> Result<PrivateKey, MakeError> {
    let made = DeviceKey::make(random, algorithm)
        .map_err(|error| MakeError::Generate(error.to_string()))?;
    Ok(PrivateKey::from_pkcs8_der(&made.to_pkcs8())?)
}

/// The name of a provider's issuing key, DER. Each has its own, so that a revocation list is
/// never taken for another key's.
pub(crate) fn issuing_name(provider: &ProviderId, generation: u32) -> der::Result<Vec<u8>> {
    match generation {
        1 => common_name(&format!("{provider} issuing")),
        later => common_name(&format!("{provider} issuing G{later}")),
    }
}

/// Makes the root of an installation that keeps it itself.
pub(crate) fn make_root(
    provider: &ProviderId,
    now: UnixTime,
    random: &mut Random<'_>,
) -> Result<AuthorityKey, MakeError> {
    let signer = SoftwareSigner::new(PrivateKey::make_p256(random))?;
    let name = common_name(&format!("{provider} root"))?;
    let not_before = now.minus(BACKDATED);
    let draft = AuthorityDraft {
        issuer: &name,
        issuer_key_identifier: None,
        subject: &name,
        spki: signer.spki_der(),
        path_length: PathLength::Unlimited,
        not_before,
        not_after: not_before.plus(ROOT_DAYS * DAY),
        within: (not_before, not_before.plus(ROOT_DAYS * DAY)),
    };
    let certificate = make_authority(&draft, &signer, random)?;
    Ok(AuthorityKey::from_signer(certificate, signer)?)
}

/// Certifies an issuing key by the root that the installation keeps itself.
pub(crate) fn certify_issuing(
    provider: &ProviderId,
    generation: u32,
    spki: &[u8],
    root: &AuthorityKey,
    now: UnixTime,
    random: &Random<'_>,
) -> Result<Vec<u8>, MakeError> {
    let not_before = now.minus(BACKDATED).max(root.not_before());
    let draft = AuthorityDraft {
        issuer: &root.subject_der()?,
        issuer_key_identifier: Some(key_identifier(root.signer().spki_der())?),
        subject: &issuing_name(provider, generation)?,
        spki,
        path_length: PathLength::EndEntitiesOnly,
        not_before,
        not_after: not_before.plus(ISSUING_DAYS * DAY).min(root.not_after()),
        within: (root.not_before(), root.not_after()),
    };
    make_authority(&draft, root.signer(), random)
}

/// Makes a provider key, with a certificate of the issuing key.
pub(crate) fn make_provider_key(
    provider: &ProviderId,
    issuer: &Issuer,
    now: UnixTime,
    random: &mut Random<'_>,
) -> Result<AuthorityKey, MakeError> {
    let key = PrivateKey::make_p256(random);
    let not_before = now.minus(BACKDATED).max(issuer.not_before());
    let not_after = not_before.plus(PROVIDER_DAYS * DAY).min(issuer.not_after());
    let draft = Draft {
        serial: &make_serial(random),
        issuer: issuer.subject_der(),
        subject: &common_name(provider.as_str())?,
        spki: key.spki_der(),
        validity: validity(not_before, not_after)?,
        extensions: provider_extensions(key.spki_der(), *issuer.key_identifier())?,
    };
    let signer = issuer.signer();
    let tbs = draft.to_der(signer.algorithm())?;
    let expected = OwnExpectation {
        spki: key.spki_der(),
        extensions: &PROVIDER_EXTENSIONS,
        issuer_not_before: issuer.not_before(),
        issuer_not_after: issuer.not_after(),
    };
    lint_own(&tbs, &expected)?;
    let certificate = sign(&tbs, signer)?;
    Ok(AuthorityKey::new(certificate, key)?)
}

/// The built-in CA of one provider.
pub(crate) struct BuiltInAuthority {
    /// The one that issues first, then its predecessors. Never empty.
    issuers: Vec<Arc<Issuer>>,
    template: DeviceTemplate,
    crl_shards: u16,
    random: Arc<dyn RandomSource>,
}

impl BuiltInAuthority {
    /// One that issues by `issuer`, and still vouches for what `predecessors` issued.
    pub(crate) fn new(
        origin: &Origin,
        profile: &CertificateProfile,
        issuer: Arc<Issuer>,
        predecessors: impl IntoIterator<Item = Arc<Issuer>>,
        crl_shards: u16,
        random: Arc<dyn RandomSource>,
    ) -> Result<Self, MakeError> {
        Ok(Self {
            template: DeviceTemplate::new(origin, *issuer.key_identifier(), profile, crl_shards)?,
            crl_shards,
            issuers: std::iter::once(issuer).chain(predecessors).collect(),
            random,
        })
    }

    fn issuer(&self) -> &Issuer {
        &self.issuers[0]
    }

    fn draft_and_sign(
        &self,
        request: &CertificateRequest<'_>,
    ) -> Result<IssuedCertificate, IssueError> {
        let profile = self.template.profile();
        let serial = make_serial(&Random(&*self.random));
        let crl_shard = CrlShard::of(&serial, self.crl_shards);
        let issuer_begins = self.issuer().not_before();
        let not_before = request.now.minus(BACKDATED).max(issuer_begins);
        let not_after = not_before.plus(u64::from(request.days) * DAY);
        let draft = Draft {
            serial: &serial,
            issuer: self.issuer().subject_der(),
            subject: &match profile.subject {
                SubjectContent::Request => subject_of_request(request.csr)?,
                SubjectContent::Empty => EMPTY_NAME.to_vec(),
            },
            spki: request.spki,
            validity: validity(not_before, not_after)?,
            extensions: self.template.extensions(
                request.enrollment_id,
                request.device_id,
                request.spki,
                request.key_algorithm,
                crl_shard,
            )?,
        };
        let signer = self.issuer().signer();
        let tbs = draft.to_der(signer.algorithm())?;
        let expected = Expectation {
            profile,
            enrollment_id: request.enrollment_id,
            device_id: request.device_id,
            key_algorithm: request.key_algorithm,
            spki: request.spki,
            issuer_key_identifier: self.issuer().key_identifier(),
            issuer_not_before: self.issuer().not_before(),
            issuer_not_after: self.issuer().not_after(),
            days: request.days,
        };
        lint(&tbs, &expected)?;
        let der = sign(&tbs, signer)?;
        Ok(IssuedCertificate {
            der,
            serial,
            not_after,
            issuer: *self.issuer().fingerprint(),
            crl_shard,
        })
    }
}

/// Why the built-in CA issued nothing.
#[derive(Debug, thiserror::Error)]
enum IssueError {
    #[error(transparent)]
    Sign(#[from] SignError),
    #[error(transparent)]
    Lint(#[from] super::Finding),
    #[error("it cannot be encoded: {0}")]
    Encode(#[from] der::Error),
}

impl From<IssueError> for CaError {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::Lint(finding) => Self::Lint(finding),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl CertificateAuthority for BuiltInAuthority {
    fn issue(&self, request: &CertificateRequest<'_>) -> Result<IssuedCertificate, CaError> {
        Ok(self.draft_and_sign(request)?)
    }

    fn chain(&self, certificate: &[u8]) -> Vec<Vec<u8>> {
        self.issuers
            .iter()
            .find(|issuer| is_issued_by(certificate, issuer.key_identifier()))
            .map_or_else(Vec::new, |issuer| issuer.chain().to_vec())
    }

    fn published(&self) -> Vec<Vec<u8>> {
        let mut published: Vec<Vec<u8>> = Vec::new();
        for certificate in self.issuers.iter().flat_map(|issuer| issuer.chain()) {
            if !published.contains(certificate) {
                published.push(certificate.clone());
            }
        }
        published
    }

    fn issuers(&self) -> Vec<Arc<Issuer>> {
        self.issuers.clone()
    }
}
