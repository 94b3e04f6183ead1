//! Whom an event is meant for.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    id::{EnrollmentId, GroupId, ProviderId},
    store::{Connection, RowReader, StoreError, params, sql},
};

/// A postal code as accounts have it: 1 to 16 printable characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PostalCode(String);

impl PostalCode {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no postal code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a postal code has 1 to 16 printable characters")]
pub struct InvalidPostalCode;

impl FromStr for PostalCode {
    type Err = InvalidPostalCode;

    fn from_str(text: &str) -> Result<Self, InvalidPostalCode> {
        let text = text.trim();
        let is_fine =
            (1..=16).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        is_fine
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidPostalCode)
    }
}

impl fmt::Display for PostalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom an event is meant for. Whoever any target of an event names is told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Target {
    /// Every active device of the provider.
    All,
    /// The devices of a group.
    Group {
        /// Which.
        group: GroupId,
    },
    /// The devices of accounts with this postal code.
    PostalCode {
        /// As accounts have it.
        code: PostalCode,
    },
    /// One device.
    Device {
        /// Which.
        enrollment: EnrollmentId,
    },
    /// The devices of an aggregator that acts for this provider. They are the aggregator's to
    /// tell: it gets an event of its own.
    Aggregator {
        /// Which.
        provider: ProviderId,
    },
}

/// Of each kind of target: the active devices after one of them in the order of their ids, as a
/// statement with the same three parameters (provider, after, most) and, if need be, a fourth.
const ALL: &str = sql!(
    "SELECT id FROM enrollments
     WHERE provider_id = $1 AND state = 'active' AND id > $2 ORDER BY id LIMIT $3"
);
const IN_GROUP: &str = sql!(
    "SELECT e.id FROM dr_group_members m
     JOIN enrollments e ON e.provider_id = m.provider_id AND e.id = m.enrollment_id
     WHERE m.provider_id = $1 AND m.group_id = $4 AND m.enrollment_id > $2
         AND e.state = 'active'
     ORDER BY m.enrollment_id LIMIT $3"
);
const AT_POSTAL_CODE: &str = sql!(
    "SELECT e.id FROM accounts a
     JOIN enrollments e ON e.provider_id = a.provider_id AND e.account_id = a.id
     WHERE a.provider_id = $1 AND a.postal_code = $4 AND e.id > $2 AND e.state = 'active'
     ORDER BY e.id LIMIT $3"
);
const ONE: &str = sql!(
    "SELECT id FROM enrollments
     WHERE provider_id = $1 AND id = $4 AND id > $2 AND state = 'active' LIMIT $3"
);

impl Target {
    /// The first `most` active devices with ids after `after`, in the order of their ids.
    pub(super) fn next(
        &self,
        connection: &Connection,
        provider: &ProviderId,
        after: EnrollmentId,
        most: u32,
    ) -> Result<Vec<EnrollmentId>, StoreError> {
        if matches!(self, Self::Aggregator { .. }) {
            return Ok(Vec::new());
        }
        let (provider, after) = (provider.as_str(), after.as_bytes());
        let mut statement = connection.prepare_cached(match self {
            Self::All | Self::Aggregator { .. } => ALL,
            Self::Group { .. } => IN_GROUP,
            Self::PostalCode { .. } => AT_POSTAL_CODE,
            Self::Device { .. } => ONE,
        })?;
        let mut rows = match self {
            Self::All | Self::Aggregator { .. } => {
                statement.query(params![provider, after, most])?
            }
            Self::Group { group } => {
                statement.query(params![provider, after, most, group.as_bytes()])?
            }
            Self::PostalCode { code } => {
                statement.query(params![provider, after, most, code.as_str()])?
            }
            Self::Device { enrollment } => {
                statement.query(params![provider, after, most, enrollment.as_bytes()])?
            }
        };
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let row = RowReader::new(row, "enrollments");
            found.push(EnrollmentId::from_bytes(row.bytes("id")?));
        }
        Ok(found)
    }

    /// Whether it names this device, whatever its state.
    pub(super) fn names(
        &self,
        connection: &Connection,
        provider: &ProviderId,
        device: EnrollmentId,
    ) -> Result<bool, StoreError> {
        let (provider, id) = (provider.as_str(), device.as_bytes());
        match self {
            Self::All => Ok(true),
            Self::Aggregator { .. } => Ok(false),
            Self::Device { enrollment } => Ok(*enrollment == device),
            Self::Group { group } => Ok(connection
                .prepare_cached(sql!(
                    "SELECT 1 FROM dr_group_members
                     WHERE provider_id = $1 AND group_id = $2 AND enrollment_id = $3"
                ))?
                .exists(params![provider, group.as_bytes(), id])?),
            Self::PostalCode { code } => Ok(connection
                .prepare_cached(sql!(
                    "SELECT 1 FROM enrollments e
                     JOIN accounts a ON a.provider_id = e.provider_id AND a.id = e.account_id
                     WHERE e.provider_id = $1 AND e.id = $2 AND a.postal_code = $3"
                ))?
                .exists(params![provider, id, code.as_str()])?),
        }
    }

    /// As an OpenADR target; none where the object is not narrowed.
    pub(super) fn word(&self) -> Option<String> {
        match self {
            Self::All | Self::Aggregator { .. } => None,
            Self::Group { group } => Some(group_word(*group)),
            Self::PostalCode { code } => Some(postal_code_word(code.as_str())),
            Self::Device { enrollment } => Some(device_word(*enrollment)),
        }
    }
}

/// The OpenADR target of a group.
pub(super) fn group_word(group: GroupId) -> String {
    format!("group-{group}")
}

/// The OpenADR target of a postal code: what an identifier cannot hold becomes a hyphen.
pub(super) fn postal_code_word(code: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!(
        "postal-code-{}",
        code.chars().map(plain).collect::<String>()
    )
}

/// The OpenADR target of one device.
pub(super) fn device_word(device: EnrollmentId) -> String {
    format!("ven-{device}")
}
