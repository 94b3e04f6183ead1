//! IndexedDB as futures: the few calls the vault needs.
//!
//! Own code because the wrapper crates bring tokio into the bundle, or an event engine several
//! times the size of this file.

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    IdbDatabase, IdbFactory, IdbObjectStoreParameters, IdbRequest, IdbTransaction,
    IdbTransactionMode,
};

/// An object store and the member that is the key of its records.
#[derive(Clone, Copy)]
pub(crate) struct Store {
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
}

/// IndexedDB is missing, switched off or full, or the browser has lost the data.
#[derive(Debug, thiserror::Error)]
#[error("the browser's database does not work")]
pub(crate) struct DatabaseError;

impl From<JsValue> for DatabaseError {
    fn from(_: JsValue) -> Self {
        Self
    }
}

/// An open connection; closed on drop, so that no tab ever blocks another one's upgrade.
pub(crate) struct Database(IdbDatabase);

impl Drop for Database {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Database {
    /// Opens `name`, making `stores` when it is new.
    pub(crate) async fn open(name: &str, stores: &'static [Store]) -> Result<Self, DatabaseError> {
        let factory: IdbFactory = Reflect::get(&js_sys::global(), &"indexedDB".into())?
            .dyn_into()
            .map_err(|_| DatabaseError)?;
        let request = factory.open_with_u32(name, 1)?;
        let on_upgrade = Closure::<dyn Fn(web_sys::Event) -> Result<(), JsValue>>::new(
            move |event: web_sys::Event| make_stores(&event, stores),
        );
        request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
        let database = result_of(&request).await?;
        Ok(Self(database.dyn_into().map_err(|_| DatabaseError)?))
    }

    /// Every record of `store`.
    pub(crate) async fn all(&self, store: Store) -> Result<Vec<JsValue>, DatabaseError> {
        let transaction = self.0.transaction_with_str(store.name)?;
        let request = transaction.object_store(store.name)?.get_all()?;
        let records: Array = result_of(&request)
            .await?
            .dyn_into()
            .map_err(|_| DatabaseError)?;
        Ok(records.iter().collect())
    }

    /// The record with this key.
    pub(crate) async fn one(
        &self,
        store: Store,
        key: &str,
    ) -> Result<Option<JsValue>, DatabaseError> {
        let transaction = self.0.transaction_with_str(store.name)?;
        let request = transaction.object_store(store.name)?.get(&key.into())?;
        let record = result_of(&request).await?;
        Ok((!record.is_undefined()).then_some(record))
    }

    /// Does `changes` in one transaction and returns when it is durable.
    pub(crate) async fn change(&self, changes: &[Change<'_>]) -> Result<(), DatabaseError> {
        let names: Array = changes
            .iter()
            .map(|change| JsValue::from(change.store().name))
            .collect();
        let transaction = self
            .0
            .transaction_with_str_sequence_and_mode(&names, IdbTransactionMode::Readwrite)?;
        for change in changes {
            let store = transaction.object_store(change.store().name)?;
            match change {
                Change::Add(_, record) => store.add(record)?,
                Change::Put(_, record) => store.put(record)?,
                Change::Delete(_, key) => store.delete(&JsValue::from(*key))?,
            };
        }
        completion_of(&transaction).await
    }
}

/// One change of a transaction.
pub(crate) enum Change<'a> {
    /// Fails the transaction when there is a record with this key.
    Add(Store, &'a JsValue),
    /// Replaces a record with this key.
    Put(Store, &'a JsValue),
    /// Does nothing when there is no record with this key.
    Delete(Store, &'a str),
}

impl Change<'_> {
    fn store(&self) -> Store {
        match self {
            Self::Add(store, _) | Self::Put(store, _) | Self::Delete(store, _) => *store,
        }
    }
}

fn make_stores(event: &web_sys::Event, stores: &[Store]) -> Result<(), JsValue> {
    let request: IdbRequest = event.target().ok_or(JsValue::NULL)?.dyn_into()?;
    let database: IdbDatabase = request.result()?.dyn_into()?;
    for store in stores {
        let parameters = IdbObjectStoreParameters::new();
        parameters.set_key_path(&store.key.into());
        database.create_object_store_with_optional_parameters(store.name, &parameters)?;
    }
    Ok(())
}

async fn result_of(request: &IdbRequest) -> Result<JsValue, DatabaseError> {
    let done = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(done).await?;
    Ok(request.result()?)
}

async fn completion_of(transaction: &IdbTransaction) -> Result<(), DatabaseError> {
    let done = Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    JsFuture::from(done).await?;
    Ok(())
}
