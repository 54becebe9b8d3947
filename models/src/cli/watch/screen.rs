//! A run as curves in a terminal.

use std::path::Path;
use std::time::{Duration, Instant};

use layercake_models::ModelError;
use layercake_train::health::warnings;
use layercake_train::run::report::Results;
use layercake_train::{Epoch, Metrics};
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::symbols::Marker;
use ratatui::text::Line;
use ratatui::widgets::{Axis, Block, Chart, Dataset, Gauge, GraphType, Paragraph, Wrap};

use super::state;
use crate::commands::Outcome;

/// The time between two looks at the folder.
const INTERVAL: Duration = Duration::from_millis(500);
/// The parts of the data, and their colors.
const PARTS: [(&str, Color); 3] = [("train", Color::LightBlue), ("validation", Color::LightGreen), ("test", Color::LightRed)];

/// Shows the run until a key ends it.
pub(super) fn show(folder: &Path) -> Outcome {
    let mut terminal = ratatui::try_init()?;
    let outcome = (|| {
        loop {
            let run = Results::read(folder).map_err(ModelError::from)?;
            terminal.draw(|frame| draw(frame, &run))?;
            if key_within(INTERVAL)? {
                return Ok(());
            }
        }
    })();
    ratatui::restore();
    outcome
}

/// Waits, and tells whether a key that ends the command was pressed.
fn key_within(time: Duration) -> std::io::Result<bool> {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        if event::poll(left)? {
            match event::read()? {
                Event::Key(KeyEvent { code: KeyCode::Char('q') | KeyCode::Esc, .. }) => return Ok(true),
                Event::Key(KeyEvent { code: KeyCode::Char('c'), modifiers, .. }) if modifiers.contains(KeyModifiers::CONTROL) => {
                    return Ok(true);
                }
                // Drawn anew in the new size.
                Event::Resize(..) => return Ok(false),
                _ => {}
            }
        }
    }
    Ok(false)
}

/// The whole screen.
fn draw(frame: &mut Frame<'_>, run: &Results) {
    let warnings: Vec<String> = warnings(&run.history).iter().map(|warning| format!("warning: {warning}")).collect();
    let about_warnings = 2 * warnings.len().min(3) as u16;
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(6),
        Constraint::Length(4),
        Constraint::Length(about_warnings),
        Constraint::Length(1),
    ]);
    let [title, bar, charts, numbers, below, keys] = rows.areas(frame.area());
    let heading = format!("{} on {}: {}", run.config.model, run.config.source, state(run));
    frame.render_widget(Paragraph::new(heading).bold(), title);
    frame.render_widget(progress(run), bar);
    let metric = chosen_metric(run);
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(charts);
    match metric {
        Some(metric) => {
            chart(frame, left, run, "loss");
            chart(frame, right, run, &metric);
        }
        None => chart(frame, charts, run, "loss"),
    }
    frame.render_widget(Paragraph::new(rates(run)).wrap(Wrap { trim: true }), numbers);
    let warned = Paragraph::new(warnings.into_iter().take(3).map(Line::from).collect::<Vec<_>>());
    frame.render_widget(warned.yellow().wrap(Wrap { trim: true }), below);
    frame.render_widget(Paragraph::new("q quits; the run goes on").dim().alignment(Alignment::Right), keys);
}

/// The share of the run that is done, and the time left.
fn progress(run: &Results) -> Gauge<'static> {
    let done = run.history.len() as f64 + run.progress.as_ref().map_or(0.0, |progress| progress.share());
    let share = if run.summary.is_some() { 1.0 } else { (done / run.config.recipe.epochs.max(1) as f64).clamp(0.0, 1.0) };
    let left = run.time_left().filter(|_| run.is_going_on());
    let left = left.map_or_else(String::new, |seconds| format!(", {} left", indicatif::HumanDuration(Duration::from_secs_f64(seconds))));
    Gauge::default().ratio(share).label(format!("{:.0} %{left}", 100.0 * share)).gauge_style(Style::new().blue().on_dark_gray())
}

/// The first metric besides the loss, of the test data if there are any.
fn chosen_metric(run: &Results) -> Option<String> {
    let last = run.history.last()?;
    let names = [&last.test, &last.validation, &last.train]
        .into_iter()
        .flat_map(|metrics| metrics.by_kind().0.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>());
    names.into_iter().find(|name| name != "loss")
}

/// The points of a metric by epoch. What is known of the epoch that goes on comes last.
fn points(run: &Results, part: &str, metric: &str) -> Vec<(f64, f64)> {
    let of = |epoch: &Epoch| Some((epoch.epoch as f64, epoch.metric(&format!("{part}_{metric}"))?));
    let mut points: Vec<_> = run.history.iter().filter_map(of).collect();
    if let Some(progress) = run.progress.as_ref().filter(|_| part == "train") {
        let place = progress.epoch as f64 - 1.0 + progress.share();
        points.extend(progress.train.get(metric).map(|value| (place, value)));
    }
    points.retain(|(_, value)| value.is_finite());
    points
}

