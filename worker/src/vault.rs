//! What this browser keeps: enrollments, and confirmations that wait for their answer.
//!
//! IndexedDB database `gridpass`, stores `devices` and `pending`. The private keys are WebCrypto
//! keys that cannot be taken out again; IndexedDB stores the handles. The device ID is kept in the
//! same way, as a key that no one can read.

mod device;
mod inbox;
mod keyring;

use std::cmp::Reverse;

use gridpass_protocol::{CsrContent, DirectoryEntry, TemporaryId, encoding::serde_b64u};
use gridpass_wire::{DeviceFacts, PendingFacts, Secret};
use js_sys::{JSON, Object};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};

pub(crate) use device::{Device, Said, Waiting};
pub(crate) use inbox::Sent;
pub(crate) use keyring::Keyring;

use crate::database::{Change, Database, DatabaseError, Store};

const NAME: &str = "gridpass";
const DEVICES: Store = Store {
    name: "devices",
    key: "enrollment_id",
};
const PENDING: Store = Store {
    name: "pending",
    key: "temporary_id",
};

/// A confirmation on its way. Written before it is sent, so that a reload or a lost connection
/// sends exactly the same one again and still opens the answer.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) temporary_id: TemporaryId,
    /// Unix seconds.
    pub(crate) started_at: u64,
    /// Whose label it is.
    pub(crate) provider: DirectoryEntry,
    /// The certificate of the label; the answer must be signed by it.
    #[serde(with = "serde_b64u")]
    pub(crate) provider_certificate: Vec<u8>,
    /// Our public key: SubjectPublicKeyInfo DER.
    #[serde(with = "serde_b64u")]
    pub(crate) public_key: Vec<u8>,
    /// The sealed confirmation.
    pub(crate) confirmation: String,
    /// Whether a protected copy was asked for.
    pub(crate) copy: CopyWish,
    /// What the request says, for the requests of later keys.
    #[serde(default)]
    pub(crate) csr_content: Option<CsrContent>,
}

/// Whether a protected copy of the key was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CopyWish {
    None,
    Wanted,
}

impl CopyWish {
    /// A copy is wanted by who gives a password for it.
    pub(crate) fn of(password: Option<&Secret>) -> Self {
        match password {
            Some(_) => Self::Wanted,
            None => Self::None,
        }
    }
}

impl Pending {
    pub(crate) fn facts(&self) -> PendingFacts {
        PendingFacts {
            temporary_id: self.temporary_id.to_string(),
            provider: self.provider.name.clone(),
            started_at: self.started_at,
        }
    }
}

/// A finished enrollment with its keys.
pub(crate) struct Holding {
    pub(crate) device: Device,
    pub(crate) keys: Keyring,
}

/// What the vault holds, newest first.
pub(crate) struct Contents {
    pub(crate) devices: Vec<DeviceFacts>,
    pub(crate) pending: Vec<PendingFacts>,
}

impl Contents {
    pub(crate) fn is_empty(&self) -> bool {
        self.devices.is_empty() && self.pending.is_empty()
    }
}

/// Everything this browser holds.
///
/// A record that cannot be read is passed over: it was written by another version of the page.
pub(crate) async fn contents() -> Result<Contents, DatabaseError> {
    select(|_| true).await
}

/// What this browser holds of one label.
pub(crate) async fn contents_of(temporary_id: &TemporaryId) -> Result<Contents, DatabaseError> {
    select(|other| other == temporary_id).await
}

async fn select(is_wanted: impl Fn(&TemporaryId) -> bool) -> Result<Contents, DatabaseError> {
    let database = open().await?;
    let devices: Vec<Device> = read_all(&database, DEVICES).await?;
    let pending: Vec<Pending> = read_all(&database, PENDING).await?;
    let mut contents = Contents {
        devices: devices
            .into_iter()
            .filter(|device| is_wanted(&device.temporary_id))
            .map(|device| device.facts)
            .collect(),
        pending: pending
            .iter()
            .filter(|pending| is_wanted(&pending.temporary_id))
            .map(Pending::facts)
            .collect(),
    };
    contents
        .devices
        .sort_by_key(|device| Reverse(device.enrolled_at));
    contents
        .pending
        .sort_by_key(|pending| Reverse(pending.started_at));
    Ok(contents)
}

