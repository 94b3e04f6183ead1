//! The file of a backup: a line that says what it is, a header that everybody may read, and the
//! database in sealed pieces.
//!
//! The pieces are sealed with AES-256-GCM under a key of this file alone. The nonce of a piece is
//! its number and whether it is the last (STREAM; Hoang, Reyhanitabar, Rogaway, Vizár, 2015), and
//! all of them are bound to the header: none can be changed, moved, left out or cut off.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Seek, Write},
    path::Path,
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest,
};
use gridpass_protocol::{b64u, encoding::from_b64u};
use serde::{Deserialize, Serialize};

use super::{BackupError, Manifest, at, fill, key::SealedKeyFile};
use crate::vault::sha256;

const MAGIC: &[u8] = b"GRIDPASS-BACKUP/1\n";
/// A header that is longer is none, in bytes.
const LONGEST_HEADER: u32 = 1024 * 1024;
/// What is sealed at once, in bytes.
pub(super) const PIECE: usize = 64 * 1024;
const TAG: usize = 16;

/// What everybody may read.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) manifest: Manifest,
    /// Makes the key of this file.
    pub(super) salt: [u8; 32],
    /// Tells which vault seals it.
    pub(super) key_check: [u8; 32],
    /// The vault's secret under the key file, if the key file was exchanged.
    pub(super) sealed_master: Option<Vec<u8>>,
    /// The key file under a passphrase, if that was asked for.
    pub(super) sealed_key: Option<SealedKeyFile>,
}

/// The same as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled<M, K> {
    manifest: M,
    salt: String,
    key_check: String,
    sealed_master: Option<String>,
    sealed_key: Option<K>,
}

impl Header {
    fn to_bytes(&self) -> io::Result<Vec<u8>> {
        Ok(serde_json::to_vec(&Spelled {
            manifest: &self.manifest,
            salt: b64u(&self.salt),
            key_check: b64u(&self.key_check),
            sealed_master: self.sealed_master.as_deref().map(b64u),
            sealed_key: self.sealed_key.as_ref(),
        })?)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let spelled: Spelled<Manifest, SealedKeyFile> = serde_json::from_slice(bytes).ok()?;
        let sealed_master = match spelled.sealed_master {
            Some(sealed) => Some(from_b64u(&sealed).ok()?),
            None => None,
        };
        Some(Self {
            manifest: spelled.manifest,
            salt: from_b64u(&spelled.salt).ok()?.try_into().ok()?,
            key_check: from_b64u(&spelled.key_check).ok()?.try_into().ok()?,
            sealed_master,
            sealed_key: spelled.sealed_key,
        })
    }
}

/// Size and SHA-256 (b64u) of a file, which is at its beginning again afterwards.
pub(super) fn measure(file: &mut File) -> io::Result<(u64, String)> {
    let mut hash = digest::Context::new(&digest::SHA256);
    let mut bytes = 0;
    let mut piece = vec![0; PIECE];
    loop {
        let read = fill(file, &mut piece)?;
        hash.update(&piece[..read]);
        bytes += read as u64;
        if read < piece.len() {
            break;
        }
    }
    file.rewind()?;
    Ok((bytes, b64u(hash.finish().as_ref())))
}

/// Whether more follows a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Within,
    Last,
}

impl Place {
    /// The last piece is the short one, if need be an empty one.
    pub(super) const fn of(read: usize, whole: usize) -> Self {
        if read < whole {
            Self::Last
        } else {
            Self::Within
        }
    }
}

/// Seals and opens the pieces of one file, in their order.
struct Pieces {
    key: LessSafeKey,
    header: [u8; 32],
    next: u32,
}

impl Pieces {
    fn new(key: &[u8; 32], header: &[u8]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("AES-256-GCM takes a key of 32 bytes");
        Self {
            key: LessSafeKey::new(key),
            header: sha256(header),
            next: 0,
        }
    }

