//! What can be done with a member's holding and with what the register says of them.

use chrono::NaiveDate;

use super::class_choice;
use super::paper_form::holder_fields;
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Field, Kind, Table, choice, field, hinted, link, number, text};
use crate::desk::written::short_day;
use crate::http::{Form, Problem};
use crate::shares::numbers::MemberNumber;
use crate::shares::register::Line;
use crate::shares::sections;
use crate::shares::{self, Ground, Holder, Nomination, ShareClass};

/// Something done with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Transfer,
    Notice,
    Convert,
    Forfeit,
    Amend,
    Section,
    Nominate,
    Revoke,
    Death,
    Transmit,
    Replace,
    Estate,
    GoneAway,
}

impl Act {
    /// Every deed that can wait for a second person.
    pub const PROPOSED: [Self; 12] = [
        Self::Transfer,
        Self::Convert,
        Self::Forfeit,
        Self::Transmit,
        Self::Amend,
        Self::Section,
        Self::Nominate,
        Self::Revoke,
        Self::Death,
        Self::Replace,
        Self::Estate,
        Self::GoneAway,
    ];

    /// Whether a second person decides, where the setting asks for one. A notice is a request: it is decided as one.
    pub fn needs_two(self) -> bool {
        Self::PROPOSED.contains(&self)
    }

    pub fn slug(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Notice => "notice",
            Self::Convert => "conversion",
            Self::Forfeit => "forfeiture",
            Self::Amend => "particulars",
            Self::Section => "section",
            Self::Nominate => "nomination",
            Self::Revoke => "revocation",
            Self::Death => "death",
            Self::Transmit => "transmission",
            Self::Replace => "replacement",
            Self::Estate => "estate",
            Self::GoneAway => "gone-away",
        }
    }
}

/// What the deeds of a member depend on.
pub(super) struct Before<'a> {
    pub member: MemberNumber,
    pub holder: &'a Holder,
    pub line: &'a Line,
    pub classes: &'a [ShareClass],
    pub today: NaiveDate,
}

/// What this member of staff may do with the member.
pub(super) fn deeds(
    conn: &mut Conn,
    before: &Before<'_>,
    may: Allowed,
    sent: Option<&(String, Form)>,
) -> Result<Vec<Deed>, Problem> {
    if !may.keep {
        return Ok(Vec::new());
    }
    let mut deeds = Vec::new();
    if !before.line.holdings.is_empty() {
        deeds.extend(of_shares(before));
    }
    deeds.push(particulars(before));
    deeds.push(section(conn, before)?);
    let is_dead = before.holder.died_on().is_some();
    if !is_dead {
        deeds.push(new(before, Act::Nominate, "Enter a nomination").asking(nomination_fields()));
    }
    if !before.holder.kind.is_body() && !is_dead {
        deeds.push(death(before));
    }
    if is_dead {
        deeds.push(estate(before));
    }
    if before.holder.gone_away_since.is_none() {
        deeds.push(
            new(before, Act::GoneAway, "Gone away from the address")
                .asking(vec![
                    field("effective_on", "Since", Kind::Day),
                    hinted("reason", "How we know", "For example: the notice came back.", Kind::Line),
                ])
                .saying(
                    "Letters to be posted there are held back, and leave when there is a new address. E-mail goes on.",
                    "Mark as gone away",
                ),
        );
    }
    Ok(deeds.into_iter().map(|deed| deed.again(sent)).collect())
}

