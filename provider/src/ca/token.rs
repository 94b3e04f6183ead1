//! Issuing keys that a PKCS#11 token makes and never gives away.
//!
//! The module of the token's maker is loaded by its path when it is first needed. Sessions are
//! kept open, a few of them; one that fails is closed and the work tried once more in a new one,
//! so that a token that was away is taken up again when it is back. A PIN that the token refused is
//! not shown to it again: tokens lock themselves after a few wrong ones.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::Mechanism,
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use der::{
    AnyRef, Decode, Encode, Sequence,
    asn1::{BitStringRef, OctetStringRef, UintRef},
};
use gridpass_protocol::{KeyAlgorithm, PublicKey};
use serde::Deserialize;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use zeroize::Zeroizing;

use super::{
    root::CaKeyAlgorithm,
    signer::{SignError, SignatureAlgorithm, Signer, verify},
};
use crate::vault::sha256;

/// Sessions of one key that may be open at once; more signatures wait for a turn.
const MOST_SESSIONS: usize = 8;

/// How long a signature waits for a turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// secp256r1 (RFC 5480, 2.1.1.1), as CKA_EC_PARAMS and as the parameters of a key.
const P256: &[u8] = &[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];

/// `DigestInfo` of a SHA-256 hash, up to the hash (RFC 8017, 9.2, note 1).
const SHA256_DIGEST_INFO: &[u8] = &[
    0x30, 0x31, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20,
];

/// Where the issuing keys of a provider are kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// The PKCS#11 module, a shared library of the token's maker.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// What keys are called in it; the number of the key is appended.
    pub key_label: String,
    /// A file with the user's PIN.
    #[serde(default)]
    pub pin_file: Option<PathBuf>,
    /// The name of the environment variable with the user's PIN.
    #[serde(default)]
    pub pin_variable: Option<String>,
}

impl TokenConfig {
    /// What is wrong with it: the setting, and why.
    pub(crate) fn problem(&self) -> Option<(&'static str, &'static str)> {
        if self.token.is_empty() || self.token.len() > 32 {
            return Some(("token", "1 to 32 bytes (PKCS #11, CK_TOKEN_INFO)"));
        }
        if !(1..=64).contains(&self.key_label.len()) {
            return Some(("key_label", "1 to 64 bytes"));
        }
        if self.pin_file.is_some() == self.pin_variable.is_some() {
            return Some((
                "pin_file",
                "exactly one of pin_file and pin_variable is needed",
            ));
        }
        None
    }

    fn pin(&self) -> Result<Zeroizing<String>, TokenError> {
        let text = match (&self.pin_file, &self.pin_variable) {
            (Some(file), _) => std::fs::read_to_string(file).map_err(|error| error.to_string()),
            (None, Some(variable)) => std::env::var(variable).map_err(|error| error.to_string()),
            (None, None) => Err("none is configured".to_owned()),
        };
        text.map(Zeroizing::new)
            .map(|text| Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
            .map_err(TokenError::Pin)
    }
}

/// Why a token did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the PIN cannot be read: {0}")]
    Pin(String),
    #[error("the token refused the PIN; another one is tried, and the same one after a restart")]
    PinRefused,
    #[error("there is no token with this label")]
    NoToken,
    #[error("the key is not in the token")]
    NoKey,
    #[error("every session is busy")]
    Busy,
    #[error("it gave a public key that is none")]
    PublicKey,
    #[error("{0}")]
    Module(#[from] Error),
}

/// A key in a token.
pub(crate) struct TokenSigner {
    config: TokenConfig,
    /// CKA_ID.
    id: Vec<u8>,
    spki: Vec<u8>,
    algorithm: SignatureAlgorithm,
    pool: Mutex<Pool>,
    freed: Condvar,
}

/// Sessions that wait for work, and how many there are in all.
#[derive(Default)]
struct Pool {
    idle: Vec<Seat>,
    open: usize,
}

/// A session with the handle of the key in it.
struct Seat {
    opened: Opened,
    key: ObjectHandle,
}

impl TokenSigner {
    /// One that signs with the key under `id`, whose public half is known. Talks to no token yet.
    pub(crate) fn new(config: TokenConfig, id: Vec<u8>, spki: Vec<u8>) -> Result<Self, TokenError> {
        let public = PublicKey::from_spki_der(&spki).map_err(|_| TokenError::PublicKey)?;
        Ok(Self {
            algorithm: SignatureAlgorithm::of(public.algorithm()),
            config,
            id,
            spki,
            pool: Mutex::default(),
            freed: Condvar::new(),
        })
    }

