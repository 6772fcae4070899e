//! The pictures of the desk: each has its numbers as a table under it, and these add up to what the books say.

use chrono::{Days, NaiveDate};
use fighting_fund::donations::{Method, NewGift};
use fighting_fund::money::{GBP, display};
use fighting_fund::staff::Role;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::desk::Desk;
use crate::harness::TestApp;
use crate::standing_orders::{day, gift, give};

/// The cells of the table under a picture, row by row; the picture is found by its name.
fn table(page: &str, figure: &str) -> Vec<Vec<String>> {
    let start = page.find(figure).unwrap_or_else(|| panic!("no {figure}: {page}"));
    let table = page[start..].split_once("<tbody>").expect("a table").1;
    let table = table.split_once("</table>").expect("its end").0;
    table.split("<tr>").skip(1).map(|row| row.split("</t").filter_map(cell).collect()).collect()
}

fn cell(part: &str) -> Option<String> {
    let cell = part.rsplit_once("<th").or_else(|| part.rsplit_once("<td"))?.1;
    let text: String = cell.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text).collect();
    Some(text.trim().to_owned())
}

fn minor(text: &str) -> i64 {
    let (sign, text) = text.strip_prefix('−').map_or((1, text), |rest| (-1, rest));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    sign * digits.parse::<i64>().unwrap_or(0)
}

/// The texts inside the picture itself.
fn drawn(page: &str, figure: &str) -> String {
    let start = page.find(figure).unwrap_or_else(|| panic!("no {figure}: {page}"));
    page[start..].split_once("</figcaption>").expect("a caption").0.to_owned()
}

#[actix_web::test]
async fn the_month_stands_before_the_same_month_of_the_year_before() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Auditor).await;
    let of = |on, amount_minor| NewGift { amount_minor, method: Method::Cash, ..gift(on) };
    give(&app, &[of(day(2020, 6, 3), 900_000), of(day(2020, 6, 29), 700_050), of(day(2021, 6, 10), 1_200_000)]);

    for path in ["/desk", "/desk/funds/fighting-fund/appeals/2021-06"] {
        let page = desk.page(path).await;

        let rows = table(&page, "chart-picture");
        assert_eq!(
            rows,
            [
                vec!["3 Jun 2021", "", "£0.00", "£9,000.00"],
                vec!["10 Jun 2021", "£12,000.00", "£12,000.00", "£9,000.00"],
                vec!["29 Jun 2021", "", "", "£16,000.50"],
                vec!["Target", "", "£18,000", ""],
            ],
            "{path}"
        );
        assert!(page.contains("June 2020, which came to £16,000.50"), "{page}");
        assert!(page.contains("June 2020 had £9,000 by the same day and came to £16,000.50."), "{page}");
    }
    let alone = desk.page("/desk/funds/fighting-fund/appeals/2020-06").await;
    assert!(!alone.contains("which came to"), "nothing is behind the first year: {alone}");
}

#[actix_web::test]
async fn a_year_is_drawn_by_method_and_one_month_is_enough() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Auditor).await;
    let empty = desk.page("/desk/funds/fighting-fund/year").await;
    let of = |on, method, amount_minor| NewGift { amount_minor, method, ..gift(on) };
    give(&app, &[of(day(2021, 6, 1), Method::Cheque, 5_000), of(day(2021, 6, 2), Method::Cash, 2_050)]);

    let page = desk.page("/desk/funds/fighting-fund/year").await;

    assert!(!empty.contains("by-method"), "nothing came, so nothing is drawn: {empty}");
    assert_eq!(
        table(&page, "chart by-method"),
        [vec!["June 2021", "£50.00", "£20.50", "£70.50"], vec!["Together", "£50.00", "£20.50", "£70.50"]]
    );
    assert!(page.contains("£70.50 together: £50 by cheque, £20.50 by cash."), "{page}");
    assert!(drawn(&page, "chart by-method").contains("m-cheque"), "{page}");
}

