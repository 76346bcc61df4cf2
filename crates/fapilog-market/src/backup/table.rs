//! Tables as the database describes them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::LEFT_OUT;
use crate::database::Dialect;
use crate::error::MarketError;

const TABLES_SQLITE: &str = "SELECT name FROM pragma_table_list \
     WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";

const TABLES_POSTGRES: &str = "SELECT CAST(table_name AS TEXT) AS name \
     FROM information_schema.tables WHERE table_schema = current_schema() \
     AND table_type = 'BASE TABLE' ORDER BY 1";

const COLUMNS_SQLITE: &str =
    "SELECT name FROM pragma_table_xinfo($1) WHERE hidden = 0 ORDER BY cid";

const COLUMNS_POSTGRES: &str = "SELECT CAST(column_name AS TEXT) AS name \
     FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 \
     AND is_generated = 'NEVER' ORDER BY ordinal_position";

const PARENTS_SQLITE: &str = "SELECT DISTINCT \"table\" AS name FROM pragma_foreign_key_list($1)";

const PARENTS_POSTGRES: &str = "SELECT DISTINCT CAST(parent.relname AS TEXT) AS name \
     FROM pg_constraint AS fk JOIN pg_class AS child ON child.oid = fk.conrelid \
     JOIN pg_class AS parent ON parent.oid = fk.confrelid \
     JOIN pg_namespace AS own ON own.oid = child.relnamespace \
     WHERE fk.contype = 'f' AND child.relname = $1 AND own.nspname = current_schema()";

/// A table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub name: String,
    pub columns: Vec<String>,
}

/// All tables that are backed up, those that others refer to first.
pub(super) async fn all(
    connection: &mut AnyConnection,
    dialect: Dialect,
) -> Result<Vec<Table>, MarketError> {
    let (tables, columns, parents) = match dialect {
        Dialect::Sqlite => (TABLES_SQLITE, COLUMNS_SQLITE, PARENTS_SQLITE),
        Dialect::Postgres => (TABLES_POSTGRES, COLUMNS_POSTGRES, PARENTS_POSTGRES),
    };
    let mut waiting = BTreeMap::new();
    for name in names(sqlx::query(tables).fetch_all(&mut *connection).await?)? {
        if LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        let own = sqlx::query(columns).bind(&name);
        let columns = names(own.fetch_all(&mut *connection).await?)?;
        let before = sqlx::query(parents).bind(&name);
        let before: BTreeSet<String> = names(before.fetch_all(&mut *connection).await?)?
            .into_iter()
            .filter(|parent| *parent != name)
            .collect();
        waiting.insert(name.clone(), (Table { name, columns }, before));
    }
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let next = waiting
            .iter()
            .find(|(_, (_, before))| before.iter().all(|parent| !waiting.contains_key(parent)))
            .map(|(name, _)| name.clone());
        let next = next.ok_or_else(|| MarketError::internal(&"tables refer to each other"))?;
        ordered.extend(waiting.remove(&next).map(|(table, _)| table));
    }
    Ok(ordered)
}

fn names(rows: Vec<AnyRow>) -> Result<Vec<String>, MarketError> {
    let read = rows.iter().map(|row| row.try_get::<String, _>("name"));
    Ok(read.collect::<sqlx::Result<_>>()?)
}

impl Table {
    /// The statement that reads all rows.
    pub(super) fn select(&self) -> AssertSqlSafe<String> {
        AssertSqlSafe(format!("SELECT {} FROM \"{}\"", self.list(), self.name))
    }

    /// The statement that counts all rows.
    pub(super) fn count(&self) -> AssertSqlSafe<String> {
        AssertSqlSafe(format!("SELECT count(*) FROM \"{}\"", self.name))
    }

    /// The statement that empties the table.
    pub(super) fn clear(&self) -> AssertSqlSafe<String> {
        AssertSqlSafe(format!("DELETE FROM \"{}\"", self.name))
    }

    /// The statement that writes a row; `holders` has a placeholder or `NULL` for each column.
    pub(super) fn insert(&self, holders: &[String]) -> AssertSqlSafe<String> {
        AssertSqlSafe(format!(
            "INSERT INTO \"{}\" ({}) VALUES ({})",
            self.name,
            self.list(),
            holders.join(", ")
        ))
    }

    fn list(&self) -> String {
        let quoted: Vec<String> = self
            .columns
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect();
        quoted.join(", ")
    }
}
