//! Pictures in shades of grey.

/// A picture in shades of grey.
#[derive(Clone)]
pub(super) struct Grey {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Row by row; 0 is black.
    pub(super) pixels: Vec<u8>,
}

impl Grey {
    pub(super) fn from_rgba(rgba: &[u8], width: u32, height: u32) -> Option<Self> {
        let width = usize::try_from(width).ok()?;
        let height = usize::try_from(height).ok()?;
        let expected = width.checked_mul(height)?.checked_mul(4)?;
        if expected == 0 || rgba.len() != expected {
            return None;
        }
        let pixels = rgba.chunks_exact(4).map(luma_on_white).collect();
        Some(Self {
            width,
            height,
            pixels,
        })
    }

    pub(super) fn long_edge(&self) -> usize {
        self.width.max(self.height)
    }

    /// The same picture with its long edge `edge` pixels long: averaged when smaller, linear
    /// between pixels when larger.
    pub(super) fn scaled_to(&self, edge: usize) -> Self {
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

    /// The same picture, each pixel the mean of itself and its eight neighbours.
    pub(super) fn softened(&self) -> Self {
        let rows = |offset: usize| self.pixels.chunks_exact(self.width).skip(offset);
        let mut pixels = self.pixels.clone();
        let inner = pixels.chunks_exact_mut(self.width).skip(1);
        for (((row, above), own), below) in inner.zip(rows(0)).zip(rows(1)).zip(rows(2)) {
            let sums: Vec<u16> = above
                .iter()
                .zip(own)
                .zip(below)
                .map(|((&above, &own), &below)| {
                    u16::from(above) + u16::from(own) + u16::from(below)
                })
                .collect();
            for (pixel, near) in row.iter_mut().skip(1).zip(sums.windows(3)) {
                *pixel = u8::try_from(near.iter().sum::<u16>() / 9).unwrap_or(u8::MAX);
            }
        }
        Self { pixels, ..*self }
    }

    /// The same picture with its darkest and brightest fiftieth clipped and the rest spread over
    /// all shades: for photos taken in dim or glaring light.
    pub(super) fn stretched(&self) -> Self {
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

    #[test]
    fn no_treatment_changes_plain_paper() {
        let paper = Grey {
            width: 31,
            height: 17,
            pixels: vec![200; 31 * 17],
        };
        for edge in [1, 2, 3, 5, 30, 62, 100] {
            let scaled = paper.scaled_to(edge);
            assert_eq!(scaled.long_edge(), edge);
            assert!(scaled.pixels.iter().all(|&pixel| pixel == 200), "{edge}");
            assert_eq!(scaled.softened().pixels, scaled.pixels);
        }
    }

    #[test]
    fn softening_evens_out_a_single_speck() {
        let mut paper = Grey {
            width: 5,
            height: 5,
            pixels: vec![90; 25],
        };
        paper.pixels[12] = 180;
        let softened = paper.softened();
        assert_eq!(softened.pixels[12], 100);
        assert_eq!(softened.pixels[6], 100);
        assert_eq!(softened.pixels[0], 90);
    }
}
