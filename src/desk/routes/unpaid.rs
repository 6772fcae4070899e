//! Promises and applications without money, many at once: found by days, words and place, and ended in one deed.
//!
//! Invariant: how many there are is said before, and if it is another number by then, nothing is done. The trail has one
//! row a deed. What was paid meanwhile is left alone.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::folio::shown;
use super::{Asked, Desk, Hand, Pairs, see_other};
use crate::clock::{begin_of, date_in};
use crate::db::{Conn, Lock, hold};
use crate::desk::folio::{Deed, Folio, Kind, Table, field, hinted, link, number, text};
use crate::desk::search::read_date;
use crate::desk::written::short_day;
use crate::donations::lapse::{self, Ending};
use crate::funds;
use crate::http::{Form, Problem, Routes, blocking};
use crate::money::{GBP, display};
use crate::outbox::Selection;
use crate::shares::numbers::grouped;
use crate::shares::{self, Deed as ShareDeed};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/gifts/promises", May::Read, promises);
    at.desk().post("/gifts/promises/end", May::Decide, end_promises);
    at.desk().get("/shares/applications/unpaid", May::Read, applications);
    at.desk().post("/shares/applications/unpaid/end", May::Keep, end_applications);
}

/// Rows shown of what would be ended; the count says the rest.
const SHOWN: i64 = 50;
/// Ended by one press of the button; a few seconds' work, during which gifts come in.
const ENDED_MAX: i64 = 50_000;
/// Longest reason, and the longest words looked for.
const WORDS_CHARS_MAX: usize = 200;

/// Which of the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Promises,
    Applications,
}

impl Which {
    fn place(self) -> &'static str {
        match self {
            Self::Promises => "/desk/gifts/promises",
            Self::Applications => "/desk/shares/applications/unpaid",
        }
    }

    fn noun(self, count: i64) -> &'static str {
        match (self, count) {
            (Self::Promises, 1) => "promise",
            (Self::Promises, _) => "promises",
            (Self::Applications, 1) => "application without money",
            (Self::Applications, _) => "applications without money",
        }
    }
}

async fn promises(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    listed(desk, Which::Promises, Form::sent(asked.into_inner()), None).await
}

async fn applications(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    listed(desk, Which::Applications, Form::sent(asked.into_inner()), None).await
}

/// What was asked for, as a selection; nothing where a field is not understood.
fn understood(form: &mut Form, zone: Tz) -> Option<Selection> {
    let day = |text: &str| match text.trim() {
        "" => Ok(None),
        text => read_date(text).map(Some),
    };
    let (from, until) = (form.value("from").to_owned(), form.value("until").to_owned());
    let (from, until) = (form.checked("from", day(&from))?, form.checked("until", day(&until))?);
    let words: String = form.value("text").chars().take(WORDS_CHARS_MAX).collect();
    let place = form.value("place").trim().to_owned();
    let network = if place.is_empty() {
        String::new()
    } else {
        let network =
            place.parse::<ipnet::IpNet>().or_else(|_| place.parse::<std::net::IpAddr>().map(ipnet::IpNet::from));
        let sentence = "Please write an address as the list shows it, for example 192.0.2.7/32.";
        form.checked("place", network.map_err(|_| sentence))?.to_string()
    };
    Some(Selection {
        from: from.map(|day| begin_of(day, zone)),
        until: until.and_then(|day| day.succ_opt()).map(|day| begin_of(day, zone)),
        text: words.trim().to_owned(),
        network,
    })
}

