//! The interpreter's normalizations of single samples.

use layercake_ir::{Node, Op};

/// The number of elements of a sample normalized together, the epsilon added to their variance, and the number of elements that share a
/// weight.
fn groups(node: &Node, dims: &[usize]) -> Option<(usize, f64, usize)> {
    let len: usize = dims.iter().product();
    Some(match &node.op {
        Op::LayerNorm(op) => (op.shape.as_slice().iter().product(), op.eps, 1),
        Op::GroupNorm(op) => (len / op.groups, op.eps, len / dims[0]),
        Op::InstanceNorm2d(op) => (len / dims[0], op.eps, len / dims[0]),
        _ => return None,
    })
}

/// The normalized elements of a group, and the standard deviation.
fn normalized(x: &[f64], eps: f64) -> (Vec<f64>, f64) {
    let count = x.len() as f64;
    let mean = x.iter().sum::<f64>() / count;
    let deviation = (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count + eps).sqrt();
    (x.iter().map(|x| (x - mean) / deviation).collect(), deviation)
}

/// For an element of a local response normalization, the base of the power and the elements in its sum.
fn response(node: &Node, dims: &[usize], x: &[f64], at: usize) -> Option<(f64, Vec<usize>)> {
    let Op::LocalResponseNorm(op) = &node.op else { return None };
    let positions = dims[1] * dims[2];
    let channel = at / positions % dims[0];
    let near = |other: &usize| other + op.size / 2 >= channel && *other <= channel + (op.size - 1) / 2;
    let seen: Vec<usize> = (0..dims[0]).filter(near).map(|other| at + other * positions - channel * positions).collect();
    Some((op.k + op.alpha / op.size as f64 * seen.iter().map(|&at| x[at] * x[at]).sum::<f64>(), seen))
}

/// The output.
pub fn forward(node: &Node, dims: &[usize], x: &[f64], params: &[Vec<f64>]) -> Option<Vec<f64>> {
    if let Op::LocalResponseNorm(op) = &node.op {
        return (0..x.len()).map(|at| Some(x[at] * response(node, dims, x, at)?.0.powf(-op.beta))).collect();
    }
    let (len, eps, stretch) = groups(node, dims)?;
    let mut y: Vec<f64> = x.chunks(len).flat_map(|x| normalized(x, eps).0).collect();
    if let [weight, bias] = params {
        let which = |at: usize| at / stretch % weight.len();
        y.iter_mut().enumerate().for_each(|(at, y)| *y = *y * weight[which(at)] + bias[which(at)]);
    }
    Some(y)
}

/// The gradient of the input; the gradients of the parameters are accumulated.
pub fn backward(node: &Node, dims: &[usize], [x, dy]: [&[f64]; 2], params: &[Vec<f64>], grads: &mut [Vec<f64>]) -> Option<Vec<f64>> {
    if let Op::LocalResponseNorm(op) = &node.op {
        let mut dx = vec![0.0; x.len()];
        for (at, dy) in dy.iter().enumerate() {
            let (base, seen) = response(node, dims, x, at)?;
            dx[at] += dy * base.powf(-op.beta);
            let slope = -2.0 * op.beta * op.alpha / op.size as f64 * base.powf(-op.beta - 1.0);
            seen.iter().for_each(|&other| dx[other] += dy * x[at] * slope * x[other]);
        }
        return Some(dx);
    }
    let (len, eps, stretch) = groups(node, dims)?;
    let mut dx = Vec::new();
    for (group, (x, dy)) in x.chunks(len).zip(dy.chunks(len)).enumerate() {
        let (h, deviation) = normalized(x, eps);
        let mut scaled = dy.to_vec();
        for i in 0..len {
            if let [weight, _] = params {
                let which = (group * len + i) / stretch % weight.len();
                scaled[i] *= weight[which];
                grads[0][which] += dy[i] * h[i];
                grads[1][which] += dy[i];
            }
        }
        let mean = scaled.iter().sum::<f64>() / len as f64;
        let slope = scaled.iter().zip(&h).map(|(g, h)| g * h).sum::<f64>() / len as f64;
        dx.extend(scaled.iter().zip(&h).map(|(g, h)| (g - mean - h * slope) / deviation));
    }
    Some(dx)
}
