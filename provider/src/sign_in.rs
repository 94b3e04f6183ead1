//! Customers sign in with a link that works once, sent to the address on file. An account number
//! alone is never enough.
//!
//! Asking for a link takes the same work and gives the same answer whether the account exists or
//! not: neither the answer nor its timing tells.

use std::net::IpAddr;

use gridpass_protocol::{UnixTime, b64u};
use rusqlite::{Connection, params};

use crate::{
    Gridpass,
    audit::{self, Actor},
    delivery::texts,
    id::{AccountId, AccountNumber, ProviderId, SessionId},
    limits::{self, Limited, RetryAfter, Window},
    outbox::{self, About, Dispatch, Outgoing, Useful},
    random::Random,
    session::{self, Beginning, Browser, NewSession, Owner},
    store::{RowReader, StoreError, seconds, sql},
    tenant::{self, Account, AccountKey, Language},
    vault::sha256,
};

/// How long a link is good, in seconds.
const LINK_LIFETIME: u64 = 10 * 60;
/// Why no link was sent.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// This installation serves no such provider.
    #[error("there is no such provider")]
    UnknownProvider,
    /// Too many links were asked for.
    #[error("too many links were asked for from this address")]
    RateLimited {
        /// When to come back, in seconds.
        retry_after: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A link that was asked for, ready to be written.
struct LinkRequest {
    provider: ProviderId,
    token_hash: [u8; 32],
    /// Nobody, if the account does not exist or has no address.
    account: Option<AccountId>,
    /// The account as the limit of mails knows it, existing or not.
    limit_key: String,
    mail: Outgoing,
    client: IpAddr,
}

impl Gridpass {
    /// Sends a link to sign in to the address on file of an account, named by its number or by
    /// that address. Whether there is such an account is not told.
    ///
    /// # Errors
    /// See [`SignInError`]; the same for accounts that exist and that do not.
    pub fn request_sign_in(
        &self,
        provider: &ProviderId,
        account: &str,
        client: IpAddr,
    ) -> Result<(), SignInError> {
        let config = &self
            .provider(provider)
            .ok_or(SignInError::UnknownProvider)?
            .config;
        let now = self.clock_now();
        let random = Random(&*self.random);
        let typed = account.trim();
        let found = self
            .store
            .read(|connection| find_by_typed(connection, provider, typed))?
            .filter(|account| account.email.is_some());
        let token = b64u(&random.bytes::<32>());
        let (to, name, language) = found
            .as_ref()
            .map_or(("", "", Language::default()), |found| {
                (
                    found.email.as_deref().unwrap_or_default(),
                    &found.name,
                    found.language,
                )
            });
        let mail = texts::sign_in_mail(to, name, &config.name, language, &self.origin, &token);
        let useful = Useful {
            from: now,
            until: now.plus(LINK_LIFETIME),
        };
        let typed_key = self
            .vault
            .lookup_of(b"account", typed.to_lowercase().as_bytes());
        let request = LinkRequest {
            provider: provider.clone(),
            token_hash: sha256(token.as_bytes()),
            account: found.as_ref().map(|found| found.id),
            limit_key: match &found {
                Some(found) => format!("{provider}/{}", found.id),
                None => format!("{provider}/?{}", b64u(&typed_key[..16])),
            },
            mail: Outgoing::new(&mail, About::SignIn, useful, &self.vault, &random),
            client,
        };
        let per_ip = Window {
            limited: Limited::SignInRequests,
            most: self.limits.sign_in_requests_per_ip,
            seconds: self.limits.sign_in_requests_window,
        };
        let per_account = Window {
            limited: Limited::SignInMails,
            most: self.limits.sign_in_requests_per_account,
            seconds: self.limits.sign_in_requests_window,
        };
        self.store
            .write(move |transaction| write_link(transaction, &request, per_ip, per_account, now))
    }

    /// Opens the session of a link. `None`: the link is unknown, used or too old.
    ///
    /// # Errors
    /// The database failed.
    pub fn finish_sign_in(&self, token: &str) -> Result<Option<NewSession>, StoreError> {
        let now = self.clock_now();
        let random = Random(&*self.random);
        let link_hash = sha256(token.trim().as_bytes());
        let id = SessionId::make(now, &random);
        // Never the token of an earlier session: whoever knew that one gains nothing.
        let token = b64u(&random.bytes::<32>());
        let token_hash = sha256(token.as_bytes());
        let begun = self.store.write(move |transaction| {
            let Some((provider, account)) = use_link(transaction, &link_hash, now)? else {
                return Ok::<_, StoreError>(None);
            };
            let beginning = Beginning {
                id,
                provider: &provider,
                owner: Owner::Account(account),
                token_hash,
                from: &Browser::default(),
            };
            session::begin(transaction, &beginning, account, now)?;
            session::find(transaction, &token_hash, now)
        })?;
        Ok(begun.map(|session| NewSession { token, session }))
    }
}

fn find_by_typed(
    connection: &Connection,
    provider: &ProviderId,
    typed: &str,
) -> Result<Option<Account>, StoreError> {
    // Both questions are asked in any case, so that the time taken tells nothing.
    let by_email = tenant::find_account(connection, provider, AccountKey::Email(typed))?;
    let by_number = match typed.parse::<AccountNumber>() {
        Ok(number) => tenant::find_account(connection, provider, AccountKey::Number(&number))?,
        Err(_) => None,
    };
    Ok(by_number.or(by_email))
}

fn write_link(
    transaction: &Connection,
    request: &LinkRequest,
    per_ip: Window,
    per_account: Window,
    now: UnixTime,
) -> Result<(), SignInError> {
    let network = limits::client_network(request.client);
    if let Some(RetryAfter(retry_after)) = per_ip.blocks(transaction, &network, now)? {
        return Err(SignInError::RateLimited { retry_after });
    }
    let mails_used_up = per_account
        .blocks(transaction, &request.limit_key, now)?
        .is_some();
    let (account, dispatch, result) = match request.account {
        Some(account) if !mails_used_up => (Some(account), Dispatch::Waiting, "ok"),
        Some(_) => (None, Dispatch::Withheld, "rate-limited"),
        None => (None, Dispatch::Withheld, "unknown-account"),
    };
    let provider = Some(&request.provider);
    per_ip.count(transaction, &network, provider, now)?;
    per_account.count(transaction, &request.limit_key, provider, now)?;
    transaction
        .prepare_cached(sql!(
            "INSERT INTO sign_in_tokens (token_hash, provider_id, account_id, expires_at)
             VALUES ($1, $2, $3, $4)"
        ))
        .and_then(|mut statement| {
            statement.execute(params![
                request.token_hash,
                request.provider.as_str(),
                account.as_ref().map(AccountId::as_bytes),
                seconds(now.plus(LINK_LIFETIME))
            ])
        })
        .map_err(StoreError::from)?;
    outbox::insert(transaction, &request.provider, &request.mail, dispatch)?;
    let entry = audit::Entry {
        provider: &request.provider,
        at: now,
        actor: &Actor::visitor().from_client(request.client),
        action: "sign-in.request",
        result,
        enrollment: None,
        detail: serde_json::json!({ "account": request.account }),
    };
    Ok(audit::append(transaction, &entry)?)
}

/// Uses a link up, if it is still good.
fn use_link(
    transaction: &Connection,
    link_hash: &[u8; 32],
    now: UnixTime,
) -> Result<Option<(ProviderId, AccountId)>, StoreError> {
    let used = transaction
        .prepare_cached(sql!(
            "UPDATE sign_in_tokens SET used_at = $2
             WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
                 AND account_id IS NOT NULL"
        ))?
        .execute(params![link_hash, seconds(now)])?;
    if used == 0 {
        return Ok(None);
    }
    let mut statement = transaction.prepare_cached(sql!(
        "SELECT token_hash, provider_id, account_id FROM sign_in_tokens WHERE token_hash = $1"
    ))?;
    let mut rows = statement.query(params![link_hash])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "sign_in_tokens");
    let _: [u8; 32] = row.bytes("token_hash")?;
    Ok(Some((
        row.word("provider_id")?,
        AccountId::from_bytes(row.bytes("account_id")?),
    )))
}

/// Forgets links whose time is over.
pub(crate) fn prune(connection: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(sql!("DELETE FROM sign_in_tokens WHERE expires_at <= $1"))?
        .execute(params![seconds(now)])?)
}
