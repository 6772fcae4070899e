//! Siblings of the files that users met: other banks' words for the same habit, each with its right value.

use fighting_fund::statements::told::ToldLine;

use crate::statement_cases::taken;

/// "2026-03-10 1000 PAYER|texts" for each line, or the refusal.
fn read(file: &str) -> Result<Vec<String>, String> {
    let line = |line: &ToldLine| {
        let texts = [line.reference.as_str(), line.description.as_str()].join(" ");
        format!("{} {} {}|{}", line.booked_on, line.amount_minor, line.payer, texts.trim())
    };
    Ok(taken(file.as_bytes(), "", "")?.statements.iter().flat_map(|told| &told.lines).map(line).collect())
}

fn amounts(file: &str) -> Vec<i64> {
    let found = taken(file.as_bytes(), "", "").expect("a file that is taken");
    found.statements.iter().flat_map(|told| &told.lines).map(|line| line.amount_minor).collect()
}

fn refusal(file: &str) -> String {
    read(file).expect_err("a refusal")
}

fn balances(file: &str) -> (Option<i64>, Option<i64>) {
    let found = taken(file.as_bytes(), "", "").expect("a file that is taken");
    let first = found.statements.first().and_then(|told| told.opening_minor);
    (first, found.statements.last().and_then(|told| told.closing_minor))
}

#[test]
fn a_column_says_credit_or_debit_in_the_words_of_four_languages() {
    for (heading, came, went) in [
        ("Type", "CR", "DR"),
        ("Type", "Money In", "Money Out"),
        ("Direction", "IN", "OUT"),
        ("Af Bij", "Bij", "Af"),
        ("Soll/Haben", "H", "S"),
        ("Sens", "Crédit", "Débit"),
        ("Something", "Incoming", "Outgoing"),
    ] {
        let file = format!("Date,Description,Amount,{heading}\n10/03/2026,A,10.00,{came}\n11/03/2026,B,4.00,{went}\n");
        assert_eq!(amounts(&file), [1_000, -400], "{heading} {came} {went}");
    }
}

#[test]
fn a_sign_and_a_word_that_do_not_agree_are_refused_with_the_row() {
    let signed = "Date,Description,Amount,Type\n10/03/2026,A,-10.00,Credit\n";
    let mixed = "Date,Description,Amount,Type\n10/03/2026,A,10.00,Debit\n11/03/2026,B,5.00,BGC\n";

    assert!(refusal(signed).starts_with("row 2: \"Credit\" and the sign of the amount do not agree"));
    assert!(refusal(mixed).starts_with("row 3: no amount of this file has a sign"), "{}", refusal(mixed));
}

#[test]
fn rows_that_are_not_booked_are_left_out_and_told_whatever_their_bank_calls_it() {
    for word in [
        "Pending",
        "DECLINED",
        "Cancelled by you",
        "Reversed",
        "Vorgemerkt",
        "Geannuleerd",
        "En attente",
        "Failed: no funds",
    ] {
        let file = format!(
            "Date,Description,Amount,Status\n10/03/2026,A,10.00,Booked\n11/03/2026,B,4.00,{word}\n,C,3.00,{word}\n"
        );
        let found = taken(file.as_bytes(), "", "").expect("a file");
        assert_eq!(amounts(&file), [1_000], "{word}");
        assert_eq!(
            found.notes,
            [(3, format!("not booked ({word}); left out")), (4, format!("not booked ({word}); left out"))]
        );
    }
    let unknown = "Date,Description,Amount,Status\n10/03/2026,A,10.00,Booked\n11/03/2026,B,4.00,Perhaps\n";
    assert!(refusal(unknown).starts_with("row 3: its state \"Perhaps\" says neither"), "{}", refusal(unknown));
    let none = "Date,Description,Amount,Status\n10/03/2026,A,10.00,Pending\n";
    assert!(refusal(none).contains("nothing was booked in these days but one row"), "{}", refusal(none));
}

#[test]
fn rows_of_balances_are_no_money_and_prove_the_others() {
    for (before, after) in [
        ("Balance brought forward", "Balance carried forward"),
        ("OPENING BALANCE", "CLOSING BALANCE"),
        ("Anfangssaldo", "Endsaldo"),
        ("Beginsaldo", "Eindsaldo 31-03-2026"),
        ("Ancien solde", "Nouveau solde"),
        ("B/F", "C/F"),
    ] {
        let file = |end: &str| {
            format!(
                "Date,Description,Debit,Credit\n01/03/2026,{before},,100.00\n10/03/2026,A,,10.00\n11/03/2026,B,4.00,\n31/03/2026,{after},,{end}\n,Totals,4.00,10.00\n"
            )
        };
        assert_eq!(amounts(&file("106.00")), [1_000, -400], "{before}");
        assert_eq!(balances(&file("106.00")), (Some(10_000), Some(10_600)), "{before}");
        assert!(refusal(&file("107.00")).contains("the balance says £107.00"), "{before}");
    }
}

