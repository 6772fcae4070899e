//! Programs of others that check our files: hledger, beancount, Python. A test without one reads the file by itself and
//! is content; `bin/test` installs them all and sets `FF_REQUIRE_TOOLS`, so that none is passed over there.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Whether `program` is there; where it must be, that it is.
pub fn is_installed(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&paths).any(|folder| folder.join(program).is_file());
    assert!(is_there || std::env::var_os("FF_REQUIRE_TOOLS").is_none(), "{program} is not installed");
    is_there
}

/// Runs `program` in a folder.
pub fn run(program: &str, arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command.output().expect("the program runs")
}

/// The same where it must be content; the answer is its stdout.
pub fn run_well(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = run(program, arguments, folder);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}:\n{out}\n{err}");
    out.into_owned()
}
