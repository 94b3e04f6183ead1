//! Staff sign in with password and authenticator code.
//!
//! A wrong address, password and code are one refusal. The password is compared first and always,
//! so that the time taken does not tell which addresses are on the staff.

use super::{NewStaffSession, StaffSession, person, session, totp::TotpSecret};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{ProviderId, StaffId},
    limits::{self, Limited, RetryAfter, Window},
    random::Random,
    session::Browser,
    store::{Connection, StoreError, sql},
};

/// The window of both limits, in seconds.
const WINDOW: u64 = 15 * 60;
/// Tries of one address within the window; signing in starts the count anew.
const PER_PERSON: Window = Window {
    limited: Limited::StaffTries,
    most: 10,
    seconds: WINDOW,
};
/// Tries of one network within the window: an office signs in from one.
const PER_NETWORK: Window = Window {
    limited: Limited::StaffNetwork,
    most: 100,
    seconds: WINDOW,
};

/// What somebody typed to sign in.
pub struct StaffSignIn {
    /// Whose staff.
    pub provider: ProviderId,
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
    /// The code that the authenticator shows.
    pub code: String,
    /// Where it comes from.
    pub from: Browser,
}

impl std::fmt::Debug for StaffSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffSignIn")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum StaffSignInError {
    /// Address, password or code are wrong.
    #[error("address, password or code are wrong")]
    Refused,
    /// Too many tries.
    #[error("too many tries")]
    RateLimited {
        /// When to come back, in seconds.
        retry_after: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gridpass {
    /// Signs a member of staff in.
    ///
    /// # Errors
    /// See [`StaffSignInError`].
    pub fn staff_sign_in(&self, sign_in: StaffSignIn) -> Result<NewStaffSession, StaffSignInError> {
        let StaffSignIn {
            provider,
            email,
            password,
            code,
            from,
        } = sign_in;
        if self.provider(&provider).is_none() {
            return Err(StaffSignInError::Refused);
        }
        let now = self.clock_now();
        let try_of = self.count_try(&provider, &email, &from)?;
        let found = self
            .store
            .read(|connection| person::find_by_email(connection, &provider, &email))?;
        let hash = found
            .as_ref()
            .and_then(|person| person.password_hash.as_deref());
        let right_password = self
            .passwords
            .matches(&password, hash, &Random(&*self.random));
        let refused = |staff: Option<StaffId>, result| self.refuse(&provider, staff, result, &from);
        let Some(person) = found else {
            return refused(None, "unknown");
        };
        let secret = person
            .sealed_totp
            .as_ref()
            .and_then(|sealed| TotpSecret::open(sealed, person.id, &self.vault).ok());
        let step = secret.and_then(|secret| secret.step_of(&code, now));
        if !right_password {
            return refused(Some(person.id), "wrong-password");
        }
        if person.disabled_at.is_some() {
            return refused(Some(person.id), "disabled");
        }
        let Some(step) = step else {
            return refused(Some(person.id), "wrong-code");
        };
        let (token, session) = self.new_staff_session(&provider, &person, now);
        let (written, token_hash, browser) = (session.clone(), token.hash(), from.clone());
        let begun = self.store.write(move |transaction| {
            let StaffSession {
                provider, staff_id, ..
            } = &written;
            if !person::use_totp_step(transaction, provider, *staff_id, step)? {
                return Ok(false);
            }
            forget_tries(transaction, &try_of)?;
            session::begin(transaction, &written, token_hash, &browser, "password")?;
            Ok::<_, StoreError>(true)
        })?;
        if !begun {
            return refused(Some(person.id), "code-used");
        }
        Ok(NewStaffSession {
            token: token.reveal(),
            session,
        })
    }

    /// Counts a try before anything is compared, so that no number of tries at once gets past
    /// the limit. Answers under which name it was counted.
    fn count_try(
        &self,
        provider: &ProviderId,
        email: &str,
        from: &Browser,
    ) -> Result<String, StaffSignInError> {
        let now = self.clock_now();
        let address = email.trim().to_lowercase();
        let key = self.vault.lookup_of(b"staff", address.as_bytes());
        let person = format!("{provider}/{}", gridpass_protocol::b64u(&key[..16]));
        let network = from.client.map(limits::client_network);
        let (provider, counted) = (provider.clone(), person.clone());
        self.store.write(move |transaction| {
            let mut counts = vec![(PER_PERSON, person.as_str())];
            counts.extend(network.as_deref().map(|network| (PER_NETWORK, network)));
            for (window, client) in &counts {
                if let Some(RetryAfter(retry_after)) = window.blocks(transaction, client, now)? {
                    return Err(StaffSignInError::RateLimited { retry_after });
                }
            }
            for (window, client) in &counts {
                window.count(transaction, client, Some(&provider), now)?;
            }
            Ok(())
        })?;
        Ok(counted)
    }

    fn refuse(
        &self,
        provider: &ProviderId,
        staff: Option<StaffId>,
        result: &'static str,
        from: &Browser,
    ) -> Result<NewStaffSession, StaffSignInError> {
        let (provider, at) = (provider.clone(), self.clock_now());
        let actor = Actor::visitor().in_browser(from);
        self.store.write(move |transaction| {
            let entry = audit::Entry {
                provider: &provider,
                at,
                actor: &actor,
                action: "staff.sign-in",
                result,
                enrollment: None,
                detail: serde_json::json!({ "staff": staff }),
            };
            audit::append(transaction, &entry)
        })?;
        Err(StaffSignInError::Refused)
    }
}

fn forget_tries(transaction: &Connection, person: &str) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "DELETE FROM limited_events WHERE scope = $1 AND client = $2"
        ))?
        .post([Limited::StaffTries.as_str(), person])?;
    Ok(())
}
