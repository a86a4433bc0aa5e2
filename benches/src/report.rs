//! Output of figures as tables and as JSON.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::Failure;
use crate::measure::{Noise, Watch};

/// A Markdown table.
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Creates a table with these columns. The first one is aligned to the left, the others to the right.
    pub fn new<T: Into<String>>(head: impl IntoIterator<Item = T>) -> Self {
        Self {
            head: head.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Prints the table.
    pub fn print(&self) {
        let all = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| {
            all()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let line = |cells: &[String]| {
            let cells: Vec<_> = cells
                .iter()
                .enumerate()
                .map(|(column, cell)| {
                    let width = width(column);
                    if column == 0 {
                        format!("{cell:<width$}")
                    } else {
                        format!("{cell:>width$}")
                    }
                })
                .collect();
            println!("| {} |", cells.join(" | "));
        };
        line(&self.head);
        let rule: Vec<_> = (0..self.head.len())
            .map(|column| if column == 0 { "---" } else { "---:" })
            .collect();
        println!("|{}|", rule.join("|"));
        self.rows.iter().for_each(|row| line(row));
        println!();
    }
}

/// Ends the run, prints its noise, and writes the figures of the target `name` to `results/NAME.json` if the run was quiet.
///
/// # Errors
///
/// If the noise cannot be determined, or if the file cannot be written.
pub fn publish(watch: Watch, name: &str, figures: &Value) -> Result<(), Failure> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("results");
    write_if_quiet(&folder, watch.end()?, name, figures)
}

fn write_if_quiet(folder: &Path, noise: Noise, name: &str, figures: &Value) -> Result<(), Failure> {
    println!("noise: {noise}");
    let excesses = noise.excesses();
    if !excesses.is_empty() {
        println!(
            "warning: the machine was not quiet, so these figures are not evidence and nothing was written: {}",
            excesses.join("; ")
        );
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let file = folder.join(format!("{name}.json"));
    let marked = json!({"quiet": noise.to_json(), "figures": figures});
    fs::write(&file, format!("{marked:#}\n"))?;
    println!("written to {}", file.display());
    Ok(())
}

/// Formats a number with three significant digits and with separators between thousands.
pub fn figure(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude >= 100.0 {
        return grouped(number);
    }
    let decimals = if magnitude >= 10.0 {
        1
    } else if magnitude >= 0.1 || magnitude == 0.0 {
        2
    } else {
        4
    };
    format!("{number:.decimals$}")
}

fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0.0 {
        format!("-{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::{env, fs, process};

    use serde_json::{Value, json};

    use super::{figure, write_if_quiet};
    use crate::measure::Noise;

    #[test]
    fn only_a_quiet_run_is_written() {
        let folder = env::temp_dir().join(format!("pinpoint-iam-benches-{}", process::id()));
        let write = |folder: &Path, others: f64| {
            let noise = Noise {
                load: 0.1,
                others,
                spread: 0.01,
            };
            write_if_quiet(folder, noise, "example", &json!([1, 2])).unwrap();
        };
        write(&folder, 0.5);
        assert!(!folder.exists());
        write(&folder, 0.0);
        let text = fs::read_to_string(folder.join("example.json")).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["figures"], json!([1, 2]));
        assert_eq!(value["quiet"]["others"], 0.0);
        // A loaded run does not replace the figures of a quiet one.
        write(&folder, 0.5);
        assert_eq!(
            fs::read_to_string(folder.join("example.json")).unwrap(),
            text
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn figures_keep_three_digits() {
        assert_eq!(figure(1_234_567.8), "1,234,568");
        assert_eq!(figure(-1_234.0), "-1,234");
        assert_eq!(figure(12.345), "12.3");
        assert_eq!(figure(0.5), "0.50");
        assert_eq!(figure(0.0), "0.00");
    }
}
