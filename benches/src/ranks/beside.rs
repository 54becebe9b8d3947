//! Several processes of one thread beside one process of as many threads, in turns.

use std::process::Command;

/// A round: the milliseconds of a step of each network by one process, and by the processes together.
type Round = [Vec<f64>; 2];

/// Runs this program again with `arguments`, by one process of `ranks` threads and by `ranks` processes of one thread, in turns, and prints for each network the medians of both
/// and of their ratios.
///
/// # Errors
/// Returns a sentence if a program cannot be started, fails, or prints something else than numbers.
pub fn beside(names: &[&str], ranks: usize, rounds: usize, arguments: &[&str]) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let mpirun = std::env::var("LAYERCAKE_MPIRUN").unwrap_or_else(|_| "mpirun".to_owned());
    let number = ranks.to_string();
    let rounds: Vec<Round> = (0..rounds)
        .map(|_| {
            let one = numbers(Command::new(&program).args(arguments).args(["--threads", &number]))?;
            let mut many = Command::new(&mpirun);
            many.args(["-n", &number]).arg(&program).args(arguments).args(["--threads", "1"]);
            Ok([one, numbers(&mut many)?])
        })
        .collect::<Result<_, String>>()?;
    let mut text =
        format!("| network | 1 process of {ranks} threads, ms | {ranks} processes of 1 thread, ms | ratio |\n|---|--:|--:|--:|\n");
    for (i, name) in names.iter().enumerate() {
        let of = |value: &dyn Fn(&Round) -> f64| median(rounds.iter().map(value).collect());
        let (one, many, ratio) = (of(&|round| round[0][i]), of(&|round| round[1][i]), of(&|round| round[1][i] / round[0][i]));
        text += &format!("| {name} | {one:.1} | {many:.1} | {ratio:.3} |\n");
    }
    Ok(text)
}

/// The numbers that a program prints.
fn numbers(command: &mut Command) -> Result<Vec<f64>, String> {
    let output = command.output();
    let wrong = |reason: &dyn std::fmt::Display| format!("{}: {reason}", command.get_program().display());
    let output = output.map_err(|error| wrong(&error))?;
    if !output.status.success() {
        return Err(wrong(&String::from_utf8_lossy(&output.stderr).trim()));
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    printed.split_whitespace().map(|word| word.parse().map_err(|_| wrong(&format!("`{word}` is not a number")))).collect()
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
