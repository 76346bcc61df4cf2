//! Prints the OpenAPI document: `make openapi` keeps it in `openapi.json`.

#![expect(
    clippy::print_stdout,
    reason = "the document is what this program is for"
)]

fn main() -> Result<(), serde_json::Error> {
    print!("{}", fapilog_market::handlers::api::openapi::document()?);
    Ok(())
}
