//! The installation: what is opened once and shared by every request.

use std::{path::Path, sync::Arc};

use gridpass_protocol::{
    KeyAlgorithm, KeyId, Link, Origin, OtpCiphertext, Payload, TemporaryId, UnixTime,
};
use rusqlite::params;

use crate::{
    audit,
    ca::{AuthorityKey, BuiltInAuthority, CertificateAuthority, Generation, make_provider_key},
    clock::Clock,
    config::{ConfigError, InstallationConfig, Limits, ProviderConfig},
    id::ProviderId,
    key_file::{self, KeyFileError},
    label, label_image,
    oidc::{Network, OidcHttp, RelyingParty},
    random::{Random, RandomSource},
    staff::{MailService, password::Passwords},
    store::{
        Store, StoreError,
        provider_keys::{self, Role, SealedKey},
        seconds, sql,
    },
    tenant,
    vault::Vault,
};

/// A provider key with less time left than this, in seconds, gets a successor.
const SUCCESSOR_BEFORE: u64 = 90 * 24 * 60 * 60;

/// The provider's side of Gridpass. Cheap to share; every call may block on the disk.
pub struct Gridpass {
    pub(crate) store: Store,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn RandomSource>,
    pub(crate) origin: Origin,
    pub(crate) limits: Limits,
    pub(crate) passwords: Passwords,
    pub(crate) oidc_http: Arc<dyn OidcHttp>,
    pub(crate) mail_service: MailService,
    pub(crate) providers: Vec<Provider>,
}

/// One provider with its keys.
pub(crate) struct Provider {
    pub(crate) config: ProviderConfig,
    pub(crate) authority: Arc<dyn CertificateAuthority>,
    pub(crate) oidc: Option<RelyingParty>,
    /// Youngest first, never empty.
    keys: Vec<AuthorityKey>,
}

impl Provider {
    /// The key that new labels name.
    pub(crate) fn key(&self) -> &AuthorityKey {
        self.keys
            .first()
            .expect("`open` made one if there was none")
    }

    /// The keys that confirmations may be sealed to at `now`.
    pub(crate) fn live_keys(&self, now: UnixTime) -> impl Iterator<Item = &AuthorityKey> {
        self.keys
            .iter()
            .filter(move |key| key.not_before() <= now && now < key.not_after())
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
        let providers = config
            .providers
            .into_iter()
            .map(|provider| opening.open_provider(provider, &config.origin))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            passwords: Passwords::new(),
            oidc_http: Arc::new(Network::new()),
            mail_service: MailService::Missing,
            store,
            vault,
            clock,
            random,
            origin: config.origin,
            limits: config.limits,
            providers,
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
            known.authority = Arc::clone(&authority);
        }
        self
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

    /// Whether the database can be read and written now.
    ///
    /// # Errors
    /// It cannot.
    pub fn check_ready(&self) -> Result<(), StoreError> {
        self.store.read(|connection| {
            connection
                .prepare_cached("SELECT 1")?
                .query_row([], |_| Ok(()))?;
            Ok::<_, StoreError>(())
        })?;
        self.store.write(|_| Ok(()))
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
    ) -> Option<(&Provider, &AuthorityKey)> {
        self.providers.iter().find_map(|provider| {
            Some((
                provider,
                provider.live_keys(now).find(|key| key.id() == key_id)?,
            ))
        })
    }
}

impl std::fmt::Debug for Gridpass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gridpass")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// The vault of this database: its key file is made with the first row, and must be the same
/// ever after.
fn open_vault(
    store: &Store,
    key_file: &Path,
    now: UnixTime,
    random: &dyn RandomSource,
) -> Result<Vault, OpenError> {
    const CHECK: &str = "SELECT key_check FROM installation WHERE id = 1";
    let made_before =
        store.read(|connection| Ok::<_, StoreError>(connection.prepare(CHECK)?.exists([])?))?;
    let master = if made_before {
        key_file::read(key_file)?.ok_or_else(|| KeyFileError::Missing {
            path: key_file.to_owned(),
        })?
    } else {
        key_file::read_or_make(key_file, &Random(random))?
    };
    let vault = Vault::new(&master);
    let check = *vault.check();
    let found = store.write(move |transaction| {
        transaction.execute(
            sql!(
                "INSERT INTO installation (id, key_check, made_at) VALUES (1, $1, $2)
             ON CONFLICT (id) DO NOTHING"
            ),
            params![check, seconds(now)],
        )?;
        Ok::<Vec<u8>, StoreError>(transaction.query_row(CHECK, [], |row| row.get(0))?)
    })?;
    if found == check {
        Ok(vault)
    } else {
        Err(OpenError::WrongKeyFile)
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
    };
    if label_image::fits(&Link::new(origin, &payload)) {
        return Ok(());
    }
    Err(ConfigError {
        name: format!("providers.{}.csr_content", config.id),
        problem: "too long for a QR code".to_owned(),
    })
}

