//! Every connection is an open file, and systems allow a process few of them unless it asks.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a server has open beside its connections: the database's readers, bundles, connections of its own.
const OTHERS: usize = 256;

/// How many of so many connections there is room for, after the process has been allowed as many open files
/// as it may have.
pub(super) fn room_for(connections: usize) -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Refused where somebody has lowered the limit on purpose: what is allowed counts.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    );
    let allowed = getrlimit(Resource::Nofile).current;
    let allowed = allowed.map_or(usize::MAX, |allowed| {
        usize::try_from(allowed).unwrap_or(usize::MAX)
    });
    let room = allowed.saturating_sub(OTHERS).max(allowed / 2).max(1);
    if room < connections {
        tracing::warn!(
            connections,
            room,
            "the system allows too few open files (ulimit -n) for so many connections"
        );
    }
    room.min(connections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_never_more_room_than_asked_for_and_always_some() {
        assert_eq!(room_for(3), 3);
        assert!(room_for(usize::MAX) >= 1);
    }
}
