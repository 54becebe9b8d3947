//! The page of one run.

use std::time::Duration;

use indicatif::HumanCount;
use serde_json::Value;

use super::chart::{chart, chart_from_zero};
use super::html::{document, duration, escape, figure, picture, section, table};
use super::results::Results;
use crate::health::{LayerHealth, Warning, warnings};
use crate::run::folder::{CLASSES, CONFUSION, CURVES, NETWORK};
use crate::run::panels::{Panel, panels};
use crate::{Epoch, Metrics, metrics};

/// The name of the row.
pub(super) const INSTRUCTION_SET: &str = "instruction set";
/// The most characters of a text that are shown.
const MOST_TEXT: usize = 5000;

/// The page, which a browser loads again after a time.
pub(super) fn page(run: &Results, refresh: Option<Duration>) -> String {
    let config = &run.config;
    let title = format!("{} on {}", config.model, config.source);
    let mut body = format!("<header>\n<h1>{}</h1>\n<p>{}</p>\n", escape(&title), escape(&state(run)));
    if !config.command.is_empty() {
        body += &format!("<p><code>{}</code></p>\n", escape(&config.command.join(" ")));
    }
    body += "</header>\n";
    let (part, metrics) = run.metrics();
    let (single, many) = metrics.by_kind();
    body += &section(&format!("Results ({part})"), &tiles(&single));
    body += &section("Warnings", &warned(&run.history));
    let panels = panels(&run.history);
    // Without epochs there is an empty one that says so.
    let metrics: String = panels.iter().filter(|panel| run.history.is_empty() || !panel.curves.is_empty()).map(chart).collect();
    let progress: String = progress(&run.history).iter().map(chart_from_zero).collect();
    let charts = metrics + &progress;
    body += &section("Curves", &format!("<div class=\"charts\">\n{charts}</div>\n"));
    let classes = many.iter().map(|(kind, metrics)| of_classes(kind, metrics)).collect::<String>();
    let confusion = shown(run, |name| name == CONFUSION);
    let class_table = texts(run, |name| name == CLASSES);
    body += &section("Classes", &beside(&[confusion, class_table, classes]));
    body += &section("Pictures", &shown(run, |name| ![CONFUSION, CURVES, NETWORK].contains(&name)));
    body += &section("Texts", &texts(run, |name| name != CLASSES));
    body += &section("Network", &shown(run, |name| name == NETWORK));
    body += &section("Layers", &layers(&run.history));
    body += &section("Settings", &table(&[], &settings(run)));
    document(&title, &body, refresh)
}

/// `finished after 20 epochs, 12.3 s; ...`
fn state(run: &Results) -> String {
    let (epochs, of) = (run.history.len(), run.config.recipe.epochs);
    let seconds = duration(run.seconds());
    let Some(summary) = &run.summary else {
        let left = run.time_left().map_or_else(String::new, |left| format!("; about {} left", duration(left)));
        return format!("Not finished: {epochs} of {of} epochs in {seconds}{left}");
    };
    let early = if summary.stopped_early { ", stopped early" } else { "" };
    let weights = match summary.weights_of_epoch {
        epoch if epoch == epochs || epoch == 0 => String::new(),
        epoch => format!("; the parameters are those of epoch {epoch}"),
    };
    let unit = run.history.first().map_or("items", |epoch| &epoch.unit);
    let speed =
        summary.metrics.get(&format!("{unit}_per_second")).map_or(String::new(), |speed| format!(", {} {unit} a second", figure(speed)));
    format!("{} parameters; {epochs} epochs in {seconds}{early}{speed}{weights}", HumanCount(summary.params as u64))
}

fn tiles(metrics: &Metrics) -> String {
    let tile = |(name, value): (&str, f64)| {
        let text = if metrics::is_share(name) { format!("{:.2} %", 100.0 * value) } else { figure(value) };
        format!("<div class=\"tile\"><b>{text}</b><span>{}</span></div>\n", escape(&name.replace('_', " ")))
    };
    let tiles: String = metrics.iter().map(tile).collect();
    if tiles.is_empty() { tiles } else { format!("<div class=\"tiles\">\n{tiles}</div>\n") }
}

/// What the trainer warned of.
fn warned(history: &[Epoch]) -> String {
    let item = |warning: &Warning| {
        let text = escape(&warning.to_string());
        // Names are between backquotes.
        let parts = text.split('`').enumerate();
        let text: String = parts.map(|(i, part)| if i % 2 == 0 { part.to_owned() } else { format!("<code>{part}</code>") }).collect();
        format!("<li>{text} <span class=\"note\">(epoch {})</span></li>\n", warning.epoch())
    };
    let items: String = warnings(history).iter().map(item).collect();
    if items.is_empty() { items } else { format!("<ul class=\"warnings\">\n{items}</ul>\n") }
}

/// What was measured of the layers in the last epoch.
fn layers(history: &[Epoch]) -> String {
    let Some(Epoch { epoch, layers, .. }) = history.last() else { return String::new() };
    if layers.is_empty() {
        return String::new();
    }
    let ratio = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1e}"));
    let share = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.1} %", 100.0 * value));
    let row = |layer: &LayerHealth| {
        let LayerHealth { layer, gradient, update, dead, saturated } = layer;
        vec![layer.clone(), ratio(*gradient), ratio(*update), share(*dead), share(*saturated)]
    };
    let head = ["layer", "gradient / weight", "step / weight", "dead units", "saturated units"].map(str::to_owned);
    let note = format!("<p class=\"note\">Epoch {epoch}. A step is usually 1e-5 to 1e-2 of its weight.</p>\n");
    table(&head, &layers.iter().map(row).collect::<Vec<_>>()) + &note
}

