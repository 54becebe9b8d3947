//! Numbers of constants.

use super::arrange::{broadcast, spread};
use super::attributes::Op;
use super::value::{Const, Elements, Int, Outcome};
use crate::proto::data_type::{BFLOAT16, BOOL, DOUBLE, FLOAT, FLOAT16};

pub(super) fn cast(op: &Op<'_>, x: &Const) -> Const {
    op.ignore(&["saturate", "round_mode"]);
    let to = op.int("to", 0) as i32;
    let floats = matches!(to, FLOAT | FLOAT16 | DOUBLE | BFLOAT16);
    let elements = match &x.elements {
        Elements::Ints(all) if floats && all.iter().all(|int| !int.batch) => {
            Elements::Floats(all.iter().map(|int| int.number as f32).collect())
        }
        Elements::Floats(all) if to == BOOL => Elements::Ints(all.iter().map(|&float| Int::from(i64::from(float != 0.0))).collect()),
        Elements::Floats(all) if !floats => Elements::Ints(all.iter().map(|&float| Int::from(float as i64)).collect()),
        Elements::Ints(all) if to == BOOL => Elements::Ints(all.iter().map(|int| Int::from(i64::from(int.number != 0))).collect()),
        elements => elements.clone(),
    };
    Const { name: None, dims: x.dims.clone(), elements }
}

/// A function of two constants; None if there is no rule.
pub(super) fn pairwise(kind: &str, x: &Const, y: &Const, room: usize) -> Outcome<Option<Const>> {
    if !matches!(
        kind,
        "Add"
            | "Sub"
            | "Mul"
            | "Div"
            | "Pow"
            | "Mod"
            | "Min"
            | "Max"
            | "Equal"
            | "Less"
            | "Greater"
            | "LessOrEqual"
            | "GreaterOrEqual"
            | "And"
            | "Or"
            | "Remainder"
    ) {
        return Ok(None);
    }
    let dims = broadcast(&x.dims, &y.dims)?;
    let (x, y) = (spread(x, &dims, room)?, spread(y, &dims, room)?);
    let truth = |truth: bool| Int::from(i64::from(truth));
    let elements = match (&x.elements, &y.elements) {
        (Elements::Floats(a), Elements::Floats(b)) => {
            let pairs = a.iter().zip(b);
            let number: fn(f32, f32) -> f32 = match kind {
                "Add" => |a, b| a + b,
                "Sub" => |a, b| a - b,
                "Mul" => |a, b| a * b,
                "Div" => |a, b| a / b,
                "Pow" => f32::powf,
                "Min" => f32::min,
                "Max" => f32::max,
                "Remainder" => |a, b| a % b,
                _ => {
                    let holds: fn(&f32, &f32) -> bool = match kind {
                        "Equal" => |a, b| a == b,
                        "Less" => |a, b| a < b,
                        "Greater" => |a, b| a > b,
                        "LessOrEqual" => |a, b| a <= b,
                        "GreaterOrEqual" => |a, b| a >= b,
                        _ => return Ok(None),
                    };
                    return Ok(Some(Const::ints(dims, pairs.map(|(a, b)| truth(holds(a, b))).collect())));
                }
            };
            Elements::Floats(pairs.map(|(&a, &b)| number(a, b)).collect())
        }
        (Elements::Ints(a), Elements::Ints(b)) => {
            let all = a.iter().zip(b).map(|(&a, &b)| whole(kind, a, b)).collect::<Option<Vec<Int>>>();
            Elements::Ints(all.ok_or("its integers are too large, or depend on the batch in a way that is not followed")?)
        }
        (Elements::Floats(a), Elements::Ints(b)) if kind == "Pow" => {
            Elements::Floats(a.iter().zip(b).map(|(a, b)| a.powf(b.number as f32)).collect())
        }
        _ => return Ok(None),
    };
    Ok(Some(Const { name: None, dims, elements }))
}

