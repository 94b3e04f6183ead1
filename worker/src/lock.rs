//! One speaker at a time for a device, over all tabs of this browser: the Web Locks API.

use js_sys::{Function, Promise, Reflect, global};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// The browser has no locks.
#[derive(Debug, thiserror::Error)]
#[error("the browser cannot keep two pages from speaking at once")]
pub(crate) struct NoLock;

impl From<JsValue> for NoLock {
    fn from(_: JsValue) -> Self {
        Self
    }
}

/// A lock that is held until this is dropped, or until the worker ends.
pub(crate) struct Lock {
    release: Function,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Resolving a promise does not fail.
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

impl Lock {
    /// Waits until nobody else holds the lock of that name.
    pub(crate) async fn acquire(name: &str) -> Result<Self, NoLock> {
        let navigator = Reflect::get(&global(), &"navigator".into())?;
        let locks = Reflect::get(&navigator, &"locks".into())?;
        let request: Function = Reflect::get(&locks, &"request".into())?
            .dyn_into()
            .map_err(|_| NoLock)?;
        let (held, release) = promise()?;
        let (granted, grant) = promise()?;
        // The browser holds the lock until the promise that this returns is resolved.
        let callback = Closure::once_into_js(move |_lock: JsValue| {
            // As above.
            let _ = grant.call0(&JsValue::UNDEFINED);
            held
        });
        let lock = Self { release };
        request.call2(&locks, &name.into(), &callback)?;
        JsFuture::from(granted).await?;
        Ok(lock)
    }
}

/// A promise with what resolves it.
fn promise() -> Result<(Promise, Function), NoLock> {
    let mut resolve = None;
    let promise = Promise::new(&mut |resolver, _| resolve = Some(resolver));
    Ok((promise, resolve.ok_or(NoLock)?))
}
