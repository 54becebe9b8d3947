//! Options without effect are errors that list the supported options.

use crate::support::{Place, idx};

/// Without a command, the help is printed, without an error message.
#[test]
fn no_command() {
    let place = Place::new();
    for (command, usage) in [("", "Usage: layercake <COMMAND>"), ("data", "Usage: layercake data <COMMAND>")] {
        let output = place.run(command);
        let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(stderr.contains(usage) && !stderr.contains("error:") && stderr.lines().count() > 5, "layercake {command}\n{stderr}");
        assert_eq!((stdout.as_str(), output.status.code()), ("", Some(2)), "layercake {command}");
        let asked = place.works(&format!("{command} --help"));
        assert!(asked.contains(usage), "{asked}");
    }
}

const KNN: &str = "--dataset, --data-dir, --seed, --validation, --threads, --out";

#[test]
fn options_of_nearest_neighbors() {
    let place = Place::new();
    for option in
        ["--epochs 3", "--batch-size 8", "--lr 0.1", "--patience 2", "--restore-best", "--checkpoint-every 5", "--tensorboard logs"]
    {
        let name = option.split(' ').next().unwrap();
        let line = format!(
            "error: `{name}` has no effect on `knn`: it stores the training images and takes no optimizer steps; supported options: {KNN}"
        );
        place.fails(&format!("train knn {option}"), 1, &line);
    }
    assert!(place.names(".").is_empty(), "nothing was begun");
    let said = place.works("train knn --out r --seed 2");
    // A thirtieth of the 1,437 images is held out.
    assert!(said.contains("% of 48 images") && !said.contains("l2 0.0000"), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("test accuracy 9") && !last.contains("validation"), "{last}");
    let summary = place.json("r/summary.json");
    assert!(summary["validation_accuracy"].as_f64().unwrap() > 0.9 && summary["validation_k"].as_f64().is_some(), "{summary}");
    assert!(summary.as_object().unwrap().keys().all(|key| !key.starts_with("test_") || key == "test_accuracy"), "{summary}");
    let said = place.works("train knn --out r --validation 100");
    assert!(said.contains("% of 100 images"), "{said}");
    place.fails(
        "train knn --out r --validation 1437",
        1,
        "error: cannot hold out 1437 of 1437 training items: both parts need at least one",
    );
}

/// Fewer images than neighbors, and images of different sizes.
#[test]
fn nearest_neighbors_of_few_images() {
    let place = Place::new();
    place
        .put("d/mnist/train-images-idx3-ubyte", &idx(&[3, 28, 28], &[7; 3 * 784]))
        .put("d/mnist/train-labels-idx1-ubyte", &idx(&[3], &[0, 5, 9]))
        .put("d/mnist/t10k-images-idx3-ubyte", &idx(&[2, 28, 28], &[7; 2 * 784]))
        .put("d/mnist/t10k-labels-idx1-ubyte", &idx(&[2], &[1, 2]));
    let said = place.works("train knn --data-dir d");
    assert!(said.contains("k =  1, l1: ") && !said.contains("k =  3, "), "{said}");
    place.put("d/mnist/t10k-images-idx3-ubyte", &idx(&[2, 28, 27], &[7; 2 * 28 * 27]));
    let line = "error: mnist, test images: expected images of 1x28x28 (channels x height x width), found 1x28x27";
    place.fails("train knn --data-dir d", 1, line);
    place
        .put("d/mnist/train-images-idx3-ubyte", &idx(&[1, 28, 28], &[7; 784]))
        .put("d/mnist/train-labels-idx1-ubyte", &idx(&[1], &[0]))
        .put("d/mnist/t10k-images-idx3-ubyte", &idx(&[2, 28, 28], &[7; 2 * 784]));
    place.fails("train knn --data-dir d", 1, "error: cannot hold out 1 of 1 training items: both parts need at least one");
}

