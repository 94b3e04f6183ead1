//! An issuer that was made up, for whoever tries what the portal takes of one.

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use gridpass_protocol::{UnixTime, b64u};
use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use serde_json::{Value, json};

use super::{
    OidcConfig, OidcCustomers, OidcSecret,
    party::{OidcClient, RelyingParty, Tokens, verify},
};

/// The issuer, as it calls itself.
pub const TRIAL_ISSUER: &str = "https://id.example";
/// What it calls the portal.
pub const TRIAL_CLIENT: &str = "portal";
/// Names the sign-in that is tried.
pub const TRIAL_NONCE: &str = "the nonce of this sign-in";
/// When that is.
pub const TRIAL_TIME: UnixTime = UnixTime(1_795_000_000);

/// The issuer, with a key that exists as long as this process.
pub struct TrialIssuer {
    key: EcdsaKeyPair,
    client: OidcClient,
}

impl TrialIssuer {
    /// The one.
    #[must_use]
    pub fn get() -> &'static Self {
        static ISSUER: LazyLock<TrialIssuer> = LazyLock::new(TrialIssuer::make);
        &ISSUER
    }

    fn make() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        // Uncompressed (SEC 1, 2.3.3): 4, x, y.
        let point = key.public_key().as_ref();
        let keys = json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1",
            "x": b64u(&point[1..33]), "y": b64u(&point[33..]),
        }] });
        let keys: CoreJsonWebKeySet = serde_json::from_value(keys).expect("keys");
        let metadata = json!({
            "issuer": TRIAL_ISSUER,
            "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://id.example/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        let metadata: CoreProviderMetadata = serde_json::from_value(metadata).expect("metadata");
        let party = RelyingParty::open(OidcConfig {
            issuer: TRIAL_ISSUER.to_owned(),
            client_id: TRIAL_CLIENT.to_owned(),
            client_secret: Some(OidcSecret::new("a secret of tests".to_owned())),
            client_secret_file: None,
            scopes: Vec::new(),
            customers: Some(OidcCustomers {
                account_claim: "account".to_owned(),
            }),
            staff: None,
        })
        .expect("a configuration");
        let client = party
            .client(
                &metadata.set_jwks(keys),
                "https://portal.example/oidc/callback",
            )
            .expect("a client");
        Self { key, client }
    }

    /// The answer of its token endpoint, with these claims, signed.
    #[must_use]
    pub fn answer(&self, claims: &[u8]) -> String {
        let header = json!({ "alg": "ES256", "kid": "1" }).to_string();
        let signed = format!("{}.{}", b64u(header.as_bytes()), b64u(claims));
        let signature = self
            .key
            .sign(&SystemRandom::new(), signed.as_bytes())
            .expect("anything can be signed");
        let token = format!("{signed}.{}", b64u(signature.as_ref()));
        json!({ "access_token": "x", "token_type": "Bearer", "id_token": token }).to_string()
    }

    /// The claims that the portal takes from an answer of its token endpoint.
    #[must_use]
    pub fn taken(&self, answer: &[u8]) -> Option<Value> {
        let tokens: Tokens = serde_json::from_slice(answer).ok()?;
        let claims = verify(&self.client, &tokens, TRIAL_NONCE, TRIAL_TIME).ok()?;
        Some(claims.all)
    }
}
