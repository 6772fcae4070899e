//! The gifts behind a figure of the column, on a page that adds up to it.

use actix_web::HttpResponse;
use chrono::NaiveDate;

use super::super::funds::found;
use super::super::{Asked, Desk};
use crate::db::{Conn, DbError};
use crate::desk::closing;
use crate::desk::folio::{Folio, Table, link, number, text};
use crate::desk::routes::folio::shown;
use crate::desk::search::read_date;
use crate::desk::written::short_day;
use crate::donations::{self, Donation, Method, Return, Search};
use crate::funds::words::day;
use crate::funds::{self, Appeal, Fund};
use crate::http::{Form, Problem, Routes};
use crate::money::display;
use crate::reference::Reference;
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/column/behind", May::Read, show);
}

/// Gifts on a page.
const PAGE: i64 = 100;
/// Returns on a page: an appeal has few, and those of many are still one table.
const RETURNS_MAX: usize = 1_000;

/// What a figure is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// What came.
    Came,
    /// What went back.
    Back,
    /// What came less what went back.
    Both,
    /// What was kept of those who are thanked.
    Named,
    /// What was kept of those who are not.
    Unnamed,
}

/// Which figure is to be explained.
struct Figure {
    fund: Fund,
    appeal: Appeal,
    of: Of,
    from: Option<NaiveDate>,
    until: NaiveDate,
    method: Option<Method>,
    /// Below this gift: the next page.
    before: Option<i64>,
    /// The address without the place in the list.
    place: String,
}

async fn show(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let form = Form::sent(asked.into_inner());
    let folio = desk
        .read(move |conn, _| {
            let figure = figure(conn, &form)?;
            explained(conn, &figure)
        })
        .await?;
    shown(desk, folio)
}

fn figure(conn: &mut Conn, form: &Form) -> Result<Figure, Problem> {
    let fund = found(conn, form.value("fund"))?;
    let unknown = || Problem::not_found("There is no such figure. Please open it from the column.");
    let appeal = funds::appeal_by_name(conn, fund.id, form.value("appeal"))?.ok_or_else(unknown)?;
    let of = match form.value("of") {
        "came" => Of::Came,
        "back" => Of::Back,
        "both" => Of::Both,
        "named" => Of::Named,
        "unnamed" => Of::Unnamed,
        _ => return Err(unknown()),
    };
    let until = read_date(form.value("until")).map_err(|_| unknown())?;
    let from = read_date(form.value("from")).ok();
    let method = Method::from_name(form.value("method"));
    let kept = ["fund", "appeal", "of", "from", "until", "method"];
    let pairs = kept.into_iter().filter(|name| !form.value(name).is_empty());
    let place = pairs.map(|name| format!("{name}={}", form.value(name))).collect::<Vec<_>>().join("&");
    let place = format!("/desk/column/behind?{place}");
    Ok(Figure { fund, appeal, of, from, until, method, before: form.value("before").parse().ok(), place })
}

impl Figure {
    fn money(&self, minor: i64) -> String {
        display(minor, self.fund.currency)
    }

    fn title(&self) -> String {
        let what = match (self.of, self.method) {
            (Of::Came, Some(method)) => format!("What came by {}", method.label()),
            (Of::Came, None) => "What came".to_owned(),
            (Of::Back, _) => "What went back".to_owned(),
            (Of::Both, _) => "What was raised".to_owned(),
            (Of::Named, _) => "Those to be thanked".to_owned(),
            (Of::Unnamed, _) => "Without a name".to_owned(),
        };
        match self.from {
            Some(from) if from == self.until => format!("{what}, {}", day(from)),
            Some(from) => format!("{what}, {} to {}", day(from), day(self.until)),
            None => format!("{what} up to {}", day(self.until)),
        }
    }

    fn search(&self) -> Search {
        Search {
            appeal_id: Some(self.appeal.id),
            from: self.from,
            until: Some(self.until),
            method: self.method,
            has_come: true,
            is_named: match self.of {
                Of::Named => Some(true),
                Of::Unnamed => Some(false),
                _ => None,
            },
            before: self.before,
            ..Search::default()
        }
    }

    /// The column it stands in.
    fn column(&self) -> String {
        let from = self.from.unwrap_or(self.until);
        format!("/desk/column?fund={}&from={from}&until={}", self.fund.slug, self.until)
    }
}