/// What the society was told of a death.
fn death(before: &Before<'_>) -> Deed {
    let mut fields = vec![
        field("died_on", "Died on", Kind::Day),
        hinted("reason", "Proof", "For example: certificate of death seen.", Kind::Line),
    ];
    let living = before.holder.living();
    let is_joint = !before.holder.names.is_empty();
    if is_joint {
        let names = living.iter().map(|name| ((*name).to_owned(), (*name).to_owned()));
        let options = std::iter::once((String::new(), "Please choose".to_owned())).chain(names).collect();
        fields.insert(0, field("person", "Who of them", Kind::Choice(options)));
    }
    let title = if is_joint { "One of them has died" } else { "The member has died" };
    let words = if living.len() > 1 {
        "The others go on: the next name votes, and letters go to those who live."
    } else {
        "There is no vote from that day. The shares stay until they pass on or are repaid; letters are held back until \
         somebody is noted who writes for the estate."
    };
    new(before, Act::Death, title).asking(fields).saying(words, "Note the death")
}

/// Who has the word for a member who died.
fn estate(before: &Before<'_>) -> Deed {
    new(before, Act::Estate, "Who writes for the estate")
        .asking(vec![
            hinted("name", "Name", "Executors, administrators, or whoever you agreed to write to.", Kind::Line),
            hinted("address", "Postal address", "With the postcode.", Kind::Area),
            hinted("email", "E-mail address", "May stay empty; letters are then printed.", Kind::Line),
            field("effective_on", "From", Kind::Day),
            hinted("reason", "What was seen", "The grant, the will, a letter.", Kind::Line),
        ])
        .saying("Letters that are held back leave to this address now, and all later ones.", "Note them")
}

/// What is asked of a nomination.
pub(super) fn nomination_fields() -> Vec<Field> {
    let relations = choice(shares::CLOSE_RELATIONS.map(|relation| (relation, relation)));
    vec![
        field("nominee", "Who is nominated", Kind::Line),
        field("address", "Their address", Kind::Area),
        field("relation", "The member is their", relations),
        field("is_officer", "They are an officer or employee of the society", Kind::Tick),
        hinted("percent", "Part in per cent", "All of the property is 100.", Kind::Figure),
        field("made_on", "Signed on", Kind::Day),
    ]
}

fn new(before: &Before<'_>, act: Act, title: &str) -> Deed {
    Deed::new(act.slug(), title, format!("/desk/shares/members/{}/{}", before.member, act.slug()))
        .with("effective_on", before.today.to_string())
        .with("valid_from", before.today.to_string())
        .with("made_on", before.today.to_string())
        .with("notice_given_on", before.today.to_string())
}

fn some_shares(before: &Before<'_>) -> Vec<Field> {
    vec![field("class", "Class", class_choice(before.classes)), field("shares", "Shares", Kind::Figure)]
}

/// What can be done with shares that are there.
fn of_shares(before: &Before<'_>) -> Vec<Deed> {
    let on = || field("effective_on", "From", Kind::Day);
    let minute = || hinted("minute", "Minute", "Where the committee’s decision is written down.", Kind::Line);
    let asking = |act, title: &str, more: Vec<Field>| {
        let mut fields = some_shares(before);
        fields.extend(more);
        new(before, act, title).asking(fields)
    };
    let is_dead = before.holder.died_on().is_some();
    let notice = asking(Act::Notice, "Notice of withdrawal", vec![field("notice_given_on", "Given on", Kind::Day)]);
    let mut deeds = vec![notice];
    if !is_dead {
        deeds.insert(0, asking(Act::Transfer, "Transfer shares", with_taker(vec![on(), minute()])));
    }
    if before.classes.len() > 1 && !is_dead {
        deeds.push(asking(
            Act::Convert,
            "Convert to another class",
            vec![field("to", "Into", class_choice(before.classes)), on(), minute()],
        ));
    }
    let endings = choice([("surrender", "Given to the society"), ("forfeiture", "Forfeited under the rules")]);
    deeds.push(asking(
        Act::Forfeit,
        "Forfeiture, or a gift to the society",
        vec![field("ending", "How", endings), field("reason", "Why, or by which letter", Kind::Line), on(), minute()],
    ));
    let grounds = choice(Ground::ALL.map(|ground| (ground.name(), ground.label())));
    let seen = hinted("reason", "What was seen", "The certificate of death, the grant.", Kind::Line);
    let fields = with_taker(vec![field("ground", "Ground", grounds), seen, on(), minute()]);
    deeds.push(asking(Act::Transmit, "Death or bankruptcy: pass shares on", fields));
    deeds.push(new(before, Act::Replace, "Replace a certificate").asking(vec![
        hinted("certificate", "Certificate", "For example C000045.", Kind::Line),
        hinted("reason", "Why", "Lost, spoilt.", Kind::Line),
    ]));
    deeds
}

