//! The binary: see [`guthaben::cli`].

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    guthaben::cli::run().await
}
