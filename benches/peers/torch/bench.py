"""PyTorch side of the peer benchmark.

usage: bench.py WORKLOAD [VARIANT ...]

WORKLOAD: mlp lenet_b1 lenet_b64 lenet_b256 vgg11 vgg16 vae pixelcnn resnet18 lstm transformer
VARIANT : eager            plain eager, NCHW, Adam as torch picks it (no fused=True)
          fused            eager, Adam(fused=True)
          cl               eager, channels_last, Adam(fused=True)
          compile          torch.compile (inductor) around forward+loss, Adam(fused=True)
          compile_cl       the same with channels_last
          freeze           inference only: torch.compile with inductor freezing (folds BN, packs weights)
          freeze_cl        the same with channels_last
Default: all that apply to the workload. Prints

    torch-VARIANT WORKLOAD KIND median_ms min_ms items_per_s

With BENCH_DEVICE=cuda the networks run on the GPU, at the batch size BENCH_BATCH, and there are the workloads lenet and resnet50 (224x224) too. All products are in
float32 then, without TF32, as on the other side; the steps of a turn are timed together, and the device is waited for at the end. BENCH_SMALL=1 takes sequences of
four characters, to try the script. BENCH_PREPARE=1 compiles and ends.

KIND is train (zero grads + forward + loss + backward + Adam) or infer (forward only, eval mode, inference_mode).
Lines that begin with # are checks and remarks.
"""
import os
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

THREADS = int(os.environ.get("BENCH_THREADS", "2"))
WARM = int(os.environ.get("BENCH_WARM", "3"))
STEPS = int(os.environ.get("BENCH_STEPS", "15"))
MIN_SECS = float(os.environ.get("BENCH_MIN_SECS", "1.5"))
MAX_STEPS = int(os.environ.get("BENCH_MAX_STEPS", "300"))
# Wall-clock time, or the processor time of this process on all processors.
CLOCK = time.process_time if os.environ.get("BENCH_CLOCK") == "processor" else time.perf_counter
SUFFIX = os.environ.get("BENCH_SUFFIX", "")
DEVICE = os.environ.get("BENCH_DEVICE", "cpu")
BATCH = int(os.environ.get("BENCH_BATCH", "0"))
LENGTH = 4 if os.environ.get("BENCH_SMALL") == "1" else None
torch.set_num_threads(THREADS)
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(
            nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10)
        )

    def forward(self, x):
        return self.f(x)


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
        )

    def forward(self, x):
        return self.f(x)


VGG11 = [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]
VGG16 = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]


class VGG(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        layers, c = [], 3
        for v in cfg:
            if v == "M":
                layers.append(nn.MaxPool2d(2))
            else:
                layers += [nn.Conv2d(c, v, 3, padding=1), nn.BatchNorm2d(v), nn.ReLU()]
                c = v
        self.f = nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))

    def forward(self, x):
        return self.f(x)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 32, 3, stride=2, padding=1)
        self.c2 = nn.Conv2d(32, 64, 3, stride=2, padding=1)
        self.mu = nn.Linear(3136, 20)
        self.lv = nn.Linear(3136, 20)
        self.d = nn.Linear(20, 3136)
        self.t1 = nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1)
        self.t2 = nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1)

    def forward(self, x):
        h = F.relu(self.c2(F.relu(self.c1(x)))).flatten(1)
        mu, lv = self.mu(h), self.lv(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * lv)
        h = F.relu(self.d(z)).view(-1, 64, 7, 7)
        return self.t2(F.relu(self.t1(h))), mu, lv


