//! candle side of the peer benchmark; see ../README.md.
//! usage: bench-candle WORKLOAD
//! Prints `candle[-mkl] WORKLOAD KIND median_ms min_ms items_per_s`; lines that begin with # are checks.

use candle_core::{D, DType, Device, Module, ModuleT, Result, Tensor};
use candle_nn::rnn::{LSTM, LSTMConfig, RNN, lstm};
use candle_nn::{
    AdamW, BatchNorm, Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig, Embedding, Linear,
    Optimizer, ParamsAdamW, VarBuilder, VarMap, batch_norm, conv_transpose2d, conv2d, conv2d_no_bias,
    embedding, linear, loss,
};
use std::time::Instant;

fn env<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

fn cc(padding: usize, stride: usize) -> Conv2dConfig {
    Conv2dConfig { padding, stride, ..Default::default() }
}

/// The output of a model: logits, or for the VAE logits with mean and log-variance.
enum Out {
    One(Tensor),
    Vae(Tensor, Tensor, Tensor),
}

trait Model {
    fn forward(&self, x: &Tensor, train: bool) -> Result<Out>;
}

struct Mlp(Linear, Linear, Linear);
impl Mlp {
    fn new(vb: VarBuilder) -> Result<Self> {
        Ok(Self(linear(784, 512, vb.pp("a"))?, linear(512, 256, vb.pp("b"))?, linear(256, 10, vb.pp("c"))?))
    }
}
impl Model for Mlp {
    fn forward(&self, x: &Tensor, _: bool) -> Result<Out> {
        let h = self.0.forward(x)?.relu()?;
        let h = self.1.forward(&h)?.relu()?;
        Ok(Out::One(self.2.forward(&h)?))
    }
}

struct LeNet(Conv2d, Conv2d, Linear, Linear, Linear);
impl LeNet {
    fn new(vb: VarBuilder) -> Result<Self> {
        Ok(Self(
            conv2d(1, 6, 5, cc(2, 1), vb.pp("c1"))?,
            conv2d(6, 16, 5, cc(0, 1), vb.pp("c2"))?,
            linear(400, 120, vb.pp("f1"))?,
            linear(120, 84, vb.pp("f2"))?,
            linear(84, 10, vb.pp("f3"))?,
        ))
    }
}
impl Model for LeNet {
    fn forward(&self, x: &Tensor, _: bool) -> Result<Out> {
        let h = self.0.forward(x)?.tanh()?.avg_pool2d(2)?;
        let h = self.1.forward(&h)?.tanh()?.avg_pool2d(2)?.flatten_from(1)?;
        let h = self.2.forward(&h)?.tanh()?;
        let h = self.3.forward(&h)?.tanh()?;
        Ok(Out::One(self.4.forward(&h)?))
    }
}

enum VggLayer {
    Conv(Conv2d, BatchNorm),
    Pool,
}
struct Vgg(Vec<VggLayer>, Linear, Linear);
impl Vgg {
    /// 0 is a max pool
    fn new(cfg: &[usize], vb: VarBuilder) -> Result<Self> {
        let mut layers = vec![];
        let mut c = 3;
        for (i, &v) in cfg.iter().enumerate() {
            if v == 0 {
                layers.push(VggLayer::Pool);
            } else {
                let p = vb.pp(format!("l{i}"));
                layers.push(VggLayer::Conv(
                    conv2d(c, v, 3, cc(1, 1), p.pp("conv"))?,
                    batch_norm(v, 1e-5, p.pp("bn"))?,
                ));
                c = v;
            }
        }
        Ok(Self(layers, linear(512, 512, vb.pp("f1"))?, linear(512, 10, vb.pp("f2"))?))
    }
}
impl Model for Vgg {
    fn forward(&self, x: &Tensor, train: bool) -> Result<Out> {
        let mut h = x.clone();
        for l in &self.0 {
            h = match l {
                VggLayer::Conv(c, b) => b.forward_t(&c.forward(&h)?, train)?.relu()?,
                VggLayer::Pool => h.max_pool2d(2)?,
            };
        }
        let h = self.1.forward(&h.flatten_from(1)?)?.relu()?;
        Ok(Out::One(self.2.forward(&h)?))
    }
}

