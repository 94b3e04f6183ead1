//! Finding and reading a QR code in a picture (stage `scan`).

use gridpass_wire::{Effort, Picture};
use rqrr::PreparedImage;

/// Pictures below this many pixels on the long edge are enlarged as well: rqrr needs about four
/// pixels a module.
const SMALL: usize = 900;

/// Long edges a thorough look tries, in pixels: a photo of a whole letter wants the large ones, a
/// blurred or noisy close-up the small ones.
const THOROUGH_EDGES: [usize; 5] = [1600, 1000, 2400, 640, 400];

/// Reads the QR codes of a picture until one of them `is_wanted`.
///
/// Returns that one, else the first other one found, else `None`. `rgba` holds four bytes a pixel,
/// row by row; a buffer of another size than `picture` says holds no symbol.
pub(crate) fn read(
    rgba: &[u8],
    picture: Picture,
    is_wanted: impl Fn(&str) -> bool,
) -> Option<String> {
    let original = Grey::from_rgba(rgba, picture)?;
    let mut other = None;
    for view in views(&original, picture.effort) {
        for text in texts(&view) {
            if is_wanted(&text) {
                return Some(text);
            }
            other.get_or_insert(text);
        }
    }
    other
}

/// The ways to look at a picture, each made only when the one before showed nothing.
fn views(original: &Grey, effort: Effort) -> impl Iterator<Item = Grey> + '_ {
    let edges: Vec<usize> = match effort {
        Effort::Frame => vec![original.long_edge()],
        Effort::Thorough => {
            let own = original.long_edge();
            let twice = (own < SMALL).then_some(2 * own);
            std::iter::once(own)
                .chain(twice)
                .chain(THOROUGH_EDGES.into_iter().filter(move |&edge| edge < own))
                .collect()
        }
    };
    let stretches: &[Contrast] = match effort {
        Effort::Frame => &[Contrast::AsIs],
        Effort::Thorough => &[Contrast::AsIs, Contrast::Stretched],
    };
    edges.into_iter().flat_map(move |edge| {
        let scaled = original.scaled_to(edge);
        stretches.iter().map(move |contrast| match contrast {
            Contrast::AsIs => scaled.clone(),
            Contrast::Stretched => scaled.stretched(),
        })
    })
}

#[derive(Clone, Copy)]
enum Contrast {
    AsIs,
    Stretched,
}

fn texts(grey: &Grey) -> Vec<String> {
    let mut image = PreparedImage::prepare_from_greyscale(grey.width, grey.height, |x, y| {
        grey.pixels[y * grey.width + x]
    });
    image
        .detect_grids()
        .iter()
        .filter_map(|grid| grid.decode().ok())
        .map(|(_, text)| text)
        .collect()
}

/// A picture in shades of grey.
#[derive(Clone)]
struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Grey {
    fn from_rgba(rgba: &[u8], picture: Picture) -> Option<Self> {
        let width = usize::try_from(picture.width).ok()?;
        let height = usize::try_from(picture.height).ok()?;
        let expected = width.checked_mul(height)?.checked_mul(4)?;
        if expected == 0 || rgba.len() != expected {
            return None;
        }
        Some(Self {
            width,
            height,
            pixels: rgba.chunks_exact(4).map(luma_on_white).collect(),
        })
    }

    fn long_edge(&self) -> usize {
        self.width.max(self.height)
    }

    /// The same picture with its long edge `edge` pixels long: averaged when smaller, linear
    /// between pixels when larger.
    fn scaled_to(&self, edge: usize) -> Self {
        let own = self.long_edge();
        if edge == own {
            return self.clone();
        }
        let scale = |length: usize| (length * edge / own).max(1);
        let (width, height) = (scale(self.width), scale(self.height));
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                pixels.push(if edge < own {
                    self.average(x, y, width, height)
                } else {
                    self.between(x, y, width, height)
                });
            }
        }
        Self {
            width,
            height,
            pixels,
        }
    }

    /// Mean of the pixels that fall on pixel (x, y) of a smaller `width` × `height` picture.
    fn average(&self, x: usize, y: usize, width: usize, height: usize) -> u8 {
        let columns = x * self.width / width..((x + 1) * self.width / width).max(1);
        let rows = y * self.height / height..((y + 1) * self.height / height).max(1);
        let count = columns.len() * rows.len();
        let sum: usize = rows
            .flat_map(|row| &self.pixels[row * self.width..][columns.clone()])
            .map(|&pixel| usize::from(pixel))
            .sum();
        u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX)
    }

    /// Value at pixel (x, y) of a larger `width` × `height` picture, in 1/256 steps between
    /// neighbours.
    fn between(&self, x: usize, y: usize, width: usize, height: usize) -> u8 {
        let (left, right, along) = neighbours(x, width, self.width);
        let (top, bottom, down) = neighbours(y, height, self.height);
        let at = |column: usize, row: usize| usize::from(self.pixels[row * self.width + column]);
        let row = |row: usize| at(left, row) * (256 - along) + at(right, row) * along;
        u8::try_from((row(top) * (256 - down) + row(bottom) * down) >> 16).unwrap_or(u8::MAX)
    }

    /// The same picture with its darkest and brightest fiftieth clipped and the rest spread over
    /// all shades: for photos taken in dim or glaring light.
    fn stretched(&self) -> Self {
        let mut histogram = [0_usize; 256];
        for &pixel in &self.pixels {
            histogram[usize::from(pixel)] += 1;
        }
        let clipped = self.pixels.len() / 50;
        let low = first_beyond(histogram.iter().copied(), clipped);
        let high = 255 - first_beyond(histogram.iter().rev().copied(), clipped);
        let range = high.saturating_sub(low).max(1);
        let shades: Vec<u8> = (0..256_usize)
            .map(|shade| u8::try_from((shade.saturating_sub(low) * 255 / range).min(255)))
            .map(|shade| shade.unwrap_or(u8::MAX))
            .collect();
        let pixels = self
            .pixels
            .iter()
            .map(|&pixel| shades[usize::from(pixel)])
            .collect();
        Self { pixels, ..*self }
    }
}

