//! Bearer tokens of a provider's own systems.

use std::{fmt, str::FromStr};

use gridpass_protocol::{UnixTime, b64u};

use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{ApiTokenId, ProviderId},
    random::Random,
    staff::{NotAllowed, Permission, StaffSession},
    store::{Connection, RowReader, StoreError, params, seconds, sql},
    vault::sha256,
};

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiScope {
    /// `registrations:write`: registering devices, and calling registrations off.
    RegistrationsWrite,
    /// `registrations:read`: asking where an enrollment stands.
    RegistrationsRead,
    /// `accounts:write`: making and changing accounts.
    AccountsWrite,
    /// `accounts:read`: reading accounts.
    AccountsRead,
    /// `instructions:write`: sending instructions to devices, and asking what became of them.
    InstructionsWrite,
}

impl ApiScope {
    /// Every scope.
    pub const ALL: [Self; 5] = [
        Self::RegistrationsWrite,
        Self::RegistrationsRead,
        Self::AccountsWrite,
        Self::AccountsRead,
        Self::InstructionsWrite,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RegistrationsWrite => "registrations:write",
            Self::RegistrationsRead => "registrations:read",
            Self::AccountsWrite => "accounts:write",
            Self::AccountsRead => "accounts:read",
            Self::InstructionsWrite => "instructions:write",
        }
    }
}

impl fmt::Display for ApiScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a scope: expected registrations:write, registrations:read, accounts:write, accounts:read or instructions:write"
)]
pub struct UnknownScope;

impl FromStr for ApiScope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or(UnknownScope)
    }
}

/// A system of a provider's own, known by its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiClient {
    /// Names the token in the audit.
    pub id: ApiTokenId,
    /// Whose system it is.
    pub provider: ProviderId,
    /// What the provider calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<ApiScope>,
}

/// A token as its provider sees it; nothing here opens anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiTokenView {
    /// Names it.
    pub id: ApiTokenId,
    /// What it is for.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<ApiScope>,
    /// Since when.
    pub made_at: UnixTime,
    /// When it was revoked, if it was.
    pub revoked_at: Option<UnixTime>,
}

/// Why no token was made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum ApiTokenError {
    /// This installation serves no such provider.
    #[error("there is no such provider")]
    UnknownProvider,
    /// A token without a name or without a scope serves nobody.
    #[error("a token needs a name of 1 to 64 printable characters and at least one scope")]
    Invalid,
    /// There is no such token, or it is revoked already.
    #[error("there is no such token, or it is revoked already")]
    Unknown,
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The tokens of a provider, the youngest first.
fn list(connection: &Connection, provider: &ProviderId) -> Result<Vec<ApiTokenView>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, name, scopes, made_at, revoked_at FROM api_tokens
         WHERE provider_id = $1 ORDER BY made_at DESC, id DESC LIMIT 500"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let mut tokens = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "api_tokens");
        tokens.push(ApiTokenView {
            id: ApiTokenId::from_bytes(row.bytes("id")?),
            name: row.value("name")?,
            scopes: row.parsed("scopes", |words: String| {
                words.split(' ').map(|word| word.parse().ok()).collect()
            })?,
            made_at: row.time("made_at")?,
            revoked_at: row
                .value::<Option<i64>>("revoked_at")?
                .map(|at| UnixTime(at.unsigned_abs())),
        });
    }
    Ok(tokens)
}

