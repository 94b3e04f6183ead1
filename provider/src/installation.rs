//! The installation: what is opened once and shared by every request.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use gridpass_protocol::{
    KeyAlgorithm, KeyId, LabelKind, Link, Origin, OtpCiphertext, Payload, TemporaryId, UnixTime,
};

use crate::{
    ca::{
        AuthorityKey, CaError, CaMeter, CertificateAuthority, CertificateRequest,
        IssuedCertificate, Issuer,
    },
    clock::Clock,
    config::{ConfigError, InstallationConfig, Limits, ProviderConfig},
    delivery::Silence,
    device_line::DeviceLine,
    id::ProviderId,
    key_file::KeyFileError,
    label, label_image,
    mailbox::Wakes,
    meters::Meters,
    oidc::{Network, OidcHttp, RelyingParty},
    opening::{Identity, Opening, open_vault},
    random::RandomSource,
    readiness::Stopping,
    retention::Retention,
    revocation::Responders,
    staff::{MailService, password::Passwords},
    store::{Store, StoreError},
    vault::Vault,
};

/// How long a request waits for other processes that hold the database. It waits twice at most: in
/// the group that is being written, and in its own.
const REQUEST_PATIENCE: Duration = Duration::from_secs(6);

/// The provider's side of Gridpass. Cheap to share; every call may block on the disk.
pub struct Gridpass {
    pub(crate) store: Store,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn RandomSource>,
    pub(crate) origin: Origin,
    pub(crate) limits: Limits,
    pub(crate) passwords: Passwords,
    pub(crate) silence: Silence,
    pub(crate) oidc_http: Arc<dyn OidcHttp>,
    pub(crate) mail_service: MailService,
    pub(crate) providers: Vec<Provider>,
    pub(crate) responders: Responders,
    pub(crate) device_line: Option<DeviceLine>,
    pub(crate) wakes: Arc<Wakes>,
    pub(crate) meters: Meters,
    pub(crate) stopping: Stopping,
    pub(crate) retention: Retention,
}

/// One provider with its keys.
pub(crate) struct Provider {
    pub(crate) config: ProviderConfig,
    pub(crate) oidc: Option<RelyingParty>,
    identity: RwLock<Arc<Identity>>,
    /// Stands in for the CA of the configuration.
    substitute: Option<Arc<dyn CertificateAuthority>>,
    pub(crate) ca_meter: CaMeter,
}

impl Provider {
    /// What issues certificates to its devices.
    pub(crate) fn authority(&self) -> Arc<dyn CertificateAuthority> {
        match &self.substitute {
            Some(substitute) => Arc::clone(substitute),
            None => Arc::clone(&self.identity().authority),
        }
    }

    /// Has its CA issue a certificate.
    pub(crate) fn issue(
        &self,
        request: &CertificateRequest<'_>,
    ) -> Result<IssuedCertificate, CaError> {
        self.ca_meter.issue(&*self.authority(), request)
    }

    /// The key that new labels name.
    pub(crate) fn key(&self) -> Arc<AuthorityKey> {
        Arc::clone(self.identity().key())
    }

    /// The keys that confirmations may be sealed to at `now`, youngest first.
    pub(crate) fn live_keys(&self, now: UnixTime) -> Vec<Arc<AuthorityKey>> {
        let is_live = |key: &&Arc<AuthorityKey>| key.not_before() <= now && now < key.not_after();
        let identity = self.identity();
        identity.keys.iter().filter(is_live).cloned().collect()
    }

    /// The certificates of its CAs that devices may meet: of the one that certifies its devices,
    /// and of the one that certifies its own keys.
    pub(crate) fn authority_certificates(&self) -> Vec<Vec<u8>> {
        let mut certificates = self.authority().published();
        let own = self.identity().own.published();
        let more: Vec<_> = own
            .into_iter()
            .filter(|certificate| !certificates.contains(certificate))
            .collect();
        certificates.extend(more);
        certificates
    }

