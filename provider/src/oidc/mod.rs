//! Signing in at an issuer of the provider's own (OpenID Connect Core 1.0, authorization code flow
//! with PKCE, RFC 7636).
//!
//! What the first half leaves for the second is kept as a ceremony is: sealed, for ten minutes, used
//! once, and found only by the browser that began.

mod config;
mod http;
mod party;
mod strength;
#[cfg(feature = "testkit")]
mod trial;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use gridpass_protocol::b64u;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

#[cfg(feature = "testkit")]
pub use self::trial::{TRIAL_CLIENT, TRIAL_ISSUER, TRIAL_NONCE, TRIAL_TIME, TrialIssuer};
pub use self::{
    config::{OidcConfig, OidcCustomers, OidcSecret, OidcStaff},
    http::{OidcHttp, OidcHttpError},
    strength::OidcStrength,
};
pub(crate) use self::{
    http::Network,
    party::{Claims, RelyingParty},
};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{AccountNumber, ProviderId, SessionId},
    limits::{self, Limited, RetryAfter, Window},
    random::Random,
    session::{self, Beginning, Browser, NewSession, Owner},
    staff::{NewStaffSession, PasskeyError, Role},
    store::StoreError,
    tenant::{self, AccountKey, ProviderSummary},
    vault::sha256,
};

/// How long signing in may take, in seconds.
const LIFETIME: u64 = 10 * 60;
/// Of the kinds of ceremonies.
const KIND: &str = "oidc";
/// No code or state of ours or of an issuer is longer, in bytes.
const MOST: usize = 4096;

/// Who signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Somebody with an account.
    Customer,
    /// Somebody of the staff.
    Staff,
}

/// The first half: where the browser goes, and what it must keep for the second.
pub struct OidcBegun {
    /// The issuer's address. It holds what is good for this browser alone.
    pub url: String,
    /// What the browser keeps. Secret: it goes into a cookie and nowhere else.
    pub browser: String,
}

impl std::fmt::Debug for OidcBegun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OidcBegun([redacted])")
    }
}

/// What the issuer sent the browser back with.
#[derive(Clone, Default, Deserialize)]
pub struct OidcAnswer {
    /// Names what it answers to.
    #[serde(default)]
    pub state: String,
    /// What is exchanged for the ID token; none where the issuer refused.
    #[serde(default)]
    pub code: Option<String>,
    /// Who answers (RFC 9207).
    #[serde(default)]
    pub iss: Option<String>,
}

impl std::fmt::Debug for OidcAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OidcAnswer([redacted])")
    }
}

