//! The texts of statements in PostgreSQL's words.

/// Turns a text as it is compiled for SQLite into PostgreSQL's: parameters `?1` into `$1`, bytes
/// `x'00'` into `'\x00'::bytea`. Texts within quotes and comments stay as they are.
pub(super) fn translated(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 16);
    let mut rest = sql;
    while let Some(at) = rest.find(['?', '\'', '-', 'x', 'X']) {
        out.push_str(&rest[..at]);
        let (before, found) = (out.chars().next_back(), &rest[at..]);
        let is_word = before.is_some_and(|before| before.is_alphanumeric() || before == '_');
        let taken = if found.starts_with("--") {
            let length = found.find('\n').unwrap_or(found.len());
            out.push_str(&found[..length]);
            length
        } else if found.starts_with('\'') {
            let length = literal(found);
            out.push_str(&found[..length]);
            length
        } else if found[1..].starts_with('\'') && found.starts_with(['x', 'X']) && !is_word {
            let length = 1 + literal(&found[1..]);
            out.push_str("'\\x");
            out.push_str(&found[2..length]);
            out.push_str("::bytea");
            length
        } else if found.starts_with('?') {
            out.push('$');
            1
        } else {
            out.push_str(&found[..1]);
            1
        };
        rest = &found[taken..];
    }
    out.push_str(rest);
    out
}

/// The length of the text in quotes that `sql` begins with, with its quotes.
fn literal(sql: &str) -> usize {
    sql[1..].find('\'').map_or(sql.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_bytes_are_written_as_postgresql_wants_them() {
        for (sqlite, postgres) in [
            ("SELECT ?1, ?12", "SELECT $1, $12"),
            ("SELECT '?1', 'it''s ?2'", "SELECT '?1', 'it''s ?2'"),
            ("VALUES (x'00ff', ?1)", "VALUES ('\\x00ff'::bytea, $1)"),
            ("SELECT max'", "SELECT max'"),
            (
                "SELECT a-?1 -- why? 'x\n, ?2",
                "SELECT a-$1 -- why? 'x\n, $2",
            ),
        ] {
            assert_eq!(translated(sqlite), postgres);
        }
    }
}
