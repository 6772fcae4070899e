//! Where the rows of a text begin, and whether its quotation marks part them as they were meant.
//!
//! Invariant: a cell that opens with a quotation mark and does not close before a separator or an end of line stops the
//! file, because every row behind the mark would become a part of that cell.

/// The number of each record that has something in it, as a spreadsheet counts rows; the row of a mark that does not
/// close.
pub(super) fn rows(text: &str, separator: u8) -> Result<Vec<usize>, usize> {
    let bytes = text.as_bytes();
    let (mut at, mut row, mut rows) = (0, 1, Vec::new());
    while at < bytes.len() {
        let start = at;
        at = record_end(bytes, at, separator).ok_or(row)?;
        if at > start {
            rows.push(row);
        }
        at += usize::from(bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n')) + 1;
        row += 1;
    }
    Ok(rows)
}

/// Where the record that begins here ends, before the end of its line; nothing when a quoted cell does not close.
fn record_end(bytes: &[u8], mut at: usize, separator: u8) -> Option<usize> {
    loop {
        if bytes.get(at) == Some(&b'"') {
            at = cell_end(bytes, at + 1)?;
            let is_closed = bytes.get(at).is_none_or(|next| *next == separator || matches!(next, b'\r' | b'\n'));
            if !is_closed {
                return None;
            }
        } else {
            while bytes.get(at).is_some_and(|byte| *byte != separator && !matches!(byte, b'\r' | b'\n')) {
                at += 1;
            }
        }
        match bytes.get(at) {
            Some(byte) if *byte == separator => at += 1,
            _ => return Some(at),
        }
    }
}

/// Where a quoted cell ends, behind its closing mark; a doubled mark is one in the text.
fn cell_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match (bytes.get(at)?, bytes.get(at + 1)) {
            (b'"', Some(b'"')) => at += 2,
            (b'"', _) => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_as_a_spreadsheet_shows_them() {
        assert_eq!(rows("a,b\r\n1,\"two\nlines\"\r\n\r\n3,4\r\n", b','), Ok(vec![1, 2, 4]));
        assert_eq!(rows("a\n5\" pipe\n\"say \"\"so\"\"\"", b','), Ok(vec![1, 2, 3]));
    }

    #[test]
    fn a_mark_that_swallows_the_rows_behind_it_is_named_by_its_row() {
        assert_eq!(rows("a,b\n1,\"Keep going\n2,x\n3,y\n", b','), Err(2));
        assert_eq!(rows("a,b\n1,x\n2,\"Keep going\n3,\"nice\"\n", b','), Err(3));
    }
}
