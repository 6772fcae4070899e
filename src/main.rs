//! The `fighting-fund` program: arguments in, one call, an exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    fighting_fund::cli::run()
}
