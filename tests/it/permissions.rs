//! The one table of who may do what, walked over HTTP by everybody, and compared with what is registered.

use std::collections::BTreeSet;
use std::path::Path;

use fighting_fund::staff::permissions::{Need, TABLE};
use fighting_fund::staff::{Role, Scope};
use reqwest::{Client, StatusCode};

use crate::harness::{TestApp, browser};

/// Where staff mind their own account: an auditor does too.
const OWN_ACCOUNT: &[&str] = &["/desk/sign-out", "/desk/account"];

/// Someone who asks.
struct Asker {
    name: String,
    role: Option<Role>,
    scopes: Vec<Scope>,
    token: Option<String>,
    browser: Client,
}

impl Asker {
    async fn all(app: &TestApp) -> Vec<Self> {
        let nobody = Self { name: "nobody".to_owned(), role: None, scopes: vec![], token: None, browser: browser() };
        let mut all = vec![nobody];
        for role in Role::ALL {
            let browser = app.sign_in(role).await;
            all.push(Self { name: role.name().to_owned(), role: Some(role), scopes: vec![], token: None, browser });
        }
        for scope in Scope::ALL {
            let token = Some(app.token(scope.name()).await);
            let name = format!("a token for {}", scope.name());
            all.push(Self { name, role: None, scopes: vec![scope], token, browser: browser() });
        }
        all
    }

    /// What the table says of this one, said again in the test's own words.
    fn should_enter(&self, need: Need) -> bool {
        match need {
            Need::Anyone => true,
            Need::Roles(roles) => self.role.is_some_and(|role| roles.contains(&role)),
            Need::Scope(wanted) => self.scopes.iter().any(|held| {
                let family = |scope: &Scope| scope.name().split(':').next().map(str::to_owned);
                held == &wanted || (held.name().ends_with(":write") && family(held) == family(&wanted))
            }),
        }
    }

