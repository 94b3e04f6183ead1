//! What a person at the terminal types and sees.

use std::io::{self, IsTerminal, Read, Write};

use gridpass_protocol::{Csr, Identifiers, KeyId};
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};
use zeroize::Zeroizing;

use super::CommandError;
use crate::{
    config::ConfigError,
    state::{Enrolled, LabelFacts, Pending},
};

/// No label is longer, in bytes.
const MOST_TYPED: u64 = 8 * 1024;

/// A QR code in half blocks, dark on light whatever the terminal's colours are.
pub(super) fn drawn(text: &str) -> Result<String, CommandError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)
        .map_err(|_| CommandError::TooLongForQr)?;
    Ok(code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build())
}

/// The label of the command line, or what is typed or piped in.
pub(super) fn typed_label(given: Option<String>) -> Result<Zeroizing<String>, CommandError> {
    match given.filter(|label| label != "-") {
        Some(label) => Ok(Zeroizing::new(label)),
        None => {
            prompt("Label (its link or manual code): ")?;
            let mut typed = Zeroizing::new(String::new());
            // A terminal gives a line, a pipe all that it has.
            if io::stdin().is_terminal() {
                io::stdin().read_line(&mut typed)?;
            } else {
                io::stdin().take(MOST_TYPED).read_to_string(&mut typed)?;
            }
            Ok(typed)
        }
    }
}

/// The device ID, from the person at the terminal.
pub(super) fn ask_device_id() -> Result<Zeroizing<String>, CommandError> {
    if !io::stdin().is_terminal() {
        return Err(ConfigError::NoDeviceId.into());
    }
    prompt("Device ID printed on the gateway: ")?;
    let mut typed = Zeroizing::new(String::new());
    io::stdin().read_line(&mut typed)?;
    Ok(Zeroizing::new(typed.trim().to_owned()))
}

fn prompt(text: &str) -> io::Result<()> {
    if io::stdin().is_terminal() {
        eprint!("{text}");
        io::stderr().flush()?;
    }
    Ok(())
}

/// What a gateway waits for.
pub(super) fn print_pending(pending: &Pending) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let LabelFacts {
        temporary_id,
        origin,
        ..
    } = &pending.label;
    writeln!(
        out,
        "waiting for the answer to the label {temporary_id} of {origin}"
    )?;
    // A request that cannot be read any more is refused when it is used.
    if let Ok(csr) = Csr::parse(&pending.csr) {
        let fingerprint = KeyId::of_spki(csr.spki_der()).fingerprint();
        writeln!(out, "SHA-256 of its key  {fingerprint}")?;
    }
    Ok(())
}

/// How an enrolled gateway stands.
pub(super) fn print_enrolled(enrolled: &Enrolled) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let identifiers = Identifiers::of(&enrolled.identity.certificate);
    writeln!(out, "enrolled with {}", enrolled.settings.provider)?;
    writeln!(out, "enrollment          {}", enrolled.enrollment_id)?;
    writeln!(out, "portal              {}", enrolled.label.origin)?;
    if let Some(facts) = enrolled.identity.facts() {
        writeln!(out, "certificate         {}", facts.serial)?;
        writeln!(
            out,
            "valid until         {} (Unix seconds)",
            facts.not_after
        )?;
    }
    writeln!(out, "SHA-256             {}", identifiers.fingerprint)?;
    writeln!(out, "VEN fingerprint     {}", identifiers.ven_fingerprint)?;
    writeln!(out, "LFDI                {}", identifiers.lfdi)?;
    writeln!(out, "SFDI                {}", identifiers.sfdi)?;
    writeln!(out, "messages answered   {}", enrolled.conversation.seq)?;
    if let Some(at) = enrolled.conversation.spoke_at {
        writeln!(out, "last answer         {at} (Unix seconds)")?;
    }
    Ok(())
}
