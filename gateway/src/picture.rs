//! The QR code in a picture of a label.

use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rqrr::PreparedImage;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

/// Larger pictures are not opened, in pixels.
const MOST_PIXELS: usize = 64 * 1024 * 1024;
/// Long edge in pixels that a larger picture is brought down to, one after the other: which codes
/// rqrr finds depends on the size.
const EDGES: [usize; 4] = [usize::MAX, 1600, 1000, 640];

/// How long is looked for a code. rqrr never gets done with some pictures (its ancestor quirc's issue 162).
const PATIENCE: Duration = Duration::from_secs(120);

/// How a PNG begins (its specification, 5.2).
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// How a JPEG begins: start of image, and another marker (ITU-T T.81, B.1.1.3).
const JPEG: &[u8] = b"\xff\xd8\xff";

/// Why a picture holds no label.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PictureError {
    #[error(
        "the picture cannot be opened: it has to be a PNG or JPEG of at most 64 million pixels"
    )]
    NotAPicture,
    #[error("there is no readable QR code in the picture")]
    NoSymbol,
}

/// A picture of one byte a pixel, row by row; 0 is dark.
struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// The first text of a QR code in a PNG or JPEG that `is_wanted`.
pub(crate) fn read(file: &[u8], is_wanted: impl Fn(&str) -> bool) -> Result<String, PictureError> {
    let picture = if file.starts_with(PNG) {
        Grey::from_png(file)
    } else if file.starts_with(JPEG) {
        Grey::from_jpeg(file)
    } else {
        None
    }
    .ok_or(PictureError::NotAPicture)?;
    picture
        .texts_within(PATIENCE)
        .find(|text| is_wanted(text))
        .ok_or(PictureError::NoSymbol)
}

impl Grey {
    /// The texts of the QR codes in it and in smaller views of it that are found in this time. What looks
    /// longer is left to itself.
    fn texts_within(self, patience: Duration) -> impl Iterator<Item = String> {
        let begun = Instant::now();
        let (sender, texts) = mpsc::channel();
        thread::spawn(move || {
            EDGES
                .iter()
                .filter_map(|edge| self.brought_down_to(*edge))
                // rqrr asserts what is not so of every picture (its issue 54): such a view shows nothing.
                .flat_map(|view| {
                    catch_unwind(AssertUnwindSafe(|| view.texts())).unwrap_or_default()
                })
                .try_for_each(|text| sender.send(text))
        });
        iter::from_fn(move || {
            let left = patience.saturating_sub(begun.elapsed());
            texts.recv_timeout(left).ok()
        })
    }