struct Vae {
    c1: Conv2d,
    c2: Conv2d,
    mu: Linear,
    lv: Linear,
    d: Linear,
    t1: ConvTranspose2d,
    t2: ConvTranspose2d,
}
impl Vae {
    fn new(vb: VarBuilder) -> Result<Self> {
        let t = ConvTranspose2dConfig { padding: 1, stride: 2, ..Default::default() };
        Ok(Self {
            c1: conv2d(1, 32, 3, cc(1, 2), vb.pp("c1"))?,
            c2: conv2d(32, 64, 3, cc(1, 2), vb.pp("c2"))?,
            mu: linear(3136, 20, vb.pp("mu"))?,
            lv: linear(3136, 20, vb.pp("lv"))?,
            d: linear(20, 3136, vb.pp("d"))?,
            t1: conv_transpose2d(64, 32, 4, t, vb.pp("t1"))?,
            t2: conv_transpose2d(32, 1, 4, t, vb.pp("t2"))?,
        })
    }
}
impl Model for Vae {
    fn forward(&self, x: &Tensor, _: bool) -> Result<Out> {
        let h = self.c1.forward(x)?.relu()?;
        let h = self.c2.forward(&h)?.relu()?.flatten_from(1)?;
        let mu = self.mu.forward(&h)?;
        let lv = self.lv.forward(&h)?;
        let eps = mu.randn_like(0., 1.)?;
        let z = (&mu + (eps * (&lv * 0.5)?.exp()?)?)?;
        let h = self.d.forward(&z)?.relu()?.reshape((x.dim(0)?, 64, 7, 7))?;
        let h = self.t1.forward(&h)?.relu()?;
        Ok(Out::Vae(self.t2.forward(&h)?, mu, lv))
    }
}

struct MaskedConv {
    w: Tensor,
    b: Tensor,
    mask: Tensor,
    pad: usize,
}
impl MaskedConv {
    fn new(b_kind: bool, i: usize, o: usize, k: usize, pad: usize, vb: VarBuilder) -> Result<Self> {
        let c = conv2d(i, o, k, cc(pad, 1), vb.clone())?;
        let mid = k / 2 * k + k / 2;
        let m: Vec<f32> = (0..k * k).map(|j| if j < mid + b_kind as usize { 1. } else { 0. }).collect();
        Ok(Self {
            w: c.weight().clone(),
            b: c.bias().unwrap().reshape((1, o, 1, 1))?,
            mask: Tensor::from_vec(m, (1, 1, k, k), vb.device())?,
            pad,
        })
    }
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.conv2d(&self.w.broadcast_mul(&self.mask)?, self.pad, 1, 1, 1)?.broadcast_add(&self.b)
    }
}

struct PixelCnn(Vec<MaskedConv>, Conv2d, Conv2d);
impl PixelCnn {
    fn new(vb: VarBuilder) -> Result<Self> {
        let mut l = vec![MaskedConv::new(false, 1, 64, 7, 3, vb.pp("a"))?];
        for i in 0..5 {
            l.push(MaskedConv::new(true, 64, 64, 3, 1, vb.pp(format!("b{i}")))?);
        }
        Ok(Self(l, conv2d(64, 64, 1, cc(0, 1), vb.pp("h1"))?, conv2d(64, 1, 1, cc(0, 1), vb.pp("h2"))?))
    }
}
impl Model for PixelCnn {
    fn forward(&self, x: &Tensor, _: bool) -> Result<Out> {
        let mut h = x.clone();
        for l in &self.0 {
            h = l.forward(&h)?.relu()?;
        }
        let h = self.1.forward(&h)?.relu()?;
        Ok(Out::One(self.2.forward(&h)?))
    }
}

struct Block {
    c1: Conv2d,
    b1: BatchNorm,
    c2: Conv2d,
    b2: BatchNorm,
    down: Option<(Conv2d, BatchNorm)>,
}
impl Block {
    fn new(i: usize, o: usize, s: usize, vb: VarBuilder) -> Result<Self> {
        let down = if s != 1 || i != o {
            Some((conv2d_no_bias(i, o, 1, cc(0, s), vb.pp("dc"))?, batch_norm(o, 1e-5, vb.pp("db"))?))
        } else {
            None
        };
        Ok(Self {
            c1: conv2d_no_bias(i, o, 3, cc(1, s), vb.pp("c1"))?,
            b1: batch_norm(o, 1e-5, vb.pp("b1"))?,
            c2: conv2d_no_bias(o, o, 3, cc(1, 1), vb.pp("c2"))?,
            b2: batch_norm(o, 1e-5, vb.pp("b2"))?,
            down,
        })
    }
    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let h = self.b1.forward_t(&self.c1.forward(x)?, train)?.relu()?;
        let h = self.b2.forward_t(&self.c2.forward(&h)?, train)?;
        let r = match &self.down {
            Some((c, b)) => b.forward_t(&c.forward(x)?, train)?,
            None => x.clone(),
        };
        (h + r)?.relu()
    }
}

