//! The page of several runs: their curves over each other, and what differs in their settings.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::chart::chart;
use super::html::{document, duration, escape, figure, section, table};
use super::page::{INSTRUCTION_SET, settings};
use super::results::Results;
use crate::run::axis::Axis;
use crate::run::panels::{Line, Panel};
use crate::run::style::LINES;
use crate::{Metrics, TrainError, metrics};

/// A page of two to twelve runs: their metrics by epoch as one chart each, their results, and the settings in which they differ. A run is named after
/// its folder.
///
/// # Errors
/// Returns an error if there are fewer or more runs, or a folder contains no run or a damaged one.
pub fn compare(folders: &[PathBuf]) -> Result<String, TrainError> {
    if !(2..=LINES.len()).contains(&folders.len()) {
        return Err(TrainError::Setting(format!("{} runs to compare; expected 2 to {}", folders.len(), LINES.len())));
    }
    let runs: Vec<Results> = folders.iter().map(|folder| Results::read(folder)).collect::<Result<_, _>>()?;
    let names = names(folders);
    let title = format!("{} runs", runs.len());
    let mut body = format!("<header>\n<h1>{title}</h1>\n<p>{}</p>\n</header>\n", escape(&names.join(", ")));
    body += &section("Results", &results(&runs, &names));
    body += &section("Differences in the settings", &differences(&runs, &names));
    let charts: String = charts(&runs, &names).iter().map(chart).collect();
    body += &section("Curves", &format!("<div class=\"charts\">\n{charts}</div>\n"));
    Ok(document(&title, &body, None))
}

/// The names of the folders, or their paths where these are not different.
fn names(folders: &[PathBuf]) -> Vec<String> {
    let name =
        |folder: &PathBuf| folder.file_name().map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into_owned());
    let short: Vec<String> = folders.iter().map(name).collect();
    if short.iter().collect::<BTreeSet<_>>().len() == short.len() {
        short
    } else {
        folders.iter().map(|folder| folder.display().to_string()).collect()
    }
}

/// A row for each run.
fn results(runs: &[Results], names: &[String]) -> String {
    let found: Vec<(&str, Metrics)> = runs.iter().map(|run| (run.metrics().0, run.metrics().1.by_kind().0)).collect();
    let columns =
        unique(found.iter().flat_map(|(part, metrics)| metrics.iter().map(move |(name, _)| format!("{part} {}", name.replace('_', " ")))));
    let mut head = vec!["run".to_owned()];
    head.extend(columns.iter().cloned());
    head.extend(["epochs", "time"].map(str::to_owned));
    let row = |((run, name), (part, metrics)): ((&Results, &String), &(&str, Metrics))| {
        let mut row = vec![name.clone()];
        for column in &columns {
            let own = metrics.iter().find(|(name, _)| format!("{part} {}", name.replace('_', " ")) == *column);
            row.push(own.map_or(
                "–".to_owned(),
                |(name, value)| if metrics::is_share(name) { format!("{:.2} %", 100.0 * value) } else { figure(value) },
            ));
        }
        let unfinished = if run.summary.is_none() { format!(" of {}", run.config.recipe.epochs) } else { String::new() };
        row.push(format!("{}{unfinished}", run.history.len()));
        row.push(duration(run.seconds()));
        row
    };
    table(&head, &runs.iter().zip(names).zip(&found).map(row).collect::<Vec<_>>())
}

/// A row for each setting that is not the same in all runs.
fn differences(runs: &[Results], names: &[String]) -> String {
    let all: Vec<Vec<Vec<String>>> = runs.iter().map(settings).collect();
    let keys = unique(all.iter().flatten().map(|row| row[0].clone()));
    let value = |rows: &[Vec<String>], key: &str| rows.iter().find(|row| row[0] == key).map_or("–".to_owned(), |row| row[1].clone());
    let finished = runs.iter().all(|run| run.summary.is_some());
    // A run that goes on does not say this yet.
    let rows = keys.iter().filter(|key| finished || *key != INSTRUCTION_SET).filter_map(|key| {
        let values: Vec<String> = all.iter().map(|rows| value(rows, key)).collect();
        values.iter().any(|value| *value != values[0]).then(|| [vec![key.clone()], values].concat())
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return "<p class=\"note\">None: the runs have the same settings.</p>\n".to_owned();
    }
    table(&[&["setting".to_owned()], names].concat(), &rows)
}

/// A chart for each metric, with a line for each run that has it.
fn charts(runs: &[Results], names: &[String]) -> Vec<Panel> {
    let metrics = unique(runs.iter().flat_map(|run| run.history.iter().flat_map(|epoch| epoch.names())));
    let kinds = metrics::kinds(metrics.iter().map(String::as_str));
    let longest = runs.iter().map(|run| run.history.len()).max().unwrap_or(0);
    let panel = |metric: &String| {
        let share = metrics::is_share(metric);
        let factor = if share { 100.0 } else { 1.0 };
        let points = |run: &Results| {
            run.history.iter().map(|epoch| (epoch.epoch as f64, factor * epoch.metric(metric).unwrap_or(f64::NAN))).collect()
        };
        let lines: Vec<Line> = runs.iter().zip(names).map(|(run, name)| (name.clone(), points(run))).collect();
        let mut panel = Panel::of_lines("epoch", &metric.replace('_', " "), &lines);
        panel.curves.retain(|curve| curve.points().next().is_some());
        Panel { share, places: Some(Axis::epochs(longest)), ..panel }
    };
    metrics.iter().filter(|name| metrics::kind_of(name, &kinds).is_none()).map(panel).collect()
}

/// Each text once, in the order of their first places.
fn unique(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    texts.filter(|text| seen.insert(text.clone())).collect()
}
