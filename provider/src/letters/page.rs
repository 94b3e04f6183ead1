//! The page of one letter. Lengths are millimetres from the upper left corner.

use krilla::{
    Document,
    geom::{PathBuilder, Rect},
    page::PageSettings,
    surface::Surface,
};

use super::{
    LetterContent, Paper,
    typeset::{Column, Fonts, Mm, Style, black},
};
use crate::{delivery::texts, label_image};

const LEFT: f32 = 25.0;
const RIGHT_MARGIN: f32 = 20.0;
/// Side of the QR code with its quiet zone: the symbol itself is 53 mm and more.
const QR_SIDE: f32 = 60.0;
/// Where the QR code begins: no fold goes through it (A4 folds at 105 mm, Letter at 93 and 186).
const QR_TOP: f32 = 122.0;

/// What differs from paper to paper.
struct Sheet {
    width: f32,
    height: f32,
    /// The line of the sender within the window.
    sender: f32,
    /// The first line of the address within the window.
    address: f32,
}

impl Paper {
    const fn sheet(self) -> Sheet {
        match self {
            // DIN 5008, form B: the window begins at 45 mm, its address zone at 62.7 mm.
            Self::A4 => Sheet {
                width: 210.0,
                height: 297.0,
                sender: 60.0,
                address: 67.0,
            },
            // The window of a number 10 envelope over a sheet folded in three.
            Self::Letter => Sheet {
                width: 215.9,
                height: 279.4,
                sender: 50.0,
                address: 56.0,
            },
        }
    }
}

/// Draws a letter as the next page.
pub(super) fn draw(document: &mut Document, fonts: &Fonts, letter: &LetterContent) {
    let sheet = letter.paper.sheet();
    let settings = PageSettings::from_wh(Mm(sheet.width).points(), Mm(sheet.height).points())
        .expect("the sizes of paper are positive");
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    head(&mut surface, fonts, letter, &sheet);
    body(&mut surface, fonts, letter, &sheet);
    surface.finish();
    page.finish();
}

/// Who writes to whom, and when.
fn head(surface: &mut Surface<'_>, fonts: &Fonts, letter: &LetterContent, sheet: &Sheet) {
    let texts = texts::texts(letter.language);
    let column = |y: f32, left: f32| Column {
        left: Mm(left),
        width: Mm(80.0),
        y: Mm(y),
    };
    let name = Style {
        face: &fonts.bold,
        size: 14.0,
    };
    column(22.0, LEFT).paragraph(surface, name, &letter.provider, Mm(0.0));
    let small = Style {
        face: &fonts.regular,
        size: 7.5,
    };
    column(sheet.sender, LEFT).line(surface, small, &letter.provider);
    let text = Style {
        face: &fonts.regular,
        size: 11.0,
    };
    let mut address = column(sheet.address, LEFT);
    // The window shows six lines.
    for line in letter.address.iter().take(6) {
        address.line(surface, text, line);
    }
    column(89.0, sheet.width - RIGHT_MARGIN - 45.0).line(surface, text, &texts.day(letter.at));
}

fn body(surface: &mut Surface<'_>, fonts: &Fonts, letter: &LetterContent, sheet: &Sheet) {
    let texts = texts::texts(letter.language);
    let regular = Style {
        face: &fonts.regular,
        size: 11.0,
    };
    let mut whole = Column {
        left: Mm(LEFT),
        width: Mm(sheet.width - LEFT - RIGHT_MARGIN),
        y: Mm(100.0),
    };
    let title = Style {
        face: &fonts.bold,
        size: 16.0,
    };
    whole.paragraph(surface, title, texts.letter_title, Mm(1.5));
    whole.paragraph(surface, regular, &(texts.greeting)(&letter.name), Mm(0.5));
    whole.paragraph(
        surface,
        regular,
        &(texts.label_lead)(&letter.provider),
        Mm(0.0),
    );
    qr_code(surface, letter);
    let left = LEFT + QR_SIDE + 4.0;
    let mut beside = Column {
        left: Mm(left),
        width: Mm(sheet.width - left - RIGHT_MARGIN),
        y: Mm(QR_TOP + 8.0),
    };
    for (number, step) in (1..).zip(texts.label_steps) {
        beside.paragraph(surface, regular, &format!("{number}. {step}"), Mm(1.5));
    }
    beside.y.0 += 3.0;
    let manual = (texts.label_manual)(&letter.enroll_address);
    beside.paragraph(surface, regular, &manual, Mm(2.5));
    let code = Style {
        face: &fonts.bold,
        size: 15.0,
    };
    beside.line(surface, code, &letter.manual_code);
    whole.y = Mm(beside.y.0.max(QR_TOP + QR_SIDE) + 10.0);
    let until = (texts.label_until)(&texts.day(letter.expires_at));
    let bold = Style {
        face: &fonts.bold,
        ..regular
    };
    whole.paragraph(surface, bold, &until, Mm(2.0));
    whole.paragraph(surface, regular, texts.label_care, Mm(4.0));
    if !letter.contact.is_empty() {
        let help = (texts.letter_help)(&letter.contact);
        whole.paragraph(surface, regular, &help, Mm(4.0));
    }
    whole.paragraph(surface, regular, &letter.provider, Mm(0.0));
}

/// The QR code as one shape: sharp on every printer.
fn qr_code(surface: &mut Surface<'_>, letter: &LetterContent) {
    let (side, runs) = label_image::dark_runs(&letter.link);
    #[expect(
        clippy::cast_precision_loss,
        reason = "a symbol has at most 185 modules a side"
    )]
    let place = |modules: usize| modules as f32 * QR_SIDE / (side as f32);
    let mut path = PathBuilder::new();
    for (x, y, length) in runs {
        let rect = Rect::from_xywh(
            Mm(LEFT + place(x)).points(),
            Mm(QR_TOP + place(y)).points(),
            Mm(place(length)).points(),
            Mm(place(1)).points(),
        );
        path.push_rect(rect.expect("a run of modules has a length"));
    }
    surface.set_fill(Some(black()));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}