    /// The nonce of the next piece. None comes twice under the key, which is this file's alone.
    fn nonce(&mut self, place: Place) -> io::Result<Nonce> {
        let mut nonce = [0; NONCE_LEN];
        nonce[7..11].copy_from_slice(&self.next.to_be_bytes());
        nonce[11] = u8::from(place == Place::Last);
        self.next = self.next.checked_add(1).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::FileTooLarge,
                "a backup holds 256 TiB at most",
            )
        })?;
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

/// Writes a backup.
pub(super) struct SealedWriter {
    file: BufWriter<File>,
    pieces: Pieces,
}

impl SealedWriter {
    pub(super) fn begin(file: File, header: &Header, key: &[u8; 32]) -> io::Result<Self> {
        let header = header.to_bytes()?;
        let length = u32::try_from(header.len())
            .ok()
            .filter(|length| *length <= LONGEST_HEADER)
            .ok_or_else(|| io::Error::other("the header would be too long"))?;
        let mut file = BufWriter::new(file);
        file.write_all(MAGIC)?;
        file.write_all(&length.to_be_bytes())?;
        file.write_all(&header)?;
        Ok(Self {
            file,
            pieces: Pieces::new(key, &header),
        })
    }

    /// Seals a piece; all but the last are [`PIECE`] long.
    pub(super) fn write(&mut self, piece: &mut [u8], place: Place) -> io::Result<()> {
        let nonce = self.pieces.nonce(place)?;
        let tag = self
            .pieces
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(self.pieces.header), piece)
            .expect("AES-GCM seals anything below 64 GiB");
        self.file.write_all(piece)?;
        self.file.write_all(tag.as_ref())
    }

    /// It is whole and on the disk.
    pub(super) fn end(self) -> io::Result<()> {
        self.file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()
    }
}

/// Reads a backup.
#[derive(Debug)]
pub(super) struct SealedReader {
    file: BufReader<File>,
    pub(super) header: Header,
    header_bytes: Vec<u8>,
}

impl SealedReader {
    pub(super) fn open(path: &Path) -> Result<Self, BackupError> {
        let mut file = BufReader::new(File::open(path).map_err(at(path))?);
        let not_a_backup = || BackupError::NotABackup(path.to_owned());
        let mut begins = [0; MAGIC.len() + 4];
        if fill(&mut file, &mut begins).map_err(at(path))? < begins.len() {
            return Err(not_a_backup());
        }
        let (magic, length) = begins.split_at(MAGIC.len());
        let length = length.try_into().map(u32::from_be_bytes).unwrap_or(0);
        if magic != MAGIC || length > LONGEST_HEADER {
            return Err(not_a_backup());
        }
        let mut header_bytes = vec![0; length as usize];
        fill(&mut file, &mut header_bytes).map_err(at(path))?;
        let header = Header::from_bytes(&header_bytes).ok_or_else(not_a_backup)?;
        Ok(Self {
            file,
            header,
            header_bytes,
        })
    }

    /// Opens the database in it into `to`.
    pub(super) fn copy_to(
        &mut self,
        key: &[u8; 32],
        to: &Path,
        file: &mut File,
    ) -> Result<(), BackupError> {
        let mut pieces = Pieces::new(key, &self.header_bytes);
        let mut hash = digest::Context::new(&digest::SHA256);
        let mut bytes = 0;
        let mut piece = vec![0; PIECE + TAG];
        loop {
            let read = fill(&mut self.file, &mut piece).map_err(at(to))?;
            let place = Place::of(read, piece.len());
            let nonce = pieces.nonce(place).map_err(at(to))?;
            let opened = pieces
                .key
                .open_in_place(nonce, Aad::from(pieces.header), &mut piece[..read])
                .map_err(|_| BackupError::Damaged)?;
            hash.update(opened);
            bytes += opened.len() as u64;
            file.write_all(opened).map_err(at(to))?;
            if place == Place::Last {
                break;
            }
        }
        let manifest = &self.header.manifest;
        if bytes != manifest.bytes || b64u(hash.finish().as_ref()) != manifest.sha256 {
            return Err(BackupError::Damaged);
        }
        file.sync_all().map_err(at(to))
    }
}
