//! Setting text on a page: fonts, widths, lines.

use krilla::{
    Data,
    color::rgb,
    geom::Point,
    paint::Fill,
    surface::Surface,
    text::{Font, TextDirection},
};
use skrifa::{FontRef, MetadataProvider, instance::LocationRef, prelude::Size};

const REGULAR: &[u8] = include_bytes!("../../fonts/AtkinsonHyperlegible-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/AtkinsonHyperlegible-Bold.ttf");

/// Points of a millimetre.
const POINTS: f32 = 72.0 / 25.4;

/// A length in millimetres.
#[derive(Clone, Copy)]
pub(super) struct Mm(pub(super) f32);

impl Mm {
    pub(super) const fn points(self) -> f32 {
        self.0 * POINTS
    }
}

/// The bundled typeface. Made for readers with low vision: no two of its characters are alike.
pub(super) struct Fonts {
    pub(super) regular: Face,
    pub(super) bold: Face,
}

/// One weight of it.
pub(super) struct Face {
    font: Font,
    widths: FontRef<'static>,
}

impl Fonts {
    pub(super) fn bundled() -> Self {
        Self {
            regular: Face::new(REGULAR),
            bold: Face::new(BOLD),
        }
    }
}

impl Face {
    fn new(bytes: &'static [u8]) -> Self {
        Self {
            font: Font::new(Data::from(bytes.to_vec()), 0).expect("the bundled font is one"),
            widths: FontRef::new(bytes).expect("the bundled font is one"),
        }
    }

    /// How wide a text is, in points.
    fn width(&self, text: &str, size: f32) -> f32 {
        let metrics = self
            .widths
            .glyph_metrics(Size::new(size), LocationRef::default());
        let charmap = self.widths.charmap();
        text.chars()
            .map(|c| {
                let glyph = charmap.map(c).unwrap_or_default();
                metrics.advance_width(glyph).unwrap_or(size)
            })
            .sum()
    }

    /// The lines of a text that is not to be wider than this, in points.
    fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if line.is_empty() || self.width(&longer, size) <= width {
                line = longer;
            } else {
                lines.push(std::mem::replace(&mut line, word.to_owned()));
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }
}

/// Where text goes: a column that is filled from above.
pub(super) struct Column {
    pub(super) left: Mm,
    pub(super) width: Mm,
    /// The base line of what comes next.
    pub(super) y: Mm,
}

/// How text looks.
#[derive(Clone, Copy)]
pub(super) struct Style<'a> {
    pub(super) face: &'a Face,
    /// In points.
    pub(super) size: f32,
}

impl Column {
    /// Sets a paragraph and leaves `after` below it.
    pub(super) fn paragraph(
        &mut self,
        surface: &mut Surface<'_>,
        style: Style<'_>,
        text: &str,
        after: Mm,
    ) {
        for line in style.face.lines(text, style.size, self.width.points()) {
            self.line(surface, style, &line);
        }
        self.y.0 += after.0;
    }

    /// Sets one line as it is.
    pub(super) fn line(&mut self, surface: &mut Surface<'_>, style: Style<'_>, text: &str) {
        surface.set_fill(Some(black()));
        surface.draw_text(
            Point::from_xy(self.left.points(), self.y.points()),
            style.face.font.clone(),
            style.size,
            text,
            false,
            TextDirection::Auto,
        );
        self.y.0 += style.size * 1.35 / POINTS;
    }
}

pub(super) fn black() -> Fill {
    Fill {
        paint: rgb::Color::new(0, 0, 0).into(),
        ..Fill::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_long_as_they_may_be_and_lose_no_word() {
        let fonts = Fonts::bundled();
        let text = "Take the device you want to connect and point its camera at the code.";
        let lines = fonts.regular.lines(text, 11.0, 150.0);
        assert!(lines.len() > 1);
        assert_eq!(lines.join(" "), text);
        for line in &lines {
            assert!(fonts.regular.width(line, 11.0) <= 150.0, "{line}");
        }
    }
}
