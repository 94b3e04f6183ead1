//! Groups: devices that staff put together under a name, to be the target of events.

use gridpass_protocol::{DeviceId, UnixTime};

use super::{EventError, EventProblem, addressing::greet};
use crate::{
    Gridpass,
    audit::{self, Actor},
    config::is_shown_text,
    id::{EnrollmentId, GroupId, ProviderId},
    random::Random,
    staff::{Permission, StaffSession},
    store::{Connection, Row, RowReader, StoreError, enrollments, params, seconds, sql},
};

/// Most groups of a provider.
const MOST: i64 = 100;
/// Members that a page shows.
const SHOWN: u32 = 200;

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// What it is called.
    pub name: String,
    /// When it was made.
    pub made_at: UnixTime,
    /// How many devices it holds, whatever their states.
    pub members: u64,
}

/// A device of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Its enrollment.
    pub enrollment: EnrollmentId,
    /// What its customer calls it.
    pub nickname: Option<String>,
    /// The end of its device ID.
    pub device_id_hint: String,
    /// Whose it is.
    pub account_name: String,
    /// The number of the account.
    pub account_number: String,
}

impl Gridpass {
    /// The groups of the provider, by name.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn dr_groups(&self, staff: &StaffSession, actor: &Actor) -> Result<Vec<Group>, EventError> {
        self.require::<EventError>(staff, Permission::SeeEvents, actor)?;
        Ok(self
            .store
            .read(|connection| all(connection, &staff.provider))?)
    }

    /// A group and its first members, 200 at most.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, or the database failed.
    pub fn dr_group(
        &self,
        staff: &StaffSession,
        id: GroupId,
        actor: &Actor,
    ) -> Result<(Group, Vec<GroupMember>), EventError> {
        self.require::<EventError>(staff, Permission::SeeEvents, actor)?;
        self.store.read(|connection| {
            let group = find(connection, &staff.provider, id)?.ok_or(EventError::NotFound)?;
            let members = members(connection, &staff.provider, id)?;
            Ok((group, members))
        })
    }

    /// Makes a group.
    ///
    /// # Errors
    /// The role does not allow it, the name cannot be or is taken, there are 100 already, or the
    /// database failed.
    pub fn make_dr_group(
        &self,
        staff: &StaffSession,
        name: &str,
        actor: Actor,
    ) -> Result<GroupId, EventError> {
        self.require::<EventError>(staff, Permission::RunEvents, &actor)?;
        let name = name.trim().to_owned();
        if !is_shown_text(&name, 64) {
            return Err(EventProblem::Name.into());
        }
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        let id = GroupId::make(now, &Random(&*self.random));
        self.store.write(move |transaction| {
            insert(transaction, &provider, id, &name, now)?;
            let detail = serde_json::json!({ "group": id, "name": name });
            note(
                transaction,
                &provider,
                "group.make",
                None,
                &actor,
                now,
                detail,
            )?;
            Ok(id)
        })
    }

    /// Puts an enrolled device into a group, by its device ID or the id of its enrollment. It is
    /// told of the events of the group that go on or are to come.
    ///
    /// # Errors
    /// The role does not allow it, there is no such group or no such enrolled device, or the
    /// database failed.
    pub fn add_to_dr_group(
        &self,
        staff: &StaffSession,
        id: GroupId,
        device: &str,
        actor: Actor,
    ) -> Result<EnrollmentId, EventError> {
        self.require::<EventError>(staff, Permission::RunEvents, &actor)?;
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        let enrollment = self
            .enrolled(&provider, device)?
            .ok_or(EventError::NotFound)?;
        let added = self.store.write(move |transaction| {
            find(transaction, &provider, id)?.ok_or(EventError::NotFound)?;
            if add(transaction, &provider, id, enrollment, now)? {
                greet(transaction, &provider, enrollment, now)?;
                let detail = serde_json::json!({ "group": id });
                let device = Some(enrollment);
                note(
                    transaction,
                    &provider,
                    "group.add",
                    device,
                    &actor,
                    now,
                    detail,
                )?;
            }
            Ok::<_, EventError>(enrollment)
        })?;
        self.wakes().wake(&[added]);
        Ok(added)
    }

    /// Takes a device out of a group, if it is in it. What it was told stays told.
    ///
    /// # Errors
    /// The role does not allow it, there is no such group, or the database failed.
    pub fn remove_from_dr_group(
        &self,
        staff: &StaffSession,
        id: GroupId,
        enrollment: EnrollmentId,
        actor: Actor,
    ) -> Result<(), EventError> {
        self.require::<EventError>(staff, Permission::RunEvents, &actor)?;
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        self.store.write(move |transaction| {
            find(transaction, &provider, id)?.ok_or(EventError::NotFound)?;
            let removed = transaction
                .prepare_cached(sql!(
                    "DELETE FROM dr_group_members
                     WHERE provider_id = $1 AND group_id = $2 AND enrollment_id = $3"
                ))
                .and_then(|mut statement| {
                    statement.execute(params![
                        provider.as_str(),
                        id.as_bytes(),
                        enrollment.as_bytes()
                    ])
                })
                .map_err(StoreError::from)?;
            if removed == 0 {
                return Ok(());
            }
            let detail = serde_json::json!({ "group": id });
            let device = Some(enrollment);
            Ok(note(
                transaction,
                &provider,
                "group.remove",
                device,
                &actor,
                now,
                detail,
            )?)
        })
    }

    /// The enrollment of this provider that staff mean by a device ID or an id, if a device is
    /// enrolled there.
    pub fn find_enrolled(
        &self,
        staff: &StaffSession,
        typed: &str,
        actor: &Actor,
    ) -> Result<Option<EnrollmentId>, EventError> {
        self.require::<EventError>(staff, Permission::RunEvents, actor)?;
        Ok(self.enrolled(&staff.provider, typed)?)
    }

    fn enrolled(
        &self,
        provider: &ProviderId,
        typed: &str,
    ) -> Result<Option<EnrollmentId>, StoreError> {
        let by_id: Option<EnrollmentId> = typed.trim().parse().ok();
        let lookup = DeviceId::parse(typed)
            .ok()
            .map(|device_id| self.vault.device_lookup(&device_id));
        self.store.read(|connection| {
            if let Some(id) = by_id
                && let Some(found) = enrollments::find(connection, id)?
            {
                let is_ours = found.provider == *provider && found.state.is_enrolled();
                return Ok(is_ours.then_some(id));
            }
            let Some(lookup) = lookup else {
                return Ok(None);
            };
            let rivals = enrollments::rivals(connection, provider, &lookup)?;
            let mut enrolled = rivals.into_iter().filter(|found| found.state.is_enrolled());
            Ok(enrolled.next().map(|found| found.id))
        })
    }
}

