//! Customers sign in with a link or a code that works once, sent to the address on file. An
//! account number alone is never enough.
//!
//! Both work only in the browser that asked: whoever merely reads along in the mailbox, or tricks
//! somebody into passing the code on, asked with another one. Asking takes the same work and gives
//! the same answer whether the account exists or not: neither the answer nor its timing tells.

use gridpass_protocol::{UnixTime, b64u};
use rand_core::Rng as _;
use zeroize::Zeroizing;

use crate::{
    Gridpass,
    audit::{self, Actor},
    config::ProviderConfig,
    delivery::texts,
    id::{AccountId, AccountNumber, ProviderId, SessionId},
    limits::{self, Limited, RetryAfter, Window},
    outbox::{self, About, Content, Dispatch, Outgoing, Useful},
    random::Random,
    session::{self, Beginning, Browser, NewSession, Owner},
    store::{Connection, RowReader, StoreError, params, seconds, sql},
    tenant::{self, Account, AccountKey, Language},
    vault::{Vault, sha256},
};

/// How long a link and a code are good, in seconds.
const LIFETIME: u64 = 10 * 60;
/// Wrong codes that one request forgives; the next makes it void.
const WRONG_CODES: u32 = 5;
/// A code has eight digits.
const CODES: u32 = 100_000_000;

/// Why nothing was sent.
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

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum FinishSignInError {
    /// The link or the code is unknown, used or too old; or too many wrong codes were typed.
    #[error("this link or code has been used or is too old")]
    Refused,
    /// The link is good, but another browser asked for it. It stays good there.
    #[error("this link works in the browser that asked for it")]
    OtherBrowser,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What ties a request to the browser that made it. Secret: it goes into a cookie and nowhere
/// else.
#[derive(Clone)]
pub struct AskingBrowser(Zeroizing<String>);

impl AskingBrowser {
    /// Characters of 32 bytes, b64u.
    const LENGTH: usize = 43;

    /// The one that a browser sends back; none if it is not of our making.
    #[must_use]
    pub fn from_cookie(text: &str) -> Option<Self> {
        let is_ours = text.len() == Self::LENGTH
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        is_ours.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    fn make(random: &Random<'_>) -> Self {
        Self(Zeroizing::new(b64u(&random.bytes::<32>())))
    }

    /// What the browser keeps.
    #[must_use]
    pub fn as_cookie(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }

    /// The lookup of a code that was sent for this browser.
    fn code_lookup(&self, code: &str, vault: &Vault) -> [u8; 32] {
        let both = Zeroizing::new(format!("{}\0{code}", &*self.0));
        vault.lookup_of(b"sign-in code", both.as_bytes())
    }
}

impl std::fmt::Debug for AskingBrowser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AskingBrowser([redacted])")
    }
}

/// What is asked for, ready to be written.
struct Request {
    provider: ProviderId,
    token_hash: [u8; 32],
    browser_hash: [u8; 32],
    code_lookup: [u8; 32],
    /// Nobody, if the account does not exist or has no address.
    account: Option<AccountId>,
    /// The account as the limit of mails knows it, existing or not.
    limit_key: String,
    message: Outgoing,
    from: Browser,
}

