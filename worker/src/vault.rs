//! What this browser keeps: enrollments, and confirmations that wait for their answer.
//!
//! IndexedDB database `gridpass`, stores `devices` and `pending`. The private keys are WebCrypto
//! keys that cannot be taken out again; IndexedDB stores the handles. The device ID is never kept.

use std::cmp::Reverse;

use gridpass_protocol::{DirectoryEntry, Issuance, TemporaryId, encoding::serde_b64u};
use gridpass_wire::{DeviceFacts, PendingFacts, Secret};
use js_sys::{JSON, Object, Reflect};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    database::{Change, Database, DatabaseError, Store},
    webcrypto::KeyPair,
};

const NAME: &str = "gridpass";
const DEVICES: Store = Store {
    name: "devices",
    key: "enrollment_id",
};
const PENDING: Store = Store {
    name: "pending",
    key: "temporary_id",
};
const SIGNING: &str = "signing_key";
const OPENING: &str = "opening_key";

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

/// A finished enrollment.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) temporary_id: TemporaryId,
    pub(crate) provider: DirectoryEntry,
    #[serde(with = "serde_b64u")]
    pub(crate) provider_certificate: Vec<u8>,
    /// Certificate, chain and settings; its `enrollment_id` is the key of the record.
    #[serde(flatten)]
    pub(crate) issuance: Issuance,
    /// What people are shown, so that showing it needs no parsing.
    pub(crate) facts: DeviceFacts,
}

impl Device {
    pub(crate) fn new(pending: &Pending, issuance: Issuance, facts: DeviceFacts) -> Self {
        Self {
            temporary_id: pending.temporary_id,
            provider: pending.provider.clone(),
            provider_certificate: pending.provider_certificate.clone(),
            issuance,
            facts,
        }
    }
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

/// The pending confirmation of this label, with its keys.
pub(crate) async fn pending(
    temporary_id: &TemporaryId,
) -> Result<Option<(Pending, KeyPair)>, DatabaseError> {
    let Some(record) = open()
        .await?
        .one(PENDING, &temporary_id.to_string())
        .await?
    else {
        return Ok(None);
    };
    let keys = KeyPair {
        signing: Reflect::get(&record, &SIGNING.into())?.dyn_into()?,
        opening: Reflect::get(&record, &OPENING.into())?.dyn_into()?,
    };
    Ok(read(&record).map(|pending| (pending, keys)))
}

/// Writes a pending confirmation; fails when there is one for this label.
pub(crate) async fn add_pending(pending: &Pending, keys: &KeyPair) -> Result<(), DatabaseError> {
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
pub(crate) async fn keep(device: &Device, keys: &KeyPair) -> Result<(), DatabaseError> {
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

fn write(record: &impl Serialize, keys: &KeyPair) -> Result<JsValue, DatabaseError> {
    let json = serde_json::to_string(record).map_err(|_| DatabaseError)?;
    let object: Object = JSON::parse(&json)?.dyn_into().map_err(|_| DatabaseError)?;
    Reflect::set(&object, &SIGNING.into(), &keys.signing)?;
    Reflect::set(&object, &OPENING.into(), &keys.opening)?;
    Ok(object.into())
}
