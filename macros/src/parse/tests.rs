use syn::Expr;

use crate::ast::{Action, Arg, DimExpr, Network};
use crate::report::Report;
use crate::testing::{LENET5, mistakes, tokens};
use crate::text;

fn parsed(block: &str) -> (Vec<Network>, Vec<String>) {
    let mut report = Report::default();
    let parsed = super::block(tokens(block), &mut report);
    let networks = parsed.networks.into_iter().map(|(network, mut own)| {
        report.append(&mut own);
        network
    });
    (networks.collect(), report.texts())
}

#[test]
fn all_that_a_block_can_say() {
    let (networks, texts) = parsed(&format!("{LENET5} Second: [WIDTH, 2 * 3] -> [_] {{}}"));
    assert_eq!(texts, [""; 0]);
    let [lenet, second] = &networks[..] else { panic!("two networks") };
    assert_eq!((lenet.name.to_string(), lenet.attrs.len(), lenet.steps.len()), ("LeNet5".to_owned(), 1, 12));
    assert!(matches!(lenet.vis, syn::Visibility::Public(_)) && matches!(second.vis, syn::Visibility::Inherited));
    let names: Vec<String> = lenet.steps.iter().filter_map(|step| step.name.as_ref()).map(ToString::to_string).collect();
    assert_eq!(names, ["conv1", "conv2", "fc1", "fc2", "fc3"]);
    let Action::Layer(conv) = &lenet.steps[0].action else { panic!("a layer") };
    let [Arg::Position { input: None, size }, Arg::Option { key: kernel, .. }, Arg::Option { key: padding, value }] = &conv.args[..] else {
        panic!("three arguments")
    };
    assert_eq!([text::of(size), kernel.to_string(), padding.to_string(), text::of(value)], ["6", "kernel", "padding", "2"]);
    let Action::Layer(linear) = &lenet.steps[7].action else { panic!("a layer") };
    assert!(matches!(&linear.args[..], [Arg::Position { input: Some(_), .. }]));
    let stated = lenet.steps[3].output.as_ref().unwrap();
    assert!(matches!(&stated.dims[..], [DimExpr::Size(_), DimExpr::Inferred(_), DimExpr::Inferred(_)]));
    assert_eq!(lenet.steps[11].docs.len(), 1);
    let dims = &second.inputs.as_ref().unwrap().shapes().next().unwrap().dims;
    assert!(matches!(&dims[..], [DimExpr::Size(Expr::Path(_)), DimExpr::Size(Expr::Binary(_))]));
}

#[test]
fn arguments_with_commas_and_arrows_of_their_own() {
    let (networks, texts) = parsed("N: [1] -> [1] { A(f(1, 2) -> Size::<3, 4>::OF, x = (1, 2), y = -1e-5, z = { 3 }), }");
    assert_eq!(texts, [""; 0]);
    let Action::Layer(layer) = &networks[0].steps[0].action else { panic!("a layer") };
    assert_eq!(layer.args.len(), 4);
    assert!(matches!(&layer.args[0], Arg::Position { input: Some(input), .. } if text::of(input) == "f(1, 2)"));
}

#[test]
fn a_slip_leaves_the_rest_legible() {
    let (networks, texts) = parsed(
        "First [4] => (4) { a = Linear(4); b Linear(4) c: Linear{4, bias: true} -> 4, nothing: , }
         struct Second: [4] -> [4] { Linear(4) };
         and so on
         Third: [4] -> [4] { Linear(4), }",
    );
    assert_eq!(networks.iter().map(|network| network.name.to_string()).collect::<Vec<_>>(), ["First", "Second"]);
    let steps: Vec<_> = networks[0].steps.iter().map(|step| step.name.as_ref().map(ToString::to_string).unwrap_or_default()).collect();
    assert_eq!(steps, ["a", "b", "c", "nothing"]);
    let slips = texts.len();
    assert_eq!(slips, 14, "{texts:#?}");
}

#[test]
fn nothing_at_all() {
    assert_eq!(mistakes("").len(), 1);
    assert_eq!(mistakes("/// Documentation of nothing.").len(), 1);
    assert_eq!(mistakes("pub").len(), 1);
}