/// What opening needs in every step.
struct Opening<'a> {
    store: &'a Store,
    vault: &'a Arc<Vault>,
    random: &'a Arc<dyn RandomSource>,
    now: UnixTime,
}

impl Opening<'_> {
    fn write_config(&self, providers: &[ProviderConfig]) -> Result<(), StoreError> {
        let (providers, random, now) = (providers.to_vec(), Arc::clone(self.random), self.now);
        let vault = Arc::clone(self.vault);
        self.store.write(move |transaction| {
            tenant::write_config(transaction, &providers, now, &Random(&*random))?;
            providers
                .iter()
                .try_for_each(|provider| audit::chain::begin(transaction, &provider.id, &vault))
        })
    }

    fn open_provider(
        &self,
        config: ProviderConfig,
        origin: &Origin,
    ) -> Result<Provider, OpenError> {
        let failed = |error: &dyn std::fmt::Display| OpenError::Authority {
            provider: config.id.clone(),
            problem: error.to_string(),
        };
        if self.keys(&config.id, Role::Issuing)?.is_empty() {
            let made = Generation::make(&config.id, self.now, &mut Random(&**self.random))
                .map_err(|error| failed(&error))?;
            self.keep_first(
                &config.id,
                Role::Issuing,
                &[(Role::Root, &made.root), (Role::Issuing, &made.issuing)],
                UnixTime(0),
            )?;
        }
        let missing = || failed(&"its keys are gone");
        let root = self
            .keys(&config.id, Role::Root)?
            .into_iter()
            .next()
            .ok_or_else(missing)?;
        let issuing = self
            .keys(&config.id, Role::Issuing)?
            .into_iter()
            .next()
            .ok_or_else(missing)?;
        let good_until = self.now.plus(SUCCESSOR_BEFORE);
        let mut keys = self.keys(&config.id, Role::Provider)?;
        if !keys.iter().any(|key| key.not_after() > good_until) {
            let random = &mut Random(&**self.random);
            let made = make_provider_key(&config.id, &issuing, self.now, random)
                .map_err(|error| failed(&error))?;
            self.keep_first(
                &config.id,
                Role::Provider,
                &[(Role::Provider, &made)],
                good_until,
            )?;
            keys = self.keys(&config.id, Role::Provider)?;
        }
        if keys.is_empty() {
            return Err(missing());
        }
        check_label(&config, origin, &keys[0], self.now)?;
        let authority = BuiltInAuthority::new(
            origin,
            root.certificate().to_vec(),
            issuing,
            Arc::clone(self.random),
        )
        .map_err(|error| failed(&error))?;
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
            authority: Arc::new(authority),
            oidc,
            keys,
            config,
        })
    }

    fn keys(&self, provider: &ProviderId, role: Role) -> Result<Vec<AuthorityKey>, StoreError> {
        self.store
            .read(|connection| provider_keys::find(connection, provider, role, self.vault))
    }

    /// Writes `made`, unless another process was faster: then there already is a key of `role`
    /// that is good beyond `good_until`, and `made` is dropped.
    fn keep_first(
        &self,
        provider: &ProviderId,
        role: Role,
        made: &[(Role, &AuthorityKey)],
        good_until: UnixTime,
    ) -> Result<(), StoreError> {
        let random = Random(&**self.random);
        let sealed: Vec<_> = made
            .iter()
            .map(|(role, key)| SealedKey::new(*role, key, self.vault, &random))
            .collect();
        let (provider, vault, now) = (provider.clone(), Arc::clone(self.vault), self.now);
        self.store.write(move |transaction| {
            let present = provider_keys::find(transaction, &provider, role, &vault)?;
            if present.iter().any(|key| key.not_after() > good_until) {
                return Ok(());
            }
            sealed
                .iter()
                .try_for_each(|key| provider_keys::insert(transaction, &provider, key, now))
        })
    }
}
