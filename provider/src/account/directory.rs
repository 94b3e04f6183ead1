//! Looking accounts up and writing them down, one by one.

use gridpass_protocol::UnixTime;
use serde::Serialize;

use super::details::{AccountDetails, AccountProblem, PostalAddress, Typed, without_spacing};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{AccountId, AccountNumber, ProviderId},
    random::Random,
    staff::{NotAllowed, Permission, StaffSession},
    store::{Connection, Row, RowReader, StoreError, ToSql, params, seconds, sql},
    tenant::Scope,
    view::EnrollmentView,
};

/// Accounts on one page of the list.
const PAGE: i64 = 50;

/// An account as staff see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountView {
    /// Names it in addresses.
    pub id: AccountId,
    /// What the provider says of it.
    #[serde(flatten)]
    pub details: AccountDetails,
    /// Since when it is known here.
    pub made_at: UnixTime,
}

/// What of an upsert came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upserted {
    /// It was not known before.
    Made(AccountId),
    /// Something about it is different now.
    Changed(AccountId),
    /// All of it was known.
    Unchanged(AccountId),
}

impl Upserted {
    /// Which account it is.
    #[must_use]
    pub const fn id(self) -> AccountId {
        match self {
            Self::Made(id) | Self::Changed(id) | Self::Unchanged(id) => id,
        }
    }
}

/// Why an account was not shown or not written.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is no such account, or none that the one who asks may see.
    #[error("there is no such account")]
    NotFound,
    /// What it should become is not acceptable.
    #[error(transparent)]
    Invalid(#[from] AccountProblem),
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which accounts are looked for.
#[derive(Clone, Debug, Default)]
pub struct AccountQuery {
    /// The beginning of a name or a number, or a whole e-mail address or mobile number; empty for
    /// all.
    pub search: String,
    /// The last account of the page before.
    pub after: Option<AccountId>,
}

/// One page of accounts, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<AccountView>,
    /// Where the next page begins, if there is one.
    pub next: Option<AccountId>,
}

macro_rules! select {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT id, number, name, email, mobile, address_line_1, address_line_2, postal_code,
                 city, region, country, language, made_at
             FROM accounts WHERE provider_id = $1 ",
            $rest
        ))
    };
}

impl Gridpass {
    /// One page of the provider's accounts.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub fn account_page(
        &self,
        staff: &StaffSession,
        query: &AccountQuery,
        actor: &Actor,
    ) -> Result<AccountPage, AccountError> {
        self.require::<AccountError>(staff, Permission::SeeEnrollments, actor)?;
        let search = query.search.trim().to_lowercase();
        let mut accounts = self.store.read(|connection| {
            if search.is_empty() {
                list(connection, &staff.provider, query.after)
            } else {
                self::search(connection, &staff.provider, &search)
            }
        })?;
        let page = PAGE as usize;
        let next = (search.is_empty() && accounts.len() > page).then(|| accounts[page - 1].id);
        accounts.truncate(page);
        Ok(AccountPage { accounts, next })
    }

    /// One of the provider's accounts and its enrollments, the youngest first.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub fn account_view(
        &self,
        staff: &StaffSession,
        id: AccountId,
        actor: &Actor,
    ) -> Result<(AccountView, Vec<EnrollmentView>), AccountError> {
        self.require::<AccountError>(staff, Permission::SeeEnrollments, actor)?;
        let found = self
            .store
            .read(|connection| find(connection, &staff.provider, id))?;
        let account = found.ok_or(AccountError::NotFound)?;
        Ok((account, self.enrollments_of_account(&staff.provider, id)?))
    }

    /// Writes what somebody at the desk typed about an account; a new number makes a new account.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub fn write_account(
        &self,
        staff: &StaffSession,
        typed: &AccountForm,
        actor: Actor,
    ) -> Result<Upserted, AccountError> {
        self.require::<AccountError>(staff, Permission::EditAccounts, &actor)?;
        let details = typed.as_typed().check()?;
        self.upsert_account(&staff.provider, details, actor)
    }

    /// The account with this number, if the provider has it.
    ///
    /// # Errors
    /// The database failed.
    pub fn account_by_number(
        &self,
        provider: &ProviderId,
        number: &AccountNumber,
    ) -> Result<Option<AccountView>, StoreError> {
        self.store
            .read(|connection| find_by_number(connection, provider, number.as_str()))
    }

    /// Writes down what a provider says of an account: a new one, or what is different of one
    /// with this number.
    ///
    /// # Errors
    /// See [`AccountError`]; `NotFound` if the actor may not touch this provider.
    pub fn upsert_account(
        &self,
        provider: &ProviderId,
        details: AccountDetails,
        actor: Actor,
    ) -> Result<Upserted, AccountError> {
        details.check()?;
        let may = match actor.scope() {
            Scope::Provider(own) => own == *provider,
            Scope::Installation => true,
            Scope::Account { .. } | Scope::Nothing => false,
        };
        if !may || self.provider(provider).is_none() {
            return Err(AccountError::NotFound);
        }
        let now = self.clock_now();
        let fresh = AccountId::make(now, &Random(&*self.random));
        let provider = provider.clone();
        self.store.write(move |transaction| {
            let outcome = upsert(transaction, &provider, &details, fresh, now)?;
            let result = match outcome {
                Upserted::Made(_) => "made",
                Upserted::Changed(_) => "changed",
                Upserted::Unchanged(_) => return Ok(outcome),
            };
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "account.write",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "account": outcome.id(), "outcome": result }),
            };
            audit::append(transaction, &entry)?;
            Ok(outcome)
        })
    }
}