    /// Makes a key in the token: it cannot be taken out, and signs only.
    pub(crate) fn make(
        config: TokenConfig,
        id: Vec<u8>,
        algorithm: CaKeyAlgorithm,
        generation: u32,
    ) -> Result<Self, TokenError> {
        let opened = open_session(&config)?;
        let label = format!("{} {generation}", config.key_label);
        let spki = generate(&opened.session, &id, &label, algorithm)?;
        Self::new(config, id, spki)
    }

    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        let seat = self.take_seat()?;
        match self.sign_in(&seat, message) {
            Ok(signature) => {
                self.give_back(seat);
                Ok(signature)
            }
            Err(_) => {
                // The session may have been of a token that is gone: so may all others be.
                drop(seat);
                self.forget_all();
                let seat = self.take_seat()?;
                let signature = self.sign_in(&seat, message);
                match signature {
                    Ok(_) => self.give_back(seat),
                    Err(_) => self.forget_one(),
                }
                signature
            }
        }
    }

    fn sign_in(&self, seat: &Seat, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        let hash = sha256(message);
        let session = &seat.opened.session;
        let sign = |mechanism: &Mechanism<'_>, data: &[u8]| session.sign(mechanism, seat.key, data);
        match self.algorithm {
            SignatureAlgorithm::EcdsaSha256 => {
                let raw = sign(&Mechanism::Ecdsa, &hash)?;
                ecdsa_to_der(&raw).map_err(|_| Error::InvalidValue.into())
            }
            SignatureAlgorithm::RsaSha256 => Ok(sign(
                &Mechanism::RsaPkcs,
                &[SHA256_DIGEST_INFO, &hash].concat(),
            )?),
        }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        // Every change under this lock is whole before anything could panic.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_seat(&self) -> Result<Seat, TokenError> {
        let must_wait = |pool: &mut Pool| pool.idle.is_empty() && pool.open >= MOST_SESSIONS;
        let (mut pool, _) = self
            .freed
            .wait_timeout_while(self.pool(), PATIENCE, must_wait)
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(seat) = pool.idle.pop() {
            return Ok(seat);
        }
        if pool.open >= MOST_SESSIONS {
            return Err(TokenError::Busy);
        }
        pool.open += 1;
        drop(pool);
        self.open_seat().inspect_err(|_| self.forget_one())
    }

    fn open_seat(&self) -> Result<Seat, TokenError> {
        let opened = open_session(&self.config)?;
        let wanted = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::KeyType(match self.algorithm {
                SignatureAlgorithm::EcdsaSha256 => KeyType::EC,
                SignatureAlgorithm::RsaSha256 => KeyType::RSA,
            }),
            Attribute::Id(self.id.clone()),
        ];
        let key = opened.session.find_objects(&wanted)?.into_iter().next();
        let key = key.ok_or(TokenError::NoKey)?;
        Ok(Seat { opened, key })
    }

    fn give_back(&self, seat: Seat) {
        self.pool().idle.push(seat);
        self.freed.notify_one();
    }

    fn forget_one(&self) {
        self.pool().open -= 1;
        self.freed.notify_one();
    }

    /// Closes the sessions that wait, and counts off one more, which failed.
    fn forget_all(&self) {
        let mut pool = self.pool();
        let idle = std::mem::take(&mut pool.idle);
        pool.open -= idle.len() + 1;
        drop(pool);
        self.freed.notify_all();
    }
}

