//! Any statement, written as some bank would, comes back as it was, or is refused; never otherwise.

use std::fmt::Write;

use chrono::{Days, NaiveDate};
use fighting_fund::money::{GBP, plain};
use proptest::prelude::*;

use crate::statement_cases::taken;

/// A line as it happened, and whether the bank only announces it.
#[derive(Debug, Clone)]
struct Happened {
    minor: i64,
    text: String,
    is_pending: bool,
}

/// How a bank writes a CSV file.
#[derive(Debug, Clone)]
struct Dress {
    money: usize,
    has_balance: bool,
    has_state: bool,
    has_total: bool,
    has_opening: bool,
    is_newest_first: bool,
    separator: char,
    is_comma: bool,
    quotes_all: bool,
    order: usize,
}

fn happened() -> impl Strategy<Value = Vec<Happened>> {
    let text =
        prop_oneof!["[A-Z]{6,9} [A-Z0-9]{6,8}", "[A-Z]{6,8}[,;] [A-Z]{6,8}", "\"[A-Z]{6,8}", "[A-Z]{5,7}\"[A-Z]{5,7}"];
    let minor = prop_oneof![1_i64..9_999_999, -9_999_999_i64..-1];
    let one = (minor, text, prop::bool::weighted(0.2)).prop_map(|(minor, text, is_pending)| Happened {
        minor,
        text,
        is_pending,
    });
    prop::collection::vec(one, 1..25)
}

fn dress() -> impl Strategy<Value = Dress> {
    let flags = prop::collection::vec(any::<bool>(), 7);
    (0..4_usize, flags, 0..3_usize, 0..3_usize).prop_map(|(money, flags, separator, order)| Dress {
        money,
        has_balance: flags[0],
        has_state: flags[1],
        has_total: flags[2],
        has_opening: flags[3],
        is_newest_first: flags[4],
        separator: [',', ';', '\t'][separator],
        is_comma: flags[5],
        quotes_all: flags[6],
        order,
    })
}

impl Dress {
    fn figure(&self, minor: i64) -> String {
        let figure = plain(minor, GBP);
        if self.is_comma { figure.replace('.', ",") } else { figure }
    }

    /// Name and text of each cell of a row.
    fn cells(
        &self,
        day: &str,
        text: &str,
        minor: Option<i64>,
        balance: i64,
        state: &str,
    ) -> Vec<(&'static str, String)> {
        let amount = |wanted: bool| {
            minor.filter(|minor| (*minor > 0) == wanted).map_or(String::new(), |minor| self.figure(minor.abs()))
        };
        let mut cells = vec![("Date", day.to_owned()), ("Description", text.to_owned())];
        match self.money {
            0 => cells.push(("Amount", minor.map_or(String::new(), |minor| self.figure(minor)))),
            1 => cells.extend([("Paid out", amount(false)), ("Paid in", amount(true))]),
            2 => cells.extend([("Credit", amount(true)), ("Debit", amount(false))]),
            _ => {
                let word = minor.map_or("", |minor| if minor > 0 { "CRDT" } else { "DBIT" });
                cells.extend([
                    ("Amount", minor.map_or(String::new(), |minor| self.figure(minor.abs()))),
                    ("Type", word.to_owned()),
                ]);
            }
        }
        if self.has_balance {
            cells.push(("Balance", self.figure(balance)));
        }
        if self.has_state {
            cells.push(("Status", state.to_owned()));
        }
        let by = self.order % cells.len();
        cells.rotate_left(by);
        cells
    }

