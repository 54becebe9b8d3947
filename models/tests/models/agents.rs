//! Agents by the command: short runs, resumption, evaluation, an episode to look at, and what has no effect.

use std::fs;

use crate::support::Place;

/// The files in the run folder of an agent.
const FILES: [&str; 9] = [
    "config.json",
    "curves.svg",
    "episode.png",
    "metrics.jsonl",
    "model.safetensors",
    "network.svg",
    "report.html",
    "summary.json",
    "values.png",
];

/// The number of frames of an animation.
fn frames(bytes: &[u8]) -> u32 {
    let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    reader.info().animation_control().unwrap().num_frames
}

#[test]
fn a_short_run_of_each() {
    let place = Place::new();
    for (command, folder, files) in [
        ("dqn --env catch", "dqn-catch-1", &FILES[..8]),
        ("reinforce --baseline average", "reinforce-cart-pole-1", &FILES),
        ("actor_critic --env acrobot", "actor_critic-acrobot-1", &FILES),
    ] {
        let said = place.works(&format!("train {command} --epochs 1 --seed 3"));
        assert!(said.trim_end().ends_with(&format!("; results in runs/{folder}")), "{said}");
        assert!(said.contains("mean return") && said.contains("epsilon") == command.starts_with("dqn"), "{said}");
        assert_eq!(place.names(&format!("runs/{folder}")), files);
        let summary = place.json(&format!("runs/{folder}/summary.json"));
        let (model, environment) = (&summary["model"], &summary["environment"]);
        assert_eq!(format!("{}-{}-1", model.as_str().unwrap(), environment.as_str().unwrap()), folder);
        let reached = summary["test_mean_return"].as_f64().unwrap();
        let deviation = summary["test_return_deviation"].as_f64().unwrap();
        // `eval` plays the same 100 episodes.
        let text = place.works(&format!("eval {} --checkpoint runs/{folder}", model.as_str().unwrap()));
        let expected = format!(": test mean return {reached:.4} of 100 episodes, test return deviation {deviation:.4}, ");
        assert!(text.contains(&expected) && text.trim_end().ends_with(", seeds 10000 to 10099"), "{text}, but {expected}");
    }

    let said = place.works("play dqn --checkpoint runs/dqn-catch-1 --seed 4 --out catch.png");
    assert!(said.starts_with("catch: return ") && said.ends_with(" after 9 steps, seed 4; animation in catch.png\n"), "{said}");
    assert_eq!(frames(&fs::read(place.path("catch.png")).unwrap()), 10);
    let said = place.works("play dqn --checkpoint runs/dqn-catch-1 --seed 4 --terminal");
    assert_eq!(said.matches("===").count(), 10, "the paddle in each of the ten states\n{said}");
    assert!(!place.path("episode.png").exists());
    place.works("play reinforce --checkpoint runs/reinforce-cart-pole-1/model.safetensors");
    assert!(frames(&fs::read(place.path("episode.png")).unwrap()) > 1);
}

#[test]
fn the_small_world() {
    let place = Place::new();
    let said = place.works("train gridworld --seed 2 --out r");
    let worlds: Vec<&str> = said.split("\n\n").collect();
    assert!(said.matches("x").count() >= 6 && worlds.len() >= 2, "the world twice\n{said}");
    let summary = place.json("r/summary.json");
    assert_eq!((&summary["environment"], summary["test_policy_accuracy"].as_f64()), (&"gridworld".into(), Some(1.0)), "{summary}");
    for key in ["test_value_iteration_error", "test_policy_iteration_error"] {
        assert!(summary[key].as_f64().unwrap() < 1e-6, "{summary}");
    }
    assert!(place.names("r").contains(&"values.png".to_owned()));

    // The table is a file of parameters, evaluated and played as a network is.
    let (reached, deviation) = (summary["test_mean_return"].as_f64().unwrap(), summary["test_return_deviation"].as_f64().unwrap());
    assert!(reached > 0.3, "{summary}");
    let text = place.works("eval gridworld --checkpoint r");
    let expected = format!("gridworld: test mean return {reached:.4} of 100 episodes, test return deviation {deviation:.4}, ");
    assert!(text.contains(&expected) && text.trim_end().ends_with(", seeds 10000 to 10099"), "{text}, but {expected}");
    let said = place.works("play gridworld --checkpoint r/model.safetensors --seed 4 --out walk.png");
    let steps: u32 = said.split_once(" after ").unwrap().1.split_once(' ').unwrap().0.parse().unwrap();
    assert_eq!(frames(&fs::read(place.path("walk.png")).unwrap()), steps + 1, "{said}");
    let said = place.works("play gridworld --checkpoint r --seed 4 --terminal");
    assert_eq!(said.matches('@').count() as u32, steps + 1, "{said}");
}