impl Gridpass {
    /// Makes a token and returns it: the only moment at which it is known.
    ///
    /// # Errors
    /// See [`ApiTokenError`].
    pub fn make_api_token(
        &self,
        provider: &ProviderId,
        scopes: &[ApiScope],
        name: &str,
        actor: Actor,
    ) -> Result<String, ApiTokenError> {
        self.provider(provider)
            .ok_or(ApiTokenError::UnknownProvider)?;
        let name_is_fine =
            (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if scopes.is_empty() || !name_is_fine {
            return Err(ApiTokenError::Invalid);
        }
        let now = self.clock_now();
        let random = Random(&*self.random);
        let id = ApiTokenId::make(now, &random);
        // The prefix lets secret scanners recognise a token that leaked.
        let token = format!("gridpass_{}", b64u(&random.bytes::<32>()));
        let hash = sha256(token.as_bytes());
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        let (provider, name, scopes) = (provider.clone(), name.to_owned(), scopes.join(" "));
        self.store.write(move |transaction| {
            transaction
                .prepare_cached(sql!(
                    "INSERT INTO api_tokens (token_hash, provider_id, id, name, scopes, made_at)
                     VALUES ($1, $2, $3, $4, $5, $6)"
                ))
                .and_then(|mut statement| {
                    statement.execute(params![
                        hash,
                        provider.as_str(),
                        id.as_bytes(),
                        name,
                        scopes,
                        seconds(now)
                    ])
                })
                .map_err(StoreError::from)?;
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "api-token.make",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "id": id, "name": name, "scopes": scopes }),
            };
            audit::append(transaction, &entry)
        })?;
        Ok(token)
    }

    /// The provider's tokens, the youngest first, revoked ones too.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn api_tokens(
        &self,
        staff: &StaffSession,
        actor: &Actor,
    ) -> Result<Vec<ApiTokenView>, ApiTokenError> {
        self.require::<ApiTokenError>(staff, Permission::ManageTokens, actor)?;
        Ok(self.api_tokens_of(&staff.provider)?)
    }

    /// The tokens of a provider, the youngest first, revoked ones too.
    ///
    /// # Errors
    /// The database failed.
    pub fn api_tokens_of(&self, provider: &ProviderId) -> Result<Vec<ApiTokenView>, StoreError> {
        self.store.read(|connection| list(connection, provider))
    }

    /// Makes a token at the desk and returns it: the only moment at which it is known.
    ///
    /// # Errors
    /// See [`ApiTokenError`].
    pub fn make_api_token_at_desk(
        &self,
        staff: &StaffSession,
        scopes: &[ApiScope],
        name: &str,
        actor: Actor,
    ) -> Result<String, ApiTokenError> {
        self.require::<ApiTokenError>(staff, Permission::ManageTokens, &actor)?;
        self.make_api_token(&staff.provider, scopes, name, actor)
    }

    /// Revokes a token at the desk: it opens nothing from now on.
    ///
    /// # Errors
    /// See [`ApiTokenError`].
    pub fn revoke_api_token_at_desk(
        &self,
        staff: &StaffSession,
        id: ApiTokenId,
        actor: Actor,
    ) -> Result<(), ApiTokenError> {
        self.require::<ApiTokenError>(staff, Permission::ManageTokens, &actor)?;
        self.revoke_api_token(&staff.provider, id, actor)
    }

    /// Revokes a token: it opens nothing from now on.
    ///
    /// # Errors
    /// See [`ApiTokenError`].
    pub fn revoke_api_token(
        &self,
        provider: &ProviderId,
        id: ApiTokenId,
        actor: Actor,
    ) -> Result<(), ApiTokenError> {
        let (provider, now) = (provider.clone(), self.clock_now());
        self.store.write(move |transaction| {
            let revoked = transaction
                .prepare_cached(sql!(
                    "UPDATE api_tokens SET revoked_at = $3
                     WHERE provider_id = $1 AND id = $2 AND revoked_at IS NULL"
                ))
                .and_then(|mut statement| {
                    statement.execute(params![provider.as_str(), id.as_bytes(), seconds(now)])
                })
                .map_err(StoreError::from)?;
            if revoked == 0 {
                return Err(ApiTokenError::Unknown);
            }
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "api-token.revoke",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "id": id }),
            };
            Ok(audit::append(transaction, &entry)?)
        })
    }

    /// Whose token this is, if it is known and not revoked.
    ///
    /// # Errors
    /// The database failed.
    pub fn api_client(&self, token: &str) -> Result<Option<ApiClient>, StoreError> {
        let hash = sha256(token.as_bytes());
        let found = self.store.read(|connection| {
            let mut statement = connection.prepare_cached(sql!(
                "SELECT id, provider_id, name, scopes FROM api_tokens
                 WHERE token_hash = $1 AND revoked_at IS NULL"
            ))?;
            let mut rows = statement.query(params![hash])?;
            let Some(row) = rows.next()? else {
                return Ok::<_, StoreError>(None);
            };
            let row = RowReader::new(row, "api_tokens");
            Ok(Some(ApiClient {
                id: ApiTokenId::from_bytes(row.bytes("id")?),
                provider: row.word("provider_id")?,
                name: row.value("name")?,
                scopes: row.parsed("scopes", |words: String| {
                    words.split(' ').map(|word| word.parse().ok()).collect()
                })?,
            }))
        })?;
        Ok(found.filter(|client| self.provider(&client.provider).is_some()))
    }
}
