//! burn side of the peer benchmark; see ../README.md.
//! usage: bench-burn WORKLOAD [BACKEND]     BACKEND: flex cpu ndarray tch (those built in)
//! Prints `burn-BACKEND WORKLOAD KIND median_ms min_ms items_per_s`; lines that begin with # are checks.

use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::pool::{AvgPool2dConfig, MaxPool2dConfig};
use burn::nn::{
    BatchNorm, BatchNormConfig, Embedding, EmbeddingConfig, Linear, LinearConfig, Lstm, LstmConfig,
    PaddingConfig2d,
};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::{relu, tanh};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use std::time::Instant;

fn env<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[derive(Clone)]
enum Data {
    Flat(Tensor<2>),
    Img(Tensor<4>),
    Tok(Tensor<2, Int>),
}
impl Data {
    fn flat(&self) -> Tensor<2> {
        if let Data::Flat(t) = self { t.clone() } else { unreachable!() }
    }
    fn img(&self) -> Tensor<4> {
        if let Data::Img(t) = self { t.clone() } else { unreachable!() }
    }
    fn tok(&self) -> Tensor<2, Int> {
        if let Data::Tok(t) = self { t.clone() } else { unreachable!() }
    }
}
enum Target {
    Labels(Tensor<1, Int>),
    Img(Tensor<4>),
}
/// The output of a model: logits, or for the VAE logits with mean and log-variance.
enum Out {
    Cls(Tensor<2>),
    Img(Tensor<4>),
    Vae(Tensor<4>, Tensor<2>, Tensor<2>),
}

trait Net: Module {
    fn forward(&self, x: &Data) -> Out;
}

fn lin(i: usize, o: usize, d: &Device) -> Linear {
    LinearConfig::new(i, o).init(d)
}
fn conv(i: usize, o: usize, k: usize, s: usize, p: usize, bias: bool, d: &Device) -> Conv2d {
    Conv2dConfig::new([i, o], [k, k])
        .with_stride([s, s])
        .with_padding(PaddingConfig2d::Explicit(p, p, p, p))
        .with_bias(bias)
        .init(d)
}
fn bn(c: usize, d: &Device) -> BatchNorm {
    BatchNormConfig::new(c).init(d)
}
fn avg_pool(x: Tensor<4>) -> Tensor<4> {
    AvgPool2dConfig::new([2, 2]).with_strides([2, 2]).init().forward(x)
}
fn max_pool(x: Tensor<4>) -> Tensor<4> {
    MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init().forward(x)
}

#[derive(Module, Debug)]
struct Mlp {
    a: Linear,
    b: Linear,
    c: Linear,
}
impl Mlp {
    fn new(d: &Device) -> Self {
        Self { a: lin(784, 512, d), b: lin(512, 256, d), c: lin(256, 10, d) }
    }
}
impl Net for Mlp {
    fn forward(&self, x: &Data) -> Out {
        let h = relu(self.a.forward(x.flat()));
        let h = relu(self.b.forward(h));
        Out::Cls(self.c.forward(h))
    }
}

#[derive(Module, Debug)]
struct LeNet {
    c1: Conv2d,
    c2: Conv2d,
    f1: Linear,
    f2: Linear,
    f3: Linear,
}
impl LeNet {
    fn new(d: &Device) -> Self {
        Self {
            c1: conv(1, 6, 5, 1, 2, true, d),
            c2: conv(6, 16, 5, 1, 0, true, d),
            f1: lin(400, 120, d),
            f2: lin(120, 84, d),
            f3: lin(84, 10, d),
        }
    }
}
impl Net for LeNet {
    fn forward(&self, x: &Data) -> Out {
        let h = avg_pool(tanh(self.c1.forward(x.img())));
        let h = avg_pool(tanh(self.c2.forward(h)));
        let h = tanh(self.f1.forward(h.flatten(1, 3)));
        let h = tanh(self.f2.forward(h));
        Out::Cls(self.f3.forward(h))
    }
}

