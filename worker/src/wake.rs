//! Hearing at once that something waits for the device: a stream on which the portal says so, and
//! nothing of what it is (protocol, Secure communication; HTML, Server-sent events).

use gloo_net::http::Request;
use gridpass_protocol::WakeKey;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, ReadableStreamDefaultReader};

use crate::vault;

/// The stream that wakes a device.
const PATH: &str = "/api/v1/wake";

/// The line of the event that says that items wait.
const ITEMS: &[u8] = b"event:items";

/// What is heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    /// The stream is open.
    Silence,
    /// Something waits.
    Items,
}

/// The stream did not open, or broke.
pub(crate) struct Broken;

impl From<JsValue> for Broken {
    fn from(_: JsValue) -> Self {
        Self
    }
}

/// Listens for a device until the stream ends or `signal` ends it.
pub(crate) async fn listen(
    enrollment_id: &str,
    signal: &AbortSignal,
    hear: impl Fn(Heard),
) -> Result<(), Broken> {
    let holding = vault::holding(enrollment_id).await.map_err(|_| Broken)?;
    let device = holding.ok_or(Broken)?.device;
    let token = device.conversation.token.ok_or(Broken)?;
    let id = enrollment_id.parse().map_err(|_| Broken)?;
    let bearer = format!("Bearer {}", *WakeKey::derive(&token).bearer(id));
    let response = Request::get(PATH)
        .header("accept", "text/event-stream")
        .header("authorization", &bearer)
        .abort_signal(Some(signal))
        .send()
        .await
        .map_err(|_| Broken)?;
    if !response.ok() {
        return Err(Broken);
    }
    let body = response.body().ok_or(Broken)?;
    let reader = ReadableStreamDefaultReader::new(&body)?;
    hear(Heard::Silence);
    let mut lines = Lines::default();
    loop {
        let chunk = JsFuture::from(reader.read()).await?;
        if Reflect::get(&chunk, &"done".into())?.is_truthy() {
            return Ok(());
        }
        let bytes: Uint8Array = Reflect::get(&chunk, &"value".into())?.dyn_into()?;
        if lines.name_items(&bytes.to_vec()) {
            hear(Heard::Items);
        }
    }
}

/// Lines as they come in, in pieces.
#[derive(Default)]
struct Lines {
    /// The beginning of the line that has no end yet, as far as it matters.
    begun: Vec<u8>,
}

impl Lines {
    /// Takes a piece in; whether a line of it ends that says that items wait.
    fn name_items(&mut self, piece: &[u8]) -> bool {
        let mut found = false;
        for &byte in piece {
            match byte {
                b'\n' | b'\r' => {
                    found |= self.begun == ITEMS;
                    self.begun.clear();
                }
                // The space after the colon is optional; no other is in the line that matters.
                b' ' => {}
                // One byte more than that line has tells every longer one from it.
                _ if self.begun.len() <= ITEMS.len() => self.begun.push(byte),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_heard_however_the_stream_is_cut() {
        let stream = b": open\n\nevent: items\ndata: {}\n\n";
        for cut in 0..stream.len() {
            let (first, rest) = stream.split_at(cut);
            let mut lines = Lines::default();
            let heard = [lines.name_items(first), lines.name_items(rest)];
            assert_eq!(heard.iter().filter(|heard| **heard).count(), 1, "{cut}");
        }
    }

    #[test]
    fn other_lines_say_nothing() {
        for line in [
            "event: itemsX\n",
            ": event:items\n",
            "data: event:items\n",
            "event:item\n",
        ] {
            assert!(!Lines::default().name_items(line.as_bytes()), "{line}");
        }
        assert!(Lines::default().name_items(b"event:items\r\n"));
    }
}
