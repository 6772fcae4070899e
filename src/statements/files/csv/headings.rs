//! What headings of banks mean, in English, German, Dutch and French.
//!
//! Invariant: of two headings that mean the same the better one is taken: the booking day before the value day, what
//! moves the balance before what does not. A heading that names another currency is never taken for ours.

use super::layout::{Column, plain};
use super::words::is_in;
use crate::money::Currency;

/// Headings without spaces and signs, the better first.
const HEADINGS: [(Column, &str); 17] = [
    (
        Column::Day,
        "bookingdate bookeddate bookedon dateposted posteddate postingdate posted datebooked entrydate processeddate \
         buchungstag buchungsdatum buchung boekdatum boekingsdatum datedecomptabilisation datecomptable dateopération \
         datedopération completeddate datecompleted dateprocessed transactiondate transdate date datum day valuedate \
         valutadatum wertstellung wertstellungsdatum rentedatum valuta datevaleur datedevaleur starteddate datestarted",
    ),
    (
        Column::Amount,
        "netamount net totalamount amountnet amount amountgbp transactionamount value sum betrag umsatz bedrag \
         transactiebedrag montant grossamount gross",
    ),
    (
        Column::PaidIn,
        "paidin moneyin credit creditamount credits in receipts deposits deposit amountin inflow amountcredited credited \
         received moneyreceived haben gutschrift crédit créditeur bij inkomsten recettes",
    ),
    (
        Column::PaidOut,
        "paidout moneyout debit debitamount debits out withdrawals withdrawal payments amountout outflow withdrawn \
         amountdebited debited spent moneyspent soll belastung lastschrift débit débiteur af uitgaven dépenses",
    ),
    (
        Column::Direction,
        "creditdebit debitcredit drcr crdr creditordebit debitorcredit dc cd creditdebitindicator sign \
         debitcreditindicator direction crdrindicator sollhaben sollhabenkennzeichen sh afbij bijaf sens inout inorout \
         transactiondirection moneyinout",
    ),
    (
        Column::Balance,
        "balance runningbalance accountbalance ledgerbalance balanceafter newbalance balanceaftertransaction \
         closingbalance saldo kontostand saldonachbuchung saldonamutatie solde soldeaprès",
    ),
    (Column::State, "state status transactionstatus paymentstatus bookingstatus buchungsstatus statut umsatzstatus"),
    (Column::Fee, "fee fees feeamount transactionfee charge gebühr kosten frais"),
    (
        Column::Reference,
        "reference ref paymentreference customerreference yourreference payerreference references betalingskenmerk \
         kenmerk kundenreferenz référence",
    ),
    (
        Column::Payer,
        "name payer payee counterparty counterpartyname from thirdparty paidby merchant merchantname remitter \
         auftraggeberempfänger beguenstigterzahlungspflichtiger begünstigterzahlungspflichtiger zahlungsbeteiligter \
         auftraggeber empfänger naam naamtegenpartij tegenpartij contrepartie payername sender",
    ),
    (
        Column::Description,
        "description details transactiondescription narrative memo particulars narrative1 narrative2 narrative3 \
         transactiondetails notes text transaction additionalinformation merchantdescription verwendungszweck \
         buchungstext omschrijving mededelingen libellé communication message naamomschrijving",
    ),
    (
        Column::Kind,
        "type transactiontype subcategory code typecode transactioncode category mutatiesoort umsatzart transactionmethod",
    ),
    (Column::BankId, "transactionid fitid uniqueid transactionreference bankreference entryreference"),
    (
        Column::PayerAccount,
        "counterpartyaccount payeraccount counterpartyiban otheraccount tegenrekening gegenkonto kontonummeriban \
         counterpartyaccountnumber",
    ),
    (Column::SortCode, "sortcode branchcode"),
    (
        Column::Account,
        "accountnumber account accountno iban ouraccount rekening rekeningnummer auftragskonto kontonummer",
    ),
    (
        Column::Currency,
        "currency ccy currencycode accountcurrency paymentcurrency transactioncurrency amountcurrency währung waehrung \
         munt muntsoort devise",
    ),
];

/// Codes that stand in headings.
const CODES: &str = "gbp eur usd chf sek nok dkk pln cad aud nzd jpy zar inr huf czk";

/// What a heading most likely means, and how good it is: of two that mean the same the lower goes first.
pub fn meant(heading: &str) -> Option<(Column, usize)> {
    let whole = plain(heading);
    let bare = plain(&without_brackets(heading));
    let short = CODES.split(' ').find_map(|code| bare.strip_suffix(code)).map(str::to_owned);
    let units = ["utc", "gmt"].into_iter().find_map(|unit| bare.strip_suffix(unit)).map(str::to_owned);
    [Some(whole), Some(bare.clone()), short, units].into_iter().flatten().find_map(|name| {
        let place = |words: &str| words.split(' ').filter(|word| !word.is_empty()).position(|word| word == name);
        HEADINGS.into_iter().find_map(|(column, words)| Some((column, place(words)?)))
    })
}

/// Whether a heading says that its amounts are after fees.
pub fn is_after_fees(heading: &str) -> bool {
    is_in("netamount net totalamount amountnet", &plain(&without_brackets(heading)))
}

/// Whether it is the currency of a fee.
pub fn is_fee_currency(heading: &str) -> bool {
    is_in("feecurrency chargecurrency", &plain(heading))
}

/// Whether cells name columns: a day, and an amount in one column or two.
pub fn is_heading(cells: &[&str]) -> bool {
    let meant: Vec<Column> = cells.iter().filter_map(|cell| meant(cell)).map(|(column, _)| column).collect();
    // "Debit/Credit" is the amount with some banks.
    let is_amount =
        |column: &Column| matches!(column, Column::Amount | Column::PaidIn | Column::PaidOut | Column::Direction);
    meant.contains(&Column::Day) && meant.iter().any(is_amount)
}

/// A currency that a heading names and that is not ours: "Amount (EUR)", "Betrag in €".
pub fn other_currency(heading: &str, ours: Currency) -> Option<String> {
    if let Some((_, code)) =
        [('€', "EUR"), ('£', "GBP"), ('$', "USD")].into_iter().find(|(sign, _)| heading.contains(*sign))
    {
        return Some(code.to_owned()).filter(|code| code != ours.code());
    }
    let words = heading.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let mut codes = words.filter(|word| is_in(CODES, word)).map(|word| word.to_uppercase());
    codes.find(|code| code != ours.code())
}

/// "Date completed (UTC)" without "(UTC)".
fn without_brackets(heading: &str) -> String {
    let (mut bare, mut depth) = (String::new(), 0_u32);
    for c in heading.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    bare
}
