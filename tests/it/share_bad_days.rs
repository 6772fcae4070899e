//! Bad days of the register, with the real program as a child process.

use serde_json::{Value, json};

use crate::program::Place;

/// Applications of one meeting.
const APPLICATIONS: usize = 500;

#[actix_web::test]
async fn kill_nine_in_the_middle_of_a_bulk_allotment_leaves_all_of_it_or_nothing() {
    let place = Place::new();
    let token = place.token("shares:write");
    let client = reqwest::Client::new();
    let mut program = place.serve();
    let mut references = Vec::with_capacity(APPLICATIONS);
    for number in 0..APPLICATIONS {
        references.push(paid(&client, &program.url, &token, number).await);
    }
    let mut kills_before = 0;

    // Each time a little later, until one gets through: before, in the middle of, and after the transaction.
    let answered = loop {
        let body = json!({"applications": references, "minute": "1/1"});
        let request = client
            .post(format!("{}/api/v1/shares/applications/allotments", program.url))
            .bearer_auth(&token)
            .header("Idempotency-Key", "meeting")
            .json(&body)
            .send();
        let answer = actix_web::rt::spawn(request);
        if kills_before < 6 {
            actix_web::rt::time::sleep(std::time::Duration::from_millis(15 * (1 << kills_before))).await;
            program.kill();
            drop(answer.await);
            kills_before += 1;
            program = place.serve();
            let members = count(&client, &program.url, &token).await;
            assert!(members == 0 || members == APPLICATIONS, "{members} of {APPLICATIONS} after kill {kills_before}");
            continue;
        }
        let answer = answer.await.expect("a task").expect("an answer");
        break answer.status().as_u16();
    };

    assert!(answered == 201 || answered == 200, "{answered}");
    assert_eq!(count(&client, &program.url, &token).await, APPLICATIONS);
    program.stop();
    let verify = place.command(&["verify"]).output().expect("verify");
    assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stdout));
}

async fn paid(client: &reqwest::Client, url: &str, token: &str, number: usize) -> String {
    let holder = json!({"kind": "person", "name": format!("Reader {number}"), "address": "1 High St"});
    let sent = json!({"class": "ordinary", "shares": 5, "holder": holder, "accepts_rules": true});
    let post = |path: String, key: String, body: Value| async move {
        let request = client.post(format!("{url}/api/v1/shares/{path}")).bearer_auth(token);
        let answer = request.header("Idempotency-Key", key).json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 201);
        answer.json::<Value>().await.expect("JSON")
    };
    let applied = post("applications".to_owned(), format!("a{number}"), sent).await;
    let reference = applied["reference"].as_str().expect("a reference").to_owned();
    let money = json!({"amount": "5.00", "method": "cash"});
    post(format!("applications/{reference}/payment"), format!("p{number}"), money).await;
    reference
}

async fn count(client: &reqwest::Client, url: &str, token: &str) -> usize {
    let answer = client.get(format!("{url}/api/v1/shares/register")).bearer_auth(token).send().await;
    let register: Value = answer.expect("an answer").json().await.expect("JSON");
    register["members"].as_array().map_or(0, Vec::len)
}
