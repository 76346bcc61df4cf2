//! Restoring a backup.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::table::{self, Table};
use super::{Counts, FORMAT, MANIFEST, Manifest, wrong};
use crate::database::Database;
use crate::error::MarketError;
use crate::queries::{projects, uploads};
use crate::storage::{Location, METADATA_SUFFIX, Storage};

/// The table that only grows.
const AUDIT: &str = "audit_events";

/// Puts a backup into a database without projects, and its files into the storage. Files first: when
/// this is broken off, the database is as it was.
///
/// # Errors
///
/// `backup` when the folder is no whole backup, or a file in it is not what it was; `not-empty` when
/// the database has projects or an audit log; `internal`.
pub async fn restore(
    database: &Database,
    storage: &Storage,
    folder: &Path,
) -> Result<Counts, MarketError> {
    let manifest = manifest_of(folder)?;
    if !projects::all_names(database).await?.is_empty() {
        return Err(not_empty("projects"));
    }
    let mut transaction = database.begin().await?;
    let tables = table::all(&mut transaction, database.dialect()).await?;
    if let Some(unknown) = manifest
        .tables
        .keys()
        .find(|name| tables.iter().all(|table| table.name != **name))
    {
        return Err(wrong(
            folder,
            &format!("there is no table `{unknown}` here"),
        ));
    }
    clear(&mut transaction, &tables).await?;
    for table in &tables {
        let expected = manifest
            .tables
            .get(&table.name)
            .copied()
            .unwrap_or_default();
        let rows = read_table(&mut transaction, table, folder).await?;
        if rows != expected {
            let message = format!("`{}` has {rows} rows, expected {expected}", table.name);
            return Err(wrong(folder, &message));
        }
    }
    for location in uploads::stored_locations(&mut transaction).await? {
        put(storage, &location, folder).await?;
    }
    transaction.commit().await?;
    Ok(manifest.counts())
}

/// Migrations put rows in, and the backup has them, too.
async fn clear(connection: &mut AnyConnection, tables: &[Table]) -> Result<(), MarketError> {
    for table in tables.iter().rev() {
        let count: i64 = sqlx::query_scalar(table.count())
            .fetch_one(&mut *connection)
            .await?;
        if count == 0 {
            continue;
        }
        // Nothing is ever taken from it.
        if table.name == AUDIT {
            return Err(not_empty("an audit log"));
        }
        sqlx::query(table.clear()).execute(&mut *connection).await?;
    }
    Ok(())
}

fn not_empty(what: &str) -> MarketError {
    MarketError::bad_request(
        "not-empty",
        format!("the database has {what} already"),
        "restore into an empty database and an empty data folder",
    )
}

fn manifest_of(folder: &Path) -> Result<Manifest, MarketError> {
    let text = fs::read_to_string(folder.join(MANIFEST)).map_err(|error| wrong(folder, &error))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| wrong(folder, &error))?;
    if manifest.format != FORMAT {
        let message = format!("its format is {}, expected {FORMAT}", manifest.format);
        return Err(wrong(folder, &message));
    }
    Ok(manifest)
}

async fn read_table(
    connection: &mut AnyConnection,
    table: &Table,
    folder: &Path,
) -> Result<u64, MarketError> {
    let path = folder.join("tables").join(format!("{}.jsonl", table.name));
    if !path.exists() {
        return Ok(0);
    }
    let file = File::open(path).map_err(|error| wrong(folder, &error))?;
    let mut count = 0;
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|error| wrong(folder, &error))?;
        let row: Map<String, Value> =
            serde_json::from_str(&line).map_err(|error| wrong(folder, &error))?;
        insert(&mut *connection, table, &row).await?;
        count += 1;
    }
    Ok(count)
}

async fn insert(
    connection: &mut AnyConnection,
    table: &Table,
    row: &Map<String, Value>,
) -> Result<(), MarketError> {
    let values: Vec<&Value> = table
        .columns
        .iter()
        .map(|name| row.get(name).unwrap_or(&Value::Null))
        .collect();
    // A NULL that is bound has a type, which the column may not be of.
    let mut bound = 0;
    let holders: Vec<String> = values
        .iter()
        .map(|value| match value {
            Value::Null => "NULL".to_owned(),
            _ => {
                bound += 1;
                format!("${bound}")
            }
        })
        .collect();
    let mut query = sqlx::query(table.insert(&holders));
    for value in values {
        query = match value {
            Value::Null => query,
            Value::Number(number) => match number.as_i64() {
                Some(whole) => query.bind(whole),
                None => query.bind(number.as_f64()),
            },
            Value::String(text) => query.bind(text.clone()),
            other => query.bind(other.to_string()),
        };
    }
    query.execute(connection).await?;
    Ok(())
}

async fn put(storage: &Storage, location: &Location, folder: &Path) -> Result<(), MarketError> {
    let failed = |error: std::io::Error| wrong(folder, &error);
    let source = folder.join("files").join(location.path());
    if !source.exists() {
        return Ok(());
    }
    let mut target = storage.new_upload().map_err(failed)?;
    let mut bytes = File::open(&source).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = bytes.read(&mut buffer).map_err(failed)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
            break;
        };
        hasher.update(piece);
        std::io::Write::write_all(&mut target, piece).map_err(failed)?;
    }
    if hex::encode(hasher.finalize()) != location.sha256 {
        let message = format!("`{}` is not what it was", source.display());
        return Err(wrong(folder, &message));
    }
    let beside = format!("{}{METADATA_SUFFIX}", source.display());
    let metadata = match fs::read(beside) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    let kept = storage.keep(target, location, metadata).await;
    kept.map_err(|error| MarketError::internal(&error))
}