/// An account as it is typed at the desk; an empty field is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[expect(missing_docs, reason = "each is named after its field")]
pub struct AccountForm {
    pub number: String,
    pub name: String,
    pub email: String,
    pub mobile: String,
    pub line_1: String,
    pub line_2: String,
    pub postal_code: String,
    pub city: String,
    pub region: String,
    pub country: String,
    pub language: String,
}

impl AccountForm {
    fn as_typed(&self) -> Typed<'_> {
        Typed {
            number: &self.number,
            name: &self.name,
            email: &self.email,
            mobile: &self.mobile,
            line_1: &self.line_1,
            line_2: &self.line_2,
            postal_code: &self.postal_code,
            city: &self.city,
            region: &self.region,
            country: &self.country,
            language: &self.language,
        }
    }
}

impl From<AccountDetails> for AccountForm {
    fn from(details: AccountDetails) -> Self {
        let address = details.address.unwrap_or_default();
        Self {
            number: details.number.to_string(),
            name: details.name,
            email: details.email.unwrap_or_default(),
            mobile: details.mobile.unwrap_or_default(),
            line_1: address.line_1,
            line_2: address.line_2.unwrap_or_default(),
            postal_code: address.postal_code,
            city: address.city,
            region: address.region.unwrap_or_default(),
            country: address.country,
            language: details.language.to_string(),
        }
    }
}

fn read(row: Row<'_>) -> Result<AccountView, StoreError> {
    let row = RowReader::new(row, "accounts");
    let id = AccountId::from_bytes(row.bytes("id")?);
    let number = row.word("number")?;
    let name = row.value("name")?;
    let email = row.value("email")?;
    let mobile = row.value("mobile")?;
    let line_1: Option<String> = row.value("address_line_1")?;
    let line_2 = row.value("address_line_2")?;
    let postal_code: Option<String> = row.value("postal_code")?;
    let city: Option<String> = row.value("city")?;
    let region = row.value("region")?;
    let country: Option<String> = row.value("country")?;
    let address = line_1.map(|line_1| PostalAddress {
        line_1,
        line_2,
        postal_code: postal_code.unwrap_or_default(),
        city: city.unwrap_or_default(),
        region,
        country: country.unwrap_or_default(),
    });
    Ok(AccountView {
        id,
        details: AccountDetails {
            number,
            name,
            email,
            mobile,
            address,
            language: row.word("language")?,
        },
        made_at: row.time("made_at")?,
    })
}

fn collect(
    connection: &Connection,
    sql: &str,
    parameters: &[&dyn ToSql],
) -> Result<Vec<AccountView>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// The account with this id.
pub(super) fn find(
    connection: &Connection,
    provider: &ProviderId,
    id: AccountId,
) -> Result<Option<AccountView>, StoreError> {
    let found = collect(
        connection,
        select!("AND id = $2"),
        &[&provider.as_str(), id.as_bytes()],
    )?;
    Ok(found.into_iter().next())
}

/// The account with this number.
pub(crate) fn find_by_number(
    connection: &Connection,
    provider: &ProviderId,
    number: &str,
) -> Result<Option<AccountView>, StoreError> {
    let found = collect(
        connection,
        select!("AND number = $2"),
        &[&provider.as_str(), &number],
    )?;
    Ok(found.into_iter().next())
}

