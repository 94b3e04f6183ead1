//! `cargo xtask bench`: how much one server does, as `gridpass-bench` measures it.

use crate::process::{Result, cargo, command, run};
use crate::step::step;
use crate::{paths, site, tools};

/// Builds the server, the load generator and the site as they are shipped, and measures.
/// `arguments` go to the load generator.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    let tools = tools::ensure()?;
    site::ensure(&tools)?;
    step(
        "building the release server and the load generator",
        "5 minutes the first time",
        || {
            run(cargo().args([
                "build",
                "--quiet",
                "--release",
                "--package",
                "gridpass-server",
                "--package",
                "gridpass-bench",
            ]))
        },
    )?;
    let release = paths::target().join("release");
    step(
        "measuring",
        "about 2 minutes; leave the machine alone meanwhile",
        || {
            run(command(release.join("gridpass-bench"))
                .arg("--server")
                .arg(release.join("gridpass"))
                .arg("--site")
                .arg(paths::site().join("pkg"))
                .args(arguments))
        },
    )?;
    step("measuring the CAs", "about half a minute", || {
        let mut bench = command(release.join("gridpass-bench-ca"));
        if let Some(server) = tools::estserver() {
            bench.arg("--estserver").arg(server);
        }
        run(&mut bench)
    })?;
    step(
        "measuring what is told of revocation",
        "about a minute",
        || run(&mut command(release.join("gridpass-bench-revocation"))),
    )?;
    step(
        "measuring the desk with a million enrollments",
        "about 5 minutes",
        || run(&mut command(release.join("gridpass-bench-desk"))),
    )?;
    step(
        "measuring 100,000 devices after their enrollment",
        "about 20 minutes, most of it the devices' own cryptography",
        || {
            run(command(release.join("gridpass-bench-fleet"))
                .arg("--server")
                .arg(release.join("gridpass"))
                .arg("--site")
                .arg(paths::site().join("pkg")))
        },
    )
}
