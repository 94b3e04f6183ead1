//! The portal as one issuer knows it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use gridpass_protocol::UnixTime;
use openidconnect::{
    AdditionalClaims, AuthType, AuthenticationContextClass, AuthorizationCode, Client, ClientId,
    ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod,
        CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Audience, Failure, OidcConfig, OidcHttp, OidcHttpError, OidcStrength, Pending,
    config::is_protected,
};
use crate::{Gridpass, id::AccountNumber, places::Places, staff::Role};

/// How long what an issuer says of itself is taken for true, in seconds.
const KNOWN_FOR: u64 = 60 * 60;
/// When a key that is not known is asked for again at the earliest, in seconds.
const ASK_AGAIN: u64 = 60;
/// How far the issuer's clock may be from ours, in seconds.
const TOLERANCE: u64 = 60;

/// Every claim that is not one of the standard's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OtherClaims(BTreeMap<String, Value>);

impl AdditionalClaims for OtherClaims {}

pub(super) type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

pub(super) type OidcClient = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The algorithms that signatures are verified with: those of a key that only the issuer has.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 8] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
];

/// What a verified ID token says.
pub(crate) struct Claims {
    pub(super) all: Value,
    /// The address, if the issuer verified it.
    pub(crate) email: Option<String>,
    /// What the person is called.
    pub(crate) name: Option<String>,
}

/// Sign-ins that may wait for an issuer at once, one thread each.
const MOST_AT_ONCE: usize = 16;
const CROWDED: &str = "as many sign-ins as may wait for the issuer do";

/// The portal as one issuer knows it.
pub(crate) struct RelyingParty {
    pub(super) config: OidcConfig,
    secret: ClientSecret,
    known: Mutex<Option<Known>>,
    places: Places,
}

/// What the issuer said of itself.
#[derive(Clone)]
struct Known {
    at: UnixTime,
    metadata: Arc<CoreProviderMetadata>,
}

impl RelyingParty {
    /// Reads the secret's file, if it is in one.
    ///
    /// # Errors
    /// It cannot be read or is empty.
    pub(crate) fn open(config: OidcConfig) -> Result<Self, String> {
        let secret = match (&config.client_secret, &config.client_secret_file) {
            (Some(secret), _) => secret.reveal().to_owned(),
            (None, Some(file)) => std::fs::read_to_string(file)
                .map_err(|error| format!("{}: {error}", file.display()))?
                .trim()
                .to_owned(),
            (None, None) => String::new(),
        };
        if secret.is_empty() {
            return Err("the secret is empty".to_owned());
        }
        Ok(Self {
            config,
            secret: ClientSecret::new(secret),
            known: Mutex::new(None),
            places: Places::new(MOST_AT_ONCE),
        })
    }

