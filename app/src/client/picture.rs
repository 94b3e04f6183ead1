//! Pictures that people hand over, and pixels of anything that can be drawn.

use js_sys::{ArrayBuffer, Object, Reflect, Uint8ClampedArray};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CanvasRenderingContext2d, DataTransfer, File, HtmlCanvasElement, HtmlImageElement,
    HtmlInputElement, ImageBitmap, Url,
};

use crate::pages::enroll::PictureEvent;

/// Long edge in pixels to which a large photo is brought down: a label that takes an eighth of it
/// still has more than four a module.
const LARGEST_EDGE: u32 = 2400;

/// Edge in pixels at which a drawing (SVG) is drawn: it has no pixels of its own.
const DRAWING_EDGE: u32 = 1200;

/// RGBA pixels, row by row.
pub(super) struct Pixels {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) buffer: ArrayBuffer,
}

/// What a person handed over.
pub(super) enum Found {
    File(File),
    /// The text of a link.
    Link(String),
    Nothing,
}

/// Takes out of an event what it brought.
pub(super) fn found(event: PictureEvent) -> Found {
    match event {
        PictureEvent::Chosen(event) => {
            let input = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            let Some(input) = input else {
                return Found::Nothing;
            };
            let file = input.files().and_then(|files| files.get(0));
            // So that the same file can be chosen again.
            input.set_value("");
            file.map_or(Found::Nothing, Found::File)
        }
        PictureEvent::Dropped(event) => {
            event.prevent_default();
            event
                .data_transfer()
                .map_or(Found::Nothing, |data| found_in(&data))
        }
        PictureEvent::Pasted(event) => {
            let found = event
                .clipboard_data()
                .map_or(Found::Nothing, |data| found_in(&data));
            if !matches!(found, Found::Nothing) {
                event.prevent_default();
            }
            found
        }
    }
}

fn found_in(data: &DataTransfer) -> Found {
    if let Some(file) = data.files().and_then(|files| files.get(0)) {
        return Found::File(file);
    }
    match data.get_data("text/plain") {
        Ok(text) if text.contains("/e#") => Found::Link(text.trim().to_owned()),
        _ => Found::Nothing,
    }
}

/// Opens a picture in any format the browser knows, turned as its EXIF data say.
pub(super) async fn open(file: &File) -> Option<Pixels> {
    if file.type_() == "image/svg+xml" {
        return open_drawing(file).await;
    }
    let bitmap = window().create_image_bitmap_with_blob(file).ok()?;
    let bitmap: ImageBitmap = JsFuture::from(bitmap).await.ok()?.dyn_into().ok()?;
    let pixels = Canvas::new()?.pixels(
        bitmap.width(),
        bitmap.height(),
        LARGEST_EDGE,
        |context, width, height| {
            context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width, height)
        },
    );
    // A large photo is let go of now, not at the next garbage collection.
    bitmap.close();
    pixels
}

/// Opens a drawing (SVG), which only an image element does.
async fn open_drawing(file: &File) -> Option<Pixels> {
    let url = Url::create_object_url_with_blob(file).ok()?;
    let pixels = draw(&url).await;
    // Revoking an address just made does not fail.
    _ = Url::revoke_object_url(&url);
    pixels
}

async fn draw(url: &str) -> Option<Pixels> {
    let image = HtmlImageElement::new().ok()?;
    image.set_src(url);
    JsFuture::from(image.decode()).await.ok()?;
    let (width, height) = match (image.natural_width(), image.natural_height()) {
        (0, _) | (_, 0) => (DRAWING_EDGE, DRAWING_EDGE),
        (width, height) => {
            let edge = width.max(height);
            (width * DRAWING_EDGE / edge, height * DRAWING_EDGE / edge)
        }
    };
    Canvas::new()?.pixels(width, height, DRAWING_EDGE, |context, width, height| {
        context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)
    })
}

/// A canvas that is never shown.
pub(super) struct Canvas {
    element: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

impl Canvas {
    pub(super) fn new() -> Option<Self> {
        let element: HtmlCanvasElement =
            document().create_element("canvas").ok()?.dyn_into().ok()?;
        let options = Object::new();
        Reflect::set(&options, &"willReadFrequently".into(), &JsValue::TRUE).ok()?;
        let context = element
            .get_context_with_context_options("2d", &options)
            .ok()??
            .dyn_into()
            .ok()?;
        Some(Self { element, context })
    }

    /// The pixels of something `width` × `height` large, brought down to at most `edge` on its
    /// long edge. `None` while there is nothing to draw.
    pub(super) fn pixels(
        &self,
        width: u32,
        height: u32,
        edge: u32,
        draw: impl FnOnce(&CanvasRenderingContext2d, f64, f64) -> Result<(), JsValue>,
    ) -> Option<Pixels> {
        let long = width.max(height);
        let scaled = |length: u32| {
            if long > edge {
                (length * edge / long).max(1)
            } else {
                length
            }
        };
        let (width, height) = (scaled(width), scaled(height));
        if width == 0 || height == 0 {
            return None;
        }
        if (self.element.width(), self.element.height()) != (width, height) {
            self.element.set_width(width);
            self.element.set_height(height);
        }
        let (right, bottom) = (f64::from(width), f64::from(height));
        draw(&self.context, right, bottom).ok()?;
        let image = self.context.get_image_data(0.0, 0.0, right, bottom).ok()?;
        // Taken as the array that it is: through `ImageData::data` it would be copied twice.
        let data: Uint8ClampedArray = Reflect::get(&image, &"data".into()).ok()?.dyn_into().ok()?;
        Some(Pixels {
            width,
            height,
            buffer: data.buffer(),
        })
    }
}
