//! Taking a backup.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use futures_util::TryStreamExt as _;
use http_body_util::BodyExt as _;
use serde_json::{Map, Value};
use sqlx::any::{AnyRow, AnyTypeInfoKind};
use sqlx::{AnyConnection, Column as _, Row as _, ValueRef as _};

use super::table::{self, Table};
use super::{Counts, FORMAT, MANIFEST, Manifest, wrong};
use crate::database::{Database, Dialect};
use crate::error::MarketError;
use crate::queries::uploads;
use crate::storage::{Location, METADATA_SUFFIX, Part, Storage, StorageError};

/// Writes a backup into a new folder. Rows are those of one moment; files never change, so that those
/// which the rows tell of are copied after it.
///
/// # Errors
///
/// `backup` when the folder is there already or can't be written; `internal`.
pub async fn take(
    database: &Database,
    storage: &Storage,
    folder: &Path,
) -> Result<Counts, MarketError> {
    let failed = |error: std::io::Error| wrong(folder, &error);
    fs::create_dir(folder).map_err(failed)?;
    fs::create_dir(folder.join("tables")).map_err(failed)?;
    let mut snapshot = match database.dialect() {
        Dialect::Sqlite => database.begin_with("BEGIN").await?,
        Dialect::Postgres => {
            let statement = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
            database.begin_with(statement).await?
        }
    };
    let mut tables = BTreeMap::new();
    for table in table::all(&mut snapshot, database.dialect()).await? {
        let rows = write_table(&mut snapshot, &table, folder).await?;
        tables.insert(table.name, rows);
    }
    let locations = uploads::stored_locations(&mut snapshot).await?;
    drop(snapshot);
    let mut files = 0;
    for location in locations {
        files += u64::from(copy(storage, &location, folder).await?);
    }
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        tables,
        files,
    };
    // Last: a backup without it was broken off.
    let text = serde_json::to_string_pretty(&manifest);
    let text = text.map_err(|error| MarketError::internal(&error))?;
    fs::write(folder.join(MANIFEST), text).map_err(failed)?;
    Ok(manifest.counts())
}

async fn write_table(
    connection: &mut AnyConnection,
    table: &Table,
    folder: &Path,
) -> Result<u64, MarketError> {
    let failed = |error: std::io::Error| wrong(folder, &error);
    let path = folder.join("tables").join(format!("{}.jsonl", table.name));
    let mut output = BufWriter::new(File::create(path).map_err(failed)?);
    let mut rows = sqlx::query(table.select()).fetch(connection);
    let mut count = 0;
    while let Some(row) = rows.try_next().await? {
        let line = Value::Object(object_of(&row)?).to_string();
        writeln!(output, "{line}").map_err(failed)?;
        count += 1;
    }
    output.flush().map_err(failed)?;
    Ok(count)
}

fn object_of(row: &AnyRow) -> Result<Map<String, Value>, MarketError> {
    let mut object = Map::new();
    for column in row.columns() {
        let at = column.ordinal();
        let raw = row.try_get_raw(at)?;
        let value = match raw.type_info().kind() {
            _ if raw.is_null() => Value::Null,
            AnyTypeInfoKind::Text => row.try_get::<String, _>(at)?.into(),
            AnyTypeInfoKind::Real | AnyTypeInfoKind::Double => row.try_get::<f64, _>(at)?.into(),
            _ => row.try_get::<i64, _>(at)?.into(),
        };
        object.insert(column.name().to_owned(), value);
    }
    Ok(object)
}

/// Copies a file and its metadata; `false` when it is not stored, as an upload that was rejected in
/// the meantime.
async fn copy(storage: &Storage, location: &Location, folder: &Path) -> Result<bool, MarketError> {
    let target = folder.join("files").join(location.path());
    let parent = target.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(|error| wrong(folder, &error))?;
    let mut found = false;
    for (part, suffix) in [(Part::File, ""), (Part::Metadata, METADATA_SUFFIX)] {
        let blob = match storage.open_blob(location, part).await {
            Ok(blob) => blob,
            Err(StorageError::Missing) => continue,
            Err(error) => return Err(MarketError::internal(&error)),
        };
        let name = format!("{}{suffix}", location.filename);
        let mut output = File::create(parent.join(name)).map_err(|error| wrong(folder, &error))?;
        if blob.length > 0 {
            let last = blob.length - 1;
            let body = blob.body(0, last).await;
            let mut body = body.map_err(|error| MarketError::internal(&error))?;
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|error| MarketError::internal(&error))?;
                if let Some(bytes) = frame.data_ref() {
                    output
                        .write_all(bytes)
                        .map_err(|error| wrong(folder, &error))?;
                }
            }
        }
        found |= part == Part::File;
    }
    Ok(found)
}
