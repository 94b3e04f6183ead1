//! The ceremony: how an issuing key comes into force, and how the next one follows it.
//!
//! It works on an installation that has no issuing key yet, and beside one that runs: a server
//! takes up what was installed within seconds.

use std::sync::Arc;

use gridpass_protocol::{CertificateError, UnixTime, directory::certificate_from_pem};

use crate::{
    audit::{self, Actor},
    ca::{
        CaKeyAlgorithm, ChainError, IssuingKeyId, MakeError, RootError, SignError, Signer,
        SoftwareSigner, TokenSigner, issuing_name, make_private_key, request, request_to_pem,
        verify, verify_authority_chain,
    },
    clock::Clock,
    config::{CaConfig, InstallationConfig, ProviderConfig},
    id::ProviderId,
    installation::OpenError,
    opening::{Opening, open_vault, signer_of},
    random::{Random, RandomSource},
    store::{
        Connection, Store, StoreError,
        issuing_keys::{self, IssuingKey, KeyPlace, NewIssuingKey, Written},
        provider_keys::{self, Role},
    },
    vault::Vault,
};

/// What a new issuing key signs before it is trusted with certificates.
const PROBE: &[u8] = b"gridpass/1 issuing key probe";

/// An installation as far as its issuing keys go.
pub struct CaCeremony {
    store: Store,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    providers: Vec<ProviderConfig>,
}

