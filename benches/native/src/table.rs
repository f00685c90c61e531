//! What criterion wrote, as one line for each case.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// Collects the machine's load, and prints the table.
pub struct Table {
    results: PathBuf,
    loads: Vec<f64>,
}

impl Table {
    /// Of the folder that criterion writes to.
    pub fn new(results: PathBuf) -> Self {
        Self { results, loads: vec![load()] }
    }

    /// The name that a case's measurements of a round have.
    pub fn group(round: u32, case: &str) -> String {
        format!("{round} {case}")
    }

    /// Reads how many processes want a processor.
    pub fn note_load(&mut self) {
        self.loads.push(load());
    }

    /// Prints the cases that were measured.
    pub fn print<'a>(&self, rounds: u32, cases: impl Iterator<Item = &'a str>) {
        let [least, most] = [f64::min, f64::max]
            .map(|choose| self.loads.iter().copied().reduce(choose).unwrap_or(f64::NAN));
        println!("{rounds} rounds; load of the machine {least:.1} to {most:.1}");
        println!(
            "µs: least sample / median of the rounds' medians. Ratio, AWS by fieldseal: of the least; median of the rounds' (lowest to highest)\n"
        );
        println!("{:22} {:>19} {:>19} {:>6} {:>22}", "", "fieldseal", "AWS", "least", "median");
        for case in cases {
            let side = |side| (1..=rounds).map(|n| self.times(n, case, side)).collect();
            let (Some(ours), Some(theirs)) = (side("fieldseal"), side("aws")) else { continue };
            let (ours, theirs): (Vec<_>, Vec<_>) = (ours, theirs);
            let ratios =
                ours.iter().zip(&theirs).map(|(a, b): (&Times, &Times)| b.median / a.median);
            let ratios = sorted(ratios);
            let (ours, theirs) = (summary(&ours), summary(&theirs));
            let times = |t: &Times| format!("{:.1} / {:.1}", t.least, t.median);
            println!(
                "{case:22} {:>19} {:>19} {:>6.1} {:>22}",
                times(&ours),
                times(&theirs),
                theirs.least / ours.least,
                format!(
                    "{:.1} ({:.1} to {:.1})",
                    middle(&ratios),
                    ratios[0],
                    ratios[ratios.len() - 1]
                ),
            );
        }
    }

    /// `None` if that was left out.
    fn times(&self, round: u32, case: &str, side: &str) -> Option<Times> {
        let folder = self.results.join(Self::group(round, case)).join(side).join("new");
        let read = |name: &str| -> Option<Value> {
            serde_json::from_str(&fs::read_to_string(folder.join(name)).ok()?).ok()
        };
        let (sample, estimates) = (read("sample.json")?, read("estimates.json")?);
        let numbers = |name: &str| -> Option<Vec<f64>> {
            sample[name].as_array()?.iter().map(Value::as_f64).collect()
        };
        let (times, iterations) = (numbers("times")?, numbers("iters")?);
        let least = times.iter().zip(&iterations).map(|(time, n)| time / n).reduce(f64::min)?;
        let median = estimates["median"]["point_estimate"].as_f64()?;
        Some(Times { least: least / 1e3, median: median / 1e3 })
    }
}

/// Microseconds.
struct Times {
    least: f64,
    median: f64,
}

fn summary(rounds: &[Times]) -> Times {
    let least = rounds.iter().map(|t| t.least).fold(f64::INFINITY, f64::min);
    Times { least, median: middle(&sorted(rounds.iter().map(|t| t.median))) }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn middle(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}

/// Of the last minute; not a number where the system does not say.
fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}