/// A session that just began.
#[derive(Debug)]
pub enum OidcSession {
    /// Of a customer.
    Customer(NewSession),
    /// Of a member of staff.
    Staff(NewStaffSession),
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// Nobody of these signs in so at this provider.
    #[error("nobody signs in this way here")]
    NotOffered,
    /// The issuer cannot be reached, or does not answer as it should.
    #[error("the issuer does not answer")]
    Unavailable,
    /// Too many tries.
    #[error("too many tries")]
    RateLimited {
        /// When to come back, in seconds.
        retry_after: u64,
    },
    /// The answer is unknown, used, too old or not this browser's; or the person is nobody here.
    #[error("this sign-in did not work")]
    Refused {
        /// Who wanted to sign in, where it is known.
        audience: Option<Audience>,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the first half leaves for the second.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Pending {
    #[zeroize(skip)]
    audience: Audience,
    state: String,
    nonce: String,
    verifier: String,
}

/// Why an answer is good for nothing, as the audit says it; or the database failed.
pub(crate) enum Failure {
    Refused(&'static str),
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Gridpass {
    /// The same installation with another way to reach issuers.
    #[must_use]
    pub fn with_oidc_http(mut self, http: std::sync::Arc<dyn OidcHttp>) -> Self {
        self.oidc_http = http;
        self
    }

    /// The providers where these people sign in at an issuer.
    #[must_use]
    pub fn oidc_providers(&self, audience: Audience) -> Vec<ProviderSummary> {
        let mut providers = self.provider_list();
        providers.retain(|provider| self.party(&provider.id, audience).is_some());
        providers
    }

    /// Begins to sign in at the issuer of `provider`.
    ///
    /// # Errors
    /// See [`OidcError`].
    pub fn oidc_begin(
        &self,
        provider: &ProviderId,
        audience: Audience,
        from: &Browser,
    ) -> Result<OidcBegun, OidcError> {
        let party = self
            .party(provider, audience)
            .ok_or(OidcError::NotOffered)?;
        self.count_oidc_try(provider, from)?;
        let random = Random(&*self.random);
        let secret = || b64u(&random.bytes::<32>());
        let pending = Pending {
            audience,
            state: secret(),
            nonce: secret(),
            verifier: secret(),
        };
        let url = party
            .authorization_url(&pending, &self.oidc_callback(), self)
            .map_err(|problem| {
                tracing::warn!(%provider, problem, "the issuer cannot be used");
                OidcError::Unavailable
            })?;
        let kept = self
            .keep(Some(provider), KIND, LIFETIME, &pending, &())
            .map_err(from_ceremony)?;
        Ok(OidcBegun {
            url,
            browser: kept.browser,
        })
    }

    /// Signs in with what the issuer sent the browser back with. Sessions of members of staff
    /// whom nobody knew yet begin with their first time.
    ///
    /// # Errors
    /// See [`OidcError`].
    pub fn oidc_finish(
        &self,
        answer: &OidcAnswer,
        browser: &str,
        from: Browser,
    ) -> Result<OidcSession, OidcError> {
        let (provider, pending) = self.take::<Pending>(browser, KIND).map_err(from_ceremony)?;
        let provider = provider.ok_or(OidcError::Refused { audience: None })?;
        let audience = pending.audience;
        match self.finish_known(&provider, &pending, answer, &from) {
            Ok(session) => Ok(session),
            Err(Failure::Store(error)) => Err(error.into()),
            Err(Failure::Refused(result)) => {
                self.audit_oidc_refusal(&provider, audience, result, &from)?;
                Err(OidcError::Refused {
                    audience: Some(audience),
                })
            }
        }
    }

    fn finish_known(
        &self,
        provider: &ProviderId,
        pending: &Pending,
        answer: &OidcAnswer,
        from: &Browser,
    ) -> Result<OidcSession, Failure> {
        let party = self
            .party(provider, pending.audience)
            .ok_or(Failure::Refused("not-offered"))?;
        verify_slices_are_equal(pending.state.as_bytes(), answer.state.as_bytes())
            .map_err(|_| Failure::Refused("wrong-state"))?;
        if answer
            .iss
            .as_ref()
            .is_some_and(|iss| *iss != party.config.issuer)
        {
            return Err(Failure::Refused("wrong-issuer"));
        }
        let code = answer
            .code
            .as_ref()
            .filter(|code| !code.is_empty() && code.len() <= MOST)
            .ok_or(Failure::Refused("refused-by-issuer"))?;
        let claims = party.claims(code, pending, &self.oidc_callback(), self)?;
        match pending.audience {
            Audience::Customer => {
                let number = party.account_of(&claims);
                let number = number.ok_or(Failure::Refused("no-account"))?;
                self.begin_customer(provider, &number, from)
                    .map(OidcSession::Customer)
            }
            Audience::Staff => {
                if let Some(claim) = party.shortfall(&claims, self.clock_now()) {
                    tracing::warn!(%provider, claim, "the issuer did not know a person strongly enough");
                    return Err(Failure::Refused("too-weak"));
                }
                let role: Role = party.role_of(&claims).ok_or(Failure::Refused("no-role"))?;
                self.begin_staff_by_oidc(provider, &claims, role, from)
                    .map(OidcSession::Staff)
            }
        }
    }

    fn begin_customer(
        &self,
        provider: &ProviderId,
        number: &AccountNumber,
        from: &Browser,
    ) -> Result<NewSession, Failure> {
        let found = self.store.read(|connection| {
            tenant::find_account(connection, provider, AccountKey::Number(number))
        })?;
        let account = found.ok_or(Failure::Refused("unknown-account"))?.id;
        let now = self.clock_now();
        let random = Random(&*self.random);
        let id = SessionId::make(now, &random);
        let token = b64u(&random.bytes::<32>());
        let token_hash = sha256(token.as_bytes());
        let (provider, from) = (provider.clone(), from.clone());
        let session = self.store.write(move |transaction| {
            let beginning = Beginning {
                id,
                provider: &provider,
                owner: Owner::Account(account),
                token_hash,
                from: &from,
            };
            session::begin(transaction, &beginning, account, "oidc", now)?;
            session::find(transaction, &token_hash, now)
        })?;
        let session = session.ok_or(Failure::Refused("unknown-account"))?;
        Ok(NewSession { token, session })
    }

    fn party(&self, provider: &ProviderId, audience: Audience) -> Option<&RelyingParty> {
        let party = self.provider(provider)?.oidc.as_ref()?;
        party.config.offers(audience).then_some(party)
    }

    /// Where issuers send browsers back to.
    fn oidc_callback(&self) -> String {
        format!("{}/oidc/callback", self.origin.as_str())
    }

    /// Counts a try of one client, as asking for a link is counted.
    fn count_oidc_try(&self, provider: &ProviderId, from: &Browser) -> Result<(), OidcError> {
        let Some(network) = from.client.map(limits::client_network) else {
            return Ok(());
        };
        let window = Window {
            limited: Limited::SignInRequests,
            most: self.limits.sign_in_requests_per_ip,
            seconds: self.limits.sign_in_requests_window,
        };
        let (provider, now) = (provider.clone(), self.clock_now());
        self.store.write(move |transaction| {
            if let Some(RetryAfter(retry_after)) = window.blocks(transaction, &network, now)? {
                return Err(OidcError::RateLimited { retry_after });
            }
            Ok(window.count(transaction, &network, Some(&provider), now)?)
        })
    }

    fn audit_oidc_refusal(
        &self,
        provider: &ProviderId,
        audience: Audience,
        result: &'static str,
        from: &Browser,
    ) -> Result<(), StoreError> {
        let (provider, at) = (provider.clone(), self.clock_now());
        let actor = Actor::visitor().in_browser(from);
        let action = match audience {
            Audience::Customer => "sign-in.finish",
            Audience::Staff => "staff.sign-in",
        };
        self.store.write(move |transaction| {
            let entry = audit::Entry {
                provider: &provider,
                at,
                actor: &actor,
                action,
                result,
                enrollment: None,
                detail: serde_json::json!({ "credential": "oidc" }),
            };
            audit::append(transaction, &entry)
        })
    }
}

fn from_ceremony(error: PasskeyError) -> OidcError {
    match error {
        PasskeyError::Store(error) => OidcError::Store(error),
        _ => OidcError::Refused { audience: None },
    }
}