#[test]
fn options_without_effect() {
    let place = Place::new();
    let line = "error: `--patience 2` has no effect in a run of 4 epochs: it cannot stop the run before epoch 4";
    place.fails("train lenet5 --epochs 4 --patience 2", 1, line);
    place.fails("train lenet5 --epochs 1 --restore-best", 1, "error: `--restore-best` has no effect in a run of one epoch");
    let line = "error: `--checkpoint-every 91` has no effect: the run has 90 steps, and writes a checkpoint after each epoch";
    place.fails("train lenet5 --epochs 1 --checkpoint-every 91", 1, line);
    let line = "error: cannot hold out 1437 of 1437 training items: both parts need at least one";
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
    let pictures = "it samples images, not text; supported options: --checkpoint, --out, --count, --seed, --threads";
    for model in ["vae", "pixelcnn"] {
        for (option, value) in [("--prompt", "A"), ("--temperature", "0.5"), ("--top-k", "3"), ("--top-p", "0.9")] {
            let line = format!("error: `{option}` has no effect on `{model}`: {pictures}");
            place.fails(&format!("sample {model} --checkpoint x {option} {value}"), 1, &line);
        }
    }
    let known = "--checkpoint, --count, --seed, --prompt, --temperature, --top-k, --top-p, --threads";
    for model in ["char_lstm", "char_transformer"] {
        let line = format!("error: `--out` has no effect on `{model}`: text is written to stdout; supported options: {known}");
        place.fails(&format!("sample {model} --checkpoint x --out a.png"), 1, &line);
    }
    let line = "error: invalid value '1.5' for '--top-p <P>': expected a number above 0 and at most 1";
    place.fails("sample char_lstm --checkpoint x --top-p 1.5", 2, line);
}

/// The best weights by validation: parameters, summary and evaluation are of the same epoch.
#[test]
fn the_best_epoch() {
    let place = Place::new();
    let command = "train softmax --epochs 5 --lr 0.5 --seed 1 --restore-best --out r";
    let said = place.warns(command, "the training loss is ");
    let metrics: Vec<serde_json::Value> = place.text("r/metrics.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(metrics.len(), 5);
    let loss = |line: &serde_json::Value| line["validation_loss"].as_f64().unwrap();
    let best = metrics.iter().min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap();
    let epoch = best["epoch"].as_u64().unwrap();
    assert!(said.contains(&format!("weights of epoch {epoch}, the best validation_loss")), "{said}");
    assert!(said.contains(": 1,317 training images"), "a twelfth of 1,437 is held out: {said}");
    let summary = place.json("r/summary.json");
    assert_eq!((&summary["weights_of_epoch"], &summary["test_loss"]), (&best["epoch"], &best["test_loss"]));
    assert!(!summary["instruction_set"].as_str().unwrap().is_empty());
    let measured = place.works("eval softmax --checkpoint r");
    let expected = format!("test loss {:.4}\n", best["test_loss"].as_f64().unwrap());
    assert!(measured.ends_with(&expected), "{measured} and not {expected}");

    let command = "train softmax --epochs 30 --lr 0.9 --seed 1 --patience 0 --validation 300 --out r";
    let said = place.warns(command, "the training loss is ");
    let count = place.text("r/metrics.jsonl").lines().count();
    let line = format!("stopped early after epoch {count}; weights of the last epoch");
    assert!(count < 30 && said.contains(&line), "{said}");
    assert!(said.contains(": 1,137 training images"), "{said}");
}

#[test]
fn the_help_names_the_conditions_of_reproducibility() {
    let help = Place::new().works("train --help").split_whitespace().collect::<Vec<_>>().join(" ");
    for said in ["on CPUs with the same instruction set (AVX-512, AVX2 or scalar; see summary.json)", "about 1e-6", "LAYERCAKE_SIMD=v3"] {
        assert!(help.contains(said), "{said} in {help}");
    }
}
