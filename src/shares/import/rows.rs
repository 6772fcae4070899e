//! The rows of a paper register: what each says, and what is wrong with it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

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
use crate::sheet::day::{self, DayOrder};
use crate::sheet::{Field, Mapping, Places, Report, Row, Sheet, SheetError, unguarded};

/// What a file may tell, as `export register` writes it, and what paper registers call it.
pub const FIELDS: [Field; 14] = [
    Field::one("member", &["memberno", "membernumber", "number", "no", "membershipnumber", "membershipno"]),
    Field::one("kind", &[]),
    Field::many("name", &["fullname", "membername"]),
    Field::one("names", &["jointnames"]),
    Field::one("representative", &[]),
    Field::many("address", &["postaladdress", "homeaddress"]),
    Field::one("email", &["emailaddress"]),
    Field::one("email_purposes", &[]),
    Field::one("entered_on", &["dateentered", "joined", "datejoined", "membersince", "dateofentry"]),
    Field::one("ceased_on", &["dateceased", "left", "dateleft", "ceased"]),
    Field::one("class", &["shareclass"]),
    Field::one("shares", &["sharesheld", "numberofshares", "noofshares"]),
    Field::one("paid", &["amountpaid"]),
    Field::one("certificates", &["certificatenumbers", "certificatenumber", "certificateno"]),
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
    let sheet = Sheet::open(bytes)?;
    let mapping = Mapping { pairs: how.called.clone(), is_whole: how.is_whole };
    let needed = ["name", "address", "entered_on", "shares"];
    let places = Arc::new(Places::find(sheet.headings(), &FIELDS, &needed, &mapping)?);
    report.rows.extend(places.told());
    let rows = sheet.rows(&places).collect::<Result<Vec<Row>, SheetError>>()?;
    let days = order_of(&rows);
    let settings = settings(conn)?;
    let today = date_in(now, settings.zone);
    let classes = classes(conn)?;
    let mut book = Book { known: BTreeMap::new(), unnumbered: Vec::new(), persons: HashMap::new() };
    for row in &rows {
        let number = row.number;
        match understood(row, &classes, &settings, (today, days)).and_then(|read| book.enter(number, read)) {
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
    (today, days): (NaiveDate, DayOrder),
) -> Result<Read, String> {
    row.check_length()?;
    let raw = RawHolder {
        kind: if row.cell("kind").is_empty() { "person".to_owned() } else { row.cell("kind").to_lowercase() },
        name: row.joined("name", " "),
        names: row
            .cell("names")
            .split(['\n', ';'])
            .map(|name| plain(name.trim()))
            .filter(|name| !name.is_empty())
            .collect(),
        representative: plain(row.cell("representative")),
        email: plain(row.cell("email")),
        email_purposes: row
            .cell("email_purposes")
            .split([',', ';', ' '])
            .filter(|p| !p.is_empty())
            .map(str::to_owned)
            .collect(),
        address: row.joined("address", "\n").replace("; ", "\n"),
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
    let day = |column: &str| match row.cell(column) {
        "" => Ok(None),
        text => day::read(text, days)
            .filter(|day| *day >= FIRST_DAY)
            .map(Some)
            .ok_or_else(|| format!("{column}: \"{text}\" is no day. Please write 27/06/2021 or 2021-06-27.")),
    };
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

/// No member of any society entered before this.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1800, 1, 1).expect("a day of the calendar");

/// The order of day and month in the file, as its rows settle it.
fn order_of(rows: &[Row]) -> DayOrder {
    let mut seen = day::Seen::default();
    rows.iter().for_each(|row| ["entered_on", "ceased_on"].iter().for_each(|column| seen.look(row.cell(column))));
    seen.order()
}

fn plain(text: &str) -> String {
    unguarded(text).to_owned()
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
