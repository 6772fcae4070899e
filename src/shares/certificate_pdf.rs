//! A certificate as a page to keep: the society, the holder, the shares, and the code by which a stranger can confirm it.
//!
//! Invariant: the same certificate gives the same bytes. What the fonts cannot write is not left as empty boxes: the
//! page names the member by number then, and the register has the name.

use chrono::{Datelike, NaiveDate};
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use super::letters::{counted, grouped};
use super::numbers::CertificateNumber;
use super::{Certificate, Holder, ShareClass};
use crate::funds::Society;
use crate::funds::words::day;
use crate::money::display;

static REGULAR: &[u8] = include_bytes!("../../templates/fonts/LibertinusSerif-Regular.otf");
static BOLD: &[u8] = include_bytes!("../../templates/fonts/LibertinusSerif-Bold.otf");

/// A4, in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const LEFT: f32 = 84.0;
const MEASURE: f32 = WIDTH - 2.0 * LEFT;
const RED: (u8, u8, u8) = (168, 21, 27);
const INK: (u8, u8, u8) = (29, 26, 22);
const SOFT: (u8, u8, u8) = (92, 86, 76);

/// What stands on a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// "C000045"
    pub number: String,
    society: String,
    registration: String,
    office: String,
    holder: String,
    member: String,
    shares: String,
    value: String,
    issued_on: NaiveDate,
    code: String,
    link: String,
    /// Why it is worth nothing any more.
    cancelled: Option<String>,
}

impl Paper {
    /// The words of a certificate.
    pub fn of(
        certificate: &Certificate,
        holder: &Holder,
        class: &ShareClass,
        society: &Society,
        public_url: &str,
    ) -> Self {
        Self {
            number: CertificateNumber(certificate.number).to_string(),
            society: society.name.clone(),
            registration: society.registration.clone(),
            office: society.address_lines().collect::<Vec<_>>().join(", "),
            holder: holder.name.clone(),
            member: holder.member.map(|number| number.to_string()).unwrap_or_default(),
            shares: counted(certificate.shares, class),
            value: format!(
                "{} each, {} in all, fully paid",
                display(class.nominal_minor, class.currency),
                display(class.price_minor(certificate.shares), class.currency)
            ),
            issued_on: certificate.issued_on,
            code: grouped(&certificate.code),
            link: format!("{public_url}/certificates/{}", certificate.code),
            cancelled: certificate.cancelled_on.map(|on| format!("CANCELLED on {}", day(on))),
        }
    }
}

/// Draws it on one page.
///
/// # Errors
/// A sentence for staff, when the fonts or the page could not be made.
pub fn draw(paper: &Paper) -> Result<Vec<u8>, String> {
    let wrong = |what: &str| format!("The certificate {} could not be drawn: {what}.", paper.number);
    let face = |bytes: &'static [u8]| Face::read(bytes).ok_or_else(|| wrong("a font is broken"));
    let (regular, bold) = (face(REGULAR)?, face(BOLD)?);
    let mut document = Document::new();
    let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| wrong("the page has no size"))?;
    let mut page = document.start_page_with(size);
    let mut surface = page.surface();
    write(&mut Pen { surface: &mut surface, y: 0.0 }, paper, &regular, &bold);
    surface.finish();
    page.finish();
    let issued = DateTime::new(u16::try_from(paper.issued_on.year()).unwrap_or(0))
        .month(u8::try_from(paper.issued_on.month()).unwrap_or(1))
        .day(u8::try_from(paper.issued_on.day()).unwrap_or(1));
    document.set_metadata(
        Metadata::new()
            .title(format!("Share certificate {}", paper.number))
            .authors(vec![paper.society.clone()])
            .language("en-GB".to_owned())
            .document_id(format!("{} {}", paper.number, paper.code))
            .creation_date(issued),
    );
    document.finish().map_err(|error| wrong(&format!("{error:?}")))
}

fn write(pen: &mut Pen<'_, '_>, paper: &Paper, regular: &Face, bold: &Face) {
    pen.frame();
    pen.y = 130.0;
    pen.lines(&paper.society, bold, 24.0, INK);
    pen.lines(&paper.registration, regular, 11.0, SOFT);
    pen.lines(&paper.office, regular, 11.0, SOFT);
    pen.y += 34.0;
    pen.lines("Share certificate", regular, 34.0, RED);
    pen.lines(&paper.number, bold, 16.0, INK);
    if let Some(cancelled) = &paper.cancelled {
        pen.lines(cancelled, bold, 20.0, RED);
    }
    pen.y += 28.0;
    pen.lines("This is to certify that", regular, 13.0, SOFT);
    pen.y += 4.0;
    if bold.can_write(&paper.holder) {
        let size = if paper.holder.chars().count() > 80 { 13.0 } else { 21.0 };
        pen.lines(&paper.holder, bold, size, INK);
    } else {
        pen.lines(&format!("the holder entered on the register as member {}", paper.member), bold, 16.0, INK);
    }
    pen.y += 4.0;
    pen.lines(&format!("member {}, is the registered holder of", paper.member), regular, 13.0, SOFT);
    pen.y += 4.0;
    pen.lines(&paper.shares, bold, 21.0, INK);
    pen.lines(&format!("of {}, held under the rules of the society.", paper.value), regular, 13.0, SOFT);
    pen.y += 18.0;
    pen.lines(&format!("Issued on {}.", day(paper.issued_on)), regular, 13.0, INK);
    pen.y = pen.y.max(620.0);
    pen.lines("Each member has one vote, whatever the holding. A share does not gain in value.", regular, 11.0, SOFT);
    pen.y += 16.0;
    pen.lines("Check code", regular, 11.0, SOFT);
    pen.lines(&paper.code, bold, 16.0, INK);
    pen.lines(&format!("Whether it is still in force can be seen at {}", paper.link), regular, 10.0, SOFT);
}

