//! What readers see: pages, files, problem pages.

use crate::harness::TestApp;

#[actix_web::test]
async fn a_file_is_asked_for_once_and_then_known() {
    let app = TestApp::start().await;
    let first = app.client.get(app.at("/static/fund.css")).send().await.expect("an answer");
    let tag = first.headers()["etag"].to_str().expect("a tag").to_owned();

    let second =
        app.client.get(app.at("/static/fund.css")).header("If-None-Match", &tag).send().await.expect("an answer");

    assert_eq!(first.status(), 200);
    assert_eq!(first.headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(first.headers()["cache-control"], "public, max-age=3600");
    assert_eq!(second.status(), 304);
    assert_eq!(second.headers()["etag"].to_str().expect("a tag"), tag);
}

#[actix_web::test]
async fn a_file_whose_address_names_its_content_is_kept_for_ever() {
    let app = TestApp::start().await;

    let answer =
        app.client.get(app.at(&fighting_fund::http::assets::address("fund.css"))).send().await.expect("an answer");

    assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
}
