//! SQL of the society.

use diesel::prelude::*;

use crate::db::schema::society as society_table;
use crate::db::{Conn, DbError};
use crate::funds::Society;

/// The society, as settings have it.
///
/// # Errors
/// Only when the database fails.
pub fn society(conn: &mut Conn) -> Result<Society, DbError> {
    let row: Option<SocietyRow> = society_table::table.find(1).first(conn).optional()?;
    Ok(row.map_or_else(Society::unnamed, Society::from))
}

/// Keeps the society's particulars.
///
/// # Errors
/// Only when the database fails.
pub fn update_society(conn: &mut Conn, society: &Society) -> Result<(), DbError> {
    diesel::delete(society_table::table).execute(conn)?;
    diesel::insert_into(society_table::table).values(SocietyRow::from(society.clone())).execute(conn)?;
    Ok(())
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = society_table)]
struct SocietyRow {
    id: i64,
    name: String,
    address: String,
    registration: String,
    charity_sentence: String,
    contact_email: String,
    bank_account_name: String,
    bank_sort_code: String,
    bank_account_number: String,
    cheques_payable_to: String,
}

impl From<SocietyRow> for Society {
    fn from(row: SocietyRow) -> Self {
        Self {
            name: row.name,
            address: row.address,
            registration: row.registration,
            charity_sentence: row.charity_sentence,
            contact_email: row.contact_email,
            bank_account_name: row.bank_account_name,
            bank_sort_code: row.bank_sort_code,
            bank_account_number: row.bank_account_number,
            cheques_payable_to: row.cheques_payable_to,
        }
    }
}

impl From<Society> for SocietyRow {
    fn from(society: Society) -> Self {
        Self {
            id: 1,
            name: society.name,
            address: society.address,
            registration: society.registration,
            charity_sentence: society.charity_sentence,
            contact_email: society.contact_email,
            bank_account_name: society.bank_account_name,
            bank_sort_code: society.bank_sort_code,
            bank_account_number: society.bank_account_number,
            cheques_payable_to: society.cheques_payable_to,
        }
    }
}
