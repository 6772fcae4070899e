//! The rows of a paper register: what each says, and what is wrong with it.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::{How, ImportError};
use crate::clock::date_in;
use crate::db::Conn;
use crate::money::parse_amount;
use crate::shares::holder::{NewHolder, PaperMember};
use crate::shares::numbers::MemberNumber;
use crate::shares::parse::{self, RawHolder};
use crate::shares::store::{holders, paper};
use crate::shares::{ShareClass, classes, settings};
use crate::sheet::{self, Columns, Report, Row, is_like_formula};

/// The columns that a file may have, as `export register` writes them.
pub const COLUMNS: [&str; 14] = [
    "member",
    "kind",
    "name",
    "names",
    "representative",
    "address",
    "email",
    "email_purposes",
    "entered_on",
    "ceased_on",
    "class",
    "shares",
    "paid",
    "certificates",
];

/// Old certificate numbers of one holding.
const CERTIFICATES_CHARS_MAX: usize = 200;

/// A member with their holdings; several rows with one number are one member.
pub(super) struct Member {
    /// The first row that names them.
    pub row: usize,
    pub on_paper: PaperMember,
    pub openings: Vec<Opening>,
}

/// A holding.
pub(super) struct Opening {
    pub row: usize,
    pub class: ShareClass,
    pub shares: i64,
    /// Their numbers on paper.
    pub certificates: String,
}

/// Reads every row; what is wrong with one is in the report.
pub(super) fn read(
    conn: &mut Conn,
    now: DateTime<Utc>,
    how: &How,
    bytes: &[u8],
    report: &mut Report,
) -> Result<Vec<Member>, ImportError> {
    let columns =
        Columns { known: &COLUMNS, needed: &["name", "address", "entered_on", "shares"], called: &how.called };
    let rows = sheet::read(bytes, columns)?;
    let settings = settings(conn)?;
    let today = date_in(now, settings.zone);
    let classes = classes(conn)?;
    let mut book = Book { known: BTreeMap::new(), unnumbered: Vec::new(), persons: HashMap::new() };
    for row in &rows {
        let number = row.number;
        match understood(row, &classes, &settings, today).and_then(|read| book.enter(number, read)) {
            Ok(()) => {}
            Err(what) => report.fault(number, what),
        }
    }
    book.not_there_yet(conn, report)
}

/// A row that makes sense by its own words.
struct Read {
    member: Option<MemberNumber>,
    holder: NewHolder,
    entered_on: NaiveDate,
    ceased_on: Option<NaiveDate>,
    opening: Option<Opening>,
}

fn understood(
    row: &Row,
    classes: &[ShareClass],
    settings: &crate::shares::Settings,
    today: NaiveDate,
) -> Result<Read, String> {
    row.check_length()?;
    let raw = RawHolder {
        kind: if row.cell("kind").is_empty() { "person".to_owned() } else { row.cell("kind").to_lowercase() },
        name: plain(row.cell("name")),
        names: row.cell("names").split(['\n', ';']).map(plain).filter(|name| !name.is_empty()).collect(),
        representative: plain(row.cell("representative")),
        email: plain(row.cell("email")),
        email_purposes: row
            .cell("email_purposes")
            .split([',', ';', ' '])
            .filter(|p| !p.is_empty())
            .map(str::to_owned)
            .collect(),
        address: plain(row.cell("address")).replace("; ", "\n"),
        date_of_birth: String::new(),
    };
    let holder = parse::check_holder(&raw, settings, today).map_err(|faults| {
        let said =
            faults.iter().map(|fault| format!("{}: {}", fault.field.trim_start_matches("holder."), fault.message));
        said.collect::<Vec<_>>().join(" ")
    })?;
    let member = match row.cell("member") {
        "" => None,
        text => Some(numbered(text)?),
    };
    let day = |column: &str| parse::date(row.cell(column)).map_err(|message| format!("{column}: {message}"));
    let entered_on = day("entered_on")?.ok_or("entered_on: Please give the day on which they became a member.")?;
    let ceased_on = day("ceased_on")?;
    if entered_on > today || ceased_on.is_some_and(|day| day > today) {
        return Err("a day of entering or leaving lies ahead".to_owned());
    }
    if ceased_on.is_some_and(|day| day < entered_on) {
        return Err("they left before they entered; please check both days".to_owned());
    }
    let opening = opening(row, classes)?;
    match (&opening, ceased_on) {
        (Some(_), Some(_)) => Err("a member who left holds no shares; please empty one or the other".to_owned()),
        (None, None) => Err("shares: Please give the number of shares, or the day on which they left.".to_owned()),
        _ => Ok(Read { member, holder, entered_on, ceased_on, opening }),
    }
}

