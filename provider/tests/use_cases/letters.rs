//! Letters: printed in batches, judged by a renderer and a scanner of other people.

use std::process::Command;

use gridpass_protocol::Link;
use gridpass_provider::{
    AccountRef, Channel, EnrollmentKind, Language, LetterError, LetterSelection, Registered,
    Registration, Role,
};

use crate::{
    desk::staff_of,
    fixture::{DEVICE_ID, Device, Fixture, demo, device_id, operator},
};

/// Gives the account an address and a number, as an import would.
pub(crate) fn set_contact(fixture: &Fixture) {
    let connection = fixture.database();
    connection
        .execute(
            "UPDATE accounts SET mobile = '+18025550142', address_line_1 = '7 Elm Street',
                 address_line_2 = 'Apt 3', postal_code = '05602', city = 'Montpelier',
                 region = 'VT', country = 'US' WHERE number = '1001'",
            [],
        )
        .unwrap();
}

pub(crate) fn register_by(fixture: &Fixture, channel: Channel) -> Registered {
    register_device_by(fixture, channel, DEVICE_ID, None)
}

fn register_device_by(
    fixture: &Fixture,
    channel: Channel,
    device: &str,
    language: Option<Language>,
) -> Registered {
    let registration = Registration {
        provider: demo(),
        account: AccountRef::Number("1001".parse().unwrap()),
        device_id: device_id(device),
        kind: EnrollmentKind::Device,
        channel,
        key_algorithm: None,
        idempotency: None,
        nickname: None,
        language,
    };
    fixture.gridpass.register(registration, operator()).unwrap()
}

fn fixture() -> Fixture {
    let fixture = Fixture::with(|config| config.providers[0].channels = vec![Channel::Letter]);
    set_contact(&fixture);
    fixture
}