#[derive(Module, Debug)]
struct VggConv {
    conv: Conv2d,
    bn: BatchNorm,
    pool: bool,
}
#[derive(Module, Debug)]
struct Vgg {
    layers: Vec<VggConv>,
    f1: Linear,
    f2: Linear,
}
impl Vgg {
    /// 0 is a max pool
    fn new(cfg: &[usize], d: &Device) -> Self {
        let mut layers: Vec<VggConv> = vec![];
        let mut c = 3;
        for &v in cfg {
            if v == 0 {
                layers.last_mut().unwrap().pool = true;
            } else {
                layers.push(VggConv { conv: conv(c, v, 3, 1, 1, true, d), bn: bn(v, d), pool: false });
                c = v;
            }
        }
        Self { layers, f1: lin(512, 512, d), f2: lin(512, 10, d) }
    }
}
impl Net for Vgg {
    fn forward(&self, x: &Data) -> Out {
        let mut h = x.img();
        for l in &self.layers {
            h = relu(l.bn.forward(l.conv.forward(h)));
            if l.pool {
                h = max_pool(h);
            }
        }
        Out::Cls(self.f2.forward(relu(self.f1.forward(h.flatten(1, 3)))))
    }
}

#[derive(Module, Debug)]
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
    fn new(d: &Device) -> Self {
        let t = |i, o| {
            ConvTranspose2dConfig::new([i, o], [4, 4]).with_stride([2, 2]).with_padding([1, 1]).init(d)
        };
        Self {
            c1: conv(1, 32, 3, 2, 1, true, d),
            c2: conv(32, 64, 3, 2, 1, true, d),
            mu: lin(3136, 20, d),
            lv: lin(3136, 20, d),
            d: lin(20, 3136, d),
            t1: t(64, 32),
            t2: t(32, 1),
        }
    }
}
impl Net for Vae {
    fn forward(&self, x: &Data) -> Out {
        let h = relu(self.c1.forward(x.img()));
        let h: Tensor<2> = relu(self.c2.forward(h)).flatten(1, 3);
        let mu = self.mu.forward(h.clone());
        let lv = self.lv.forward(h);
        let eps = Tensor::<2>::random(mu.dims(), Distribution::Normal(0., 1.), &mu.device());
        let z = mu.clone() + eps * (lv.clone() * 0.5).exp();
        let n = z.dims()[0];
        let h = relu(self.d.forward(z)).reshape([n, 64, 7, 7]);
        let h = relu(self.t1.forward(h));
        Out::Vae(self.t2.forward(h), mu, lv)
    }
}

#[derive(Module, Debug)]
struct MaskedConv {
    w: Param<Tensor<4>>,
    b: Param<Tensor<1>>,
    /// a plain tensor, not a parameter
    mask: Tensor<4>,
    pad: usize,
}
impl MaskedConv {
    fn new(b_kind: bool, i: usize, o: usize, k: usize, pad: usize, d: &Device) -> Self {
        let c = conv(i, o, k, 1, pad, true, d);
        let mid = k / 2 * k + k / 2;
        let m: Vec<f32> = (0..k * k).map(|j| if j < mid + b_kind as usize { 1. } else { 0. }).collect();
        Self {
            w: c.weight,
            b: c.bias.unwrap(),
            mask: Tensor::from_data(TensorData::new(m, [1, 1, k, k]), d),
            pad,
        }
    }
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let o = ConvOptions::new([1, 1], [self.pad, self.pad], [1, 1], 1);
        burn::tensor::module::conv2d(x, self.w.val() * self.mask.clone(), Some(self.b.val()), o)
    }
}
#[derive(Module, Debug)]
struct PixelCnn {
    l: Vec<MaskedConv>,
    h1: Conv2d,
    h2: Conv2d,
}
impl PixelCnn {
    fn new(d: &Device) -> Self {
        let mut l = vec![MaskedConv::new(false, 1, 64, 7, 3, d)];
        for _ in 0..5 {
            l.push(MaskedConv::new(true, 64, 64, 3, 1, d));
        }
        Self { l, h1: conv(64, 64, 1, 1, 0, true, d), h2: conv(64, 1, 1, 1, 0, true, d) }
    }
}
impl Net for PixelCnn {
    fn forward(&self, x: &Data) -> Out {
        let mut h = x.img();
        for l in &self.l {
            h = relu(l.forward(h));
        }
        Out::Img(self.h2.forward(relu(self.h1.forward(h))))
    }
}

