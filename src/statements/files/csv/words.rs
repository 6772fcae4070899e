//! Words of banks for direction, state and balances, in English, German, Dutch and French.
//!
//! Invariant: a word that is not known says nothing; nobody guesses from a part of it.

use super::layout::plain;

/// What a row says of its booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The money moved.
    Booked,
    /// It has not moved yet, or never will.
    NotBooked,
}

/// Whether a word says that money came (`true`) or went.
///
/// ```
/// use fighting_fund::statements::files::csv::words::direction;
/// assert_eq!(direction("Money In"), Some(true));
/// assert_eq!(direction("Af"), Some(false));
/// assert_eq!(direction("Direct debit"), None);
/// ```
pub fn direction(text: &str) -> Option<bool> {
    match text.trim() {
        "+" => return Some(true),
        "-" | "−" | "–" => return Some(false),
        _ => {}
    }
    let word = plain(text);
    if is_in(CREDITS, &word) {
        Some(true)
    } else if is_in(DEBITS, &word) {
        Some(false)
    } else {
        None
    }
}

const CREDITS: &str = "c cr crdt cred credit credits in h haben gutschrift paidin moneyin paymentin incoming inbound \
    received receipt deposit crédit avoir recette bij bijschrijving inkomend eingang zahlungseingang \
    inflow creditentry creditamount plus moneyreceived paymentreceived entrée ontvangen";

const DEBITS: &str = "d dr db dbit debit debits out s soll belastung paidout moneyout paymentout outgoing outbound \
    sent withdrawal withdrawn débit dépense af afschrijving uitgaand ausgang zahlungsausgang outflow \
    debitentry debitamount minus moneysent paymentsent sortie betaald doit";

/// Whether a list of words parted by spaces has this one.
pub fn is_in(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split(' ').any(|one| one == word)
}

/// What a word says of the booking; nothing where it is not known.
///
/// ```
/// use fighting_fund::statements::files::csv::words::{State, state};
/// assert_eq!(state("COMPLETED"), Some(State::Booked));
/// assert_eq!(state("Vorgemerkt"), Some(State::NotBooked));
/// assert_eq!(state("Perhaps"), None);
/// ```
pub fn state(text: &str) -> Option<State> {
    let word = plain(text);
    if is_in(BOOKED, &word) {
        Some(State::Booked)
    } else if is_in(NOT_BOOKED, &word) || NOT_BOOKED_STEMS.split(' ').any(|stem| word.starts_with(stem)) {
        Some(State::NotBooked)
    } else {
        None
    }
}

const BOOKED: &str = "book booked posted complete completed cleared settled success successful succeeded done executed \
    processed paid accepted confirmed final finalised finalized reconciled ok gebucht umsatzgebucht \
    ausgeführt abgeschlossen erledigt gebuchtet verbucht geboekt verwerkt voltooid uitgevoerd \
    comptabilisé comptabilisée exécuté exécutée effectué effectuée terminé terminée validé validée \
    approved actual transferred received sent realised";

const NOT_BOOKED: &str = "pdng info futr notbooked notposted uncleared unsettled open created draft initiated incomplete \
    unpaid blocked held hold onhold temporary estimated frozen offen vorgemerkt inbearbeitung ausstehend \
    geplant vorgemerkterumsatz umsatzvorgemerkt openstaand inbehandeling gereserveerd gepland enattente \
    encours àvenir bloqué prévu nichtausgeführt bounced dishonoured annulé annulée rejeté rejetée refusé \
    refusée échoué échouée geannuleerd geweigerd mislukt teruggedraaid storniert abgelehnt \
    fehlgeschlagen abgebrochen gescheitert rückgängig unsuccessful void voided waiting awaiting undone \
    error errored inprogress";

/// Beginnings: "Pending approval", "Cancelled by user", "Failed: no funds".
const NOT_BOOKED_STEMS: &str = "pend fail declin revert cancel revers reject refus schedul authoris authoriz expir process upcoming \
    future queued reserv submit abandon suspend timedout denied";

/// Which balance a row tells instead of money that moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BalanceRow {
    /// Before the lines.
    Opening,
    /// After them.
    Closing,
    /// A sum, or it does not say.
    Other,
}

/// Whether texts of a row say nothing but a balance or a sum.
///
/// ```
/// use fighting_fund::statements::files::csv::words::{BalanceRow, balance_row};
/// assert_eq!(balance_row("BALANCE BROUGHT FORWARD"), Some(BalanceRow::Opening));
/// assert_eq!(balance_row("Endsaldo 31.03.2026"), Some(BalanceRow::Closing));
/// assert_eq!(balance_row("Total"), Some(BalanceRow::Other));
/// assert_eq!(balance_row("TOTAL ENERGIES"), None);
/// assert_eq!(balance_row("Balance of Ada Brook"), None);
/// ```
pub fn balance_row(text: &str) -> Option<BalanceRow> {
    let lower = text.to_lowercase().replace("b/f", "broughtforward ").replace("c/f", "carriedforward ");
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_number = |word: &str| word.chars().all(|c| c.is_ascii_digit());
    let is_plain = |word: &str| is_number(word) || is_in(BESIDES, word) || is_month(word);
    let says = |some: &str| words.iter().any(|word| is_in(some, word));
    let is_balance = says(BALANCES) || says(OPENINGS_ALONE) || says(CLOSINGS_ALONE);
    let is_all = words.iter().all(|word| {
        is_plain(word)
            || [BALANCES, OPENINGS_ALONE, CLOSINGS_ALONE, OPENINGS, CLOSINGS].iter().any(|some| is_in(some, word))
    });
    if !is_balance || !is_all {
        return None;
    }
    Some(match (says(OPENINGS) || says(OPENINGS_ALONE), says(CLOSINGS) || says(CLOSINGS_ALONE)) {
        (true, false) => BalanceRow::Opening,
        (false, true) => BalanceRow::Closing,
        _ => BalanceRow::Other,
    })
}

fn is_month(word: &str) -> bool {
    is_in(MONTHS, word)
}

const MONTHS: &str = "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august \
    september october november december januar februar märz mai juni juli oktober dezember januari \
    februari maart mei augustus janvier février mars avril juin juillet août septembre octobre novembre \
    décembre";

const BALANCES: &str = "balance balances total totals subtotal sum saldo kontostand summe gesamt gesamtsumme zwischensumme \
    übertrag solde totaux totaal totalen subtotaal forward fwd wd";
const OPENINGS_ALONE: &str = "broughtforward anfangssaldo anfangsbestand startsaldo saldovortrag beginsaldo openingsaldo openingssaldo \
    eröffnungssaldo";
const CLOSINGS_ALONE: &str = "carriedforward endsaldo schlusssaldo abschlusssaldo eindsaldo slotsaldo endbestand";
const OPENINGS: &str = "opening brought start starting begin beginning previous old initial alter altes letzter vorheriger \
    vorig vorige oud ancien précédent départ last initialer";
const CLOSINGS: &str = "closing carried end ending final new neuer neues nieuw nieuwe nouveau fin finale actuel current \
    aktueller available clôture";
const BESIDES: &str = "of at the on to as for in out from per this and is your account ledger period statement day month \
    year page date paid money debit debits credit credits transactions payments receipts overdraft am \
    vom zum der des und op van het de au du le la général sub grand gbp eur cleared running amount cr dr";
