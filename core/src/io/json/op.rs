//! Operations as fields: `"op": "Conv2d"` followed by its options, with the names of the operation's specification.

use layercake_ir::spec::{Kind, Sizes, Value};
use layercake_ir::{INFER, Op, Spec};
use serde_json::Value as Json;

use super::JsonError;
use super::fields::Fields;
use super::tree::{Tree, short};

/// The options of an operation, in the order of its struct. `None` if it cannot be written.
pub(super) fn options(op: &Op) -> Option<Vec<(String, Tree)>> {
    Spec::named(op.kind())?;
    let fields = op.spec().fields.iter().zip(op.values());
    let written = fields.filter(|(_, value)| !is_left_out(value));
    written.map(|(field, value)| Some((field.stored_name().to_owned(), tree(value)?))).collect()
}

/// Options that are not written: a size that is absent, such as that of a padding id, and an infinite bound.
fn is_left_out(value: &Value) -> bool {
    *value == Value::Size(INFER) || matches!(value, Value::Float(number) if number.is_infinite())
}

fn tree(value: Value) -> Option<Tree> {
    let list = |sizes: &[usize]| Tree::List(sizes.iter().map(|&size| size.into()).collect());
    Some(match value {
        Value::Size(size) => size.into(),
        Value::Pair(pair) => list(&pair),
        Value::Float(number) => Tree::Leaf(Json::Number(serde_json::Number::from_f64(number)?)),
        Value::Bool(on) => Tree::Leaf(on.into()),
        Value::Word(word) => word.into(),
        Value::List(sizes) => list(sizes.as_slice()),
    })
}

/// The operation with this name and these options.
pub(super) fn read(kind: &str, mut fields: Fields) -> Result<Op, JsonError> {
    let Some(spec) = Spec::named(kind) else {
        let known = Op::SPECS.iter().map(|spec| spec.kind).collect::<Vec<_>>().join(", ");
        return Err(JsonError::Operation { place: fields.place, found: short(kind), known });
    };
    let mut values = Vec::new();
    for field in spec.fields {
        let name = field.stored_name();
        values.push(match fields.take(name) {
            Some(tree) => value(field.kind, &tree).map_err(|expected| fields.wrong(name, &expected, &tree))?,
            None => match field.default_value(|_| None) {
                Some(left_out) if is_left_out(&left_out) => left_out,
                _ => return Err(JsonError::Missing { place: fields.place, field: name.to_owned() }),
            },
        });
    }
    let mut values = values.into_iter();
    let made = (spec.make)(&mut |_| values.next());
    let op = made.map_err(|field| JsonError::Missing { place: fields.place.clone(), field: field.to_owned() })?;
    fields.done()?;
    Ok(op)
}

/// A value of this kind; on an error, what is expected.
fn value(kind: Kind, tree: &Tree) -> Result<Value, String> {
    let whole = |tree: &Tree| match tree {
        Tree::Leaf(Json::Number(number)) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
        _ => None,
    };
    let sizes = |tree: &Tree| match tree {
        Tree::List(items) => items.iter().map(whole).collect::<Option<Vec<usize>>>(),
        _ => None,
    };
    let (value, expected) = match kind {
        Kind::Size => (whole(tree).map(Value::Size), "an integer".to_owned()),
        Kind::Pair => {
            let pair = sizes(tree).and_then(|sizes| <[usize; 2]>::try_from(sizes).ok());
            (pair.map(Value::Pair), "a list of two integers".to_owned())
        }
        Kind::Float => match tree {
            Tree::Leaf(Json::Number(number)) => (number.as_f64().map(Value::Float), "a number".to_owned()),
            _ => (None, "a number".to_owned()),
        },
        Kind::Bool => match tree {
            Tree::Leaf(Json::Bool(on)) => (Some(Value::Bool(*on)), String::new()),
            _ => (None, "`true` or `false`".to_owned()),
        },
        Kind::Word(words) => {
            let known = words.list.iter().map(|(word, _)| *word);
            let found = match tree {
                Tree::Leaf(Json::String(text)) => known.clone().find(|word| word == text),
                _ => None,
            };
            (found.map(Value::Word), known.map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or "))
        }
        Kind::List { most, .. } => {
            let list = sizes(tree).filter(|sizes| sizes.len() <= most);
            (list.map(|sizes| Value::List(Sizes::new(&sizes))), format!("a list of at most {most} integers"))
        }
    };
    value.ok_or(expected)
}