async fn listed(desk: Desk, which: Which, mut form: Form, refused: Option<Form>) -> Result<HttpResponse, Problem> {
    let zone = desk.read(|conn, _| zone(conn)).await?;
    let selection = understood(&mut form, zone);
    let may = match which {
        Which::Promises => desk.may().decide,
        Which::Applications => desk.may().keep,
    };
    let mut folio = match which {
        Which::Promises => Folio::under("Gifts", "/desk/gifts", "Promises without money"),
        Which::Applications => Folio::under("Applications", "/desk/shares/applications", "Applications without money"),
    };
    folio.lead = format!(
        "{} lapse by themselves when no money comes for a long time. What robots left can be ended here, all of a \
         place, of some days or with some words at once. It moves no figure.",
        match which {
            Which::Promises => "Promises",
            Which::Applications => "Applications",
        }
    );
    folio.lookup = Some(lookup(which, form.clone()));
    if let Some(meant) = selection {
        let of = meant.clone();
        let (count, tables) = desk.read(move |conn, _| found(conn, which, &of, zone)).await?;
        folio.facts.push(("Found".to_owned(), text(format!("{} {}", grouped(count), which.noun(count)))));
        if may && count > 0 {
            folio.deeds.push(ending(which, &form, count, refused));
        }
        folio.tables.push(tables);
    }
    shown(desk, folio)
}

fn zone(conn: &mut Conn) -> Result<Tz, Problem> {
    Ok(funds::all(conn)?.first().map_or(Tz::UTC, |fund| fund.zone))
}

fn lookup(which: Which, form: Form) -> Deed {
    let fields = vec![
        field("from", "Made from", Kind::Day),
        field("until", "Until", Kind::Day),
        hinted("text", "With these words", "In the name, the address or the note.", Kind::Line),
        hinted("place", "From this place", "An address of the network.", Kind::Line),
    ];
    Deed { form, ..Deed::new("look", "Look for them", which.place()).asking(fields) }
}

/// The form that ends them all; the selection and the count travel in its address.
fn ending(which: Which, form: &Form, count: i64, refused: Option<Form>) -> Deed {
    let query: Vec<(&str, &str)> =
        ["from", "until", "text", "place"].into_iter().map(|name| (name, form.value(name))).collect();
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let action = format!("{}/end?{query}&count={count}", which.place());
    let title = format!("End all {} {}", grouped(count), which.noun(count));
    let mut deed = Deed::new("end", &title, action)
        .asking(vec![hinted("reason", "Why", "Kept with each of them, and in the trail.", Kind::Line)])
        .saying(
            match which {
                Which::Promises => {
                    "Nobody gets a letter. A promise that was ended by mistake is entered anew when its money comes."
                }
                Which::Applications => {
                    "Nobody gets a letter. An application that was ended by mistake is entered anew when its money \
                     comes."
                }
            },
            &title,
        );
    if let Some(form) = refused {
        deed.form = form;
    }
    deed
}

fn found(conn: &mut Conn, which: Which, meant: &Selection, zone: Tz) -> Result<(i64, Table), Problem> {
    match which {
        Which::Promises => {
            let all = lapse::count_promised(conn, meant)?;
            let mut table = Table::new(
                "The newest of them",
                &["Reference", "Made", "Name", "E-mail", "#Amount"],
                "There are none.",
            );
            for gift in lapse::promised(conn, meant, SHOWN)? {
                let reference = gift.reference().to_string();
                table.row(vec![
                    link(reference.as_str(), format!("/desk/gifts/{reference}")),
                    text(short_day(date_in(gift.recorded_at, zone))),
                    text(gift.name),
                    text(gift.email.unwrap_or_default()),
                    number(display(gift.amount_minor, gift.currency)),
                ]);
            }
            Ok((all.count, table))
        }
        Which::Applications => {
            let count = shares::lapse::count_unpaid(conn, meant)?;
            let mut table =
                Table::new("The oldest of them", &["Reference", "Made", "Name", "E-mail", "#Price"], "There are none.");
            let some = shares::lapse::unpaid(conn, meant, 0, SHOWN)?;
            let ids: Vec<i64> = some.iter().map(|application| application.holder_id).collect();
            let holders = shares::holders_now(conn, &ids)?;
            for application in some {
                let holder = holders.get(&application.holder_id);
                let reference = application.reference().to_string();
                table.row(vec![
                    link(reference.as_str(), format!("/desk/shares/applications/{reference}")),
                    text(short_day(application.applied_on)),
                    text(holder.map(|holder| holder.name.clone()).unwrap_or_default()),
                    text(holder.and_then(|holder| holder.email.clone()).unwrap_or_default()),
                    number(display(application.amount_minor, GBP)),
                ]);
            }
            Ok((count, table))
        }
    }
}

