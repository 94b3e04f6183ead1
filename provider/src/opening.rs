//! Opening an installation: its vault, its providers, and the keys of each.

use std::{path::Path, sync::Arc};

use gridpass_protocol::{Origin, UnixTime};

use crate::{
    audit,
    ca::{
        AuthorityKey, BuiltInAuthority, CertificateAuthority, EstAuthority, Issuer, Signer,
        SoftwareSigner, TokenSigner, certify_issuing, make_private_key, make_provider_key,
        make_root,
    },
    config::{CaConfig, ProviderConfig},
    id::ProviderId,
    installation::OpenError,
    key_file::{self, KeyFileError},
    random::{Random, RandomSource},
    store::{
        Connection, Store, StoreError, identity,
        issuing_keys::{self, IssuingKey, KeyPlace, NewIssuingKey, Written},
        params,
        provider_keys::{self, Role, SealedKey},
        seconds, sql,
    },
    tenant,
    vault::Vault,
};

/// A provider key with less time left than this, in seconds, gets a successor.
const SUCCESSOR_BEFORE: u64 = 90 * 24 * 60 * 60;

/// The vault of this database: its key file is made with the first row, and must be the same
/// ever after.
pub(crate) fn open_vault(
    store: &Store,
    key_file: &Path,
    now: UnixTime,
    random: &dyn RandomSource,
) -> Result<Vault, OpenError> {
    let identity = store.read(identity::find)?;
    if let Some(check) = identity.key_check {
        return find_vault(key_file, identity.sealed_master.as_deref(), &check);
    }
    let vault = Vault::new(&key_file::read_or_make(key_file, &Random(random))?);
    let check = *vault.check();
    let found = store.write(move |transaction| {
        transaction.execute(
            sql!(
                "INSERT INTO installation (id, key_check, made_at) VALUES (1, $1, $2)
             ON CONFLICT (id) DO NOTHING"
            ),
            params![check, seconds(now)],
        )?;
        identity::find(transaction)
    })?;
    if found.key_check.as_deref() == Some(check.as_slice()) {
        Ok(vault)
    } else {
        Err(OpenError::WrongKeyFile)
    }
}

/// How long a new key is known before it is used, in seconds. Every server looks for new keys every
/// two seconds, and its listener for devices every five: what a key has signed meets no server that
/// does not know the key, although clocks differ a little.
const KNOWN_BEFORE: u64 = 15;

/// The vault that the key file opens; or the one that is to follow it, if whoever exchanged them
/// was interrupted before it had its name.
fn find_vault(
    key_file: &Path,
    sealed_master: Option<&[u8]>,
    check: &[u8],
) -> Result<Vault, OpenError> {
    let mut found = false;
    for path in [key_file, &key_file::next_of(key_file)] {
        let Some(key) = key_file::read(path)? else {
            continue;
        };
        found = true;
        if let Some(vault) = Vault::opened_by(&key, sealed_master, check) {
            return Ok(vault);
        }
    }
    Err(if found {
        OpenError::WrongKeyFile
    } else {
        KeyFileError::Missing {
            path: key_file.to_owned(),
        }
        .into()
    })
}

/// What certifies devices and what messages are sealed to, of one provider.
pub(crate) struct Identity {
    pub(crate) authority: Arc<dyn CertificateAuthority>,
    /// Certifies the keys of the provider itself.
    pub(crate) own: Arc<BuiltInAuthority>,
    /// The root, if its key lies in the database: it says that no issuing key is revoked.
    pub(crate) root: Option<Arc<Issuer>>,
    /// The one that labels name first, then the youngest; never empty.
    pub(crate) keys: Vec<Arc<AuthorityKey>>,
    /// How many issuing keys had been installed.
    installed: u64,
    /// How many keys of the provider itself there were.
    made: u64,
    /// When a key comes into force that was too new.
    ripens_at: Option<UnixTime>,
}

impl Identity {
    /// The key that new labels name.
    pub(crate) fn key(&self) -> &Arc<AuthorityKey> {
        self.keys
            .first()
            .expect("`Opening::identity` made one if there was none")
    }
}

