//! The gateway's key as TLS uses it to show a client certificate.

use std::sync::Arc;

use der::{
    Encode, Sequence,
    asn1::UintRef,
    pem::{self, LineEnding},
};
use rustls::{
    Error, SignatureAlgorithm, SignatureScheme,
    crypto::{CryptoProvider, KeyProvider, aws_lc_rs},
    pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer},
    sign::{Signer, SigningKey},
};
use ureq::tls::{Certificate, ClientCert, PrivateKey};
use zeroize::Zeroizing;

use crate::keys::{GatewayKey, TokenKey};

/// A client certificate, and the cryptography that has its key.
pub(super) struct Client {
    pub(super) identity: ClientCert,
    pub(super) provider: CryptoProvider,
}

/// The client with this chain, its own certificate first.
pub(super) fn client(chain: &[Certificate<'static>], key: &GatewayKey) -> Client {
    let mut provider = aws_lc_rs::default_provider();
    let der = match key {
        GatewayKey::File(key) => key.to_pkcs8(),
        GatewayKey::Token(key) => {
            // rustls borrows it for good. A gateway enrols once, and then this process ends.
            provider.key_provider = Box::leak(Box::new(InToken(key.clone())));
            // Nobody reads it: the provider has but this key.
            Zeroizing::new(Vec::new())
        }
    };
    let pem = pem::encode_string("PRIVATE KEY", LineEnding::LF, &der)
        .map(Zeroizing::new)
        .expect("a key is far shorter than PEM can be");
    let key = PrivateKey::from_pem(pem.as_bytes()).expect("it has just been written");
    Client {
        identity: ClientCert::new_with_certs(chain, key),
        provider,
    }
}

/// The one key of a client whose key is in a token.
#[derive(Clone, Debug)]
struct InToken(TokenKey);

impl KeyProvider for InToken {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Ok(Arc::new(self.clone()))
    }
}

impl SigningKey for InToken {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered
            .contains(&self.scheme())
            .then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(self.0.spki_der().into())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for InToken {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = |why: String| Error::General(why);
        let signature = self.0.sign(message);
        let signature = signature.map_err(|error| failed(error.to_string()))?;
        ecdsa_to_der(&signature).map_err(|error| failed(error.to_string()))
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}

/// `ECDSA-Sig-Value` (RFC 3279, 2.2.3) of r and s side by side.
fn ecdsa_to_der(signature: &[u8; 64]) -> der::Result<Vec<u8>> {
    #[derive(Sequence)]
    struct Value<'a> {
        r: UintRef<'a>,
        s: UintRef<'a>,
    }
    let (r, s) = signature.split_at(32);
    Value {
        r: UintRef::new(r)?,
        s: UintRef::new(s)?,
    }
    .to_der()
}