/// Every finished enrollment, newest first.
pub(crate) async fn devices() -> Result<Vec<Device>, DatabaseError> {
    let mut devices: Vec<Device> = read_all(&open().await?, DEVICES).await?;
    devices.sort_by_key(|device| Reverse(device.facts.enrolled_at));
    Ok(devices)
}

/// One finished enrollment with its keys.
pub(crate) async fn holding(enrollment_id: &str) -> Result<Option<Holding>, DatabaseError> {
    let Some(record) = open().await?.one(DEVICES, enrollment_id).await? else {
        return Ok(None);
    };
    let keys = Keyring::read(&record)?;
    Ok(read(&record)
        .zip(keys)
        .map(|(device, keys)| Holding { device, keys }))
}

/// Writes a finished enrollment with its keys as it is now: all of it or nothing.
pub(crate) async fn put(holding: &Holding) -> Result<(), DatabaseError> {
    let record = write(&holding.device, &holding.keys)?;
    open().await?.change(&[Change::Put(DEVICES, &record)]).await
}

/// Forgets a finished enrollment and its keys.
pub(crate) async fn forget(enrollment_id: &str) -> Result<(), DatabaseError> {
    open()
        .await?
        .change(&[Change::Delete(DEVICES, enrollment_id)])
        .await
}

/// The pending confirmation of this label, with its keys.
pub(crate) async fn pending(
    temporary_id: &TemporaryId,
) -> Result<Option<(Pending, Keyring)>, DatabaseError> {
    let Some(record) = open()
        .await?
        .one(PENDING, &temporary_id.to_string())
        .await?
    else {
        return Ok(None);
    };
    let keys = Keyring::read(&record)?;
    Ok(read(&record).zip(keys))
}

/// Writes a pending confirmation; fails when there is one for this label.
pub(crate) async fn add_pending(pending: &Pending, keys: &Keyring) -> Result<(), DatabaseError> {
    let record = write(pending, keys)?;
    open().await?.change(&[Change::Add(PENDING, &record)]).await
}

/// Forgets a pending confirmation and its keys.
pub(crate) async fn delete_pending(temporary_id: &TemporaryId) -> Result<(), DatabaseError> {
    open()
        .await?
        .change(&[Change::Delete(PENDING, &temporary_id.to_string())])
        .await
}

/// Keeps a finished enrollment in place of its pending confirmation: both or neither.
pub(crate) async fn keep(device: &Device, keys: &Keyring) -> Result<(), DatabaseError> {
    let record = write(device, keys)?;
    let temporary_id = device.temporary_id.to_string();
    open()
        .await?
        .change(&[
            Change::Put(DEVICES, &record),
            Change::Delete(PENDING, &temporary_id),
        ])
        .await
}

async fn open() -> Result<Database, DatabaseError> {
    Database::open(NAME, &[DEVICES, PENDING]).await
}

async fn read_all<T: DeserializeOwned>(
    database: &Database,
    store: Store,
) -> Result<Vec<T>, DatabaseError> {
    Ok(database.all(store).await?.iter().filter_map(read).collect())
}

/// Reads the members of a record; the key handles have no JSON form and drop out.
fn read<T: DeserializeOwned>(record: &JsValue) -> Option<T> {
    let json = JSON::stringify(record).ok()?.as_string()?;
    serde_json::from_str(&json).ok()
}

fn write(record: &impl Serialize, keys: &Keyring) -> Result<JsValue, DatabaseError> {
    let json = serde_json::to_string(record).map_err(|_| DatabaseError)?;
    let object: Object = JSON::parse(&json)?.dyn_into().map_err(|_| DatabaseError)?;
    keys.write(&object)?;
    Ok(object.into())
}
