//! Elementwise functions as expressions in CUDA C.

use layercake_engine::Mode;
use layercake_ir::Op;
use layercake_ir::ops::Approximation;

/// A function of one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The value: an expression of `x`.
    pub value: String,
    /// The gradient `g` times the derivative: an expression of `x` or of the value `y`.
    pub pull: String,
    /// Whether the derivative is an expression of `x`. Otherwise the function can be in the launch that computes its argument, which is then
    /// not kept.
    pub by_input: bool,
    /// Whether it is also an expression of the element's index `i` and the pass's `seed`.
    pub random: bool,
}

impl Function {
    fn by_input(value: String, pull: String) -> Self {
        Self { value, pull, by_input: true, random: false }
    }

    fn by_output(value: String, pull: String) -> Self {
        Self { by_input: false, ..Self::by_input(value, pull) }
    }
}

/// A number in CUDA C.
pub fn number(x: f64) -> String {
    let x = x as f32;
    match x.is_finite() {
        // A number that is written is read again to the last bit.
        true => format!("({x:?}f)"),
        // There is no name for infinity without a header.
        false => format!("__int_as_float(0x{:08x})", x.to_bits()),
    }
}

/// The function that an operation is, if it is one. `node` and `len`, the elements of a sample and of a channel, are for those that draw.
pub fn of(op: &Op, mode: Mode, node: usize, [sample, map]: [usize; 2]) -> Option<Function> {
    let (input, output) = (Function::by_input, Function::by_output);
    let text = str::to_owned;
    Some(match op {
        Op::Relu(_) => output(text("x < 0.0f ? 0.0f : x"), text("y <= 0.0f ? 0.0f : g")),
        Op::LeakyRelu(op) => leaky(op.negative_slope),
        Op::Rrelu(op) if mode != Mode::Train => leaky(op.mean()),
        Op::Rrelu(op) => {
            // Slopes are drawn in double precision and rounded, as by the CPU's engine.
            let unit = format!("(double)(drawn(seed, {node}ull, i) >> 11) / 9007199254740992.0");
            let slope = format!("(float)({:?} + {:?} * ({unit}))", op.lower, op.upper - op.lower);
            Function { random: true, ..input(format!("x > 0.0f ? x : x * {slope}"), format!("x > 0.0f ? g : g * {slope}")) }
        }
        Op::Tanh(_) => output(text("tanhf(x)"), text("g * (1.0f - y * y)")),
        Op::Sigmoid(_) => output(text(SIGMOID), text("g * (y - y * y)")),
        Op::Elu(op) => exponential(op.alpha, 1.0),
        Op::Selu(_) => exponential(1.673_263_2, 1.050_701),
        Op::Silu(_) => input(format!("x * ({SIGMOID})"), format!("g * ({SIGMOID}) * (1.0f + x * (1.0f - ({SIGMOID})))")),
        Op::Gelu(op) => match op.approximate {
            Approximation::None => input(
                text("x * 0.5f * erfcf(-0.70710678f * x)"),
                text("g * (0.5f * erfcf(-0.70710678f * x) + x * 0.39894228f * expf(-0.5f * x * x))"),
            ),
            Approximation::Tanh => {
                let t = "tanhf(0.79788456f * (x + 0.044715f * x * x * x))";
                let pull = format!("g * (0.5f * (1.0f + {t}) + 0.5f * x * (1.0f - {t} * {t}) * 0.79788456f * (1.0f + 0.134145f * x * x))");
                input(format!("0.5f * x * (1.0f + {t})"), pull)
            }
        },
        Op::Softplus(op) => {
            let (beta, threshold) = (number(op.beta), number(op.threshold));
            let bent = format!("(({beta} * x < 0.0f ? 0.0f : {beta} * x) + log1pf(expf(-fabsf({beta} * x)))) / {beta}");
            input(
                format!("{beta} * x > {threshold} ? x : {bent}"),
                format!("{beta} * x > {threshold} ? g : g / (1.0f + expf(-{beta} * x))"),
            )
        }
        Op::Hardtanh(op) => between(op.min_val, op.max_val),
        Op::Relu6(_) => between(0.0, 6.0),
        Op::Clamp(op) => between(op.min, op.max),
        Op::Threshold(op) => {
            let (threshold, value) = (number(op.threshold), number(op.value));
            input(format!("x <= {threshold} ? {value} : x"), format!("x <= {threshold} ? 0.0f : g"))
        }
        Op::Softshrink(op) => {
            let by = number(op.lambd);
            output(format!("fabsf(x) <= {by} ? 0.0f : x > {by} ? x - {by} : x + {by}"), text("y == 0.0f ? 0.0f : g"))
        }
        Op::Softsign(_) => input(text("x / (fabsf(x) + 1.0f)"), text("g / (fabsf(x) + 1.0f) / (fabsf(x) + 1.0f)")),
        Op::Mish(_) => {
            // With n = e (e + 2) and e = exp(x), tanh(ln(1 + e)) is n / (n + 2). Beyond 20 it is 1 in `f32`.
            let e = "expf(x < 20.0f ? x : 20.0f)";
            let t = format!("({e} * ({e} + 2.0f) / ({e} * ({e} + 2.0f) + 2.0f))");
            input(
                format!("x != x ? x : x * {t}"),
                format!(
                    "g * ({t} + x * 4.0f * ({e} * ({e} + 2.0f) + 1.0f) / (({e} * ({e} + 2.0f) + 2.0f) * ({e} * ({e} + 2.0f) + 2.0f)) * ({e} / ({e} + 1.0f)))"
                ),
            )
        }
        Op::Hardswish(_) => input(
            text("x <= -3.0f ? 0.0f : x >= 3.0f ? x : x * (x + 3.0f) * (1.0f / 6.0f)"),
            text("x <= -3.0f ? 0.0f : x >= 3.0f ? g : g * (x * (1.0f / 3.0f) + 0.5f)"),
        ),
        Op::Hardsigmoid(_) => input(
            text("x <= -3.0f ? 0.0f : x >= 3.0f ? 1.0f : (x + 3.0f) * (1.0f / 6.0f)"),
            text("x > -3.0f && x < 3.0f ? g * (1.0f / 6.0f) : 0.0f"),
        ),
        Op::Exp(_) => output(text("expf(x)"), text("g * y")),
        Op::Log(_) => input(text("logf(x)"), text("g / x")),
        Op::Sqrt(_) => output(text("sqrtf(x)"), text("g / (2.0f * y)")),
        Op::Abs(_) => input(text("fabsf(x)"), text("x == 0.0f ? 0.0f : x < 0.0f ? -g : g")),
        Op::Pow(op) => power(op.exponent),
        Op::NanToNum(op) => {
            let most = number(f32::MAX.into());
            input(
                format!("x != x ? {} : x > {most} ? {most} : x < -{most} ? -{most} : x", number(op.nan)),
                format!("fabsf(x) <= {most} ? g : 0.0f"),
            )
        }
        Op::Rescaling(op) => {
            let (scale, offset) = (number(op.scale), number(op.offset));
            // Without a sum, infinity times zero and the sign of zero are those of the product.
            let value = if op.offset == 0.0 { format!("x * {scale}") } else { format!("x * {scale} + {offset}") };
            output(value, format!("g * {scale}"))
        }
        Op::Dropout(op) if mode == Mode::Train && op.p > 0.0 => dropped(op.p, node, 1),
        Op::Dropout2d(op) if mode == Mode::Train && op.p > 0.0 => dropped(op.p, node, map),
        Op::StochasticDepth(op) if mode == Mode::Train && op.p > 0.0 => dropped(op.p, node, sample),
        _ => return None,
    })
}