    async fn enters(&self, app: &TestApp, method: &str, pattern: &str) -> bool {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.browser.request(method.clone(), app.at(&address(pattern)));
        if method == reqwest::Method::POST {
            request = request.form(&[("nothing", "")]);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        let place = answer.headers().get("location").and_then(|place| place.to_str().ok()).unwrap_or_default();
        let is_refused = matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            || place.starts_with("/desk/sign-in?next=");
        assert!(!answer.status().is_server_error(), "{method} {pattern} fails for {}: {}", self.name, answer.status());
        !is_refused
    }
}

/// An address that the pattern matches.
fn address(pattern: &str) -> String {
    let reference = fighting_fund::reference::Reference::of(99).to_string();
    let filled =
        [("{slug}", "fighting-fund"), ("{reference}", reference.as_str()), ("{id}", "999"), ("{name}", "fund.css")];
    let address = filled.iter().fold(pattern.to_owned(), |address, (name, value)| address.replace(name, value));
    let mut plain = String::new();
    let mut depth = 0;
    for c in address.chars() {
        match c {
            '{' => {
                depth += 1;
                plain.push('x');
            }
            '}' => depth -= 1,
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
}

#[actix_web::test]
async fn every_route_lets_in_whom_the_table_lets_in_and_nobody_else() {
    let app = TestApp::start().await;
    let mut askers = Asker::all(&app).await;
    let mut wrong = Vec::new();

    for (method, pattern, need) in TABLE {
        for asker in &mut askers {
            let (may, does) = (asker.should_enter(*need), asker.enters(&app, method, pattern).await);
            if may != does {
                wrong.push(format!(
                    "{method} {pattern}: {} {}",
                    asker.name,
                    if does { "got in" } else { "was refused" }
                ));
            }
            if let Some(role) = asker.role.filter(|_| pattern.contains("sign-")) {
                asker.browser = app.sign_in(role).await;
            }
        }
    }

    assert_eq!(wrong, Vec::<String>::new());
}

#[actix_web::test]
async fn an_address_that_is_not_in_the_table_is_refused_to_everybody() {
    let app = TestApp::start().await;
    let administrator = app.sign_in(Role::Administrator).await;

    let page = administrator.get(app.at("/desk/no-such-page")).send().await.expect("an answer");
    let method = administrator.delete(app.at("/desk/tokens")).send().await.expect("an answer");

    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert_eq!(method.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[test]
fn an_auditor_changes_nothing_and_a_clerk_gives_nothing_back() {
    let mut wrong = Vec::new();

    for (method, pattern, need) in TABLE {
        let Need::Roles(roles) = need else { continue };
        let is_own = OWN_ACCOUNT.iter().any(|own| pattern.starts_with(own));
        if *method != "GET" && !is_own && roles.contains(&Role::Auditor) {
            wrong.push(format!("{method} {pattern} lets an auditor change something"));
        }
        let is_decision =
            ["refund", "bounce", "settings", "/funds", "/appeals"].iter().any(|word| pattern.contains(word));
        if *method != "GET" && is_decision && (roles.contains(&Role::Clerk) || roles.contains(&Role::Secretary)) {
            wrong.push(format!("{method} {pattern} lets a clerk or a secretary decide"));
        }
        if *method == "GET" && !roles.contains(&Role::Auditor) && !pattern.ends_with("/new") {
            wrong.push(format!("{method} {pattern} keeps an auditor from reading"));
        }
    }

    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_registered_route_stands_in_the_table_and_the_table_names_no_other() {
    let registered = registered();

    let table: BTreeSet<(String, String)> =
        TABLE.iter().map(|(method, pattern, _)| ((*method).to_owned(), (*pattern).to_owned())).collect();

    assert_eq!(table.len(), TABLE.len(), "a route stands twice in the table");
    let unlisted: Vec<_> = registered.difference(&table).collect();
    let stale: Vec<_> = table.difference(&registered).collect();
    assert!(unlisted.is_empty(), "registered, but not in the table: {unlisted:?}");
    assert!(stale.is_empty(), "in the table, but not registered: {stale:?}");
}

/// Method and pattern of every route that `src/` registers, read from the source: `route("/x", web::get()` and
/// `resource("/x").route(web::get()`.
fn registered() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (path, text) in sources() {
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for opening in ["web::scope(", ".default_service("] {
            assert!(path == "app.rs" || !code.contains(opening), "src/{path}: {opening} hides what it registers");
        }
        for (at, word) in ["web::resource(", ".route("].iter().flat_map(|word| code.match_indices(word)) {
            let given = code[at + word.len()..].trim_start();
            let is_read = given.starts_with('"') || (word == ".route(" && given.starts_with("web::"));
            assert!(is_read, "src/{path}: {word}... hides its address; write it out");
        }
        let starts: Vec<usize> = ["route(", "resource("]
            .iter()
            .flat_map(|word| code.match_indices(word).map(|(at, word)| at + word.len()))
            .filter(|at| code[*at..].trim_start().starts_with('"'))
            .collect();
        for at in starts {
            let rest = code[at..].trim_start().trim_start_matches('"');
            let Some((pattern, rest)) = rest.split_once('"').filter(|(pattern, _)| pattern.starts_with('/')) else {
                continue;
            };
            let ends = ["route(\"", "resource(", ";"].iter().filter_map(|end| rest.find(end));
            let rest = &rest[..ends.min().unwrap_or(rest.len())];
            let methods = ["get", "post", "put", "patch", "delete"];
            let methods: Vec<_> = methods.iter().filter(|method| rest.contains(&format!("web::{method}()"))).collect();
            assert!(!methods.is_empty(), "src/{path}: {pattern} is registered for every method");
            found.extend(methods.into_iter().map(|method| (method.to_uppercase(), pattern.to_owned())));
        }
    }
    assert!(found.len() > 20, "the routes were not read");
    found
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of src") {
            let path = entry.expect("an entry of src").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).expect("a file of src");
                found.push((path.strip_prefix(&root).expect("below src").display().to_string(), text));
            }
        }
    }
    found
}