    fn from_png(png: &[u8]) -> Option<Self> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().ok()?;
        let (width, height) = (
            usize::try_from(reader.info().width).ok()?,
            usize::try_from(reader.info().height).ok()?,
        );
        if width.checked_mul(height)? > MOST_PIXELS {
            return None;
        }
        let mut buffer = vec![0; reader.output_buffer_size()?];
        let frame = reader.next_frame(&mut buffer).ok()?;
        buffer.truncate(frame.buffer_size());
        let pixels = buffer
            .chunks_exact(frame.color_type.samples())
            .map(|pixel| match *pixel {
                [grey] => grey,
                [grey, alpha] => on_white(grey, alpha),
                [red, green, blue] => luma(red, green, blue),
                [red, green, blue, alpha] => on_white(luma(red, green, blue), alpha),
                _ => u8::MAX,
            })
            .collect();
        Some(Self {
            width,
            height,
            pixels,
        })
    }

    fn from_jpeg(jpeg: &[u8]) -> Option<Self> {
        // The bound is on the pixels: a picture may be as long as it is narrow.
        let options = DecoderOptions::default()
            .set_max_width(MOST_PIXELS)
            .set_max_height(MOST_PIXELS);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
        decoder.decode_headers().ok()?;
        let (width, height) = decoder.dimensions()?;
        if width.checked_mul(height)? > MOST_PIXELS {
            return None;
        }
        // Cameras write the grey beside the colours; then nothing else is unpacked.
        let wanted = match decoder.input_colorspace()? {
            ColorSpace::YCbCr | ColorSpace::Luma => ColorSpace::Luma,
            _ => ColorSpace::RGB,
        };
        decoder.set_options(options.jpeg_set_out_colorspace(wanted));
        let unpacked = decoder.decode().ok()?;
        let pixels = match wanted {
            ColorSpace::Luma => unpacked,
            _ => unpacked
                .chunks_exact(3)
                .map(|pixel| luma(pixel[0], pixel[1], pixel[2]))
                .collect(),
        };
        (pixels.len() == width * height).then_some(Self {
            width,
            height,
            pixels,
        })
    }

    /// The picture with this long edge, each pixel the mean of those that it stands for; none when
    /// it is not larger, unless there is no bound.
    fn brought_down_to(&self, edge: usize) -> Option<Self> {
        let long = self.width.max(self.height);
        if edge == usize::MAX {
            return Some(Self {
                width: self.width,
                height: self.height,
                pixels: self.pixels.clone(),
            });
        }
        if long <= edge {
            return None;
        }
        let (width, height) = (
            (self.width * edge / long).max(1),
            (self.height * edge / long).max(1),
        );
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                pixels.push(self.mean(
                    x * self.width / width..((x + 1) * self.width / width),
                    y * self.height / height..((y + 1) * self.height / height),
                ));
            }
        }
        Some(Self {
            width,
            height,
            pixels,
        })
    }

    fn mean(&self, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> u8 {
        let (mut sum, mut count) = (0_usize, 0_usize);
        for row in rows {
            for pixel in &self.pixels[row * self.width..][columns.clone()] {
                sum += usize::from(*pixel);
                count += 1;
            }
        }
        u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX)
    }

    fn texts(&self) -> Vec<String> {
        let mut prepared =
            PreparedImage::prepare_from_greyscale(self.width, self.height, |x, y| {
                self.pixels[y * self.width + x]
            });
        prepared
            .detect_grids()
            .iter()
            .filter_map(|grid| Some(grid.decode().ok()?.1))
            .collect()
    }
}

/// ITU-R BT.601.
fn luma(red: u8, green: u8, blue: u8) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    u8::try_from(sum / 1000).unwrap_or(u8::MAX)
}

