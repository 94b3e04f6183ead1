//! Providers and their accounts, and who may see what of them.

use std::{fmt, str::FromStr};

use gridpass_protocol::UnixTime;
use serde::{Deserialize, Serialize};

use crate::{
    Gridpass,
    config::{AccountConfig, ProviderConfig},
    id::{AccountId, AccountNumber, ProviderId},
    postal::PostalAddress,
    random::Random,
    store::{Connection, RowReader, StoreError, ToSql, params, seconds, sql},
};

/// A provider as anybody may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderSummary {
    /// Its id.
    pub id: ProviderId,
    /// Its name as customers know it.
    pub name: String,
    /// Where customers get help.
    pub support_email: Option<String>,
    /// Where customers get help.
    pub support_phone: Option<String>,
}

/// A language that mails are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
}

impl Language {
    /// Its code (BCP 47).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Gridpass writes no mails in this language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a language of Gridpass: expected en or es")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        match text {
            "en" => Ok(Self::English),
            "es" => Ok(Self::Spanish),
            _ => Err(UnknownLanguage),
        }
    }
}

/// What somebody may see and touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Nothing at all.
    Nothing,
    /// One account.
    Account {
        /// Whose account it is.
        provider: ProviderId,
        /// The account.
        account: AccountId,
    },
    /// All of one provider.
    Provider(ProviderId),
    /// All of the installation.
    Installation,
}

impl Scope {
    /// Whether it covers this account.
    #[must_use]
    pub fn covers(&self, provider: &ProviderId, account: AccountId) -> bool {
        match self {
            Self::Account { account: own, .. } => {
                self.covers_provider_of_account(provider) && *own == account
            }
            _ => self.covers_provider(provider),
        }
    }

    /// Whether it covers all of this provider.
    #[must_use]
    pub fn covers_provider(&self, provider: &ProviderId) -> bool {
        match self {
            Self::Nothing | Self::Account { .. } => false,
            Self::Provider(own) => own == provider,
            Self::Installation => true,
        }
    }

    fn covers_provider_of_account(&self, provider: &ProviderId) -> bool {
        matches!(self, Self::Account { provider: own, .. } if own == provider)
    }
}

impl Gridpass {
    /// The providers of this installation, in the order of its configuration.
    #[must_use]
    pub fn provider_list(&self) -> Vec<ProviderSummary> {
        let summary = |config: &ProviderConfig| ProviderSummary {
            id: config.id.clone(),
            name: config.name.clone(),
            support_email: config.support_email.clone(),
            support_phone: config.support_phone.clone(),
        };
        self.providers
            .iter()
            .map(|provider| summary(&provider.config))
            .collect()
    }
}

/// An account as the store knows it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) mobile: Option<String>,
    pub(crate) postal: Option<PostalAddress>,
    pub(crate) language: Language,
}

/// How an account is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AccountKey<'a> {
    Id(AccountId),
    Number(&'a AccountNumber),
    /// An address in any case.
    Email(&'a str),
}

/// Looks for an account. Of several with one address it takes the one with the lowest number;
/// the others are reached by their numbers.
pub(crate) fn find_account(
    connection: &Connection,
    provider: &ProviderId,
    key: AccountKey<'_>,
) -> Result<Option<Account>, StoreError> {
    macro_rules! select {
        ($condition:literal) => {
            sql!(concat!(
                "SELECT id, name, email, mobile, language, address_line_1, address_line_2,
                     postal_code, city, region, country
                 FROM accounts WHERE provider_id = $1 ",
                $condition
            ))
        };
    }
    let lower_case;
    let (sql, value): (_, &dyn ToSql) = match &key {
        AccountKey::Id(id) => (select!("AND id = $2"), id.as_bytes()),
        AccountKey::Number(number) => (select!("AND number = $2"), &number.as_str()),
        AccountKey::Email(email) => {
            lower_case = email.to_lowercase();
            (
                select!("AND email_lookup = $2 ORDER BY number LIMIT 1"),
                &lower_case,
            )
        }
    };
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![provider.as_str(), value])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "accounts");
    Ok(Some(Account {
        id: AccountId::from_bytes(row.bytes("id")?),
        name: row.value("name")?,
        email: row.value("email")?,
        mobile: row.value("mobile")?,
        language: row.word("language")?,
        postal: read_postal(&row)?,
    }))
}

/// Reads the columns of an address; without a street or a town there is none.
fn read_postal(row: &RowReader<'_>) -> Result<Option<PostalAddress>, StoreError> {
    let line_1: Option<String> = row.value("address_line_1")?;
    let line_2 = row.value("address_line_2")?;
    let postal_code = row.value("postal_code")?;
    let city: Option<String> = row.value("city")?;
    let region = row.value("region")?;
    let country = row.value("country")?;
    let filled = |text: &String| !text.is_empty();
    Ok(line_1
        .filter(filled)
        .zip(city.filter(filled))
        .map(|(line_1, city)| PostalAddress {
            line_1,
            line_2,
            postal_code,
            city,
            region,
            country,
        }))
}

/// Makes an account of which only the number is known yet.
pub(crate) fn insert_account(
    connection: &Connection,
    provider: &ProviderId,
    id: AccountId,
    number: &AccountNumber,
    now: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO accounts
                 (id, provider_id, number, name, name_lookup, language, made_at)
             VALUES ($1, $2, $3, $3, $6, $4, $5)"
        ))?
        .post(params![
            id.as_bytes(),
            provider.as_str(),
            number.as_str(),
            Language::default().as_str(),
            seconds(now),
            number.as_str().to_lowercase(),
        ])?;
    Ok(())
}

/// Brings providers and accounts in the database up to what the configuration says. What it no
/// longer names stays.
pub(crate) fn write_config(
    connection: &Connection,
    providers: &[ProviderConfig],
    now: UnixTime,
    random: &Random<'_>,
) -> Result<(), StoreError> {
    for provider in providers {
        connection.execute(
            sql!(
                "INSERT INTO providers (id, name, made_at) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name"
            ),
            params![provider.id.as_str(), provider.name, seconds(now)],
        )?;
        for account in &provider.accounts {
            write_account(connection, &provider.id, account, now, random)?;
        }
    }
    Ok(())
}

fn write_account(
    connection: &Connection,
    provider: &ProviderId,
    account: &AccountConfig,
    now: UnixTime,
    random: &Random<'_>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO accounts
                 (id, provider_id, number, name, email, email_lookup, language, made_at,
                  name_lookup)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (provider_id, number)
             DO UPDATE SET name = excluded.name, name_lookup = excluded.name_lookup,
                 email = excluded.email, email_lookup = excluded.email_lookup, language = excluded.language"
        ))?
        .post(params![
            AccountId::make(now, random).as_bytes(),
            provider.as_str(),
            account.number.as_str(),
            account.name,
            account.email,
            account.email.as_ref().map(|email| email.to_lowercase()),
            account.language.as_str(),
            seconds(now),
            account.name.to_lowercase(),
        ])?;
    Ok(())
}
