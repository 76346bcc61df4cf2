//! Filters: take records out on purpose.

mod deduplicate;
mod first_occurrence;
mod level;
mod matching;
mod rate_limit;
mod sampling;

use crate::stage::Stage;
use crate::stages::BuildError;

pub(super) fn build(name: &str, options: &str) -> Result<Box<dyn Stage>, BuildError> {
    Ok(match name {
        "deduplicate" => Box::new(deduplicate::Deduplicate::build(options)?),
        "first_occurrence" => Box::new(first_occurrence::FirstOccurrence::build(options)?),
        "level" => Box::new(level::LevelFilter::build(options)?),
        "match" => Box::new(matching::Match::build(options)?),
        "rate_limit" => Box::new(rate_limit::RateLimit::build(options)?),
        "sampling" => Box::new(sampling::Sampling::build(options)?),
        _ => {
            return Err(BuildError::UnknownType {
                kind: "filter",
                name: name.to_owned(),
            });
        }
    })
}