pub(super) fn whole(kind: &str, a: Int, b: Int) -> Option<Int> {
    if a.batch || b.batch {
        let number = match kind {
            "Mul" if !(a.batch && b.batch) => a.number.checked_mul(b.number)?,
            "Div" if a.batch && !b.batch && b.number != 0 && a.number % b.number == 0 => a.number / b.number,
            "Add" | "Sub" if a.number == 0 || b.number == 0 => return None,
            // A size that is kept is -1 or the size itself.
            "Equal" if a.batch != b.batch && a.number.min(b.number) < 0 => return Some(Int::from(0)),
            _ => return None,
        };
        return Some(Int { number, batch: true });
    }
    let (a, b) = (a.number, b.number);
    Some(Int::from(match kind {
        "Add" => a.checked_add(b)?,
        "Sub" => a.checked_sub(b)?,
        "Mul" => a.checked_mul(b)?,
        "Div" => a.checked_div(b)?,
        "Mod" => a.checked_rem_euclid(b)?,
        "Pow" => a.checked_pow(u32::try_from(b).ok()?)?,
        "Min" => a.min(b),
        "Max" => a.max(b),
        "Equal" => i64::from(a == b),
        "Less" => i64::from(a < b),
        "Greater" => i64::from(a > b),
        "LessOrEqual" => i64::from(a <= b),
        "GreaterOrEqual" => i64::from(a >= b),
        "And" => i64::from(a != 0 && b != 0),
        "Or" => i64::from(a != 0 || b != 0),
        _ => return None,
    }))
}

/// A function of each element; None if there is no rule.
pub(super) fn each(kind: &str, x: &Const) -> Option<Const> {
    let elements = match &x.elements {
        Elements::Floats(all) => {
            let number: fn(f32) -> f32 = match kind {
                "Neg" => |x| -x,
                "Abs" => f32::abs,
                "Sqrt" => f32::sqrt,
                "Exp" => f32::exp,
                "Log" => f32::ln,
                "Floor" => f32::floor,
                "Ceil" => f32::ceil,
                "Round" => f32::round_ties_even,
                "Reciprocal" => f32::recip,
                "Sin" => f32::sin,
                "Cos" => f32::cos,
                "Tanh" => f32::tanh,
                "Sigmoid" => |x| 1.0 / (1.0 + (-x).exp()),
                "Relu" => |x| if x < 0.0 { 0.0 } else { x },
                _ => return None,
            };
            Elements::Floats(all.iter().map(|&x| number(x)).collect())
        }
        Elements::Ints(all) if all.iter().any(|int| int.batch) => return None,
        Elements::Ints(all) => {
            let number: fn(i64) -> i64 = match kind {
                "Neg" => i64::wrapping_neg,
                "Abs" => i64::wrapping_abs,
                "Not" => |x| i64::from(x == 0),
                _ => return None,
            };
            Elements::Ints(all.iter().map(|int| Int::from(number(int.number))).collect())
        }
    };
    Some(Const { name: None, dims: x.dims.clone(), elements })
}

pub(super) fn choose(condition: &Const, yes: &Const, no: &Const, room: usize) -> Outcome<Const> {
    let dims = broadcast(&condition.dims, &broadcast(&yes.dims, &no.dims)?)?;
    let (condition, yes, no) = (spread(condition, &dims, room)?, spread(yes, &dims, room)?, spread(no, &dims, room)?);
    let truth = condition.as_ints().ok_or("its condition depends on the batch")?;
    let elements = match (yes.elements, no.elements) {
        (Elements::Floats(yes), Elements::Floats(no)) => {
            Elements::Floats(truth.iter().zip(yes.iter().zip(&no)).map(|(&truth, (&yes, &no))| if truth != 0 { yes } else { no }).collect())
        }
        (Elements::Ints(yes), Elements::Ints(no)) => {
            Elements::Ints(truth.iter().zip(yes.iter().zip(&no)).map(|(&truth, (&yes, &no))| if truth != 0 { yes } else { no }).collect())
        }
        _ => return Err("it chooses between floats and integers".into()),
    };
    Ok(Const { name: None, dims, elements })
}

/// A triangle of a matrix: the rest is zeros.
pub(super) fn trilu(op: &Op<'_>, x: &Const, k: Option<&Const>) -> Outcome<Const> {
    let upper = op.int("upper", 1) != 0;
    let k = k.and_then(Const::as_ints).and_then(|k| k.first().copied()).unwrap_or(0);
    let &[.., rows, columns] = &x.dims[..] else { return Err("it is not a matrix".into()) };
    let keeps = |at: usize| {
        let (row, column) = ((at / columns % rows) as i64, (at % columns) as i64);
        let beyond = column.saturating_sub(row).saturating_sub(k);
        if upper { beyond >= 0 } else { beyond <= 0 }
    };
    let elements = match &x.elements {
        Elements::Floats(all) => Elements::Floats(all.iter().enumerate().map(|(at, &x)| if keeps(at) { x } else { 0.0 }).collect()),
        Elements::Ints(all) => Elements::Ints(all.iter().enumerate().map(|(at, &x)| if keeps(at) { x } else { Int::from(0) }).collect()),
    };
    Ok(Const { name: None, dims: x.dims.clone(), elements })
}
