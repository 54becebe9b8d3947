//! The interpreter's elementwise functions and gated units.

use layercake_ir::{
    Node, Op,
    ops::{Approximation, Gelu},
};

/// `P(X < x)` of the standard normal distribution, from a series whose terms are all positive (Abramowitz and Stegun, 26.2.11).
fn normal(x: f64) -> f64 {
    let (mut term, mut sum) = (x, 0.0);
    for n in 1..400 {
        sum += term;
        term *= x * x / f64::from(2 * n + 1);
    }
    0.5 + density(x) * sum
}

fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The value and the derivative at `x`.
fn curve(op: &Op, x: f64) -> Option<(f64, f64)> {
    let exponential =
        |alpha: f64, scale: f64| if x > 0.0 { (scale * x, scale) } else { (scale * alpha * x.exp_m1(), scale * alpha * x.exp()) };
    let between = |low: f64, high: f64| (x.clamp(low, high), f64::from(u8::from(low < x && x < high)));
    Some(match op {
        Op::Elu(op) => exponential(op.alpha, 1.0),
        Op::Selu(_) => exponential(1.673_263_242_354_377_2, 1.050_700_987_355_480_5),
        Op::Silu(_) => (x * sigmoid(x), sigmoid(x) * (1.0 + x * sigmoid(-x))),
        Op::Gelu(Gelu { approximate: Approximation::Tanh }) => {
            let root = (2.0 / std::f64::consts::PI).sqrt();
            let u = root * (x + 0.044_715 * x.powi(3));
            let slope = root * (1.0 + 3.0 * 0.044_715 * x * x) * (1.0 - u.tanh().powi(2));
            (0.5 * x * (1.0 + u.tanh()), 0.5 * (1.0 + u.tanh()) + 0.5 * x * slope)
        }
        Op::Gelu(_) => (x * normal(x), normal(x) + x * density(x)),
        Op::Softplus(op) if op.beta * x > op.threshold => (x, 1.0),
        Op::Softplus(op) => ((op.beta * x).exp().ln_1p() / op.beta, sigmoid(op.beta * x)),
        Op::Hardtanh(op) => between(op.min_val, op.max_val),
        Op::Relu6(_) => between(0.0, 6.0),
        Op::Hardsigmoid(_) => ((x + 3.0).clamp(0.0, 6.0) / 6.0, f64::from(u8::from(x.abs() < 3.0)) / 6.0),
        Op::Hardswish(_) if x.abs() >= 3.0 => (x.max(0.0), f64::from(u8::from(x > 0.0))),
        Op::Hardswish(_) => (x * (x + 3.0) / 6.0, x / 3.0 + 0.5),
        Op::Mish(_) => {
            let t = x.exp().ln_1p().tanh();
            (x * t, t + x * (1.0 - t * t) * sigmoid(x))
        }
        Op::Softsign(_) => (x / (1.0 + x.abs()), (1.0 + x.abs()).powi(-2)),
        Op::Softshrink(op) => (x.signum() * (x.abs() - op.lambd).max(0.0), f64::from(u8::from(x.abs() > op.lambd))),
        Op::Threshold(op) => {
            if x > op.threshold {
                (x, 1.0)
            } else {
                (op.value, 0.0)
            }
        }
        Op::Exp(_) => (x.exp(), x.exp()),
        Op::Log(_) => (x.ln(), 1.0 / x),
        Op::Sqrt(_) => (x.sqrt(), 0.5 / x.sqrt()),
        Op::Abs(_) => (x.abs(), x.signum()),
        Op::Rescaling(op) => (x * op.scale + op.offset, op.scale),
        Op::Pow(op) => (x.powf(op.exponent), op.exponent * x.powf(op.exponent - 1.0)),
        Op::NanToNum(op) if x.is_nan() => (op.nan, 0.0),
        Op::NanToNum(_) => (x.clamp(f32::MIN.into(), f32::MAX.into()), f64::from(u8::from(x.is_finite()))),
        Op::Clamp(op) => (x.clamp(op.min, op.max), f64::from(u8::from(op.min < x && x < op.max))),
        _ => return None,
    })
}

/// The indices of the value and the gate of an output element of a gated unit.
fn halves(axis: usize, dims: &[usize], at: usize) -> [usize; 2] {
    let half = dims[axis..].iter().product::<usize>() / 2;
    [at / half * 2 * half + at % half, at / half * 2 * half + at % half + half]
}

/// The index of the weight that is an element's slope below zero in a PReLU.
fn slope_of(dims: &[usize], weights: usize, at: usize) -> usize {
    at / dims[1..].iter().product::<usize>() % dims[0] % weights
}

/// The output.
pub fn forward(node: &Node, dims: &[usize], x: &[f64], params: &[Vec<f64>]) -> Option<Vec<f64>> {
    match &node.op {
        Op::Prelu(op) => {
            let slope = |at: usize| params[0][slope_of(dims, op.parameters, at)];
            Some(x.iter().enumerate().map(|(at, &x)| if x > 0.0 { x } else { slope(at) * x }).collect())
        }
        Op::Glu(op) => {
            let y = |at: usize| {
                let [value, gate] = halves(op.axis, dims, at);
                x[value] * sigmoid(x[gate])
            };
            Some((0..x.len() / 2).map(y).collect())
        }
        op => x.iter().map(|&x| Some(curve(op, x)?.0)).collect(),
    }
}

/// The gradient of the input; the gradients of the parameters are accumulated.
pub fn backward(node: &Node, dims: &[usize], [x, dy]: [&[f64]; 2], params: &[Vec<f64>], grads: &mut [Vec<f64>]) -> Option<Vec<f64>> {
    match &node.op {
        Op::Prelu(op) => {
            let mut slope = |at: usize| {
                let which = slope_of(dims, op.parameters, at);
                grads[0][which] += if x[at] > 0.0 { 0.0 } else { x[at] * dy[at] };
                if x[at] > 0.0 { 1.0 } else { params[0][which] }
            };
            Some((0..x.len()).map(|at| dy[at] * slope(at)).collect())
        }
        Op::Glu(op) => {
            let mut dx = vec![0.0; x.len()];
            for (at, dy) in dy.iter().enumerate() {
                let [value, gate] = halves(op.axis, dims, at);
                dx[value] = dy * sigmoid(x[gate]);
                dx[gate] = dy * x[value] * sigmoid(x[gate]) * sigmoid(-x[gate]);
            }
            Some(dx)
        }
        op => x.iter().zip(dy).map(|(&x, dy)| Some(curve(op, x)?.1 * dy)).collect(),
    }
}
