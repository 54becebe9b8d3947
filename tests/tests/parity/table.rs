//! The table of all layers, `docs/catalogue.md`, and its completeness. The source of its figures, and how it
//! is written, are in `tests/src/table.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use layercake::ir::spec::{Choice, Inputs, Kind, Value};
use layercake::ir::{Op, Shape, Site, Spec};
use layercake_tests::{Fixture, folder, item, table};

/// The columns of figures.
const FIGURES: [&str; 5] =
    ["forward, portable f64", "backward, portable f64", "forward, engine f32", "backward, engine f32", "gradcheck f64"];

/// Where no figure can stand.
const REASONS: [(&str, &str, &str); 3] = [
    ("Network", "*", "its layers are opened up before it runs"),
    ("Custom", "*", "a module of the user's own, which only its network can call"),
    ("Embedding", "gradcheck f64", "none: ids are discrete"),
];

/// What is no layer, where it is tested, and against what.
const OTHERS: [(&str, &str, &str, &str); 46] = [
    (
        "MSE, L1, Huber, SmoothL1",
        "tests/tests/training/losses.rs",
        "as_pytorch_says",
        "PyTorch: 1e-13 in f64, 1e-6 in f32, values and gradients, all reductions",
    ),
    (
        "cross entropy (ids, soft, smoothing, weights, ignore)",
        "tests/tests/training/losses.rs",
        "as_pytorch_says",
        "PyTorch, to the same tolerance; logits up to 1e4",
    ),
    ("NLL, BCE, BCE with logits", "tests/tests/training/losses.rs", "as_pytorch_says", "PyTorch, to the same tolerance"),
    ("focal loss", "tests/tests/training/losses.rs", "as_pytorch_says", "torchvision's `sigmoid_focal_loss`, to the same tolerance"),
    (
        "RoI align, RoI pooling",
        "tests/tests/parity/roi.rs",
        "as_torchvision_does",
        "torchvision: 1e-13 in f64, 1e-6 in f32, values and gradients",
    ),
    ("RoI align, RoI pooling", "tests/tests/parity/roi.rs", "finite_differences", "finite differences in f64: 1e-6"),
    ("IoU, GIoU, clipping", "train/tests/train/detection.rs", "pairs", "torchvision"),
    ("NMS, per class too", "train/tests/train/detection.rs", "suppression", "torchvision: equal indices"),
    ("box coding", "train/tests/train/detection.rs", "offsets", "torchvision"),
    ("anchors", "train/tests/train/detection.rs", "anchors", "torchvision"),
    ("matching", "train/tests/train/detection.rs", "matching", "torchvision"),
    (
        "average precision, precision-recall curves",
        "train/tests/train/detection.rs",
        "average_precision_of_coco",
        "pycocotools: 1e-9, all curves",
    ),
    ("hinge and squared hinge", "tests/tests/training/losses.rs", "as_pytorch_says", "PyTorch, to the same tolerance"),
    ("KL divergence", "tests/tests/training/losses.rs", "as_pytorch_says", "PyTorch, to the same tolerance"),
    ("gradients of all losses", "tests/tests/training/gradients.rs", "of_all_losses", "finite differences in f64: 1e-7"),
    ("stable losses", "tests/tests/training/losses.rs", "sure_and_right", "closed form at logits of 1e4"),
    (
        "init: constant, normal, uniform, Xavier, Kaiming",
        "tests/tests/training/initial.rs",
        "variances",
        "theoretical mean, variance and bounds",
    ),
    ("init: orthogonal", "tests/tests/training/initial.rs", "orthogonal", "products of rows: 1e-13"),
    (
        "init: activations through 20 layers",
        "tests/tests/training/initial.rs",
        "activations_through_twenty_layers",
        "standard deviations vanish or stay",
    ),
    ("SGD, momentum, Nesterov", "tests/tests/training/optimizers.rs", "sgd", "PyTorch, 30 steps: 1e-12 in f64, 1e-5 in f32"),
    ("AdaGrad", "tests/tests/training/optimizers.rs", "adagrad", "PyTorch, to the same tolerance"),
    ("RMSProp", "tests/tests/training/optimizers.rs", "rmsprop", "PyTorch, to the same tolerance"),
    ("Adam, AdamW", "tests/tests/training/optimizers.rs", "adam", "PyTorch, to the same tolerance"),
    ("groups under a schedule", "tests/tests/training/optimizers.rs", "a_schedule_moves_all_groups", "PyTorch: 1e-12"),
    ("clipping by value and norm", "tests/tests/training/optimizers.rs", "clipping_functions", "PyTorch: 1e-12"),
    ("dfdx's own optimizers", "tests/tests/training/optimizers.rs", "dfdx_own", "PyTorch: SGD and Adam agree to 1e-12, RMSprop does not"),
    (
        "step, multi-step, exponential, 1/(1+kt), cosine, warm-up, one-cycle",
        "tests/tests/training/schedules.rs",
        "as_pytorch_says",
        "PyTorch's learning rates",
    ),
    ("reduce on plateau", "tests/tests/training/schedules.rs", "on_a_plateau", "PyTorch's learning rates"),
    ("weight averages: EMA, SWA", "tests/tests/training/optimizers.rs", "averages", "PyTorch: 1e-13"),
    ("gradient checking", "tests/tests/training/gradients.rs", "checks_a_network_and_its_input", "a network: 1e-6"),
    ("gradient checking finds mistakes", "tests/tests/training/gradients.rs", "finds_a_wrong_gradient", "relative error"),
    ("Gaussian KL divergence, closed form", "core/src/loss/gaussian.rs", "by_hand", "hand-computed values"),
    ("entropy", "core/src/loss/entropy.rs", "by_hand", "hand-computed values"),
    (
        "init = .. on a layer",
        "core/tests/core/initial.rs",
        "however_a_network_is_built",
        "standard deviations and bounds; `new`, f64, `reset_params`",
    ),
    ("init = .. in graphs and files", "core/tests/core/initial.rs", "a_graph_and_its_file_begin_like_the_type", "equal initial values"),
    ("gradient accumulation", "tests/tests/training/gradients.rs", "micro_batches_make_a_batch", "one pass over the whole batch"),
    ("gradient of the input", "tests/tests/training/gradients.rs", "by_the_input", "the gradient on the tape"),
    (
        "NaN and infinity in parameters and gradients",
        "tests/tests/training/gradients.rs",
        "numbers_that_are_none_are_found",
        "inserted NaN and infinity",
    ),
    (
        "NaN and infinity in activations",
        "core/tests/core/finite.rs",
        "names_the_layer_in_a_network_in_a_network",
        "inserted NaN and infinity",
    ),
    ("ensembles of five crops", "train/src/crops.rs", "the_mean_of_five_predictions", "hand-computed mean"),
    (
        "Reparameterize in training",
        "tests/tests/parity/random.rs",
        "reparameterize_draws_from_the_gaussian",
        "mean, variance, gradients; engine and portable path agree",
    ),
    (
        "stochastic depth in training",
        "tests/tests/parity/random.rs",
        "stochastic_depth_drops_whole_samples",
        "fractions, scale, gradients; engine and portable path agree",
    ),
    (
        "DropConnect in training",
        "tests/tests/parity/random.rs",
        "drop_connect_drops_weights_for_the_whole_batch",
        "one mask per batch; engine and portable path agree",
    ),
    ("Dropout2d in training", "tests/tests/parity/random.rs", "dropout2d_drops_whole_channels", "fractions, scale"),
    ("Dropout in training", "tests/tests/parity/dropout.rs", "keeps_what_it_should", "fractions, independence, scale"),
    ("fractional pooling in training", "tests/tests/parity/random.rs", "fractional_windows_vary_and_reach_the_end", "positions of windows"),
];

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// All files of this extension below a folder.
fn files(folder: &Path, extension: &str) -> Vec<String> {
    let mut list = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of this repository").map(|entry| entry.expect("readable").path()) {
        if entry.is_dir() {
            list.extend(files(&entry, extension));
        } else if entry.extension().is_some_and(|own| own == extension) {
            list.push(fs::read_to_string(entry).expect("text"));
        }
    }
    list
}

