//! The tables of the schema, as SQLite tells them, those first that others refer to.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::{Connection, DatabaseError};

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    /// The columns of the primary key, in its order, by their places in `columns`. Without one:
    /// empty.
    pub(super) key: Vec<usize>,
    /// Columns that refer to rows of the same table.
    pub(super) to_itself: Vec<usize>,
}

/// Made by migrations, at either end.
const OF_SCHEMA: [&str; 2] = ["legal_transitions", "schema_migrations"];

impl Table {
    pub(super) fn is_of_schema(&self) -> bool {
        OF_SCHEMA.contains(&self.name.as_str())
    }
}

/// Every table, each after all that it refers to.
pub(super) fn in_order(source: &Connection) -> Result<Vec<Table>, DatabaseError> {
    let mut names: BTreeSet<String> = strings(
        source,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )?
    .into_iter()
    .collect();
    let mut referred = BTreeMap::new();
    for name in &names {
        let sql = format!("SELECT \"table\" FROM pragma_foreign_key_list('{name}')");
        let others: BTreeSet<_> = strings(source, &sql)?
            .into_iter()
            .filter(|other| other != name)
            .collect();
        referred.insert(name.clone(), others);
    }
    let mut tables = Vec::new();
    while !names.is_empty() {
        let free: Vec<_> = names
            .iter()
            .filter(|name| referred[*name].is_disjoint(&names))
            .cloned()
            .collect();
        assert!(
            !free.is_empty(),
            "no two tables of the schema refer to each other: see the migrations"
        );
        for name in free {
            names.remove(&name);
            tables.push(describe(source, name)?);
        }
    }
    Ok(tables)
}

fn describe(source: &Connection, name: String) -> Result<Table, DatabaseError> {
    let columns = strings(
        source,
        &format!("SELECT name FROM pragma_table_info('{name}') ORDER BY cid"),
    )?;
    let place = |column: &String| columns.iter().position(|known| known == column);
    let key = strings(
        source,
        &format!("SELECT name FROM pragma_table_info('{name}') WHERE pk > 0 ORDER BY pk"),
    )?;
    let to_itself = strings(
        source,
        &format!(
            "SELECT \"from\" FROM pragma_foreign_key_list('{name}') WHERE \"table\" = '{name}'"
        ),
    )?;
    Ok(Table {
        key: key.iter().filter_map(place).collect(),
        to_itself: to_itself.iter().filter_map(place).collect(),
        columns,
        name,
    })
}

fn strings(source: &Connection, sql: &str) -> Result<Vec<String>, DatabaseError> {
    let mut statement = source.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(row.get(0)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_comes_after_those_that_it_refers_to() {
        let source = crate::store::in_memory();
        let tables = in_order(&source).unwrap();
        let place = |name: &str| {
            let found = tables.iter().position(|table| table.name == name);
            found.unwrap_or_else(|| panic!("{name} is missing"))
        };
        assert!(place("providers") < place("accounts"));
        assert!(place("legal_transitions") < place("enrollments"));
        assert!(place("device_keys") < place("certificates"));
        assert!(place("certificates") < place("revocations"));
        assert!(place("dr_recipients") < place("dr_reports"));
        let keys = &tables[place("device_keys")];
        assert_eq!(keys.to_itself.len(), 1);
        assert_eq!(keys.columns[keys.to_itself[0]], "vouched_by");
        let without_key: Vec<_> = tables
            .iter()
            .filter(|table| table.key.is_empty())
            .map(|table| table.name.as_str())
            .collect();
        assert_eq!(without_key, ["limited_events"]);
    }
}
