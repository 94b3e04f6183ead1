//! A small pool of connections that read.

use std::{
    ops::Deref,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

use super::{Connection, Database, Meters, StoreError};

/// Connections for each core. A read takes microseconds; more connections than can run would
/// only mean more caches and more statements to compile.
const PER_CORE: usize = 4;

/// Connections at least, where a read waits for an answer from elsewhere.
const LEAST_REMOTE: usize = 16;

pub(super) struct Readers {
    database: Database,
    most: usize,
    pool: Mutex<Pool>,
    returned: Condvar,
    meters: Meters,
}

struct Pool {
    idle: Vec<Connection>,
    /// Connections that exist, on loan or idle.
    open: usize,
}

impl Readers {
    pub(super) fn new(database: &Database, meters: Meters) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            database: database.clone(),
            most: match database {
                Database::File(_) => PER_CORE * cores,
                Database::Postgres(_) => LEAST_REMOTE.max(PER_CORE * cores),
            },
            pool: Mutex::new(Pool {
                idle: Vec::new(),
                open: 0,
            }),
            returned: Condvar::new(),
            meters,
        }
    }

    /// Lends a connection; waits while all of them are on loan.
    pub(super) fn take(&self) -> Result<Reader<'_>, StoreError> {
        let asked = Instant::now();
        let mut pool = self.lock();
        loop {
            if let Some(connection) = pool.idle.pop() {
                // To ask it, and to end it, takes a moment, in which nobody else has to wait.
                drop(pool);
                if !connection.is_lost() {
                    self.meters.reader_came(asked.elapsed());
                    return Ok(Reader {
                        readers: self,
                        connection: Some(connection),
                    });
                }
                drop(connection);
                pool = self.lock();
                pool.open -= 1;
                continue;
            }
            if pool.open < self.most {
                pool.open += 1;
                break;
            }
            pool = self
                .returned
                .wait(pool)
                .unwrap_or_else(PoisonError::into_inner);
        }
        drop(pool);
        self.meters.reader_came(asked.elapsed());
        // From here on the place is given back by the reader's drop, also if there is no
        // connection to fill it.
        let mut reader = Reader {
            readers: self,
            connection: None,
        };
        reader.connection = Some(self.database.connect_reader()?);
        Ok(reader)
    }

    /// No code that could panic runs under this lock.
    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan; goes back to the pool when dropped.
pub(super) struct Reader<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("`take` lends only readers that have one")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut pool = self.readers.lock();
        match self.connection.take() {
            Some(connection) if connection.is_known_lost() => {
                // The database was away: so all that are idle have lost it too, and do not know yet.
                let lost = std::mem::take(&mut pool.idle);
                pool.open -= lost.len() + 1;
                drop(pool);
                self.readers.returned.notify_all();
                return;
            }
            Some(connection) => pool.idle.push(connection),
            None => pool.open -= 1,
        }
        drop(pool);
        self.readers.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_threads_share_the_few_connections_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let database: Database = folder.path().join("db").into();
        // Whoever writes has opened it before.
        let _writer = database.connect().unwrap();
        let readers = Readers::new(&database, Meters::new());
        thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| {
                    let reader = readers.take().unwrap();
                    reader.query_row("SELECT 1", [], |_| Ok(())).unwrap();
                });
            }
        });
        let pool = readers.lock();
        assert!(pool.open <= readers.most);
        assert_eq!(pool.idle.len(), pool.open);
    }

    #[test]
    fn a_database_that_cannot_be_opened_takes_no_place_in_the_pool() {
        let folder = tempfile::tempdir().unwrap();
        let readers = Readers::new(
            &folder.path().join("missing").join("db").into(),
            Meters::new(),
        );
        for _ in 0..100 {
            assert!(readers.take().is_err());
        }
        assert_eq!(readers.lock().open, 0);
    }
}
