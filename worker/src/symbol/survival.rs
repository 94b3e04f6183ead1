//! Going on when a library panics.
//!
//! rqrr asserts what is not so of every picture (its issue 54: a photo of a screen ends it), and a bundle cannot
//! unwind: a panic would end the worker, and with it a scan that the next frame would have brought to its end.

/// What `work` comes to; `None` if it panics, which the console says. Then what `work` held is never let go of,
/// so it is for work that panics seldom and shares nothing.
#[cfg(target_arch = "wasm32")]
pub(super) fn survived<T: 'static>(work: impl FnOnce() -> T + 'static) -> Option<T> {
    use std::{cell::Cell, rc::Rc};

    use wasm_bindgen::{JsCast, JsValue, closure::Closure};

    let outcome = Rc::new(Cell::new(None));
    let call = Closure::once_into_js({
        let outcome = Rc::clone(&outcome);
        move || outcome.set(Some(work()))
    });
    // A panic ends in an exception of JavaScript, and a call from here to there and back stops one.
    let call: &js_sys::Function = call.dyn_ref()?;
    call.call0(&JsValue::UNDEFINED).ok()?;
    outcome.take()
}

/// The same where panics unwind.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn survived<T>(work: impl FnOnce() -> T) -> Option<T> {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    catch_unwind(AssertUnwindSafe(work)).ok()
}
