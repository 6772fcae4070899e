//! `staff add` and `token add`.

use std::io::Read;

use clap::Subcommand;

use super::Failure;
use super::output::print;
use crate::clock::Clock;
use crate::db::{Db, Lock, hold};
use crate::staff::{self, Actor, NewMember, Password, Passwords, Role, tokens};

#[derive(Subcommand)]
pub(super) enum StaffCommand {
    /// Add a member of staff; the password is read from stdin
    Add {
        /// Where they sign in with
        email: String,
        /// What the trail calls them
        #[arg(long)]
        name: String,
        /// clerk, treasurer, secretary, auditor or administrator
        #[arg(long, value_parser = role)]
        role: Role,
        /// Read the password from stdin, where no list of processes shows it
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Make a bearer token and print it, once
    Add {
        /// What its program is called
        name: String,
        /// What it may do, such as donations:write,ledger:read
        #[arg(long)]
        scope: String,
    },
}

fn role(name: &str) -> Result<Role, String> {
    Role::from_name(name).ok_or_else(|| staff::StaffError::BadRole.to_string())
}

pub(super) fn run(db: &Db, command: StaffCommand) -> Result<(), Failure> {
    let StaffCommand::Add { email, name, role, .. } = command;
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password)?;
    let password = Password::new(password.trim_end_matches(['\r', '\n']));
    let password_hash = Passwords::default().hash(&password, &[&email, &name])?;
    let new = NewMember { email, name, role, password_hash };
    let member = db.write(|conn| {
        hold(conn, Lock::Books)?;
        staff::add(conn, Clock::System.now(), &Actor::Operator, &new, "")
    })?;
    print(format_args!("{} may sign in as {} with {}", member.name, member.role.name(), member.email))
}

pub(super) fn run_token(db: &Db, command: TokenCommand) -> Result<(), Failure> {
    let TokenCommand::Add { name, scope } = command;
    let scopes = tokens::scopes(&scope)?;
    let secret = db.write(|conn| {
        hold(conn, Lock::Books)?;
        staff::add_token(conn, Clock::System.now(), &Actor::Operator, &name, &scopes, "")
    })?;
    print(secret.reveal())
}