/// Who takes the shares, and then these.
fn with_taker(then: Vec<Field>) -> Vec<Field> {
    let mut fields =
        vec![hinted("to", "To member", "For example M000123; empty for somebody new, described below.", Kind::Line)];
    fields.extend(holder_fields());
    fields.extend(then);
    fields
}

fn particulars(before: &Before<'_>) -> Deed {
    let holder = before.holder;
    let mut fields = Vec::new();
    if holder.names.is_empty() {
        fields.push(field("name", "Name", Kind::Line));
    } else {
        fields.push(hinted(
            "names",
            "Joint holders",
            "One a line; the first votes. Who left is taken out.",
            Kind::Area,
        ));
    }
    if holder.kind.is_body() {
        fields.push(field("representative", "Representative", Kind::Line));
    }
    fields.extend([
        field("address", "Postal address", Kind::Area),
        hinted("email", "E-mail address", "Empty takes it off the register; letters are then printed.", Kind::Line),
        field("for_meetings", "Notices of meetings may go there", Kind::Tick),
        field("for_news", "News may go there", Kind::Tick),
        field("valid_from", "From", Kind::Day),
        field("reason", "Why", Kind::Line),
    ]);
    new(before, Act::Amend, "Name, address, representative")
        .asking(fields)
        .saying("What was said before stays in the register of its days.", "Keep the change")
        .with("name", &holder.name)
        .with("names", holder.names.join("\n"))
        .with("representative", &holder.representative)
        .with("address", &holder.address)
        .with("email", holder.email.clone().unwrap_or_default())
        .with("for_meetings", if holder.email_purposes.contains("meetings") { "true" } else { "" })
        .with("for_news", if holder.email_purposes.contains("news") { "true" } else { "" })
}

fn section(conn: &mut Conn, before: &Before<'_>) -> Result<Deed, Problem> {
    let mut options = vec![(String::new(), "The one of the postcode".to_owned())];
    options.extend(sections::all(conn)?.into_iter().map(|section| (section.id.to_string(), section.name)));
    let chosen = before.holder.section.map(|id| id.to_string()).unwrap_or_default();
    Ok(new(before, Act::Section, "Choose the section")
        .asking(vec![field("section", "Meets and votes with", Kind::Choice(options))])
        .with("section", chosen))
}

/// The book of nominations of a member.
pub(super) fn nominations(member: MemberNumber, known: &[Nomination], may: Allowed) -> Table {
    let mut table = Table::new(
        "Nominations",
        &["Number", "Nominee", "Relation", "#Part", "Signed", "State"],
        "Nobody is nominated.",
    );
    for one in known {
        table.choice(
            if one.is_in_force() { one.id.to_string() } else { String::new() },
            vec![
                link(one.id.to_string(), super::nominations::place(one.id)),
                text(format!("{}, {}", one.nominee, super::on_one_line(&one.address))),
                text(&one.relation),
                number(format!("{} %", one.percent)),
                text(short_day(one.made_on)),
                super::nominations::state(one),
            ],
        );
    }
    if may.keep && known.iter().any(Nomination::is_in_force) {
        table.deed = Some(
            Deed::new("revocation", "Revoke the ticked ones", format!("/desk/shares/members/{member}/revocation"))
                .asking(super::nominations::revocation_fields())
                .saying("", "Revoke"),
        );
    }
    table
}
