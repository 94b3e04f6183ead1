//! Private keys in the browser's own keeping: used, never read back.

use gridpass_protocol::{
    DeviceId, DeviceProof, JweParts, KeyAgreement, KeyAlgorithm, KeyId, MessageToken, MessageType,
};
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto, WorkerGlobalScope};
use zeroize::Zeroizing;

/// The bytes of an RSA-PSS salt: as long as the hash (RFC 7518, 3.5).
const SALT_LENGTH: u32 = 32;

/// The two handles of one private key. WebCrypto binds a handle to one algorithm, so signing and
/// opening messages need one each.
#[derive(Clone)]
pub(crate) struct KeyPair {
    /// ECDSA or RSA-PSS, for messages up.
    pub(crate) signing: CryptoKey,
    /// ECDH or RSA-OAEP, for messages down.
    pub(crate) opening: CryptoKey,
}

/// WebCrypto is missing (an insecure page) or refused.
#[derive(Debug, thiserror::Error)]
#[error("the browser's cryptography refused")]
pub(crate) struct WebCryptoError;

impl From<JsValue> for WebCryptoError {
    fn from(_: JsValue) -> Self {
        Self
    }
}

/// Whether this browser can keep keys at all.
pub(crate) fn is_present() -> bool {
    subtle().is_ok()
}

/// Gives a private key (PKCS#8 DER) to the browser, which will never give it out again.
pub(crate) async fn import(
    pkcs8: &[u8],
    algorithm: KeyAlgorithm,
) -> Result<KeyPair, WebCryptoError> {
    let copy = Uint8Array::from(pkcs8);
    let keys = import_both(&copy, algorithm).await;
    copy.fill(0, 0, copy.length());
    keys
}

async fn import_both(
    pkcs8: &Uint8Array,
    algorithm: KeyAlgorithm,
) -> Result<KeyPair, WebCryptoError> {
    let (signing, opening) = match algorithm {
        KeyAlgorithm::Es256 => (
            (
                object(&[("name", "ECDSA"), ("namedCurve", "P-256")])?,
                "sign",
            ),
            (
                object(&[("name", "ECDH"), ("namedCurve", "P-256")])?,
                "deriveBits",
            ),
        ),
        KeyAlgorithm::Rs2048 | KeyAlgorithm::Rs3072 => (
            (object(&[("name", "RSA-PSS"), ("hash", "SHA-256")])?, "sign"),
            (
                object(&[("name", "RSA-OAEP"), ("hash", "SHA-256")])?,
                "decrypt",
            ),
        ),
    };
    Ok(KeyPair {
        signing: import_one("pkcs8", pkcs8, &signing.0, &[signing.1]).await?,
        opening: import_one("pkcs8", pkcs8, &opening.0, &[opening.1]).await?,
    })
}

/// Gives the device ID to the browser: it then shows on which device this is, and nobody reads it.
pub(crate) async fn import_device_id(device_id: &DeviceId) -> Result<CryptoKey, WebCryptoError> {
    let text = Uint8Array::from(device_id.as_str().as_bytes());
    let algorithm = object(&[("name", "HMAC"), ("hash", "SHA-256")])?;
    let key = import_one("raw", &text, &algorithm, &["sign"]).await;
    text.fill(0, 0, text.length());
    key
}

/// The proof that a message carries (protocol, Secure communication).
pub(crate) async fn device_proof(
    device_id: &CryptoKey,
    token: &MessageToken,
) -> Result<DeviceProof, WebCryptoError> {
    let token = Uint8Array::from(token.as_bytes().as_slice());
    let proof = subtle()?.sign_with_str_and_js_u8_array("HMAC", device_id, &token)?;
    let proof = bytes_of(proof).await?;
    let proof = <[u8; 32]>::try_from(proof.as_slice()).map_err(|_| WebCryptoError)?;
    Ok(DeviceProof::from_bytes(proof))
}

