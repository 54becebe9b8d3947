use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

use super::{Choice, Default, Kind, Positions, Row, all, is_join, is_unpool, shown};
use crate::expand::{decided, symbolic};
use crate::shape::{Model, Node, State};
use crate::testing::{mistakes, with_model};

/// A network with the row's layer alone, with these arguments, on its sample; the output's rank is found by trial.
pub fn network(row: &Row, arguments: &str) -> String {
    let mut blocks = (1..=5).map(|rank| block(row, arguments, rank));
    blocks.find(|block| mistakes(block).is_empty()).unwrap_or_else(|| block(row, arguments, 5))
}

fn block(row: &Row, arguments: &str, rank: usize) -> String {
    let (input, output) = (row.sample, vec!["_"; rank].join(", "));
    let steps = match row.kind {
        // Each part has a tag, which is used; the number of parts is a literal.
        "Chunk" | "Split" => {
            let arguments = arguments.trim_end_matches(" as (a, b)").replace("chunks = A", "2").replace("sizes = A", "[A, A]");
            format!("{arguments} as (a, b), Flatten as c, from b, Flatten, Concat(c, axis = 0)")
        }
        // The input is used too.
        "Parameter" => format!("{arguments}, Flatten as p, from input, Flatten, Concat(p, axis = 0)"),
        "MatMul" => "Transpose(-1, -2) as keys, from input, MatMul(keys)".to_owned(),
        _ if is_join(row) => {
            let arguments = arguments.replace("gate", "skip").replace("logvar", "skip").replace("norm", "skip");
            let arguments = if arguments.contains("skip") { arguments } else { arguments.replacen('(', "(skip, ", 1) };
            format!("ReLU as skip, ReLU, {arguments}")
        }
        // The options are the pool's.
        _ if is_unpool(row) && arguments.contains('=') => {
            format!("pool1: {}, ReLU, MaxUnpool2d(pool1)", arguments.replace("MaxUnpool2d", "MaxPool2d"))
        }
        _ if is_unpool(row) => format!("pool1: MaxPool2d(2), ReLU, {arguments}"),
        _ => arguments.to_owned(),
    };
    format!("N: {input} -> [{output}] {{ {steps} }}")
}

/// The node of the row's layer.
pub fn node<'a>(model: &'a Model, row: &Row) -> &'a Node {
    model.nodes.iter().find(|node| node.row().is_some_and(|own| own.kind == row.kind)).expect("the network has the layer")
}

/// The names of the fields in the braces of an operation's expression.
fn fields(tokens: TokenStream) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => fields.append(&mut self::fields(group.stream())),
            TokenTree::Ident(name) if matches!(tokens.peek(), Some(TokenTree::Punct(colon)) if colon.as_char() == ':' && colon.spacing() == proc_macro2::Spacing::Alone) =>
            {
                fields.insert(name.to_string());
            }
            _ => {}
        }
    }
    fields
}

#[test]
fn every_example_is_right() {
    for row in all() {
        let block = network(row, row.example);
        assert_eq!(mistakes(&block), [""; 0], "{block}");
        with_model(&block, |model, _| {
            let node = node(model, row);
            let State::Decided(op) = &node.state else { panic!("{block}") };
            assert_eq!((op.kind(), node.name.clone()), (row.kind, format!("{}_1", row.prefix())));
            assert_eq!(op.params().as_slice().is_empty(), row.module.is_none(), "{}", row.kind);
        });
    }
}

/// The row lists all fields of the operation with their kinds.
#[test]
fn every_row_describes_its_operation() {
    for row in all() {
        let value = |option: &Choice| match option.kind {
            Kind::Word(words) => words.list[0].0,
            _ => "A",
        };
        let constants: Vec<String> = row.options().map(|option| format!("{} = {}", option.name, value(option))).collect();
        let sizes = match row.positions() {
            Positions::InOut { .. } => "A -> A, ",
            Positions::Features(_) => "A, ",
            Positions::None | Positions::Option(_) | Positions::List(_) => "",
        };
        with_model(&network(row, &format!("{}({sizes}{})", row.kind, constants.join(", "))), |model, report| {
            assert_eq!(report.len(), 0, "{}: {:?}", row.kind, report.texts());
            let node = self::node(model, row);
            let named = symbolic(&TokenStream::new(), row, &node.settings, &model.symbols);
            with_model(&network(row, row.example), |model, _| {
                let State::Decided(op) = &self::node(model, row).state else { panic!("{}", row.kind) };
                assert_eq!(fields(named), fields(decided(&TokenStream::new(), op)), "{}", row.kind);
            });
        });
    }
}

#[test]
fn options_are_well_described() {
    for row in all() {
        for option in row.options() {
            let positional = row.positions() == Positions::Option(option.name) || row.positions() == Positions::List(option.name);
            assert!(option.default != Default::Required || positional || shown(row, option.name) != "..", "{}: {}", row.kind, option.name);
            match option.default {
                Default::Same(other) => {
                    assert!(row.options().take_while(|before| before.name != option.name).any(|before| before.name == other))
                }
                Default::Size(_) => assert!(matches!(option.kind, Kind::Size | Kind::Pair)),
                Default::Infer => assert!(matches!(option.kind, Kind::Size | Kind::Pair | Kind::List { .. })),
                Default::Word(word) => {
                    assert!(matches!(option.kind, Kind::Word(words) if words.list.iter().any(|(known, _)| *known == word)))
                }
                Default::Float(_) => assert_eq!(option.kind, Kind::Float),
                Default::Bool(_) => assert_eq!(option.kind, Kind::Bool),
                Default::Required => {}
            }
        }
        if let Positions::Option(name) = row.positions() {
            assert!(row.option(name).is_some());
        }
        if let Positions::List(name) = row.positions() {
            assert!(row.option(name).is_some_and(|option| matches!(option.kind, Kind::List { .. })));
        }
        let switch = row.module.and_then(|field| field.switch);
        assert!(switch.is_none_or(|switch| row.option(switch).is_some_and(|option| option.kind == Kind::Bool)));
    }
}

/// Defaults are PyTorch's.
#[test]
fn defaults_are_pytorchs() {
    let cases = [
        (
            "Conv2d(2, kernel = 3)",
            "Conv2d { in_channels: 6, out_channels: 2, kernel: [3, 3], stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1, bias: true }",
        ),
        ("MaxPool2d((2, 3))", "MaxPool2d { kernel: [2, 3], stride: [2, 3], padding: [0, 0], dilation: [1, 1], ceil_mode: false }"),
        ("AvgPool2d(2)", "AvgPool2d { kernel: [2, 2], stride: [2, 2], padding: [0, 0], ceil_mode: false, count_include_pad: true }"),
        ("BatchNorm2d", "BatchNorm2d { features: 6, eps: 1e-5, momentum: 0.1, affine: true }"),
        ("Dropout", "Dropout { p: 0.5 }"),
        ("LeakyReLU", "LeakyRelu { negative_slope: 0.01 }"),
    ];
    for (layer, op) in cases {
        with_model(&format!("N: [6, 9, 8] -> [_, _, _] {{ {layer} }}"), |model, _| {
            let State::Decided(found) = &model.nodes[0].state else { panic!("{layer}") };
            let found = format!("{found:?}");
            assert!(found.contains(op), "{layer}: {found}");
        });
    }
}
