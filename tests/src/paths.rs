//! The two execution paths on a graph built at run time, on untyped numbers.

use std::collections::BTreeMap;

use dfdx::tensor::{Cpu, HasErr, NoneTape, OwnedTape};
use dfdx::tensor_ops::Device;
use layercake::__private::{Call, Done, Path, Recording, Value, record_portably, run_portably};
use layercake::ir::Graph;
use layercake::{Backend, Scalar};
use layercake_engine::{Engine, EngineError, Mode};

use crate::subject::backward;
use crate::{Numbers, Outcome, Random, difference};

/// The inputs of one pass.
pub struct Pass<'a> {
    /// The graph to run.
    pub graph: &'a Graph,
    /// All its tensors, in graph order.
    pub state: &'a [Numbers],
    /// The inputs, with their batch.
    pub inputs: &'a [Numbers],
    /// The gradients of the outputs; None for an output that does not contribute to the loss. At least one contributes.
    pub output_grads: &'a [Option<Numbers>],
    /// Seeds the dropout masks.
    pub seed: u64,
}

impl Pass<'_> {
    /// Runs it on the engine, in float32. All runs on one engine must be of this graph.
    pub fn engine(&self, engine: &Engine, mode: Mode) -> Outcome {
        self.run(&Cpu::default(), Path::Engine, engine, mode, <Cpu as Backend<f32>>::run, <Cpu as Backend<f32>>::record)
    }

    /// The operation that the engine does not support, if any.
    ///
    /// # Panics
    /// If the engine refuses it for another reason.
    pub fn engine_lacks(&self, mode: Mode) -> Option<&'static str> {
        match Engine::default().start(self.graph, self.inputs[0].dims[0], mode, true) {
            Ok(_) => None,
            Err(EngineError::Unsupported { kind, .. }) => Some(kind),
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs it on the portable path, in float32.
    pub fn portable_f32(&self, mode: Mode) -> Outcome {
        self.run(&Cpu::default(), Path::Portable, &Engine::default(), mode, run_portably, record_portably)
    }

    /// Runs it on the portable path, in float64.
    pub fn portable_f64(&self, mode: Mode) -> Outcome {
        self.portable::<f64, Cpu>(&Cpu::default(), mode)
    }

    /// Runs it on a device where the portable path runs everything.
    pub fn portable<E: Scalar, D: Backend<E>>(&self, device: &D, mode: Mode) -> Outcome {
        self.run(device, Path::Portable, &Engine::default(), mode, D::run, D::record)
    }

    /// Runs it on a device, on the path that the device takes for the graph, and says which.
    pub fn device<E: Scalar, D: Backend<E>>(&self, device: &D, mode: Mode) -> (Outcome, Path) {
        self.outcome(device, &Engine::default(), mode, D::run, D::record)
    }

    /// How far each tensor moves, relative to its largest element, if inputs and parameters move by `noise`, relative: the maximum of
    /// four tries, in float64. A tensor that moves far cannot be exact in float32: nearly everything cancels in it.
    pub fn sensitivity(&self, mode: Mode, noise: f64) -> BTreeMap<String, f64> {
        let exact = self.portable_f64(mode);
        let mut random = Random::new(self.seed);
        let mut noisy = |numbers: &Numbers| {
            let values = numbers.values.iter().map(|value| value * (1.0 + noise * (2.0 * random.unit() - 1.0))).collect();
            Numbers { values, ..numbers.clone() }
        };
        let mut moved: BTreeMap<String, f64> = exact.keys().map(|name| (name.clone(), 0.0)).collect();
        for _ in 0..4 {
            let state: Vec<Numbers> = self.state.iter().map(&mut noisy).collect();
            let inputs: Vec<Numbers> = self.inputs.iter().map(&mut noisy).collect();
            let other = Pass { state: &state, inputs: &inputs, ..*self }.portable_f64(mode);
            for (name, most) in &mut moved {
                *most = most.max(difference(&other[name], &exact[name]));
            }
        }
        moved
    }

    fn run<E: Scalar, D: Device<E>>(
        &self,
        device: &D,
        path: Path,
        engine: &Engine,
        mode: Mode,
        run: Run<E, D>,
        record: Record<E, D>,
    ) -> Outcome {
        let (outcome, taken) = self.outcome(device, engine, mode, run, record);
        assert_eq!(taken, path);
        outcome
    }

    fn outcome<E: Scalar, D: Device<E>>(
        &self,
        device: &D,
        engine: &Engine,
        mode: Mode,
        run: Run<E, D>,
        record: Record<E, D>,
    ) -> (Outcome, Path) {
        let inputs: Vec<Value<E, D>> = self.inputs.iter().map(|input| value(device, input)).collect();
        let tensors: Vec<Value<E, D>> = self.state.iter().map(|tensor| value(device, tensor)).collect();
        let (input_grad, seed) = (true, self.seed);
        let tables = Default::default();
        let call = Call { graph: self.graph, engine, tables, tensors: tensors.clone(), inputs: inputs.clone(), mode, input_grad, seed };
        let named = |outputs: &[Value<E, D>]| -> Outcome {
            outputs.iter().enumerate().map(|(i, output)| (format!("output/{i}"), numbers(output))).collect()
        };
        if mode == Mode::Infer {
            let done = run(call).expect("enough memory");
            return (named(&done.outputs), done.path);
        }
        let done = record(call).expect("enough memory");
        let path = done.path;
        let mut outcome = named(&done.outputs);
        let weighted = done.outputs.iter().zip(self.output_grads).filter_map(|(output, grad)| Some((output.clone(), grad.as_ref()?)));
        let mut gradients = backward(&weighted.collect::<Vec<_>>(), done.tape.onto(OwnedTape::default()));

        let mut gradient = |value: &Value<E, D>| {
            // A tensor that no output depends on has no gradient, which counts as zero.
            gradients.get_or_alloc_mut(&flat(value)).expect("enough memory");
            Numbers { dims: value.dims().to_vec(), ..Numbers::of(&gradients.get(&flat(value))) }
        };
        for (i, input) in inputs.iter().enumerate() {
            outcome.insert(format!("input_grad/{i}"), gradient(input));
        }
        let params =
            self.graph.nodes().iter().flat_map(|node| node.params().as_slice().iter().map(move |param| (node, *param)).collect::<Vec<_>>());
        for (i, (node, param)) in params.enumerate() {
            if param.trained {
                outcome.insert(format!("grad/{}", param.path(&node.name)), gradient(&tensors[i]));
            } else if let Some((_, new)) = done.updates.iter().rfind(|(which, _)| *which == i) {
                outcome.insert(format!("after/{}", param.path(&node.name)), numbers(new));
            }
        }
        (outcome, path)
    }
}