/// What opening needs in every step.
pub(crate) struct Opening<'a> {
    pub(crate) store: &'a Store,
    pub(crate) vault: &'a Arc<Vault>,
    pub(crate) random: &'a Arc<dyn RandomSource>,
    pub(crate) now: UnixTime,
}

impl Opening<'_> {
    pub(crate) fn write_config(&self, providers: &[ProviderConfig]) -> Result<(), StoreError> {
        let (providers, random, now) = (providers.to_vec(), Arc::clone(self.random), self.now);
        let vault = Arc::clone(self.vault);
        self.store.write(move |transaction| {
            tenant::write_config(transaction, &providers, now, &Random(&*random))?;
            providers
                .iter()
                .try_for_each(|provider| audit::chain::begin(transaction, &provider.id, &vault))
        })
    }

    /// Whether nothing happened since, here or at another server, that asks for other keys.
    pub(crate) fn is_current(
        &self,
        provider: &ProviderId,
        identity: &Identity,
    ) -> Result<bool, StoreError> {
        let (installed, made) = self.store.read(|connection| {
            Ok::<_, StoreError>((
                issuing_keys::installed_count(connection, provider)?,
                provider_keys::count(connection, provider, Role::Provider)?,
            ))
        })?;
        let key = identity.key();
        let issuers = identity.own.issuers();
        let issuer_begins = issuers
            .first()
            .map_or(self.now, |issuer| issuer.not_before());
        // A key that was made under a clock that ran ahead is good later.
        let is_good = key.not_before() <= self.now.max(issuer_begins)
            && key.not_after() > self.now.plus(SUCCESSOR_BEFORE);
        let is_ripe = identity.ripens_at.is_none_or(|ripens| self.now < ripens);
        Ok((installed, made) == (identity.installed, identity.made) && is_ripe && is_good)
    }

    /// The keys of a provider. Makes those that it may make and that are missing.
    pub(crate) fn identity(
        &self,
        config: &ProviderConfig,
        origin: &Origin,
    ) -> Result<Identity, OpenError> {
        let failed = |error: &dyn std::fmt::Display| OpenError::Authority {
            provider: config.id.clone(),
            problem: error.to_string(),
        };
        let mut issuers = self.issuers(config)?;
        if issuers.is_empty() {
            if matches!(config.ca, CaConfig::Ceremony { .. }) {
                return Err(failed(&NOT_INSTALLED));
            }
            self.make_first(&config.id)?;
            issuers = self.issuers(config)?;
        }
        let now = self.now;
        let installed = issuers.len() as u64;
        let Order {
            first: issuer,
            others,
            ripens_at,
        } = by_force(issuers, now).ok_or_else(|| failed(&"its keys are gone"))?;
        let keys = self.provider_keys(&config.id, &issuer)?;
        let own = BuiltInAuthority::new(
            origin,
            &config.profile,
            issuer,
            others
                .into_iter()
                .filter(|predecessor| now <= predecessor.not_after()),
            config.revocation.crl_shards,
            Arc::clone(self.random),
        )
        .map_err(|error| failed(&error))?;
        let own = Arc::new(own);
        let authority: Arc<dyn CertificateAuthority> = match &config.ca {
            CaConfig::Est(est) => {
                let upstream = EstAuthority::new(est, &config.profile);
                Arc::new(upstream.map_err(|problem| failed(&problem))?)
            }
            CaConfig::Automatic | CaConfig::Ceremony { .. } => {
                Arc::clone(&own) as Arc<dyn CertificateAuthority>
            }
        };
        Ok(Identity {
            authority,
            own,
            root: self.root(&config.id)?,
            installed,
            made: keys.made,
            ripens_at: ripens_at.into_iter().chain(keys.ripens_at).min(),
            keys: keys.keys,
        })
    }

    /// The root, if its key lies in the database.
    fn root(&self, provider: &ProviderId) -> Result<Option<Arc<Issuer>>, OpenError> {
        let roots = self
            .store
            .read(|connection| provider_keys::find(connection, provider, Role::Root, self.vault))?;
        let Some((root, _)) = roots.into_iter().next() else {
            return Ok(None);
        };
        let (certificate, signer) = root.into_parts();
        let root = Issuer::new(vec![certificate], Arc::new(signer)).map_err(|error| {
            OpenError::Authority {
                provider: provider.clone(),
                problem: format!("root: {error}"),
            }
        })?;
        Ok(Some(Arc::new(root)))
    }

    /// The installed issuing keys, the one that was installed last first, each with when it was.
    fn issuers(&self, config: &ProviderConfig) -> Result<Vec<(Issuer, UnixTime)>, OpenError> {
        let keys = self
            .store
            .read(|connection| issuing_keys::all(connection, &config.id, self.vault))?;
        keys.into_iter()
            .filter_map(|key| {
                let installed = key.installed.as_ref()?;
                let (chain, at) = (installed.chain.clone(), installed.at);
                Some((key, chain, at))
            })
            .map(|(key, chain, at)| {
                let generation = key.generation;
                signer_of(key, config)
                    .and_then(|signer| {
                        Issuer::new(chain, signer).map_err(|error| error.to_string())
                    })
                    .map(|issuer| (issuer, at))
                    .map_err(|problem| OpenError::Authority {
                        provider: config.id.clone(),
                        problem: format!("issuing key {generation}: {problem}"),
                    })
            })
            .collect()
    }

    /// Root and first issuing key of a provider whose installation keeps both, unless another
    /// process was faster.
    fn make_first(&self, provider: &ProviderId) -> Result<(), OpenError> {
        let failed = |error: &dyn std::fmt::Display| OpenError::Authority {
            provider: provider.clone(),
            problem: error.to_string(),
        };
        let mut random = Random(&**self.random);
        let root = make_root(provider, self.now, &mut random).map_err(|error| failed(&error))?;
        let sealed_root = SealedKey::new(Role::Root, &root, self.vault, &random);
        let (key, chain) = self
            .make_issuing(provider, 1, &root)
            .map_err(|error| failed(&error))?;
        let (provider, now) = (provider.clone(), self.now);
        self.store.write(move |transaction| {
            if issuing_keys::insert(transaction, &provider, &key, now)? == Written::Yes {
                provider_keys::insert(transaction, &provider, &sealed_root, now)?;
                let _ = issuing_keys::install(transaction, &provider, key.id, &chain, now)?;
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(())
    }

    /// A new issuing key, certified by the root that the installation keeps itself.
    pub(crate) fn make_issuing(
        &self,
        provider: &ProviderId,
        generation: u32,
        root: &AuthorityKey,
    ) -> Result<(NewIssuingKey, Vec<Vec<u8>>), crate::ca::MakeError> {
        let mut random = Random(&**self.random);
        let key = make_private_key(root.private().algorithm(), &mut random)?;
        let spki = key.spki_der().to_vec();
        let certificate = certify_issuing(provider, generation, &spki, root, self.now, &random)?;
        let place = KeyPlace::Database(key);
        let key = NewIssuingKey::new(generation, &spki, &place, self.vault, &random);
        Ok((key, vec![certificate, root.certificate().to_vec()]))
    }

    /// The keys that confirmations may be sealed to, the one that labels are to name first. One that
    /// `issuer` certified and that is good for a while is made if there is none.
    fn provider_keys(
        &self,
        provider: &ProviderId,
        issuer: &Issuer,
    ) -> Result<ProviderKeys, OpenError> {
        let failed = |problem: String| OpenError::Authority {
            provider: provider.clone(),
            problem,
        };
        let wanted = Wanted {
            good_from: self.now.max(issuer.not_before()),
            good_until: self
                .now
                .plus(SUCCESSOR_BEFORE)
                .min(issuer.not_after().minus(1)),
            issuer: *issuer.key_identifier(),
        };
        let read = || {
            self.store.read(|connection| {
                provider_keys::find(connection, provider, Role::Provider, self.vault)
            })
        };
        let mut keys = read()?;
        if !keys.iter().any(|(key, _)| wanted.is_met_by(key)) {
            let random = &mut Random(&**self.random);
            let made = make_provider_key(provider, issuer, self.now, random)
                .map_err(|error| failed(error.to_string()))?;
            self.keep_first(provider, &made, wanted)?;
            keys = read()?;
        }
        if keys.is_empty() {
            return Err(failed("its keys are gone".to_owned()));
        }
        let now = self.now;
        let is_known = |made_at: &UnixTime| made_at.plus(KNOWN_BEFORE) <= now;
        keys.sort_by_key(
            |(key, made_at)| match (wanted.is_met_by(key), is_known(made_at)) {
                (true, true) => (0, 0),
                // The predecessor, until every server knows the new one.
                (false, true) if now < key.not_after() => (1, 0),
                // Of several that are new, the one that is known longest.
                (true, false) => (2, made_at.0),
                (false, _) => (3, 0),
            },
        );
        Ok(ProviderKeys {
            made: keys.len() as u64,
            ripens_at: keys
                .iter()
                .map(|(_, made_at)| made_at.plus(KNOWN_BEFORE))
                .filter(|ripens| now < *ripens)
                .min(),
            keys: keys.into_iter().map(|(key, _)| Arc::new(key)).collect(),
        })
    }

    /// Writes a provider key, unless another process was faster: then `made` is dropped.
    fn keep_first(
        &self,
        provider: &ProviderId,
        made: &AuthorityKey,
        wanted: Wanted,
    ) -> Result<(), StoreError> {
        let random = Random(&**self.random);
        let sealed = SealedKey::new(Role::Provider, made, self.vault, &random);
        let (provider, vault, now) = (provider.clone(), Arc::clone(self.vault), self.now);
        self.store.write(move |transaction: &Connection| {
            let present = provider_keys::find(transaction, &provider, Role::Provider, &vault)?;
            if present.iter().any(|(key, _)| wanted.is_met_by(key)) {
                return Ok(());
            }
            provider_keys::insert(transaction, &provider, &sealed, now)
        })
    }
}

/// The keys of a provider itself.
struct ProviderKeys {
    /// The one that labels name first.
    keys: Vec<Arc<AuthorityKey>>,
    made: u64,
    ripens_at: Option<UnixTime>,
}

/// Issuing keys by what they do.
struct Order {
    /// Issues.
    first: Arc<Issuer>,
    /// Issued before, or will.
    others: Vec<Arc<Issuer>>,
    /// When another one comes into force.
    ripens_at: Option<UnixTime>,
}

/// Puts the youngest key first that every server knows. `None` if there is no key.
fn by_force(keys: Vec<(Issuer, UnixTime)>, now: UnixTime) -> Option<Order> {
    let ripens = |at: &UnixTime| at.plus(KNOWN_BEFORE);
    let in_force = keys.iter().position(|(_, at)| ripens(at) <= now);
    // The first key of all has nothing before it, and nobody who could miss it.
    let in_force = in_force.or_else(|| keys.len().checked_sub(1))?;
    let ripens_at = keys.iter().take(in_force).map(|(_, at)| ripens(at)).min();
    let mut others: Vec<_> = keys
        .into_iter()
        .map(|(issuer, _)| Arc::new(issuer))
        .collect();
    let first = others.remove(in_force);
    Some(Order {
        first,
        others,
        ripens_at,
    })
}

const NOT_INSTALLED: &str = "no issuing key is installed yet: make one with `gridpass ca request`, \
     have the root sign the request, and bring the certificate with `gridpass ca install`";

/// What the youngest provider key has to be.
#[derive(Clone, Copy)]
struct Wanted {
    good_from: UnixTime,
    good_until: UnixTime,
    issuer: [u8; 20],
}

impl Wanted {
    fn is_met_by(&self, key: &AuthorityKey) -> bool {
        key.not_before() <= self.good_from
            && key.not_after() > self.good_until
            && key.is_issued_by(&self.issuer)
    }
}

/// What signs with an issuing key.
pub(crate) fn signer_of(
    key: IssuingKey,
    config: &ProviderConfig,
) -> Result<Arc<dyn Signer>, String> {
    match key.place {
        KeyPlace::Database(private) => SoftwareSigner::new(private)
            .map(|signer| Arc::new(signer) as Arc<dyn Signer>)
            .map_err(|error| error.to_string()),
        KeyPlace::Token(id) => match &config.ca {
            CaConfig::Ceremony { token: Some(token) } => {
                TokenSigner::new(token.clone(), id, key.spki)
                    .map(|signer| Arc::new(signer) as Arc<dyn Signer>)
                    .map_err(|error| error.to_string())
            }
            _ => Err(format!(
                "it lies in a token, and providers.{}.ca.token is not set",
                config.id
            )),
        },
    }
}