const SIGMOID: &str = "1.0f / (1.0f + expf(-x))";

/// A negative slope maps two arguments to one value.
fn leaky(slope: f64) -> Function {
    let slope_text = number(slope);
    let by = if slope < 0.0 { "x" } else { "y" };
    let (value, pull) = (format!("x > 0.0f ? x : x * {slope_text}"), format!("{by} > 0.0f ? g : g * {slope_text}"));
    if slope < 0.0 { Function::by_input(value, pull) } else { Function::by_output(value, pull) }
}

fn exponential(alpha: f64, scale: f64) -> Function {
    let (floor, scale) = (number(f64::from(alpha as f32 * scale as f32)), number(scale));
    let value = format!("x > 0.0f ? x * {scale} : expm1f(x) * {floor}");
    match alpha < 0.0 {
        true => Function::by_input(value, format!("g * (x > 0.0f ? {scale} : expf(x) * {floor})")),
        false => Function::by_output(value, format!("g * (y > 0.0f ? {scale} : y + {floor})")),
    }
}

fn between(low: f64, high: f64) -> Function {
    let (low, high) = (number(low), number(high));
    Function::by_output(format!("x < {low} ? {low} : x > {high} ? {high} : x"), format!("y <= {low} || y >= {high} ? 0.0f : g"))
}

fn power(exponent: f64) -> Function {
    let pow = |exponent: f64| match exponent {
        0.0 => "1.0f".to_owned(),
        1.0 => "x".to_owned(),
        2.0 => "x * x".to_owned(),
        _ => format!("powf(x, {})", number(exponent)),
    };
    let pull = if exponent == 0.0 { "0.0f".to_owned() } else { format!("g * ({} * ({}))", number(exponent), pow(exponent - 1.0)) };
    Function::by_input(pow(exponent), pull)
}

/// Zeroes elements, `span` at a time, and scales the others: `layercake_engine::rng::keep`.
fn dropped(p: f64, node: usize, span: usize) -> Function {
    let threshold = (p * (1u64 << 53) as f64) as u64;
    let kept = format!("drawn(seed, {node}ull, i / {span}) >> 11 >= {threshold}ull");
    let scale = number(1.0 / (1.0 - p));
    let by = |what: &str| format!("{kept} ? {what} * {scale} : 0.0f");
    Function { random: true, ..Function::by_output(by("x"), by("g")) }
}
