use super::*;

/// A search over two hyperparameters, the best at 0.01 and 0.1.
fn search() -> Search {
    Search {
        axes: vec![Axis::log("lr", 1e-4, 1.0), Axis::log("decay", 1e-3, 10.0)],
        first: vec![1e-3, 0.1],
        trials: 20,
        epochs: 20,
        seed: 3,
    }
}

/// Better the longer it trains; a high learning rate diverges.
fn score(trial: &Trial) -> Result<Score, TrainError> {
    let [lr, decay] = trial.values[..] else { panic!("{trial:?}") };
    if lr > 0.3 {
        return Err(TrainError::Exploded { epoch: 1, step: 2, first: 1.0, loss: 4.0 });
    }
    let value = (lr / 0.01).log10().abs() + (decay / 0.1).log10().abs() + 1.0 / trial.epochs as f64;
    Ok(Score { metric: "validation_loss".to_owned(), better: Better::Lower, value })
}

#[test]
fn coarse_to_fine() {
    let place = tempfile::tempdir().unwrap();
    let mut runs = Vec::new();
    let table = search()
        .run(place.path(), serde_json::json!({}), &mut |trial| {
            runs.push((trial.number, trial.epochs));
            score(trial)
        })
        .unwrap();
    assert_eq!(table.trials.len(), 20);
    let of = |epochs: usize, trials: std::ops::RangeInclusive<usize>| {
        runs.iter().filter(|run| run.1 == epochs && trials.contains(&run.0)).count()
    };
    assert_eq!((of(3, 1..=12), of(3, 13..=20)), (12, 8));
    // Of those that were not stopped the best third.
    let stopped = table.trials.iter().filter(|trial| trial.last().is_none()).count();
    assert!(stopped > 0 && table.trials.iter().all(|trial| (trial.values[0] > 0.3) == trial.last().is_none()), "{stopped}");
    let third = (12 - stopped).div_ceil(3);
    assert!((third..=third + 1).contains(&of(7, 1..=12)) && of(7, 13..=20) == 3, "{runs:?}");
    assert_eq!((of(3, 1..=1), of(7, 1..=1), of(20, 1..=1)), (1, 1, 1), "the first trial is always compared");
    assert_eq!(of(20, 13..=20), 1);
    assert_eq!(table.trials[0].values, [1e-3, 0.1], "the first is the one that was given");
    // The fine stage draws from a part of the ranges.
    let spread = |trials: &[TrialRow]| {
        let places: Vec<f64> = trials.iter().map(|trial| table.axes[0].place(trial.values[0])).collect();
        places.iter().copied().fold(0.0, f64::max) - places.iter().copied().fold(1.0, f64::min)
    };
    assert!(spread(&table.trials[12..]) < 0.7 * spread(&table.trials[1..12]));
    let best = &table.trials[table.best.unwrap() - 1];
    assert!(best.last().unwrap().0 == 20, "{best:?}");
    // The fine trials are better as a whole.
    let middle = |trials: &[TrialRow]| {
        let mut scores: Vec<f64> = trials.iter().filter_map(|trial| trial.runs[0].score).collect();
        scores.sort_by(f64::total_cmp);
        scores[scores.len() / 2]
    };
    assert!(middle(&table.trials[12..]) < middle(&table.trials[..12]), "{:?}", table.trials);

    let text = std::fs::read_to_string(place.path().join("search.md")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "| trial | stage | lr | decay | epochs | validation_loss | |");
    assert!(lines[2].starts_with(&format!("| {} | {} | ", best.number, best.stage)) && lines[2].ends_with(" | the best |"), "{text}");
    assert!(lines[21].ends_with(" | 3 | - | stopped: the loss rose from 1.0000 to 4.0000 in step 2 of epoch 1 |"), "{text}");
    let picture = std::fs::read_to_string(place.path().join("search.svg")).unwrap();
    assert_eq!(picture.matches("<polyline").count(), (20 - stopped) + 3 + 8);
}

#[test]
fn killed_and_started_again() {
    let [whole, parts] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    search().run(whole.path(), serde_json::json!({}), &mut score).unwrap();
    let mut runs = 0;
    for part in 1.. {
        let mut left = 7;
        let done = search().run(parts.path(), serde_json::json!({}), &mut |trial| {
            if left == 0 {
                return Err(TrainError::Interrupted { epoch: 1, step: 1, kept: None });
            }
            (left, runs) = (left - 1, runs + 1);
            score(trial)
        });
        if done.is_ok() {
            assert!(part > 3);
            break;
        }
    }
    let text = |place: &tempfile::TempDir, name: &str| std::fs::read_to_string(place.path().join(name)).unwrap();
    for name in ["search.json", "search.md", "search.svg"] {
        assert_eq!(text(&whole, name), text(&parts, name));
    }
    let table: SearchTable = serde_json::from_str(&text(&whole, "search.json")).unwrap();
    assert_eq!(table.trials.iter().map(|trial| trial.runs.len()).sum::<usize>(), runs, "no run was repeated");

    let other = Search { trials: 10, ..search() }.run(whole.path(), serde_json::json!({}), &mut score).unwrap_err().to_string();
    assert!(
        other.ends_with(
            "search.json: the table of another search: its `trials` is 20, not 10; name another folder (`--out`), or repeat that search"
        ),
        "{other}"
    );
    let other = search().run(whole.path(), serde_json::json!({ "model": "m" }), &mut score).unwrap_err().to_string();
    assert!(other.contains("its `model` is null, not \"m\""), "{other}");
    std::fs::write(whole.path().join("search.json"), "{}").unwrap();
    let damaged = search().run(whole.path(), serde_json::json!({}), &mut score).unwrap_err().to_string();
    assert!(damaged.contains("search.json: not the table of a search: missing field `layercake`"), "{damaged}");
}

#[test]
fn nothing_but_divergence() {
    let place = tempfile::tempdir().unwrap();
    let mut explode = |_: &Trial| Err(TrainError::Exploded { epoch: 1, step: 2, first: 1.0, loss: 4.0 });
    let error = search().run(place.path(), serde_json::json!({}), &mut explode).unwrap_err().to_string();
    assert_eq!(error, "every trial of the search diverged; try lower learning rates");
    let few = Search { first: vec![1.0], ..search() }.run(place.path(), serde_json::json!({}), &mut explode).unwrap_err().to_string();
    assert_eq!(few, "a search over 2 hyperparameters with 1 first values; expected as many, at least 1");
}
