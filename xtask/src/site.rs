//! Building the site: the four WASM bundles and the styles, compressed ahead of time.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::process::{Failure, Result, command, run};
use crate::stamp::{fingerprint, is_current};
use crate::step::{ready, step};
use crate::tools::Tools;
use crate::{bundles, paths};

/// Everything that the built site depends on. What of it does not exist yet counts as empty.
const INPUTS: [&str; 12] = [
    ".cargo",
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
    "app",
    "client",
    "worker",
    "desk",
    "phone",
    "protocol",
    "style",
    "public",
];

/// Brotli's best; the window covers the largest bundle.
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW: u32 = 22;

/// Makes sure that `target/site` holds the site of the present sources.
///
/// The stamp names sources and site: a site that trunk was told to build by hand is built again.
pub(crate) fn ensure(tools: &Tools) -> Result<()> {
    let sources = fingerprint(paths::root(), &INPUTS)?;
    let both = |sources: &str| {
        Ok::<_, Failure>(format!(
            "{sources} {}",
            fingerprint(&paths::site(), &["pkg"])?
        ))
    };
    let stamp = paths::site().join("built-from");
    if is_current(&stamp, &both(&sources)?) {
        ready("the site in target/site");
        return Ok(());
    }
    step(
        "building the site with trunk",
        "2 to 3 minutes the first time, half a minute after a change",
        || {
            run(command("trunk")
                .arg("build")
                .env("PATH", tools.path()?)
                .env("CARGO_TARGET_DIR", paths::wasm_target())
                .env("TRUNK_SKIP_VERSION_CHECK", "true")
                // trunk reads this variable as a flag of its own, and refuses values other than true or false.
                .env_remove("NO_COLOR"))
        },
    )?;
    step("compressing the site", "a few seconds", || {
        compress(&paths::site().join("pkg"))
    })?;
    bundles::weigh(&paths::site().join("pkg"))?;
    fs::write(stamp, both(&sources)?)?;
    Ok(())
}

/// Puts `name.br` and `name.gz` beside every file but hidden ones, which trunk keeps for itself.
fn compress(folder: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    // Of files in the order of their size every second one: both threads get about as much.
    files.sort_by_key(|(size, _)| *size);
    let (even, odd): (Vec<_>, Vec<_>) = files
        .into_iter()
        .enumerate()
        .partition(|(index, _)| index % 2 == 0);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            odd.iter()
                .try_for_each(|(_, (_, file))| compress_file(file))
        });
        even.iter()
            .try_for_each(|(_, (_, file))| compress_file(file))?;
        other.join().expect("compressing does not panic")
    })
}

fn collect(folder: &Path, files: &mut Vec<(u64, PathBuf)>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.is_dir() {
            collect(&path, files)?;
        } else if !is_hidden
            && !path
                .extension()
                .is_some_and(|ending| ending == "br" || ending == "gz")
        {
            files.push((fs::metadata(&path)?.len(), path));
        }
    }
    Ok(())
}

fn compress_file(file: &Path) -> Result<()> {
    let content = fs::read(file)?;
    let beside = |ending: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        File::create(name)
    };
    let mut brotli =
        brotli::CompressorWriter::new(beside(".br")?, 64 * 1024, BROTLI_QUALITY, BROTLI_WINDOW);
    brotli.write_all(&content)?;
    brotli.flush()?;
    drop(brotli);
    let mut gzip = GzEncoder::new(beside(".gz")?, Compression::best());
    gzip.write_all(&content)?;
    gzip.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_compressed_reads_back_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let content = "the same words again and ".repeat(1000);
        for name in ["a.js", "b.css", "c.wasm", ".lock"] {
            fs::write(folder.path().join(name), &content).unwrap();
        }
        compress(folder.path()).unwrap();
        compress(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 10);
        let (mut brotli, mut gzip) = (String::new(), String::new());
        let open = |name: &str| File::open(folder.path().join(name)).unwrap();
        brotli::Decompressor::new(open("a.js.br"), 4096)
            .read_to_string(&mut brotli)
            .unwrap();
        flate2::read::GzDecoder::new(open("c.wasm.gz"))
            .read_to_string(&mut gzip)
            .unwrap();
        assert_eq!(
            (brotli.as_str(), gzip.as_str()),
            (content.as_str(), content.as_str())
        );
    }
}
