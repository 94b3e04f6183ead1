//! Rows on their way: read in the order of their key, written, and summed up.

use aws_lc_rs::digest::{Context, SHA256};

use super::tables::Table;
use crate::store::{Connection, DatabaseError, Value, ValueRef};

/// Rows that are read at once, at most.
const BATCH: usize = 1000;

/// A batch ends with the row that makes it larger than this, in bytes.
const LARGE: usize = 4 << 20;

/// Values of one INSERT, at most. PostgreSQL takes 65,535.
const VALUES: usize = 2000;

/// A walk through a table, in the order of its key; without a key, in the order of all its
/// columns, at once.
pub(super) struct Walk<'t> {
    table: &'t Table,
    after: Option<Vec<Value>>,
    ended: bool,
}

impl<'t> Walk<'t> {
    pub(super) const fn of(table: &'t Table) -> Self {
        Self {
            table,
            after: None,
            ended: false,
        }
    }

    /// Leaves out everything up to this key.
    pub(super) fn go_on_after(&mut self, key: Option<Vec<Value>>) {
        self.after = key;
    }

    /// The next rows; none at the end.
    pub(super) fn next(
        &mut self,
        connection: &Connection,
    ) -> Result<Vec<Vec<Value>>, DatabaseError> {
        if self.ended {
            return Ok(Vec::new());
        }
        let table = self.table;
        let key = names(table, &table.key);
        let (order, condition, limit) = match (&self.after, table.key.is_empty()) {
            (_, true) => (table.columns.join(", "), String::new(), String::new()),
            (None, false) => (key, String::new(), format!("LIMIT {BATCH}")),
            (Some(_), false) => {
                let places = places(1, table.key.len());
                let condition = format!("WHERE ({key}) > {places}");
                (key, condition, format!("LIMIT {BATCH}"))
            }
        };
        let sql = format!(
            "SELECT {} FROM {} {condition} ORDER BY {order} {limit}",
            table.columns.join(", "),
            table.name
        );
        let after: Vec<_> = self.after.iter().flatten().map(Value::borrowed).collect();
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(after.as_slice())?;
        let (mut batch, mut size) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let row = (0..table.columns.len())
                .map(|column| Ok(Value::from(row.get_ref(column)?)))
                .collect::<Result<Vec<_>, DatabaseError>>()?;
            size += row.iter().map(Value::size).sum::<usize>();
            batch.push(row);
            if size > LARGE && !table.key.is_empty() {
                break;
            }
        }
        match batch.last() {
            Some(last) if !table.key.is_empty() => {
                self.after = Some(table.key.iter().map(|place| last[*place].clone()).collect());
            }
            _ => self.ended = true,
        }
        Ok(batch)
    }
}

/// The rows of a table.
pub(super) fn count(connection: &Connection, table: &Table) -> Result<u64, DatabaseError> {
    let sql = format!("SELECT COUNT(*) FROM {}", table.name);
    connection.query_row(&sql, [], |row| row.get(0))
}

/// The key of the last row.
pub(super) fn last_key(
    connection: &Connection,
    table: &Table,
) -> Result<Option<Vec<Value>>, DatabaseError> {
    let order: Vec<_> = table
        .key
        .iter()
        .map(|place| format!("{} DESC", table.columns[*place]))
        .collect();
    let sql = format!(
        "SELECT {} FROM {} ORDER BY {} LIMIT 1",
        names(table, &table.key),
        table.name,
        order.join(", ")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    (0..table.key.len())
        .map(|column| Ok(Value::from(row.get_ref(column)?)))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// Writes rows. What refers to rows of the same table stays empty: they may come later.
pub(super) fn insert(
    connection: &Connection,
    table: &Table,
    rows: &[Vec<Value>],
) -> Result<(), DatabaseError> {
    let width = table.columns.len();
    let most = (VALUES / width).max(1);
    for part in rows.chunks(most) {
        let values: Vec<_> = (0..part.len())
            .map(|row| places(row * width + 1, width))
            .collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES {}",
            table.name,
            table.columns.join(", "),
            values.join(", ")
        );
        let values: Vec<_> = part
            .iter()
            .flat_map(|row| row.iter().enumerate())
            .map(|(column, value)| match table.to_itself.contains(&column) {
                true => ValueRef::Null,
                false => value.borrowed(),
            })
            .collect();
        connection.execute(&sql, values.as_slice())?;
    }
    Ok(())
}

/// Sets one column of rows that are there.
pub(super) fn set(
    connection: &Connection,
    table: &Table,
    column: usize,
    rows: &[Vec<Value>],
) -> Result<(), DatabaseError> {
    let sql = format!(
        "UPDATE {} SET {} = ?1 WHERE ({}) = {}",
        table.name,
        table.columns[column],
        names(table, &table.key),
        places(2, table.key.len())
    );
    for row in rows.iter().filter(|row| row[column] != Value::Null) {
        let key = table.key.iter().map(|place| row[*place].borrowed());
        let values: Vec<_> = [row[column].borrowed()].into_iter().chain(key).collect();
        connection.execute(&sql, values.as_slice())?;
    }
    Ok(())
}

fn names(table: &Table, places: &[usize]) -> String {
    let names: Vec<_> = places
        .iter()
        .map(|place| table.columns[*place].as_str())
        .collect();
    names.join(", ")
}

/// `(?3, ?4)`: so many parameters from the first on.
fn places(first: usize, count: usize) -> String {
    let places: Vec<_> = (first..first + count)
        .map(|number| format!("?{number}"))
        .collect();
    format!("({})", places.join(", "))
}

/// SHA-256 over rows, unambiguously.
pub(super) struct Digest(Context);

impl Digest {
    pub(super) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    pub(super) fn add(&mut self, row: &[Value]) {
        for value in row {
            match value {
                Value::Null => self.0.update(&[0]),
                Value::Integer(number) => {
                    self.0.update(&[1]);
                    self.0.update(&number.to_be_bytes());
                }
                Value::Text(text) => self.add_bytes(2, text.as_bytes()),
                Value::Blob(bytes) => self.add_bytes(3, bytes),
            }
        }
    }

    fn add_bytes(&mut self, kind: u8, bytes: &[u8]) {
        self.0.update(&[kind]);
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    pub(super) fn end(self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(self.0.finish().as_ref());
        hash
    }
}
