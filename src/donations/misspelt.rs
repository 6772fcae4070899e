//! Mail domains that look like a great provider's with a slip in them: `gmial.com`. No clock, no database, no network.
//!
//! Invariant: it only asks. Whoever says that the address is right as it is, is believed.

/// Where most readers have their mail. Short names stand in it so that they are not taken for slips of others.
const PROVIDERS: [&str; 32] = [
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.co.uk",
    "outlook.com",
    "live.com",
    "live.co.uk",
    "msn.com",
    "yahoo.com",
    "yahoo.co.uk",
    "ymail.com",
    "rocketmail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "mail.com",
    "email.com",
    "gmx.com",
    "gmx.net",
    "gmx.co.uk",
    "btinternet.com",
    "btopenworld.com",
    "sky.com",
    "talktalk.net",
    "virginmedia.com",
    "ntlworld.com",
    "blueyonder.co.uk",
    "tiscali.co.uk",
    "protonmail.com",
    "protonmail.ch",
    "proton.me",
];
/// A provider's name of fewer letters has too many honest neighbours: `sky.com` and `ski.com`.
const NAME_CHARS_MIN: usize = 5;
/// A name of so many letters may have two slips.
const LONG_NAME_CHARS: usize = 9;

/// The address that was probably meant; nothing where the domain is a provider's, or like none.
///
/// ```
/// use fighting_fund::donations::misspelt::meant;
/// assert_eq!(meant("ann@gmial.com").as_deref(), Some("ann@gmail.com"));
/// assert_eq!(meant("ann@hotmail.con").as_deref(), Some("ann@hotmail.com"));
/// assert_eq!(meant("ann@btinternt.co").as_deref(), Some("ann@btinternet.com"));
/// assert_eq!((meant("ann@gmail.com"), meant("ann@ski.com"), meant("ann@paper.example")), (None, None, None));
/// ```
pub fn meant(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let domain = domain.to_lowercase();
    if PROVIDERS.contains(&domain.as_str()) {
        return None;
    }
    let near = PROVIDERS.iter().filter_map(|known| slips(&domain, known).map(|slips| (slips, *known)));
    let (_, provider) = near.min_by_key(|(slips, _)| *slips)?;
    Some(format!("{local}@{provider}"))
}

/// How many slips make `domain` of a provider's; nothing where they are too many to be slips.
fn slips(domain: &str, known: &str) -> Option<usize> {
    let name = known.split('.').next().unwrap_or_default().len();
    let most = match name {
        LONG_NAME_CHARS.. => 2,
        NAME_CHARS_MIN.. => 1,
        _ => return None,
    };
    let (domain, known): (Vec<char>, Vec<char>) = (domain.chars().collect(), known.chars().collect());
    if domain.len().abs_diff(known.len()) > most {
        return None;
    }
    Some(distance(&domain, &known)).filter(|slips| (1..=most).contains(slips))
}

/// Letters wrong, missing, too many, or two neighbours in each other's place (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let wrong = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = wrong.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
