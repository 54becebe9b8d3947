//! Options that could have no effect are refused, and say what there is instead.

mod support;

use support::{Place, idx};

/// Help that nobody asked for is no error, though nothing was done.
#[test]
fn nothing_was_asked_for() {
    let place = Place::new();
    for (command, usage) in [("", "Usage: layercake <COMMAND>"), ("data", "Usage: layercake data <COMMAND>")] {
        let output = place.run(command);
        let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(stderr.contains(usage) && !stderr.contains("error") && stderr.lines().count() > 5, "layercake {command}\n{stderr}");
        assert_eq!((stdout.as_str(), output.status.code()), ("", Some(2)), "layercake {command}");
        let asked = place.works(&format!("{command} --help"));
        assert!(asked.contains(usage), "{asked}");
    }
}

const KNN: &str = "--dataset, --data-dir, --seed, --validation, --threads, --out";

#[test]
fn nearest_neighbors_take_no_steps() {
    let place = Place::new();
    for option in ["--epochs 3", "--batch-size 8", "--lr 0.1", "--patience 2", "--restore-best", "--checkpoint-every 5"] {
        let name = option.split(' ').next().unwrap();
        let line = format!("error: `{name}` has no effect on `knn`: it keeps all images, and takes no steps; there are: {KNN}");
        place.fails(&format!("train knn {option}"), 1, &line);
    }
    assert!(place.names(".").is_empty(), "nothing was begun");
    let said = place.works("train knn --out r --seed 2");
    // 1,437 images, a thirtieth of them held out.
    assert!(said.contains("% of 48 held out are right") && !said.contains("l2 0.0000"), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("test accuracy 9") && !last.contains("neighbors"), "{last}");
    let summary = place.json("r/summary.json");
    assert!(summary["validation_accuracy"].as_f64().unwrap() > 0.9 && summary["validation_neighbors"].as_f64().is_some(), "{summary}");
    assert!(summary.as_object().unwrap().keys().all(|key| !key.starts_with("test_") || key == "test_accuracy"), "{summary}");
    let said = place.works("train knn --out r --validation 100");
    assert!(said.contains("% of 100 held out are right"), "{said}");
    place.fails(
        "train knn --out r --validation 1437",
        1,
        "error: 1437 of 1437 training items cannot be held out: both parts need at least one",
    );
}

/// Fewer images than neighbors, and images of two sizes.
#[test]
fn nearest_neighbors_of_few() {
    let place = Place::new();
    place
        .put("d/mnist/train-images-idx3-ubyte", &idx(&[3, 28, 28], &[7; 3 * 784]))
        .put("d/mnist/train-labels-idx1-ubyte", &idx(&[3], &[0, 5, 9]))
        .put("d/mnist/t10k-images-idx3-ubyte", &idx(&[2, 28, 28], &[7; 2 * 784]))
        .put("d/mnist/t10k-labels-idx1-ubyte", &idx(&[2], &[1, 2]));
    let said = place.works("train knn --data-dir d");
    assert!(said.contains(" 1 neighbors by ") && !said.contains(" 3 neighbors by "), "{said}");
    place.put("d/mnist/t10k-images-idx3-ubyte", &idx(&[2, 28, 27], &[7; 2 * 28 * 27]));
    let line = "error: mnist, test images: expected images of 1x28x28 (channels x height x width), found 1x28x27";
    place.fails("train knn --data-dir d", 1, line);
    place
        .put("d/mnist/train-images-idx3-ubyte", &idx(&[1, 28, 28], &[7; 784]))
        .put("d/mnist/train-labels-idx1-ubyte", &idx(&[1], &[0]))
        .put("d/mnist/t10k-images-idx3-ubyte", &idx(&[2, 28, 28], &[7; 2 * 784]));
    place.fails("train knn --data-dir d", 1, "error: 1 of 1 training items cannot be held out: both parts need at least one");
}

