//! The two execution paths on a graph that no macro declared, on untyped numbers.

use dfdx::tensor::{Cpu, CpuError, NoneTape, OwnedTape, TensorFromVec};
use dfdx::tensor_ops::Device;
use layercake::__private::{Call, Done, Runtime, Value, record_portably, run_portably};
use layercake::ir::Graph;
use layercake::{Backend, Scalar};
use layercake_engine::Mode;

use crate::subject::backward;
use crate::{Numbers, Outcome};

/// What one pass needs.
pub struct Pass<'a> {
    /// What to run; one input, one output.
    pub graph: &'a Graph,
    /// All its tensors, in graph order.
    pub state: &'a [Numbers],
    /// The input, with its batch.
    pub input: &'a Numbers,
    /// The gradient of the output.
    pub output_grad: &'a Numbers,
    /// Seeds the dropout masks.
    pub seed: u64,
}

impl Pass<'_> {
    /// Runs it on the engine, in float32. The runtime must be for this graph alone.
    pub fn engine(&self, runtime: &Runtime, mode: Mode) -> Outcome {
        self.run(runtime, mode, <Cpu as Backend<f32>>::run, <Cpu as Backend<f32>>::record)
    }

    /// Runs it on the portable path, in float32.
    pub fn portable_f32(&self, mode: Mode) -> Outcome {
        self.run(&Runtime::default(), mode, run_portably, record_portably)
    }

    /// Runs it on the portable path, in float64.
    pub fn portable_f64(&self, mode: Mode) -> Outcome {
        self.run(&Runtime::default(), mode, <Cpu as Backend<f64>>::run, <Cpu as Backend<f64>>::record)
    }

    fn run<E: Scalar>(&self, runtime: &Runtime, mode: Mode, run: Run<E>, record: Record<E>) -> Outcome
    where
        Cpu: Device<E>,
    {
        let input = value::<E>(self.input);
        let tensors: Vec<Value<E, Cpu>> = self.state.iter().map(value).collect();
        let inputs = vec![input.clone()];
        let call = Call { graph: self.graph, runtime, tensors: tensors.clone(), inputs, mode, input_grad: true, seed: self.seed };
        if mode == Mode::Infer {
            let done = run(call).expect("enough memory");
            return Outcome::from([("output".to_owned(), numbers(&done.outputs[0]))]);
        }
        let done = record(call, OwnedTape::default()).expect("enough memory");
        let mut outcome = Outcome::from([("output".to_owned(), numbers(&done.outputs[0]))]);
        let gradients = backward(done.outputs[0].clone(), done.tape, self.output_grad);

        let gradient = |value: &Value<E, Cpu>| Numbers { dims: value.dims().to_vec(), ..Numbers::of(&gradients.get(&flat(value))) };
        outcome.insert("input_grad".to_owned(), gradient(&input));
        let params =
            self.graph.nodes().iter().flat_map(|node| node.params().as_slice().iter().map(move |param| (node, *param)).collect::<Vec<_>>());
        for (i, (node, param)) in params.enumerate() {
            if param.trained {
                outcome.insert(format!("grad/{}.{}", node.name, param.name), gradient(&tensors[i]));
            } else if let Some((_, new)) = done.updates.iter().find(|(which, _)| *which == i) {
                outcome.insert(format!("after/{}.{}", node.name, param.name), numbers(new));
            }
        }
        outcome
    }
}

type Run<E> = fn(Call<'_, E, Cpu>) -> Result<Done<E, Cpu, NoneTape>, CpuError>;
type Record<E> = fn(Call<'_, E, Cpu>, OwnedTape<E, Cpu>) -> Result<Done<E, Cpu, OwnedTape<E, Cpu>>, CpuError>;

fn value<E: Scalar>(numbers: &Numbers) -> Value<E, Cpu>
where
    Cpu: Device<E>,
{
    let (device, data) = (Cpu::default(), numbers.cast::<E>());
    let erased = match numbers.dims[..] {
        [a] => Value::erase(device.tensor_from_vec(data, (a,))),
        [a, b] => Value::erase(device.tensor_from_vec(data, (a, b))),
        [a, b, c] => Value::erase(device.tensor_from_vec(data, (a, b, c))),
        [a, b, c, d] => Value::erase(device.tensor_from_vec(data, (a, b, c, d))),
        _ => panic!("{:?} is more than a batch of images", numbers.dims),
    };
    erased.expect("enough memory").0
}

fn flat<E: Scalar>(value: &Value<E, Cpu>) -> dfdx::tensor::Tensor<(usize,), E, Cpu>
where
    Cpu: Device<E>,
{
    value.clone().restore(&(value.dims().iter().product::<usize>(),)).expect("no memory is needed")
}

fn numbers<E: Scalar>(value: &Value<E, Cpu>) -> Numbers
where
    Cpu: Device<E>,
{
    Numbers { dims: value.dims().to_vec(), ..Numbers::of(&flat(value)) }
}