/// A font, to draw with and to measure with.
struct Face {
    font: Font,
    measure: FontRef<'static>,
}

impl Face {
    fn read(bytes: &'static [u8]) -> Option<Self> {
        Some(Self { font: Font::new(bytes.into(), 0)?, measure: FontRef::new(bytes).ok()? })
    }

    fn can_write(&self, text: &str) -> bool {
        let known = self.measure.charmap();
        text.chars().all(|letter| known.map(letter).is_some())
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        let (known, metrics) =
            (self.measure.charmap(), self.measure.glyph_metrics(Size::new(size), LocationRef::default()));
        text.chars().filter_map(|letter| metrics.advance_width(known.map(letter)?)).sum()
    }
}

/// Where the next line goes.
struct Pen<'a, 'b> {
    surface: &'a mut Surface<'b>,
    y: f32,
}

impl Pen<'_, '_> {
    fn ink(&mut self, (r, g, b): (u8, u8, u8)) {
        self.surface.set_fill(Some(Fill { paint: rgb::Color::new(r, g, b).into(), ..Fill::default() }));
    }

    /// Two lines around the page, the inner one red.
    fn frame(&mut self) {
        for (inset, (r, g, b), width) in [(36.0, INK, 1.0), (42.0, RED, 3.0)] {
            let mut path = PathBuilder::new();
            path.move_to(inset, inset);
            path.line_to(WIDTH - inset, inset);
            path.line_to(WIDTH - inset, HEIGHT - inset);
            path.line_to(inset, HEIGHT - inset);
            path.close();
            self.surface.set_fill(None);
            let paint = rgb::Color::new(r, g, b).into();
            self.surface.set_stroke(Some(Stroke { paint, width, ..Stroke::default() }));
            if let Some(path) = path.finish() {
                self.surface.draw_path(&path);
            }
        }
        self.surface.set_stroke(None);
    }

    /// A paragraph, broken between words where it is too long, and within a word that is.
    fn lines(&mut self, text: &str, face: &Face, size: f32, colour: (u8, u8, u8)) {
        self.ink(colour);
        let mut line = String::new();
        for word in text.split_whitespace().flat_map(|word| pieces(word, face, size)) {
            let longer = if line.is_empty() { word.clone() } else { format!("{line} {word}") };
            if face.width(&longer, size) > MEASURE && !line.is_empty() {
                self.line(&line, face, size);
                line = word;
            } else {
                line = longer;
            }
        }
        self.line(&line, face, size);
    }

    fn line(&mut self, line: &str, face: &Face, size: f32) {
        self.y += size * 1.35;
        let at = Point::from_xy(LEFT, self.y);
        self.surface.draw_text(at, face.font.clone(), size, line, false, TextDirection::Auto);
    }
}

/// A word in pieces that fit a line; nearly always itself.
fn pieces(word: &str, face: &Face, size: f32) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for letter in word.chars() {
        let last = pieces.last().map_or("", String::as_str);
        if face.width(&format!("{last}{letter}"), size) > MEASURE {
            pieces.push(String::new());
        }
        if let Some(last) = pieces.last_mut() {
            last.push(letter);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(holder: &str) -> Paper {
        Paper {
            number: "C000045".to_owned(),
            society: "Daily Lantern Co-operative Press Society Limited".to_owned(),
            registration: "Registered society No. 00000R".to_owned(),
            office: "Ruskin House, 23 Coombe Road".to_owned(),
            holder: holder.to_owned(),
            member: "M000123".to_owned(),
            shares: "10 ordinary shares".to_owned(),
            value: "£1.00 each, £10.00 in all, fully paid".to_owned(),
            issued_on: NaiveDate::from_ymd_opt(2024, 2, 29).expect("a leap day"),
            code: "ABCD EFGH JKMN PQRS".to_owned(),
            link: "http://127.0.0.1:8080/certificates/ABCDEFGHJKMNPQRS".to_owned(),
            cancelled: None,
        }
    }

    #[test]
    fn the_same_certificate_gives_the_same_bytes() {
        let bytes = draw(&paper("Ann O’Lee")).expect("a page");

        assert!(bytes.starts_with(b"%PDF-"));
        assert_eq!(bytes, draw(&paper("Ann O’Lee")).expect("a page"));
        assert_ne!(bytes, draw(&paper("Bo Lee")).expect("a page"));
    }

    #[test]
    fn a_name_that_the_fonts_cannot_write_is_named_by_its_number() {
        let face = Face::read(BOLD).expect("a font");

        assert!(face.can_write("Zoë Łukasz Ждан"));
        assert!(!face.can_write("王小明"));
        assert!(draw(&paper("王小明")).is_ok());
    }

    #[test]
    fn long_names_stay_on_the_page() {
        let face = Face::read(BOLD).expect("a font");

        assert!(pieces(&"x".repeat(300), &face, 13.0).iter().all(|piece| face.width(piece, 13.0) <= MEASURE));
        assert!(draw(&paper(&"x".repeat(300))).is_ok());
    }
}
