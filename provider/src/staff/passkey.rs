//! Passkeys of staff (WebAuthn level 3): discoverable, with the person verified by the device.
//!
//! A ceremony has two halves. What the first leaves for the second is sealed in the database under
//! what the browser keeps in a cookie, for five minutes, and is used once.

use gridpass_protocol::{UnixTime, b64u};
use serde::{Serialize, de::DeserializeOwned};
use webauthn_rs::prelude::{
    CreationChallengeResponse, DiscoverableAuthentication, Passkey, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, RequestChallengeResponse, Url, Webauthn,
    WebauthnBuilder,
};

use super::{AcceptError, NewStaffSession, StaffSession, invitation, person, session::begin};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{ProviderId, StaffId},
    random::Random,
    session::Browser,
    store::{Connection, OptionalExtension, RowReader, StoreError, params, seconds, sql},
    vault::{Purpose, sha256},
};

/// How long a ceremony may take, in seconds.
const LIFETIME: u64 = 5 * 60;
/// Passkeys of one person.
const MOST: usize = 20;

/// The first half of a ceremony: what the browser is asked, and what it must keep for the second.
pub struct Ceremony {
    /// For `navigator.credentials`, JSON.
    pub challenge: String,
    /// What the browser keeps. Secret: it goes into a cookie and nowhere else.
    pub browser: String,
}

impl std::fmt::Debug for Ceremony {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ceremony([redacted])")
    }
}

/// A passkey as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyView {
    /// Names it, b64u.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Since when.
    pub made_at: UnixTime,
    /// When it last signed in.
    pub used_at: Option<UnixTime>,
}

/// Why a ceremony came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The ceremony is unknown, over, or not this browser's; or what the device sent is not right.
    #[error("this passkey did not work; try again")]
    Refused,
    /// There is no such passkey, or it is the only way in.
    #[error("this is your only way to sign in")]
    LastWay,
    /// Nobody has more passkeys than that.
    #[error("remove a passkey first")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AcceptError> for PasskeyError {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Store(error) => Self::Store(error),
            _ => Self::Refused,
        }
    }
}

/// What the first half of a registration leaves for the second.
#[derive(Serialize, serde::Deserialize)]
struct Registering {
    staff: StaffId,
    /// The invitation that is accepted with it, if one is.
    invitation: Option<[u8; 32]>,
    state: PasskeyRegistration,
}

impl Gridpass {
    /// Begins to add a passkey for the member of staff who is signed in.
    ///
    /// # Errors
    /// See [`PasskeyError`].
    pub fn begin_passkey(&self, staff: &StaffSession) -> Result<Ceremony, PasskeyError> {
        let person = self
            .store
            .read(|connection| person::find(connection, &staff.provider, staff.staff_id))?
            .ok_or(PasskeyError::Refused)?;
        self.begin_registration(&staff.provider, &person, None)
    }

    /// Begins to accept an invitation with a passkey.
    ///
    /// # Errors
    /// See [`PasskeyError`].
    pub fn begin_invited_passkey(&self, token: &str) -> Result<Ceremony, PasskeyError> {
        let found = self.find_invitation(token)?.ok_or(PasskeyError::Refused)?;
        let hash = sha256(token.trim().as_bytes());
        self.begin_registration(&found.provider, &found.person, Some(hash))
    }

