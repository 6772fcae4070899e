//! The desk: what staff see and do with gifts.

use fighting_fund::donations::{self, Donation, Search, Status};
use fighting_fund::reference::Reference;
use fighting_fund::staff::{Role, audit};
use reqwest::Client;

use crate::harness::TestApp;

/// What a browser asks for.
const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A browser in which somebody of the staff is signed in.
pub struct Desk<'a> {
    pub app: &'a TestApp,
    pub browser: Client,
}

impl<'a> Desk<'a> {
    pub async fn of(app: &'a TestApp, role: Role) -> Self {
        Self { app, browser: app.sign_in(role).await }
    }

    /// The page, which must be there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.browser.get(self.app.at(path)).header("Accept", HTML).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.expect("a text")
    }

    /// The status of a page and where it leads.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.browser.get(self.app.at(path)).header("Accept", HTML).send().await.expect("an answer");
        let place = answer.headers().get("location").map(|place| place.to_str().expect("a place").to_owned());
        (answer.status().as_u16(), place.unwrap_or_default())
    }

    /// Sends a form: the status and the place it leads to, or the page it shows.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let sent = self.browser.post(self.app.at(path)).header("Accept", HTML).form(fields).send();
        let answer = sent.await.expect("an answer");
        let status = answer.status().as_u16();
        let place = answer.headers().get("location").map(|place| place.to_str().expect("a place").to_owned());
        match place {
            Some(place) => (status, place),
            None => (status, answer.text().await.expect("a text")),
        }
    }

    /// Records a gift through the form: its number.
    pub async fn gift(&self, fields: &[(&str, &str)]) -> i64 {
        let (status, place) = self.send("/desk/gifts/new", &with_defaults(fields)).await;
        assert_eq!(status, 303, "{place}");
        let reference: Reference = place.rsplit('/').next().expect("a place").parse().expect("a reference");
        reference.number()
    }
}

/// What the form would send, with `fields` instead of its own.
fn with_defaults<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let own = [
        ("key", ""),
        ("fund", "fighting-fund"),
        ("amount", "25"),
        ("method", "cheque"),
        ("state", "received"),
        ("received_on", "2021-06-26"),
        ("appeal", ""),
        ("name", "Ann Ashworth"),
        ("email", "ann@example.org"),
        ("acknowledge_as", ""),
        ("note", ""),
    ];
    let rest = own.into_iter().filter(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    fields.iter().copied().chain(rest).filter(|(name, value)| *name != "key" || !value.is_empty()).collect()
}

/// The gift as it stands.
pub fn gift(app: &TestApp, number: i64) -> Donation {
    app.app.db.read(|conn| donations::by_number(conn, number)).expect("the books").expect("a gift")
}

fn gifts(app: &TestApp) -> Vec<Donation> {
    app.app.db.read(|conn| donations::search(conn, &Search::default(), 100)).expect("the books")
}

/// What the audit trail says was done, the newest first.
pub fn trail(app: &TestApp) -> Vec<String> {
    let steps = app.app.db.read(|conn| audit::before(conn, None, "", 100)).expect("the trail");
    steps.into_iter().map(|step| step.action).collect()
}

fn path(number: i64, deed: &str) -> String {
    format!("/desk/gifts/{}/{deed}", Reference::of(number))
}

async fn raised(app: &TestApp) -> String {
    let page = app.page("/funds/fighting-fund").await;
    let after = page.split_once(r#"class="figure""#).unwrap_or_else(|| panic!("no figure: {page}")).1;
    after.split(['>', '<']).nth(1).expect("a figure").to_owned()
}

#[actix_web::test]
async fn a_cheque_is_recorded_with_its_receipt_and_a_line_of_the_trail() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;

    let number = desk.gift(&[("amount", "£1,000"), ("note", "from the branch")]).await;

    let gift = gift(&app, number);
    assert_eq!((gift.amount_minor, gift.status), (100_000, Status::Received));
    assert_eq!(gift.recorded_by, format!("staff:1 {}", "The clerk"));
    assert!(!gift.request_id.is_empty());
    assert!(trail(&app).contains(&"gift recorded".to_owned()));
    let page = desk.page(&format!("/desk/gifts/{}", gift.reference())).await;
    for said in ["£1,000.00", "2021-000001", "Ann Ashworth", "assets:cheques-in-hand", "ann@example.org", "The clerk"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
}

#[actix_web::test]
async fn a_second_click_records_nothing_more() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let key = ("key", "018f0000-0000-7000-8000-000000000001");

    let first = desk.gift(&[key]).await;
    let second = desk.gift(&[key]).await;

    assert_eq!((first, gifts(&app).len()), (second, 1));
    assert_eq!(trail(&app).iter().filter(|action| *action == "gift recorded").count(), 1);
}

