//! `report.html`, of a run and of several.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use layercake::prelude::*;
use layercake_train::data::KnownDataset;
use layercake_train::run::report::{self, Results};
use layercake_train::run::{Canvas, Recipe, RunConfig, RunFolder};
use layercake_train::{Callback, ConfusionMatrix, Epoch, Metrics};

network! { Net: [2] -> [2] { fc: Linear(2) } }

fn config(lr: f64) -> RunConfig {
    RunConfig {
        layercake: "0".to_owned(),
        model: "net".to_owned(),
        source: KnownDataset::Digits.into(),
        data_dir: None,
        device: "cpu".to_owned(),
        threads: 1,
        recipe: Recipe { epochs: 40, lr, ..Recipe::default() },
        normalize: None,
        classes: Vec::new(),
        agent: None,
        transfer: None,
        variant: None,
        own: None,
        text: None,
        command: ["layercake", "train", "<b>&\"net\""].map(str::to_owned).to_vec(),
    }
}

/// A run of several epochs with a metric that is not always finite, and with per-class metrics.
fn run(path: &Path, lr: f64, epochs: usize) -> RunFolder {
    let mut run = RunFolder::create(path, config(lr)).unwrap();
    let net = Net::new(&Cpu::seed_from_u64(1));
    run.draw_network(Net::<f32, Cpu>::GRAPH).unwrap();
    for number in 1..=epochs {
        let share = 1.0 - 0.5 / number as f64;
        let train = Metrics::new().with("loss", lr / number as f64).with("kl", if number == 2 { f64::NAN } else { -1.0 });
        let mut test = Metrics::new().with("accuracy", share);
        ["sky", "a < b", "pole", "road"].iter().for_each(|class| test.set(&format!("iou_{class}"), share));
        let unit = "images".to_owned();
        let epoch = Epoch { epoch: number, step: number, lr, train, test, unit, items_per_second: 1.0, seconds: 1.5, ..Epoch::default() };
        let callback: &mut dyn Callback<Net, Cpu> = &mut run;
        callback.on_epoch(&epoch, &net).unwrap();
    }
    let mut confusion = ConfusionMatrix::new(2);
    confusion.count(&[1.0, 0.0, 0.0, 1.0], &[0, 1]);
    run.draw_confusion_matrix("net", &confusion, &["zero".to_owned(), "one".to_owned()]).unwrap();
    run.save_picture("best_samples.png", &Canvas::blank([30, 20])).unwrap();
    run
}

/// Nothing outside the page is needed to read it, and nothing in it runs.
fn is_alone(page: &str) {
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    for forbidden in ["<script", "http:", "https:", "@import", "url("] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.matches("src=\"").count() == page.matches("src=\"data:image/").count());
    for element in ["div", "section", "figure", "figcaption", "svg", "g", "table", "tr", "td", "main", "header", "p"] {
        let opened = page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
        assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
    }
}

#[test]
fn page_of_a_run() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    run(&path, 0.1, 5).finish(6).unwrap();
    let page = fs::read_to_string(path.join("report.html")).unwrap();
    is_alone(&page);
    for part in [
        "<h1>net on digits</h1>",
        "6 parameters; 5 epochs in 7.5 s, 1 images a second",
        "layercake train &lt;b&gt;&amp;&quot;net&quot;",
        "<b>90.00 %</b><span>accuracy</span>",
        "<b>learning rate</b>",
        "<title>test, epoch 5: 90 %</title>",
        "<th scope=\"row\">a &lt; b</th><td>90.00&nbsp;%</td>",
        "<figcaption>Best samples</figcaption>",
        "<h2>Network</h2>",
        "<th scope=\"row\">recipe.lr</th><td>0.1</td>",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    // The same page again, from the files alone.
    assert_eq!(report::write(&path).unwrap(), path.join("report.html"));
    assert_eq!(fs::read_to_string(path.join("report.html")).unwrap(), page);
}

/// While a run goes on, its last line may be half written.
#[test]
fn page_of_a_run_that_goes_on() {
    let place = tempfile::tempdir().unwrap();
    for (epochs, state) in [(0, "Not finished: 0 of 40 epochs in 0.0 s"), (3, "Not finished: 3 of 40 epochs in 4.5 s")] {
        let path = place.path().join(epochs.to_string());
        let _going_on = run(&path, 0.1, epochs);
        let lines = path.join("metrics.jsonl");
        fs::write(&lines, fs::read_to_string(&lines).unwrap() + "{\"epoch\":4,\"st").unwrap();
        let page = fs::read_to_string(report::write(&path).unwrap()).unwrap();
        is_alone(&page);
        assert!(page.contains(state), "{page}");
    }
}

