//! `cargo xtask setup`: everything that is not in the work tree.

use crate::process::Result;
use crate::{node, packages, python, tools};

/// Installs what is missing; says what is there.
pub(crate) fn everything() -> Result<()> {
    tools::ensure()?;
    packages::ensure()?;
    python::ensure()?;
    tools::ensure_est_tools()?;
    node::ensure()
}