fn on_white(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    u8::try_from((grey * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use gridpass_protocol::Link;
    use qrcode::{Color, EcLevel, QrCode};

    use super::*;

    fn png(text: &str, scale: usize) -> Vec<u8> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let edge = (code.width() + 8) * scale;
        let mut pixels = vec![255_u8; edge * edge];
        for (place, color) in code.to_colors().into_iter().enumerate() {
            let (x, y) = (place % code.width() + 4, place / code.width() + 4);
            if color == Color::Dark {
                for row in 0..scale {
                    let start = (y * scale + row) * edge + x * scale;
                    pixels[start..start + scale].fill(0);
                }
            }
        }
        let mut file = Vec::new();
        let edge = u32::try_from(edge).unwrap();
        let mut encoder = png::Encoder::new(&mut file, edge, edge);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&pixels).unwrap();
        drop(writer);
        file
    }

    #[test]
    fn a_code_is_read_small_and_large() {
        for scale in [3, 8, 60] {
            let file = png("https://portal.example/e#12345", scale);
            let text = read(&file, |text| text.starts_with("https:")).unwrap();
            assert_eq!(text, "https://portal.example/e#12345", "scale {scale}");
        }
    }

    /// A label as a phone takes it: at an angle and a bit out of focus.
    const PHOTO: &[u8] = include_bytes!("../tests/pictures/photo.jpg");
    const GREY: &[u8] = include_bytes!("../tests/pictures/grey.jpg");
    const PROGRESSIVE: &[u8] = include_bytes!("../tests/pictures/progressive.jpg");
    /// Without the usual change of colours.
    const RGB: &[u8] = include_bytes!("../tests/pictures/rgb.jpg");
    /// What they say, but for the photo.
    const TEXT: &str = "https://portal.example/e#0123";

    #[test]
    fn a_photo_of_a_label_is_read() {
        let vectors = include_str!("../../protocol/tests/vectors.json");
        let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
        let link = vectors["payload"][0]["link"].as_str().unwrap();
        let text = read(PHOTO, |text| Link::parse(text).is_ok()).unwrap();
        assert_eq!(text, link);
    }

    #[test]
    fn every_kind_of_jpeg_is_read() {
        for (kind, file) in [("grey", GREY), ("progressive", PROGRESSIVE), ("rgb", RGB)] {
            let text = read(file, |text| text.starts_with("https:"));
            assert_eq!(text.unwrap(), TEXT, "{kind}");
        }
    }

    #[test]
    fn a_jpeg_that_is_cut_off_or_altered_says_the_same_or_nothing() {
        for file in [GREY, PROGRESSIVE, RGB] {
            for place in (0..file.len()).step_by(file.len() / 40) {
                let mut altered = file.to_vec();
                altered[place] ^= 0x55;
                for damaged in [&file[..place], &altered] {
                    if let Ok(text) = read(damaged, |_| true) {
                        assert_eq!(text, TEXT, "{place}");
                    }
                }
            }
            assert!(read(&file[..file.len() / 8], |_| true).is_err());
        }
    }

    #[test]
    fn a_picture_that_says_to_be_larger_is_not_opened() {
        for file in [GREY, PROGRESSIVE, RGB, PHOTO] {
            // Start of frame, baseline or progressive: length, precision, height, width (T.81, B.2.2).
            let frame = |marker: &[u8]| marker == b"\xff\xc0" || marker == b"\xff\xc2";
            let place = file.windows(2).position(frame).unwrap();
            let mut huge = file.to_vec();
            for (height, width) in [(0xFFFF_u16, 0xFFFF_u16), (8192, 8193)] {
                huge[place + 5..place + 7].copy_from_slice(&height.to_be_bytes());
                huge[place + 7..place + 9].copy_from_slice(&width.to_be_bytes());
                let found = read(&huge, |_| true);
                assert!(matches!(found, Err(PictureError::NotAPicture)));
            }
        }
        let mut file = Vec::new();
        let encoder = png::Encoder::new(&mut file, 0xFFFF, 0xFFFF);
        drop(encoder.write_header().unwrap());
        let found = read(&file, |_| true);
        assert!(matches!(found, Err(PictureError::NotAPicture)));
    }

    /// A picture that ends rqrr, as it is.
    const UNBEARABLE: &[u8] = include_bytes!("../tests/pictures/unbearable.png");

    #[test]
    fn a_picture_that_ends_the_library_shows_nothing_and_ends_nothing() {
        let picture = Grey::from_png(UNBEARABLE).unwrap();
        assert!(
            catch_unwind(AssertUnwindSafe(|| picture.texts())).is_err(),
            "rqrr bears it now: this picture shows nothing any more"
        );
        let found = read(UNBEARABLE, |_| true);
        assert!(matches!(found, Err(PictureError::NoSymbol)));
    }

    /// A picture that rqrr does not get done with.
    const ENDLESS: &[u8] = include_bytes!("../tests/pictures/endless.png");

    #[test]
    fn a_picture_that_the_library_is_lost_in_is_given_up() {
        let picture = Grey::from_png(ENDLESS).unwrap();
        assert_eq!(picture.texts_within(Duration::from_millis(1)).next(), None);
    }

    #[test]
    fn a_code_of_something_else_is_no_label() {
        let found = read(&png("hello", 6), |text| text.contains("/e#"));
        assert!(matches!(found, Err(PictureError::NoSymbol)));
        let found = read(b"GIF89a", |_| true);
        assert!(matches!(found, Err(PictureError::NotAPicture)));
    }
}
