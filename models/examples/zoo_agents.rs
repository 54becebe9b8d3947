//! Trains the agents of the zoo with five seeds each, and writes the part on agents of `docs/zoo.md` from the run folders:
//!
//!     cargo build --release
//!     cargo run --release -p layercake-models --example zoo_agents -- all [NAME ..]
//!
//! trains these rows (or all) with `layercake train .. --seed S --out runs/zoo/NAME/S`, and without arguments only writes the page.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use layercake_train::Epoch;
use layercake_train::run::{Line, draw_lines};

/// Points of a line.
type Points = Vec<(f64, f64)>;
type Outcome<T> = Result<T, Box<dyn Error>>;

const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];
/// The part of the page that this program writes begins with this line.
const HEADING: &str = "\n# Agents\n";

/// A row: an agent in an environment.
struct Row {
    /// The name of the folder of its runs.
    name: &'static str,
    /// The arguments of `layercake train`.
    arguments: &'static str,
    environment: &'static str,
    target: &'static str,
    pictures: &'static [&'static str],
}

const fn row(name: &'static str, arguments: &'static str, environment: &'static str, target: &'static str) -> Row {
    Row { name, arguments, environment, target, pictures: &["values.png", "episode.png"] }
}

const ROWS: [Row; 7] = [
    row("dqn-cart-pole", "dqn", "cart-pole", "475 for 4 of 5 seeds within 100,000 steps"),
    Row { pictures: &["episode.png"], ..row("dqn-catch", "dqn --env catch", "catch", "0.9 (95 % caught)") },
    row("reinforce-learned", "reinforce", "cart-pole", "475 for 4 of 5 seeds"),
    Row { pictures: &[], ..row("reinforce-average", "reinforce --baseline average", "cart-pole", "475 for 4 of 5 seeds") },
    Row { pictures: &[], ..row("reinforce-none", "reinforce --baseline none", "cart-pole", "") },
    row("actor_critic-cart-pole", "actor_critic", "cart-pole", "475 for 5 of 5 seeds"),
    row("actor_critic-acrobot", "actor_critic --env acrobot", "acrobot", "-100"),
];

/// What the parts of Q-learning are for.
const ABLATION: [Row; 4] = [
    row("dqn-cart-pole", "dqn", "cart-pole", "replay memory and target network"),
    row("dqn-without-replay", "dqn --without replay", "cart-pole", "without replay memory"),
    row("dqn-without-target", "dqn --without target", "cart-pole", "without target network"),
    row("dqn-without-both", "dqn --without replay,target", "cart-pole", "without both"),
];

fn main() -> Outcome<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let runs = root.join("runs/zoo");
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let world = Row { pictures: &["values.png"], ..row("gridworld", "gridworld", "gridworld", "") };
    if let Some(first) = wanted.first() {
        for row in [&world]
            .into_iter()
            .chain(&ROWS)
            .chain(&ABLATION[1..])
            .filter(|row| first == "all" || wanted.iter().any(|name| name == row.name))
        {
            SEEDS.iter().try_for_each(|seed| train(row, *seed, &runs))?;
        }
    }
    let pictures = root.join("docs/pictures/zoo");
    let text = [heading(&runs)?, grid_world(&world, &runs, &pictures)?, details(&runs, &pictures)?, ablation(&runs, &pictures)?].concat();
    let path = root.join("docs/zoo.md");
    let old = fs::read_to_string(&path)?;
    let before = old.find(HEADING).map_or(&old[..], |start| &old[..start]);
    fs::write(&path, before.to_owned() + &text)?;
    println!("{}", path.display());
    Ok(())
}

fn train(row: &Row, seed: u64, runs: &Path) -> Outcome<()> {
    // Examples are in a subfolder of the command's folder.
    let command = std::env::current_exe()?.parent().and_then(Path::parent).ok_or("no folder")?.join("layercake");
    let mut command = Command::new(command);
    command
        .arg("train")
        .args(row.arguments.split(' '))
        .args(["--seed", &seed.to_string(), "--out"])
        .arg(runs.join(row.name).join(seed.to_string()));
    if command.status()?.success() { Ok(()) } else { Err(format!("training {} failed", row.name).into()) }
}

