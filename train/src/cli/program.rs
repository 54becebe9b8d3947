//! A program that is the command of one network.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write, stderr, stdout};
use std::marker::PhantomData;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use layercake::dfdx::nn::BuildModule;
use layercake::prelude::*;
use layercake::{AnyNetwork, Drawing, Summary};

use super::args::{Cli, Command, DoctorArgs, EvalArgs, OwnSearch, TrainArgs};
use super::folds::cross_validate;
use super::run::{cancel_on_signals, draw_to_file, one_line, predict, print_evaluation, use_threads};
use super::search::print_outcome;
use super::search_own::{OwnSearchOptions, search_own};
use super::{DataArgs, INTERRUPTED, PredictArgs};
use crate::data::DataError;
use crate::distributed::World;
use crate::own::{EvaluationOptions, Given, OwnModel, Predictor, TrainingOptions, evaluate, train};
use crate::run::{OwnData, Purpose, Recipe, RunFolder, RunOptions, RunOutcome};
use crate::{CancellationToken, TrainError};

/// Reads the program's own data.
type Read = Box<dyn Fn() -> Result<Given, TrainError>>;

/// The command of the network `N`; see [`cli`](crate::cli).
#[must_use = "a program does nothing until `main` is called"]
pub struct Program<N> {
    recipe: Recipe,
    given: Option<Read>,
    network: PhantomData<fn() -> N>,
}

impl<N> std::fmt::Debug for Program<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("recipe", &self.recipe).field("own_data", &self.given.is_some()).finish()
    }
}

impl<N> Default for Program<N>
where
    N: Network<f32, Cpu> + BuildModule<Cpu, f32> + AnyNetwork<f32, Cpu> + Clone,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<N> Program<N>