#[actix_web::test]
async fn standing_orders_over_time_show_how_many_ran_and_what_they_were_worth() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let ann: Vec<NewGift> =
        [(2, 1), (3, 1), (4, 1), (5, 3), (6, 1)].map(|(month, on)| gift(day(2021, month, on))).to_vec();
    let ben = |on| NewGift {
        name: "Ben".to_owned(),
        email: Some("ben@example.org".to_owned()),
        amount_minor: 2_500,
        ..gift(on)
    };
    give(&app, &[ann, vec![ben(day(2021, 4, 15)), ben(day(2021, 5, 17)), ben(day(2021, 6, 15))]].concat());
    let change = [("key", "c"), ("amount", "15"), ("on", "2021-06-01"), ("reason", "a letter")];
    desk.send("/desk/standing-orders/1/amount", &change).await;

    let page = desk.page("/desk/standing-orders").await;

    assert_eq!(
        table(&page, "chart over-time"),
        [
            vec!["February 2021", "1", "£10.00"],
            vec!["March 2021", "1", "£10.00"],
            vec!["April 2021", "2", "£35.00"],
            vec!["May 2021", "2", "£35.00"],
            vec!["June 2021", "2", "£40.00"],
        ]
    );
    assert!(page.contains("From 1 order worth £10 in February 2021 to 2 orders worth £40 in June 2021."), "{page}");
}

#[test]
fn the_table_under_each_picture_adds_up_to_what_the_books_say() {
    let gifts = prop::collection::vec((0_u64..450, 0..Method::ALL.len(), 100_i64..2_000_000), 1..40);
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&gifts, |gifts| {
        let system = actix_web::rt::System::new();
        system.block_on(adds_up(&gifts));
        Ok(())
    });
    outcome.expect("it holds for all");
}

/// Gifts of some days before 27 June 2021.
async fn adds_up(gifts: &[(u64, usize, i64)]) {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Auditor).await;
    let today = day(2021, 6, 27);
    let on = |ago: u64| -> NaiveDate { today - Days::new(ago) };
    let made: Vec<NewGift> = gifts
        .iter()
        .map(|(ago, method, amount_minor)| NewGift {
            amount_minor: *amount_minor,
            method: Method::ALL[*method],
            ..gift(on(*ago))
        })
        .collect();
    give(&app, &made);
    let sum = |from: NaiveDate, until: NaiveDate| -> i64 {
        let of_days = gifts.iter().filter(|(ago, _, _)| (from..=until).contains(&on(*ago)));
        of_days.map(|(_, _, amount)| amount).sum()
    };

    let month = desk.page("/desk/funds/fighting-fund/appeals/2021-06").await;
    let rows = table(&month, "chart-picture");
    let came: i64 = rows.iter().filter(|row| row[0] != "Target").map(|row| minor(&row[1])).sum();
    assert_eq!(came, sum(day(2021, 6, 1), today), "what came in June");
    let before = sum(day(2020, 6, 1), day(2020, 6, 30));
    if before > 0 {
        let last = rows.iter().rev().nth(1).expect("a day");
        assert_eq!(last[3], display(before, GBP), "June of the year before");
    }

    let year = desk.page("/desk/funds/fighting-fund/year").await;
    let of_year = sum(day(2021, 1, 1), today);
    if of_year > 0 {
        let rows = table(&year, "chart by-method");
        let (foot, months) = rows.split_last().expect("a foot");
        assert_eq!(foot.last(), Some(&display(of_year, GBP)));
        for column in 1..foot.len() {
            let column_sum: i64 = months.iter().map(|row| minor(&row[column])).sum();
            assert_eq!(column_sum, minor(&foot[column]), "a column of {rows:?}");
        }
        for row in &rows {
            let pieces: i64 = row[1..row.len() - 1].iter().map(|cell| minor(cell)).sum();
            assert_eq!(pieces, minor(&row[row.len() - 1]), "a row of {rows:?}");
        }
    }
}
