//! SQL of sections.

use diesel::prelude::*;

use crate::db::schema::{holders, share_section_areas, share_sections};
use crate::db::{Conn, DbError};

/// Where members meet and vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its row.
    pub id: i64,
    /// "Scotland"
    pub name: String,
    /// The beginnings of its postcodes.
    pub areas: Vec<String>,
}

/// Every section, by name.
///
/// # Errors
/// Only when the database fails.
pub fn all(conn: &mut Conn) -> Result<Vec<Section>, DbError> {
    let rows: Vec<(i64, String)> = share_sections::table.order(share_sections::name).load(conn)?;
    let areas: Vec<(String, i64)> = share_section_areas::table.order(share_section_areas::area).load(conn)?;
    let of = |id: i64| areas.iter().filter(|(_, section)| *section == id).map(|(area, _)| area.clone()).collect();
    Ok(rows.into_iter().map(|(id, name)| Section { id, name, areas: of(id) }).collect())
}

pub(in crate::shares) fn insert(conn: &mut Conn, name: &str) -> Result<Section, DbError> {
    let last: Option<i64> = share_sections::table.select(diesel::dsl::max(share_sections::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_sections::table)
        .values((share_sections::id.eq(id), share_sections::name.eq(name)))
        .execute(conn)?;
    Ok(Section { id, name: name.to_owned(), areas: Vec::new() })
}

pub(in crate::shares) fn set_areas(conn: &mut Conn, section: i64, areas: &[String]) -> Result<(), DbError> {
    diesel::delete(share_section_areas::table.filter(share_section_areas::section_id.eq(section))).execute(conn)?;
    let mut areas = areas.to_vec();
    areas.sort_unstable();
    areas.dedup();
    for area in areas {
        diesel::insert_into(share_section_areas::table)
            .values((share_section_areas::area.eq(area), share_section_areas::section_id.eq(section)))
            .execute(conn)?;
    }
    Ok(())
}

pub(in crate::shares) fn choose(conn: &mut Conn, holder: i64, section: Option<i64>) -> Result<(), DbError> {
    diesel::update(holders::table.find(holder)).set(holders::section_id.eq(section)).execute(conn)?;
    Ok(())
}
