//! The `fighting-fund` program: arguments in, one call, an exit code out.

use std::process::ExitCode;

/// Gives memory back more evenly than the system's allocator under thousands of streams.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    fighting_fund::cli::run()
}