#[test]
fn a_payer_whose_name_begins_with_total_or_balance_is_a_payer() {
    let file = "Date,Description,Amount\n10/03/2026,TOTAL ENERGIES,10.00\n11/03/2026,Balance of Ada Brook,4.00\n12/03/2026,Total Decorators,1.00\n";

    assert_eq!(amounts(file), [1_000, 400, 100]);
}

#[test]
fn a_quotation_mark_that_does_not_close_swallows_no_row() {
    let two = "Date,Amount,Memo\n10/03/2026,1.00,\"A\n11/03/2026,2.00,\"B\n12/03/2026,3.00,C\n";
    let closed_later = "Date,Amount,Memo\n10/03/2026,1.00,\"A\n11/03/2026,2.00,B\"\n12/03/2026,3.00,C\n";
    let inside = "Date,Amount,Memo\n10/03/2026,1.00,\"A \"B\" C\"\n11/03/2026,2.00,D\n";
    let with_comma = "Date,Memo,Amount\n10/03/2026,\"A, B,1.00\n11/03/2026,C,2.00\n";

    assert_eq!(amounts(two), [100, 200, 300]);
    assert!(refusal(closed_later).starts_with("In row 2 a quotation mark opens"), "{}", refusal(closed_later));
    assert_eq!(read(inside).expect("a file"), ["2026-03-10 100 |A \"B\" C", "2026-03-11 200 |D"]);
    assert!(refusal(with_comma).starts_with("In row 2 a quotation mark opens"), "{}", refusal(with_comma));
}

#[test]
fn a_text_that_holds_the_separator_moves_no_amount() {
    let file = "Date,Description,Amount,Balance\n10/03/2026,A,10.00,110.00\n11/03/2026,B, and C,4.00,114.00\n";

    assert!(refusal(file).starts_with("row 3: it has 5 cells, and there are 4 columns"), "{}", refusal(file));
}

#[test]
fn without_headings_the_balances_prove_which_column_is_which_or_somebody_is_asked() {
    let proved = "10/03/2026,A,10.00,,110.00\n11/03/2026,B,,4.00,106.00\n";
    let turned = "10/03/2026,A,110.00,10.00\n11/03/2026,B,106.00,-4.00\n";
    let open = "10/03/2026,A,10.00,\n11/03/2026,B,,4.00\n";
    let days = "10/03/2026,12/03/2026,A,10.00\n";

    assert_eq!(amounts(proved), [1_000, -400]);
    assert_eq!(amounts(turned), [1_000, -400]);
    assert!(refusal(open).contains("please say which is paid in and which is paid out"));
    assert!(refusal(days).contains("please say which is the day of booking"), "{}", refusal(days));
}

#[test]
fn money_under_a_heading_that_nobody_knows_is_not_left_out() {
    let file = "Date,Description,Credit,Abgang\n10/03/2026,A,10.00,\n11/03/2026,B,,4.00\n";

    assert!(
        refusal(file).starts_with("row 3: it has no amount that is understood, but 4.00 under Abgang"),
        "{}",
        refusal(file)
    );
}

#[test]
fn a_point_before_three_digits_is_thousands_only_where_the_file_says_so() {
    let german = "Datum;Verwendungszweck;Betrag\n10.03.2026;A;1.005\n11.03.2026;B;12,50\n";
    let english = "Date,Description,Amount\n10/03/2026,A,\"1,005\"\n11/03/2026,B,12.50\n";

    assert_eq!(amounts(german), [100_500, 1_250]);
    assert_eq!(amounts(english), [100_500, 1_250]);
    assert!(
        refusal("Date,Description,Amount\n10/03/2026,A,1.005\n11/03/2026,B,12.50\n").contains("more decimals than GBP")
    );
}

#[test]
fn another_currency_is_refused_wherever_it_is_said() {
    for file in [
        "Date,Description,Amount (EUR)\n10/03/2026,A,10.00\n",
        "Date,Description,Amount\n10/03/2026,A,€10.00\n",
        "Date,Description,Amount,Currency\n10/03/2026,A,10.00,USD\n",
        "Currency:,EUR,\n\nDate,Description,Amount\n10/03/2026,A,10.00\n",
        ":20:A\n:25:1\n:28C:1\n:60F:C260301EUR0,\n:61:260310C5,NTRFX\n:62F:C260310EUR5,\n",
    ] {
        let refusal = refusal(file);
        assert!(refusal.contains("these books count in GBP"), "{file}: {refusal}");
    }
}