async fn end_promises(desk: Desk, asked: Asked, pairs: Pairs) -> Result<HttpResponse, Problem> {
    ended(desk, Which::Promises, Form::sent(asked.into_inner()), Form::sent(pairs.into_inner())).await
}

async fn end_applications(desk: Desk, asked: Asked, pairs: Pairs) -> Result<HttpResponse, Problem> {
    ended(desk, Which::Applications, Form::sent(asked.into_inner()), Form::sent(pairs.into_inner())).await
}

async fn ended(desk: Desk, which: Which, mut asked: Form, mut typed: Form) -> Result<HttpResponse, Problem> {
    let zone = desk.read(|conn, _| zone(conn)).await?;
    let Some(meant) = understood(&mut asked, zone) else { return listed(desk, which, asked, None).await };
    let reason = typed.value("reason").trim().to_owned();
    let said: i64 = asked.value("count").parse().unwrap_or_default();
    let of = meant.clone();
    let count = desk
        .read(move |conn, _| match which {
            Which::Promises => Ok(lapse::count_promised(conn, &of)?.count),
            Which::Applications => Ok(shares::lapse::count_unpaid(conn, &of)?),
        })
        .await?;
    if reason.is_empty() || reason.chars().count() > WORDS_CHARS_MAX {
        typed.refuse("reason", format!("Please say why, in at most {WORDS_CHARS_MAX} characters."));
    } else if count != said {
        let sentence =
            format!("Meanwhile there are {count} instead of {said}. Please look again; nothing was changed.");
        typed.refuse("reason", sentence);
    } else if count > ENDED_MAX {
        typed.refuse("reason", format!("Please choose fewer than {ENDED_MAX} at once, for example some days."));
    }
    if typed.is_refused() {
        return listed(desk, which, asked, Some(typed)).await;
    }
    let words = described(&asked);
    let (hand, db, clock) = (desk.hand(), desk.db.clone(), desk.clock.clone());
    blocking(move || {
        let mut after = 0;
        let mut is_first = true;
        loop {
            // A step is a transaction of its own, so that nobody waits long; the first one writes the trail.
            let step = db.write(|conn| {
                hold(conn, Lock::Books)?;
                let now = clock.now();
                if is_first {
                    let action = if which == Which::Promises { "promises ended" } else { "applications ended" };
                    hand.note(
                        conn,
                        now,
                        action,
                        &format!("{count} {}", which.noun(count)),
                        &format!("{reason}{words}"),
                    )?;
                }
                step(conn, now, which, &meant, after, &hand, &reason)
            })?;
            let Some((_, last)) = step else { return Ok::<_, Problem>(()) };
            (after, is_first) = (last, false);
        }
    })
    .await?;
    Ok(see_other(which.place()))
}

fn step(
    conn: &mut Conn,
    now: DateTime<Utc>,
    which: Which,
    meant: &Selection,
    after: i64,
    hand: &Hand,
    reason: &str,
) -> Result<Option<(usize, i64)>, Problem> {
    let (by, request_id) = (hand.actor.who(), hand.request_id.clone());
    match which {
        Which::Promises => {
            let ending = Ending { reason: reason.to_owned(), by, request_id };
            Ok(lapse::end_promises(conn, now, meant, after, &ending)?)
        }
        Which::Applications => {
            let deed = ShareDeed { by, request_id };
            Ok(shares::lapse::end_applications(conn, now, meant, after, &deed, reason)?)
        }
    }
}

/// "; made from 2026-11-30; from 192.0.2.7/32"
fn described(asked: &Form) -> String {
    let parts =
        [("made from", "from"), ("made until", "until"), ("with the words", "text"), ("from the place", "place")];
    let told =
        parts.iter().map(|(words, name)| (words, asked.value(name).trim())).filter(|(_, value)| !value.is_empty());
    told.map(|(words, value)| format!("; {words} {value}")).collect()
}
