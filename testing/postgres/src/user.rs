//! Who PostgreSQL runs as: not root, which it refuses.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::Error;

/// Who may run it, best first. Debian's package makes the first; the second is everywhere.
const NAMES: [&str; 2] = ["postgres", "nobody"];

/// A user of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: u32,
    pub(crate) group: u32,
}

impl User {
    /// Who PostgreSQL is to run as; `None` if it is whoever runs this process.
    pub(crate) fn for_postgres() -> Result<Option<Self>, Error> {
        // The owner of this folder is who this process runs as.
        if fs::metadata("/proc/self")?.uid() != 0 {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd")?;
        NAMES
            .iter()
            .find_map(|name| Self::in_list(&users, name))
            .map(Some)
            .ok_or(Error::NoUser)
    }

    /// The user of that name in a text like `/etc/passwd`.
    fn in_list(users: &str, name: &str) -> Option<Self> {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next()? != name {
                return None;
            }
            Some(Self {
                id: fields.nth(1)?.parse().ok()?,
                group: fields.next()?.parse().ok()?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_the_whole_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:\npostgres:x:101:104:,:/:/bin/bash\nbroken\n";
        assert_eq!(
            User::in_list(users, "postgres"),
            Some(User {
                id: 101,
                group: 104
            })
        );
        assert_eq!(User::in_list(users, "nobody"), None);
        assert_eq!(User::in_list("nobody:x:many:1", "nobody"), None);
    }
}
