//! Words as mail programs show them: lines that are not too long, and greetings that are no message.

/// Where a line of plain text ends (RFC 3676 asks for 78 at most).
const LINE_CHARS_MAX: usize = 72;

const SIGNATURE_MARK: &str = "-- ";

/// Breaks long paragraphs between words. Lines that begin with a blank stand as they are, and so does a long link.
pub fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    // The line that mail programs take for the end of what was written to the reader (RFC 3676, 4.3).
    let tidy = |line| if line == SIGNATURE_MARK { line } else { str::trim_end(line) };
    for paragraph in text.trim().lines().map(tidy) {
        let is_set = paragraph.starts_with(' ') || paragraph.chars().count() <= LINE_CHARS_MAX;
        let is_second_blank = paragraph.is_empty() && lines.last().is_some_and(String::is_empty);
        if is_second_blank {
            continue;
        }
        if is_set {
            lines.push(paragraph.to_owned());
            continue;
        }
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > LINE_CHARS_MAX {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.join("\n") + "\n"
}

/// A name beyond this is no greeting.
const GREETED_CHARS_MAX: usize = 100;

/// The name, unless it looks like a message: anybody may type a name, and a stranger's address with it.
///
/// ```
/// use fighting_fund::outbox::greetable;
/// assert_eq!(greetable(" Ann Lee "), "Ann Lee");
/// assert_eq!(greetable("win now www.example"), "");
/// ```
pub fn greetable(name: &str) -> &str {
    let name = name.trim();
    let is_message = ["://", "www.", "@"].iter().any(|mark| name.contains(mark))
        || name.chars().count() > GREETED_CHARS_MAX
        || name.chars().any(char::is_control);
    if is_message { "" } else { name }
}

/// "Dear Ann Lee,", or a greeting that fits everybody.
pub fn greeting(name: &str) -> String {
    match greetable(name) {
        "" => "Dear friend,".to_owned(),
        name => format!("Dear {name},"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_broken_between_words_and_links_are_left_whole() {
        let link = format!("https://fund.example/{}", "x".repeat(80));
        let text = format!("{} end\n\n\n\n  {}\n{link}\n", "word ".repeat(20).trim_end(), "set ".repeat(30).trim_end());

        let broken = wrapped(&text);

        let lines: Vec<&str> = broken.lines().collect();
        assert!(lines[0].chars().count() <= 72 && lines[1].ends_with("end"), "{broken}");
        assert_eq!(lines[2], "");
        assert!(lines[3].starts_with("  set") && lines[3].ends_with("set"), "{broken}");
        assert_eq!(lines[4], link);
    }
}
