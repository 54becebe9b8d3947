use layercake::Model;

#[derive(Model)]
union Number {
    single: f32,
    double: f64,
}

fn main() {}
