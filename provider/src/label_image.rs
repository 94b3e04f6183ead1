//! The QR code of a label, as SVG and PNG (protocol, QR payload).
//!
//! The head of the link is a byte segment, its digits a numeric one: the smallest symbol that
//! holds both at error correction M.

use std::fmt::Write as _;

use gridpass_protocol::Link;
use qrcode::{Color, EcLevel, QrCode, QrResult, Version, bits::Bits};

/// Light modules around the symbol (ISO/IEC 18004, 9.1).
const QUIET_ZONE: usize = 4;

/// The largest symbol.
const LARGEST: i16 = 40;

/// The symbol as a square of modules, quiet zone included.
struct Modules {
    side: usize,
    dark: Vec<bool>,
}

/// Whether the link fits a QR code at all. [`crate::Gridpass::open`] asks this of every provider,
/// so that no label is ever made that does not.
pub(crate) fn fits(link: &Link) -> bool {
    find(link).is_some()
}

/// The version of the symbol, 1 to 40.
#[must_use]
pub fn version(link: &Link) -> i16 {
    match encode(link).version() {
        Version::Normal(version) | Version::Micro(version) => version,
    }
}

/// The symbol as SVG: one path, black on white whatever the page's colours are, without style
/// attributes. One module is one unit.
#[must_use]
pub fn svg(link: &Link) -> String {
    draw(&modules(link))
}

/// Any other text as a symbol. Empty if the text is longer than a symbol holds.
#[must_use]
pub fn svg_of_text(text: &str) -> String {
    match QrCode::with_error_correction_level(text, EcLevel::M) {
        Ok(code) => draw(&with_quiet_zone(&code)),
        Err(_) => String::new(),
    }
}

fn draw(modules: &Modules) -> String {
    let side = modules.side;
    let mut path = String::new();
    for (y, row) in modules.dark.chunks(side).enumerate() {
        for (start, length) in runs(row) {
            let _ = write!(path, "M{start} {y}h{length}v1h-{length}z");
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" \
         aria-label=\"QR code\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>\
         <path d=\"{path}\" fill=\"#000\"/></svg>"
    )
}

/// The dark runs of the symbol, for whoever draws it: its side with the quiet zone, and each run as
/// column, row and length; in modules.
pub(crate) fn dark_runs(link: &Link) -> (usize, Vec<(usize, usize, usize)>) {
    let modules = modules(link);
    let rows = modules.dark.chunks(modules.side).enumerate();
    let dark = rows
        .flat_map(|(y, row)| runs(row).map(move |(x, length)| (x, y, length)))
        .collect();
    (modules.side, dark)
}

/// The symbol as PNG, one bit a pixel, `module_pixels` pixels a module (1 to 64).
#[must_use]
pub fn png(link: &Link, module_pixels: u32) -> Vec<u8> {
    let modules = modules(link);
    let scale = module_pixels.clamp(1, 64) as usize;
    let side = modules.side * scale;
    let mut pixels = Vec::with_capacity(side * side.div_ceil(8));
    for row in modules.dark.chunks(modules.side) {
        let line = pack(row, scale);
        for _ in 0..scale {
            pixels.extend_from_slice(&line);
        }
    }
    let mut bytes = Vec::new();
    let width = u32::try_from(side).expect("185 modules of 64 pixels at most");
    let mut encoder = png::Encoder::new(&mut bytes, width, width);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&pixels))
        .expect("the pixels fit the header, and a Vec takes what is written");
    bytes
}

fn encode(link: &Link) -> QrCode {
    find(link).expect("no label is made for a provider whose labels do not fit")
}

fn find(link: &Link) -> Option<QrCode> {
    (1..=LARGEST).find_map(|version| encode_as(link, version).ok())
}

fn encode_as(link: &Link, version: i16) -> QrResult<QrCode> {
    let mut bits = Bits::new(Version::Normal(version));
    bits.push_byte_data(link.head().as_bytes())?;
    bits.push_numeric_data(link.digits().as_bytes())?;
    bits.push_terminator(EcLevel::M)?;
    QrCode::with_bits(bits, EcLevel::M)
}

fn modules(link: &Link) -> Modules {
    with_quiet_zone(&encode(link))
}

fn with_quiet_zone(code: &QrCode) -> Modules {
    let width = code.width();
    let side = width + 2 * QUIET_ZONE;
    let mut dark = vec![false; side * side];
    for (index, color) in code.to_colors().into_iter().enumerate() {
        let (x, y) = (index % width + QUIET_ZONE, index / width + QUIET_ZONE);
        dark[y * side + x] = color == Color::Dark;
    }
    Modules { side, dark }
}

/// The runs of dark modules in a row: where each starts and how long it is.
fn runs(row: &[bool]) -> impl Iterator<Item = (usize, usize)> {
    let mut place = 0;
    row.chunk_by(|a, b| a == b).filter_map(move |run| {
        let start = place;
        place += run.len();
        run[0].then_some((start, run.len()))
    })
}

/// One line of pixels, most significant bit first, 1 for light.
fn pack(row: &[bool], scale: usize) -> Vec<u8> {
    let mut line = vec![0; (row.len() * scale).div_ceil(8)];
    let pixels = row
        .iter()
        .flat_map(|dark| std::iter::repeat_n(*dark, scale));
    for (place, _) in pixels.enumerate().filter(|(_, dark)| !dark) {
        line[place / 8] |= 0x80 >> (place % 8);
    }
    line
}