impl Gridpass {
    /// Sends a link and a code to sign in to the address on file of an account, named by its
    /// number or by that address. Whether there is such an account is not told. Answers what the
    /// asking browser must keep; one that `asked` before keeps what it has.
    ///
    /// # Errors
    /// See [`SignInError`]; the same for accounts that exist and that do not.
    pub fn request_sign_in(
        &self,
        provider: &ProviderId,
        account: &str,
        asked: Option<AskingBrowser>,
        from: &Browser,
    ) -> Result<AskingBrowser, SignInError> {
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
            .filter(|account| account.email.is_some() || account.mobile.is_some());
        let browser = asked.unwrap_or_else(|| AskingBrowser::make(&random));
        let token = Zeroizing::new(b64u(&random.bytes::<32>()));
        let code = make_code(random);
        let random = Random(&*self.random);
        let message = self.message(found.as_ref(), config, &token, &code);
        let useful = Useful {
            from: now,
            until: now.plus(LIFETIME),
        };
        let typed_key = self
            .vault
            .lookup_of(b"account", typed.to_lowercase().as_bytes());
        let request = Request {
            provider: provider.clone(),
            token_hash: sha256(token.as_bytes()),
            browser_hash: browser.hash(),
            code_lookup: browser.code_lookup(&code, &self.vault),
            account: found.as_ref().map(|found| found.id),
            limit_key: match &found {
                Some(found) => format!("{provider}/{}", found.id),
                None => format!("{provider}/?{}", b64u(&typed_key[..16])),
            },
            message: Outgoing::new(&message, About::SignIn, useful, &self.vault, &random),
            from: from.clone(),
        };
        let (per_ip, per_account) = (
            Window {
                limited: Limited::SignInRequests,
                most: self.limits.sign_in_requests_per_ip,
                seconds: self.limits.sign_in_requests_window,
            },
            Window {
                limited: Limited::SignInMails,
                most: self.limits.sign_in_requests_per_account,
                seconds: self.limits.sign_in_requests_window,
            },
        );
        self.store.write(move |transaction| {
            write_request(transaction, &request, per_ip, per_account, now)
        })?;
        Ok(browser)
    }

    /// The mail with link and code; the short message with the code where only a mobile number is
    /// on file. For an account that does not exist, a mail to nobody.
    fn message(
        &self,
        found: Option<&Account>,
        provider: &ProviderConfig,
        token: &str,
        code: &str,
    ) -> Content {
        let code = grouped(code);
        let (name, language) = found.map_or(("", Language::default()), |found| {
            (found.name.as_str(), found.language)
        });
        let email = found.and_then(|found| found.email.as_deref());
        let mobile = found.and_then(|found| found.mobile.as_deref());
        match (email, mobile) {
            (None, Some(mobile)) => texts::sign_in_sms(mobile, &provider.name, language, &code),
            (email, _) => texts::sign_in_mail(&texts::SignInMail {
                to: email.unwrap_or_default(),
                name,
                provider_name: &provider.name,
                language,
                origin: &self.origin,
                token,
                code: &code,
            }),
        }
    }

    /// Opens the session of a link, in the browser that asked for it.
    ///
    /// # Errors
    /// See [`FinishSignInError`].
    pub fn finish_sign_in(
        &self,
        token: &str,
        browser: Option<&AskingBrowser>,
        from: &Browser,
    ) -> Result<NewSession, FinishSignInError> {
        let link_hash = sha256(token.trim().as_bytes());
        let browser_hash = browser.map(AskingBrowser::hash);
        self.begin_asked(from, move |transaction, now| {
            match find_request(transaction, &link_hash, now)? {
                None => Err(FinishSignInError::Refused),
                Some(found) if Some(found) == browser_hash => Ok(link_hash),
                Some(_) => Err(FinishSignInError::OtherBrowser),
            }
        })
    }

    /// Opens the session of a code, in the browser that asked for it. After five wrong codes the
    /// request is void.
    ///
    /// # Errors
    /// See [`FinishSignInError`]; never `OtherBrowser`.
    pub fn finish_sign_in_by_code(
        &self,
        code: &str,
        browser: &AskingBrowser,
        from: &Browser,
    ) -> Result<NewSession, FinishSignInError> {
        let digits: String = code.chars().filter(char::is_ascii_digit).collect();
        let browser_hash = browser.hash();
        let code_lookup = browser.code_lookup(&digits, &self.vault);
        let now = self.clock_now();
        // Counted in a transaction of its own, that no refusal undoes.
        let asking = from.clone();
        let found = self.store.write(move |transaction| {
            try_code(transaction, &browser_hash, &code_lookup, &asking, now)
        })?;
        let link_hash = found.ok_or(FinishSignInError::Refused)?;
        self.begin_asked(from, move |_, _| Ok(link_hash))
    }

