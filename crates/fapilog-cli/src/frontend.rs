//! What builds a project: uv, or the package `build`.

use std::path::Path;
use std::time::Duration;

use crate::client::ClientFailure;
use crate::doctor::probe;
use crate::installer::uv_beside;

/// How long Python may take to say whether it has `build`.
const ASK_LIMIT: Duration = Duration::from_secs(20);

/// The command that builds both kinds of distribution.
pub fn command(python: &Path, project: &Path, out: &Path) -> Result<Vec<String>, ClientFailure> {
    let text = |path: &Path| path.display().to_string();
    if let Some(uv) = uv_beside(python) {
        let words = ["build", "--python"].map(str::to_owned);
        let mut command = vec![text(&uv)];
        command.extend(words);
        command.extend([
            text(python),
            "--out-dir".to_owned(),
            text(out),
            text(project),
        ]);
        return Ok(command);
    }
    let mut question = std::process::Command::new(python);
    question.args(["-c", "import build; print(build.__name__)"]);
    let has_build =
        probe::run(question, ASK_LIMIT).is_ok_and(|ended| ended.output.starts_with(b"build"));
    if !has_build {
        return Err(ClientFailure::NoFrontend {
            python: python.to_owned(),
        });
    }
    let words = ["-m", "build", "--outdir"].map(str::to_owned);
    let mut command = vec![text(python)];
    command.extend(words);
    command.extend([text(out), text(project)]);
    Ok(command)
}
