//! `fapilog doctor`

use std::time::Duration;

use crate::args::{DoctorArgs, ReportFormat};
use crate::commands::Outcome;
use crate::doctor::{Examination, Interpreter, Status, examine, probe, report};
use crate::failure::Failure;

/// Longest time that Python may take to answer. Importing a large plugin from a cold disk takes a
/// few seconds; what takes longer than this would hurt at the start of an application too.
const PROBE_LIMIT: Duration = Duration::from_secs(20);

/// Examines the environment and prints what was found.
pub fn run(args: DoctorArgs) -> Result<Outcome, Failure> {
    let interpreter = Interpreter::find(|name| std::env::var_os(name));
    let answer = interpreter
        .as_ref()
        .map(|interpreter| probe::ask(interpreter, PROBE_LIMIT));
    let uv = probe::uv_version(interpreter.as_ref());
    let findings = examine(interpreter.as_ref(), answer, uv.as_deref());
    let examination = Examination::new(interpreter, findings);
    let mut out = anstream::stdout();
    match args.format {
        ReportFormat::Text => report::text(&examination, &mut out)?,
        ReportFormat::Json => report::json(&examination, &mut out)?,
    }
    Ok(match examination.worst() {
        Status::Problem => Outcome::Findings,
        Status::Ok | Status::Warning => Outcome::Fine,
    })
}