/// The layers that a shape rule refuses in what the compiler prints for a case: the message begins with the layer's name, and the underlined token
/// stands in the layer.
fn refused(printed: &str) -> BTreeSet<&'static str> {
    let mut kinds = BTreeSet::new();
    let lines: Vec<&str> = printed.lines().collect();
    let mut rule = false;
    for (line, next) in lines.iter().zip(lines.iter().skip(1)) {
        if let Some(text) = line.strip_prefix("error: ").or_else(|| line.strip_prefix("error[E0080]: evaluation panicked: ")) {
            rule = text.strip_prefix('`').is_some_and(|name| name.starts_with(|letter: char| letter.is_lowercase()));
        }
        let Some(caret) = next.find('^').filter(|_| rule && line.contains(" | ")) else { continue };
        let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let end = caret + line.get(caret..).and_then(|rest| rest.find(|letter| !in_word(letter))).unwrap_or(0);
        let words = line.get(..end).unwrap_or_default().rsplit(|letter| !in_word(letter));
        kinds.extend(words.filter_map(|word| Op::KINDS.iter().find(|kind| **kind == word)).take(1));
        rule = false;
    }
    kinds
}

/// Does the rule of an operation accept values of every shape, with options that fit the shape?
fn accepts_all(spec: &Spec) -> bool {
    let site = Site { layer: "layer", source: "", flattened: None, others: &[], exact: false };
    let shapes: [&[usize]; 5] = [&[6], &[6, 5], &[6, 5, 4], &[6, 5, 4, 3], &[6, 5, 4, 3, 2]];
    let value = |choice: &'static Choice| {
        choice.default_value(|_| None).or(match choice.kind {
            Kind::Size => Some(Value::Size(1)),
            Kind::Pair => Some(Value::Pair([1; 2])),
            Kind::Float => Some(Value::Float(0.5)),
            _ => None,
        })
    };
    // One that needs more than that to be written has a rule.
    let Ok(op) = (spec.make)(&mut |choice| value(choice)) else { return false };
    let accepts = |count: usize| shapes.iter().all(|dims| op.infer(&vec![Shape::new(dims); count], &site).is_ok());
    spec.inputs == Inputs::One && accepts(1)
}

