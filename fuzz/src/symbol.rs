//! Pictures of a camera, as the worker of a page reads them.

#[path = "../../worker/src/symbol/mod.rs"]
mod reading;

use std::panic;
use std::sync::Once;

use reading::{Look, read};

/// Panics of rqrr (its issue 54) end nothing: whoever calls it survives them. Of these libFuzzer is not told; of
/// all others it is.
pub fn bear_with_rqrr() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map(|place| place.file());
            if !place.is_some_and(|file| file.contains("/rqrr-")) {
                tell(info);
            }
        }));
    });
}

/// The most pixels of an edge: larger ones say nothing more about the reader, and take long.
const MOST: usize = 120;

/// Width, height and the way of looking, a byte each; then pixels, a byte of grey each, again and again until
/// there are enough.
pub fn symbol(data: &[u8]) {
    bear_with_rqrr();
    let [width, height, look, grey @ ..] = data else {
        return;
    };
    if grey.is_empty() {
        return;
    }
    let [width, height] = [width, height].map(|edge| usize::from(*edge) % MOST + 1);
    let rgba: Vec<u8> = grey
        .iter()
        .cycle()
        .take(width * height)
        .flat_map(|grey| [*grey, *grey, *grey, 255])
        .collect();
    let size = (width as u32, height as u32);
    let look = match look % 5 {
        4 => Look::Thorough,
        number => Look::Frame {
            number: usize::from(number),
        },
    };
    let _ = read(&rgba, size, look, |_| true);
    // What a page says of a picture's size need not be so.
    assert_eq!(read(&rgba[..rgba.len() - 1], size, look, |_| true), None);
    assert_eq!(read(&rgba, (size.0 + 1, size.1), look, |_| true), None);
}
