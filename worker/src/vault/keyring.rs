//! The key handles of a record. JSON has no form for them; they lie beside its members.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::CryptoKey;

use crate::{database::DatabaseError, webcrypto::KeyPair};

const DEVICE_ID: &str = "device_id_key";

/// Every key that one enrollment has in this browser.
pub(crate) struct Keyring {
    /// What it signs with and is written to.
    pub(crate) current: KeyPair,
    /// Of a renewal that has not been answered yet.
    pub(crate) next: Option<KeyPair>,
    /// What was current before, until the provider has heard the present one.
    pub(crate) former: Option<KeyPair>,
    /// The device ID as a key for HMAC: shows on which device this is, and cannot be read. Missing
    /// in records from before it was kept.
    pub(crate) device_id: Option<CryptoKey>,
}

impl Keyring {
    /// The keys of a fresh enrollment.
    pub(crate) fn new(current: KeyPair, device_id: CryptoKey) -> Self {
        Self {
            current,
            next: None,
            former: None,
            device_id: Some(device_id),
        }
    }

    /// The keys beside a record; `None` when the present ones are not there.
    pub(super) fn read(record: &JsValue) -> Result<Option<Self>, DatabaseError> {
        let Some(current) = read_pair(record, "")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            current,
            next: read_pair(record, "next_")?,
            former: read_pair(record, "former_")?,
            device_id: read_one(record, DEVICE_ID)?,
        }))
    }

    /// Puts the keys beside a record.
    pub(super) fn write(&self, record: &Object) -> Result<(), DatabaseError> {
        write_pair(record, "", &self.current)?;
        for (prefix, pair) in [("next_", &self.next), ("former_", &self.former)] {
            if let Some(pair) = pair {
                write_pair(record, prefix, pair)?;
            }
        }
        if let Some(key) = &self.device_id {
            Reflect::set(record, &DEVICE_ID.into(), key)?;
        }
        Ok(())
    }
}

fn read_pair(record: &JsValue, prefix: &str) -> Result<Option<KeyPair>, DatabaseError> {
    let signing = read_one(record, &format!("{prefix}signing_key"))?;
    let opening = read_one(record, &format!("{prefix}opening_key"))?;
    Ok(signing
        .zip(opening)
        .map(|(signing, opening)| KeyPair { signing, opening }))
}

fn read_one(record: &JsValue, name: &str) -> Result<Option<CryptoKey>, DatabaseError> {
    Ok(Reflect::get(record, &name.into())?.dyn_into().ok())
}

fn write_pair(record: &Object, prefix: &str, pair: &KeyPair) -> Result<(), DatabaseError> {
    let set = |name: &str, key: &CryptoKey| {
        Reflect::set(record, &JsValue::from(format!("{prefix}{name}")), key)
    };
    set("signing_key", &pair.signing)?;
    set("opening_key", &pair.opening)?;
    Ok(())
}
