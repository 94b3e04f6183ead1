//! The token behind its maker's module.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::{
        Mechanism,
        elliptic_curve::{EcKdf, Ecdh1DeriveParams},
    },
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use der::{Decode, asn1::OctetStringRef};
use gridpass_protocol::KeyId;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{KeyLabel, P256, TokenConfig, TokenError, p256_spki};

/// What two P-256 keys agree on, in bytes.
const SECRET_LENGTH: usize = 32;

/// A token with P-256 keys. Talked to when it is first needed; one that was away is taken up again
/// when it is back.
pub(crate) struct Token {
    config: TokenConfig,
    link: Mutex<Link>,
}

/// How the token is reached.
#[derive(Default)]
struct Link {
    /// Loaded once: a process keeps it.
    module: Option<Pkcs11>,
    session: Option<Session>,
    is_pin_refused: bool,
}

impl Token {
    /// The token of a configuration. Talks to nobody yet.
    pub(crate) fn new(config: &TokenConfig) -> Result<Self, TokenError> {
        match config.problem() {
            Some((setting, why)) => Err(TokenError::Config(setting, why)),
            None => Ok(Self {
                config: config.clone(),
                link: Mutex::default(),
            }),
        }
    }

    /// Makes a key that cannot be taken out; its SubjectPublicKeyInfo. CKA_ID is the key's id.
    pub(crate) fn make_key(&self, label: &KeyLabel) -> Result<Vec<u8>, TokenError> {
        self.with_session(|session| make_key(session, label))
    }

    /// Signs by ECDSA with SHA-256: r and s of 32 bytes each.
    pub(crate) fn sign(&self, key: &KeyId, message: &[u8]) -> Result<[u8; 64], TokenError> {
        // Not every token hashes by itself.
        let hash = Sha256::digest(message);
        let signature = self.with_session(|session| {
            let key = private_key(session, key)?;
            Ok(session.sign(&Mechanism::Ecdsa, key, &hash)?)
        })?;
        signature
            .try_into()
            .map_err(|_| TokenError::Faulty("a signature of another length"))
    }

    /// Agrees with a P-256 point (SEC 1, uncompressed): the shared secret of 32 bytes.
    pub(crate) fn agree(
        &self,
        key: &KeyId,
        point: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        self.with_session(|session| {
            let key = private_key(session, key)?;
            agree(session, key, point)
        })
    }

    /// Destroys the keys with this label but for those named.
    pub(crate) fn keep_only(&self, label: &KeyLabel, named: &[KeyId]) -> Result<(), TokenError> {
        self.with_session(|session| keep_only(session, label, named))
    }

    /// Does something in a session. One that fails is closed and the work tried once more in a
    /// new one: it may have been of a token that was away meanwhile.
    fn with_session<T>(
        &self,
        work: impl Fn(&Session) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        // Every change under this lock is whole before anything could panic.
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = link.session.take() {
            if let Ok(done) = work(&session) {
                link.session = Some(session);
                return Ok(done);
            }
            link.leave(session);
        }
        let session = link.open(&self.config)?;
        match work(&session) {
            Ok(done) => {
                link.session = Some(session);
                Ok(done)
            }
            Err(error) => {
                link.leave(session);
                Err(error)
            }
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("token", &self.config.token)
            .finish_non_exhaustive()
    }
}

impl Link {
    fn open(&mut self, config: &TokenConfig) -> Result<Session, TokenError> {
        if self.is_pin_refused {
            return Err(TokenError::PinRefused);
        }
        let module = match &self.module {
            Some(module) => module.clone(),
            None => self.module.insert(Pkcs11::new(&config.module)?).clone(),
        };
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(error.into()),
        }
        let opened = open_session(&module, config);
        if opened.is_err() {
            forget_slots(module);
        }
        self.is_pin_refused = matches!(opened, Err(TokenError::PinRefused));
        opened
    }

    fn leave(&mut self, session: Session) {
        drop(session);
        if let Some(module) = &self.module {
            forget_slots(module.clone());
        }
    }
}

/// Some modules look for tokens only when they are initialized: so the next try does it again.
fn forget_slots(module: Pkcs11) {
    // One that cannot even end is left as it is.
    let _ = module.finalize();
}