impl Signer for TokenSigner {
    fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = self
            .try_sign(message)
            .map_err(|error| SignError::Token(error.to_string()))?;
        // A token with a fault must not give anything away by it, nor waste a certificate.
        verify(&self.spki, message, &signature)
            .map_err(|_| SignError::Token("its signature does not verify".to_owned()))?;
        Ok(signature)
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner")
            .field("token", &self.config.token)
            .finish_non_exhaustive()
    }
}

/// A session whose user is logged in. It closes before it lets go of its module.
struct Opened {
    session: Session,
    _module: Module,
}

/// A loaded module, and everybody in this process who has it in use.
#[derive(Clone)]
struct Module {
    pkcs11: Pkcs11,
    users: Arc<()>,
}

/// SHA-256 of the last PIN that a token refused. Whoever logs in holds it, so that sessions that are opened
/// at the same moment do not each show a wrong one.
type Refused = Option<[u8; 32]>;

/// What is known of the modules and tokens of this process.
#[derive(Default)]
struct Known {
    modules: HashMap<PathBuf, Module>,
    /// By module and label.
    refused: HashMap<(PathBuf, String), Arc<Mutex<Refused>>>,
}

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

fn known() -> MutexGuard<'static, Known> {
    // Every change under this lock is whole before anything could panic.
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Module {
    /// The one at a path: loaded once a process, initialized (PKCS #11, `C_Initialize`).
    fn at(path: &Path) -> Result<Self, Error> {
        let mut known = known();
        let module = match known.modules.get(path) {
            Some(module) => module.clone(),
            None => {
                let (pkcs11, users) = (Pkcs11::new(path)?, Arc::new(()));
                let module = Self { pkcs11, users };
                known.modules.insert(path.to_owned(), module.clone());
                module
            }
        };
        match module
            .pkcs11
            .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
        {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
            Err(error) => Err(error),
        }
    }

    /// Ends it, unless somebody else has it in use; whether it was ended. The next who needs it
    /// initializes it anew.
    fn end(&self) -> bool {
        // Nobody else begins to use it as long as this is held.
        let _known = known();
        // The other one is the one that is known.
        Arc::strong_count(&self.users) == 2 && self.pkcs11.clone().finalize().is_ok()
    }
}

fn open_session(config: &TokenConfig) -> Result<Opened, TokenError> {
    let module = Module::at(&config.module)?;
    match open_in(module.clone(), config) {
        // Some modules look for tokens only when they are initialized.
        Err(TokenError::NoToken | TokenError::Module(_)) if module.end() => {
            open_in(Module::at(&config.module)?, config)
        }
        opened => opened,
    }
}

fn open_in(module: Module, config: &TokenConfig) -> Result<Opened, TokenError> {
    let pin = config.pin()?;
    let shown = sha256(pin.as_bytes());
    let token = (config.module.clone(), config.token.clone());
    let refused = Arc::clone(known().refused.entry(token).or_default());
    let mut refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
    if *refused == Some(shown) {
        return Err(TokenError::PinRefused);
    }
    let session = module
        .pkcs11
        .open_rw_session(slot(&module.pkcs11, &config.token)?)?;
    match session.login(UserType::User, Some(&AuthPin::from(pin.as_str()))) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(Opened {
            session,
            _module: module,
        }),
        Err(Error::Pkcs11(
            RvError::PinIncorrect
            | RvError::PinInvalid
            | RvError::PinLenRange
            | RvError::PinExpired
            | RvError::PinLocked,
            _,
        )) => {
            *refused = Some(shown);
            Err(TokenError::PinRefused)
        }
        Err(error) => Err(error.into()),
    }
}

fn slot(module: &Pkcs11, label: &str) -> Result<Slot, TokenError> {
    for slot in module.get_slots_with_initialized_token()? {
        // Labels are padded with blanks (PKCS #11, CK_TOKEN_INFO).
        if module.get_token_info(slot)?.label().trim_end() == label {
            return Ok(slot);
        }
    }
    Err(TokenError::NoToken)
}

