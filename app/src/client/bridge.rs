//! The worker and the messages to and from it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gridpass_wire::{Asked, Tell, Told};
use js_sys::{Array, ArrayBuffer};
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Event, MessageEvent, Worker};

/// The meta element in which the server names the worker's script.
const META: &str = "meta[name='gridpass-worker']";

/// A running worker; ends on drop.
pub(super) struct Bridge {
    worker: Worker,
    outbox: Rc<Outbox>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(Event)>,
}

/// What was asked before the worker listened.
#[derive(Default)]
struct Outbox {
    is_ready: Cell<bool>,
    waiting: RefCell<Vec<(Array, Array)>>,
}

impl Bridge {
    /// Starts the worker, or says `None` when the page names none or the browser has none.
    pub(super) fn start(on_told: impl Fn(Told, Option<ArrayBuffer>) + 'static) -> Option<Self> {
        let script = document()
            .query_selector(META)
            .ok()??
            .get_attribute("content")?;
        let worker = Worker::new(&script).ok()?;
        let outbox = Rc::<Outbox>::default();
        let on_told = Rc::new(on_told);
        let on_message = Closure::new({
            let (worker, outbox, on_told) =
                (worker.clone(), Rc::clone(&outbox), Rc::clone(&on_told));
            move |event: MessageEvent| {
                if let Some((told, bytes)) = read(&event.data()) {
                    if told.tell == Tell::Ready {
                        outbox.send_all(&worker);
                    }
                    on_told(told, bytes);
                }
            }
        });
        let on_error = Closure::new(move |event: Event| {
            event.prevent_default();
            on_told(
                Told {
                    turn: 0,
                    tell: Tell::Broken,
                },
                None,
            );
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Some(Self {
            worker,
            outbox,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    /// Whether it has begun to listen; until then nothing that it was asked has reached it.
    pub(super) fn is_ready(&self) -> bool {
        self.outbox.is_ready.get()
    }

    /// Asks; `bytes` go along and are gone from the page.
    pub(super) fn ask(&self, asked: &Asked, bytes: Option<&ArrayBuffer>) {
        let json = serde_json::to_string(asked).expect("messages are plain structs");
        let message = Array::of1(&json.into());
        let transfer = Array::new();
        if let Some(bytes) = bytes {
            message.push(bytes);
            transfer.push(bytes);
        }
        if self.outbox.is_ready.get() {
            post(&self.worker, &message, &transfer);
        } else {
            self.outbox.waiting.borrow_mut().push((message, transfer));
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

impl Outbox {
    fn send_all(&self, worker: &Worker) {
        self.is_ready.set(true);
        for (message, transfer) in self.waiting.take() {
            post(worker, &message, &transfer);
        }
    }
}

fn post(worker: &Worker, message: &Array, transfer: &Array) {
    worker
        .post_message_with_transfer(message, transfer)
        .expect("strings and fresh buffers can always be posted");
}

/// Reads `[json]` or `[json, ArrayBuffer]`.
fn read(data: &JsValue) -> Option<(Told, Option<ArrayBuffer>)> {
    let parts: &Array = data.dyn_ref()?;
    let told = serde_json::from_str(&parts.get(0).as_string()?).ok()?;
    Some((told, parts.get(1).dyn_into().ok()))
}