    /// Adds the passkey that the device made, under a name of 1 to 64 characters.
    ///
    /// # Errors
    /// See [`PasskeyError`].
    pub fn finish_passkey(
        &self,
        staff: &StaffSession,
        browser: &str,
        credential: &str,
        name: &str,
        actor: Actor,
    ) -> Result<(), PasskeyError> {
        let (provider, registering) = self.take::<Registering>(browser, "passkey")?;
        if registering.staff != staff.staff_id
            || registering.invitation.is_some()
            || provider.as_ref() != Some(&staff.provider)
        {
            return Err(PasskeyError::Refused);
        }
        let passkey = self.registered(&registering, credential)?;
        let (provider, id, now) = (staff.provider.clone(), staff.staff_id, self.clock_now());
        let name = tidy(name);
        self.store.write(move |transaction| {
            insert(transaction, &provider, id, &passkey, &name, now)?;
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "staff.add-passkey",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "name": name }),
            };
            Ok(audit::append(transaction, &entry)?)
        })
    }

    /// Accepts an invitation with the passkey that the device made. Signs in at once.
    ///
    /// # Errors
    /// See [`PasskeyError`].
    pub fn accept_by_passkey(
        &self,
        token: &str,
        browser: &str,
        credential: &str,
        name: &str,
        from: Browser,
    ) -> Result<NewStaffSession, PasskeyError> {
        let found = self.find_invitation(token)?.ok_or(PasskeyError::Refused)?;
        let (provider, registering) = self.take::<Registering>(browser, "passkey")?;
        let hash = sha256(token.trim().as_bytes());
        if registering.invitation != Some(hash)
            || registering.staff != found.person.id
            || provider.as_ref() != Some(&found.provider)
        {
            return Err(PasskeyError::Refused);
        }
        let passkey = self.registered(&registering, credential)?;
        let now = self.clock_now();
        let (token, session) = self.new_staff_session(&found.provider, &found.person, now);
        let (written, token_hash, name) = (session.clone(), token.hash(), tidy(name));
        self.store.write(move |transaction| {
            invitation::use_up(transaction, &hash, now)?;
            let StaffSession {
                provider, staff_id, ..
            } = &written;
            insert(transaction, provider, *staff_id, &passkey, &name, now)?;
            invitation::begin_accepted(transaction, &written, token_hash, &from, "passkey")?;
            Ok::<_, PasskeyError>(())
        })?;
        Ok(NewStaffSession {
            token: token.reveal(),
            session,
        })
    }

    /// Begins to sign in with a passkey, whoever it is.
    ///
    /// # Errors
    /// See [`PasskeyError`].
    pub fn begin_passkey_sign_in(&self) -> Result<Ceremony, PasskeyError> {
        let (challenge, state): (RequestChallengeResponse, _) = self
            .webauthn()?
            .start_discoverable_authentication()
            .map_err(|_| PasskeyError::Refused)?;
        self.keep(None, "passkey-sign-in", LIFETIME, &state, &challenge)
    }

    /// Signs in with what the device answered.
    ///
    /// # Errors
    /// See [`PasskeyError`].
    pub fn finish_passkey_sign_in(
        &self,
        browser: &str,
        credential: &str,
        from: Browser,
    ) -> Result<NewStaffSession, PasskeyError> {
        let (_, state) = self.take::<DiscoverableAuthentication>(browser, "passkey-sign-in")?;
        let refused = |_| PasskeyError::Refused;
        let answer: PublicKeyCredential =
            serde_json::from_str(credential).map_err(|_| PasskeyError::Refused)?;
        let webauthn = self.webauthn()?;
        let (user, credential_id) = webauthn
            .identify_discoverable_authentication(&answer)
            .map_err(refused)?;
        let staff = StaffId::from_uuid(user);
        let found = self
            .store
            .read(|connection| find(connection, credential_id, staff))?;
        let (provider, mut passkey) = found.ok_or(PasskeyError::Refused)?;
        let person = self
            .store
            .read(|connection| person::find(connection, &provider, staff))?
            .filter(|person| person.disabled_at.is_none())
            .ok_or(PasskeyError::Refused)?;
        if self.provider(&provider).is_none() {
            return Err(PasskeyError::Refused);
        }
        let result = webauthn
            .finish_discoverable_authentication_v2(&answer, state, &passkey)
            .map_err(refused)?;
        passkey.update_credential(&result);
        let now = self.clock_now();
        let (token, session) = self.new_staff_session(&provider, &person, now);
        let (written, token_hash) = (session.clone(), token.hash());
        self.store.write(move |transaction| {
            mark_used(transaction, &passkey, now)?;
            begin(transaction, &written, token_hash, &from, "passkey")
        })?;
        Ok(NewStaffSession {
            token: token.reveal(),
            session,
        })
    }

    /// The passkeys of the member of staff who is signed in, the youngest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn passkeys(&self, staff: &StaffSession) -> Result<Vec<PasskeyView>, StoreError> {
        self.store.read(|connection| {
            let mut statement = connection.prepare_cached(sql!(
                "SELECT credential_id, name, made_at, used_at FROM staff_passkeys
                 WHERE provider_id = $1 AND staff_id = $2 ORDER BY made_at DESC, credential_id"
            ))?;
            let mut rows =
                statement.query(params![staff.provider.as_str(), staff.staff_id.as_bytes()])?;
            let mut passkeys = Vec::new();
            while let Some(row) = rows.next()? {
                let row = RowReader::new(row, "staff_passkeys");
                passkeys.push(PasskeyView {
                    id: b64u(&row.value::<Vec<u8>>("credential_id")?),
                    name: row.value("name")?,
                    made_at: row.time("made_at")?,
                    used_at: row
                        .value::<Option<i64>>("used_at")?
                        .map(|at| UnixTime(at.unsigned_abs())),
                });
            }
            Ok(passkeys)
        })
    }

    /// Removes one of the own passkeys, unless it is the only way to sign in.
    ///
    /// # Errors
    /// `LastWay` if there is no such passkey or it is the last way in.
    pub fn remove_passkey(
        &self,
        staff: &StaffSession,
        id: &str,
        actor: Actor,
    ) -> Result<(), PasskeyError> {
        let id = gridpass_protocol::from_b64u(id).map_err(|_| PasskeyError::Refused)?;
        let (provider, owner, now) = (staff.provider.clone(), staff.staff_id, self.clock_now());
        self.store.write(move |transaction| {
            let removed = transaction
                .prepare_cached(sql!(
                    "DELETE FROM staff_passkeys
                     WHERE provider_id = $1 AND staff_id = $2 AND credential_id = $3"
                ))
                .and_then(|mut statement| {
                    statement.execute(params![provider.as_str(), owner.as_bytes(), id])
                })
                .map_err(StoreError::from)?;
            let still = person::find(transaction, &provider, owner)?
                .is_some_and(|person| person.can_sign_in);
            if removed == 0 || !still {
                return Err(PasskeyError::LastWay);
            }
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "staff.remove-passkey",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({}),
            };
            Ok(audit::append(transaction, &entry)?)
        })
    }

    fn begin_registration(
        &self,
        provider: &ProviderId,
        person: &person::Person,
        invitation: Option<[u8; 32]>,
    ) -> Result<Ceremony, PasskeyError> {
        let known = self
            .store
            .read(|connection| of_person(connection, provider, person.id))?;
        if known.len() >= MOST {
            return Err(PasskeyError::TooMany);
        }
        let exclude = known
            .iter()
            .map(|passkey| passkey.cred_id().clone())
            .collect();
        let (mut challenge, state): (CreationChallengeResponse, _) = self
            .webauthn()?
            .start_passkey_registration(
                person.id.uuid(),
                &person.email,
                &person.name,
                Some(exclude),
            )
            .map_err(|_| PasskeyError::Refused)?;
        // Discoverable: signing in asks for no name first.
        if let Some(selection) = &mut challenge.public_key.authenticator_selection {
            selection.resident_key = Some(webauthn_rs_proto::ResidentKeyRequirement::Required);
            selection.require_resident_key = true;
        }
        let registering = Registering {
            staff: person.id,
            invitation,
            state,
        };
        self.keep(
            Some(provider),
            "passkey",
            LIFETIME,
            &registering,
            &challenge,
        )
    }

    fn registered(
        &self,
        registering: &Registering,
        credential: &str,
    ) -> Result<Passkey, PasskeyError> {
        let answer: RegisterPublicKeyCredential =
            serde_json::from_str(credential).map_err(|_| PasskeyError::Refused)?;
        self.webauthn()?
            .finish_passkey_registration(&answer, &registering.state)
            .map_err(|_| PasskeyError::Refused)
    }

    /// What judges passkeys: of this installation's host alone.
    fn webauthn(&self) -> Result<Webauthn, PasskeyError> {
        let origin = Url::parse(self.origin.as_str()).map_err(|_| PasskeyError::Refused)?;
        let host = origin.host_str().ok_or(PasskeyError::Refused)?.to_owned();
        WebauthnBuilder::new(&host, &origin)
            .and_then(|builder| builder.rp_name("Gridpass").build())
            .map_err(|_| PasskeyError::Refused)
    }

    /// Keeps the state of a ceremony sealed for `lifetime` seconds, until the browser that began it
    /// comes back.
    pub(crate) fn keep<S: Serialize, C: Serialize>(
        &self,
        provider: Option<&ProviderId>,
        kind: &'static str,
        lifetime: u64,
        state: &S,
        challenge: &C,
    ) -> Result<Ceremony, PasskeyError> {
        let random = Random(&*self.random);
        let browser = b64u(&random.bytes::<32>());
        let hash = sha256(browser.as_bytes());
        let text =
            zeroize::Zeroizing::new(serde_json::to_vec(state).map_err(|_| PasskeyError::Refused)?);
        let sealed = self.vault.seal(Purpose::Ceremony, &hash, &text, &random);
        let challenge = serde_json::to_string(challenge).map_err(|_| PasskeyError::Refused)?;
        let (provider, until) = (provider.cloned(), self.clock_now().plus(lifetime));
        self.store.write(move |transaction| {
            transaction
                .prepare_cached(sql!(
                    "INSERT INTO ceremonies (browser_hash, provider_id, kind, sealed_state,
                         expires_at)
                     VALUES ($1, $2, $3, $4, $5)"
                ))?
                .post(params![
                    hash,
                    provider.as_ref().map(ProviderId::as_str),
                    kind,
                    sealed,
                    seconds(until)
                ])?;
            Ok::<_, StoreError>(())
        })?;
        Ok(Ceremony { challenge, browser })
    }

    /// Takes the state of a ceremony out of the database: it is used once.
    pub(crate) fn take<S: DeserializeOwned>(
        &self,
        browser: &str,
        kind: &'static str,
    ) -> Result<(Option<ProviderId>, S), PasskeyError> {
        let hash = sha256(browser.as_bytes());
        let now = self.clock_now();
        let found = self.store.write(move |transaction| {
            let found = transaction
                .prepare_cached(sql!(
                    "SELECT provider_id, sealed_state FROM ceremonies
                     WHERE browser_hash = $1 AND kind = $2 AND expires_at > $3"
                ))?
                .query_row(params![hash, kind, seconds(now)], |row| {
                    Ok((row.get::<Option<String>>(0)?, row.get::<Vec<u8>>(1)?))
                })
                .optional()?;
            transaction
                .prepare_cached(sql!("DELETE FROM ceremonies WHERE browser_hash = $1"))?
                .post(params![hash])?;
            Ok::<_, StoreError>(found)
        })?;
        let (provider, sealed) = found.ok_or(PasskeyError::Refused)?;
        let state = self
            .vault
            .open(Purpose::Ceremony, &hash, &sealed)
            .map_err(|_| PasskeyError::Refused)?;
        let state = serde_json::from_slice(&state).map_err(|_| PasskeyError::Refused)?;
        Ok((provider.and_then(|id| id.parse().ok()), state))
    }
}

