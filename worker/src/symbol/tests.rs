use qrcode::{Color, EcLevel, QrCode};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

use super::*;

const LINK: &str = "https://portal.example/e#0123456789012345678901234567890123456789";
const FIRST_FRAME: Look = Look::Frame { number: 0 };

/// A drawn QR code and how it lies in the picture.
struct Scene {
    text: &'static str,
    /// Pixels a module.
    module: f64,
    /// Radians.
    turn: f64,
    dark: u8,
    light: u8,
    /// Largest deviation of a pixel, either way.
    noise: u8,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            text: LINK,
            module: 4.0,
            turn: 0.0,
            dark: 0,
            light: 255,
            noise: 0,
        }
    }
}

impl Scene {
    /// The square picture, RGBA, and its edge in pixels.
    fn draw(&self) -> (Vec<u8>, (u32, u32)) {
        let code = QrCode::with_error_correction_level(self.text, EcLevel::M).unwrap();
        let colors = code.to_colors();
        let modules = code.width();
        let edge = (modules as f64 * 1.6 * self.module) as usize;
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let module = |x: f64, y: f64| {
            let (x, y) = (x - edge as f64 / 2.0, y - edge as f64 / 2.0);
            let along = x * self.turn.cos() - y * self.turn.sin();
            let down = x * self.turn.sin() + y * self.turn.cos();
            [along, down].map(|place| (place / self.module + modules as f64 / 2.0).floor())
        };
        let mut rgba = Vec::with_capacity(edge * edge * 4);
        for (y, x) in (0..edge).flat_map(|y| (0..edge).map(move |x| (y, x))) {
            let place = module(x as f64 + 0.5, y as f64 + 0.5);
            let is_inside = place.iter().all(|&at| at >= 0.0 && at < modules as f64);
            let [column, row] = place.map(|at| at.max(0.0) as usize);
            let is_dark = is_inside && colors[row * modules + column] == Color::Dark;
            let shade = i32::from(if is_dark { self.dark } else { self.light });
            let range = 2 * u32::from(self.noise) + 1;
            let noise = (rng.next_u32() % range) as i32 - i32::from(self.noise);
            let shade = (shade + noise).clamp(0, 255) as u8;
            rgba.extend([shade, shade, shade, 255]);
        }
        let edge = edge as u32;
        (rgba, (edge, edge))
    }

    fn read(&self, look: Look) -> Option<String> {
        let (rgba, size) = self.draw();
        read(&rgba, size, look, |_| true)
    }
}

#[test]
fn a_sharp_label_is_read_from_one_camera_frame() {
    assert_eq!(Scene::default().read(FIRST_FRAME).as_deref(), Some(LINK));
}

#[test]
fn a_tiny_or_huge_or_faint_picture_is_read_by_a_thorough_look() {
    for scene in [
        Scene {
            module: 2.0,
            ..Scene::default()
        },
        Scene {
            module: 30.0,
            dark: 20,
            light: 240,
            ..Scene::default()
        },
        Scene {
            module: 5.0,
            dark: 120,
            light: 150,
            ..Scene::default()
        },
        Scene {
            turn: 0.6,
            noise: 25,
            dark: 50,
            light: 200,
            ..Scene::default()
        },
    ] {
        assert_eq!(
            scene.read(Look::Thorough).as_deref(),
            Some(LINK),
            "{} px",
            scene.module
        );
    }
}

#[test]
fn a_label_held_still_is_read_within_a_second_however_it_is_turned() {
    for fifth in 0..8 {
        let turn = f64::from(fifth) / 5.0;
        let scene = Scene {
            turn,
            noise: 20,
            dark: 50,
            light: 200,
            ..Scene::default()
        };
        let is_read = (0..4).any(|number| scene.read(Look::Frame { number }).is_some());
        assert!(is_read, "turned by {turn}");
    }
}

#[test]
fn another_code_is_reported_only_when_no_label_is_there() {
    let menu = Scene {
        text: "https://example.com/menu",
        ..Scene::default()
    };
    let (rgba, size) = menu.draw();
    let found = read(&rgba, size, FIRST_FRAME, |text| text.contains("/e#"));
    assert_eq!(found.as_deref(), Some("https://example.com/menu"));
}

#[test]
fn a_transparent_background_counts_as_paper() {
    let (mut rgba, size) = Scene::default().draw();
    for pixel in rgba.chunks_exact_mut(4).filter(|pixel| pixel[0] == 255) {
        pixel.fill(0);
    }
    assert_eq!(
        read(&rgba, size, FIRST_FRAME, |_| true).as_deref(),
        Some(LINK)
    );
}

#[test]
fn pixels_that_do_not_fit_the_size_hold_no_symbol() {
    assert_eq!(read(&[0; 399], (10, 10), Look::Thorough, |_| true), None);
    assert_eq!(read(&[0; 400], (10, 10), Look::Thorough, |_| true), None);
    assert_eq!(read(&[0; 4], (1, 1), Look::Thorough, |_| true), None);
    assert_eq!(
        read(&[], (u32::MAX, u32::MAX), Look::Thorough, |_| true),
        None
    );
}

/// A picture that ends rqrr: a byte of grey each pixel, again and again until there are enough (found by fuzzing).
const UNBEARABLE: &[u8] = include_bytes!("../../../fuzz/regressions/symbol/unbearable");

#[test]
fn a_picture_that_ends_the_library_shows_nothing_and_ends_nothing() {
    let edge = 74;
    let [_, _, _, grey @ ..] = UNBEARABLE else {
        panic!("it begins with width, height and look");
    };
    let pixels: Vec<u8> = grey.iter().copied().cycle().take(edge * edge).collect();
    let rgba: Vec<u8> = pixels
        .iter()
        .flat_map(|&grey| [grey, grey, grey, 255])
        .collect();
    let size = (edge as u32, edge as u32);
    let looks = [0, 1, 2, 3].map(|number| Look::Frame { number });
    for look in looks.into_iter().chain([Look::Thorough]) {
        assert_eq!(read(&rgba, size, look, |_| true), None);
    }
    let own = Grey::from_rgba(&rgba, size.0, size.1).unwrap();
    let is_bearable = |look| {
        views(edge, look)
            .into_iter()
            .all(|view| survived(|| texts(&seen(&own, view))).is_some())
    };
    assert!(
        !looks.into_iter().all(is_bearable),
        "rqrr bears it now: this picture shows nothing any more"
    );
}
