//! Event files of runs: what is in them, and that a resumed run continues them. TensorBoard's reader drops events as `Shown` does.

use std::collections::BTreeMap;
use std::path::Path;

use layercake::optim::try_grad_norm;
use layercake::prelude::*;
use layercake_train::data::{Loader, Normalize, Split, digits};
use layercake_train::run::Recipe;
use layercake_train::tensorboard::TensorBoard;
use layercake_train::{Callback, Checkpoints, Classification, Progress, TrainError};

network! {
    Net: [1, 8, 8] -> [10] { conv: Conv2d(4, kernel = 3, padding = 1), ReLU, Flatten, fc: Linear(10) }
}

/// A field of a message: its number, and its number or bytes.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let (&byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    number
}

fn fields(mut bytes: &[u8]) -> BTreeMap<u64, Field<'_>> {
    let mut found = BTreeMap::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let mut take = |count: usize| {
            let (taken, rest) = bytes.split_at(count);
            bytes = rest;
            taken
        };
        let field = match key & 7 {
            1 => Field::Number(u64::from_le_bytes(take(8).try_into().unwrap())),
            5 => Field::Number(u64::from(u32::from_le_bytes(take(4).try_into().unwrap()))),
            0 => Field::Number(varint(&mut bytes)),
            _ => {
                let count = varint(&mut bytes) as usize;
                let (taken, rest) = bytes.split_at(count);
                bytes = rest;
                Field::Bytes(taken)
            }
        };
        found.insert(key >> 3, field);
    }
    found
}

fn bytes<'a>(fields: &BTreeMap<u64, Field<'a>>, number: u64) -> Option<&'a [u8]> {
    match fields.get(&number)? {
        Field::Bytes(bytes) => Some(bytes),
        Field::Number(_) => None,
    }
}

fn number(fields: &BTreeMap<u64, Field<'_>>, number: u64) -> Option<u64> {
    match fields.get(&number)? {
        Field::Number(number) => Some(*number),
        Field::Bytes(_) => None,
    }
}

/// What TensorBoard shows of a folder.
#[derive(Debug, Default, PartialEq)]
struct Shown {
    /// The step and the bits of each scalar, without those that are times.
    scalars: BTreeMap<String, Vec<(u64, u64)>>,
    /// The step and the sum of squares of each histogram.
    histograms: BTreeMap<String, Vec<(u64, f64)>>,
    others: Vec<String>,
    graphs: usize,
}

impl Shown {
    fn of(folder: &Path) -> Self {
        let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let mut shown = Self::default();
        for path in paths {
            let file = std::fs::read(path).unwrap();
            let mut rest = &file[..];
            while !rest.is_empty() {
                let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
                shown.add(&fields(&rest[12..12 + length]));
                rest = &rest[16 + length..];
            }
        }
        shown
    }

    fn add(&mut self, event: &BTreeMap<u64, Field<'_>>) {
        let step = number(event, 2).unwrap_or(0);
        self.graphs += usize::from(bytes(event, 4).is_some());
        if bytes(event, 7).is_some() {
            self.scalars.values_mut().for_each(|points| points.retain(|point| point.0 < step));
            self.histograms.values_mut().for_each(|points| points.retain(|point| point.0 < step));
        }
        let Some(summary) = bytes(event, 5) else { return };
        let value = fields(bytes(&fields(summary), 1).unwrap());
        let tag = String::from_utf8(bytes(&value, 1).unwrap().to_vec()).unwrap();
        if let Some(bits) = number(&value, 2) {
            if !tag.starts_with("speed/") {
                self.scalars.entry(tag).or_default().push((step, bits));
            }
        } else if let Some(histogram) = bytes(&value, 5) {
            let squares = f64::from_bits(number(&fields(histogram), 5).unwrap_or(0));
            self.histograms.entry(tag).or_default().push((step, squares));
        } else {
            self.others.push(tag);
        }
    }
}

/// Ends a process at a step as a kill would, and measures the gradients at the end of each epoch.
#[derive(Default)]
struct Watch {
    killed_at: Option<usize>,
    norms: Vec<f64>,
}

impl<M: layercake::dfdx::nn::tensor_collection::TensorCollection<f32, Cpu>> Callback<M, Cpu> for Watch {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        if Some(progress.step) == self.killed_at { Err(TrainError::Setting("killed".to_owned())) } else { Ok(()) }
    }

    fn on_gradients(
        &mut self,
        model: &M,
        gradients: &mut Gradients<f32, Cpu>,
        factor: f64,
        _: &dyn Fn(&str) -> bool,
    ) -> Result<(), TrainError> {
        self.norms.push(factor * try_grad_norm(model, gradients).unwrap());
        Ok(())
    }
}

