//! The server binary: arguments in, exit code out; everything else is in the library.

use std::io::Write as _;
use std::process::ExitCode;

use fapilog_market::cli::Arguments;

fn main() -> ExitCode {
    // The confined judge is this program once more; it confines the only thread that there is.
    if let Some(code) = fapilog_scan::child::run_if_asked() {
        return code;
    }
    serve()
}

#[tokio::main]
async fn serve() -> ExitCode {
    let ended = match Arguments::read() {
        Ok(arguments) => fapilog_market::cli::run(arguments).await,
        Err(error) => Err(error),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // When standard error is gone there is nobody left to tell.
            let _ = writeln!(
                std::io::stderr(),
                "error: {}\nhint: {}",
                error.message,
                error.hint
            );
            ExitCode::FAILURE
        }
    }
}