struct ResNet18(Conv2d, BatchNorm, Vec<Block>, Linear);
impl ResNet18 {
    fn new(vb: VarBuilder) -> Result<Self> {
        let mut blocks = vec![];
        let mut i = 64;
        for (n, (o, s)) in [(64, 1), (128, 2), (256, 2), (512, 2)].into_iter().enumerate() {
            blocks.push(Block::new(i, o, s, vb.pp(format!("s{n}a")))?);
            blocks.push(Block::new(o, o, 1, vb.pp(format!("s{n}b")))?);
            i = o;
        }
        Ok(Self(
            conv2d_no_bias(3, 64, 3, cc(1, 1), vb.pp("stem"))?,
            batch_norm(64, 1e-5, vb.pp("bn"))?,
            blocks,
            linear(512, 10, vb.pp("fc"))?,
        ))
    }
}
impl Model for ResNet18 {
    fn forward(&self, x: &Tensor, train: bool) -> Result<Out> {
        let mut h = self.1.forward_t(&self.0.forward(x)?, train)?.relu()?;
        for b in &self.2 {
            h = b.forward(&h, train)?;
        }
        Ok(Out::One(self.3.forward(&h.flatten_from(2)?.mean(D::Minus1)?)?))
    }
}

struct CharLstm(Embedding, LSTM, Linear);
impl CharLstm {
    fn new(vb: VarBuilder) -> Result<Self> {
        Ok(Self(
            embedding(65, 64, vb.pp("e"))?,
            lstm(64, 256, LSTMConfig::default(), vb.pp("l"))?,
            linear(256, 65, vb.pp("fc"))?,
        ))
    }
}
impl Model for CharLstm {
    fn forward(&self, x: &Tensor, _: bool) -> Result<Out> {
        let states = self.1.seq(&self.0.forward(x)?)?;
        let h = self.1.states_to_tensor(&states)?.flatten_to(1)?;
        Ok(Out::One(self.2.forward(&h)?))
    }
}

/// sum over all elements of BCE with logits, in the form that does not overflow
fn bce_sum(l: &Tensor, t: &Tensor) -> Result<Tensor> {
    ((l.relu()? - (l * t)?)? + (l.abs()?.neg()?.exp()? + 1.)?.log()?)?.sum_all()
}

fn loss_of(out: Out, y: &Tensor) -> Result<Tensor> {
    match out {
        Out::Vae(l, mu, lv) => {
            let n = y.dim(0)? as f64;
            let kl = ((((&lv + 1.)? - mu.sqr()?)? - lv.exp()?)?.sum_all()? * (-0.5 / n))?;
            (bce_sum(&l, y)? / n)? + kl
        }
        Out::One(l) if l.rank() == 4 => bce_sum(&l, y)? / l.elem_count() as f64,
        Out::One(l) => loss::cross_entropy(&l, &y.flatten_all()?),
    }
}

fn labels(n: usize, classes: u32, dev: &Device) -> Result<Tensor> {
    let v: Vec<u32> = (0..n as u64)
        .map(|i| ((i.wrapping_mul(0x9E3779B97F4A7C15) >> 33) % classes as u64) as u32)
        .collect();
    Tensor::from_vec(v, n, dev)
}

/// Times the steps that the runner requests: for a number on stdin it runs this number of steps and prints their times; any other
/// input ends it. Without BENCH_SERVE (started by hand) it times at least BENCH_STEPS steps.
fn timed(kind: &str, mut f: impl FnMut() -> Result<()>) -> Result<(f64, f64, usize)> {
    let (warm, steps) = (env("BENCH_WARM", 3usize), env("BENCH_STEPS", 15usize));
    let (secs, max) = (env("BENCH_MIN_SECS", 1.5f64), env("BENCH_MAX_STEPS", 300usize));
    for _ in 0..warm {
        f()?;
    }
    let mut one = || -> Result<f64> {
        let t = Instant::now();
        f()?;
        Ok(t.elapsed().as_secs_f64() * 1e3)
    };
    let mut v = vec![];
    if std::env::var_os("BENCH_SERVE").is_some() {
        println!("# ready {kind}");
        for n in std::io::stdin().lines().map_while(|line| line.ok()?.trim().parse::<usize>().ok()) {
            let first = v.len();
            for _ in 0..n {
                v.push(one()?);
            }
            let times: Vec<String> = v[first..].iter().map(|t| format!("{t:.4}")).collect();
            println!("ms {}", times.join(" "));
        }
        v.resize(v.len().max(1), 0.0);
    } else {
        let t0 = Instant::now();
        while v.len() < steps || (t0.elapsed().as_secs_f64() < secs && v.len() < max) {
            v.push(one()?);
        }
    }
    v.sort_by(f64::total_cmp);
    Ok((v[v.len() / 2], v[0], v.len()))
}

