//! Programmes: what events belong to.

use gridpass_protocol::UnixTime;

use super::{EventError, EventProblem};
use crate::{
    Gridpass,
    audit::{self, Actor},
    config::is_shown_text,
    id::{ProgramId, ProviderId},
    random::Random,
    staff::{Permission, StaffSession},
    store::{Connection, Row, RowReader, StoreError, params, seconds, sql},
};

/// Most programmes of a provider.
const MOST: i64 = 100;

/// What staff say of a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramDraft {
    /// What it is called, 1 to 64 printable characters. Customers read it.
    pub name: String,
    /// What it is about, in words for customers; may be empty, at most 500 characters.
    pub description: String,
}

/// A programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its id; also the id of the OpenADR object.
    pub id: ProgramId,
    /// What it is called.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// When it was made.
    pub made_at: UnixTime,
    /// When it was last changed.
    pub changed_at: UnixTime,
}

impl ProgramDraft {
    fn check(&self) -> Result<(), EventProblem> {
        if !is_shown_text(&self.name, 64) {
            return Err(EventProblem::Name);
        }
        if !self.description.is_empty() && !is_shown_text(&self.description, 500) {
            return Err(EventProblem::Description);
        }
        Ok(())
    }
}

impl Gridpass {
    /// The programmes of the provider, by name.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn dr_programs(
        &self,
        staff: &StaffSession,
        actor: &Actor,
    ) -> Result<Vec<Program>, EventError> {
        self.require::<EventError>(staff, Permission::SeeEvents, actor)?;
        Ok(self
            .store
            .read(|connection| all(connection, &staff.provider))?)
    }

    /// Makes a programme.
    ///
    /// # Errors
    /// The role does not allow it, the draft cannot be, its name is taken, there are 100
    /// already, or the database failed.
    pub fn make_dr_program(
        &self,
        staff: &StaffSession,
        draft: ProgramDraft,
        actor: Actor,
    ) -> Result<ProgramId, EventError> {
        self.require::<EventError>(staff, Permission::RunEvents, &actor)?;
        draft.check()?;
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        let id = ProgramId::make(now, &Random(&*self.random));
        self.store.write(move |transaction| {
            if count(transaction, &provider)? >= MOST {
                return Err(EventError::TooMany);
            }
            insert(transaction, &provider, id, &draft, now)?;
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "program.make",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "program": id, "name": draft.name }),
            };
            audit::append(transaction, &entry)?;
            Ok(id)
        })
    }
}

fn read(row: Row<'_>) -> Result<Program, StoreError> {
    let row = RowReader::new(row, "dr_programs");
    Ok(Program {
        id: ProgramId::from_bytes(row.bytes("id")?),
        name: row.value("name")?,
        description: row.value("description")?,
        made_at: row.time("made_at")?,
        changed_at: row.time("changed_at")?,
    })
}

/// The programmes of this provider, by name.
pub(super) fn all(
    connection: &Connection,
    provider: &ProviderId,
) -> Result<Vec<Program>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, name, description, made_at, changed_at FROM dr_programs
         WHERE provider_id = $1 ORDER BY name"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let mut programs = Vec::new();
    while let Some(row) = rows.next()? {
        programs.push(read(row)?);
    }
    Ok(programs)
}

/// The programme of this provider that is called like another provider's; makes it if there is none.
pub(super) fn of_name(
    transaction: &Connection,
    provider: &ProviderId,
    fresh: ProgramId,
    like: &Program,
    now: UnixTime,
) -> Result<ProgramId, EventError> {
    let mut known = all(transaction, provider)?.into_iter();
    if let Some(found) = known.find(|known| known.name == like.name) {
        return Ok(found.id);
    }
    let draft = ProgramDraft {
        name: like.name.clone(),
        description: like.description.clone(),
    };
    insert(transaction, provider, fresh, &draft, now)?;
    Ok(fresh)
}

/// The programme of this provider with this id.
pub(super) fn find(
    connection: &Connection,
    provider: &ProviderId,
    id: ProgramId,
) -> Result<Option<Program>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, name, description, made_at, changed_at FROM dr_programs
         WHERE provider_id = $1 AND id = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes()])?;
    rows.next()?.map(read).transpose()
}

fn count(connection: &Connection, provider: &ProviderId) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT COUNT(*) FROM dr_programs WHERE provider_id = $1"
    ))?;
    Ok(statement.query_row(params![provider.as_str()], |row| row.get(0))?)
}

fn insert(
    connection: &Connection,
    provider: &ProviderId,
    id: ProgramId,
    draft: &ProgramDraft,
    now: UnixTime,
) -> Result<(), EventError> {
    let written = connection
        .prepare_cached(sql!(
            "INSERT INTO dr_programs (id, provider_id, name, description, made_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (provider_id, name) DO NOTHING"
        ))
        .and_then(|mut statement| {
            statement.execute(params![
                id.as_bytes(),
                provider.as_str(),
                draft.name,
                draft.description,
                seconds(now)
            ])
        })
        .map_err(StoreError::from)?;
    if written == 1 {
        Ok(())
    } else {
        Err(EventError::NameTaken)
    }
}