/// One account more than a page, by name and number, from after an account on.
fn list(
    connection: &Connection,
    provider: &ProviderId,
    after: Option<AccountId>,
) -> Result<Vec<AccountView>, StoreError> {
    let most = PAGE + 1;
    let last = match after {
        Some(id) => find(connection, provider, id)?,
        None => None,
    };
    match last {
        None => collect(
            connection,
            select!("ORDER BY name_lookup, number LIMIT $2"),
            &[&provider.as_str(), &most],
        ),
        Some(last) => collect(
            connection,
            select!("AND (name_lookup, number) > ($2, $3) ORDER BY name_lookup, number LIMIT $4"),
            &[
                &provider.as_str(),
                &last.details.name.to_lowercase(),
                &last.details.number.as_str(),
                &most,
            ],
        ),
    }
}

/// At most a page of what fits: number first, then address, mobile number, name. Each question
/// has an index of its own.
fn search(
    connection: &Connection,
    provider: &ProviderId,
    text: &str,
) -> Result<Vec<AccountView>, StoreError> {
    let provider = provider.as_str();
    let upper = text.to_uppercase();
    let mobile = without_spacing(text);
    let ranges = [
        (text.to_owned(), after_prefix(text)),
        (upper.clone(), after_prefix(&upper)),
    ];
    let mut found: Vec<AccountView> = Vec::new();
    for (from, until) in &ranges {
        found.extend(collect(
            connection,
            select!("AND number >= $2 AND number < $3 ORDER BY number LIMIT $4"),
            &[&provider, from, until, &PAGE],
        )?);
    }
    found.extend(collect(
        connection,
        select!("AND email_lookup = $2 ORDER BY number LIMIT $3"),
        &[&provider, &text, &PAGE],
    )?);
    found.extend(collect(
        connection,
        select!("AND mobile = $2 ORDER BY number LIMIT $3"),
        &[&provider, &mobile, &PAGE],
    )?);
    found.extend(collect(
        connection,
        select!("AND name_lookup >= $2 AND name_lookup < $3 ORDER BY name_lookup, number LIMIT $4"),
        &[&provider, &text, &after_prefix(text), &PAGE],
    )?);
    let mut seen = std::collections::HashSet::new();
    found.retain(|account| seen.insert(account.id));
    Ok(found)
}

/// What sorts after everything that begins with `prefix`.
fn after_prefix(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

/// Writes what is new or different.
pub(crate) fn upsert(
    transaction: &Connection,
    provider: &ProviderId,
    details: &AccountDetails,
    fresh: AccountId,
    now: UnixTime,
) -> Result<Upserted, StoreError> {
    let known = find_by_number(transaction, provider, details.number.as_str())?;
    let outcome = match known {
        Some(known) if known.details == *details => return Ok(Upserted::Unchanged(known.id)),
        Some(known) => Upserted::Changed(known.id),
        None => Upserted::Made(fresh),
    };
    let address = details.address.as_ref();
    transaction
        .prepare_cached(sql!(
            "INSERT INTO accounts
                 (provider_id, id, number, name, name_lookup, email, email_lookup, mobile,
                  address_line_1, address_line_2, postal_code, city, region, country, language,
                  made_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
             ON CONFLICT (provider_id, number) DO UPDATE SET
                 name = excluded.name, name_lookup = excluded.name_lookup,
                 email = excluded.email, email_lookup = excluded.email_lookup,
                 mobile = excluded.mobile, address_line_1 = excluded.address_line_1,
                 address_line_2 = excluded.address_line_2, postal_code = excluded.postal_code,
                 city = excluded.city, region = excluded.region, country = excluded.country,
                 language = excluded.language, changed_at = excluded.changed_at"
        ))?
        .post(params![
            provider.as_str(),
            outcome.id().as_bytes(),
            details.number.as_str(),
            details.name,
            details.name.to_lowercase(),
            details.email,
            details.email.as_ref().map(|email| email.to_lowercase()),
            details.mobile,
            address.map(|address| &address.line_1),
            address.and_then(|address| address.line_2.as_ref()),
            address.map(|address| &address.postal_code),
            address.map(|address| &address.city),
            address.and_then(|address| address.region.as_ref()),
            address.map(|address| &address.country),
            details.language.as_str(),
            seconds(now),
        ])?;
    Ok(outcome)
}