    fn row(&self, cells: impl Iterator<Item = String>) -> String {
        let quoted = |cell: String| {
            let needs = self.quotes_all || cell.contains(self.separator) || cell.contains('"');
            if needs { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
        };
        cells.map(quoted).collect::<Vec<_>>().join(&self.separator.to_string())
    }

    fn write(&self, all: &[Happened]) -> String {
        let begin = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
        let day = |at: usize| (begin + Days::new(at as u64 / 3)).format("%d/%m/%Y").to_string();
        let (mut balance, mut rows) = (50_000, Vec::new());
        for (at, one) in all.iter().enumerate() {
            balance += if one.is_pending && self.has_state { 0 } else { one.minor };
            let state = if one.is_pending { "Pending" } else { "Completed" };
            rows.push(self.cells(&day(at), &one.text, Some(one.minor), balance, state));
        }
        if self.has_opening && self.has_balance {
            rows.insert(0, self.cells(&day(0), "Opening balance", None, 50_000, "Completed"));
        }
        if self.is_newest_first {
            rows.reverse();
        }
        if self.has_total {
            rows.push(self.cells("", "Total", Some(balance), balance, ""));
        }
        let mut file = String::new();
        writeln!(file, "{}", self.row(rows[0].iter().map(|(name, _)| (*name).to_owned()))).expect("text");
        for row in rows {
            writeln!(file, "{}", self.row(row.into_iter().map(|(_, cell)| cell))).expect("text");
        }
        file
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_csv_file_says_what_happened_or_is_refused(all in happened(), dress in dress()) {
        let file = dress.write(&all);
        let booked: Vec<i64> = all.iter().filter(|one| !one.is_pending || !dress.has_state).map(|one| one.minor).collect();

        match taken(file.as_bytes(), "", "") {
            Ok(found) => {
                let mut told: Vec<i64> = found.statements.iter().flat_map(|told| &told.lines).map(|line| line.amount_minor).collect();
                let mut booked = booked;
                if !dress.has_balance {
                    // Within a day nothing says which came first.
                    told.sort_unstable();
                    booked.sort_unstable();
                }
                prop_assert_eq!(told, booked, "{}", file);
            }
            Err(sentence) => prop_assert!(booked.is_empty() || sentence.contains("row "), "{sentence}\n{file}"),
        }
    }

    #[test]
    fn an_mt940_says_what_happened_whatever_stands_around_it(
        amounts in prop::collection::vec(prop_oneof![1_i64..9_999_999, -9_999_999_i64..-1], 1..20),
        texts in prop::collection::vec("[A-Z]{2,9} [0-9]{2}\n:[2-5][0-9]:[0-9]{2} [A-Z]{2,9}", 20),
        is_paged in any::<bool>(),
        has_tail in any::<bool>(),
    ) {
        let mut file = if has_tail { "BANKGB2L\n940\n:940:\n".to_owned() } else { String::new() };
        let figure = |minor: i64| plain(minor.abs(), GBP).replace('.', ",");
        let side = |minor: i64| if minor < 0 { 'D' } else { 'C' };
        write!(file, ":20:A\n:25:1\n:28C:1\n:60F:C260301GBP0,\n").expect("text");
        for (minor, text) in amounts.iter().zip(&texts) {
            write!(file, ":61:2603100310{}{}NTRFNONREF\n:86:{text}\n", side(*minor), figure(*minor)).expect("text");
        }
        let sum: i64 = amounts.iter().sum();
        let tag = if is_paged { "62M" } else { "62F" };
        write!(file, ":{tag}:{}260310GBP{}\n{}", side(sum), figure(sum), if has_tail { "-\nBANKGB2L\n940\n\u{1a}" } else { "" }).expect("text");

        let found = taken(file.as_bytes(), "", "").map_err(|sentence| TestCaseError::fail(format!("{sentence}\n{file}")))?;

        let told: Vec<i64> = found.statements.iter().flat_map(|told| &told.lines).map(|line| line.amount_minor).collect();
        prop_assert_eq!(told, amounts);
    }

    #[test]
    fn an_ofx_says_what_happened_whatever_its_payers_wrote(
        amounts in prop::collection::vec(prop_oneof![1_i64..9_999_999, -9_999_999_i64..-1], 1..20),
        memos in prop::collection::vec("[A-Z]{3,8} ?[<>&]? ?[A-Z0-9a-z]{0,5}", 20),
        pending in prop::collection::vec(any::<bool>(), 20),
        is_whole_closed in any::<bool>(),
    ) {
        let close = |tag: &str| if is_whole_closed { format!("</{tag}>") } else { String::new() };
        let fact = |tag: &str, text: &str| format!("<{tag}>{text}{}", close(tag));
        let mut lines = String::new();
        for (at, ((minor, memo), pending)) in amounts.iter().zip(&memos).zip(&pending).enumerate() {
            let tag = if *pending { "STMTTRNP" } else { "STMTTRN" };
            let facts = [
                fact("TRNTYPE", "OTHER"),
                fact("DTPOSTED", "20260310"),
                fact("TRNAMT", &plain(*minor, GBP)),
                fact("FITID", &at.to_string()),
                fact("NAME", "A READER"),
                fact("MEMO", memo),
            ];
            writeln!(lines, "<{tag}>{}</{tag}>", facts.concat()).expect("text");
        }
        let booked: Vec<i64> = amounts.iter().zip(&pending).filter(|(_, pending)| !**pending).map(|(minor, _)| *minor).collect();
        let sum = plain(booked.iter().sum(), GBP);
        let file = format!(
            "OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>{}<BANKACCTFROM>{}</BANKACCTFROM><BANKTRANLIST>\n{lines}</BANKTRANLIST><LEDGERBAL>{}{}</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n",
            fact("CURDEF", "GBP"), fact("ACCTID", "12345678"), fact("BALAMT", &sum), fact("DTASOF", "20260331"),
        );

        let found = taken(file.as_bytes(), "", "").map_err(|sentence| TestCaseError::fail(format!("{sentence}\n{file}")))?;

        let told: Vec<i64> = found.statements.iter().flat_map(|told| &told.lines).map(|line| line.amount_minor).collect();
        prop_assert_eq!(&told, &booked, "{}", file);
        prop_assert_eq!(found.notes.len() + told.len(), amounts.len());
    }

    #[test]
    fn a_camt_says_what_happened_and_parts_each_bulk_that_adds_up(
        bulks in prop::collection::vec(prop::collection::vec(1_i64..999_999, 1..6), 1..8),
        signs in prop::collection::vec(any::<bool>(), 8),
        place in 0..3_usize,
        tells_parts in any::<bool>(),
    ) {
        let (mut entries, mut wanted, mut sum) = (String::new(), Vec::new(), 0);
        for (parts, is_credit) in bulks.iter().zip(&signs) {
            let whole: i64 = parts.iter().sum();
            let (side, sign) = if *is_credit { ("CRDT", 1) } else { ("DBIT", -1) };
            let (before, behind) = [("", ""), ("<AmtDtls><TxAmt>", "</TxAmt></AmtDtls>"), ("<AmtDtls><InstdAmt>", "</InstdAmt></AmtDtls>")][place];
            let part = |minor: &i64| {
                let amount = if tells_parts { format!("{before}<Amt Ccy=\"GBP\">{}</Amt>{behind}", plain(*minor, GBP)) } else { String::new() };
                format!("<TxDtls>{amount}<RmtInf><Ustrd>WORDS {minor}</Ustrd></RmtInf></TxDtls>")
            };
            let all: String = parts.iter().map(part).collect();
            write!(entries, "<Ntry><Amt Ccy=\"GBP\">{}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-10</Dt></BookgDt><NtryDtls>{all}</NtryDtls></Ntry>", plain(whole, GBP)).expect("text");
            sum += sign * whole;
            if tells_parts { wanted.extend(parts.iter().map(|part| sign * part)) } else { wanted.push(sign * whole) }
        }
        let balance = |code: &str, minor: i64| format!("<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"GBP\">{}</Amt><CdtDbtInd>{}</CdtDbtInd></Bal>", plain(minor.abs(), GBP), if minor < 0 { "DBIT" } else { "CRDT" });
        let file = format!("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Id>1</Id>{}{}{entries}</Stmt></BkToCstmrStmt></Document>", balance("OPBD", 0), balance("CLBD", sum));

        let found = taken(file.as_bytes(), "", "").map_err(|sentence| TestCaseError::fail(format!("{sentence}\n{file}")))?;

        let lines: Vec<_> = found.statements.iter().flat_map(|told| &told.lines).collect();
        prop_assert_eq!(lines.iter().map(|line| line.amount_minor).collect::<Vec<_>>(), wanted, "{}", file);
        let words: Vec<&str> = lines.iter().map(|line| line.reference.as_str()).collect();
        for part in bulks.iter().flatten() {
            let wanted = format!("WORDS {part}");
            prop_assert!(words.iter().any(|said| said.contains(&wanted)), "{}", wanted);
        }
    }
}
