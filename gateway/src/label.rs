//! From what a person hands over to a label that may be used (stage `scan`).

use std::path::Path;

use gridpass_protocol::{
    DirectoryEntry, DirectoryError, Link, LinkError, ManualCode, ManualCodeError, Origin, Payload,
    UnixTime, label::OpenError,
};

use crate::{
    picture::{self, PictureError},
    portal::{CallError, Portal, is_safe},
};

/// No picture of a label is larger, in bytes.
const MOST_PICTURE: u64 = 32 * 1024 * 1024;

/// A label as it was handed over.
pub(crate) struct Label {
    pub(crate) origin: Origin,
    pub(crate) payload: Payload,
}

/// Why a label cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LabelError {
    #[error("{file}: {error}")]
    File { file: String, error: std::io::Error },
    #[error("{file}: larger than any picture of a label")]
    TooLarge { file: String },
    #[error("{file}: {error}")]
    Picture { file: String, error: PictureError },
    #[error("{0}; give the link of the label, a picture of it (PNG or JPEG), or its manual code")]
    Link(#[from] LinkError),
    #[error("{0}")]
    Code(#[from] ManualCodeError),
    #[error("a manual code does not say whose it is: add --portal with the address of the portal")]
    PortalWanted,
    #[error("{0} is not reached over https: a label of such a portal is not used")]
    Unsafe(Origin),
    #[error("the label is of {found}, not of {expected}: use it there")]
    Foreign { found: Origin, expected: Origin },
    #[error("the label has ended: ask your provider for a new one")]
    Expired,
    #[error(
        "no label belongs to this manual code, or not any more: ask your provider for a new one"
    )]
    UnknownCode,
    #[error("{0}")]
    Open(#[from] OpenError),
    #[error("{0}: this label is not to be trusted; ask your provider for a new one")]
    Provider(#[from] DirectoryError),
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Reads a label: a link, a file with a picture or a link in it, or a manual code. `expected` is the
/// portal that it has to be of, when the person or the configuration says so.
pub(crate) fn read(
    text: &str,
    expected: Option<&Origin>,
    portal: &Portal,
) -> Result<Label, LabelError> {
    let text = text.trim();
    let label = if Path::new(text).is_file() {
        let (origin, payload) = Link::parse(&link_in_file(text)?)?;
        Label { origin, payload }
    } else if text.contains("://") {
        let (origin, payload) = Link::parse(text)?;
        Label { origin, payload }
    } else {
        let code = ManualCode::parse(text)?;
        of_code(&code, expected.ok_or(LabelError::PortalWanted)?, portal)?
    };
    if !is_safe(&label.origin) {
        return Err(LabelError::Unsafe(label.origin));
    }
    match expected {
        Some(expected) if *expected != label.origin => Err(LabelError::Foreign {
            found: label.origin,
            expected: expected.clone(),
        }),
        _ => Ok(label),
    }
}

fn link_in_file(file: &str) -> Result<String, LabelError> {
    let failed = |error| LabelError::File {
        file: file.to_owned(),
        error,
    };
    if std::fs::metadata(file).map_err(failed)?.len() > MOST_PICTURE {
        return Err(LabelError::TooLarge {
            file: file.to_owned(),
        });
    }
    let content = std::fs::read(file).map_err(failed)?;
    if let Ok(text) = std::str::from_utf8(&content) {
        return Ok(text.trim().to_owned());
    }
    let is_label = |text: &str| {
        !matches!(
            Link::parse(text),
            Err(LinkError::Form | LinkError::Origin(_))
        )
    };
    picture::read(&content, is_label).map_err(|error| LabelError::Picture {
        file: file.to_owned(),
        error,
    })
}

fn of_code(code: &ManualCode, origin: &Origin, portal: &Portal) -> Result<Label, LabelError> {
    if !is_safe(origin) {
        return Err(LabelError::Unsafe(origin.clone()));
    }
    let sealed = portal
        .manual_payload(origin, &code.lookup())
        .map_err(|error| match error.problem() {
            Some(gridpass_protocol::ProblemName::NotFound) => LabelError::UnknownCode,
            _ => error.into(),
        })?;
    Ok(Label {
        origin: origin.clone(),
        payload: code.open(&sealed)?,
    })
}

/// Admits a label that has not ended, and whose provider certificate its portal publishes under
/// that provider's CA: the provider, and the certificate in DER.
pub(crate) fn admit(
    label: &Label,
    now: UnixTime,
    portal: &Portal,
) -> Result<(DirectoryEntry, Vec<u8>), LabelError> {
    if label.payload.expires_at <= now {
        return Err(LabelError::Expired);
    }
    let directory = portal.directory(&label.origin)?;
    let (provider, certificate) = directory.find(&label.payload.provider_certificate, now)?;
    Ok((provider.clone(), certificate))
}