fn explained(conn: &mut Conn, figure: &Figure) -> Result<Folio, Problem> {
    let label = closing::label(&figure.fund, &figure.appeal);
    let mut folio = Folio::under(&format!("The column, {label}"), &figure.column(), figure.title());
    let mut sum_minor = 0;
    if figure.of != Of::Back {
        let (count, minor) = gifts_sum(conn, figure)?;
        sum_minor += minor;
        folio.fact(&gifts(count), number(figure.money(minor)));
        let page = donations::search(conn, &figure.search(), PAGE)?;
        let is_full = i64::try_from(page.len()).is_ok_and(|count| count == PAGE);
        folio.pager = (
            figure.before.map(|_| figure.place.clone()),
            page.last().filter(|_| is_full).map(|last| format!("{}&before={}", figure.place, last.id)),
        );
        folio.tables.push(gifts_table(figure, &page));
    }
    if matches!(figure.of, Of::Back | Of::Both) {
        let back = returns(conn, figure)?;
        let minor: i64 = back.iter().map(|back| back.amount_minor).sum();
        sum_minor -= minor;
        if figure.of == Of::Back || !back.is_empty() {
            folio.fact("Given back or unpaid", number(figure.money(-minor)));
            folio.history.push(returns_table(figure, &back));
        }
    }
    folio.fact("Together", number(figure.money(sum_minor)));
    Ok(folio)
}

fn gifts(count: i64) -> String {
    if count == 1 { "One gift".to_owned() } else { format!("{count} gifts") }
}

/// How many gifts stand behind the figure, and what they add up to.
fn gifts_sum(conn: &mut Conn, figure: &Figure) -> Result<(i64, i64), DbError> {
    let Figure { appeal, from, until, method, .. } = figure;
    let is_named = figure.search().is_named;
    match is_named {
        None => donations::came(conn, appeal.id, *from, *until, *method),
        Some(is_named) => {
            let thanked = donations::thanked(conn, appeal.id, (from.unwrap_or(NaiveDate::MIN), *until))?;
            let own = thanked.iter().filter(|giver| giver.is_named() == is_named);
            Ok(own.fold((0, 0), |(count, minor), giver| (count + giver.count, minor + giver.kept_minor)))
        }
    }
}

fn returns(conn: &mut Conn, figure: &Figure) -> Result<Vec<Return>, DbError> {
    let mut back = donations::returns_of(conn, figure.appeal.id)?;
    back.retain(|back| figure.from.is_none_or(|from| back.on >= from) && back.on <= figure.until);
    Ok(back)
}

fn gifts_table(figure: &Figure, gifts: &[Donation]) -> Table {
    let is_thanks = matches!(figure.of, Of::Named | Of::Unnamed);
    let mut table = Table::new("Gifts", &["Gift", "Day", "From", "Thanked as", "By", "#Amount"], "None.");
    for gift in gifts {
        let minor = if is_thanks { gift.remaining_minor() } else { gift.amount_minor };
        let reference = gift.reference().to_string();
        table.row(vec![
            link(&reference, format!("/desk/gifts/{reference}")),
            text(gift.received_on.map(short_day).unwrap_or_default()),
            text(&gift.name),
            text(thanked_as(gift)),
            text(gift.method.label()),
            number(figure.money(minor)),
        ]);
    }
    table
}

fn thanked_as(gift: &Donation) -> String {
    let name = if gift.anonymous { "" } else { gift.acknowledge_as.as_str() };
    let is_printed = gift.memory_in_print && !gift.in_memory_of.is_empty();
    let memory = if is_printed { format!("in memory of {}", gift.in_memory_of) } else { String::new() };
    [name, &memory].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ")
}

fn returns_table(figure: &Figure, back: &[Return]) -> Table {
    let mut table =
        Table::new("Given back or unpaid", &["Gift", "It came", "It went", "How", "#Amount"], "Nothing went back.");
    for back in back.iter().take(RETURNS_MAX) {
        let reference = Reference::of(back.donation_id).to_string();
        let how = match (back.kind.as_str(), back.own == back.bearer) {
            ("bounced", true) => "returned unpaid",
            ("bounced", false) => "returned unpaid, of an appeal that is closed",
            (_, true) => "refunded",
            (_, false) => "refunded, of an appeal that is closed",
        };
        table.row(vec![
            link(&reference, format!("/desk/gifts/{reference}")),
            text(short_day(back.received_on)),
            text(short_day(back.on)),
            text(how),
            number(figure.money(-back.amount_minor)),
        ]);
    }
    table
}
