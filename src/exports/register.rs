//! The register as CSV, in the columns that `import register` takes: one line a holding, one a member who left.

use std::io::Write;

use super::{ExportError, cell};
use crate::db::{Conn, DbError};
use crate::money::plain;
use crate::shares::import::FIELDS;
use crate::shares::numbers::{CertificateNumber, MemberNumber};
use crate::shares::register::{self, Line, View};
use crate::shares::{self, Certificate, ShareClass};

/// Writes the register of a view, in the order of member numbers.
///
/// # Errors
/// [`ExportError`]: the database or the file failed.
pub fn write(conn: &mut Conn, view: &View, out: &mut impl Write) -> Result<(), ExportError> {
    out.write_all(&head()?)?;
    let mut after = MemberNumber(0);
    loop {
        let (lines, next) = register::page(conn, view, after)?;
        out.write_all(&page(conn, view, &lines)?)?;
        match next {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}

/// The line with the columns' names.
///
/// # Errors
/// [`ExportError`], never in practice.
pub fn head() -> Result<Vec<u8>, ExportError> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(FIELDS.map(|field| field.name))?;
    Ok(csv.into_inner().map_err(|error| error.into_error())?)
}

/// Some lines of the register as CSV.
///
/// # Errors
/// [`ExportError`]: the database failed.
pub fn page(conn: &mut Conn, view: &View, lines: &[Line]) -> Result<Vec<u8>, ExportError> {
    let classes = shares::classes(conn)?;
    let ids: Vec<i64> = lines.iter().map(|line| line.holder.id).collect();
    let certificates = shares::certificates_on(conn, &ids, view)?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    for line in lines {
        if line.holdings.is_empty() {
            csv.write_record(row(line, None, &certificates)?)?;
        }
        for holding in &line.holdings {
            let class = classes.iter().find(|class| class.id == holding.class_id);
            let class = class.ok_or_else(|| DbError::Corrupt(format!("there is no class {}", holding.class_id)))?;
            csv.write_record(row(line, Some((class, holding)), &certificates)?)?;
        }
    }
    Ok(csv.into_inner().map_err(|error| error.into_error())?)
}

fn row(
    line: &Line,
    held: Option<(&ShareClass, &register::Holding)>,
    certificates: &[Certificate],
) -> Result<[String; 14], DbError> {
    let holder = &line.holder;
    let of_class = |class: &ShareClass| {
        let own = certificates.iter().filter(|one| one.holder_id == holder.id && one.class_id == class.id);
        let names = own.map(|one| {
            if one.old_number.is_empty() { CertificateNumber(one.number).to_string() } else { one.old_number.clone() }
        });
        names.collect::<Vec<_>>().join("; ")
    };
    Ok([
        line.member.to_string(),
        holder.kind.name().to_owned(),
        cell(&holder.name).into_owned(),
        cell(&holder.names.join("; ")).into_owned(),
        cell(&holder.representative).into_owned(),
        cell(&holder.address).into_owned(),
        cell(holder.email.as_deref().unwrap_or_default()).into_owned(),
        holder.email_purposes.clone(),
        line.entered_on.to_string(),
        line.ceased_on.map(|day| day.to_string()).unwrap_or_default(),
        held.map(|(class, _)| class.code.clone()).unwrap_or_default(),
        held.map(|(_, holding)| holding.shares.to_string()).unwrap_or_default(),
        held.map(|(class, holding)| plain(holding.paid_minor, class.currency)).unwrap_or_default(),
        held.map(|(class, _)| cell(&of_class(class)).into_owned()).unwrap_or_default(),
    ])
}