/// How a layer's shape rule is seen to refuse what it should.
fn rule(kind: &str, cases: &BTreeSet<&'static str>) -> String {
    let how = match Spec::named(kind) {
        _ if cases.contains(kind) => "tested",
        Some(spec) if accepts_all(spec) => "any shape",
        _ => table::OPEN,
    };
    how.to_owned()
}

/// The fixtures by their row, with the number of their cases.
fn fixtures() -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for file in fs::read_dir(folder()).expect("the fixtures").map(|entry| entry.expect("readable").path()) {
        let kind = file.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        counts.insert(item(&kind), Fixture::open(&kind).cases().len());
    }
    counts
}

fn expected(old: &str) -> String {
    let cases: BTreeSet<&str> = files(&tests().join("ui"), "stderr").iter().flat_map(|printed| refused(printed)).collect();
    let fixtures = fixtures();
    let total: usize = fixtures.values().sum();
    let mut out = format!(
        "# The catalogue\n\nThis page is generated by tests from their measurements; `tests/src/table.rs` explains how. The numbers are the largest differences \
         from PyTorch's results over all cases of a fixture, relative to the largest magnitude in the tensor, and rounded up to 1, 2 or 5 times a power of ten. \
         PyTorch computes in float64; its results are stored in float32, which alone is an error of 6e-8. The last column compares gradients in float64 with \
         finite differences. Random layers are compared with PyTorch in inference; the last table lists how their training is tested.\n\nThe fixtures have \
         {total} cases.\n\n\
         ## Layers\n\n| Item | cases | shape rule |"
    );
    for column in FIGURES {
        write!(out, " {column} |").unwrap();
    }
    out.push_str("\n|--|--|--|--|--|--|--|--|\n");
    for kind in Op::KINDS {
        if let Some((_, _, reason)) = REASONS.iter().find(|(item, column, _)| item == kind && *column == "*") {
            writeln!(out, "| {kind} | none: {reason} | {} |{}", rule(kind, &cases).replace(table::OPEN, "none"), " none |".repeat(5))
                .unwrap();
            continue;
        }
        let count = fixtures.get(*kind).map_or_else(|| table::OPEN.to_owned(), usize::to_string);
        write!(out, "| {kind} | {count} | {} |", rule(kind, &cases)).unwrap();
        for column in FIGURES {
            let reason = REASONS.iter().find(|(item, own, _)| item == kind && *own == column);
            write!(out, " {} |", reason.map_or_else(|| table::kept(old, kind, column), |(_, _, reason)| (*reason).to_owned())).unwrap();
        }
        out.push('\n');
    }
    out.push_str("\n## Networks\n\n| Item | cases |");
    for column in &FIGURES[..4] {
        write!(out, " {column} |").unwrap();
    }
    out.push_str("\n|--|--|--|--|--|--|\n");
    for (name, count) in fixtures.iter().filter(|(name, _)| !Op::KINDS.contains(&name.as_str())) {
        write!(out, "| {name} | {count} |").unwrap();
        for column in &FIGURES[..4] {
            write!(out, " {} |", table::kept(old, name, column)).unwrap();
        }
        out.push('\n');
    }
    out.push_str("\n## Everything else\n\n| Item | test | against |\n|--|--|--|\n");
    for (name, file, test, against) in OTHERS {
        writeln!(out, "| {name} | `{file}`: `{test}` | {against} |").unwrap();
    }
    out
}

#[test]
fn nothing_is_missing() {
    if table::writes() {
        return table::rewrite(expected);
    }
    let old = table::text();
    let expected = expected(&old);
    assert!(old == expected, "docs/catalogue.md is out of date; the head of tests/src/table.rs says how to write it again");
    let open: Vec<&str> = old.lines().filter(|line| line.contains(&format!("| {} |", table::OPEN)) || line.contains("|  |")).collect();
    assert!(open.is_empty(), "nothing stands in cells of:\n{}", open.join("\n"));
    let total: usize = fixtures().values().sum();
    assert!(total >= 250, "{total} cases");
    for (name, file, test, _) in OTHERS {
        let source = fs::read_to_string(tests().join("../..").join(file)).unwrap();
        assert!(source.contains(&format!("fn {test}()")), "{name}: {file} has no test `{test}`");
    }
}