/// Agents have a network for each environment.
#[test]
fn networks_by_environment() {
    let place = Place::new();
    assert!(place.works("summary dqn").contains("CartPoleQ"));
    assert!(place.works("summary dqn --env catch").contains("CatchQ"));
    place.works("draw actor_critic --env acrobot --out acrobot.svg");
    assert!(place.text("acrobot.svg").contains("AcrobotActorCritic"));
    place.works("export dqn --env catch --json catch.json");
    for (command, line) in [
        ("summary reinforce --env catch", "error: `reinforce` has no network for `catch`; known: cart-pole"),
        (
            "summary lenet5 --env catch",
            "error: `--env` has no effect on `lenet5`: it does not act in an environment; supported options: see `layercake --help`",
        ),
        ("summary catch.json --env catch", "error: `--env` has no effect on `catch.json`: it is the environment of an agent of the zoo"),
    ] {
        place.fails(command, 1, line);
    }
}

/// A run that was killed goes on from its checkpoint, to the same bytes.
#[test]
fn resumed_by_the_command() {
    let place = Place::new();
    let train = "train dqn --epochs 1 --seed 5 --prioritized --double --threads 1";
    place.works(&format!("{train} --out whole"));
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_layercake"))
        .args(format!("{train} --checkpoint-every 200 --out parts").split_whitespace())
        .current_dir(place.path("."))
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let checkpoints = place.path("parts/checkpoints");
    let begun = || {
        fs::read_dir(&checkpoints)
            .is_ok_and(|mut names| names.any(|name| name.is_ok_and(|name| !name.file_name().to_string_lossy().starts_with('.'))))
    };
    while !begun() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    if !place.path("parts/summary.json").exists() {
        let config = place.json("parts/config.json");
        assert_eq!(config["agent"]["dqn"]["double"], true, "{config}");
        place.works("train --resume parts");
    }
    let parameters = |folder: &str| fs::read(place.path(&format!("{folder}/model.safetensors"))).unwrap();
    assert!(parameters("parts") == parameters("whole"));
    place.works(&format!("{train} --threads 2 --out threads").replace("--threads 1 ", ""));
    assert!(parameters("threads") == parameters("whole"), "on two threads");
}

#[test]
fn what_has_no_effect() {
    let place = Place::new();
    let known = "supported options: --env, --epochs, --lr, --seed, --patience, --threads, --device, --out, --resume, --checkpoint-every, --tensorboard; see also `layercake train --help`";
    for (command, line) in [
        ("train dqn --env cart-pol", "error: unknown environment `cart-pol`; did you mean `cart-pole`?; known: cart-pole, acrobot, catch, gridworld".to_owned()),
        ("train reinforce --env catch", "error: `reinforce` has no network for `catch`; known: cart-pole".to_owned()),
        ("train dqn --dataset mnist", "error: `--dataset` has no effect on `dqn`: it acts in an environment; supported options: --env".to_owned()),
        ("train dqn --baseline none", format!("error: `--baseline` has no effect on `dqn`: it is an option of another agent; {known}")),
        ("train actor_critic --batch-size 3", format!("error: `--batch-size` has no effect on `actor_critic`: its batch is what it has done since the last update; {known}")),
        ("train dqn --without replay --prioritized", "error: `--without replay` leaves no memory that another option could be about".to_owned()),
        ("train lenet5 --env catch", "error: `--env` has no effect on `lenet5`: it does not act in an environment; supported options: see `layercake train --help`".to_owned()),
        ("train knn --double", "error: `--double` has no effect on `knn`: it does not act in an environment; supported options: see `layercake train --help`".to_owned()),
        ("train gridworld --lr 1", "error: `--lr` has no effect on `gridworld`: it learns tables and takes no optimizer steps; supported options: --seed, --threads, --out".to_owned()),
        ("train gridworld --env catch", "error: `gridworld` has no network for `catch`; known: gridworld".to_owned()),
        ("eval gridworld --env catch --checkpoint x", "error: `gridworld` has no network for `catch`; known: gridworld".to_owned()),
        ("play lenet5 --checkpoint x", "error: `lenet5` cannot be played: it does not act in an environment; gridworld, dqn, reinforce and actor_critic do".to_owned()),
    ] {
        place.fails(command, 1, &line);
    }
    assert!(place.names(".").is_empty());
}