/// Why a step of the ceremony was not taken.
#[derive(Debug, thiserror::Error)]
pub enum CaCeremonyError {
    /// There is no such provider.
    #[error("there is no provider {0}")]
    Provider(ProviderId),
    /// This provider's keys are not made by a ceremony.
    #[error("providers.{0}.ca.kind is not `ceremony`: there is nothing to request or install")]
    NotByCeremony(ProviderId),
    /// A rollover needs an issuing key that is in force.
    #[error("there is no issuing key to follow yet: start the portal once, or install the first")]
    NothingToFollow,
    /// The certificate is of a key that nobody asked for here.
    #[error("the certificate is not of an issuing key that was requested here")]
    UnknownKey,
    /// The key has its certificate already.
    #[error("this issuing key is installed already")]
    Installed,
    /// The certificate bears another name than was asked for.
    #[error("the certificate does not have the name that was requested")]
    Name,
    /// What was read is no certificate.
    #[error("not a certificate in PEM: {0}")]
    Certificate(#[from] CertificateError),
    /// The chain does not hold.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The key does not sign.
    #[error("the issuing key does not sign: {0}")]
    Sign(#[from] SignError),
    /// The token that keeps issuing keys does not answer, or refuses.
    #[error("the token: {0}")]
    Token(String),
    /// Key or request could not be made.
    #[error("it cannot be made: {0}")]
    Make(String),
    /// Somebody else was faster.
    #[error("another ceremony is under way; try again")]
    Raced,
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MakeError> for CaCeremonyError {
    fn from(error: MakeError) -> Self {
        Self::Make(error.to_string())
    }
}

impl From<RootError> for CaCeremonyError {
    fn from(error: RootError) -> Self {
        Self::Make(error.to_string())
    }
}

/// Where an issuing key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuingKeyState {
    /// Waits for its certificate.
    Requested,
    /// Issues certificates.
    Issuing,
    /// Issues no more; still says which of its certificates are revoked.
    Retired,
    /// Its certificate has ended.
    Ended,
}

/// An issuing key as the command line shows it.
#[derive(Clone, Debug)]
pub struct IssuingKeyView {
    /// Its id.
    pub id: IssuingKeyId,
    /// Its number among the provider's issuing keys, from 1.
    pub generation: u32,
    /// Where it stands.
    pub state: IssuingKeyState,
    /// When it was made.
    pub made_at: UnixTime,
    /// When it came into force.
    pub installed_at: Option<UnixTime>,
    /// Its certificate and those above it, root last, DER; empty if it waits for them.
    pub chain: Vec<Vec<u8>>,
}

impl CaCeremony {
    /// Opens an installation. Makes database and key file if there are none, and no key of a CA.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        config: InstallationConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn RandomSource>,
    ) -> Result<Self, OpenError> {
        config.validate()?;
        let store = Store::open(&config.database)?;
        let vault = Arc::new(open_vault(&store, &config.key_file, clock.now(), &*random)?);
        store.seal_audit_with(&vault);
        let ceremony = Self {
            store,
            vault,
            clock,
            random,
            providers: config.providers,
        };
        ceremony.opening().write_config(&ceremony.providers)?;
        Ok(ceremony)
    }

    /// Makes an issuing key and returns the request for its certificate, PEM.
    ///
    /// # Errors
    /// See [`CaCeremonyError`]; nothing was kept then.
    pub fn request(
        &self,
        provider: &ProviderId,
        algorithm: CaKeyAlgorithm,
        actor: Actor,
    ) -> Result<String, CaCeremonyError> {
        let config = self.config(provider)?;
        if !matches!(config.ca, CaConfig::Ceremony { .. }) {
            return Err(CaCeremonyError::NotByCeremony(provider.clone()));
        }
        let generation = self
            .store
            .read(|connection| issuing_keys::next_generation(connection, provider))?;
        let (signer, place) = self.make_key(config, algorithm, generation)?;
        let request = request::make(&name(provider, generation)?, &*signer)?;
        let pem = request_to_pem(&request)?;
        let key = NewIssuingKey::new(
            generation,
            signer.spki_der(),
            &place,
            &self.vault,
            &Random(&*self.random),
        );
        let (provider, now) = (provider.clone(), self.clock.now());
        self.store.write(move |transaction| {
            if issuing_keys::insert(transaction, &provider, &key, now)? == Written::Raced {
                return Err(CaCeremonyError::Raced);
            }
            let detail = serde_json::json!({
                "generation": generation, "key": key.id.to_string(),
            });
            let step = Step {
                provider: &provider,
                actor: &actor,
                action: "ca.request",
                now,
            };
            Ok(step.note(transaction, detail)?)
        })?;
        Ok(pem)
    }

    /// Brings an issuing key into force by its certificate and those above it, each PEM, root
    /// last. Certificates are issued by it from now on; its predecessor goes on saying which of
    /// its own are revoked.
    ///
    /// # Errors
    /// See [`CaCeremonyError`]; nothing has changed then.
    pub fn install(
        &self,
        provider: &ProviderId,
        chain: &[String],
        actor: Actor,
    ) -> Result<IssuingKeyView, CaCeremonyError> {
        let config = self.config(provider)?;
        let chain = chain
            .iter()
            .map(|pem| certificate_from_pem(pem))
            .collect::<Result<Vec<_>, _>>()?;
        let now = self.clock.now();
        verify_authority_chain(&chain, now)?;
        let facts = request::certified(&chain[0])?;
        let key = self
            .keys(provider)?
            .into_iter()
            .find(|key| key.spki == facts.spki)
            .ok_or(CaCeremonyError::UnknownKey)?;
        if key.installed.is_some() {
            return Err(CaCeremonyError::Installed);
        }
        let (id, generation, made_at) = (key.id, key.generation, key.made_at);
        if facts.subject != name(provider, generation)? {
            return Err(CaCeremonyError::Name);
        }
        let signer = signer_of(key, config).map_err(CaCeremonyError::Make)?;
        prove(&*signer)?;
        let (owner, installed) = (provider.clone(), chain.clone());
        self.store.write(move |transaction| {
            let step = Step {
                provider: &owner,
                actor: &actor,
                action: "ca.install",
                now,
            };
            bring_into_force(transaction, &step, id, &installed)
        })?;
        Ok(IssuingKeyView {
            id,
            generation,
            state: IssuingKeyState::Issuing,
            made_at,
            installed_at: Some(now),
            chain,
        })
    }

    /// A new issuing key for a provider whose installation keeps the root itself; in force at
    /// once.
    ///
    /// # Errors
    /// See [`CaCeremonyError`]; nothing has changed then.
    pub fn rotate(&self, provider: &ProviderId, actor: Actor) -> Result<(), CaCeremonyError> {
        self.config(provider)?;
        let root = self
            .store
            .read(|connection| provider_keys::find(connection, provider, Role::Root, &self.vault))?
            .into_iter()
            .next()
            .map(|(root, _)| root)
            .ok_or(CaCeremonyError::NothingToFollow)?;
        let generation = self
            .store
            .read(|connection| issuing_keys::next_generation(connection, provider))?;
        let (key, chain) = self.opening().make_issuing(provider, generation, &root)?;
        verify_authority_chain(&chain, self.clock.now())?;
        let (provider, now) = (provider.clone(), self.clock.now());
        self.store.write(move |transaction| {
            if issuing_keys::insert(transaction, &provider, &key, now)? == Written::Raced {
                return Err(CaCeremonyError::Raced);
            }
            let step = Step {
                provider: &provider,
                actor: &actor,
                action: "ca.rotate",
                now,
            };
            bring_into_force(transaction, &step, key.id, &chain)
        })
    }

    /// The issuing keys of a provider: those that wait, then the one that issues, then its
    /// predecessors.
    ///
    /// # Errors
    /// See [`CaCeremonyError`].
    pub fn issuing_keys(
        &self,
        provider: &ProviderId,
    ) -> Result<Vec<IssuingKeyView>, CaCeremonyError> {
        self.config(provider)?;
        let now = self.clock.now();
        let mut issuing = true;
        let view = |key: IssuingKey| {
            let installed_at = key.installed.as_ref().map(|installed| installed.at);
            let chain = key.installed.map(|installed| installed.chain);
            let ended = chain.as_ref().is_some_and(|chain| {
                request::certified(&chain[0]).is_ok_and(|facts| facts.not_after < now)
            });
            let state = match (&chain, ended) {
                (None, _) => IssuingKeyState::Requested,
                (Some(_), true) => IssuingKeyState::Ended,
                (Some(_), false) if issuing => IssuingKeyState::Issuing,
                (Some(_), false) => IssuingKeyState::Retired,
            };
            issuing &= chain.is_none();
            IssuingKeyView {
                id: key.id,
                generation: key.generation,
                state,
                made_at: key.made_at,
                installed_at,
                chain: chain.unwrap_or_default(),
            }
        };
        Ok(self.keys(provider)?.into_iter().map(view).collect())
    }

    fn opening(&self) -> Opening<'_> {
        Opening {
            store: &self.store,
            vault: &self.vault,
            random: &self.random,
            now: self.clock.now(),
        }
    }