where
    N: Network<f32, Cpu> + BuildModule<Cpu, f32> + AnyNetwork<f32, Cpu> + Clone,
{
    /// A program that trains by [`Recipe::default`] on the data that `--data` names.
    pub fn new() -> Self {
        Self { recipe: Recipe::default(), given: None, network: PhantomData }
    }

    /// Sets the default hyperparameters.
    pub fn recipe(self, recipe: Recipe) -> Self {
        Self { recipe, ..self }
    }

    /// Sets the data for when no `--data` is given.
    pub fn data<G: Into<Given>>(self, read: impl Fn() -> G + 'static) -> Self {
        Self { given: Some(Box::new(move || Ok(read().into()))), ..self }
    }

    /// [`Program::data`] for data that cannot always be read.
    pub fn try_data<G: Into<Given>>(self, read: impl Fn() -> Result<G, TrainError> + 'static) -> Self {
        Self { given: Some(Box::new(move || Ok(read()?.into()))), ..self }
    }

    /// Runs the command that the program's arguments name. Errors are one line on stderr; the exit code is 0 only on success, 2 for arguments that are not understood, and
    /// 130 after Ctrl-C.
    pub fn main(self) -> ExitCode {
        self.main_with(std::env::args_os())
    }

    fn main_with(self, arguments: impl Iterator<Item = OsString>) -> ExitCode {
        let (world, done) = match Cli::try_parse_from(arguments) {
            Ok(cli) => match World::from_environment() {
                Ok(world) => (world.clone(), self.run(cli, cancel_on_signals, &world)),
                Err(error) => (World::one(), Err(error)),
            },
            Err(error) => {
                let code = if error.use_stderr() { 2 } else { 0 };
                return if error.print().is_ok() { ExitCode::from(code) } else { ExitCode::FAILURE };
            }
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                if world.is_root() {
                    // If stderr is closed too, only the exit code reports the error.
                    let _ = writeln!(stderr(), "{}", one_line(&error));
                }
                ExitCode::from(if matches!(error, TrainError::Interrupted { .. }) { INTERRUPTED } else { 1 })
            }
        }
    }

    /// Runs the command that these arguments name; the first is the name of the program. For tests.
    ///
    /// # Errors
    /// Returns the error of the command, or one that says that the arguments are not understood.
    pub fn try_run(self, arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<(), TrainError> {
        let cli = Cli::try_parse_from(arguments).map_err(|error| TrainError::Setting(error.to_string()))?;
        // A process has one handler of signals, and runs several tests.
        self.run(cli, || Ok(CancellationToken::new()), &World::one())
    }

    fn run(self, cli: Cli, cancellation: fn() -> Result<CancellationToken, TrainError>, world: &World) -> Result<(), TrainError> {
        layercake::check_instruction_set().map_err(|error| TrainError::Setting(error.to_string()))?;
        match cli.command {
            Command::Train(args) => {
                let outcome = cancellation().and_then(|cancellation| self.train(args, cancellation, world));
                // A rank that has failed meets the others here.
                world.agree(outcome)
            }
            _ if world.size() > 1 => {
                Err(TrainError::Setting("only `train` works with several ranks; start other commands without `mpirun`".to_owned()))
            }
            Command::Doctor(args) => self.doctor(args, cancellation()?),
            Command::Search(args) => self.search(args, cancellation()?),
            Command::Eval(args) => self.eval(args),
            Command::Predict(args) => self.predict(&args),
            Command::Summary => said(writeln!(stdout(), "{}", Summary::from(N::GRAPH.clone()))),
            Command::Draw { out } => draw_to_file(&Drawing::of(N::GRAPH), &out),
            Command::Export { json: Some(json), .. } => Ok(io_of_layercake::save_graph(N::GRAPH, json)?),
            #[cfg(feature = "onnx")]
            Command::Export { onnx: Some(onnx), checkpoint: Some(checkpoint), .. } => {
                let mut net = build::<N>(&Cpu::default())?;
                let file = if checkpoint.is_dir() { checkpoint.join("model.safetensors") } else { checkpoint };
                io_of_layercake::load_parameters(&mut net, file)?;
                io_of_layercake::onnx::save(&net, onnx).map_err(|error| TrainError::Setting(error.to_string()))
            }
            Command::Export { .. } => unreachable!("an argument of the group is required"),
        }
    }

    /// Calls `work` with the network as the model of the user's data.
    fn model<T>(&self, work: impl FnOnce(&OwnModel<'_, N, Cpu>) -> T) -> T {
        let inputs = N::GRAPH.inputs();
        let input = inputs.first().filter(|_| inputs.len() == 1).map(|port| port.shape.dims().to_vec());
        let build = |_: &OwnData, device: &Cpu| build::<N>(device);
        work(&OwnModel { name: &N::GRAPH.name, recipe: self.recipe, input, given: self.given.as_deref(), build: &build })
    }

    fn train(&self, args: TrainArgs, cancellation: CancellationToken, world: &World) -> Result<(), TrainError> {
        use_threads(args.threads)?;
        let recipe = args.recipe(self.recipe);
        let resumed = args.resume.as_deref().map(|path| RunFolder::open_on(path, world)).transpose()?;
        let seed = resumed.as_ref().map_or(recipe.seed, |run| run.config().recipe.seed);
        let TrainArgs { data, folds, out, checkpoint_every, tensorboard, tuning, transfer, ranks, .. } = args;
        let (purpose, world) = (tuning.purpose(), ranks.applied(world.clone())?);
        if let (Some(count), Some(path)) = (folds.folds, data.data.clone()) {
            return cross_validate((&N::GRAPH.name, &path), out, count.into(), &world, &mut |fold, out| {
                let run = RunOptions { out: Some(out), cancellation: cancellation.clone(), world: world.clone(), ..RunOptions::default() };
                let mut options = TrainingOptions { transfer: transfer.clone().transfer(), ..options_of(data.clone(), recipe, run) };
                options.data.fold = Some(fold);
                self.outcome(seed, options)
            });
        }
        let run = RunOptions { out, resumed, checkpoint_every, tensorboard, cancellation, purpose, world };
        self.train_with(seed, TrainingOptions { transfer: transfer.transfer(), ..options_of(data, recipe, run) }, tuning.lr_find.as_deref())
    }

    fn doctor(&self, args: DoctorArgs, cancellation: CancellationToken) -> Result<(), TrainError> {
        let DoctorArgs { data, batch_size, lr, seed, threads } = args;
        use_threads(threads)?;
        let own = self.recipe;
        let (batch_size, lr, seed) = (batch_size.unwrap_or(own.batch_size), lr.unwrap_or(own.lr), seed.unwrap_or(own.seed));
        let run = RunOptions { cancellation, purpose: Purpose::Doctor, ..RunOptions::default() };
        self.train_with(seed, options_of(data, Recipe { batch_size, lr, seed, ..own }, run), None)
    }

    fn train_with(&self, seed: u64, options: TrainingOptions, curve: Option<&Path>) -> Result<(), TrainError> {
        let is_root = options.run.world.is_root();
        let outcome = self.outcome(seed, options)?;
        if is_root { print_outcome(&outcome, curve) } else { Ok(()) }
    }

    fn outcome(&self, seed: u64, options: TrainingOptions) -> Result<RunOutcome, TrainError> {
        let is_root = options.run.world.is_root();
        let mut warn = |warning: &str| {
            if is_root {
                eprintln!("warning: {warning}");
            }
        };
        self.model(|model| train(model, &Cpu::seed_from_u64(seed), options, &mut warn))
    }

    fn search(&self, args: OwnSearch, cancellation: CancellationToken) -> Result<(), TrainError> {
        let OwnSearch { data, search: args } = args;
        use_threads(args.threads)?;
        let recipe = args.recipe(self.recipe);
        let options = OwnSearchOptions {
            model: N::GRAPH.name.to_string(),
            data: data.into(),
            recipe,
            device: "cpu",
            hidden: Vec::new(),
            out: args.out.clone(),
            cancellation,
        };
        let mut warned = BTreeSet::new();
        let table = search_own(&args.search(&recipe, Vec::new())?, options, &mut |options| {
            let device = Cpu::seed_from_u64(options.recipe.seed);
            // The data are the same in each run.
            let mut warn = |warning: &str| {
                if warned.insert(warning.to_owned()) {
                    eprintln!("warning: {warning}");
                }
            };
            self.model(|model| train(model, &device, options, &mut warn))
        });
        table.map(drop)
    }

    fn eval(&self, args: EvalArgs) -> Result<(), TrainError> {
        let EvalArgs { ensemble, data, json, threads } = args;
        use_threads(threads)?;
        let (checkpoint, others, averaged) = ensemble.read()?;
        let options = EvaluationOptions { checkpoint, others, averaged, data };
        let found = self.model(|model| evaluate(model, &Cpu::default(), &options))?;
        print_evaluation(&found, json)
    }

    fn predict(&self, args: &PredictArgs) -> Result<(), TrainError> {
        let predictor = self.model(|model| Predictor::load(model, &Cpu::default(), &args.checkpoint))?;
        predict(&predictor, args)
    }
}

fn options_of(data: DataArgs, recipe: Recipe, run: RunOptions) -> TrainingOptions {
    TrainingOptions { data: data.into(), recipe, hidden: Vec::new(), dropout: None, transfer: None, device: "cpu", run }
}

use layercake::io as io_of_layercake;

fn build<N: BuildModule<Cpu, f32>>(device: &Cpu) -> Result<N, TrainError> {
    N::try_build(device).map_err(|error| TrainError::Data(DataError::Device(layercake::DeviceError::of(&error))))
}

/// The outcome of writing to stdout. A reader that has exited, as `head` does, wanted no more.
pub(super) fn said(done: io::Result<()>) -> Result<(), TrainError> {
    match done {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => Err(TrainError::File { path: "standard output".into(), source }),
        _ => Ok(()),
    }
}
