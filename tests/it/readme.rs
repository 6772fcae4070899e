//! What README.md says of commands, settings and files is so.

use std::collections::BTreeSet;
use std::path::Path;

use crate::program::Place;

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("the README")
}

/// The texts between `before` and the next `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

#[test]
fn it_opens_with_the_two_commands() {
    let readme = readme();

    let first = between(&readme, "```sh\n", "```")[0];

    let commands: Vec<&str> = first.lines().filter_map(|line| line.split("  ").next()).collect();
    assert_eq!(commands, ["cargo run --release -- demo", "bin/test"]);
}

#[test]
fn its_settings_are_those_of_the_program() {
    let help = Place::on("sqlite:fund.db".to_owned()).run_well(&["--help"]);
    let ours: BTreeSet<String> =
        between(&help, "[env: ", "]").iter().map(|it| it.trim_end_matches('=').to_owned()).collect();
    let ours: BTreeSet<String> = ours.iter().map(|it| it.split('=').next().unwrap_or_default().to_owned()).collect();

    let readme = readme();
    let table = readme.lines().filter(|line| line.starts_with("| `DATABASE") || line.starts_with("| `FF_"));
    let told: BTreeSet<String> = table.filter_map(|line| line.split('`').nth(1)).map(str::to_owned).collect();

    assert_eq!(told, ours);
}

#[test]
fn its_commands_exist() {
    let readme = readme();
    let place = Place::on("sqlite:fund.db".to_owned());
    let named: BTreeSet<&str> = between(&readme, "fighting-fund ", "\n")
        .iter()
        .flat_map(|rest| rest.split(['`', '>']).next())
        .filter_map(|rest| rest.split_whitespace().next())
        .filter(|word| word.chars().all(|c| c.is_ascii_lowercase()))
        .collect();
    assert!(named.len() >= 6, "{named:?}");

    for command in named {
        place.run_well(&[command, "--help"]);
    }
}

#[test]
fn its_links_lead_somewhere() {
    let readme = readme();
    for target in between(&readme, "](", ")").into_iter().filter(|target| !target.starts_with("http")) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(target);
        assert!(path.exists(), "README.md names {target}");
    }
}