fn build(w: &str, vb: VarBuilder) -> Result<Box<dyn Model>> {
    const VGG11: &[usize] = &[64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0];
    const VGG16: &[usize] = &[64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0];
    Ok(match w {
        "mlp" => Box::new(Mlp::new(vb)?),
        "lenet_b1" | "lenet_b64" | "lenet_b256" => Box::new(LeNet::new(vb)?),
        "vgg11" => Box::new(Vgg::new(VGG11, vb)?),
        "vgg16" => Box::new(Vgg::new(VGG16, vb)?),
        "vae" => Box::new(Vae::new(vb)?),
        "pixelcnn" => Box::new(PixelCnn::new(vb)?),
        "resnet18" => Box::new(ResNet18::new(vb)?),
        "lstm" => Box::new(CharLstm::new(vb)?),
        _ => candle_core::bail!("unknown workload {w}"),
    })
}

fn data(w: &str, dev: &Device) -> Result<(Tensor, Tensor, usize)> {
    let cls = |b: usize, shape: &[usize]| -> Result<(Tensor, Tensor, usize)> {
        let mut s = vec![b];
        s.extend_from_slice(shape);
        Ok((Tensor::randn(0f32, 1f32, s, dev)?, labels(b, 10, dev)?, b))
    };
    match w {
        "mlp" => cls(64, &[784]),
        "lenet_b1" => cls(1, &[1, 28, 28]),
        "lenet_b64" => cls(64, &[1, 28, 28]),
        "lenet_b256" => cls(256, &[1, 28, 28]),
        "vgg11" | "vgg16" | "resnet18" => cls(32, &[3, 32, 32]),
        "vae" => {
            let x = Tensor::rand(0f32, 1f32, (64, 1, 28, 28), dev)?;
            Ok((x.clone(), x, 64))
        }
        "pixelcnn" => {
            let x = Tensor::rand(0f32, 1f32, (32, 1, 28, 28), dev)?.gt(0.5)?.to_dtype(DType::F32)?;
            Ok((x.clone(), x, 32))
        }
        "lstm" => {
            let s = labels(32 * 65, 65, dev)?.reshape((32, 65))?;
            Ok((s.narrow(1, 0, 64)?.contiguous()?, s.narrow(1, 1, 64)?.contiguous()?, 32))
        }
        _ => candle_core::bail!("unknown workload {w}"),
    }
}

fn main() -> Result<()> {
    if std::env::var_os("RAYON_NUM_THREADS").is_none() {
        // SAFETY: no other thread that could read the variables is running yet.
        unsafe { std::env::set_var("RAYON_NUM_THREADS", env("BENCH_THREADS", 2usize).to_string()) };
    }
    let name = if cfg!(feature = "mkl") { "candle-mkl" } else { "candle" };
    let name = format!("{name}{}", std::env::var("BENCH_SUFFIX").unwrap_or_default());
    let w = std::env::args().nth(1).expect("usage: bench-candle WORKLOAD");
    let dev = Device::Cpu;
    println!("# {name} threads {}", candle_core::utils::get_num_threads());
    let (x, y, batch) = data(&w, &dev)?;

    let vm = VarMap::new();
    let model = build(&w, VarBuilder::from_varmap(&vm, DType::F32, &dev))?;
    // the map also contains the running statistics of the batch norms, which are not parameters
    let mut named: Vec<_> =
        vm.data().lock().unwrap().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    let vars: Vec<_> = named.iter().filter(|(k, _)| !k.contains("running_")).map(|(_, v)| v.clone()).collect();
    let count: usize = vars.iter().map(|v| v.elem_count()).sum();
    let mut opt = AdamW::new(vars, ParamsAdamW { lr: 1e-3, weight_decay: 0., ..Default::default() })?;

    let mut losses = vec![];
    let (med, min, n) = timed("train", || {
        let l = loss_of(model.forward(&x, true)?, &y)?;
        opt.backward_step(&l)?; // a fresh gradient store each time: nothing to zero
        losses.push(l.to_scalar::<f32>()?);
        Ok(())
    })?;
    println!("{name} {w} train {med:.4} {min:.4} {:.1}", batch as f64 / med * 1e3);
    let (a, b) = (losses[0], *losses.last().unwrap());
    let ok = b < a;
    println!(
        "# {name} {w} params {count} loss {a:.4} -> {b:.4} in {} steps ({n} timed) {}",
        losses.len(),
        if ok { "OK" } else { "FAIL" }
    );

    // the same weights as plain tensors, so that no graph is recorded
    let plain = named.iter().map(|(k, v)| (k.clone(), v.as_tensor().detach())).collect();
    let model = build(&w, VarBuilder::from_tensors(plain, DType::F32, &dev))?;
    let (med, min, _) = timed("infer", || {
        match model.forward(&x, false)? {
            Out::One(t) | Out::Vae(t, _, _) => std::hint::black_box(t),
        };
        Ok(())
    })?;
    println!("{name} {w} infer {med:.4} {min:.4} {:.1}", batch as f64 / med * 1e3);
    if !ok {
        std::process::exit(1);
    }
    Ok(())
}