/// The summary of a run.
fn summary(folder: &Path) -> Outcome<serde_json::Value> {
    let path = folder.join("summary.json");
    Ok(serde_json::from_slice(&fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?)?)
}

/// The epochs of a run.
fn history(folder: &Path) -> Outcome<Vec<Epoch>> {
    fs::read_to_string(folder.join("metrics.jsonl"))?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// A number of each seed's summary.
fn numbers(row: &Row, runs: &Path, key: &str) -> Outcome<Vec<f64>> {
    let number = |seed: &u64| {
        let summary = summary(&runs.join(row.name).join(seed.to_string()))?;
        summary[key].as_f64().ok_or_else(|| format!("{}: no {key} in summary.json", row.name).into())
    };
    SEEDS.iter().map(number).collect()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

fn listed(numbers: &[f64]) -> String {
    numbers.iter().map(|number| format!("{number:.1}")).collect::<Vec<_>>().join(", ")
}

/// A validation metric by steps in the environment, in thousands.
fn validation(folder: &Path, metric: &str) -> Outcome<Points> {
    let of = |epoch: &Epoch, metric: &str| epoch.validation.get(metric).unwrap_or(f64::NAN);
    Ok(history(folder)?.iter().map(|epoch| (of(epoch, "environment_steps") / 1000.0, of(epoch, metric))).collect())
}

/// The validation returns by steps in the environment.
fn returns(folder: &Path) -> Outcome<Points> {
    validation(folder, "mean_return")
}

fn heading(runs: &Path) -> Outcome<String> {
    let mut text = HEADING.to_owned()
        + "\nResults of the agents with their default settings, each trained with five seeds: `--seed 1` to `--seed 5`. This part is generated by\n\
           `models/examples/zoo_agents.rs` from the run folders. The result is the mean return of the policy that validation kept, over 100 episodes in\n\
           which it was neither trained nor selected (`test_mean_return` in each run's `summary.json`). Times are wall-clock times of one run, the mean of the five, on a\n\
           machine that was shared with other work.\n\n\
           | agent | environment | mean return, by seed | mean | target | time | command |\n|--|--|--|--:|--|--:|--|\n";
    for row in &ROWS {
        let (reached, seconds) = (numbers(row, runs, "test_mean_return")?, mean(&numbers(row, runs, "seconds")?));
        let Row { name, arguments, environment, target, .. } = row;
        let (all, mean) = (listed(&reached), mean(&reached));
        writeln!(
            text,
            "| [{name}](#{name}) | {environment} | {all} | {mean:.1} | {target} | {seconds:.0} s | `layercake train {arguments} --seed 1` |"
        )?;
    }
    Ok(text)
}

fn grid_world(row: &Row, runs: &Path, pictures: &Path) -> Outcome<String> {
    let [same, far, seconds] = ["test_policy_accuracy", "test_q_learning_error", "seconds"].map(|key| numbers(row, runs, key));
    let exact = ["test_value_iteration_error", "test_policy_iteration_error"].map(|key| numbers(row, runs, key));
    let [by_value, by_policy] = exact;
    let most = |numbers: Vec<f64>| numbers.into_iter().fold(0.0, f64::max);
    let same = same?.iter().filter(|&&share| share == 1.0).count();
    copy(row, runs, pictures, "values.png")?;
    Ok(format!(
        "\n## gridworld\n\n`layercake train gridworld --seed 1` takes {:.1} s. The values of value iteration are within {:.0e} of a linear solve of the equations, those of policy\n\
         iteration within {}. The policy of Q-learning after 20,000 episodes is theirs for {same} of 5 seeds; its values are within {:.3}.\n\n\
         ![The world with its values and policies](pictures/zoo/gridworld/values.png)\n",
        mean(&seconds?),
        most(by_value?),
        match most(by_policy?) {
            0.0 => "0".to_owned(),
            far => format!("{far:.0e}"),
        },
        most(far?)
    ))
}

fn copy(row: &Row, runs: &Path, pictures: &Path, name: &str) -> Outcome<()> {
    let to = pictures.join(row.name).join(name);
    fs::create_dir_all(to.parent().unwrap_or(pictures))?;
    fs::copy(runs.join(row.name).join("1").join(name), to)?;
    Ok(())
}

fn write_lines(path: PathBuf, title: &str, name: &str, lines: &[Line]) -> Outcome<()> {
    fs::create_dir_all(path.parent().unwrap_or(&path))?;
    Ok(fs::write(path, draw_lines(title, ["steps in the environment, thousands", name], lines)?)?)
}

/// For each row its returns by step, and pictures of the first seed.
fn details(runs: &Path, pictures: &Path) -> Outcome<String> {
    let mut text = String::new();
    for row in &ROWS {
        let lines: Vec<Line> = SEEDS
            .iter()
            .map(|seed| Ok((format!("seed {seed}"), returns(&runs.join(row.name).join(seed.to_string()))?)))
            .collect::<Outcome<_>>()?;
        write_lines(pictures.join(row.name).join("returns.svg"), &format!("{}: validation by step", row.name), "mean return", &lines)?;
        writeln!(text, "\n## {}\n\n![Mean return by step](pictures/zoo/{}/returns.svg)", row.name, row.name)?;
        for picture in row.pictures {
            copy(row, runs, pictures, picture)?;
            writeln!(text, "![{picture}](pictures/zoo/{}/{picture})", row.name)?;
        }
        if row.name == "reinforce-learned" {
            let mut lines = Vec::new();
            for baseline in ["none", "average", "learned"] {
                let line = validation(&runs.join(row.name).join("1"), &format!("variance_{baseline}"))?;
                let line = line.into_iter().map(|(step, variance)| (step, if variance > 0.0 { variance } else { f64::NAN }));
                lines.push((baseline.to_owned(), line.collect()));
            }
            write_lines(pictures.join(row.name).join("variance.svg"), "Variance of the gradient by baseline, seed 1", "variance", &lines)?;
            writeln!(
                text,
                "\nThe variance of the gradient of one episode, each time for the same policy and the same episodes, with each of the baselines:\n"
            )?;
            writeln!(text, "![Variance of the gradient](pictures/zoo/{}/variance.svg)", row.name)?;
        }
    }
    Ok(text)
}

/// The table and the picture of Q-learning without its parts.
fn ablation(runs: &Path, pictures: &Path) -> Outcome<String> {
    let mut text = "\n## What replay and target network are for\n\nThe same agent on cart-pole, with the same steps and seeds. The second column is the policy that validation kept; the third and the\n\
                    fourth are means over all seeds and all epochs, or the last ten: a run that learns and forgets may keep a good policy nevertheless. Without the\n\
                    target network the values grow without bounds, up to 400 million, where 100 is the most that is possible.\n\n\
                    | DQN | kept, by seed | all epochs | last ten | command |\n|--|--|--:|--:|--|\n"
        .to_owned();
    let mut lines = Vec::new();
    for row in &ABLATION {
        let kept = listed(&numbers(row, runs, "test_mean_return")?);
        let lines_of = SEEDS.iter().map(|seed| returns(&runs.join(row.name).join(seed.to_string()))).collect::<Outcome<Vec<_>>>()?;
        let all: Vec<Vec<f64>> = lines_of.iter().map(|line| line.iter().map(|point| point.1).collect()).collect();
        let last = mean(&all.iter().flat_map(|returns| returns.iter().rev().take(10)).copied().collect::<Vec<_>>());
        let whole = mean(&all.concat());
        writeln!(text, "| {} | {kept} | {whole:.0} | {last:.0} | `layercake train {}` |", row.target, row.arguments)?;
        let epochs = all.iter().map(Vec::len).min().unwrap_or(0);
        // An epoch of Q-learning has the same number of steps for every seed.
        let by_step =
            (0..epochs).map(|epoch| (lines_of[0][epoch].0, mean(&all.iter().map(|returns| returns[epoch]).collect::<Vec<_>>()))).collect();
        lines.push((
            row.target.replace("replay memory and target network", "with both").replace(" memory", "").replace(" network", ""),
            by_step,
        ));
    }
    write_lines(pictures.join("dqn-cart-pole/ablation.svg"), "DQN without its parts: mean over five seeds", "mean return", &lines)?;
    writeln!(text, "\n![Mean return by step, with and without replay and target network](pictures/zoo/dqn-cart-pole/ablation.svg)")?;
    Ok(text)
}