    /// Uses a request up, if it is still good, and begins its session.
    fn begin_asked(
        &self,
        from: &Browser,
        request: impl FnOnce(&Connection, UnixTime) -> Result<[u8; 32], FinishSignInError>
        + Send
        + 'static,
    ) -> Result<NewSession, FinishSignInError> {
        let now = self.clock_now();
        let random = Random(&*self.random);
        let id = SessionId::make(now, &random);
        // Never the token of an earlier session: whoever knew that one gains nothing.
        let token = b64u(&random.bytes::<32>());
        let token_hash = sha256(token.as_bytes());
        let from = from.clone();
        let session = self.store.write(move |transaction| {
            let request = request(transaction, now)?;
            let (provider, account) =
                use_up(transaction, &request, now)?.ok_or(FinishSignInError::Refused)?;
            let beginning = Beginning {
                id,
                provider: &provider,
                owner: Owner::Account(account),
                token_hash,
                from: &from,
            };
            session::begin(transaction, &beginning, account, "message", now)?;
            session::find(transaction, &token_hash, now)?.ok_or(FinishSignInError::Refused)
        })?;
        Ok(NewSession { token, session })
    }
}

/// Eight digits, each code as likely as any other.
fn make_code(mut random: Random<'_>) -> Zeroizing<String> {
    // The last, incomplete run of codes is drawn again.
    let bound = u32::MAX - u32::MAX % CODES;
    let drawn = std::iter::repeat_with(|| random.next_u32())
        .find(|drawn| *drawn < bound)
        .unwrap_or_default();
    Zeroizing::new(format!("{:08}", drawn % CODES))
}

/// A code in two groups, as it is read aloud and typed.
fn grouped(code: &str) -> String {
    match code.split_at_checked(4) {
        Some((first, second)) => format!("{first} {second}"),
        None => code.to_owned(),
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

fn write_request(
    transaction: &Connection,
    request: &Request,
    per_ip: Window,
    per_account: Window,
    now: UnixTime,
) -> Result<(), SignInError> {
    let provider = Some(&request.provider);
    if let Some(network) = request.from.client.map(limits::client_network) {
        if let Some(RetryAfter(retry_after)) = per_ip.blocks(transaction, &network, now)? {
            return Err(SignInError::RateLimited { retry_after });
        }
        per_ip.count(transaction, &network, provider, now)?;
    }
    let mails_used_up = per_account
        .blocks(transaction, &request.limit_key, now)?
        .is_some();
    let (account, dispatch, result) = match request.account {
        Some(account) if !mails_used_up => (Some(account), Dispatch::Waiting, "ok"),
        Some(_) => (None, Dispatch::Withheld, "rate-limited"),
        None => (None, Dispatch::Withheld, "unknown-account"),
    };
    per_account.count(transaction, &request.limit_key, provider, now)?;
    insert(transaction, request, account, now)?;
    outbox::insert(transaction, &request.provider, &request.message, dispatch)?;
    let entry = audit::Entry {
        provider: &request.provider,
        at: now,
        actor: &Actor::visitor().in_browser(&request.from),
        action: "sign-in.request",
        result,
        enrollment: None,
        detail: serde_json::json!({ "account": request.account }),
    };
    Ok(audit::append(transaction, &entry)?)
}

fn insert(
    transaction: &Connection,
    request: &Request,
    account: Option<AccountId>,
    now: UnixTime,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "INSERT INTO sign_in_requests
                 (token_hash, provider_id, browser_hash, code_lookup, account_id, wrong_codes,
                  expires_at)
             VALUES ($1, $2, $3, $4, $5, 0, $6)"
        ))?
        .post(params![
            request.token_hash,
            request.provider.as_str(),
            request.browser_hash,
            request.code_lookup,
            account.as_ref().map(AccountId::as_bytes),
            seconds(now.plus(LIFETIME))
        ])?;
    Ok(())
}

