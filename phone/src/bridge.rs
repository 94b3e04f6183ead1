//! The worker and the messages to and from it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gridpass_wire::{DeviceAsk, DeviceAsked, DeviceTell, DeviceTold, GatewayTell, GatewayTold};
use js_sys::{Array, Function};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Document, Event, MessageEvent, Worker};

use crate::page;

/// The meta element in which the server names the worker's script.
const META: &str = "meta[name='gridpass-worker']";

/// What the worker tells one kind of page.
pub(crate) trait Told: DeserializeOwned + 'static {
    /// Whether the worker has begun to listen.
    fn is_ready(&self) -> bool;

    /// That no answer will come any more.
    fn broken() -> Self;
}

impl Told for DeviceTold {
    fn is_ready(&self) -> bool {
        self.tell == DeviceTell::Ready
    }

    fn broken() -> Self {
        Self {
            turn: 0,
            tell: DeviceTell::Broken,
        }
    }
}

impl Told for GatewayTold {
    fn is_ready(&self) -> bool {
        self.tell == GatewayTell::Ready
    }

    fn broken() -> Self {
        Self {
            turn: 0,
            tell: GatewayTell::Broken,
        }
    }
}

/// A running worker. It lives as long as the page.
pub(crate) struct Bridge {
    worker: Worker,
    turn: Cell<u32>,
    /// What was asked before the worker listened.
    waiting: RefCell<Option<Vec<JsValue>>>,
}

impl Bridge {
    /// Starts the worker; `hear` is told of all that it tells. None when the page names no worker,
    /// or the browser has none.
    pub(crate) fn start<T: Told>(
        document: &Document,
        hear: impl Fn(T) + 'static,
    ) -> Option<Rc<Self>> {
        let script = document
            .query_selector(META)
            .ok()??
            .get_attribute("content")?;
        let worker = Worker::new(&script).ok()?;
        let bridge = Rc::new(Self {
            worker: worker.clone(),
            turn: Cell::default(),
            waiting: RefCell::new(Some(Vec::new())),
        });
        let hear = Rc::new(hear);
        let on_message = Closure::<dyn Fn(MessageEvent)>::new({
            let (bridge, hear) = (Rc::clone(&bridge), Rc::clone(&hear));
            move |event: MessageEvent| {
                if let Some(told) = read::<T>(&event.data()) {
                    if told.is_ready() {
                        bridge.send_all();
                    }
                    hear(told);
                }
            }
        });
        let listener: &Function = on_message.as_ref().unchecked_ref();
        worker.set_onmessage(Some(listener));
        on_message.forget();
        page::listen(&worker, "error", move |event: Event| {
            event.prevent_default();
            hear(T::broken());
        });
        Some(bridge)
    }

    /// Asks. The number of the ask comes back with what is told about it.
    pub(crate) fn ask(&self, ask: DeviceAsk) -> u32 {
        let turn = self.turn.get() + 1;
        self.turn.set(turn);
        self.send(&DeviceAsked { turn, ask });
        turn
    }

    /// Sends what a page asks, at once or as soon as the worker listens.
    pub(crate) fn send(&self, asked: &impl Serialize) {
        let json =
            serde_json::to_string(asked).expect("messages are plain structs with string keys");
        let message = Array::of1(&json.into()).into();
        match &mut *self.waiting.borrow_mut() {
            Some(waiting) => waiting.push(message),
            None => self.post(&message),
        }
    }

    fn send_all(&self) {
        for message in self.waiting.take().unwrap_or_default() {
            self.post(&message);
        }
    }

    fn post(&self, message: &JsValue) {
        self.worker
            .post_message(message)
            .expect("strings can always be posted");
    }
}

/// Reads `[json]`. Anything else is not for this page.
fn read<T: Told>(data: &JsValue) -> Option<T> {
    let parts: &Array = data.dyn_ref()?;
    serde_json::from_str(&parts.get(0).as_string()?).ok()
}
