//! A fixture's case as a graph that is built at run time, on any device and in any number type: no type is compiled for it.

use std::collections::BTreeMap;

use dfdx::tensor::{Gradients, NoneTape, OwnedTape, SplitTape, Tensor, Trace};
use layercake::generic::Inputs;
use layercake::ir::Graph;
use layercake::model::Value;
use layercake::{Backend, DynTensor, GraphModel, Model, Scalar};

use crate::subject::backward;
use crate::{Case, Numbers, Outcome, Report};

/// `$body` with `$S` as the shape of this many axes, whose sizes are known at run time.
macro_rules! of_rank {
    ($rank:expr, |$S:ident| $body:expr) => {
        match $rank {
            1 => of_rank!(@ (usize,), $S, $body),
            2 => of_rank!(@ (usize, usize), $S, $body),
            3 => of_rank!(@ (usize, usize, usize), $S, $body),
            4 => of_rank!(@ (usize, usize, usize, usize), $S, $body),
            5 => of_rank!(@ (usize, usize, usize, usize, usize), $S, $body),
            rank => panic!("no fixture has a tensor of {rank} axes"),
        }
    };
    (@ $shape:ty, $S:ident, $body:expr) => {{
        type $S = $shape;
        $body
    }};
}

/// Compares a graph with PyTorch's results in all passes of a [`GraphModel`]; `path` names the device in the report.
///
/// # Panics
/// If the graph and the case do not belong together.
pub fn check_graph<E: Scalar, D: Backend<E>>(path: &'static str, device: &D, graph: &Graph, case: &Case, bar: f64, report: &mut Report) {
    let model = loaded::<E, D>(device, graph, case);
    let input = &case.given["input"];
    let mut run = Run { path, model, case, bar, report };
    if graph.inputs()[0].shape.is_ids() {
        of_rank!(input.dims.len(), |S| {
            let ids: Tensor<S, usize, D> = input.ids(device);
            run.all(&ids, || (ids.clone().leaky_traced(), None));
        });
    } else {
        of_rank!(input.dims.len(), |S| {
            let x: Tensor<S, E, D> = input.tensor(device);
            let own = Value::erase(x.clone()).expect("enough memory").0;
            run.all(&x, || (x.leaky_trace(), Some(own.clone())));
        });
    }
}

/// One case on a device.
struct Run<'a, E: Scalar, D: Backend<E>> {
    path: &'static str,
    /// Before any training pass.
    model: GraphModel<E, D>,
    case: &'a Case,
    bar: f64,
    report: &'a mut Report,
}

impl<E: Scalar, D: Backend<E>> Run<'_, E, D> {
    /// Compares all passes: on `data`, and on what `traced` returns, with the value whose gradient is compared.
    fn all<X, XT>(&mut self, data: &X, traced: impl Fn() -> (XT, Option<Value<E, D>>))
    where
        X: Inputs<E, D, NoneTape> + Clone,
        XT: Inputs<E, D, OwnedTape<E, D>>,
    {
        let case = self.case;
        let output: Vec<DynTensor<E, D>> = self.model.forward(data.clone());
        let dims = output[0].dims().to_vec();
        let values = output[0].to_vec().into_iter().map(|value| value.to_f64().expect("a float")).collect();
        let expected = BTreeMap::from([("output".to_owned(), case.eval["output"].clone())]);
        self.compare("forward", &Outcome::from([("output".to_owned(), Numbers { dims, values })]), &expected);

        let (x, own) = traced();
        let found = self.recorded(&self.model, self.model.forward_eval(x), own, false);
        self.compare("forward_eval", &found, &case.eval);

        let Some(expected) = &case.train else { return };
        let (x, own) = traced();
        let mut model = self.model.clone();
        let output = model.forward_mut(x);
        let found = self.recorded(&model, output, own, true);
        self.compare("forward_mut", &found, expected);

        let mut model = self.model.clone();
        let output = model.forward_train(data.clone(), Gradients::leaky());
        let found = self.recorded(&model, output, None, true);
        let mut expected = expected.clone();
        expected.remove("input_grad");
        self.compare("forward_train", &found, &expected);
    }

    fn compare(&mut self, how: &str, found: &Outcome, expected: &BTreeMap<String, Numbers>) {
        self.report.compare_all(self.path, &format!("{} {how}", self.case.name), found, expected, self.bar);
    }

    /// Runs backward from the output, and lists all results.
    fn recorded(
        &self,
        model: &GraphModel<E, D>,
        output: Vec<DynTensor<E, D, OwnedTape<E, D>>>,
        input: Option<Value<E, D>>,
        trained: bool,
    ) -> Outcome {
        let output = output.into_iter().next().expect("an output");
        let grad = &self.case.given["output_grad"];
        let dims = output.dims().to_vec();
        let (found, mut gradients) = of_rank!(dims.len(), |S| {
            let (y, tape) = output.try_into_tensor::<S>().expect("enough memory").expect("of this rank").split_tape();
            (Numbers::of(&y), backward(&[(Value::erase(y).expect("enough memory").0, grad)], tape))
        });
        let mut outcome = Outcome::from([("output".to_owned(), found)]);
        let mut gradient = |tensor: &Tensor<(usize,), E, D>, dims: &[usize]| {
            // A tensor that the output does not depend on has no gradient, which counts as zero.
            gradients.get_or_alloc_mut(tensor).expect("enough memory");
            Numbers { dims: dims.to_vec(), ..Numbers::of(&gradients.get(tensor)) }
        };
        if let Some(input) = input {
            let flat = input.clone().restore(&(input.dims().iter().product::<usize>(),)).expect("no memory is needed");
            outcome.insert("input_grad".to_owned(), gradient(&flat, input.dims()));
        }
        for parameter in model.named_parameters() {
            outcome.insert(format!("grad/{}", parameter.path()), gradient(&parameter.flat(), parameter.shape()));
        }
        for buffer in model.named_buffers().iter().filter(|_| trained) {
            outcome.insert(format!("after/{}", buffer.path()), Numbers { dims: buffer.shape().to_vec(), ..Numbers::of(&buffer.flat()) });
        }
        outcome
    }
}

/// The model with the case's parameters; it must have exactly those.
fn loaded<E: Scalar, D: Backend<E>>(device: &D, graph: &Graph, case: &Case) -> GraphModel<E, D> {
    let mut model = GraphModel::build(graph.clone(), device);
    let mut used = vec!["input".to_owned(), "output_grad".to_owned()];
    model.for_each_tensor_mut(|mut tensor| {
        let path = tensor.path().to_owned();
        let numbers = case.given.get(&path).unwrap_or_else(|| panic!("{}: PyTorch's network has no `{path}`", case.name));
        assert_eq!(numbers.dims, tensor.shape(), "{}: `{path}`", case.name);
        tensor.copy_from(&numbers.cast::<E>());
        used.push(path);
    });
    let unused: Vec<&String> = case.given.keys().filter(|name| !used.contains(name)).collect();
    assert!(unused.is_empty(), "{}: the graph has no {unused:?}", case.name);
    model
}