#[actix_web::test]
async fn one_form_with_two_contents_asks_before_it_records_another_gift() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let key = ("key", "018f0000-0000-7000-8000-000000000002");
    desk.gift(&[key]).await;

    let (status, page) = desk.send("/desk/gifts/new", &with_defaults(&[key, ("amount", "30")])).await;

    assert_eq!(status, 422);
    assert!(page.contains("press the button once more") && !page.contains(key.1), "{page}");
    assert_eq!(gifts(&app).len(), 1);
}

#[actix_web::test]
async fn what_was_typed_is_kept_beside_what_is_wrong_with_it() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let typed = with_defaults(&[("amount", "1e3"), ("email", "a@b"), ("received_on", "2021-06-30"), ("note", "kept")]);

    let (status, page) = desk.send("/desk/gifts/new", &typed).await;

    assert_eq!(status, 422);
    assert!(page.contains(r#"id="amount-error""#) && page.contains(r#"id="email-error""#), "{page}");
    assert!(page.contains(r#"value="1e3""#) && page.contains(r#"value="a@b""#) && page.contains("kept"), "{page}");
    let (status, page) = desk.send("/desk/gifts/new", &with_defaults(&[("received_on", "2021-06-30")])).await;
    assert_eq!(status, 422);
    assert!(page.contains(r#"id="received_on-error""#), "{page}");
    assert_eq!(gifts(&app).len(), 0);
}

#[actix_web::test]
async fn a_gift_is_placed_in_another_open_appeal_when_staff_say_so() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    desk.gift(&[("received_on", "2021-05-20")]).await;

    let placed = desk.gift(&[("appeal", "fighting-fund/2021-05"), ("amount", "40")]).await;

    assert_eq!(gift(&app, placed).appeal, "2021-05");
}

#[actix_web::test]
async fn a_promise_is_received_with_a_receipt_or_cancelled_without() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let kept = desk.gift(&[("state", "promised"), ("method", "bank_transfer")]).await;
    let broken = desk.gift(&[("state", "promised"), ("amount", "30")]).await;
    assert_eq!(raised(&app).await, "£0");

    let received = desk.send(&path(kept, "receive"), &[("key", "k1"), ("received_on", "2021-06-25")]).await;
    let again = desk.send(&path(kept, "receive"), &[("key", "k1"), ("received_on", "2021-06-25")]).await;
    let cancelled = desk.send(&path(broken, "cancel"), &[("key", "k2"), ("reason", "moved away")]).await;

    assert_eq!((received.0, again.0, cancelled.0), (303, 303, 303));
    let kept = gift(&app, kept);
    assert_eq!(kept.receipt.map(|receipt| receipt.to_string()).as_deref(), Some("2021-000001"));
    assert_eq!(kept.received_on.map(|day| day.to_string()).as_deref(), Some("2021-06-25"));
    assert_eq!(gift(&app, broken).status, Status::Cancelled);
    assert_eq!(raised(&app).await, "£25");
}

#[actix_web::test]
async fn a_promise_is_received_with_what_came_of_it() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let number = desk.gift(&[("state", "promised"), ("method", "bank_transfer")]).await;
    let page = desk.page(&format!("/desk/gifts/{}", Reference::of(number))).await;
    assert!(page.contains(r#"id="receive-amount" name="amount" value="25.00""#), "{page}");

    for (typed, sentence) in [
        ("ten", "Please write"),
        ("0", "The amount must be more than nothing."),
        ("9999999", "is more than this fund’s largest gift of"),
    ] {
        let (status, page) = desk.send(&path(number, "receive"), &[("key", "k1"), ("amount", typed)]).await;
        assert!(status == 422 && page.contains(sentence) && page.contains(&format!("value=\"{typed}\"")), "{page}");
    }
    let sent = [("key", "k2"), ("amount", "0.50"), ("received_on", "2021-06-25")];
    assert_eq!(
        (desk.send(&path(number, "receive"), &sent).await.0, desk.send(&path(number, "receive"), &sent).await.0),
        (303, 303)
    );

    assert_eq!((gift(&app, number).amount_minor, gift(&app, number).status), (50, Status::Received));
    let page = desk.page(&format!("/desk/gifts/{}", Reference::of(number))).await;
    assert!(page.contains("£25.00 promised by bank transfer.") && page.contains("£0.50 arrived."), "{page}");
    let steps = app.app.db.read(|conn| audit::before(conn, None, "", 1)).expect("the trail");
    assert_eq!(steps[0].detail, "£0.50 of £25.00 received on 2021-06-25");
}

#[actix_web::test]
async fn a_refund_in_part_and_then_whole_lowers_the_total_at_once_and_stands_in_the_history() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let number = desk.gift(&[("amount", "25")]).await;

    let part = [("key", "k1"), ("amount", "10"), ("reason", "asked for it back")];
    let first = desk.send(&path(number, "refund"), &part).await;
    let click = desk.send(&path(number, "refund"), &part).await;
    let after_part = raised(&app).await;
    let whole = desk.send(&path(number, "refund"), &[("key", "k2"), ("amount", "15"), ("reason", "all of it")]).await;

    assert_eq!((first.0, click.0, whole.0), (303, 303, 303));
    assert_eq!((after_part.as_str(), raised(&app).await.as_str()), ("£15", "£0"));
    let page = desk.page(&format!("/desk/gifts/{}", Reference::of(number))).await;
    for said in ["£10.00 refunded.", "asked for it back", "£15.00 refunded.", "The treasurer", "Entry 3"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(trail(&app).iter().filter(|action| *action == "gift refunded").count(), 2);
}

#[actix_web::test]
async fn more_than_is_left_gets_a_sentence_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let number = desk.gift(&[]).await;

    let typed = [("key", "k1"), ("amount", "25.01"), ("reason", "too much")];
    let (status, page) = desk.send(&path(number, "refund"), &typed).await;
    let (_, no_reason) = desk.send(&path(number, "refund"), &[("key", "k2"), ("amount", "5"), ("reason", " ")]).await;

    assert_eq!(status, 422);
    assert!(page.contains("Only £25.00 of this gift is left"), "{page}");
    assert!(page.contains(r#"value="25.01""#) && page.contains(r#"value="too much""#), "{page}");
    assert!(no_reason.contains(r#"id="refund-reason-error""#), "{no_reason}");
    assert_eq!(raised(&app).await, "£25");
}

#[actix_web::test]
async fn a_cheque_bounces_and_cash_does_not() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let cheque = desk.gift(&[]).await;
    let cash = desk.gift(&[("method", "cash"), ("amount", "40")]).await;

    let bounced = desk.send(&path(cheque, "bounce"), &[("key", "k1"), ("reason", "no funds")]).await;
    let (status, page) = desk.send(&path(cash, "bounce"), &[("key", "k2"), ("reason", "")]).await;

    assert_eq!((bounced.0, gift(&app, cheque).status), (303, Status::Bounced));
    assert_eq!(status, 422);
    assert!(page.contains("Use a refund instead"), "{page}");
    assert_eq!(raised(&app).await, "£40");
}

#[actix_web::test]
async fn a_receipt_is_sent_again_once_a_click_and_marked_as_a_duplicate() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let number = desk.gift(&[]).await;
    app.send_mail();

    desk.send(&path(number, "resend"), &[("key", "k1")]).await;
    desk.send(&path(number, "resend"), &[("key", "k1")]).await;

    let letters = app.app.db.read(|conn| fighting_fund::outbox::of_donation(conn, number)).expect("the outbox");
    let kinds: Vec<&str> = letters.iter().map(|letter| letter.kind.name()).collect();
    assert_eq!(kinds, ["receipt", "duplicate"]);
    let page = desk.page(&format!("/desk/gifts/{}", Reference::of(number))).await;
    assert!(page.contains("Receipt sent once more."), "{page}");
    app.send_mail();
}

#[actix_web::test]
async fn a_clerk_cannot_refund_and_an_auditor_cannot_write() {
    let app = TestApp::start().await;
    let clerk = Desk::of(&app, Role::Clerk).await;
    let auditor = Desk::of(&app, Role::Auditor).await;
    let number = clerk.gift(&[]).await;
    let place = format!("/desk/gifts/{}", Reference::of(number));

    let refund = clerk.send(&path(number, "refund"), &[("key", "k"), ("amount", "5"), ("reason", "x")]).await;
    let entered = auditor.send("/desk/gifts/new", &with_defaults(&[])).await;
    let resent = auditor.send(&path(number, "resend"), &[("key", "k")]).await;

    assert_eq!((refund.0, entered.0, resent.0), (403, 403, 403));
    assert!(!clerk.page(&place).await.contains("/refund"), "a clerk sees no refund");
    let seen = auditor.page(&place).await;
    assert!(!seen.contains("/resend") && !seen.contains("/refund"), "an auditor sees no button: {seen}");
    assert_eq!((gifts(&app).len(), raised(&app).await.as_str()), (1, "£25"));
}

#[actix_web::test]
async fn a_name_is_text_and_never_markup() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let name = r#"<script>alert(1)</script>"><img src=x>"#;
    let number = desk.gift(&[("name", name), ("note", name), ("acknowledge_as", name)]).await;

    for path in [
        "/desk".to_owned(),
        "/desk/gifts".to_owned(),
        format!("/desk/gifts/{}", Reference::of(number)),
        path(number, "receipt"),
    ] {
        let page = desk.page(&path).await;
        assert!(!page.contains("<script>alert") && !page.contains("<img"), "{path}: {page}");
    }
}

#[actix_web::test]
async fn a_printed_receipt_names_the_society_and_the_number() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let number = desk.gift(&[]).await;
    let promised = desk.gift(&[("state", "promised")]).await;

    let page = desk.page(&path(number, "receipt")).await;

    assert!(page.contains("Receipt 2021-000001") && page.contains("not eligible for Gift Aid"), "{page}");
    assert_eq!(desk.get(&path(promised, "receipt")).await.0, 404);
}
