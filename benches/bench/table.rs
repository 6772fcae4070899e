//! The table: what was measured, the figure, the aim.

/// Rows in the order they were measured.
#[derive(Default)]
pub struct Table(Vec<[String; 3]>);

impl Table {
    /// A row.
    pub fn row(&mut self, what: impl Into<String>, figure: impl Into<String>, aim: &str) {
        let row = [what.into(), figure.into(), aim.to_owned()];
        eprintln!("{}: {}", row[0], row[1]);
        self.0.push(row);
    }

    /// A row that was not measured, and why.
    pub fn missed(&mut self, what: &str, why: &str) {
        self.row(what, format!("not measured: {why}"), "");
    }

    /// Prints it as Markdown.
    pub fn print(&self) {
        println!("| measured | figure | aim |\n|---|---|---|");
        for [what, figure, aim] in &self.0 {
            println!("| {what} | {figure} | {aim} |");
        }
    }
}

/// The middle of some figures.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// "5.1 (4.9, 5.1, 5.6)"
pub fn ratios(pairs: &[(f64, f64)]) -> String {
    let ratios: Vec<f64> = pairs.iter().map(|(ours, theirs)| ours / theirs).collect();
    let each: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
    format!("{:.2} ({})", median(&ratios), each.join(", "))
}
