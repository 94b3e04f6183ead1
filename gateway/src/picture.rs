//! The QR code in a picture of a label.

use rqrr::PreparedImage;

/// Larger pictures are not opened, in pixels.
const MOST_PIXELS: usize = 64 * 1024 * 1024;
/// Long edge in pixels that a larger picture is brought down to, one after the other: which codes
/// rqrr finds depends on the size.
const EDGES: [usize; 4] = [usize::MAX, 1600, 1000, 640];

/// Why a picture holds no label.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PictureError {
    #[error("the picture cannot be opened: it has to be a PNG of at most 64 million pixels")]
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

/// The first text of a QR code in a PNG that `is_wanted`.
pub(crate) fn read(png: &[u8], is_wanted: impl Fn(&str) -> bool) -> Result<String, PictureError> {
    let picture = Grey::from_png(png).ok_or(PictureError::NotAPicture)?;
    EDGES
        .iter()
        .filter_map(|edge| picture.brought_down_to(*edge))
        .flat_map(|view| view.texts())
        .find(|text| is_wanted(text))
        .ok_or(PictureError::NoSymbol)
}

impl Grey {
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

    #[test]
    fn a_code_of_something_else_is_no_label() {
        let found = read(&png("hello", 6), |text| text.contains("/e#"));
        assert!(matches!(found, Err(PictureError::NoSymbol)));
        let found = read(b"GIF89a", |_| true);
        assert!(matches!(found, Err(PictureError::NotAPicture)));
    }
}