#[derive(Module, Debug)]
struct Block {
    c1: Conv2d,
    b1: BatchNorm,
    c2: Conv2d,
    b2: BatchNorm,
    dc: Option<Conv2d>,
    db: Option<BatchNorm>,
}
impl Block {
    fn new(i: usize, o: usize, s: usize, d: &Device) -> Self {
        let down = s != 1 || i != o;
        Self {
            c1: conv(i, o, 3, s, 1, false, d),
            b1: bn(o, d),
            c2: conv(o, o, 3, 1, 1, false, d),
            b2: bn(o, d),
            dc: down.then(|| conv(i, o, 1, s, 0, false, d)),
            db: down.then(|| bn(o, d)),
        }
    }
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let h = relu(self.b1.forward(self.c1.forward(x.clone())));
        let h = self.b2.forward(self.c2.forward(h));
        let r = match (&self.dc, &self.db) {
            (Some(c), Some(b)) => b.forward(c.forward(x)),
            _ => x,
        };
        relu(h + r)
    }
}
#[derive(Module, Debug)]
struct ResNet18 {
    stem: Conv2d,
    bn: BatchNorm,
    blocks: Vec<Block>,
    fc: Linear,
}
impl ResNet18 {
    fn new(d: &Device) -> Self {
        let mut blocks = vec![];
        let mut i = 64;
        for (o, s) in [(64, 1), (128, 2), (256, 2), (512, 2)] {
            blocks.push(Block::new(i, o, s, d));
            blocks.push(Block::new(o, o, 1, d));
            i = o;
        }
        Self { stem: conv(3, 64, 3, 1, 1, false, d), bn: bn(64, d), blocks, fc: lin(512, 10, d) }
    }
}
impl Net for ResNet18 {
    fn forward(&self, x: &Data) -> Out {
        let mut h = relu(self.bn.forward(self.stem.forward(x.img())));
        for b in &self.blocks {
            h = b.forward(h);
        }
        let [n, c, _, _] = h.dims();
        let h = h.flatten::<3>(2, 3).mean_dim(2).reshape([n, c]);
        Out::Cls(self.fc.forward(h))
    }
}

#[derive(Module, Debug)]
struct CharLstm {
    e: Embedding,
    l: Lstm,
    fc: Linear,
}
impl CharLstm {
    fn new(d: &Device) -> Self {
        Self {
            e: EmbeddingConfig::new(65, 64).init(d),
            l: LstmConfig::new(64, 256, true).init(d),
            fc: lin(256, 65, d),
        }
    }
}
impl Net for CharLstm {
    fn forward(&self, x: &Data) -> Out {
        let (h, _) = self.l.forward(self.e.forward(x.tok()), None);
        Out::Cls(self.fc.forward(h.flatten(0, 1)))
    }
}

/// sum over all elements of BCE with logits, in the form that does not overflow
fn bce_sum(l: Tensor<4>, t: Tensor<4>) -> Tensor<1> {
    (relu(l.clone()) - l.clone() * t + l.abs().neg().exp().log1p()).sum()
}

fn loss_of(out: Out, y: &Target) -> Tensor<1> {
    match (out, y) {
        (Out::Vae(l, mu, lv), Target::Img(t)) => {
            let n = t.dims()[0] as f64;
            let kl = (lv.clone() + 1. - mu.clone() * mu - lv.exp()).sum() * (-0.5 / n);
            bce_sum(l, t.clone()) / n + kl
        }
        (Out::Img(l), Target::Img(t)) => {
            let n = l.shape().num_elements() as f64;
            bce_sum(l, t.clone()) / n
        }
        (Out::Cls(l), Target::Labels(t)) => {
            CrossEntropyLossConfig::new().init(&l.device()).forward(l, t.clone())
        }
        _ => unreachable!(),
    }
}

