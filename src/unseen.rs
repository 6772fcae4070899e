//! Characters that nobody sees, that turn the direction of reading, or that only look like a blank or a figure.
//!
//! Invariant: what is kept reads as it was seen when it was typed. A name never differs from another by what is not
//! there to see, and an amount whose figures are shown in another order than they stand is no amount.

/// The text without what is not seen, and with plain blanks: `Ann\u{200b}\u{a0}Lee` is `Ann Lee`.
///
/// ```
/// use fighting_fund::unseen::cleaned;
/// assert_eq!(cleaned("\u{202e}Ann\u{200b}\u{a0}Lee\u{ad}"), "Ann Lee");
/// assert_eq!(cleaned("Zoë\r\nO’Neill"), "Zoë\r\nO’Neill");
/// // Where a script writes with joiners, they are letters of the name.
/// assert_eq!(cleaned("می\u{200c}خواهم"), "می\u{200c}خواهم");
/// ```
pub fn cleaned(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut clean = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut before = None;
    while let Some(letter) = letters.next() {
        let is_kept = match letter {
            '\u{200c}' | '\u{200d}' => before.is_some_and(joins) && letters.peek().copied().is_some_and(joins),
            '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => before.is_some_and(joins),
            letter => !is_unseen(letter),
        };
        if is_kept {
            clean.push(if is_blank(letter) { ' ' } else { letter });
            before = Some(letter);
        }
    }
    clean
}

/// The same with full-width letters, figures and signs made plain ones: for amounts, days, references and numbers.
///
/// ```
/// use fighting_fund::unseen::plain;
/// assert_eq!(plain("ＦＦ７Ｋ\u{200b} ３Ｍ９ＱＸＰ"), "FF7K 3M9QXP");
/// // A raised figure is another figure, not a plain one.
/// assert_eq!(plain("25²"), "25²");
/// ```
pub fn plain(text: &str) -> String {
    let narrow = |letter: char| match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - FULL_WIDTH).unwrap_or(letter),
        '￡' => '£',
        letter => letter,
    };
    cleaned(text).chars().map(narrow).collect()
}

/// How far full-width forms stand from those of ASCII (Unicode, Halfwidth and Fullwidth Forms).
const FULL_WIDTH: u32 = 0xfee0;

/// Whether it has a mark that shows what follows in another order than it stands (Unicode Annex 9, 2.2).
///
/// ```
/// assert!(fighting_fund::unseen::turns("\u{202e}52"));
/// assert!(!fighting_fund::unseen::turns("\u{2068}£25\u{2069}"));
/// ```
pub fn turns(text: &str) -> bool {
    text.contains(['\u{202d}', '\u{202e}'])
}

/// Letters behind which joiners and variants are part of the writing: Arabic, Indic and East Asian scripts, pictures.
fn joins(letter: char) -> bool {
    letter >= '\u{600}' && !is_unseen(letter) && !is_blank(letter)
}

fn is_unseen(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

fn is_blank(letter: char) -> bool {
    matches!(
        letter,
        '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{2800}' | '\u{3000}'
    )
}