/// Signs as a JWS wants it: r and s of 32 bytes each, or RSASSA-PSS with a salt of 32 bytes.
pub(crate) async fn sign(
    keys: &KeyPair,
    algorithm: KeyAlgorithm,
    message: &[u8],
) -> Result<Vec<u8>, WebCryptoError> {
    let parameters = match algorithm {
        KeyAlgorithm::Es256 => object(&[("name", "ECDSA"), ("hash", "SHA-256")])?,
        KeyAlgorithm::Rs2048 | KeyAlgorithm::Rs3072 => {
            let parameters = object(&[("name", "RSA-PSS")])?;
            Reflect::set(&parameters, &"saltLength".into(), &SALT_LENGTH.into())?;
            parameters
        }
    };
    let message = Uint8Array::from(message);
    let signature =
        subtle()?.sign_with_object_and_js_u8_array(&parameters, &keys.signing, &message)?;
    Ok(bytes_of(signature).await?.to_vec())
}

/// Opens a message that is sealed to these keys, under this id.
pub(crate) async fn open(
    message: MessageType,
    jwe: &str,
    key_id: &KeyId,
    keys: &KeyPair,
) -> Result<Zeroizing<Vec<u8>>, WebCryptoError> {
    let parts = JweParts::parse(message, jwe, key_id).map_err(|_| WebCryptoError)?;
    let opened = match agree(&keys.opening, &parts.key_agreement()).await? {
        Agreed::SharedSecret(secret) => parts.open_with_shared_secret(&secret),
        Agreed::ContentKey(key) => parts.open_with_content_key(&key),
    };
    opened.map_err(|_| WebCryptoError)
}

/// What [`JweParts`] needs from the private key to open a message.
enum Agreed {
    /// The ECDH shared secret.
    SharedSecret(Zeroizing<Vec<u8>>),
    /// The content encryption key.
    ContentKey(Zeroizing<Vec<u8>>),
}

/// Does the private key's part of opening a message.
async fn agree(opening: &CryptoKey, agreement: &KeyAgreement) -> Result<Agreed, WebCryptoError> {
    match agreement {
        KeyAgreement::Ecdh { ephemeral_public } => {
            let curve = object(&[("name", "ECDH"), ("namedCurve", "P-256")])?;
            let point = Uint8Array::from(ephemeral_public.as_slice());
            let ephemeral = import_one("raw", &point, &curve, &[]).await?;
            let parameters = object(&[("name", "ECDH")])?;
            Reflect::set(&parameters, &"public".into(), &ephemeral)?;
            let secret = subtle()?.derive_bits_with_object(&parameters, opening, 256)?;
            Ok(Agreed::SharedSecret(bytes_of(secret).await?))
        }
        KeyAgreement::RsaOaep { encrypted_key } => {
            let parameters = object(&[("name", "RSA-OAEP")])?;
            let encrypted = Uint8Array::from(encrypted_key.as_slice());
            let key =
                subtle()?.decrypt_with_object_and_js_u8_array(&parameters, opening, &encrypted)?;
            Ok(Agreed::ContentKey(bytes_of(key).await?))
        }
    }
}

async fn import_one(
    format: &str,
    key: &Uint8Array,
    algorithm: &Object,
    usages: &[&str],
) -> Result<CryptoKey, WebCryptoError> {
    let usages: Array = usages.iter().map(|&usage| JsValue::from(usage)).collect();
    let extractable = false;
    let key = subtle()?.import_key_with_object(format, key, algorithm, extractable, &usages)?;
    JsFuture::from(key)
        .await?
        .dyn_into()
        .map_err(|_| WebCryptoError)
}

/// The bytes of an `ArrayBuffer` that WebCrypto promises; the buffer is wiped.
async fn bytes_of(buffer: Promise) -> Result<Zeroizing<Vec<u8>>, WebCryptoError> {
    let array = Uint8Array::new(&JsFuture::from(buffer).await?);
    let bytes = Zeroizing::new(array.to_vec());
    array.fill(0, 0, array.length());
    Ok(bytes)
}

fn subtle() -> Result<SubtleCrypto, WebCryptoError> {
    let scope: WorkerGlobalScope = js_sys::global().dyn_into().map_err(|_| WebCryptoError)?;
    let crypto = JsValue::from(scope.crypto()?);
    let subtle = Reflect::get(&crypto, &"subtle".into())?;
    subtle.dyn_into().map_err(|_| WebCryptoError)
}

fn object(members: &[(&str, &str)]) -> Result<Object, JsValue> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &JsValue::from(*name), &JsValue::from(*value))?;
    }
    Ok(object)
}
