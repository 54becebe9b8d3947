//! Two tensors with the same path are an error when the model is built, or at the latest when it is saved.

use layercake::dfdx;
use layercake::dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
use layercake::ir::ops::{Linear, MultiheadAttention};
use layercake::ir::{Builder, INFER, Op, Shape};
use layercake::prelude::*;

const MEETING: &str =
    "a tensor of `a.out_proj` would have the path `a.out_proj.weight`, which one of `a` has; give one of the two layers another name";

/// A graph of an attention layer `a`, followed by a linear layer with this name.
fn graph(name: &str) -> Result<layercake::ir::Graph, layercake::ir::Mistake> {
    let mut b = Builder::new("Meeting");
    let x = b.input("input", Shape::new(&[3, 4]))?;
    let attention =
        MultiheadAttention { features: INFER, heads: 2, causal: false, dropout: 0.0, bias: true, key: false, value: false, mask: false };
    let x = b.add("a", Op::MultiheadAttention(attention), &[x])?;
    let x = b.add(name, Op::Linear(Linear { in_features: INFER, out_features: 4, bias: true }), &[x])?;
    b.try_finish(&[("output", x)])
}

#[test]
fn a_graph_model_refuses_paths_that_meet() {
    let device = Cpu::default();
    assert_eq!(graph("a.out_proj").unwrap_err().to_string(), MEETING);
    // Graphs can be edited by hand, and files can have any content.
    let mut changed = graph("fc").unwrap();
    let text = io::graph_to_json(&changed).unwrap().replace("\"fc\"", "\"a.out_proj\"");
    changed.nodes.to_mut()[1].name = "a.out_proj".into();
    let refused = GraphModel::try_new(changed, &device).unwrap_err();
    assert_eq!(refused.to_string(), format!("invalid graph `Meeting`: {MEETING}"));
    assert_eq!(io::graph_from_json(&text).unwrap_err().to_string(), MEETING);
    // Similar names do not conflict.
    for name in ["a.out", "a_out_proj", "a.out_proj.more", "out_proj"] {
        let model = GraphModel::try_new(graph(name).unwrap(), &device).unwrap();
        let file = std::env::temp_dir().join(format!("layercake-{}-{name}.safetensors", std::process::id()));
        io::save_safetensors(&model, &file).unwrap();
        std::fs::remove_file(file).unwrap();
    }
}

/// A hand-written module that reports the same path for both of its tensors.
struct Careless(Tensor<Rank1<2>, f32, Cpu>, Tensor<Rank1<2>, f32, Cpu>);

impl TensorCollection<f32, Cpu> for Careless {
    type To<E2: Dtype, D2: dfdx::tensor_ops::Device<E2>> = ();

    fn iter_tensors<V: ModuleVisitor<Self, f32, Cpu>>(visitor: &mut V) -> Result<Option<()>, V::Err> {
        let options = || dfdx::nn::tensor_collection::TensorOptions::reset_to_zeros();
        visitor.visit_fields(
            (Self::tensor("weight", |s| &s.0, |s| &mut s.0, options()), Self::tensor("weight", |s| &s.1, |s| &mut s.1, options())),
            |_| (),
        )
    }
}

#[test]
fn saving_says_so_of_any_module() {
    let device = Cpu::default();
    let file = std::env::temp_dir().join(format!("layercake-{}-careless.safetensors", std::process::id()));
    let refused = io::save_safetensors(&Careless(device.zeros(), device.zeros()), &file).unwrap_err();
    assert!(refused.to_string().ends_with("two tensors of the module have the path `weight`"), "{refused}");
    assert!(!file.exists());
}