class MaskedConv(nn.Conv2d):
    def __init__(self, kind, i, o, k, p):
        super().__init__(i, o, k, padding=p)
        m = torch.ones(1, 1, k, k)
        m[:, :, k // 2, k // 2 + (kind == "B"):] = 0
        m[:, :, k // 2 + 1:] = 0
        self.register_buffer("mask", m)

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


class PixelCNN(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [MaskedConv("A", 1, 64, 7, 3), nn.ReLU()]
        for _ in range(5):
            layers += [MaskedConv("B", 64, 64, 3, 1), nn.ReLU()]
        layers += [nn.Conv2d(64, 64, 1), nn.ReLU(), nn.Conv2d(64, 1, 1)]
        self.f = nn.Sequential(*layers)

    def forward(self, x):
        return self.f(x)


class Block(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.c1 = nn.Conv2d(i, o, 3, stride=s, padding=1, bias=False)
        self.b1 = nn.BatchNorm2d(o)
        self.c2 = nn.Conv2d(o, o, 3, padding=1, bias=False)
        self.b2 = nn.BatchNorm2d(o)
        self.down = None
        if s != 1 or i != o:
            self.down = nn.Sequential(nn.Conv2d(i, o, 1, stride=s, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        h = self.b2(self.c2(F.relu(self.b1(self.c1(x)))))
        return F.relu(h + (x if self.down is None else self.down(x)))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU())
        blocks, i = [], 64
        for o, s in [(64, 1), (128, 2), (256, 2), (512, 2)]:
            blocks += [Block(i, o, s), Block(o, o, 1)]
            i = o
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        return self.fc(self.blocks(self.stem(x)).mean((2, 3)))


class Bottleneck(nn.Module):
    def __init__(self, i, w, s):
        super().__init__()
        o = 4 * w
        self.c1 = nn.Conv2d(i, w, 1, bias=False)
        self.b1 = nn.BatchNorm2d(w)
        self.c2 = nn.Conv2d(w, w, 3, stride=s, padding=1, bias=False)
        self.b2 = nn.BatchNorm2d(w)
        self.c3 = nn.Conv2d(w, o, 1, bias=False)
        self.b3 = nn.BatchNorm2d(o)
        self.down = None
        if s != 1 or i != o:
            self.down = nn.Sequential(nn.Conv2d(i, o, 1, stride=s, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        h = F.relu(self.b1(self.c1(x)))
        h = self.b3(self.c3(F.relu(self.b2(self.c2(h)))))
        return F.relu(h + (x if self.down is None else self.down(x)))


class ResNet50(nn.Module):
    def __init__(self):
        super().__init__()
        stem = [nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
        blocks, i = [], 64
        for w, n, s in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
            blocks += [Bottleneck(i if k == 0 else 4 * w, w, s if k == 0 else 1) for k in range(n)]
            i = 4 * w
        self.f = nn.Sequential(*stem, nn.MaxPool2d(3, stride=2, padding=1), *blocks)
        self.fc = nn.Linear(2048, 1000)

    def forward(self, x):
        return self.fc(self.f(x).mean((2, 3)))


class CharLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(65, 64)
        self.l = nn.LSTM(64, 256, batch_first=True)
        self.fc = nn.Linear(256, 65)

    def forward(self, x):
        return self.fc(self.l(self.e(x))[0])


class CharTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(65, 128)
        self.p = nn.Parameter(torch.randn(128, 128))
        o = dict(dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
        self.l = nn.ModuleList(nn.TransformerEncoderLayer(128, 4, 512, **o) for _ in range(4))
        self.n = nn.LayerNorm(128)
        self.fc = nn.Linear(128, 65)
        self.register_buffer("m", nn.Transformer.generate_square_subsequent_mask(128), persistent=False)

    def forward(self, x):
        x = self.e(x) + self.p
        for l in self.l:
            x = l(x, src_mask=self.m, is_causal=True)
        return self.fc(self.n(x))


def ce(out, y):
    return F.cross_entropy(out, y)


def ce_seq(out, y):
    return F.cross_entropy(out.reshape(-1, 65), y.reshape(-1))


def bce(out, y):
    return F.binary_cross_entropy_with_logits(out, y)


def vae_loss(out, y):
    logits, mu, lv = out
    n = y.shape[0]
    rec = F.binary_cross_entropy_with_logits(logits, y, reduction="sum") / n
    kl = -0.5 * torch.sum(1 + lv - mu * mu - lv.exp()) / n
    return rec + kl


def build(w):
    """model, input, target, loss, batch, is it a conv net"""
    def cls(m, b, *shape, classes=10):
        b = BATCH or b
        return m, torch.randn(b, *shape), torch.randint(0, classes, (b,)), ce, b, len(shape) == 3

    def text(m, length):
        b, n = BATCH or 32, LENGTH or length
        s = torch.randint(0, 65, (b, n + 1))
        return m, s[:, :-1].contiguous(), s[:, 1:].contiguous(), ce_seq, b, False
    if w == "mlp":
        return cls(MLP(), 64, 784)
    if w in ("lenet_b1", "lenet_b64", "lenet_b256"):
        return cls(LeNet(), int(w[7:]), 1, 28, 28)
    if w == "lenet":
        return cls(LeNet(), 64, 1, 28, 28)
    if w == "resnet50":
        return cls(ResNet50(), 16, 3, 224, 224, classes=1000)
    if w == "vgg11":
        return cls(VGG(VGG11), 32, 3, 32, 32)
    if w == "vgg16":
        return cls(VGG(VGG16), 32, 3, 32, 32)
    if w == "resnet18":
        return cls(ResNet18(), 32, 3, 32, 32)
    if w == "vae":
        x = torch.rand(64, 1, 28, 28)
        return VAE(), x, x, vae_loss, 64, True
    if w == "pixelcnn":
        x = (torch.rand(32, 1, 28, 28) > 0.5).float()
        return PixelCNN(), x, x, bce, 32, True
    if w == "lstm":
        return text(CharLSTM(), 64)
    if w == "transformer":
        return text(CharTransformer(), 128)
    sys.exit(f"unknown workload {w}")


def times(f, n):
    """Milliseconds of n steps; on a GPU their mean, n times."""
    if DEVICE == "cpu":
        v = []
        for _ in range(n):
            t = CLOCK()
            f()
            v.append((CLOCK() - t) * 1e3)
        return v
    torch.cuda.synchronize()
    t = time.perf_counter()
    for _ in range(n):
        f()
    torch.cuda.synchronize()
    return [(time.perf_counter() - t) * 1e3 / n] * n


def serve(f, kind):
    """Waits for orders on stdin, so that sides can take turns: a number is answered by as many times, "next" ends it."""
    for _ in range(WARM):
        f()
    print(f"# ready {kind}", flush=True)
    v = []
    for line in sys.stdin:
        if not line.strip().isdigit():
            break
        new = times(f, int(line))
        print("ms", *(f"{t:.4f}" for t in new), flush=True)
        v += new
    v = sorted(v) or [0.0]
    return v[len(v) // 2], v[0], len(v)


def timed(f, kind):
    if os.environ.get("BENCH_PREPARE"):
        f()
        return 0.0, 0.0, 0
    if os.environ.get("BENCH_SERVE"):
        return serve(f, kind)
    for _ in range(WARM):
        f()
    v, t0 = [], time.perf_counter()
    while len(v) < STEPS or (time.perf_counter() - t0 < MIN_SECS and len(v) < MAX_STEPS):
        v += times(f, 1)
    v.sort()
    return v[len(v) // 2], v[0], len(v)


def run(w, variant):
    torch.manual_seed(0)
    torch._dynamo.reset() if "compile" in variant or "freeze" in variant else None
    model, x, y, loss_fn, batch, conv = build(w)
    same = y is x
    model, x = model.to(DEVICE), x.to(DEVICE)
    y = x if same else y.to(DEVICE)
    cl = variant.endswith("cl")
    if cl and not conv:
        return True
    if cl:
        same = y is x
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
        y = x if same else y
    comp = variant.startswith("compile")
    freeze = variant.startswith("freeze")
    params = list(model.parameters())
    ok = True
    name = f"torch-{variant}{SUFFIX}"

    if not freeze:
        kw = {} if variant == "eager" else {"fused": True}
        opt = torch.optim.Adam(params, lr=1e-3, **kw)

        def fwd_loss(a, b):
            return loss_fn(model(a), b)

        fl = torch.compile(fwd_loss) if comp else fwd_loss
        last = []

        def step():
            opt.zero_grad(set_to_none=True)
            l = fl(x, y)
            l.backward()
            opt.step()
            last.append(l.detach())

        med, mn, n = timed(step, "train")
        print(f"{name} {w} train {med:.4f} {mn:.4f} {batch / max(med, 1e-9) * 1e3:.1f}", flush=True)
        a, b = last[0].item(), last[-1].item()
        ok = b < a or bool(os.environ.get("BENCH_PREPARE"))
        print(f"# {name} {w} params {sum(p.numel() for p in params)} loss {a:.4f} -> {b:.4f} "
              f"in {len(last)} steps ({n} timed) {'OK' if ok else 'FAIL'}", flush=True)

    model.eval()
    fwd = torch.compile(model) if comp or freeze else model
    with torch.inference_mode() if not (comp or freeze) else torch.no_grad():
        ref = model(x)
        out = fwd(x)
        if w != "vae":  # vae draws noise
            d = (ref - out).abs().max().item()
            if d > 1e-2 * max(1.0, ref.abs().max().item()):
                ok = False
                print(f"# {name} {w} compiled output differs from eager by {d} FAIL", flush=True)
        med, mn, n = timed(lambda: fwd(x), "infer")
    print(f"{name} {w} infer {med:.4f} {mn:.4f} {batch / max(med, 1e-9) * 1e3:.1f}", flush=True)
    return ok


def main():
    w = sys.argv[1]
    variants = sys.argv[2:] or ["eager", "fused", "cl", "compile", "compile_cl", "freeze", "freeze_cl"]
    print(f"# torch {torch.__version__} threads {torch.get_num_threads()}", flush=True)
    ok = True
    for v in variants:
        if v.startswith("freeze"):
            import torch._inductor.config as ic
            ic.freezing = True
        try:
            ok &= run(w, v)
        except Exception as e:  # one variant that fails must not lose the others
            print(f"# torch-{v}{SUFFIX} {w} ERROR {type(e).__name__}: {str(e).splitlines()[0][:200]}", flush=True)
            ok = False
        if v.startswith("freeze"):
            ic.freezing = False
    sys.exit(0 if ok else 1)


main()
