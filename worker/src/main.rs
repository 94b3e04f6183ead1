//! The worker of a device's pages: everything that computes for long or touches a secret.
//!
//! A page asks and this worker tells (crate `gridpass-wire`). It reads QR codes, opens labels,
//! makes keys, sends the confirmation, checks the answer and keeps key and certificate in the
//! browser. Afterwards it speaks for the device: greets, renews, goes out of service. Clock and
//! randomness enter here and nowhere else.

mod clock;
mod confirmation;
mod copy;
mod database;
mod issuance;
mod label;
mod line;
mod lock;
mod portal;
mod provider;
mod renewal;
mod session;
mod symbol;
#[cfg(test)]
mod test_support;
mod vault;
mod wake;
mod webcrypto;

use std::rc::Rc;

use getrandom::SysRng;
use gridpass_protocol::Origin;
use gridpass_wire::{
    Answer, Asked, DeviceAsked, DeviceTell, DeviceTold, GatewayAsked, GatewayTold, Step, Tell, Told,
};
use js_sys::{Array, Date, Uint8Array};
use rand_core::UnwrapErr;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::{
    clock::Clock,
    session::{Reply, Session},
};

fn main() {
    console_error_panic_hook::set_once();
    let scope: DedicatedWorkerGlobalScope = js_sys::global()
        .dyn_into()
        .expect("this bundle is only ever loaded as a worker");
    let origin = Origin::parse(&scope.location().origin())
        .expect("a worker that loaded WASM came from a web origin");
    let session = Rc::new(Session::new(origin, Clock(Date::now)));
    let listener = Closure::<dyn Fn(MessageEvent)>::new({
        let scope = scope.clone();
        move |event: MessageEvent| {
            if let Some((asked, bytes)) = read(&event.data()) {
                wasm_bindgen_futures::spawn_local(serve(
                    scope.clone(),
                    Rc::clone(&session),
                    asked,
                    bytes,
                ));
            }
        }
    });
    scope.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    tell(&scope, 0, Tell::Ready.into());
}

/// What either page asks; no ask of the one is read as one of the other.
enum FromPage {
    Enrollment(Asked),
    Device(DeviceAsked),
    Gateway(GatewayAsked),
}

async fn serve(
    scope: DedicatedWorkerGlobalScope,
    session: Rc<Session>,
    asked: FromPage,
    bytes: Vec<u8>,
) {
    let rng = &mut UnwrapErr(SysRng);
    match asked {
        FromPage::Enrollment(Asked { turn, ask }) => {
            let progress = |step: Step| tell(&scope, turn, Tell::Progress(step).into());
            let reply = session.answer(ask, &bytes, rng, &progress).await;
            let enrolled = match &reply.tell {
                Tell::Answer(Answer::Enrolled(enrolled)) => {
                    Some(enrolled.device.enrollment_id.clone())
                }
                _ => None,
            };
            tell(&scope, turn, reply);
            if let Some(enrollment_id) = enrolled {
                session.greet(&enrollment_id, rng).await;
            }
        }
        FromPage::Device(DeviceAsked { turn, ask }) => {
            let tell = |tell: DeviceTell| post(&scope, &DeviceTold { turn, tell }, None);
            let told = session.answer_device(ask, rng, &tell).await;
            tell(told);
        }
        FromPage::Gateway(GatewayAsked { turn, ask }) => {
            let tell = session.answer_gateway(ask, rng).await;
            post(&scope, &GatewayTold { turn, tell }, None);
        }
    }
}

/// Reads `[json]` or `[json, ArrayBuffer]`. Anything else is not from our page and is passed over.
fn read(data: &JsValue) -> Option<(FromPage, Vec<u8>)> {
    let parts: &Array = data.dyn_ref()?;
    let json = parts.get(0).as_string()?;
    let asked = match serde_json::from_str(&json) {
        Ok(asked) => FromPage::Enrollment(asked),
        Err(_) => match serde_json::from_str(&json) {
            Ok(asked) => FromPage::Device(asked),
            Err(_) => FromPage::Gateway(serde_json::from_str(&json).ok()?),
        },
    };
    let bytes = parts.get(1);
    let bytes = if bytes.is_undefined() {
        Vec::new()
    } else {
        Uint8Array::new(&bytes).to_vec()
    };
    Some((asked, bytes))
}

fn tell(scope: &DedicatedWorkerGlobalScope, turn: u32, reply: Reply) {
    let Reply { tell, bytes } = reply;
    post(scope, &Told { turn, tell }, bytes.as_deref());
}

fn post(scope: &DedicatedWorkerGlobalScope, told: &impl Serialize, bytes: Option<&[u8]>) {
    let json = serde_json::to_string(told).expect("messages are plain structs with string keys");
    let message = Array::of1(&json.into());
    let transfer = Array::new();
    if let Some(bytes) = bytes {
        let buffer = Uint8Array::from(bytes).buffer();
        message.push(&buffer);
        transfer.push(&buffer);
    }
    scope
        .post_message_with_transfer(&message, &transfer)
        .expect("strings and fresh buffers can always be posted");
}