    fn config(&self, provider: &ProviderId) -> Result<&ProviderConfig, CaCeremonyError> {
        self.providers
            .iter()
            .find(|config| config.id == *provider)
            .ok_or_else(|| CaCeremonyError::Provider(provider.clone()))
    }

    fn keys(&self, provider: &ProviderId) -> Result<Vec<IssuingKey>, StoreError> {
        self.store
            .read(|connection| issuing_keys::all(connection, provider, &self.vault))
    }

    fn make_key(
        &self,
        config: &ProviderConfig,
        algorithm: CaKeyAlgorithm,
        generation: u32,
    ) -> Result<(Arc<dyn Signer>, KeyPlace), CaCeremonyError> {
        if let CaConfig::Ceremony { token: Some(token) } = &config.ca {
            let id = Random(&*self.random).bytes::<16>().to_vec();
            let signer = TokenSigner::make(token.clone(), id.clone(), algorithm, generation)
                .map_err(|error| CaCeremonyError::Token(error.to_string()))?;
            return Ok((Arc::new(signer), KeyPlace::Token(id)));
        }
        let random = &mut Random(&*self.random);
        let key = make_private_key(algorithm.key_algorithm(), random)?;
        let again = gridpass_protocol::PrivateKey::from_pkcs8_der(&key.to_pkcs8_der())
            .map_err(MakeError::from)?;
        let signer = SoftwareSigner::new(again).map_err(MakeError::from)?;
        Ok((Arc::new(signer), KeyPlace::Database(key)))
    }
}

fn name(provider: &ProviderId, generation: u32) -> Result<Vec<u8>, CaCeremonyError> {
    issuing_name(provider, generation).map_err(|error| CaCeremonyError::Make(error.to_string()))
}

/// Whether the key that would issue is there and is the one that was certified.
fn prove(signer: &dyn Signer) -> Result<(), SignError> {
    let signature = signer.sign(PROBE)?;
    verify(signer.spki_der(), PROBE, &signature)?;
    Ok(())
}

/// A step of the ceremony as the audit tells it.
struct Step<'a> {
    provider: &'a ProviderId,
    actor: &'a Actor,
    action: &'static str,
    now: UnixTime,
}

impl Step<'_> {
    fn note(&self, transaction: &Connection, detail: serde_json::Value) -> Result<(), StoreError> {
        let entry = audit::Entry {
            provider: self.provider,
            at: self.now,
            actor: self.actor,
            action: self.action,
            result: "ok",
            enrollment: None,
            detail,
        };
        audit::append(transaction, &entry)
    }
}

fn bring_into_force(
    transaction: &Connection,
    step: &Step<'_>,
    id: IssuingKeyId,
    chain: &[Vec<u8>],
) -> Result<(), CaCeremonyError> {
    if issuing_keys::install(transaction, step.provider, id, chain, step.now)? == Written::Raced {
        return Err(CaCeremonyError::Raced);
    }
    let detail = serde_json::json!({ "key": id.to_string() });
    Ok(step.note(transaction, detail)?)
}