/// Runs a tool of the machine that judges what we made.
fn judge(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn printed_letters_are_read_by_a_scanner_and_enrol() {
    let fixture = fixture();
    register_device_by(&fixture, Channel::Letter, "SN-4711-0001", None);
    fixture.clock.advance(1);
    register_device_by(
        &fixture,
        Channel::Letter,
        "SN-4711-0002",
        Some(Language::Spanish),
    );
    let (operator, actor) = staff_of("demo", Role::Operator);
    let printed = fixture
        .gridpass
        .print_letters(&operator, LetterSelection::Waiting, actor)
        .unwrap();
    assert_eq!(printed.letters, 2);
    let folder = tempfile::tempdir().unwrap();
    let pdf = folder.path().join("letters.pdf");
    std::fs::write(&pdf, &printed.pdf).unwrap();
    let (pdf, pages) = (pdf.to_str().unwrap(), folder.path().join("page"));
    let pages = pages.to_str().unwrap();
    judge("pdftoppm", &["-r", "150", "-png", pdf, pages]);
    for (page, device) in [(1, "SN-4711-0001"), (2, "SN-4711-0002")] {
        let image = format!("{pages}-{page}.png");
        let text = judge("zbarimg", &["--quiet", "--raw", "--oneshot", &image]);
        let (origin, payload) = Link::parse(text.trim()).unwrap();
        let link = Link::new(&origin, &payload);
        fixture.confirm(&Device::new(page, &link, device)).unwrap();
    }
    let text = judge("pdftotext", &["-layout", pdf, "-"]);
    for expected in [
        "Ada Example",
        "7 Elm Street",
        "Apt 3",
        "Montpelier, VT 05602",
        "Connect your device",
        "Conecte su dispositivo",
        "Hola, Ada Example:",
        "+1 802 555 0100",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn the_symbol_of_a_letter_is_45_millimetres_or_more_and_the_address_in_the_window() {
    let fixture = fixture();
    register_by(&fixture, Channel::Letter);
    let (operator, actor) = staff_of("demo", Role::Operator);
    let printed = fixture
        .gridpass
        .print_letters(&operator, LetterSelection::Waiting, actor)
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pdf = folder.path().join("letter.pdf");
    std::fs::write(&pdf, &printed.pdf).unwrap();
    let page = folder.path().join("page");
    let (pdf, page) = (pdf.to_str().unwrap(), page.to_str().unwrap());
    // 254 dots an inch are 10 a millimetre.
    judge(
        "pdftoppm",
        &["-r", "254", "-gray", "-singlefile", pdf, page],
    );
    let (width, pixels) = read_pgm(&std::fs::read(format!("{page}.pgm")).unwrap());
    let is_dark = |x: usize, y: usize| pixels[y * width + x] < 128;
    // The symbol is what is dark left of the instructions and below the greeting.
    let dark: Vec<usize> = (1250..1850)
        .flat_map(|y| (250..850).filter(move |x| is_dark(*x, y)))
        .collect();
    let across = dark.iter().max().unwrap() - dark.iter().min().unwrap();
    assert!(across >= 450, "{across} tenths of a millimetre");
    let boxes = judge("pdftotext", &["-bbox", pdf, "-"]);
    let line = boxes
        .lines()
        .find(|line| line.contains(">Montpelier,<"))
        .unwrap();
    let place = |name: &str| -> f64 {
        let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap();
        let points: f64 = rest.split('"').next().unwrap().parse().unwrap();
        points * 25.4 / 72.0
    };
    // The window of a number 10 envelope over a sheet folded in three.
    assert!((22.0..115.0).contains(&place("xMin")), "{line}");
    assert!(place("yMax") < 81.0, "{line}");
}

/// The width of a PGM and its pixels, a byte each.
fn read_pgm(bytes: &[u8]) -> (usize, Vec<u8>) {
    let mut parts = bytes.splitn(4, |byte| byte.is_ascii_whitespace());
    assert_eq!(parts.next(), Some(&b"P5"[..]));
    let mut number = || -> usize {
        let text = std::str::from_utf8(parts.next().unwrap()).unwrap();
        text.parse().unwrap()
    };
    let (width, height) = (number(), number());
    let pixels = &bytes[bytes.len() - width * height..];
    (width, pixels.to_vec())
}

#[test]
fn letters_stay_until_they_are_posted_and_are_erased_then() {
    let fixture = fixture();
    register_by(&fixture, Channel::Letter);
    let (operator, actor) = staff_of("demo", Role::Operator);
    let print = |selection| {
        fixture
            .gridpass
            .print_letters(&operator, selection, actor.clone())
    };
    assert!(matches!(
        print(LetterSelection::Printed),
        Err(LetterError::Nothing)
    ));
    let first = print(LetterSelection::Waiting).unwrap();
    assert!(matches!(
        print(LetterSelection::Waiting),
        Err(LetterError::Nothing)
    ));
    let again = print(LetterSelection::Printed).unwrap();
    assert_eq!((first.letters, again.letters), (1, 1));
    let posted = fixture
        .gridpass
        .letters_posted(&operator, actor.clone())
        .unwrap();
    assert_eq!(posted, 1);
    assert!(matches!(
        print(LetterSelection::Printed),
        Err(LetterError::Nothing)
    ));
}

#[test]
fn a_letter_of_an_enrollment_that_was_called_off_is_not_printed() {
    let fixture = fixture();
    let registered = register_by(&fixture, Channel::Letter);
    fixture
        .gridpass
        .cancel(registered.enrollment_id, crate::fixture::operator())
        .unwrap();
    let (operator, actor) = staff_of("demo", Role::Operator);
    let selection = LetterSelection::Of(vec![registered.enrollment_id]);
    assert!(matches!(
        fixture.gridpass.print_letters(&operator, selection, actor),
        Err(LetterError::Nothing)
    ));
}

#[test]
fn only_operators_and_admins_print_and_only_their_own_letters() {
    let fixture = Fixture::with(|config| {
        config.providers[0].channels = vec![Channel::Letter];
        config.providers.push(crate::fixture::provider("other"));
    });
    set_contact(&fixture);
    register_by(&fixture, Channel::Letter);
    for role in Role::ALL {
        let (staff, actor) = staff_of("other", role);
        let outcome = fixture
            .gridpass
            .print_letters(&staff, LetterSelection::Waiting, actor);
        match role {
            Role::Operator | Role::Admin => {
                assert!(matches!(outcome, Err(LetterError::Nothing)));
            }
            Role::Support | Role::Auditor => {
                assert!(matches!(outcome, Err(LetterError::NotAllowed(_))));
            }
        }
    }
}