fn tidy(name: &str) -> String {
    let name: String = name
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(64)
        .collect();
    if name.is_empty() {
        "Passkey".to_owned()
    } else {
        name
    }
}

fn insert(
    transaction: &Connection,
    provider: &ProviderId,
    staff: StaffId,
    passkey: &Passkey,
    name: &str,
    now: UnixTime,
) -> Result<(), PasskeyError> {
    let json = serde_json::to_string(passkey).map_err(|_| PasskeyError::Refused)?;
    let id: &[u8] = passkey.cred_id().as_ref();
    let inserted = transaction
        .prepare_cached(sql!(
            "INSERT INTO staff_passkeys
                 (credential_id, provider_id, staff_id, name, passkey, made_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (credential_id) DO NOTHING"
        ))
        .and_then(|mut statement| {
            statement.execute(params![
                id,
                provider.as_str(),
                staff.as_bytes(),
                name,
                json,
                seconds(now)
            ])
        })
        .map_err(StoreError::from)?;
    if inserted == 1 {
        Ok(())
    } else {
        Err(PasskeyError::Refused)
    }
}

/// The passkey with this id, if it is that person's.
fn find(
    connection: &Connection,
    credential_id: &[u8],
    staff: StaffId,
) -> Result<Option<(ProviderId, Passkey)>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT credential_id, provider_id, passkey FROM staff_passkeys
         WHERE credential_id = $1 AND staff_id = $2"
    ))?;
    let mut rows = statement.query(params![credential_id, staff.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "staff_passkeys");
    let _: Vec<u8> = row.value("credential_id")?;
    Ok(Some((
        row.word("provider_id")?,
        row.parsed("passkey", |json: String| serde_json::from_str(&json).ok())?,
    )))
}