/// The part of a run in one process: three epochs of 8 steps, of two batches each.
fn part(folder: &Path, killed_at: Option<usize>) -> Result<Vec<f64>, TrainError> {
    let Split { train, test } = digits();
    let normalize = Normalize::measure(&train);
    let recipe = Recipe { epochs: 3, batch_size: 90, lr: 5e-3, accumulate: 2, clip: Some(0.1), seed: 7, ..Default::default() };
    let mut task = Classification::new("digits", Loader::new(test, 360).transform(normalize.clone()), train.classes())?;
    let train = Loader::new(train, 90).shuffle(7).transform(normalize);
    let device = Cpu::seed_from_u64(recipe.seed);
    let mut net = Net::new(&device);
    let mut optimizer = recipe.adam(&net);
    let mut board = TensorBoard::create(&folder.join("logs"))?.graph(Net::<f32, Cpu>::GRAPH).hyper_parameters(&recipe);
    let mut watch = Watch { killed_at, ..Default::default() };
    let trainer = recipe.trainer(train.batch_count()).checkpoints(Checkpoints::new(folder.join("checkpoints"))).resume(true);
    trainer.callback(&mut board).callback(&mut watch).fit(&mut net, &device, &mut optimizer, &mut task, &train)?;
    Ok(watch.norms)
}

#[test]
fn a_resumed_run_continues() {
    let place = tempfile::tempdir().unwrap();
    let whole = place.path().join("whole");
    let norms = part(&whole, None).unwrap();
    let expected = Shown::of(&whole.join("logs"));
    let steps = |tag: &str| expected.scalars[tag].iter().map(|point| point.0).collect::<Vec<_>>();
    for tag in ["loss/train", "accuracy/train", "loss/test", "accuracy/test", "optimizer/lr", "optimizer/gradient_norm"] {
        assert_eq!(steps(tag), [8, 16, 24], "{tag}");
    }
    assert_eq!(steps("epoch so far/loss"), (1..=24).collect::<Vec<_>>());
    assert_eq!(expected.scalars.len(), 9, "{:?}", expected.scalars.keys());
    let names: Vec<&str> = expected.histograms.keys().map(String::as_str).collect();
    let tensors = ["conv.bias", "conv.weight", "fc.bias", "fc.weight"];
    assert_eq!(names, ["gradients", "weights"].map(|kind| tensors.map(|name| format!("{kind}/{name}"))).concat());
    assert_eq!(
        (expected.graphs, expected.others.as_slice()),
        (1, ["start", "end"].map(|end| format!("_hparams_/session_{end}_info")).as_slice())
    );
    // The gradients are those that the optimizer takes: of the mean over two batches, before clipping.
    for (epoch, norm) in norms.iter().enumerate() {
        let squares: f64 = tensors.iter().map(|name| expected.histograms[&format!("gradients/{name}")][epoch].1).sum();
        assert!((squares.sqrt() - norm).abs() < 1e-6 * norm && *norm > 0.1, "{squares} and {norm}");
    }
    // Killed within the second epoch, whose steps are repeated, and in the third one.
    let parts = place.path().join("parts");
    for step in [13, 10, 20] {
        assert_eq!(part(&parts, Some(step)).unwrap_err().to_string(), "killed");
    }
    part(&parts, None).unwrap();
    assert_eq!(std::fs::read_dir(parts.join("logs")).unwrap().count(), 4);
    let found = Shown::of(&parts.join("logs"));
    assert_eq!((found.graphs, &found.others), (expected.graphs, &expected.others));
    assert_eq!((found.scalars, found.histograms), (expected.scalars, expected.histograms));
    // A finished run: nothing is added, and nothing is dropped.
    part(&whole, None).unwrap();
    let again = Shown::of(&whole.join("logs"));
    assert_eq!(again.scalars["loss/train"].len(), 3);
}

#[cfg(feature = "cli")]
#[test]
fn a_program_of_ones_own() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).into_os_string().into_string().unwrap();
    let words = ["net", "train", "--epochs", "1", "--out", &path("runs/first"), "--tensorboard", &path("logs")];
    layercake_train::cli::Program::<Net>::new().data(digits).try_run(words).unwrap();
    let shown = Shown::of(&place.path().join("logs/first"));
    assert!(shown.scalars["accuracy/test"].len() == 1 && shown.histograms.contains_key("gradients/conv.weight"), "{shown:?}");
    assert_eq!((shown.graphs, shown.others.last().map(String::as_str)), (1, Some("_hparams_/session_end_info")));
    // A file where the folder should be: before anything is trained.
    let words = ["net", "train", "--epochs", "1", "--out", &path("runs/second"), "--tensorboard", &path("runs/first/config.json")];
    let error = layercake_train::cli::Program::<Net>::new().data(digits).try_run(words).unwrap_err();
    assert!(matches!(&error, TrainError::File { path, .. } if path.ends_with("config.json/second")), "{error}");
    assert!(!place.path().join("runs/second").exists());
}
