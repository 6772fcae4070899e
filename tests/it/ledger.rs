//! The ledger.

use crate::harness::TestApp;

#[actix_web::test]
async fn an_empty_ledger_is_proved() {
    let app = TestApp::start().await;

    let fault = app.fault();

    assert_eq!(fault, None);
}
