//! A program that is the command of one network.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use layercake::dfdx::nn::BuildModule;
use layercake::ir::Graph;
use layercake::prelude::*;
use layercake::{AnyNetwork, Drawing, GraphModel, HasGraph, Summary};

use super::args::{Cli, Command, DoctorArgs, EvalArgs, OwnSearch, TrainArgs};
use super::folds::cross_validate;
use super::run::{cancel_on_signals, draw_to_file, one_line, predict, print_evaluation, use_threads};
use super::search::print_outcome;
use super::search_own::{OwnSearchOptions, search_own};
use super::{DataArgs, Device, INTERRUPTED, PredictArgs};
use crate::data::DataError;
use crate::distributed::World;
use crate::own::{EvaluationOptions, Given, Predictor, TrainingOptions};
use crate::run::{Purpose, Recipe, RunFolder, RunOptions, RunOutcome};
use crate::{CancellationToken, TrainError};

/// Reads the program's own data.
pub(super) type Read = Box<dyn Fn() -> Result<Given, TrainError>>;

/// The command of the network `N`; see [`cli`](crate::cli).
#[must_use = "a program does nothing until `main` is called"]
pub struct Program<N = GraphModel> {
    pub(super) recipe: Recipe,
    pub(super) given: Option<Read>,
    pub(super) graph: Cow<'static, Graph>,
    pub(super) build: fn(&Graph, &Cpu) -> Result<N, TrainError>,
}

impl<N> std::fmt::Debug for Program<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { recipe, given, graph, .. } = self;
        f.debug_struct("Program").field("network", &graph.name()).field("recipe", recipe).field("own_data", &given.is_some()).finish()
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
        let build = |_: &Graph, device: &Cpu| {
            N::try_build(device).map_err(|error| TrainError::Data(DataError::Device(layercake::DeviceError::of(&error))))
        };
        Self { recipe: Recipe::default(), given: None, graph: Cow::Borrowed(N::GRAPH), build }
    }
}

impl Program<GraphModel> {
    /// The command of a network that is known only when the program runs: from a file, or of a struct with `#[derive(Model)]`, whose tensors keep their paths.
    ///
    /// ```
    /// use layercake::prelude::*;
    /// use layercake::{HasGraph, Model};
    /// use layercake_train::cli::Program;
    /// use layercake_train::data::digits;
    ///
    /// network! {
    ///     Trunk: [1, 8, 8] -> [16] { Flatten, fc: Linear(16), ReLU }
    ///     Head: [16] -> [10] { fc: Linear(10) }
    /// }
    ///
    /// #[derive(Clone, Debug, Model)]
    /// #[model(forward)]
    /// struct Digits<E: Dtype, D: Device<E>> {
    ///     trunk: Trunk<E, D>,
    ///     head: Head<E, D>,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let out = folder.path().join("run");
    /// # let out = out.to_str().unwrap();
    /// let model = Cpu::default().build_module::<Digits<f32, Cpu>, f32>();
    /// let graph = model.graph().unwrap().into_owned();
    /// let program = Program::of_graph(graph).data(digits);
    /// program.try_run(["digits", "train", "--epochs", "1", "--out", out])?; // or `program.main()`
    /// # Ok::<(), layercake_train::TrainError>(())
    /// ```
    pub fn of_graph(graph: Graph) -> Self {
        Self {
            recipe: Recipe::default(),
            given: None,
            graph: Cow::Owned(graph),
            build: |graph, device| Ok(GraphModel::try_new(graph.clone(), device)?),
        }
    }
}

