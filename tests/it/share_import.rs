//! A paper register comes in: all of it or nothing, after its report was worked through.

use std::fmt::Write;

use chrono::NaiveDate;
use fighting_fund::shares::import::{How, run};
use fighting_fund::sheet::{Intent, Report};
use serde_json::Value;

use crate::harness::{TestApp, noon};

const HEADER: &str = "member,kind,name,address,email,entered_on,ceased_on,class,shares,paid,certificates\n";

fn take(app: &TestApp, file: &str, intent: Intent) -> Report {
    let on = NaiveDate::from_ymd_opt(2021, 1, 1);
    let how = How { on, ..How::default() };
    run(&app.app.db, noon(), &how, file.as_bytes(), intent, &mut |_, _| {}).expect("a readable file")
}

async fn get(app: &TestApp, path: &str) -> Value {
    let token = app.token("shares:read").await;
    let request = app.client.get(app.at(&format!("/api/v1/shares/{path}"))).bearer_auth(token);
    request.send().await.expect("an answer").json().await.expect("JSON")
}

#[actix_web::test]
async fn members_keep_their_numbers_their_days_and_their_old_certificates() {
    let app = TestApp::start().await;
    let file = format!(
        "{HEADER}M000007,person,Ann Lee,1 High St; Leeds,ann@example.org,1984-02-29,,ordinary,100,100.00,A 12; A 13\n\
         12,person,Bo Li,2 Low St,,1990-01-01,2001-05-06,,,,\n\
         ,person,Leeds Branch,3 Old St,,2000-01-01,,ordinary,\"1,000\",,\n"
    );

    let report = take(&app, &file, Intent::Record);

    assert_eq!(
        (report.faults, report.summary.as_str()),
        (0, "3 members with 1100 shares, £1,100.00 in all."),
        "{report:?}"
    );
    let register = get(&app, "register?as_at=2021-02-01").await;
    let members = register["members"].as_array().expect("members");
    let told: Vec<(&str, &str, Option<&str>)> = members
        .iter()
        .map(|one| {
            (one["member"].as_str().expect("M"), one["entered_on"].as_str().expect("a day"), one["ceased_on"].as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("M000007", "1984-02-29", None),
            ("M000012", "1990-01-01", Some("2001-05-06")),
            ("M000013", "2000-01-01", None)
        ]
    );
    assert_eq!(members[0]["address"], "1 High St\nLeeds");
    let again = take(&app, &file, Intent::Record);
    assert_eq!(again.faults, 3, "the same file changes nothing: {again:?}");
}

#[actix_web::test]
async fn every_faulty_row_is_named_and_then_nothing_is_taken() {
    let app = TestApp::start().await;
    let file = format!(
        "{HEADER}1,person,Ann Lee,1 High St,,1984-02-29,,ordinary,100,,\n\
         2,person,No Address,,,1990-01-01,,ordinary,1,,\n\
         3,person,Ann Lee,1 High St,,1990-01-01,,ordinary,1,,\n\
         4,person,Half,4 St,,1990-01-01,,ordinary,1.5,,\n\
         5,person,Leap,5 St,,2021-02-29,,ordinary,1,,\n\
         6,person,Late,6 St,,2031-01-01,,ordinary,1,,\n\
         7,person,Back,7 St,,2001-01-01,2000-01-01,,,,\n\
         8,person,Many,8 St,,2001-01-01,,ordinary,20001,,\n\
         9,person,Other,9 St,,2001-01-01,,golden,1,,\n\
         10,person,Price,10 St,,2001-01-01,,ordinary,10,9.00,\n\
         11,person,None,11 St,,2001-01-01,,,,,\n\
         1,person,Somebody,12 St,,2001-01-01,,ordinary,1,,\n"
    );

    let report = take(&app, &file, Intent::Record);

    let rows: Vec<&str> = report.rows.iter().map(|row| row.split(':').next().expect("a row")).collect();
    let expected: Vec<String> = [3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 9].iter().map(|row| format!("row {row}")).collect();
    assert_eq!(rows, expected, "{:#?}", report.rows);
    assert_eq!(get(&app, "register").await["members"], serde_json::json!([]));
}

#[actix_web::test]
async fn what_one_person_has_through_a_joint_holding_counts_in_a_paper_register_too() {
    let app = TestApp::start().await;
    app.app
        .db
        .write(|conn| {
            let mut settings = fighting_fund::shares::settings(conn)?;
            settings.law_maximum_minor = 15_000;
            fighting_fund::shares::update_settings(conn, &settings)
        })
        .expect("settings");
    let file = "kind,name,names,address,entered_on,shares\n\
                person,Ann Lee,,1 High St,1984-02-29,100\n\
                joint,,Ann Lee; Bo Lee,1 High St,1990-01-01,60\n";

    let report = take(&app, file, Intent::Record);

    assert_eq!(report.faults, 2, "{report:?}");
    assert!(report.rows[0].contains("£150") && report.rows[0].contains("£160"), "{report:?}");
}

#[actix_web::test]
async fn twenty_thousand_members_come_in_after_their_report_was_worked_through() {
    let app = TestApp::start().await;
    let row = |text: &mut String, number: usize, is_mended: bool| {
        let is_faulty = number.is_multiple_of(33) && !is_mended;
        let (address, shares) = match number % 4 {
            _ if !is_faulty => (format!("{number} Mill Lane"), "25"),
            0 => (String::new(), "25"),
            1 => (format!("{number} Mill Lane"), "2.5"),
            _ => (format!("{number} Mill Lane"), "30000"),
        };
        writeln!(text, "{number},person,Reader {number},{address},,2001-05-06,,ordinary,{shares},,P{number}")
            .expect("text");
    };
    let sheet = |is_mended| {
        let mut text = HEADER.to_owned();
        (1..=20_000).for_each(|number| row(&mut text, number, is_mended));
        text
    };

    let first = take(&app, &sheet(false), Intent::DryRun);
    let mended = take(&app, &sheet(true), Intent::Record);

    assert_eq!((first.faults, first.rows.len()), (606, 606));
    assert_eq!((mended.faults, mended.summary.as_str()), (0, "20000 members with 500000 shares, £500,000.00 in all."));
    let summary = get(&app, "summary").await;
    assert_eq!((summary["members"].as_i64(), summary["votes"].as_i64()), (Some(20_000), Some(20_000)));
    assert_eq!(summary["classes"][0]["capital"], "500000.00");
}