/// The browser that asked for a link that is still good.
fn find_request(
    transaction: &Connection,
    link_hash: &[u8; 32],
    now: UnixTime,
) -> Result<Option<[u8; 32]>, StoreError> {
    let mut statement = transaction.prepare_cached(sql!(
        "SELECT token_hash, browser_hash FROM sign_in_requests
         WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 AND wrong_codes < $3
             AND account_id IS NOT NULL"
    ))?;
    let mut rows = statement.query(params![link_hash, seconds(now), WRONG_CODES])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "sign_in_requests");
    let _: [u8; 32] = row.bytes("token_hash")?;
    Ok(Some(row.bytes("browser_hash")?))
}

/// The link of the request of this browser that has this code; counts a wrong one against every
/// request that this browser has open, for known and unknown accounts alike.
fn try_code(
    transaction: &Connection,
    browser_hash: &[u8; 32],
    code_lookup: &[u8; 32],
    from: &Browser,
    now: UnixTime,
) -> Result<Option<[u8; 32]>, StoreError> {
    let mut statement = transaction.prepare_cached(sql!(
        "SELECT token_hash FROM sign_in_requests
         WHERE browser_hash = $1 AND code_lookup = $2 AND used_at IS NULL AND expires_at > $3
             AND wrong_codes < $4 AND account_id IS NOT NULL"
    ))?;
    let mut rows = statement.query(params![
        browser_hash,
        code_lookup,
        seconds(now),
        WRONG_CODES
    ])?;
    if let Some(row) = rows.next()? {
        return Ok(Some(
            RowReader::new(row, "sign_in_requests").bytes("token_hash")?,
        ));
    }
    transaction
        .prepare_cached(sql!(
            "UPDATE sign_in_requests SET wrong_codes = wrong_codes + 1 WHERE browser_hash = $1"
        ))?
        .post(params![browser_hash])?;
    let mut statement = transaction.prepare_cached(sql!(
        "SELECT provider_id, account_id FROM sign_in_requests
         WHERE browser_hash = $1 AND expires_at > $2 ORDER BY expires_at DESC LIMIT 1"
    ))?;
    let mut rows = statement.query(params![browser_hash, seconds(now)])?;
    if let Some(row) = rows.next()? {
        let row = RowReader::new(row, "sign_in_requests");
        let provider = row.word("provider_id")?;
        let account = row.value::<Option<_>>("account_id")?;
        let account = account.map(AccountId::from_bytes);
        append_refusal(transaction, &provider, account, "wrong-code", from, now)?;
    }
    Ok(None)
}

fn append_refusal(
    transaction: &Connection,
    provider: &ProviderId,
    account: Option<AccountId>,
    result: &'static str,
    from: &Browser,
    now: UnixTime,
) -> Result<(), StoreError> {
    let entry = audit::Entry {
        provider,
        at: now,
        actor: &Actor::visitor().in_browser(from),
        action: "sign-in.finish",
        result,
        enrollment: None,
        detail: serde_json::json!({ "account": account }),
    };
    audit::append(transaction, &entry)
}

/// Uses a request up, if it is still good.
fn use_up(
    transaction: &Connection,
    link_hash: &[u8; 32],
    now: UnixTime,
) -> Result<Option<(ProviderId, AccountId)>, StoreError> {
    let used = transaction
        .prepare_cached(sql!(
            "UPDATE sign_in_requests SET used_at = $2
             WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
                 AND account_id IS NOT NULL"
        ))?
        .execute(params![link_hash, seconds(now)])?;
    if used == 0 {
        return Ok(None);
    }
    let mut statement = transaction.prepare_cached(sql!(
        "SELECT token_hash, provider_id, account_id FROM sign_in_requests WHERE token_hash = $1"
    ))?;
    let mut rows = statement.query(params![link_hash])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "sign_in_requests");
    let _: [u8; 32] = row.bytes("token_hash")?;
    Ok(Some((
        row.word("provider_id")?,
        AccountId::from_bytes(row.bytes("account_id")?),
    )))
}

/// Forgets requests whose time is over.
pub(crate) fn prune(connection: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(sql!("DELETE FROM sign_in_requests WHERE expires_at <= $1"))?
        .execute(params![seconds(now)])?)
}