    /// Its own keys, youngest first.
    pub(crate) fn keys(&self) -> Vec<Arc<AuthorityKey>> {
        self.identity().keys.clone()
    }

    /// Whoever signed certificates of its devices, or its own, and says here which are revoked.
    pub(crate) fn issuers(&self) -> Vec<Arc<Issuer>> {
        let mut issuers = self.authority().issuers();
        for own in self.identity().own.issuers() {
            if issuers
                .iter()
                .all(|issuer| issuer.fingerprint() != own.fingerprint())
            {
                issuers.push(own);
            }
        }
        issuers
    }

    /// The key of its own CA that issues now.
    pub(crate) fn own_issuer(&self) -> Arc<Issuer> {
        let issuers = self.identity().own.issuers();
        issuers
            .into_iter()
            .next()
            .expect("a built-in CA has an issuing key: see `BuiltInAuthority::issuers`")
    }

    /// Whose revocation lists are made here: the issuers', and the root's if its key lies here.
    pub(crate) fn publishers(&self) -> Vec<Arc<Issuer>> {
        let mut publishers = self.issuers();
        publishers.extend(self.identity().root.clone());
        publishers
    }

    fn identity(&self) -> Arc<Identity> {
        // Nothing panics while the lock is held for writing: it is one assignment.
        let identity = self.identity.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&identity)
    }

    fn take_on(&self, identity: Identity) {
        *self
            .identity
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(identity);
    }
}

/// Why an installation was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The configuration is not acceptable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The key file is another database's.
    #[error("the key file is not the one that this database was made with")]
    WrongKeyFile,
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The CA of a provider could not be made.
    #[error("the CA of {provider} could not be made: {problem}")]
    Authority {
        /// The provider.
        provider: ProviderId,
        /// What went wrong.
        problem: String,
    },
}

