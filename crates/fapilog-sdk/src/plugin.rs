//! What a plugin is.

use std::ffi::CStr;

use crate::Error;
use crate::batch::{Lines, Records};
use crate::config::Config;
use crate::edit::{Additions, Edit};
use crate::record::Record;

/// What all kinds of plugin have in common.
///
/// The host calls one method of an instance at a time, from threads of its own choice. `create` and
/// `start` together have five seconds. A later call may take its time, and holds up its pipeline
/// while it does.
///
/// A panic is a failure as an error is, and never leaves the library; the instance goes on after it.
/// That needs unwinding: [`crate::export!`] refuses to be compiled with `panic = "abort"`.
pub trait Plugin: Sized + Send + 'static {
    /// Name in diagnostics, where the application gives it no other.
    const NAME: &'static CStr;

    /// Makes an instance.
    ///
    /// # Errors
    /// The configuration does not fit: making the logger is an error then, with this text.
    fn create(config: Config<'_>) -> Result<Self, Error>;

    /// Called once, before the first record.
    ///
    /// # Errors
    /// It cannot work: making the logger is an error then, with this text.
    fn start(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Called once, after the last record; not when `start` failed.
    ///
    /// # Errors
    /// Said in the diagnostics.
    fn stop(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Keep,
    /// It is taken out, and counted as filtered.
    Drop,
}

/// Keeps records or takes them out.
pub trait Filter: Plugin {
    /// Decides about a record.
    ///
    /// # Errors
    /// The record is kept, and the failure counted.
    fn filter(&mut self, record: Record<'_>) -> Result<Verdict, Error>;
}

/// Adds fields.
pub trait Enricher: Plugin {
    /// Adds fields to a record.
    ///
    /// # Errors
    /// Nothing is added, and the failure counted.
    fn enrich(&mut self, record: Record<'_>, additions: &mut Additions<'_>) -> Result<(), Error>;
}

/// Changes records, or takes them out.
pub trait Processor: Plugin {
    /// Changes a record.
    ///
    /// # Errors
    /// The record goes on as it was, and the failure is counted.
    fn process(&mut self, record: Record<'_>, edit: &mut Edit<'_>) -> Result<Verdict, Error>;
}

/// Takes secrets out.
pub trait Redactor: Plugin {
    /// Takes the secrets out of a record.
    ///
    /// # Errors
    /// The record's message and fields are withheld, and the failure counted.
    fn redact(&mut self, record: Record<'_>, edit: &mut Edit<'_>) -> Result<(), Error>;
}

/// Takes records to where they are kept.
pub trait Sink: Plugin {
    /// Takes records.
    ///
    /// # Errors
    /// Those that [`Records::took_one`] was not called for come again, as the sink's retries say.
    fn write(&mut self, records: &Records<'_>) -> Result<(), Error>;
}

/// Takes records, as texts in the sink's format, to where they are kept.
pub trait TextSink: Plugin {
    /// Takes records.
    ///
    /// # Errors
    /// Those that [`Lines::took_one`] was not called for come again, as the sink's retries say.
    fn write(&mut self, lines: &Lines<'_>) -> Result<(), Error>;
}
