//! Renders comparisons.

use std::fmt::Write as _;

use pinpoint_iam_compare::Comparison;

pub(super) fn comparison(name: &str, comparison: &Comparison) -> String {
    let mut output = format!("{name}: {}\n", comparison.verdict());
    for (title, difference) in [
        ("newly allowed", &comparison.newly_allowed),
        ("no longer allowed", &comparison.no_longer_allowed),
    ] {
        let Some(difference) = difference else {
            continue;
        };
        let _ = writeln!(output, "\n  {title}:");
        for line in difference.to_string().lines() {
            match line {
                "" => output.push('\n'),
                line => {
                    let _ = writeln!(output, "  {line}");
                }
            }
        }
    }
    for undecided in &comparison.undecided {
        let _ = writeln!(output, "  undecided: {undecided}");
    }
    output
}
