//! One SQL text for every database.
//!
//! PostgreSQL numbers parameters as `$1`. SQLite takes `$1` for a name and numbers names in the
//! order in which they first appear; its own numbered form is `?1`. Texts are written for
//! PostgreSQL, and turned round for SQLite when they are compiled.

/// Replaces the `$` of every `$1` by `?`.
pub(crate) const fn numbered<const LENGTH: usize>(sql: &str) -> [u8; LENGTH] {
    let sql = sql.as_bytes();
    let mut bytes = [0; LENGTH];
    let mut index = 0;
    while index < LENGTH {
        let is_parameter =
            sql[index] == b'$' && index + 1 < LENGTH && sql[index + 1].is_ascii_digit();
        bytes[index] = if is_parameter { b'?' } else { sql[index] };
        index += 1;
    }
    bytes
}

/// An SQL text with parameters `$1`, `$2`, … for the database that is built in.
macro_rules! sql {
    ($text:expr) => {{
        const TEXT: &str = $text;
        const BYTES: [u8; TEXT.len()] = $crate::store::sql::numbered(TEXT);
        const SQL: &str = match std::str::from_utf8(&BYTES) {
            Ok(sql) => sql,
            Err(_) => panic!("replacing ASCII by ASCII keeps UTF-8"),
        };
        SQL
    }};
}
pub(crate) use sql;

#[cfg(test)]
mod tests {
    #[test]
    fn parameters_keep_their_numbers_whatever_their_order() {
        assert_eq!(sql!("SELECT $2, $1, '$', $12"), "SELECT ?2, ?1, '$', ?12");
        let connection = crate::store::in_memory();
        let pair: (i64, i64) = connection
            .query_row(sql!("SELECT $2, $1"), [1, 2], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(pair, (2, 1));
    }
}