#[test]
fn wishes_that_change_nothing() {
    let place = Place::new();
    let line = "error: `--patience 2` has no effect in a run of 4 epochs: it ends none before epoch 4";
    place.fails("train lenet5 --epochs 4 --patience 2", 1, line);
    place.fails("train lenet5 --epochs 1 --restore-best", 1, "error: `--restore-best` has no effect in a run of one epoch");
    let line = "error: `--checkpoint-every 91` has no effect: the run has 90 steps, and keeps one an epoch";
    place.fails("train lenet5 --epochs 1 --checkpoint-every 91", 1, line);
    let line = "error: 1437 of 1437 training items cannot be held out: both parts need at least one";
    place.fails("train lenet5 --epochs 1 --validation 1437", 1, line);
    for option in ["--validation 5", "--patience 1", "--restore-best", "--seed 1"] {
        let output = place.run(&format!("train --resume r {option}"));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("error: the argument '--resume <RUN_DIR>' cannot be used with '"), "{stderr}");
        assert_eq!(output.status.code(), Some(2));
    }
    assert!(place.names(".").is_empty(), "nothing was begun");
}

#[test]
fn samples_of_another_kind() {
    let place = Place::new();
    let pictures = "it draws pictures, and no text; there are: --checkpoint, --out, --count, --seed, --threads";
    for model in ["vae", "pixelcnn"] {
        for (option, value) in [("--prompt", "A"), ("--temperature", "0.5")] {
            let line = format!("error: `{option}` has no effect on `{model}`: {pictures}");
            place.fails(&format!("sample {model} --checkpoint x {option} {value}"), 1, &line);
        }
    }
    let known = "--checkpoint, --count, --seed, --prompt, --temperature, --threads";
    let line = format!("error: `--out` has no effect on `char_lstm`: its text goes to stdout; there are: {known}");
    place.fails("sample char_lstm --checkpoint x --out a.png", 1, &line);
}

/// The best weights by images that were held out: what is kept, summed up and measured is of one epoch.
#[test]
fn the_best_epoch() {
    let place = Place::new();
    let said = place.works("train softmax --epochs 5 --lr 0.5 --seed 1 --restore-best --out r");
    let metrics: Vec<serde_json::Value> = place.text("r/metrics.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(metrics.len(), 5);
    let loss = |line: &serde_json::Value| line["validation_loss"].as_f64().unwrap();
    let best = metrics.iter().min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap();
    let epoch = best["epoch"].as_u64().unwrap();
    assert!(said.contains(&format!("the weights are those of epoch {epoch}, the best by validation_loss")), "{said}");
    assert!(said.contains(": 1,317 images to learn from"), "a twelfth of 1,437 is held out: {said}");
    let summary = place.json("r/summary.json");
    assert_eq!((&summary["weights_of_epoch"], &summary["test_loss"]), (&best["epoch"], &best["test_loss"]));
    assert!(!summary["instruction_set"].as_str().unwrap().is_empty());
    let measured = place.works("eval softmax --checkpoint r");
    let expected = format!("test loss {:.4}\n", best["test_loss"].as_f64().unwrap());
    assert!(measured.ends_with(&expected), "{measured} and not {expected}");

    let said = place.works("train softmax --epochs 30 --lr 0.9 --seed 1 --patience 0 --validation 300 --out r");
    let count = place.text("r/metrics.jsonl").lines().count();
    let line = format!("stopped after epoch {count} for want of progress; the weights are those of epoch {count}, the last");
    assert!(count < 30 && said.contains(&line), "{said}");
    assert!(said.contains(": 1,137 images to learn from"), "{said}");
}

#[test]
fn the_promise_of_bits_names_the_instruction_set() {
    let help = Place::new().works("train --help").split_whitespace().collect::<Vec<_>>().join(" ");
    for said in
        ["on CPUs of the same instruction set (AVX-512, AVX2 or plain code; summary.json says which)", "about 1e-6", "LAYERCAKE_SIMD=v3"]
    {
        assert!(help.contains(said), "{said} in {help}");
    }
}
