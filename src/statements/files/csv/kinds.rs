//! How the money of a row moved, in the short words of banks.

use crate::statements::Kind;

/// The short words of British banks.
pub fn kind(text: &str) -> Kind {
    let plain = super::layout::plain(text);
    match plain.as_str() {
        "bgc"
        | "fpi"
        | "fpo"
        | "bp"
        | "tfr"
        | "trf"
        | "transfer"
        | "fasterpayment"
        | "fasterpayments"
        | "bankcredit"
        | "directcredit"
        | "automatedcredit"
        | "cr"
        | "fp"
        | "chaps"
        | "bacs"
        | "bankgirocredit"
        | "banktransfer"
        | "fasterpaymentsincoming" => Kind::Transfer,
        "so" | "sto" | "standingorder" => Kind::StandingOrder,
        "dd" | "ddr" | "directdebit" => Kind::DirectDebit,
        "chq" | "cheque" | "chequepaidin" | "chequedeposit" | "pic" => Kind::Cheque,
        "csh" | "cash" | "cashin" | "cashpaidin" | "counter" | "atm" | "cpt" | "payingin" | "counterdeposit" => {
            Kind::Cash
        }
        "pos" | "deb" | "vis" | "card" | "debitcard" | "cardpayment" | "dpc" => Kind::Card,
        "chg" | "charge" | "charges" | "fee" | "fees" | "bankcharges" | "comm" => Kind::Fee,
        "int" | "interest" | "intr" => Kind::Interest,
        _ => Kind::Other,
    }
}
