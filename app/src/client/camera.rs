//! The camera.

use std::{cell::Cell, time::Duration};

use js_sys::{Object, Reflect};
use leptos::prelude::{TimeoutHandle, set_timeout_with_handle};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomException, HtmlVideoElement, MediaDevices, MediaStream, MediaStreamConstraints,
    MediaStreamTrack,
};

use super::picture::{Canvas, Pixels};
use crate::pages::enroll::CameraTrouble;

/// Between two frames: a person holds a code still for longer, and the phone stays cool.
const FRAME_INTERVAL: Duration = Duration::from_millis(100);

/// Long edge of a frame in pixels: a label that fills half of it still has about six a module.
const FRAME_EDGE: u32 = 800;

/// A camera in use; let go of on drop.
pub(super) struct Camera {
    stream: MediaStream,
    canvas: Canvas,
    next_frame: Cell<Option<TimeoutHandle>>,
}

impl Drop for Camera {
    fn drop(&mut self) {
        if let Some(next_frame) = self.next_frame.take() {
            next_frame.clear();
        }
        for track in self.stream.get_tracks().iter() {
            track.unchecked_into::<MediaStreamTrack>().stop();
        }
    }
}

impl Camera {
    /// Asks for the camera at the back, or any other.
    pub(super) async fn open() -> Result<Self, CameraTrouble> {
        let devices = media_devices().ok_or(CameraTrouble::Insecure)?;
        let constraints = constraints().map_err(|error| trouble(&error))?;
        let stream = devices
            .get_user_media_with_constraints(&constraints)
            .map_err(|error| trouble(&error))?;
        let stream = JsFuture::from(stream)
            .await
            .map_err(|error| trouble(&error))?;
        Ok(Self {
            stream: stream.unchecked_into(),
            canvas: Canvas::new().ok_or(CameraTrouble::Missing)?,
            next_frame: Cell::default(),
        })
    }

    /// Shows what the camera sees.
    pub(super) fn show_on(&self, video: &HtmlVideoElement) {
        video.set_src_object(Some(&self.stream));
        if let Ok(playing) = video.play() {
            // Fails when the page leaves before the first frame, and then nobody looks.
            leptos::task::spawn_local(async move {
                _ = JsFuture::from(playing).await;
            });
        }
    }

    /// The picture of this moment, when there is one already.
    pub(super) fn frame(&self, video: &HtmlVideoElement) -> Option<Pixels> {
        let (width, height) = (video.video_width(), video.video_height());
        self.canvas
            .pixels(width, height, FRAME_EDGE, |context, width, height| {
                context.draw_image_with_html_video_element_and_dw_and_dh(
                    video, 0.0, 0.0, width, height,
                )
            })
    }

    /// Calls `look` when the next frame is due, unless the camera has been let go of by then.
    pub(super) fn at_next_frame(&self, look: impl FnOnce() + 'static) {
        self.next_frame
            .set(set_timeout_with_handle(look, FRAME_INTERVAL).ok());
    }
}

/// Missing altogether when the page did not come over https.
fn media_devices() -> Option<MediaDevices> {
    let navigator = leptos::prelude::window().navigator();
    Reflect::get(&navigator, &"mediaDevices".into())
        .ok()?
        .dyn_into()
        .ok()
}

fn constraints() -> Result<MediaStreamConstraints, JsValue> {
    let video = Object::new();
    Reflect::set(&video, &"facingMode".into(), &"environment".into())?;
    let width = Object::new();
    Reflect::set(&width, &"ideal".into(), &1280.into())?;
    Reflect::set(&video, &"width".into(), &width)?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&video);
    constraints.set_audio(&JsValue::FALSE);
    Ok(constraints)
}

/// What an error of `getUserMedia` means (W3C Media Capture and Streams, 10.2).
fn trouble(error: &JsValue) -> CameraTrouble {
    let name = error
        .dyn_ref::<DomException>()
        .map(DomException::name)
        .unwrap_or_default();
    match name.as_str() {
        "NotAllowedError" | "SecurityError" => CameraTrouble::Refused,
        "NotReadableError" | "AbortError" => CameraTrouble::InUse,
        _ => CameraTrouble::Missing,
    }
}
