//! The built-in CA: root and issuing key of one provider, P-256, made at first start.

use std::sync::Arc;

use gridpass_protocol::{Origin, PrivateKey, SealedError, UnixTime};

use super::{
    AuthorityKey, CaError, CertificateAuthority, CertificateRequest, IssuedCertificate, Issuer,
    key::AuthorityKeyError,
    lint::{Expectation, lint},
    profile::{
        DeviceTemplate, Draft, PathLength, authority_extensions, common_name, key_identifier,
        make_serial, provider_extensions, sign, subject_of_request, validity,
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

/// How far certificates begin in the past, in seconds: clocks of devices differ.
const BACKDATED: u64 = 5 * 60;

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
}

/// Root and issuing key, as made at first start.
pub(crate) struct Generation {
    pub(crate) root: AuthorityKey,
    pub(crate) issuing: AuthorityKey,
}

impl Generation {
    pub(crate) fn make(
        provider: &ProviderId,
        now: UnixTime,
        random: &mut Random<'_>,
    ) -> Result<Self, MakeError> {
        let root_key = SoftwareSigner::new(PrivateKey::make_p256(random))?;
        let root_name = common_name(&format!("{provider} root"))?;
        let root_identifier = key_identifier(root_key.spki_der())?;
        let not_before = now.minus(BACKDATED);
        let root_draft = Draft {
            serial: &make_serial(random),
            issuer: &root_name,
            subject: &root_name,
            spki: root_key.spki_der(),
            validity: validity(not_before, not_before.plus(ROOT_DAYS * DAY))?,
            extensions: authority_extensions(PathLength::Unlimited, root_key.spki_der(), None)?,
        };
        let root = sign(&root_draft.to_der(root_key.algorithm())?, &root_key)?;

        let issuing_key = PrivateKey::make_p256(random);
        let issuing_draft = Draft {
            serial: &make_serial(random),
            issuer: &root_name,
            subject: &common_name(&format!("{provider} issuing"))?,
            spki: issuing_key.spki_der(),
            validity: validity(not_before, not_before.plus(ISSUING_DAYS * DAY))?,
            extensions: authority_extensions(
                PathLength::EndEntitiesOnly,
                issuing_key.spki_der(),
                Some(root_identifier),
            )?,
        };
        let issuing = sign(&issuing_draft.to_der(root_key.algorithm())?, &root_key)?;
        Ok(Self {
            root: AuthorityKey::from_signer(root, root_key)?,
            issuing: AuthorityKey::new(issuing, issuing_key)?,
        })
    }
}

/// Makes a provider key, with a certificate of the issuing key.
pub(crate) fn make_provider_key(
    provider: &ProviderId,
    issuing: &AuthorityKey,
    now: UnixTime,
    random: &mut Random<'_>,
) -> Result<AuthorityKey, MakeError> {
    let key = PrivateKey::make_p256(random);
    let not_before = now.minus(BACKDATED).max(issuing.not_before());
    let not_after = not_before
        .plus(PROVIDER_DAYS * DAY)
        .min(issuing.not_after());
    let issuer_identifier = key_identifier(issuing.private().spki_der())?;
    let draft = Draft {
        serial: &make_serial(random),
        issuer: &common_name(&format!("{provider} issuing"))?,
        subject: &common_name(provider.as_str())?,
        spki: key.spki_der(),
        validity: validity(not_before, not_after)?,
        extensions: provider_extensions(key.spki_der(), issuer_identifier)?,
    };
    let signer = issuing.signer();
    let certificate = sign(&draft.to_der(signer.algorithm())?, signer)?;
    Ok(AuthorityKey::new(certificate, key)?)
}

/// The built-in CA of one provider.
pub(crate) struct BuiltInAuthority {
    issuer: Arc<Issuer>,
    template: DeviceTemplate,
    random: Arc<dyn RandomSource>,
}

impl BuiltInAuthority {
    pub(crate) fn new(
        origin: &Origin,
        root: Vec<u8>,
        issuing: AuthorityKey,
        random: Arc<dyn RandomSource>,
    ) -> Result<Self, MakeError> {
        let (certificate, signer) = issuing.into_parts();
        let issuer = Issuer::new(vec![certificate, root], Arc::new(signer))?;
        Ok(Self {
            template: DeviceTemplate::new(origin, *issuer.key_identifier())?,
            issuer: Arc::new(issuer),
            random,
        })
    }

    fn draft_and_sign(
        &self,
        request: &CertificateRequest<'_>,
    ) -> Result<IssuedCertificate, IssueError> {
        let serial = make_serial(&Random(&*self.random));
        let not_before = request.now.minus(BACKDATED);
        let not_after = not_before.plus(u64::from(request.days) * DAY);
        let draft = Draft {
            serial: &serial,
            issuer: self.issuer.subject_der(),
            subject: &subject_of_request(request.csr)?,
            spki: request.spki,
            validity: validity(not_before, not_after)?,
            extensions: self.template.extensions(
                request.enrollment_id,
                request.spki,
                request.key_algorithm,
            )?,
        };
        let signer = self.issuer.signer();
        let tbs = draft.to_der(signer.algorithm())?;
        let expected = Expectation {
            enrollment_id: request.enrollment_id,
            key_algorithm: request.key_algorithm,
            spki: request.spki,
            issuer_key_identifier: self.issuer.key_identifier(),
            issuer_not_before: self.issuer.not_before(),
            issuer_not_after: self.issuer.not_after(),
            days: request.days,
        };
        lint(&tbs, &expected)?;
        let der = sign(&tbs, signer)?;
        Ok(IssuedCertificate {
            der,
            serial,
            not_after,
            issuer: *self.issuer.fingerprint(),
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

    fn chain(&self) -> Vec<Vec<u8>> {
        self.issuer.chain().to_vec()
    }

    fn issuers(&self) -> Vec<Arc<Issuer>> {
        vec![Arc::clone(&self.issuer)]
    }
}