/// The learning rate, the norm of the gradients and the duration of each epoch.
fn progress(history: &[Epoch]) -> Vec<Panel> {
    let line = |name: &str, of: fn(&Epoch) -> f64| {
        let points = history.iter().map(|epoch| (epoch.epoch as f64, of(epoch))).collect();
        Panel {
            places: Some(super::super::axis::Axis::epochs(history.len())),
            ..Panel::of_lines("epoch", name, &[(name.to_owned(), points)])
        }
    };
    let mut panels = Vec::new();
    // What is not trained by steps has none.
    if history.iter().any(|epoch| epoch.lr > 0.0) {
        panels.push(line("learning rate", |epoch| epoch.lr));
    }
    if history.iter().any(|epoch| epoch.gradient_norm.is_some()) {
        panels.push(line("norm of the gradients", |epoch| epoch.gradient_norm.unwrap_or(f64::NAN)));
    }
    if !history.is_empty() {
        panels.push(line("seconds", |epoch| epoch.seconds));
    }
    panels
}

/// The metrics of each class.
fn of_classes(kind: &str, metrics: &Metrics) -> String {
    let name = |name: &str| name.strip_prefix(kind).unwrap_or(name).trim_start_matches('_').replace('_', " ");
    let row = |(class, value): (&str, f64)| {
        let text = if metrics::is_share(kind) { format!("{:.2} %", 100.0 * value) } else { figure(value) };
        vec![name(class), text]
    };
    table(&["class".to_owned(), kind.replace('_', " ")], &metrics.iter().map(row).collect::<Vec<_>>())
}

/// The pictures of the run with such names.
fn shown(run: &Results, wanted: impl Fn(&str) -> bool) -> String {
    let pictures = run.files.iter().filter(|name| (name.ends_with(".png") || name.ends_with(".svg")) && wanted(name));
    let pictures = pictures.filter(|name| run.path.join(name).is_file());
    pictures
        .map(|name| {
            let words = caption(name);
            // These are alone under a heading that names them.
            let own = [CONFUSION, NETWORK].contains(&name.as_str());
            picture(&run.path, name, [&words, if own { "" } else { &words }])
        })
        .collect()
}

/// `mistakes.png` as `Mistakes`.
fn caption(name: &str) -> String {
    let words = name.rsplit_once('.').map_or(name, |(stem, _)| stem).replace(['_', '-'], " ");
    let mut chars = words.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// The texts and the tables that the run has written.
fn texts(run: &Results, wanted: impl Fn(&str) -> bool) -> String {
    let names = run.files.iter().filter(|name| (name.ends_with(".txt") || name.ends_with(".md")) && wanted(name));
    let shown = names.filter_map(|name| {
        let text = std::fs::read_to_string(run.path.join(name)).ok()?;
        if name.ends_with(".md")
            && let Some(table) = markdown(&text)
        {
            return Some(table);
        }
        let start: String = text.chars().take(MOST_TEXT).collect();
        Some(format!("<h3>{}</h3>\n<pre>{}</pre>\n", escape(&caption(name)), escape(&start)))
    });
    shown.collect()
}

/// A table of Markdown, if the text is nothing else.
fn markdown(text: &str) -> Option<String> {
    let cells = |line: &str| {
        let inside = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        Some(inside.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>())
    };
    let mut rows = text.lines().filter(|line| !line.trim().is_empty()).map(cells).collect::<Option<Vec<_>>>()?;
    let rule = rows.get(1)?;
    if !rule.iter().all(|cell| !cell.is_empty() && cell.chars().all(|char| matches!(char, '-' | ':'))) {
        return None;
    }
    let below = rows.split_off(2);
    Some(table(&rows[0], &below))
}

/// Parts side by side where there is room; nothing without parts.
fn beside(parts: &[String]) -> String {
    let parts: String = parts.iter().filter(|part| !part.is_empty()).map(|part| format!("<div>\n{part}</div>\n")).collect();
    if parts.is_empty() { parts } else { format!("<div class=\"beside\">\n{parts}</div>\n") }
}

/// All settings, and what a finished run says of the machine.
pub(super) fn settings(run: &Results) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    if let Ok(Value::Object(map)) = serde_json::to_value(&run.config) {
        for (name, value) in map.iter().filter(|(name, _)| *name != "command") {
            flatten(name, value, &mut rows);
        }
    }
    if let Some(summary) = &run.summary {
        rows.push(vec![INSTRUCTION_SET.to_owned(), summary.instruction_set.clone()]);
    }
    rows
}

/// `recipe.lr` for a value inside another.
fn flatten(name: &str, value: &Value, rows: &mut Vec<Vec<String>>) {
    const MOST_ENTRIES: usize = 20;
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Null => {}
        Value::Object(map) => map.iter().for_each(|(key, value)| flatten(&format!("{name}.{key}"), value, rows)),
        Value::Array(entries) if entries.is_empty() => {}
        Value::Array(entries) => {
            let more = if entries.len() > MOST_ENTRIES { format!(", .. ({})", entries.len()) } else { String::new() };
            let text = entries.iter().take(MOST_ENTRIES).map(plain).collect::<Vec<_>>().join(", ");
            rows.push(vec![name.to_owned(), text + &more]);
        }
        value => rows.push(vec![name.to_owned(), plain(value)]),
    }
}