fn chart(frame: &mut Frame<'_>, area: Rect, run: &Results, metric: &str) {
    let curves: Vec<_> = PARTS.iter().map(|(part, color)| (*part, *color, points(run, part, metric))).collect();
    let values = || curves.iter().flat_map(|(_, _, points)| points.iter().map(|(_, value)| *value));
    let title = metric.replace('_', " ");
    let block = Block::bordered().title(format!(" {title} "));
    let (Some(low), Some(high)) = (values().reduce(f64::min), values().reduce(f64::max)) else {
        frame.render_widget(Paragraph::new("no epoch yet").block(block), area);
        return;
    };
    let margin = if high > low { 0.05 * (high - low) } else { 0.05 * high.abs().max(1e-6) };
    // Where no value is below 0, or above 1, there is no room for any.
    let low = if low >= 0.0 { (low - margin).max(0.0) } else { low - margin };
    let high = if high <= 1.0 { (high + margin).min(1.0) } else { high + margin };
    let last = run.config.recipe.epochs.max(2) as f64;
    let datasets = curves.iter().filter(|(_, _, points)| !points.is_empty()).map(|(part, color, points)| {
        let kind = if points.len() > 1 { GraphType::Line } else { GraphType::Scatter };
        Dataset::default().name(*part).marker(Marker::Braille).graph_type(kind).style(Style::new().fg(*color)).data(points)
    });
    let text = |value: f64| if high.abs() >= 1e4 || high - low < 1e-3 { format!("{value:.1e}") } else { format!("{value:.3}") };
    let across = Axis::default().title("epoch").bounds([0.0, last]).labels(["0".to_owned(), format!("{last:.0}")]);
    let up = Axis::default().bounds([low, high]).labels([text(low), text((low + high) / 2.0), text(high)]);
    let chart = Chart::new(datasets.collect()).block(block).x_axis(across).y_axis(up);
    frame.render_widget(chart.hidden_legend_constraints((Constraint::Percentage(60), Constraint::Percentage(60))), area);
}

/// The last numbers.
fn rates(run: &Results) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let last = run.history.last();
    let (lr, speed) = match (&run.progress, last) {
        (Some(progress), _) => (progress.lr, progress.items_per_second),
        (None, Some(epoch)) => (epoch.lr, epoch.items_per_second),
        (None, None) => return vec![Line::from("waiting for the first step")],
    };
    let unit = last.map_or("items", |epoch| &*epoch.unit);
    let mut rates = format!("learning rate {lr:.3e}   {speed:.0} {unit}/s");
    if let Some(epoch) = last {
        rates += &format!("   {:.1} s an epoch", epoch.seconds);
        rates += &epoch.gradient_norm.map_or_else(String::new, |norm| format!("   gradient norm {norm:.3}"));
    }
    lines.push(Line::from(rates));
    let mut part = |name: &str, metrics: &Metrics| {
        if !metrics.is_empty() {
            lines.push(Line::from(format!("{name}: {metrics}")));
        }
    };
    match (&run.progress, last) {
        (Some(progress), _) => part("train", &progress.train),
        (None, Some(epoch)) => part("train", &epoch.train),
        (None, None) => {}
    }
    if let Some(epoch) = last {
        part("validation", &epoch.validation);
        part("test", &epoch.test);
    }
    lines
}

#[cfg(test)]
mod tests {
    use layercake_train::run::Recipe;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use serde_json::json;

    use super::*;

    fn config() -> String {
        let recipe = Recipe { epochs: 4, ..Recipe::default() };
        json!({ "layercake": "0.1.0", "model": "lenet5", "dataset": "digits", "device": "cpu", "threads": 1, "recipe": recipe }).to_string()
    }

    fn screen(files: &[(&str, &str)], width: u16, height: u16) -> String {
        let place = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(place.path().join(name), text).unwrap();
        }
        let run = Results::read(place.path()).unwrap();
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, &run)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn curves_and_rates() {
        let epoch = |epoch: usize, loss: f64| {
            format!(
                r#"{{"epoch":{epoch},"step":{},"lr":0.001,"train_loss":{loss},"test_loss":{},"test_accuracy":0.9,"gradient_norm":1.5,"images_per_second":1000.0,"seconds":2.0}}"#,
                90 * epoch,
                loss + 0.1
            ) + "\n"
        };
        let metrics = [epoch(1, 1.0), epoch(2, 0.5)].concat();
        let progress =
            r#"{"epoch":3,"batch":45,"batches":90,"step":225,"lr":0.0005,"train":{"loss":0.4},"items_per_second":900.0,"seconds":1.0}"#;
        let text = screen(&[("config.json", &config()), ("metrics.jsonl", &metrics), ("progress.json", progress)], 100, 24);
        for expected in [
            "lenet5 on digits: interrupted after 2 of 4 epochs",
            "62 %",
            " loss ",
            " accuracy ",
            "learning rate 5.000e-4   900 images/s   2.0 s an epoch   gradient norm 1.500",
            "train: loss 0.4000",
            "test: loss 0.6000, accuracy 90.00 %",
            "train",
            "epoch",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        assert!(text.chars().any(|char| ('\u{2801}'..='\u{28ff}').contains(&char)), "no curve\n{text}");
    }

    /// Nothing panics in a small terminal, without epochs or with numbers that cannot be drawn.
    #[test]
    fn any_size() {
        let bad = r#"{"epoch":1,"step":1,"lr":0.001,"train_loss":null,"test_loss":1e300,"images_per_second":1000.0,"seconds":2.0}"#
            .to_owned()
            + "\n";
        for metrics in ["", &bad] {
            for (width, height) in [(1, 1), (10, 4), (40, 12), (200, 60)] {
                screen(&[("config.json", &config()), ("metrics.jsonl", metrics)], width, height);
            }
        }
    }
}
