//! A layer of a file as it would be written in `network!`, for documentation.

use layercake_ir::spec::{Place, Value};
use layercake_ir::{INFER, Op};
use proc_macro2::{Group, Span, TokenStream, TokenTree};

/// `Conv2d(16, kernel = 3)`: the sizes that are inferred and the options that have their defaults are left out.
pub fn layer(op: &Op, place: Span) -> TokenStream {
    let row = op.spec();
    let values = op.values();
    let named = |name: &str| row.fields.iter().position(|field| field.name == name).map(|at| values[at]);
    let mut arguments = Vec::new();
    for (field, value) in row.fields.iter().zip(&values) {
        let written = match field.place {
            Place::Hidden | Place::In => continue,
            _ if field.default_value(named) == Some(*value) || *value == Value::Size(INFER) => continue,
            Place::Out | Place::First => text(value),
            Place::Named => format!("{} = {}", field.name, text(value)),
        };
        arguments.push(written);
    }
    let written = if arguments.is_empty() { row.kind.to_owned() } else { format!("{}({})", row.kind, arguments.join(", ")) };
    let tokens: TokenStream = written.parse().unwrap_or_default();
    tokens.into_iter().map(|token| placed(token, place)).collect()
}

fn placed(token: TokenTree, place: Span) -> TokenTree {
    let mut token = match token {
        TokenTree::Group(group) => {
            Group::new(group.delimiter(), group.stream().into_iter().map(|token| placed(token, place)).collect()).into()
        }
        token => token,
    };
    token.set_span(place);
    token
}

fn text(value: &Value) -> String {
    let size = |size: usize| if size == INFER { "_".to_owned() } else { size.to_string() };
    match value {
        Value::Size(one) => size(*one),
        Value::Pair([height, width]) if height == width => size(*height),
        Value::Pair([height, width]) => format!("({}, {})", size(*height), size(*width)),
        Value::Float(number) => format!("{number:?}"),
        Value::Bool(on) => on.to_string(),
        Value::Word(word) => (*word).to_owned(),
        Value::List(list) => {
            let sizes: Vec<String> = list.as_slice().iter().copied().map(size).collect();
            if let [one] = &sizes[..] { one.clone() } else { format!("({})", sizes.join(", ")) }
        }
    }
}