type Run<E, D> = fn(Call<'_, E, D>) -> Result<Done<E, D, NoneTape>, <D as HasErr>::Err>;
type Record<E, D> = fn(Call<'_, E, D>) -> Result<Done<E, D, Recording<E, D>>, <D as HasErr>::Err>;

fn value<E: Scalar, D: Device<E>>(device: &D, numbers: &Numbers) -> Value<E, D> {
    let data = numbers.cast::<E>();
    let erased = match numbers.dims[..] {
        [a] => Value::erase(device.tensor_from_vec(data, (a,))),
        [a, b] => Value::erase(device.tensor_from_vec(data, (a, b))),
        [a, b, c] => Value::erase(device.tensor_from_vec(data, (a, b, c))),
        [a, b, c, d] => Value::erase(device.tensor_from_vec(data, (a, b, c, d))),
        _ => panic!("{:?} is more than a batch of images", numbers.dims),
    };
    erased.expect("enough memory").0
}

fn flat<E: Scalar, D: Device<E>>(value: &Value<E, D>) -> dfdx::tensor::Tensor<(usize,), E, D> {
    value.clone().restore(&(value.dims().iter().product::<usize>(),)).expect("no memory is needed")
}

fn numbers<E: Scalar, D: Device<E>>(value: &Value<E, D>) -> Numbers {
    Numbers { dims: value.dims().to_vec(), ..Numbers::of(&flat(value)) }
}