fn of_person(
    connection: &Connection,
    provider: &ProviderId,
    staff: StaffId,
) -> Result<Vec<Passkey>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT credential_id, passkey FROM staff_passkeys
         WHERE provider_id = $1 AND staff_id = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), staff.as_bytes()])?;
    let mut passkeys = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "staff_passkeys");
        let _: Vec<u8> = row.value("credential_id")?;
        passkeys.push(row.parsed("passkey", |json: String| serde_json::from_str(&json).ok())?);
    }
    Ok(passkeys)
}

/// Keeps the counter and when it was used.
fn mark_used(transaction: &Connection, passkey: &Passkey, now: UnixTime) -> Result<(), StoreError> {
    let id: &[u8] = passkey.cred_id().as_ref();
    let json = serde_json::to_string(passkey).unwrap_or_default();
    if json.is_empty() {
        return Ok(());
    }
    transaction
        .prepare_cached(sql!(
            "UPDATE staff_passkeys SET passkey = $2, used_at = $3 WHERE credential_id = $1"
        ))?
        .post(params![id, json, seconds(now)])?;
    Ok(())
}

/// Forgets ceremonies that nobody ended.
pub(crate) fn prune(connection: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(sql!("DELETE FROM ceremonies WHERE expires_at <= $1"))?
        .execute(params![seconds(now)])?)
}