#[test]
fn several_runs() {
    let place = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = ["a", "b", "b&c/a"].iter().map(|name| place.path().join(name)).collect();
    run(&paths[0], 0.1, 5).finish(6).unwrap();
    run(&paths[1], 0.2, 3).finish(6).unwrap();
    let _going_on = run(&paths[2], 0.1, 2);
    let page = report::compare(&paths[..2]).unwrap();
    is_alone(&page);
    let rows = ["<th scope=\"row\">recipe.lr</th><td>0.1</td><td>0.2</td>", "<td>90.00&nbsp;%</td><td>5</td><td>7.5 s</td>"];
    assert!(rows.iter().all(|row| page.contains(row)) && !page.contains("recipe.epochs"), "{page}");
    assert!(page.contains("<span class=\"key c0\">a</span> <span class=\"key c1\">b</span>"), "{page}");
    // Two folders of one name are told apart by their paths; the settings are the same.
    let page = report::compare(&[paths[0].clone(), paths[2].clone()]).unwrap();
    is_alone(&page);
    assert!(page.contains("b&amp;c/a") && page.contains("the runs have the same settings") && page.contains("<td>2 of 40</td>"), "{page}");
    let count = |count: usize| report::compare(&vec![paths[0].clone(); count]).unwrap_err().to_string();
    assert_eq!([1, 13].map(count), ["1 runs to compare; expected 2 to 12", "13 runs to compare; expected 2 to 12"]);
}

/// Files are anything; names in the list of files cannot leave the folder.
#[test]
fn damaged_folders() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    run(&path, 0.1, 2).finish(6).unwrap();
    let error = |folder: &Path| report::write(folder).unwrap_err().to_string();
    assert!(error(place.path()).contains("config.json"));

    fs::write(place.path().join("outside.png"), "mine").unwrap();
    let mut kept: serde_json::Value = serde_json::from_str(&fs::read_to_string(path.join("config.json")).unwrap()).unwrap();
    kept["files"] = serde_json::json!(["../outside.png", "best_samples.png", "gone.png", "large.png", "text.txt"]);
    fs::write(path.join("config.json"), kept.to_string()).unwrap();
    fs::File::create(path.join("large.png")).unwrap().set_len(9 << 20).unwrap();
    fs::write(path.join("text.txt"), "</pre><script>\0").unwrap();
    let page = fs::read_to_string(report::write(&path).unwrap()).unwrap();
    is_alone(&page);
    assert!(page.contains("large.png: 9 MB, too large for this page") && page.contains("&lt;/pre&gt;&lt;script&gt;\u{fffd}"), "{page}");
    assert_eq!(page.matches("<img").count(), 1, "best_samples.png alone");

    let metrics = fs::read_to_string(path.join("metrics.jsonl")).unwrap();
    fs::write(path.join("metrics.jsonl"), format!("{metrics}{{\n")).unwrap();
    assert!(error(&path).contains("metrics.jsonl: line 3: not the metrics of an epoch"), "{}", error(&path));
    fs::write(path.join("metrics.jsonl"), &metrics).unwrap();
    fs::write(path.join("summary.json"), "{}").unwrap();
    assert!(error(&path).contains("summary.json: not the summary.json of a run"), "{}", error(&path));
    assert!(Results::read(&path).is_err());
}

/// No part of the page is wider than a phone or a laptop, except in what scrolls, and the browser has nothing to say.
#[test]
fn in_a_browser() {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let Some(browser) = names.into_iter().find(|name| Command::new(name).arg("--version").output().is_ok()) else {
        println!("SKIPPED: pages in a browser (install chromium)");
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let paths = [1, 2].map(|i| place.path().join(format!("a_run_with_a_name_that_is_far_too_long_for_a_small_screen_{i}")));
    paths.iter().zip([0.1, 0.2]).for_each(|(path, lr)| drop(run(path, lr, 4).finish(6).unwrap()));
    let pages = [fs::read_to_string(paths[0].join("report.html")).unwrap(), report::compare(&paths).unwrap()];
    for (page, width) in pages.iter().flat_map(|page| [(page, 390), (page, 1280)]) {
        // The width of the page and not of the window, which is never that narrow.
        let script = format!(
            "<script>document.documentElement.style.width = '{width}px';
            const wide = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll > *') && e.getBoundingClientRect().right > {width});
            document.title = 'too wide: ' + wide.map(e => e.outerHTML.slice(0, 60)).join(' ');</script></body>"
        );
        let file = place.path().join("page.html");
        fs::write(&file, page.replace("</body>", &script)).unwrap();
        let arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom", "--window-size=1280,1000"];
        let output = Command::new(browser).args(arguments).arg(&file).output().unwrap();
        let [dom, log] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(dom.contains("<title>too wide: </title>"), "{width}: {}", &dom[..dom.len().min(400)]);
        assert!(!log.contains("CONSOLE"), "{log}");
    }
}