fn open_session(module: &Pkcs11, config: &TokenConfig) -> Result<Session, TokenError> {
    let session = module.open_rw_session(slot(module, &config.token)?)?;
    match session.login(UserType::User, Some(&pin(config)?)) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(Error::Pkcs11(
            RvError::PinIncorrect
            | RvError::PinInvalid
            | RvError::PinLenRange
            | RvError::PinExpired
            | RvError::PinLocked,
            _,
        )) => Err(TokenError::PinRefused),
        Err(error) => Err(error.into()),
    }
}

fn pin(config: &TokenConfig) -> Result<AuthPin, TokenError> {
    let text = match (&config.pin_file, &config.pin_variable) {
        (Some(file), _) => std::fs::read_to_string(file).map_err(|error| error.to_string()),
        (None, Some(variable)) => std::env::var(variable).map_err(|error| error.to_string()),
        (None, None) => Err("none is configured".to_owned()),
    };
    let text = Zeroizing::new(text.map_err(TokenError::Pin)?);
    Ok(AuthPin::from(
        text.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

fn slot(module: &Pkcs11, label: &str) -> Result<Slot, TokenError> {
    for slot in module.get_slots_with_initialized_token()? {
        // Labels are padded with blanks (PKCS #11, CK_TOKEN_INFO).
        if module.get_token_info(slot)?.label().trim_end() == label {
            return Ok(slot);
        }
    }
    Err(TokenError::NoToken(label.to_owned()))
}

fn make_key(session: &Session, label: &KeyLabel) -> Result<Vec<u8>, TokenError> {
    let named = |class| {
        vec![
            Attribute::Class(class),
            Attribute::KeyType(KeyType::EC),
            Attribute::Token(true),
            Attribute::Label(label.0.as_bytes().to_vec()),
        ]
    };
    let mut public = named(ObjectClass::PUBLIC_KEY);
    public.extend([Attribute::EcParams(P256.to_vec()), Attribute::Verify(true)]);
    let mut private = named(ObjectClass::PRIVATE_KEY);
    private.extend([
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Derive(true),
    ]);
    let (public, private) =
        session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)?;
    let spki = match session
        .get_attributes(public, &[AttributeType::EcPoint])?
        .as_slice()
    {
        // An OCTET STRING with the point in it (PKCS #11, elliptic curve public key objects).
        [Attribute::EcPoint(point)] => <&OctetStringRef>::from_der(point)
            .ok()
            .and_then(|point| p256_spki(point.as_bytes())),
        _ => None,
    }
    .ok_or(TokenError::Faulty("a public key that is none"))?;
    // Only now its name is known. One that is cut off here is destroyed as any without a name.
    let id = [Attribute::Id(KeyId::of_spki(&spki).as_bytes().to_vec())];
    for half in [public, private] {
        session.update_attributes(half, &id)?;
    }
    Ok(spki)
}

fn private_key(session: &Session, key: &KeyId) -> Result<ObjectHandle, TokenError> {
    let wanted = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(KeyType::EC),
        Attribute::Id(key.as_bytes().to_vec()),
    ];
    let found = session.find_objects(&wanted)?.into_iter().next();
    found.ok_or(TokenError::NoKey)
}

fn agree(
    session: &Session,
    key: ObjectHandle,
    point: &[u8],
) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    // The secret is of one message, lives in this session alone, and is read out of it.
    let secret = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::GENERIC_SECRET),
        Attribute::ValueLen(SECRET_LENGTH.try_into()?),
        Attribute::Token(false),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
    ];
    let parameters = Ecdh1DeriveParams::new(EcKdf::null(), point);
    let secret = session.derive_key(&Mechanism::Ecdh1Derive(parameters), key, &secret)?;
    let value = session.get_attributes(secret, &[AttributeType::Value]);
    session.destroy_object(secret)?;
    match value?.pop() {
        Some(Attribute::Value(value)) if value.len() == SECRET_LENGTH => Ok(Zeroizing::new(value)),
        _ => Err(TokenError::Faulty("no shared secret of 32 bytes")),
    }
}

fn keep_only(session: &Session, label: &KeyLabel, named: &[KeyId]) -> Result<(), TokenError> {
    let ours = [Attribute::Label(label.0.as_bytes().to_vec())];
    for object in session.find_objects(&ours)? {
        let id = session.get_attributes(object, &[AttributeType::Id])?;
        let is_named = matches!(id.as_slice(), [Attribute::Id(id)]
            if named.iter().any(|name| name.as_bytes().as_slice() == id.as_slice()));
        if !is_named {
            session.destroy_object(object)?;
        }
    }
    Ok(())
}

impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        Self::Module(error.to_string())
    }
}
