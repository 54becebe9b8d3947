//! Drawings with the numbers that flow, and their gradients.

use dfdx::shapes::Rank0;
use dfdx::tensor::{OwnedTape, PutTape, Tensor};
use dfdx::tensor_ops::{Backward, SumTo};
use layercake_ir::Graph;

use super::{At, HookError, Hookable, Hooks, Traced};
use crate::run::backend::Backend;
use crate::{Drawing, DynTensor, Scalar};

/// More numbers than this are summarized.
const SHOWN: usize = 4;

/// The drawing of a network with the numbers that flow through it beside its arrows, and below them their gradients: those of the sum of its first output. Networks in
/// it are drawn in full. Up to four numbers are written out; of more, the range and the mean.
///
/// # Errors
/// Returns an error if the inputs do not fit the network, if one consists of token ids, or if the device is out of memory.
pub(crate) fn draw_values<E: Scalar, D: Backend<E>>(
    network: &dyn Hookable<E, D>,
    inputs: Vec<DynTensor<E, D>>,
) -> Result<Drawing, HookError<D::Err>> {
    let graph = network.graph().inlined();
    let places = places(&graph);
    let mut hooks = Hooks::new();
    let kept: Vec<_> = places.iter().map(|at| hooks.keep(at.clone())).collect();
    let traced: Vec<Traced<E, D>> = inputs.into_iter().map(DynTensor::leaky_traced).collect();
    let outputs: Vec<Traced<E, D>> = hooks.try_forward_eval(network, traced)?;
    if let Some(first) = outputs.into_iter().next() {
        let (value, tape) = first.into_parts();
        let flat: Tensor<(usize,), E, D, OwnedTape<E, D>> = value.flat().put_tape(tape);
        flat.try_sum::<Rank0, _>()?.try_backward()?;
    }
    // The name of a layer that is applied again stands for all its applications, of which its own is the first.
    let texts = kept.iter().map(|kept| {
        let value = kept.values().first().map_or_else(String::new, |value| text(&value.to_vec()));
        let gradient = kept.gradients().into_iter().next().flatten();
        [value, gradient.map_or_else(|| "gradient 0".to_owned(), |gradient| format!("gradient {}", text(&gradient.to_vec())))]
    });
    let texts = texts.collect();
    Ok(Drawing::of(&graph).with_values(texts))
}

/// Where each value of a graph flows, in order.
fn places(graph: &Graph) -> Vec<At> {
    let inputs = graph.inputs().iter().map(|port| At::output(port.name.to_string()));
    let nodes = graph.nodes().iter().flat_map(|node| (0..node.outputs()).map(|number| At::output(node.name.to_string()).number(number)));
    inputs.chain(nodes).collect()
}

/// `-0.25`, `[1, 2]`, or `-3.1 to 2.4, mean 0.013`.
fn text<E: Scalar>(numbers: &[E]) -> String {
    let numbers: Vec<f64> = numbers.iter().map(|x| x.to_f64().unwrap_or(f64::NAN)).collect();
    match &numbers[..] {
        [one] => figure(*one),
        few if few.len() <= SHOWN => format!("[{}]", few.iter().map(|x| figure(*x)).collect::<Vec<_>>().join(", ")),
        many => {
            let (low, high) = many.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
            let mean = many.iter().sum::<f64>() / many.len() as f64;
            format!("{} to {}, mean {}", figure(low), figure(high), figure(mean))
        }
    }
}

/// Three digits that matter.
fn figure(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.abs().to_string();
    }
    let power = number.abs().log10().floor();
    if !(-4.0..5.0).contains(&power) {
        return format!("{number:.2e}");
    }
    let text = format!("{number:.*}", (2.0 - power).max(0.0) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::figure;
    use crate::AnyNetwork;
    use crate::prelude::*;

    network! {
        Product: { x: [1], y: [1], z: [1] } -> [1] { from x, sum: Add(y), product: Mul(z) }

        Inner: [2] -> [2] { fc: Linear(2), Tanh, reuse fc }

        Outer: [2] -> [1] { first: Inner, last: Linear(1) }
    }

    fn number(x: f32) -> DynTensor<f32, Cpu> {
        DynTensor::try_from_vec(&Cpu::default(), vec![x], &[1, 1]).unwrap().unwrap()
    }

    /// (x + y) z at -2, 5, -4: the gradients are z, z and x + y.
    #[test]
    fn a_product_of_a_sum() {
        let net = Product::new(&Cpu::default());
        let drawing = net.draw_values(vec![number(-2.0), number(5.0), number(-4.0)]).unwrap();
        for text in [drawing.svg(), drawing.dot(), drawing.mermaid()] {
            for expected in ["-12", "gradient 1", "gradient -4", "gradient 3", "-2", "5", "3"] {
                assert!(text.contains(expected), "{expected}: {text}");
            }
        }
    }

    /// A network in a network is drawn in full; a layer that is applied twice has both values.
    #[test]
    fn nested_and_reused() {
        let device = Cpu::seed_from_u64(0);
        let (net, x) = (Outer::new(&device), DynTensor::try_from_vec(&device, vec![0.5, -1.0], &[1, 2]).unwrap().unwrap());
        let svg = net.draw_values(vec![x.clone()]).unwrap().svg();
        assert!(svg.contains("first.fc") && svg.contains("[0.5, -1]"), "{svg}");
        let twice = net.first.forward_eval(x.clone().try_into_tensor::<(usize, Const<2>)>().unwrap().unwrap().leaky_trace());
        let [a, b] = twice.as_vec()[..] else { panic!("two numbers") };
        assert!(svg.contains(&format!("[{}, {}]", figure(a.into()), figure(b.into()))), "{svg}");
        let model = GraphModel::new(Outer::GRAPH.clone(), &Cpu::seed_from_u64(0));
        assert_eq!(model.draw_values(vec![x]).unwrap().svg(), svg);
        assert!(net.draw_values(vec![number(1.0)]).is_err());
    }

    #[test]
    fn figures() {
        assert_eq!([0.0, -0.0, 1.0, -0.196_61, 1234.5, 1e-7, f64::NAN].map(figure), ["0", "0", "1", "-0.197", "1234", "1.00e-7", "NaN"]);
    }
}
