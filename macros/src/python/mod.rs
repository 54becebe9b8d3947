//! Translates lines of PyTorch and Keras into steps: `self.fc1 = nn.Linear(784, 10)` becomes
//! `fc1: Linear(784 -> 10)`, and `x = F.max_pool2d(F.relu(self.conv1(x)), 2)` becomes `ReLU, MaxPool2d(2)` after `conv1`.

mod call;
mod tensor;

use syn::{BinOp, Expr, Member};

/// The translation of a line.
#[derive(Debug, Default)]
pub struct Meaning {
    /// Steps, as text.
    pub steps: Vec<String>,
    /// Whether the line builds a layer, like `nn.Linear(784, 10)`, instead of calling one.
    pub makes: bool,
}

/// Why a line has no translation.
#[derive(Debug)]
pub enum Refusal {
    /// There is no such layer, for a reason.
    Absent { layer: String, reason: String },
    /// This is not a layer.
    Unknown(String),
}

type Result = std::result::Result<Meaning, Refusal>;

/// Names of modules with layers and functions.
pub fn is_module(word: &str) -> bool {
    matches!(word, "nn" | "F" | "torch" | "tf" | "keras" | "layers" | "functional" | "np" | "numpy" | "torchvision")
}

/// Words that begin a Python statement, but no step.
pub fn is_statement(word: &str) -> bool {
    matches!(word, "def" | "lambda" | "class" | "import" | "print" | "assert" | "del" | "pass" | "with" | "elif" | "raise" | "return")
}

/// The translation of an expression whose value is the current tensor.
pub fn meaning(expression: &Expr) -> Result {
    match expression {
        Expr::Paren(inner) => meaning(&inner.expr),
        Expr::Group(inner) => meaning(&inner.expr),
        Expr::Assign(assign) => meaning(&assign.right),
        Expr::Return(value) => value.expr.as_deref().map_or(Ok(Meaning::default()), meaning),
        // A variable is the current tensor.
        Expr::Path(path) if path.path.get_ident().is_some() => Ok(Meaning::default()),
        Expr::Path(path) => call::named(&last(path), &[]),
        Expr::Field(field) => {
            let Member::Named(member) = &field.member else { return Ok(Meaning::default()) };
            match root(&field.base) {
                Some(word) if is_module(&word) => call::named(&member.to_string(), &[]),
                _ => Ok(Meaning::default()),
            }
        }
        Expr::MethodCall(method) => {
            let args: Vec<&Expr> = method.args.iter().collect();
            match root(&method.receiver) {
                Some(word) if is_module(&word) => call::named(&method.method.to_string(), &args),
                // A layer runs where it is declared.
                Some(word) if word == "self" => args.first().map_or(Ok(Meaning::default()), |tensor| meaning(tensor)),
                _ => {
                    let before = meaning(&method.receiver)?;
                    tensor::method(before, &method.method.to_string(), &args)
                }
            }
        }
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => call::named(&last(path), &call.args.iter().collect::<Vec<_>>()),
            other => Err(Refusal::Unknown(crate::text::of(other))),
        },
        Expr::Binary(binary) => {
            let join = match binary.op {
                BinOp::Add(_) | BinOp::AddAssign(_) => "Add",
                BinOp::Sub(_) | BinOp::SubAssign(_) => "Sub",
                BinOp::Mul(_) | BinOp::MulAssign(_) => "Mul",
                BinOp::Div(_) | BinOp::DivAssign(_) => "Div",
                _ => return Err(Refusal::Unknown(crate::text::of(expression))),
            };
            call::join(join, &binary.left, &[&binary.right], "")
        }
        other => Err(Refusal::Unknown(crate::text::of(other))),
    }
}

fn last(path: &syn::ExprPath) -> String {
    path.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

/// The first word of a dotted path; None for anything else.
fn root(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Path(path) => path.path.segments.first().map(|segment| segment.ident.to_string()),
        Expr::Field(field) => root(&field.base),
        _ => None,
    }
}
