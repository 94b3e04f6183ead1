//! The list of enrollments: newest first, filtered, searched, a page at a time.

use gridpass_protocol::{DeviceIdKind, UnixTime};

use super::{
    DeskError,
    cursor::{AccountPlace, PageCursor},
    search::Search,
};
use crate::{
    Gridpass,
    audit::Actor,
    enrollment::StateName,
    id::{AccountId, AccountNumber, EnrollmentId},
    registration::{Channel, EnrollmentKind},
    staff::{Permission, StaffSession},
    store::enrollment_list::{self as store, Filter, ListedEnrollment, NameRange},
    view::StateView,
};

/// Rows of one page.
const PAGE: usize = 50;

/// Which enrollments are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnrollmentFilter {
    /// Those in this state alone.
    pub state: Option<StateName>,
    /// Those whose label goes this way alone.
    pub channel: Option<Channel>,
    /// Those registered at that moment or later.
    pub since: Option<UnixTime>,
    /// What was typed into the search field: a device ID, an account number, how a name begins,
    /// a temporary id, an enrollment's id, or what names a certificate: serial number, SHA-256,
    /// LFDI, SFDI or VEN fingerprint. Empty for everything.
    pub search: String,
    /// Where the page before ended.
    pub after: Option<PageCursor>,
}

/// An account, as lists name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSummary {
    /// Its id.
    pub id: AccountId,
    /// Its number with the provider.
    pub number: AccountNumber,
    /// The customer's name.
    pub name: String,
}

/// One enrollment of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrollmentRow {
    /// Its id.
    pub id: EnrollmentId,
    /// Whose device it is.
    pub account: AccountSummary,
    /// The last 4 characters of the device ID.
    pub device_id_hint: String,
    /// What the device ID looks like.
    pub device_id_kind: DeviceIdKind,
    /// What is enrolled.
    pub kind: EnrollmentKind,
    /// How its label is delivered.
    pub channel: Channel,
    /// Where it stands.
    pub state: StateView,
    /// When it was registered.
    pub created_at: UnixTime,
    /// What the customer calls the device.
    pub nickname: Option<String>,
}

/// One page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrollmentPage {
    /// At most 50. A page of a search by name may hold fewer although there is a next one.
    pub rows: Vec<EnrollmentRow>,
    /// Where the next page begins, if there may be one.
    pub next: Option<PageCursor>,
}

impl Gridpass {
    /// A page of the provider's enrollments, newest first; of a search by name, by name.
    ///
    /// What is typed whole (a device ID, an account number, an id) goes before what only begins
    /// a name. A device ID is found by its keyed hash, so never by a part of it.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn desk_enrollments(
        &self,
        staff: &StaffSession,
        filter: &EnrollmentFilter,
        actor: &Actor,
    ) -> Result<EnrollmentPage, DeskError> {
        self.require::<DeskError>(staff, Permission::SeeEnrollments, actor)?;
        let conditions = Filter {
            provider: &staff.provider,
            state: filter.state,
            channel: filter.channel,
            since: filter.since.unwrap_or(UnixTime(0)),
            most: PAGE + 1,
        };
        let after = filter.after.clone().unwrap_or_else(PageCursor::start);
        let Some(search) = Search::new(&filter.search, &self.vault) else {
            let rows = self.store.read(|connection| {
                store::newest(connection, &conditions, after.issued_at, after.id)
            })?;
            return Ok(self.page(rows));
        };
        // A page after the first of a search by name goes on there.
        if after.account.is_none() {
            let rows = self.store.read(|connection| {
                let exact = store::Exact {
                    enrollment: search.enrollment,
                    temporary_id: search.temporary_id,
                    device: search.device,
                    account: search.account.as_ref(),
                    serial: search.certificate.serial.as_ref(),
                    fingerprints: search.certificate.fingerprints,
                    ven_fingerprint: search.certificate.ven_fingerprint,
                };
                store::exact(connection, &conditions, &exact, after.issued_at, after.id)
            })?;
            if !rows.is_empty() || filter.after.is_some() {
                return Ok(self.page(rows));
            }
        }
        self.by_name(&conditions, &search.name, filter.after.as_ref())
    }

    fn by_name(
        &self,
        conditions: &Filter<'_>,
        name: &str,
        after: Option<&PageCursor>,
    ) -> Result<EnrollmentPage, DeskError> {
        let place = after.and_then(|cursor| cursor.account.as_ref());
        let range = NameRange {
            from: place.map_or(name, |place| &place.name),
            number: place.map_or("", |place| &place.number),
            end: &super::search::end_of(name),
            issued_at: after.map_or(UnixTime(0), |cursor| cursor.issued_at),
            id: after.map_or(EnrollmentId::nil(), |cursor| cursor.id),
        };
        let store::ByName { rows, last_account } = self
            .store
            .read(|connection| store::by_name(connection, conditions, &range))?;
        let mut places: Vec<_> = rows.iter().map(|row| row.name_lookup.clone()).collect();
        let mut page = self.page(rows);
        places.truncate(page.rows.len());
        page.next = match (page.next, last_account) {
            (Some(cursor), _) => page.rows.last().zip(places.pop()).map(|(row, name)| {
                let number = row.account.number.to_string();
                PageCursor {
                    account: Some(AccountPlace { name, number }),
                    ..cursor
                }
            }),
            // None of the accounts looked at is left over, but there are more of them.
            (None, Some((name, number))) => Some(PageCursor {
                issued_at: UnixTime(0),
                id: EnrollmentId::nil(),
                account: Some(AccountPlace { name, number }),
            }),
            (None, None) => None,
        };
        Ok(page)
    }

    /// The rows of a page: one more was asked for than is shown, to know whether there are more.
    fn page(&self, mut found: Vec<ListedEnrollment>) -> EnrollmentPage {
        let more = found.len() > PAGE;
        found.truncate(PAGE);
        let rows: Vec<_> = found.into_iter().map(|row| self.listed(row)).collect();
        let next = rows.last().filter(|_| more).map(|last| PageCursor {
            issued_at: last.created_at,
            id: last.id,
            account: None,
        });
        EnrollmentPage { rows, next }
    }

    pub(crate) fn listed(&self, found: ListedEnrollment) -> EnrollmentRow {
        EnrollmentRow {
            state: self.state_view(&found.state, found.failures),
            id: found.id,
            account: AccountSummary {
                id: found.account,
                number: found.account_number,
                name: found.account_name,
            },
            device_id_hint: found.device_id_hint,
            device_id_kind: found.device_id_kind,
            kind: found.kind,
            channel: found.channel,
            created_at: found.issued_at,
            nickname: found.nickname,
        }
    }
}