/// Brightness of a pixel on white paper (ITU-R BT.601 weights): saved labels may be transparent.
fn luma_on_white(rgba: &[u8]) -> u8 {
    let [red, green, blue, alpha] = [0, 1, 2, 3].map(|channel| u32::from(rgba[channel]));
    let luma = (red * 299 + green * 587 + blue * 114) / 1000;
    u8::try_from((luma * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
}

/// The two source pixels around the middle of target pixel `position`, and how far (in 256ths) it
/// lies from the first to the second.
fn neighbours(position: usize, target: usize, source: usize) -> (usize, usize, usize) {
    let middle = ((2 * position + 1) * source * 128 / target).saturating_sub(128);
    let first = (middle / 256).min(source - 1);
    (first, (first + 1).min(source - 1), middle % 256)
}

fn first_beyond(counts: impl Iterator<Item = usize>, clipped: usize) -> usize {
    let mut sum = 0;
    counts
        .take_while(|count| {
            sum += count;
            sum <= clipped
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use qrcode::{Color, EcLevel, QrCode};

    const LINK: &str = "https://portal.example/e#0123456789012345678901234567890123456789";

    /// A QR code of `text` with a quiet zone, `module` pixels a module, in a frame that is
    /// `margin` pixels larger on each side.
    fn picture(
        text: &str,
        module: usize,
        margin: usize,
        dark: u8,
        light: u8,
    ) -> (Vec<u8>, Picture) {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let colors = code.to_colors();
        let modules = code.width() + 8;
        let edge = modules * module + 2 * margin;
        let mut rgba = Vec::with_capacity(edge * edge * 4);
        for y in 0..edge {
            for x in 0..edge {
                let place = |at: usize| at.checked_sub(margin + 4 * module).map(|at| at / module);
                let is_dark = place(x).zip(place(y)).is_some_and(|(column, row)| {
                    column < code.width()
                        && row < code.width()
                        && colors[row * code.width() + column] == Color::Dark
                });
                let shade = if is_dark { dark } else { light };
                rgba.extend([shade, shade, shade, 255]);
            }
        }
        let edge = u32::try_from(edge).unwrap();
        (
            rgba,
            Picture {
                width: edge,
                height: edge,
                effort: Effort::Frame,
            },
        )
    }

    #[test]
    fn a_sharp_label_is_read_from_one_camera_frame() {
        let (rgba, frame) = picture(LINK, 4, 30, 0, 255);
        assert_eq!(read(&rgba, frame, |_| true).as_deref(), Some(LINK));
    }

    #[test]
    fn a_tiny_or_huge_or_faint_picture_is_read_by_a_thorough_look() {
        for (module, margin, dark, light) in
            [(2, 10, 0, 255), (30, 100, 20, 240), (4, 200, 120, 150)]
        {
            let (rgba, picture) = picture(LINK, module, margin, dark, light);
            let picture = Picture {
                effort: Effort::Thorough,
                ..picture
            };
            assert_eq!(
                read(&rgba, picture, |_| true).as_deref(),
                Some(LINK),
                "{module} px a module, {dark} on {light}"
            );
        }
    }

    #[test]
    fn another_code_is_reported_only_when_no_label_is_there() {
        let (rgba, frame) = picture("https://example.com/menu", 4, 10, 0, 255);
        let found = read(&rgba, frame, |text| text.contains("/e#"));
        assert_eq!(found.as_deref(), Some("https://example.com/menu"));
    }

    #[test]
    fn a_transparent_background_counts_as_paper() {
        let (mut rgba, frame) = picture(LINK, 4, 10, 0, 255);
        for pixel in rgba.chunks_exact_mut(4) {
            if pixel[0] == 255 {
                pixel.fill(0);
            }
        }
        assert_eq!(read(&rgba, frame, |_| true).as_deref(), Some(LINK));
    }

    #[test]
    fn pixels_that_do_not_fit_the_size_hold_no_symbol() {
        let picture = Picture {
            width: 10,
            height: 10,
            effort: Effort::Thorough,
        };
        assert_eq!(read(&[0; 399], picture, |_| true), None);
        assert_eq!(read(&[0; 400], picture, |_| true), None);
        let huge = Picture {
            width: u32::MAX,
            height: u32::MAX,
            effort: Effort::Frame,
        };
        assert_eq!(read(&[], huge, |_| true), None);
    }

    #[test]
    fn scaling_keeps_plain_paper_plain() {
        let paper = Grey {
            width: 31,
            height: 17,
            pixels: vec![200; 31 * 17],
        };
        for edge in [1, 5, 30, 62, 100] {
            let scaled = paper.scaled_to(edge);
            assert_eq!(scaled.long_edge(), edge);
            assert!(scaled.pixels.iter().all(|&pixel| pixel == 200), "{edge}");
        }
    }
}