/// Times the steps that the runner requests: for a number on stdin it runs this number of steps and prints their times; any other
/// input ends it. Without BENCH_SERVE (started by hand) it times at least BENCH_STEPS steps.
fn timed(kind: &str, mut f: impl FnMut()) -> (f64, f64, usize) {
    let (warm, steps) = (env("BENCH_WARM", 3usize), env("BENCH_STEPS", 15usize));
    let (secs, max) = (env("BENCH_MIN_SECS", 1.5f64), env("BENCH_MAX_STEPS", 300usize));
    for _ in 0..warm {
        f();
    }
    let mut one = || -> f64 {
        let t = Instant::now();
        f();
        t.elapsed().as_secs_f64() * 1e3
    };
    let mut v = vec![];
    if std::env::var_os("BENCH_SERVE").is_some() {
        println!("# ready {kind}");
        for n in std::io::stdin().lines().map_while(|line| line.ok()?.trim().parse::<usize>().ok()) {
            let first = v.len();
            for _ in 0..n {
                v.push(one());
            }
            let times: Vec<String> = v[first..].iter().map(|t| format!("{t:.4}")).collect();
            println!("ms {}", times.join(" "));
        }
        v.resize(v.len().max(1), 0.0);
    } else {
        let t0 = Instant::now();
        while v.len() < steps || (t0.elapsed().as_secs_f64() < secs && v.len() < max) {
            v.push(one());
        }
    }
    v.sort_by(f64::total_cmp);
    (v[v.len() / 2], v[0], v.len())
}

/// the number of trainable parameters; num_params() also counts the running statistics of the batch norms
struct Count(usize);
impl ModuleVisitor for Count {
    fn visit_float<const D: usize>(&mut self, p: &Param<Tensor<D>>) {
        if p.is_require_grad() {
            self.0 += p.val().shape().num_elements();
        }
    }
}

type Make<'a> = &'a dyn Fn(&Device) -> (Data, Target, usize);

fn bench<M: Net>(name: &str, w: &str, new: impl Fn(&Device) -> M, data: Make, plain: &Device) -> bool {
    let dev = plain.clone().autodiff();
    let mut model = Some(new(&dev));
    let mut count = Count(0);
    model.as_ref().unwrap().visit(&mut count);
    let count = count.0;
    let (x, y, batch) = data(&dev);
    let mut opt = AdamConfig::new().with_epsilon(1e-8).init();
    let mut losses: Vec<f32> = vec![];
    let (med, min, n) = timed("train", || {
        let m = model.take().unwrap();
        let l = loss_of(m.forward(&x), &y);
        let g = GradientsParams::from_grads(l.backward(), &m); // fresh gradients: nothing to zero
        model = Some(opt.step(1e-3, m, g));
        losses.push(l.into_scalar::<f32>());
        dev.sync().expect("sync");
    });
    println!("{name} {w} train {med:.4} {min:.4} {:.1}", batch as f64 / med * 1e3);
    let (a, b) = (losses[0], *losses.last().unwrap());
    let ok = b < a;
    println!(
        "# {name} {w} params {count} loss {a:.4} -> {b:.4} in {} steps ({n} timed) {}",
        losses.len(),
        if ok { "OK" } else { "FAIL" }
    );

    // without autodiff, batch norm uses its running statistics
    let model = model.unwrap().valid();
    let (x, _, _) = data(plain);
    let (med, min, _) = timed("infer", || {
        std::hint::black_box(model.forward(&x));
        plain.sync().expect("sync");
    });
    println!("{name} {w} infer {med:.4} {min:.4} {:.1}", batch as f64 / med * 1e3);
    ok
}

fn labels(n: usize, classes: u64) -> Vec<i64> {
    (0..n as u64).map(|i| ((i.wrapping_mul(0x9E3779B97F4A7C15) >> 33) % classes) as i64).collect()
}