/// A cell as it was before a spreadsheet was kept from reading it as a formula.
fn plain(text: &str) -> String {
    let guarded = text.strip_prefix('\'').filter(|rest| is_like_formula(rest));
    guarded.unwrap_or(text).to_owned()
}

fn numbered(text: &str) -> Result<MemberNumber, String> {
    text.parse().map_err(|_| format!("member: \"{text}\" is no member number."))
}

fn opening(row: &Row, classes: &[ShareClass]) -> Result<Option<Opening>, String> {
    if row.cell("shares").is_empty() || row.cell("shares") == "0" {
        return Ok(None);
    }
    let shares = parse::shares(row.cell("shares")).map_err(|message| format!("shares: {message}"))?;
    let code = row.cell("class");
    let class = match (code, classes) {
        ("", [only]) => only,
        _ => classes.iter().find(|class| class.code == code).ok_or_else(|| {
            let known: Vec<&str> = classes.iter().map(|class| class.code.as_str()).collect();
            format!("class: \"{code}\" is not one of {}.", known.join(", "))
        })?,
    };
    if !row.cell("paid").is_empty() {
        let paid = parse_amount(row.cell("paid"), class.currency).map_err(|error| format!("paid: {error}"))?;
        if paid != class.price_minor(shares) {
            return Err(format!(
                "paid: {shares} {} cost {}, not this.",
                class.name,
                crate::money::display(class.price_minor(shares), class.currency)
            ));
        }
    }
    let certificates = plain(row.cell("certificates"));
    if certificates.chars().count() > CERTIFICATES_CHARS_MAX {
        return Err(format!("certificates: Please shorten this to {CERTIFICATES_CHARS_MAX} characters."));
    }
    Ok(Some(Opening { row: row.number, class: class.clone(), shares, certificates }))
}

/// The members as they come together from their rows.
struct Book {
    known: BTreeMap<MemberNumber, Member>,
    unnumbered: Vec<Member>,
    /// Each person, with the row that named them first and that row's member.
    persons: HashMap<Vec<String>, (usize, Option<MemberNumber>)>,
}

impl Book {
    fn enter(&mut self, row: usize, read: Read) -> Result<(), String> {
        let persons = holders::persons_of(&read.holder);
        match self.persons.get(&persons) {
            Some((before, number)) if number.is_none() || *number != read.member => {
                return Err(format!(
                    "this is the same name and address as in row {before}; give both one member number"
                ));
            }
            Some(_) => {}
            None => {
                self.persons.insert(persons, (row, read.member));
            }
        }
        let Some(number) = read.member else {
            // Its number is given when all numbers of the file are known.
            self.unnumbered.push(member(row, MemberNumber(0), read));
            return Ok(());
        };
        match self.known.get_mut(&number) {
            Some(known) if known.on_paper.holder != read.holder || known.on_paper.entered_on != read.entered_on => {
                Err(format!("member {number} is somebody else in row {}", known.row))
            }
            Some(known) => {
                known.openings.extend(read.opening);
                Ok(())
            }
            None => {
                self.known.insert(number, member(row, number, read));
                Ok(())
            }
        }
    }

    /// Members in the order of their numbers; who is on the register already is a fault.
    fn not_there_yet(self, conn: &mut Conn, report: &mut Report) -> Result<Vec<Member>, ImportError> {
        let taken: HashSet<i64> = paper::member_numbers(conn)?.into_iter().collect();
        for member in self.known.values().filter(|member| taken.contains(&member.on_paper.number.0)) {
            report.fault(member.row, format!("member {} is on the register already", member.on_paper.number));
        }
        let mut all: Vec<Member> = self.known.into_values().collect();
        let last = all.last().map_or(0, |member| member.on_paper.number.0);
        let mut next = taken.iter().copied().max().unwrap_or(0).max(last);
        for mut member in self.unnumbered {
            next += 1;
            member.on_paper.number = MemberNumber(next);
            all.push(member);
        }
        let persons: Vec<Vec<String>> = all.iter().map(|member| holders::persons_of(&member.on_paper.holder)).collect();
        let there = paper::persons_there(conn, persons.iter().flatten())?;
        for (member, persons) in all.iter().zip(&persons) {
            let is_there = persons.iter().all(|person| there.contains(person));
            if is_there && !taken.contains(&member.on_paper.number.0) {
                report.fault(member.row, "this name at this address is on the register already");
            }
        }
        Ok(all)
    }
}

fn member(row: usize, number: MemberNumber, read: Read) -> Member {
    let Read { holder, entered_on, ceased_on, opening, .. } = read;
    Member {
        row,
        on_paper: PaperMember { number, holder, entered_on, ceased_on },
        openings: opening.into_iter().collect(),
    }
}