impl<N: AnyNetwork<f32, Cpu> + HasGraph + Clone> Program<N> {
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
            Command::Summary => said(writeln!(stdout(), "{}", Summary::from(self.graph.into_owned()))),
            Command::Draw { out } => draw_to_file(&Drawing::of(&self.graph), &out),
            Command::Export { json: Some(json), .. } => Ok(io_of_layercake::save_graph(&self.graph, json)?),
            #[cfg(feature = "onnx")]
            Command::Export { onnx: Some(onnx), checkpoint: Some(checkpoint), .. } => {
                let mut net = (self.build)(&self.graph, &Cpu::default())?;
                let file = if checkpoint.is_dir() { checkpoint.join("model.safetensors") } else { checkpoint };
                io_of_layercake::load_parameters(&mut net, file)?;
                io_of_layercake::onnx::save(&net, onnx).map_err(|error| TrainError::Setting(error.to_string()))
            }
            Command::Export { .. } => unreachable!("an argument of the group is required"),
        }
    }

    fn train(&self, args: TrainArgs, cancellation: CancellationToken, world: &World) -> Result<(), TrainError> {
        use_threads(args.threads)?;
        let recipe = args.recipe(self.recipe);
        let resumed = args.resume.as_deref().map(|path| RunFolder::open_on(path, world)).transpose()?;
        let seed = resumed.as_ref().map_or(recipe.seed, |run| run.config().recipe.seed);
        let device = resumed.as_ref().map_or(args.device, |run| Device::named(&run.config().device));
        let TrainArgs { data, folds, out, checkpoint_every, tensorboard, tuning, transfer, ranks, .. } = args;
        let (purpose, world) = (tuning.purpose(), ranks.applied(world.clone())?);
        if let (Some(count), Some(path)) = (folds.folds, data.data.clone()) {
            return cross_validate((self.graph.name(), &path), out, count.into(), &world, &mut |fold, out| {
                let run = RunOptions { out: Some(out), cancellation: cancellation.clone(), world: world.clone(), ..RunOptions::default() };
                let mut options =
                    TrainingOptions { transfer: transfer.clone().transfer(), ..options_of(device, data.clone(), recipe, run) };
                options.data.fold = Some(fold);
                self.outcome(device, seed, options)
            });
        }
        let run = RunOptions { out, resumed, checkpoint_every, tensorboard, cancellation, purpose, world };
        let options = TrainingOptions { transfer: transfer.transfer(), ..options_of(device, data, recipe, run) };
        self.train_with(device, seed, options, tuning.lr_find.as_deref())
    }

    fn doctor(&self, args: DoctorArgs, cancellation: CancellationToken) -> Result<(), TrainError> {
        let DoctorArgs { data, batch_size, lr, seed, device, threads } = args;
        use_threads(threads)?;
        let own = self.recipe;
        let (batch_size, lr, seed) = (batch_size.unwrap_or(own.batch_size), lr.unwrap_or(own.lr), seed.unwrap_or(own.seed));
        let run = RunOptions { cancellation, purpose: Purpose::Doctor, ..RunOptions::default() };
        self.train_with(device, seed, options_of(device, data, Recipe { batch_size, lr, seed, ..own }, run), None)
    }

    fn train_with(&self, device: Device, seed: u64, options: TrainingOptions, curve: Option<&Path>) -> Result<(), TrainError> {
        let is_root = options.run.world.is_root();
        let outcome = self.outcome(device, seed, options)?;
        if is_root { print_outcome(&outcome, curve) } else { Ok(()) }
    }

    fn outcome(&self, device: Device, seed: u64, options: TrainingOptions) -> Result<RunOutcome, TrainError> {
        let is_root = options.run.world.is_root();
        let mut warn = |warning: &str| {
            if is_root {
                eprintln!("warning: {warning}");
            }
        };
        self.train_on(device, seed, options, &mut warn)
    }

    fn search(&self, args: OwnSearch, cancellation: CancellationToken) -> Result<(), TrainError> {
        let OwnSearch { data, search: args, device } = args;
        use_threads(args.threads)?;
        let recipe = args.recipe(self.recipe);
        let options = OwnSearchOptions {
            model: self.graph.name().to_owned(),
            data: data.into(),
            recipe,
            device: device.name(),
            hidden: Vec::new(),
            out: args.out.clone(),
            cancellation,
        };
        let mut warned = BTreeSet::new();
        let table = search_own(&args.search(&recipe, Vec::new())?, options, &mut |options| {
            // The data are the same in each run.
            let mut warn = |warning: &str| {
                if warned.insert(warning.to_owned()) {
                    eprintln!("warning: {warning}");
                }
            };
            self.train_on(device, options.recipe.seed, options, &mut warn)
        });
        table.map(drop)
    }

    fn eval(&self, args: EvalArgs) -> Result<(), TrainError> {
        let EvalArgs { ensemble, data, json, device, threads } = args;
        use_threads(threads)?;
        let (checkpoint, others, averaged) = ensemble.read()?;
        let options = EvaluationOptions { checkpoint, others, averaged, data };
        print_evaluation(&self.evaluate_on(device, &options)?, json)
    }

    fn predict(&self, args: &PredictArgs) -> Result<(), TrainError> {
        let predictor = self.model(|model| Predictor::load(model, &Cpu::default(), &args.checkpoint))?;
        predict(&predictor, args)
    }
}

fn options_of(device: Device, data: DataArgs, recipe: Recipe, run: RunOptions) -> TrainingOptions {
    TrainingOptions { data: data.into(), recipe, hidden: Vec::new(), dropout: None, transfer: None, device: device.name(), run }
}

use layercake::io as io_of_layercake;

/// The outcome of writing to stdout. A reader that has exited, as `head` does, wanted no more.
pub(super) fn said(done: io::Result<()>) -> Result<(), TrainError> {
    match done {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => Err(TrainError::File { path: "standard output".into(), source }),
        _ => Ok(()),
    }
}