fn img_cls(b: usize, c: usize, s: usize, d: &Device) -> (Data, Target, usize) {
    let x = Tensor::random([b, c, s, s], Distribution::Normal(0., 1.), d);
    (Data::Img(x), Target::Labels(Tensor::from_data(TensorData::new(labels(b, 10), [b]), d)), b)
}

#[allow(deprecated)] // burn calls its ndarray and tch backends deprecated; they are peers here all the same
fn device(backend: &str) -> Device {
    match backend {
        #[cfg(feature = "flex")]
        "flex" => Device::flex(),
        #[cfg(feature = "cpu")]
        "cpu" => Device::cpu(),
        #[cfg(feature = "ndarray")]
        "ndarray" => Device::ndarray(),
        #[cfg(feature = "tch")]
        "tch" => Device::libtorch(),
        b => panic!("backend {b} is not built in"),
    }
}

fn main() {
    let threads = env("BENCH_THREADS", 2usize).to_string();
    for v in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"] {
        if std::env::var_os(v).is_none() {
            // SAFETY: no other thread that could read the variables is running yet.
            unsafe { std::env::set_var(v, &threads) };
        }
    }
    let mut args = std::env::args().skip(1);
    let w = args.next().expect("usage: bench-burn WORKLOAD [BACKEND]");
    let backend = args.next().unwrap_or_else(|| "flex".into());
    let d = device(&backend);
    let label = format!("burn-{backend}{}", std::env::var("BENCH_SUFFIX").unwrap_or_default());
    let n = label.as_str();
    println!("# {n} threads {threads}");

    const VGG11: &[usize] = &[64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0];
    const VGG16: &[usize] = &[64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0];
    let mlp = |d: &Device| {
        let x = Tensor::random([64, 784], Distribution::Normal(0., 1.), d);
        (Data::Flat(x), Target::Labels(Tensor::from_data(TensorData::new(labels(64, 10), [64]), d)), 64)
    };
    let vae = |d: &Device| {
        let x = Tensor::<4>::random([64, 1, 28, 28], Distribution::Uniform(0., 1.), d);
        (Data::Img(x.clone()), Target::Img(x), 64)
    };
    let pix = |d: &Device| {
        let x = Tensor::<4>::random([32, 1, 28, 28], Distribution::Bernoulli(0.5), d);
        (Data::Img(x.clone()), Target::Img(x), 32)
    };
    let chars = |d: &Device| {
        let s = Tensor::<2, Int>::from_data(TensorData::new(labels(32 * 65, 65), [32, 65]), d);
        let y = s.clone().slice([0..32, 1..65]).flatten(0, 1);
        (Data::Tok(s.slice([0..32, 0..64])), Target::Labels(y), 32)
    };
    let ok = match w.as_str() {
        "mlp" => bench(n, &w, Mlp::new, &mlp, &d),
        "lenet_b1" => bench(n, &w, LeNet::new, &|d| img_cls(1, 1, 28, d), &d),
        "lenet_b64" => bench(n, &w, LeNet::new, &|d| img_cls(64, 1, 28, d), &d),
        "lenet_b256" => bench(n, &w, LeNet::new, &|d| img_cls(256, 1, 28, d), &d),
        "vgg11" => bench(n, &w, |d| Vgg::new(VGG11, d), &|d| img_cls(32, 3, 32, d), &d),
        "vgg16" => bench(n, &w, |d| Vgg::new(VGG16, d), &|d| img_cls(32, 3, 32, d), &d),
        "vae" => bench(n, &w, Vae::new, &vae, &d),
        "pixelcnn" => bench(n, &w, PixelCnn::new, &pix, &d),
        "resnet18" => bench(n, &w, ResNet18::new, &|d| img_cls(32, 3, 32, d), &d),
        "lstm" => bench(n, &w, CharLstm::new, &chars, &d),
        _ => panic!("unknown workload {w}"),
    };
    if !ok {
        std::process::exit(1);
    }
}