    /// Where a browser goes to sign in.
    pub(super) fn authorization_url(
        &self,
        pending: &Pending,
        callback: &str,
        gridpass: &Gridpass,
    ) -> Result<String, String> {
        let _place = self.places.take().ok_or(CROWDED)?;
        let known = self.known(gridpass, KNOWN_FOR)?;
        if !is_protected(known.metadata.authorization_endpoint().url()) {
            return Err("its authorization endpoint is not an https address".to_owned());
        }
        let client = self.client(&known.metadata, callback)?;
        let (state, nonce) = (pending.state.clone(), pending.nonce.clone());
        let verifier = PkceCodeVerifier::new(pending.verifier.clone());
        let scopes = self.config.scopes.iter().cloned().map(Scope::new);
        let request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scopes(scopes)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        let asked = match (pending.audience, &self.config.staff) {
            (Audience::Staff, Some(staff)) => &staff.strength,
            _ => &OidcStrength::default(),
        };
        let request = asked.acr.iter().fold(request, |request, acr| {
            request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()))
        });
        let request = match asked.max_age {
            Some(seconds) => request.set_max_age(Duration::from_secs(seconds)),
            None => request,
        };
        let (url, _, _) = request.url();
        Ok(url.into())
    }

    /// Exchanges the code for an ID token, and verifies that.
    pub(super) fn claims(
        &self,
        code: &str,
        pending: &Pending,
        callback: &str,
        gridpass: &Gridpass,
    ) -> Result<Claims, Failure> {
        let unavailable = |problem: String| {
            tracing::warn!(
                issuer = self.config.issuer,
                problem,
                "the issuer cannot be used"
            );
            Failure::Refused("issuer-unavailable")
        };
        let place = self.places.take();
        let _place = place.ok_or_else(|| unavailable(CROWDED.to_owned()))?;
        let known = self.known(gridpass, KNOWN_FOR).map_err(unavailable)?;
        let client = self
            .client(&known.metadata, callback)
            .map_err(unavailable)?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| unavailable(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()))
            .request(&http(gridpass))
            .map_err(|error| unavailable(error.to_string()))?;
        let verified = verify(&client, &tokens, &pending.nonce, gridpass.clock_now());
        if verified.is_ok() || known.at.plus(ASK_AGAIN) > gridpass.clock_now() {
            return verified.map_err(not_good);
        }
        // The issuer may sign with a key that it did not have when it was asked.
        let known = self.known(gridpass, ASK_AGAIN).map_err(unavailable)?;
        let client = self
            .client(&known.metadata, callback)
            .map_err(unavailable)?;
        verify(&client, &tokens, &pending.nonce, gridpass.clock_now()).map_err(not_good)
    }

    /// The number of the account that the claims name.
    pub(super) fn account_of(&self, claims: &Claims) -> Option<AccountNumber> {
        let name = &self.config.customers.as_ref()?.account_claim;
        match claims.all.get(name)? {
            Value::String(number) => number.parse().ok(),
            Value::Number(number) => number.as_u64()?.to_string().parse().ok(),
            _ => None,
        }
    }

    /// The role that the claims stand for; of several the one that may do most.
    pub(super) fn role_of(&self, claims: &Claims) -> Option<Role> {
        let staff = self.config.staff.as_ref()?;
        let said: Vec<&str> = match claims.all.get(&staff.role_claim)? {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => return None,
        };
        [Role::Admin, Role::Operator, Role::Support, Role::Auditor]
            .into_iter()
            .find(|role| said.iter().any(|text| staff.roles.get(*text) == Some(role)))
    }

    /// The claim by which the issuer did not know a member of staff as strongly as it has to.
    pub(super) fn shortfall(&self, claims: &Claims, now: UnixTime) -> Option<&'static str> {
        let staff = self.config.staff.as_ref()?;
        staff.strength.shortfall(&claims.all, now)
    }

    /// What the issuer says of itself, not older than so many seconds.
    fn known(&self, gridpass: &Gridpass, not_older: u64) -> Result<Known, String> {
        let now = gridpass.clock_now();
        let kept = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(known) = kept
            && known.at <= now
            && now < known.at.plus(not_older)
        {
            return Ok(known);
        }
        // Nobody waits for the lock while the issuer is asked.
        let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(|e| e.to_string())?;
        let metadata = CoreProviderMetadata::discover(&issuer, &http(gridpass))
            .map_err(|error| error.to_string())?;
        let known = Known {
            at: now,
            metadata: Arc::new(metadata),
        };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    pub(super) fn client(
        &self,
        metadata: &CoreProviderMetadata,
        callback: &str,
    ) -> Result<OidcClient, String> {
        let callback = RedirectUrl::new(callback.to_owned()).map_err(|error| error.to_string())?;
        // Basic authentication is what an issuer takes that says nothing (Discovery 1.0, 3).
        let methods = metadata.token_endpoint_auth_methods_supported();
        let auth_type = match methods {
            Some(methods) if !methods.contains(&CoreClientAuthMethod::ClientSecretBasic) => {
                AuthType::RequestBody
            }
            _ => AuthType::BasicAuth,
        };
        Ok(OidcClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.config.client_id.clone()),
            Some(self.secret.clone()),
        )
        .set_redirect_uri(callback)
        .set_auth_type(auth_type))
    }
}

fn not_good(problem: String) -> Failure {
    tracing::warn!(problem, "an ID token was refused");
    Failure::Refused("wrong-token")
}

/// What an ID token says, if it is the issuer's, for us, for this sign-in and not too old.
pub(super) fn verify(
    client: &OidcClient,
    tokens: &Tokens,
    nonce: &str,
    now: UnixTime,
) -> Result<Claims, String> {
    let expired_before = date(UnixTime(now.0.saturating_sub(TOLERANCE)))?;
    let issued_until = date(now.plus(TOLERANCE))?;
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || expired_before)
        .set_issue_time_verifier_fn(move |issued| {
            if issued <= issued_until {
                Ok(())
            } else {
                Err("issued in the future".to_owned())
            }
        });
    let token = tokens.id_token().ok_or("there is no ID token")?;
    let claims = token
        .claims(&verifier, &Nonce::new(nonce.to_owned()))
        .map_err(|error| error.to_string())?;
    let verified = claims.email_verified() == Some(true);
    let name = claims.name().and_then(|name| name.get(None));
    Ok(Claims {
        email: claims
            .email()
            .filter(|_| verified)
            .map(|email| email.to_string()),
        name: name.map(|name| name.to_string()),
        all: serde_json::to_value(claims).map_err(|error| error.to_string())?,
    })
}

fn date(time: UnixTime) -> Result<DateTime<Utc>, String> {
    i64::try_from(time.0)
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .ok_or_else(|| "the clock is beyond all dates".to_owned())
}

/// The requests of this installation, as the library makes them.
fn http(
    gridpass: &Gridpass,
) -> impl Fn(openidconnect::HttpRequest) -> Result<openidconnect::HttpResponse, OidcHttpError> {
    let http: Arc<dyn OidcHttp> = Arc::clone(&gridpass.oidc_http);
    move |request| http.call(request)
}