/// Makes a key pair in the token; returns the SubjectPublicKeyInfo.
fn generate(
    session: &Session,
    id: &[u8],
    label: &str,
    algorithm: CaKeyAlgorithm,
) -> Result<Vec<u8>, TokenError> {
    let named = |class| {
        vec![
            Attribute::Class(class),
            Attribute::Token(true),
            Attribute::Id(id.to_vec()),
            Attribute::Label(label.as_bytes().to_vec()),
        ]
    };
    let mut public = named(ObjectClass::PUBLIC_KEY);
    public.push(Attribute::Verify(true));
    let mut private = named(ObjectClass::PRIVATE_KEY);
    private.extend([
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
    ]);
    let mechanism = match algorithm.key_algorithm() {
        KeyAlgorithm::Es256 => {
            public.push(Attribute::KeyType(KeyType::EC));
            public.push(Attribute::EcParams(P256.to_vec()));
            Mechanism::EccKeyPairGen
        }
        KeyAlgorithm::Rs2048 | KeyAlgorithm::Rs3072 => {
            public.push(Attribute::KeyType(KeyType::RSA));
            public.push(Attribute::ModulusBits(3072.into()));
            public.push(Attribute::PublicExponent(vec![1, 0, 1]));
            Mechanism::RsaPkcsKeyPairGen
        }
    };
    let (public, _) = session.generate_key_pair(&mechanism, &public, &private)?;
    let attributes = session.get_attributes(
        public,
        &[
            AttributeType::EcPoint,
            AttributeType::Modulus,
            AttributeType::PublicExponent,
        ],
    )?;
    spki(&attributes).ok_or(TokenError::PublicKey)
}

/// The SubjectPublicKeyInfo of a public key in a token.
fn spki(attributes: &[Attribute]) -> Option<Vec<u8>> {
    let mut modulus = None;
    let mut exponent = None;
    for attribute in attributes {
        match attribute {
            Attribute::EcPoint(point) => return p256_spki(point).ok(),
            Attribute::Modulus(bytes) => modulus = Some(bytes),
            Attribute::PublicExponent(bytes) => exponent = Some(bytes),
            _ => {}
        }
    }
    rsa_spki(modulus?, exponent?).ok()
}

fn p256_spki(point: &[u8]) -> der::Result<Vec<u8>> {
    let point = <&OctetStringRef>::from_der(point)?;
    SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef {
            oid: const_oid::db::rfc5912::ID_EC_PUBLIC_KEY,
            parameters: Some(AnyRef::from_der(P256)?),
        },
        subject_public_key: BitStringRef::from_bytes(point.as_bytes())?,
    }
    .to_der()
}

fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> der::Result<Vec<u8>> {
    /// `RSAPublicKey` (RFC 8017, A.1.1).
    #[derive(Sequence)]
    struct RsaPublicKey<'a> {
        modulus: UintRef<'a>,
        exponent: UintRef<'a>,
    }
    let key = RsaPublicKey {
        modulus: UintRef::new(modulus)?,
        exponent: UintRef::new(exponent)?,
    }
    .to_der()?;
    SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef {
            oid: const_oid::db::rfc5912::RSA_ENCRYPTION,
            parameters: Some(AnyRef::NULL),
        },
        subject_public_key: BitStringRef::from_bytes(&key)?,
    }
    .to_der()
}

/// `ECDSA-Sig-Value` (RFC 3279, 2.2.3) of r and s side by side, as tokens give them.
fn ecdsa_to_der(raw: &[u8]) -> der::Result<Vec<u8>> {
    #[derive(Sequence)]
    struct Value<'a> {
        r: UintRef<'a>,
        s: UintRef<'a>,
    }
    let (r, s) = raw.split_at(raw.len() / 2);
    Value {
        r: UintRef::new(r)?,
        s: UintRef::new(s)?,
    }
    .to_der()
}