#[test]
fn a_fee_beside_the_amount_is_taken_as_the_balances_prove_or_asked_about() {
    let apart = "Date,Description,Amount,Fee,Balance\n10/03/2026,A,10.00,0.00,110.00\n11/03/2026,B,-4.00,1.00,105.00\n";
    let within =
        "Date,Description,Amount,Fee,Balance\n10/03/2026,A,10.00,0.00,110.00\n11/03/2026,B,-5.00,1.00,105.00\n";
    let open = "Date,Description,Amount,Fee\n10/03/2026,A,10.00,1.00\n";

    assert_eq!(amounts(apart), [1_000, -500]);
    assert_eq!(amounts(within), [1_000, -500]);
    assert!(refusal(open).contains("it has a fee beside its amount"), "{}", refusal(open));
}

#[test]
fn signs_that_only_balances_tell_are_taken_where_an_opening_balance_proves_the_first() {
    let open = "Date,Details,Amount,Balance\n10/03/2026,A,10.00,90.00\n11/03/2026,B,5.00,85.00\n";
    let proved = "Date,Details,Amount,Balance\n01/03/2026,Opening balance,,100.00\n10/03/2026,A,10.00,90.00\n11/03/2026,B,5.00,95.00\n";

    assert!(refusal(open).contains("no row says whether money came or went"), "{}", refusal(open));
    assert_eq!(amounts(proved), [-1_000, 500]);
}

#[test]
fn a_time_of_day_in_a_text_of_mt940_is_no_field_and_a_second_opening_is_a_cut() {
    let head = ":20:A\n:25:1\n:28C:1\n:60F:C260301GBP0,\n:61:2603100310C60,00NTRFNONREF\n:86:ADA BROOK AT 16\n";
    let file = format!("{head}:20:15 LEEDS\n:62F:C260310GBP60,\n\u{1a}\nLANTGB2L\n940\n");
    let cut = format!("{head}:20:B\n:25:1\n:28C:2\n:60F:C260310GBP60,\n:62F:C260310GBP60,\n");

    assert_eq!(read(&file).expect("a file"), ["2026-03-10 6000 |ADA BROOK AT 16 :20:15 LEEDS"]);
    assert!(refusal(&cut).contains("ends in the middle"), "{}", refusal(&cut));
}

#[test]
fn the_other_side_of_mt940_is_the_payee_where_money_went_and_the_giver_where_a_gift_went_back() {
    let file = |mark: &str, sign: &str| {
        format!(
            ":20:A\n:25:1\n:28C:1\n:60F:C260301GBP100,\n:61:2603100310{mark}60,00NTRFNONREF\n:86:/BENM//NAME/BEN COLE/ORDP//NAME/ADA BROOK/REMI/FF ONE\n:62F:C260310GBP{sign},\n"
        )
    };

    assert_eq!(read(&file("D", "40")).expect("a file"), ["2026-03-10 -6000 BEN COLE|FF ONE ADA BROOK"]);
    assert_eq!(read(&file("RC", "40")).expect("a file"), ["2026-03-10 -6000 ADA BROOK|FF ONE BEN COLE"]);
}

#[test]
fn a_less_than_sign_in_a_memo_is_a_letter_and_a_pending_line_is_left_out() {
    let ofx = |lines: &str| {
        format!(
            "OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>GBP<BANKACCTFROM><ACCTID>1</BANKACCTFROM><BANKTRANLIST>{lines}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
        )
    };
    let line = |tag: &str, kind: &str, memo: &str| {
        format!("<{tag}><TRNTYPE>{kind}<DTPOSTED>20260310<TRNAMT>12.00<FITID>{memo}<NAME>ADA<MEMO>{memo}</{tag}>")
    };

    let read_one = |memo: &str| read(&ofx(&line("STMTTRN", "CREDIT", memo))).expect("a file");
    assert_eq!(read_one("we <love> you"), ["2026-03-10 1200 ADA|we <love> you"]);
    assert_eq!(read_one("5 < 6 <BEN"), ["2026-03-10 1200 ADA|5 < 6 <BEN"]);
    let pending = ofx(&format!("{}{}", line("STMTTRN", "CREDIT", "A"), line("STMTTRNP", "CREDIT", "B")));
    assert_eq!(read(&pending).expect("a file").len(), 1);
    assert!(refusal(&ofx(&line("STMTTRN", "DEBIT", "A"))).contains("its type says DEBIT and its amount has no minus"));
}