fn read(row: Row<'_>) -> Result<Group, StoreError> {
    let row = RowReader::new(row, "dr_groups");
    Ok(Group {
        id: GroupId::from_bytes(row.bytes("id")?),
        name: row.value("name")?,
        made_at: row.time("made_at")?,
        members: row.parsed("members", |count: i64| u64::try_from(count).ok())?,
    })
}

/// The groups of this provider, by name.
pub(super) fn all(
    connection: &Connection,
    provider: &ProviderId,
) -> Result<Vec<Group>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT g.id, g.name, g.made_at,
             (SELECT COUNT(*) FROM dr_group_members m
              WHERE m.provider_id = g.provider_id AND m.group_id = g.id)
         FROM dr_groups g WHERE g.provider_id = $1 ORDER BY g.name"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let mut groups = Vec::new();
    while let Some(row) = rows.next()? {
        groups.push(read(row)?);
    }
    Ok(groups)
}

/// The group of this provider with this id.
pub(super) fn find(
    connection: &Connection,
    provider: &ProviderId,
    id: GroupId,
) -> Result<Option<Group>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT g.id, g.name, g.made_at,
             (SELECT COUNT(*) FROM dr_group_members m
              WHERE m.provider_id = g.provider_id AND m.group_id = g.id)
         FROM dr_groups g WHERE g.provider_id = $1 AND g.id = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes()])?;
    rows.next()?.map(read).transpose()
}

/// The groups that a device is in.
pub(super) fn of_device(
    connection: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
) -> Result<Vec<GroupId>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT group_id FROM dr_group_members
         WHERE provider_id = $1 AND enrollment_id = $2 ORDER BY group_id"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), device.as_bytes()])?;
    let mut groups = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "dr_group_members");
        groups.push(GroupId::from_bytes(row.bytes("group_id")?));
    }
    Ok(groups)
}

fn members(
    connection: &Connection,
    provider: &ProviderId,
    id: GroupId,
) -> Result<Vec<GroupMember>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT e.id, e.nickname, e.device_id_hint, a.name, a.number
         FROM dr_group_members m
         JOIN enrollments e ON e.provider_id = m.provider_id AND e.id = m.enrollment_id
         JOIN accounts a ON a.provider_id = e.provider_id AND a.id = e.account_id
         WHERE m.provider_id = $1 AND m.group_id = $2
         ORDER BY m.enrollment_id LIMIT $3"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes(), SHOWN])?;
    let mut members = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "enrollments");
        members.push(GroupMember {
            enrollment: EnrollmentId::from_bytes(row.bytes("id")?),
            nickname: row.value("nickname")?,
            device_id_hint: row.value("device_id_hint")?,
            account_name: row.value("name")?,
            account_number: row.value("number")?,
        });
    }
    Ok(members)
}

fn insert(
    connection: &Connection,
    provider: &ProviderId,
    id: GroupId,
    name: &str,
    now: UnixTime,
) -> Result<(), EventError> {
    let insert = || -> Result<Option<usize>, StoreError> {
        let count: i64 = connection
            .prepare_cached(sql!(
                "SELECT COUNT(*) FROM dr_groups WHERE provider_id = $1"
            ))?
            .query_row(params![provider.as_str()], |row| row.get(0))?;
        if count >= MOST {
            return Ok(None);
        }
        let written = connection
            .prepare_cached(sql!(
                "INSERT INTO dr_groups (id, provider_id, name, made_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (provider_id, name) DO NOTHING"
            ))?
            .execute(params![
                id.as_bytes(),
                provider.as_str(),
                name,
                seconds(now)
            ])?;
        Ok(Some(written))
    };
    match insert()? {
        None => Err(EventError::TooMany),
        Some(0) => Err(EventError::NameTaken),
        Some(_) => Ok(()),
    }
}

/// Returns whether the device was not in the group before.
fn add(
    connection: &Connection,
    provider: &ProviderId,
    id: GroupId,
    device: EnrollmentId,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let written = connection
        .prepare_cached(sql!(
            "INSERT INTO dr_group_members (provider_id, group_id, enrollment_id, added_at)
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
        ))?
        .execute(params![
            provider.as_str(),
            id.as_bytes(),
            device.as_bytes(),
            seconds(now)
        ])?;
    Ok(written == 1)
}

fn note(
    transaction: &Connection,
    provider: &ProviderId,
    action: &'static str,
    enrollment: Option<EnrollmentId>,
    actor: &Actor,
    at: UnixTime,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    let entry = audit::Entry {
        provider,
        at,
        actor,
        action,
        result: "ok",
        enrollment,
        detail,
    };
    audit::append(transaction, &entry)
}