impl Gridpass {
    /// Opens an installation. At first start it makes database, key file, CA and provider keys;
    /// several processes may do so at once.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        config: InstallationConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn RandomSource>,
    ) -> Result<Self, OpenError> {
        config.validate()?;
        let now = clock.now();
        let store = Store::open(&config.database)?;
        let vault = Arc::new(open_vault(&store, &config.key_file, now, &*random)?);
        store.seal_audit_with(&vault);
        let opening = Opening {
            store: &store,
            vault: &vault,
            random: &random,
            now,
        };
        opening.write_config(&config.providers)?;
        let meters = Meters::new();
        let providers = config
            .providers
            .into_iter()
            .map(|provider| open_provider(&opening, provider, &config.origin, &meters))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            passwords: Passwords::new(),
            silence: Silence::default(),
            oidc_http: Arc::new(Network::new()),
            mail_service: MailService::Missing,
            store,
            vault,
            clock,
            random,
            origin: config.origin,
            limits: config.limits,
            providers,
            responders: Responders::default(),
            device_line: None,
            wakes: Arc::default(),
            meters,
            stopping: Stopping::default(),
            retention: Retention::default(),
        })
    }

    /// The same installation with another CA for one provider.
    #[must_use]
    pub fn with_authority(
        mut self,
        provider: &ProviderId,
        authority: Arc<dyn CertificateAuthority>,
    ) -> Self {
        for known in self
            .providers
            .iter_mut()
            .filter(|known| known.config.id == *provider)
        {
            known.substitute = Some(Arc::clone(&authority));
        }
        self
    }

    /// What certifies the devices of a provider.
    #[must_use]
    pub fn authority(&self, provider: &ProviderId) -> Option<Arc<dyn CertificateAuthority>> {
        self.provider(provider).map(Provider::authority)
    }

    /// Where the portal is reached.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The time, as this installation sees it.
    #[must_use]
    pub fn clock_now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Who waits for something to lie in a mailbox.
    #[must_use]
    pub const fn wakes(&self) -> &Arc<Wakes> {
        &self.wakes
    }

    /// Whether the database is reached over a connection, whose client blocks on a runtime of its
    /// own: within another one its calls need a thread that may block.
    #[must_use]
    pub const fn is_database_remote(&self) -> bool {
        self.store.is_remote()
    }

    /// From now on a call waits for other processes that hold the database no longer than whoever
    /// sent it does: about a third of a request's time.
    ///
    /// # Errors
    /// The database failed.
    pub fn wait_as_requests_do(&self) -> Result<(), StoreError> {
        self.store.wait_at_most(REQUEST_PATIENCE)
    }

    pub(crate) fn provider(&self, id: &ProviderId) -> Option<&Provider> {
        self.providers
            .iter()
            .find(|provider| provider.config.id == *id)
    }

    /// The provider, and the live key of it, that a message was sealed to.
    pub(crate) fn provider_by_key(
        &self,
        key_id: &KeyId,
        now: UnixTime,
    ) -> Option<(&Provider, Arc<AuthorityKey>)> {
        self.providers.iter().find_map(|provider| {
            let mut keys = provider.live_keys(now).into_iter();
            Some((provider, keys.find(|key| key.id() == key_id)?))
        })
    }

    /// Takes up what was done to the CAs since they were opened: issuing keys that were
    /// installed at the command line, provider keys that near their end. Returns the providers
    /// whose keys changed.
    ///
    /// # Errors
    /// The database cannot be read or written, or a new provider key cannot be certified. What
    /// was in force stays so.
    pub fn refresh_authorities(&self) -> Result<Vec<ProviderId>, OpenError> {
        let opening = Opening {
            store: &self.store,
            vault: &self.vault,
            random: &self.random,
            now: self.clock_now(),
        };
        let mut changed = Vec::new();
        for provider in &self.providers {
            provider.authority().tend(opening.now);
            if !opening.is_current(&provider.config.id, &provider.identity())? {
                provider.take_on(opening.identity(&provider.config, &self.origin)?);
                changed.push(provider.config.id.clone());
            }
        }
        Ok(changed)
    }
}

impl std::fmt::Debug for Gridpass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gridpass")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// Refuses a provider whose labels would not fit a QR code, before the first one is made.
fn check_label(
    config: &ProviderConfig,
    origin: &Origin,
    key: &AuthorityKey,
    now: UnixTime,
) -> Result<(), ConfigError> {
    let payload = Payload {
        temporary_id: TemporaryId::from_bytes([0; 16]),
        otp_ciphertext: OtpCiphertext::from_bytes([0; 32]),
        provider_certificate: label::provider_certificate(config.label_profile, key.certificate()),
        csr_content: config.csr_content.clone(),
        key_algorithm: KeyAlgorithm::Rs3072,
        expires_at: now,
        // The longer of the two.
        kind: LabelKind::Gateway,
    };
    if label_image::fits(&Link::new(origin, &payload)) {
        return Ok(());
    }
    Err(ConfigError {
        name: format!("providers.{}.csr_content", config.id),
        problem: "too long for a QR code".to_owned(),
    })
}

fn open_provider(
    opening: &Opening<'_>,
    config: ProviderConfig,
    origin: &Origin,
    meters: &Meters,
) -> Result<Provider, OpenError> {
    let identity = opening.identity(&config, origin)?;
    check_label(&config, origin, identity.key(), opening.now)?;
    let oidc = config
        .oidc
        .clone()
        .map(RelyingParty::open)
        .transpose()
        .map_err(|problem| ConfigError {
            name: format!("providers.{}.oidc.client_secret_file", config.id),
            problem,
        })?;
    Ok(Provider {
        identity: RwLock::new(Arc::new(identity)),
        substitute: None,
        ca_meter: meters.ca.of(&config.id, config.ca.adapter()),
        oidc,
        config,
    })
}
