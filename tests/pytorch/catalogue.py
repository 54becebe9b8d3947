"""More cases: layers beyond those of a first network. What PyTorch has no module for is written here, in plain PyTorch."""

import torch
from torch import nn
from torch.nn import functional as F

from cases import broken, case, flat, grid, large, logits, negative, offset, positive, with_zeros


class Each(nn.Module):
    """A function of one tensor, the batch in front."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class MaskedConv2d(nn.Conv2d):
    """The masks of PixelCNN (arXiv 1601.06759, figure 2 and section 3.4) and of the stacks of the gated one (arXiv 1606.05328)."""

    def __init__(self, ins, outs, kernel, mask, stack="full", colors=1, dilation=1, bias=True):
        kernel, dilation = nn.modules.utils._pair(kernel), nn.modules.utils._pair(dilation)
        padding = tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation))
        super().__init__(ins, outs, kernel, padding=padding, dilation=dilation, bias=bias)
        height, width = kernel
        seen = torch.zeros(outs, ins, height, width)
        if stack == "vertical":
            seen[:, :, : height // 2 + (1 if mask == "B" else 0), :] = 1
        else:
            if stack == "full":
                seen[:, :, : height // 2, :] = 1
            seen[:, :, height // 2, : width // 2] = 1
            per_out, per_in = outs // colors, ins // colors
            for own in range(colors):
                colors_seen = own + (1 if mask == "B" else 0)
                seen[own * per_out : (own + 1) * per_out, : colors_seen * per_in, height // 2, width // 2] = 1
        self.register_buffer("seen", seen, persistent=False)

    def forward(self, x):
        return self._conv_forward(x, self.weight * self.seen.to(x.dtype), self.bias)


class Maxout(nn.Linear):
    """The largest of `pieces` linear functions (arXiv 1302.4389, equation 1)."""

    def __init__(self, ins, outs, pieces, bias=True):
        super().__init__(ins, outs * pieces, bias)
        self.pieces = pieces

    def forward(self, x):
        return super().forward(x).unflatten(-1, (-1, self.pieces)).amax(-1)


class Reparameterize(nn.Module):
    """A mean and a log-variance by layers of their own; at inference the mean (arXiv 1312.6114, section 2.4)."""

    def __init__(self, mean, logvar):
        super().__init__()
        self.mean = mean
        self.logvar = logvar

    def forward(self, x):
        mean, logvar = self.mean(x), self.logvar(x)
        return mean + (0.5 * logvar).exp() * torch.randn_like(mean) if self.training else mean


class Residual(nn.Module):
    """A residual connection whose body each sample goes without, with a probability of `drop` (torchvision.ops.stochastic_depth, "row")."""

    def __init__(self, body, shortcut=None, drop=0.0):
        super().__init__()
        self.body = body
        self.shortcut = shortcut
        self.drop = drop

    def forward(self, x):
        y = self.body(x)
        if self.training:
            keep = torch.rand(len(x), dtype=x.dtype) >= self.drop
            y = y * (keep / (1 - self.drop)).reshape(-1, *[1] * (y.dim() - 1))
        return y + (x if self.shortcut is None else self.shortcut(x))


class Unpooled(nn.Module):
    """A pool, what lies between, and each element back to where the pool found it (arXiv 1311.2901, section 2.1)."""

    def __init__(self, kernel, before=None, between=None, **options):
        super().__init__()
        self.before = before or nn.Identity()
        self.pool = nn.MaxPool2d(kernel, return_indices=True, **options)
        self.between = between or nn.Identity()

    def forward(self, x):
        x = self.before(x)
        y, indices = self.pool(x)
        y = self.between(y)
        flat = indices.flatten(2)
        pool = self.pool
        # PyTorch promises no order of writing; it is one where no two windows have their largest element in common, and on one thread.
        torch.use_deterministic_algorithms(False)
        plain = F.max_unpool2d(y, indices, pool.kernel_size, pool.stride, pool.padding, output_size=x.shape)
        torch.use_deterministic_algorithms(True)
        if all(len(set(plane.tolist())) == plane.numel() for plane in flat.flatten(0, 1)):
            return plain
        # Of two values at one place, PyTorch leaves the later one there and gives a gradient to both. Only the later one's is there.
        last = [[i not in plane[at + 1 :] for at, i in enumerate(plane)] for plane in flat.flatten(0, 1).tolist()]
        values = y.flatten(2) * torch.tensor(last, dtype=y.dtype).reshape(flat.shape)
        back = y.new_zeros(*x.shape[:2], x.shape[2] * x.shape[3]).scatter_add(2, flat, values).reshape(x.shape)
        assert torch.equal(back, plain)
        return back


class Branches(nn.Module):
    """Branches side by side on one tensor, and what is made of them."""

    def __init__(self, join, *branches):
        super().__init__()
        self.join = join
        for i, branch in enumerate(branches):
            self.add_module(f"b{i}", branch)

    def forward(self, x):
        return self.join(*(branch(x) for branch in self.children()))


class Learned(nn.Module):
    """A learned tensor, repeated for each sample, and what is made of it and the input."""

    def __init__(self, sizes, function):
        super().__init__()
        self.p = nn.Parameter(torch.zeros(sizes))
        self.function = function

    def forward(self, x):
        return self.function(self.p.expand(len(x), *self.p.shape), x)


def nails(x, scale):
    """Each element in the upper left corner of a block of zeros."""
    height, width = scale
    y = x.new_zeros(*x.shape[:2], x.shape[2] * height, x.shape[3] * width)
    y[:, :, ::height, ::width] = x
    return y


def middle(x):
    """What FractionalMaxPool2d draws, in the middle of its range."""
    return torch.full((*x.shape[:2], 2), 0.5, dtype=x.dtype)


# What `RMSNorm` adds where nothing is stated, of float32.
EPS = torch.finfo(torch.float32).eps

CASES = {
    "conv_transpose2d": [
        case("kernel_number", (2, 4, 5), conv=nn.ConvTranspose2d(2, 3, 3)),
        case("kernel_pair", (2, 4, 5), conv=nn.ConvTranspose2d(2, 3, (3, 2))),
        case("stride_number", (2, 4, 5), conv=nn.ConvTranspose2d(2, 3, 3, stride=2)),
        case("stride_pair", (2, 4, 5), conv=nn.ConvTranspose2d(2, 3, 3, stride=(3, 1))),
        case("stride_beyond_kernel", (2, 3, 4), conv=nn.ConvTranspose2d(2, 3, 2, stride=3)),
        case("padding_number", (2, 4, 5), conv=nn.ConvTranspose2d(2, 3, 3, padding=1)),
        case("padding_pair", (2, 4, 5), conv=nn.ConvTranspose2d(2, 3, (4, 3), padding=(3, 0))),
        case("output_padding", (2, 4, 5), conv=nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1)),
        case("output_padding_pair", (2, 4, 5), conv=nn.ConvTranspose2d(2, 3, 3, stride=(2, 3), output_padding=(1, 2))),
        case("output_padding_by_dilation", (2, 4, 5), conv=nn.ConvTranspose2d(2, 3, 2, dilation=3, output_padding=2)),
        case("dilation_number", (2, 4, 5), conv=nn.ConvTranspose2d(2, 3, 3, dilation=2)),
        case("dilation_pair", (2, 4, 5), conv=nn.ConvTranspose2d(2, 3, 3, dilation=(1, 3), padding=2)),
        case("groups", (6, 4, 3), conv=nn.ConvTranspose2d(6, 4, 3, groups=2)),
        case("depthwise", (4, 3, 5), conv=nn.ConvTranspose2d(4, 4, 3, stride=2, groups=4)),
        case("groups_no_bias", (4, 3, 4), conv=nn.ConvTranspose2d(4, 6, 3, groups=2, bias=False)),
        case("all_options", (4, 5, 3), conv=nn.ConvTranspose2d(
            4, 6, (3, 2), stride=(2, 3), padding=(1, 2), output_padding=(1, 0), dilation=(2, 3), groups=2)),
        case("no_bias", (2, 4, 5), conv=nn.ConvTranspose2d(2, 3, 3, bias=False)),
        case("square", (4, 4, 4), batch=4, conv=nn.ConvTranspose2d(4, 4, 4, stride=2, padding=1)),
        case("batch_of_one", (3, 4, 2), batch=1, conv=nn.ConvTranspose2d(3, 2, 2, stride=2)),
        case("one_pixel", (5, 1, 1), conv=nn.ConvTranspose2d(5, 3, 4)),
        case("one_channel", (1, 3, 4), conv=nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=1)),
        case("pointwise", (3, 4, 5), conv=nn.ConvTranspose2d(3, 2, 1)),
    ],
    "masked_conv2d": [
        case("a", (2, 5, 6), conv=MaskedConv2d(2, 3, 3, "A")),
        case("b", (2, 5, 6), conv=MaskedConv2d(2, 3, 3, "B")),
        case("a_wide", (1, 7, 8), conv=MaskedConv2d(1, 4, 7, "A")),
        case("b_pointwise", (4, 3, 5), conv=MaskedConv2d(4, 3, 1, "B")),
        case("kernel_pair", (2, 4, 7), conv=MaskedConv2d(2, 3, (3, 5), "B")),
        case("dilation", (2, 7, 8), conv=MaskedConv2d(2, 3, 3, "B", dilation=2)),
        case("rgb_a", (3, 5, 4), conv=MaskedConv2d(3, 6, 3, "A", colors=3)),
        case("rgb_b", (6, 5, 4), conv=MaskedConv2d(6, 9, 3, "B", colors=3)),
        case("rgb_a_pointwise", (3, 2, 3), conv=MaskedConv2d(3, 6, 1, "A", colors=3)),
        case("rgb_b_no_bias", (3, 4, 4), conv=MaskedConv2d(3, 3, 3, "B", colors=3, bias=False)),
        case("vertical_a", (2, 5, 6), conv=MaskedConv2d(2, 3, 3, "A", stack="vertical")),
        case("vertical_b", (2, 5, 6), conv=MaskedConv2d(2, 3, (5, 3), "B", stack="vertical")),
        case("horizontal_a", (2, 5, 6), conv=MaskedConv2d(2, 3, (1, 5), "A", stack="horizontal")),
        case("horizontal_b", (2, 5, 6), conv=MaskedConv2d(2, 3, 3, "B", stack="horizontal")),
        case("horizontal_rgb", (6, 4, 5), conv=MaskedConv2d(6, 6, 3, "A", stack="horizontal", colors=3)),
        case("square", (3, 3, 3), conv=MaskedConv2d(3, 3, 3, "B")),
        case("one_pixel", (2, 1, 1), batch=1, conv=MaskedConv2d(2, 2, 3, "B")),
    ],
    "global_avg_pool2d": [
        case("image", (4, 3, 5), pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten()),
        case("square", (3, 3, 3), pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten()),
        case("one_pixel", (3, 1, 1), pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten()),
        case("one_channel", (1, 5, 2), batch=1, pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten()),
        case("classifier", (3, 6, 5), conv=nn.Conv2d(3, 4, 3), pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), fc=nn.Linear(4, 2)),
    ],
    "upsample": [
        case("nearest", (2, 3, 4), up=nn.Upsample(scale_factor=2)),
        case("nearest_pair", (2, 3, 4), up=nn.Upsample(scale_factor=(3, 1))),
        case("nearest_one_pixel", (2, 1, 1), up=nn.Upsample(scale_factor=3)),
        case("nearest_square", (3, 3, 3), up=nn.Upsample(scale_factor=3)),
        case("bilinear", (2, 3, 4), up=nn.Upsample(scale_factor=2, mode="bilinear")),
        case("bilinear_pair", (2, 4, 3), up=nn.Upsample(scale_factor=(3, 2), mode="bilinear")),
        case("bilinear_four", (1, 5, 2), batch=1, up=nn.Upsample(scale_factor=4, mode="bilinear")),
        case("bilinear_one_row", (2, 1, 4), up=nn.Upsample(scale_factor=2, mode="bilinear")),
        case("corners", (2, 3, 4), up=nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)),
        case("corners_pair", (2, 4, 3), up=nn.Upsample(scale_factor=(2, 3), mode="bilinear", align_corners=True)),
        case("corners_one_pixel", (2, 1, 1), up=nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)),
        case("corners_scale_one", (2, 1, 3), up=nn.Upsample(scale_factor=(1, 2), mode="bilinear", align_corners=True)),
        case("corners_square", (4, 4, 4), up=nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)),
    ],
    "layer_norm": [
        case("features", (7,), norm=nn.LayerNorm(7)),
        case("sequence", (4, 6), norm=nn.LayerNorm(6)),
        case("sequence_whole", (4, 6), norm=nn.LayerNorm((4, 6))),
        case("image_last", (2, 3, 5), norm=nn.LayerNorm(5)),
        case("image_two", (2, 3, 5), norm=nn.LayerNorm((3, 5))),
        case("image_whole", (2, 3, 5), norm=nn.LayerNorm((2, 3, 5))),
        case("square", (4, 4, 4), norm=nn.LayerNorm((4, 4))),
        case("eps", (6,), norm=nn.LayerNorm(6, eps=0.3)),
        case("not_affine", (3, 5), norm=nn.LayerNorm(5, elementwise_affine=False)),
        case("batch_of_one", (8,), batch=1, norm=nn.LayerNorm(8)),
        # Of one element nothing is left, of two only their order.
        case("one_feature", (1,), norm=nn.LayerNorm(1)),
        case("two_features", (2,), norm=nn.LayerNorm(2, eps=0.5)),
        case("offset", (9,), data=offset, norm=nn.LayerNorm(9)),
        case("flat", (9,), data=flat, norm=nn.LayerNorm(9)),
    ],
    "gelu": [
        case("exact", (9,), act=nn.GELU()),
        case("exact_image", (2, 3, 4), act=nn.GELU()),
        case("exact_zeros", (31,), data=with_zeros, act=nn.GELU()),
        case("exact_large", (40,), data=large, act=nn.GELU()),
        case("approximate", (9,), act=nn.GELU(approximate="tanh")),
        case("approximate_sequence", (5, 4), act=nn.GELU(approximate="tanh")),
        case("approximate_large", (40,), data=large, act=nn.GELU(approximate="tanh")),
        case("between", (6,), fc1=nn.Linear(6, 8), act=nn.GELU(), fc2=nn.Linear(8, 3)),
    ],
    "reshape": [
        case("to_image", (24,), r=nn.Unflatten(1, (2, 3, 4))),
        case("inferred", (24,), r=nn.Unflatten(1, (4, 2, 3))),
        case("to_features", (2, 3, 4), r=nn.Flatten()),
        case("other_axes", (2, 3, 4), r=Each(lambda x: x.reshape(-1, 6, 4))),
        case("five_axes", (8, 3), r=Each(lambda x: x.reshape(-1, 2, 2, 2, 3, 1).reshape(-1, 24))),
        case("between", (6,), fc=nn.Linear(6, 12), r=nn.Unflatten(1, (3, 2, 2)), conv=nn.Conv2d(3, 2, 2)),
    ],
    "permute": [
        case("swap", (3, 5), p=Each(lambda x: x.permute(0, 2, 1))),
        case("channels_last", (2, 3, 4), p=Each(lambda x: x.permute(0, 2, 3, 1))),
        case("channels_first", (3, 4, 2), p=Each(lambda x: x.permute(0, 3, 1, 2))),
        case("reversed", (2, 3, 4), p=Each(lambda x: x.permute(0, 3, 2, 1))),
        case("cube", (3, 3, 3), p=Each(lambda x: x.permute(0, 2, 3, 1))),
        case("same", (2, 3), p=Each(lambda x: x.permute(0, 1, 2))),
        case("one_axis", (4,), p=Each(lambda x: x.permute(0, 1))),
        case("between", (3, 4), fc1=nn.Linear(4, 5), p=Each(lambda x: x.permute(0, 2, 1)), fc2=nn.Linear(3, 2)),
    ],
    "conv1d": [
        case("kernel", (2, 7), conv=nn.Conv1d(2, 3, 3)),
        case("stride_remainder", (2, 8), conv=nn.Conv1d(2, 3, 3, stride=3)),
        case("padding_beyond_half", (2, 4), conv=nn.Conv1d(2, 3, 3, padding=3)),
        case("dilation", (2, 9), conv=nn.Conv1d(2, 3, 3, dilation=2)),
        case("groups", (4, 6), conv=nn.Conv1d(4, 6, 2, groups=2)),
        case("depthwise", (5, 6), conv=nn.Conv1d(5, 5, 3, padding=1, groups=5, bias=False)),
        case("all_options", (4, 11), conv=nn.Conv1d(4, 2, 3, stride=2, padding=2, dilation=3, groups=2)),
        case("square", (5, 5), conv=nn.Conv1d(5, 5, 3, padding=1)),
        case("one_element", (3, 1), batch=1, conv=nn.Conv1d(3, 2, 1)),
        case("one_channel", (1, 9), conv=nn.Conv1d(1, 1, 3)),
    ],
    "max_pool1d": [
        case("kernel", (2, 7), pool=nn.MaxPool1d(2)),
        case("stride", (2, 9), pool=nn.MaxPool1d(3, stride=2)),
        case("padding", (2, 5), data=negative, pool=nn.MaxPool1d(3, stride=2, padding=1)),
        case("dilation", (2, 9), pool=nn.MaxPool1d(3, stride=1, dilation=2)),
        case("ceil_mode", (2, 6), pool=nn.MaxPool1d(3, stride=2, ceil_mode=True)),
        case("ties", (3, 8), data=grid, pool=nn.MaxPool1d(2, stride=1)),
    ],
    "avg_pool1d": [
        case("kernel", (2, 7), pool=nn.AvgPool1d(2)),
        case("stride", (2, 9), pool=nn.AvgPool1d(3, stride=2)),
        case("padding", (2, 5), pool=nn.AvgPool1d(3, stride=2, padding=1)),
        case("exclude_pad", (2, 5), pool=nn.AvgPool1d(3, stride=2, padding=1, count_include_pad=False)),
        case("ceil_mode", (2, 6), pool=nn.AvgPool1d(3, stride=2, ceil_mode=True)),
        case("square", (4, 4), pool=nn.AvgPool1d(2, stride=1)),
    ],
    "adaptive_avg_pool2d": [
        case("one", (2, 5, 4), pool=nn.AdaptiveAvgPool2d(1)),
        case("divides", (2, 6, 4), pool=nn.AdaptiveAvgPool2d((3, 2))),
        case("overlaps", (2, 7, 5), pool=nn.AdaptiveAvgPool2d((3, 4))),
        case("larger", (2, 3, 2), pool=nn.AdaptiveAvgPool2d(5)),
        case("same", (3, 3, 3), pool=nn.AdaptiveAvgPool2d(3)),
        case("one_pixel", (2, 1, 1), batch=1, pool=nn.AdaptiveAvgPool2d((2, 1))),
    ],
    "fractional_max_pool2d": [
        case("number", (2, 7, 9), eval_only=True,
             pool=Each(lambda x: F.fractional_max_pool2d(x, 2, output_size=4, _random_samples=middle(x)))),
        case("pair", (2, 9, 8), eval_only=True,
             pool=Each(lambda x: F.fractional_max_pool2d(x, (3, 2), output_size=(4, 3), _random_samples=middle(x)))),
        case("square", (3, 8, 8), eval_only=True,
             pool=Each(lambda x: F.fractional_max_pool2d(x, 2, output_size=5, _random_samples=middle(x)))),
        case("one", (2, 4, 5), eval_only=True,
             pool=Each(lambda x: F.fractional_max_pool2d(x, 2, output_size=1, _random_samples=middle(x)))),
        case("ties", (2, 7, 6), eval_only=True, data=grid,
             pool=Each(lambda x: F.fractional_max_pool2d(x, 2, output_size=(4, 3), _random_samples=middle(x)))),
    ],
    "unpool": [
        case("nails", (2, 3, 4), up=Each(lambda x: nails(x, (2, 2)))),
        case("nails_pair", (2, 3, 2), up=Each(lambda x: nails(x, (1, 3)))),
        case("nails_square", (3, 3, 3), up=Each(lambda x: nails(x, (3, 3)))),
    ],
    "group_norm": [
        case("image", (4, 3, 5), norm=nn.GroupNorm(2, 4)),
        case("one_group", (4, 3, 5), norm=nn.GroupNorm(1, 4)),
        case("each_channel", (4, 3, 5), norm=nn.GroupNorm(4, 4)),
        case("features", (6,), norm=nn.GroupNorm(2, 6)),
        case("sequence", (6, 4), norm=nn.GroupNorm(3, 6)),
        case("eps", (4, 2, 3), norm=nn.GroupNorm(2, 4, eps=0.3)),
        case("not_affine", (4, 2, 3), norm=nn.GroupNorm(2, 4, affine=False)),
        case("square", (4, 4, 4), batch=1, norm=nn.GroupNorm(2, 4)),
        case("offset", (4, 3, 5), data=offset, norm=nn.GroupNorm(2, 4)),
    ],
    "instance_norm2d": [
        case("image", (4, 3, 5), norm=nn.InstanceNorm2d(4)),
        case("affine", (4, 3, 5), norm=nn.InstanceNorm2d(4, affine=True)),
        case("eps", (3, 2, 4), norm=nn.InstanceNorm2d(3, eps=0.3, affine=True)),
        case("square", (4, 4, 4), batch=4, norm=nn.InstanceNorm2d(4, affine=True)),
        case("one_channel", (1, 3, 2), batch=1, norm=nn.InstanceNorm2d(1, affine=True)),
        case("flat", (3, 4, 4), data=flat, norm=nn.InstanceNorm2d(3, affine=True)),
    ],
    "local_response_norm": [
        case("odd", (7, 3, 4), norm=nn.LocalResponseNorm(5)),
        case("even", (6, 3, 4), norm=nn.LocalResponseNorm(4, alpha=0.3, beta=0.6, k=2.0)),
        case("one", (4, 2, 3), norm=nn.LocalResponseNorm(1, alpha=1.0)),
        case("wider_than_channels", (2, 3, 3), norm=nn.LocalResponseNorm(9, alpha=0.5)),
        case("square", (4, 4, 4), norm=nn.LocalResponseNorm(3, alpha=1.0, beta=1.0)),
        case("one_channel", (1, 2, 2), batch=1, norm=nn.LocalResponseNorm(2, alpha=0.7)),
    ],
    "dropout2d": [
        case("inference", (3, 4, 5), eval_only=True, drop=nn.Dropout2d(0.4)),
        case("never", (3, 4, 5), drop=nn.Dropout2d(0.0)),
    ],
    "reparameterize": [
        case("features", (6,), eval_only=True, z=Reparameterize(nn.Linear(6, 3), nn.Linear(6, 3))),
        case("maps", (2, 4, 4), eval_only=True, z=Reparameterize(nn.Conv2d(2, 4, 3), nn.Conv2d(2, 4, 3))),
        case("one", (1,), batch=1, eval_only=True, z=Reparameterize(nn.Linear(1, 1), nn.Linear(1, 1))),
        case("between", (5,), eval_only=True, z=Reparameterize(nn.Linear(5, 2), nn.Linear(5, 2)), act=nn.Tanh(), fc=nn.Linear(2, 5)),
    ],
    "stochastic_depth": [
        case("inference", (3, 4), eval_only=True, r=Residual(nn.Linear(4, 4), drop=0.3)),
        case("shortcut", (2, 5, 4), eval_only=True, r=Residual(nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(2, 3, 1), drop=0.5)),
        case("never", (5,), r=Residual(nn.Linear(5, 5), drop=0.0)),
    ],
    "add": [
        case("rows", (5,), j=Branches(lambda a, b: a + b, nn.Linear(5, 3), nn.Linear(5, 3))),
        case("maps", (2, 4, 4), j=Branches(lambda a, b, c: a + b + c, nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(2, 3, 1), nn.Conv2d(2, 3, 1))),
        case("itself", (2, 3), j=Each(lambda x: x + x)),
        case("repeated", (3, 4, 5), j=Each(lambda x: x + x.mean(1, keepdim=True))),
        case("both_repeated", (3, 4), j=Each(lambda x: x.mean(1, keepdim=True) + x.mean(2, keepdim=True))),
        case("three", (3, 4), batch=17, j=Each(lambda x: x.mean(1, keepdim=True) + x.mean(2, keepdim=True) + x)),
    ],
    "sub": [
        case("rows", (5,), j=Branches(lambda a, b: a - b, nn.Linear(5, 3), nn.Linear(5, 3))),
        case("maps", (3, 3, 3), j=Branches(lambda a, b: a - b, nn.Conv2d(3, 3, 1), nn.Tanh())),
        case("centered", (3, 4), j=Each(lambda x: x - x.mean(2, keepdim=True))),
        case("reversed", (3, 4), batch=1, j=Each(lambda x: x.mean(1, keepdim=True) - x)),
    ],
    "mul": [
        case("rows", (5,), j=Branches(lambda a, b: a * b, nn.Linear(5, 3), nn.Linear(5, 3))),
        case("gated", (2, 4, 4), j=Branches(lambda a, b, c: a * b * c, nn.Conv2d(2, 2, 1), nn.Sigmoid(), nn.Tanh())),
        case("itself", (2, 3), j=Each(lambda x: x * x)),
        case("channels", (3, 4, 5), j=Each(lambda x: x * torch.sigmoid(x.mean((2, 3), keepdim=True)))),
        case("places", (3, 4, 5), batch=17, j=Each(lambda x: torch.sigmoid(x.mean(1, keepdim=True)) * x)),
    ],
    "div": [
        case("rows", (5,), j=Branches(lambda a, b: a / b.exp(), nn.Linear(5, 3), nn.Linear(5, 3))),
        case("maps", (3, 3, 3), j=Branches(lambda a, b: a / b.exp(), nn.Conv2d(3, 3, 1), nn.Tanh())),
        case("softmax", (3, 4), j=Each(lambda x: x.exp() / x.exp().sum(2, keepdim=True))),
        case("itself", (2, 3), j=Each(lambda x: x / x)),
    ],
    "matmul": [
        case("gram", (4, 5), m=Each(lambda x: x @ x.mT)),
        case("batched", (2, 3, 4), m=Each(lambda x: x @ x.mT)),
        case("factors", (4, 6), m=Branches(lambda a, b: a @ b.mT / 8, nn.Linear(6, 3), nn.Linear(6, 3))),
        case("repeated", (2, 3, 4), batch=17, m=Each(lambda x: x @ x.mean(1, keepdim=True).mT)),
        case("repeated_first", (2, 3, 4), m=Each(lambda x: x.mean(1, keepdim=True) @ x.mT)),
        case("outer", (5,), batch=1, m=Each(lambda x: x.unsqueeze(2) @ x.unsqueeze(1))),
        case("square", (3, 3), m=Each(lambda x: x @ x.tanh())),
    ],
    "parameter": [
        case("class_token", (3, 4), j=Learned((1, 4), lambda p, x: torch.cat([p, x], 1))),
        case("position", (3, 4), j=Learned((3, 4), lambda p, x: p + x)),
        case("scale", (3, 2, 4), batch=17, j=Learned((3, 1, 1), lambda p, x: p * x)),
        case("prototypes", (6,), j=Learned((5, 6), lambda p, x: (p @ x.unsqueeze(2)).squeeze(2))),
    ],
    "maximum": [
        case("rows", (5,), j=Branches(torch.maximum, nn.Linear(5, 3), nn.Linear(5, 3))),
        case("maps", (2, 4, 4), j=Branches(lambda a, b, c: torch.maximum(torch.maximum(a, b), c), nn.Conv2d(2, 2, 1), nn.Tanh(), nn.Conv2d(2, 2, 1))),
        case("repeated", (3, 4), j=Each(lambda x: torch.maximum(x, x.mean(1, keepdim=True)))),
    ],
    "minimum": [
        case("rows", (5,), j=Branches(torch.minimum, nn.Linear(5, 3), nn.Linear(5, 3))),
        case("maps", (2, 4, 4), j=Branches(lambda a, b, c: torch.minimum(torch.minimum(a, b), c), nn.Conv2d(2, 2, 1), nn.Tanh(), nn.Conv2d(2, 2, 1))),
        case("repeated", (3, 4), j=Each(lambda x: torch.minimum(x.mean(2, keepdim=True), x))),
    ],
    "concat": [
        case("rows", (5,), j=Branches(lambda *all: torch.cat(all, 1), nn.Linear(5, 3), nn.Linear(5, 2))),
        case("channels", (2, 4, 3), j=Branches(lambda *all: torch.cat(all, 1), nn.Conv2d(2, 3, 1), nn.Tanh(), nn.Conv2d(2, 1, 1))),
        case("last", (3, 4, 2), j=Branches(lambda *all: torch.cat(all, 3), nn.Tanh(), nn.Sigmoid())),
        case("square", (3, 3, 3), batch=1, j=Branches(lambda *all: torch.cat(all, 2), nn.Tanh(), nn.Sigmoid())),
    ],
    "chunk": [
        case("halves", (6,), j=Each(lambda x: torch.mul(*x.chunk(2, 1)))),
        case("channels", (6, 2, 3), j=Each(lambda x: (lambda a, b, c: a - c * b)(*x.chunk(3, 1)))),
        case("last", (2, 3, 4), j=Each(lambda x: torch.mul(*x.chunk(2, -1)))),
    ],
    "split": [
        case("rows", (7,), j=Each(lambda x: (lambda a, b: torch.cat([torch.tanh(b), a], 1))(*x.split([3, 4], 1)))),
        case("channels", (6, 2, 3), j=Each(lambda x: (lambda a, b, c: torch.cat([a, torch.sigmoid(c), b], 1))(*x.split([1, 3, 2], 1)))),
        case("last", (2, 3, 4), j=Each(lambda x: (lambda a, b, _: b * a)(*x.split([1, 1, 2], -1)))),
    ],
    "max_unpool2d": [
        case("half", (2, 6, 4), u=Unpooled(2, between=nn.Tanh())),
        case("learned", (2, 6, 8), u=Unpooled((2, 4), before=nn.Conv2d(2, 3, 3, padding=1), between=nn.Conv2d(3, 3, 1))),
        case("remainder", (2, 7, 5), u=Unpooled(2, between=nn.Tanh())),
        case("square", (3, 3, 3), batch=3, u=Unpooled(3, between=nn.Sigmoid())),
        case("stride_beyond_kernel", (2, 7, 8), u=Unpooled(2, stride=3, between=nn.Tanh())),
        case("padding", (2, 6, 6), u=Unpooled(2, padding=1, between=nn.Tanh())),
        case("overlapping", (2, 6, 5), u=Unpooled(3, stride=1, between=nn.Conv2d(2, 2, 1))),
        case("overlapping_padded", (2, 5, 6), u=Unpooled((3, 2), stride=(2, 1), padding=1, between=nn.Tanh())),
        case("ties", (3, 6, 6), data=grid, u=Unpooled(2, between=nn.Tanh())),
        case("one_pixel", (2, 1, 1), batch=1, u=Unpooled(1, between=nn.Tanh())),
    ],
    "drop_connect": [
        case("inference", (6,), eval_only=True, fc=nn.Linear(6, 4)),
        case("sequence", (3, 5), eval_only=True, fc=nn.Linear(5, 2, bias=False)),
        case("never", (6,), fc=nn.Linear(6, 4)),
        case("between", (5,), eval_only=True, fc1=nn.Linear(5, 7), act=nn.ReLU(), fc2=nn.Linear(7, 3)),
    ],
    "prelu": [
        case("one", (9,), act=nn.PReLU()),
        case("one_image", (3, 4, 5), act=nn.PReLU()),
        case("channels", (3, 4, 5), act=nn.PReLU(3)),
        case("features", (5,), act=nn.PReLU(5)),
        case("square", (4, 4, 4), act=nn.PReLU(4)),
        case("zeros", (2, 30), data=with_zeros, act=nn.PReLU(2)),
    ],
    "elu": [
        case("features", (9,), act=nn.ELU()),
        case("image", (2, 3, 4), act=nn.ELU()),
        case("zeros", (31,), data=with_zeros, act=nn.ELU()),
        case("large", (40,), data=large, act=nn.ELU()),
        case("alpha", (9,), act=nn.ELU(0.3)),
    ],
    "selu": [
        case("features", (9,), act=nn.SELU()),
        case("image", (2, 3, 4), act=nn.SELU()),
        case("zeros", (31,), data=with_zeros, act=nn.SELU()),
        case("large", (40,), data=large, act=nn.SELU()),
    ],
    "silu": [
        case("features", (9,), act=nn.SiLU()),
        case("image", (2, 3, 4), act=nn.SiLU()),
        case("zeros", (31,), data=with_zeros, act=nn.SiLU()),
        case("large", (40,), data=large, act=nn.SiLU()),
    ],
    "softplus": [
        case("features", (9,), act=nn.Softplus()),
        case("image", (2, 3, 4), act=nn.Softplus()),
        case("zeros", (31,), data=with_zeros, act=nn.Softplus()),
        case("large", (40,), data=large, act=nn.Softplus()),
        case("beta", (9,), act=nn.Softplus(2.5)),
        case("threshold", (9,), act=nn.Softplus(threshold=0.5)),
    ],
    "hardtanh": [
        case("features", (9,), act=nn.Hardtanh()),
        case("image", (2, 3, 4), act=nn.Hardtanh()),
        case("zeros", (31,), data=with_zeros, act=nn.Hardtanh()),
        case("large", (40,), data=large, act=nn.Hardtanh()),
        case("bounds", (9,), act=nn.Hardtanh(-0.3, 0.8)),
    ],
    "relu6": [
        case("features", (9,), act=nn.ReLU6()),
        case("image", (2, 3, 4), act=nn.ReLU6()),
        case("zeros", (31,), data=with_zeros, act=nn.ReLU6()),
        case("large", (40,), data=large, act=nn.ReLU6()),
    ],
    "hardsigmoid": [
        case("features", (9,), act=nn.Hardsigmoid()),
        case("image", (2, 3, 4), act=nn.Hardsigmoid()),
        case("zeros", (31,), data=with_zeros, act=nn.Hardsigmoid()),
        case("large", (40,), data=large, act=nn.Hardsigmoid()),
    ],
    "hardswish": [
        case("features", (9,), act=nn.Hardswish()),
        case("image", (2, 3, 4), act=nn.Hardswish()),
        case("zeros", (31,), data=with_zeros, act=nn.Hardswish()),
        case("large", (40,), data=large, act=nn.Hardswish()),
    ],
    "mish": [
        case("features", (9,), act=nn.Mish()),
        case("image", (2, 3, 4), act=nn.Mish()),
        case("zeros", (31,), data=with_zeros, act=nn.Mish()),
        case("large", (40,), data=large, act=nn.Mish()),
        case("between", (6,), fc1=nn.Linear(6, 8), act=nn.Mish(), fc2=nn.Linear(8, 3)),
    ],
    "exp": [
        case("features", (9,), act=Each(torch.exp)),
        case("image", (2, 3, 4), act=Each(torch.exp)),
        case("zeros", (31,), data=with_zeros, act=Each(torch.exp)),
        case("between", (6,), fc1=nn.Linear(6, 8), act=Each(torch.exp), fc2=nn.Linear(8, 3)),
    ],
    "log": [
        case("features", (40,), data=positive, act=Each(torch.log)),
        case("image", (2, 3, 4), data=positive, act=Each(torch.log)),
        case("of_exp", (6,), fc1=nn.Linear(6, 8), exp=Each(torch.exp), act=Each(torch.log), fc2=nn.Linear(8, 3)),
    ],
    "sqrt": [
        case("features", (40,), data=positive, act=Each(torch.sqrt)),
        case("image", (2, 3, 4), data=positive, act=Each(torch.sqrt)),
    ],
    "abs": [
        case("features", (9,), act=Each(torch.abs)),
        case("image", (2, 3, 4), act=Each(torch.abs)),
        case("zeros", (31,), data=with_zeros, act=Each(torch.abs)),
    ],
    "pow": [
        case("square", (9,), act=Each(lambda x: x.pow(2.0))),
        case("cube", (2, 3, 4), act=Each(lambda x: x.pow(3.0))),
        case("one", (31,), data=with_zeros, act=Each(lambda x: x.pow(1.0))),
        case("zero", (31,), data=with_zeros, act=Each(lambda x: x.pow(0.0))),
        case("inverse", (40,), data=positive, act=Each(lambda x: x.pow(-1.0))),
        case("root", (40,), data=positive, act=Each(lambda x: x.pow(0.5))),
        case("inverse_root", (40,), data=positive, act=Each(lambda x: x.pow(-0.5))),
        case("between", (40,), data=positive, act=Each(lambda x: x.pow(1.7))),
    ],
    "softsign": [
        case("features", (9,), act=nn.Softsign()),
        case("image", (2, 3, 4), act=nn.Softsign()),
        case("zeros", (31,), data=with_zeros, act=nn.Softsign()),
        case("large", (40,), data=large, act=nn.Softsign()),
    ],
    "softshrink": [
        case("features", (9,), act=nn.Softshrink()),
        case("image", (2, 3, 4), act=nn.Softshrink()),
        case("zeros", (31,), data=with_zeros, act=nn.Softshrink()),
        case("large", (40,), data=large, act=nn.Softshrink()),
        case("lambd", (9,), act=nn.Softshrink(0.2)),
    ],
    "threshold": [
        case("features", (9,), act=nn.Threshold(0.1, 20.0)),
        case("image", (2, 3, 4), act=nn.Threshold(0.1, 20.0)),
        case("zeros", (31,), data=with_zeros, act=nn.Threshold(0.1, 20.0)),
        case("large", (40,), data=large, act=nn.Threshold(0.1, 20.0)),
        case("below_zero", (9,), act=nn.Threshold(-0.5, 0.0)),
    ],
    "clamp": [
        case("both", (9,), act=Each(lambda x: x.clamp(-0.5, 0.25))),
        case("min", (9,), act=Each(lambda x: x.clamp(min=0.0))),
        case("max", (2, 3, 4), act=Each(lambda x: x.clamp(max=0.5))),
        case("bounds", (31,), data=with_zeros, act=Each(lambda x: x.clamp(0.0, 0.5))),
        case("large", (40,), data=large, act=Each(lambda x: x.clamp(-10.0, 10.0))),
    ],
    "nan_to_num": [
        case("image", (2, 3, 4), act=Each(torch.nan_to_num)),
        case("broken", (31,), data=broken, act=Each(torch.nan_to_num), limits=Each(lambda x: x.clamp(-3.0, 3.0))),
        case("nan", (2, 3, 4), data=broken, act=Each(lambda x: torch.nan_to_num(x, nan=-1.5)), limits=Each(lambda x: x.clamp(-3.0, 3.0))),
    ],
    "rrelu": [
        case("features", (9,), eval_only=True, act=nn.RReLU()),
        case("image", (2, 3, 4), eval_only=True, act=nn.RReLU(0.1, 0.5)),
        case("zeros", (31,), data=with_zeros, eval_only=True, act=nn.RReLU()),
        case("one_slope", (9,), act=nn.RReLU(0.2, 0.2)),
    ],
    "softmin": [
        case("features", (7,), s=nn.Softmin(1)),
        case("sequence", (3, 5), s=nn.Softmin(2)),
        case("image", (3, 4, 5), s=nn.Softmin(1)),
        case("large", (10,), data=logits, s=nn.Softmin(1)),
    ],
    "global_max_pool2d": [
        case("image", (3, 4, 5), pool=nn.AdaptiveMaxPool2d(1), flatten=nn.Flatten()),
        case("ties", (3, 6, 5), data=grid, pool=nn.AdaptiveMaxPool2d(1), flatten=nn.Flatten()),
        case("negative", (2, 3, 3), data=negative, pool=nn.AdaptiveMaxPool2d(1), flatten=nn.Flatten()),
        case("one_pixel", (3, 1, 1), batch=1, pool=nn.AdaptiveMaxPool2d(1), flatten=nn.Flatten()),
    ],
    "pixel_shuffle": [
        case("two", (8, 3, 5), up=nn.PixelShuffle(2)),
        case("three", (9, 2, 1), up=nn.PixelShuffle(3)),
        case("one", (3, 2, 4), up=nn.PixelShuffle(1)),
        case("behind_conv", (2, 4, 3), conv=nn.Conv2d(2, 12, 3, padding=1), up=nn.PixelShuffle(2), act=nn.Tanh()),
    ],
    "select": [
        case("first_step", (4, 5), s=Each(lambda x: x.select(1, 0))),
        case("channel", (4, 3, 2), s=Each(lambda x: x.select(1, 3))),
        case("column", (3, 3, 3), s=Each(lambda x: x.select(3, 1))),
        case("row", (3, 4, 5), s=Each(lambda x: x.select(2, 2))),
    ],
    "rms_norm": [
        case("features", (7,), norm=nn.RMSNorm(7, eps=EPS)),
        case("sequence", (4, 6), norm=nn.RMSNorm(6, eps=EPS)),
        case("image_all", (2, 3, 4), norm=nn.RMSNorm((2, 3, 4), eps=1e-5)),
        case("image_last_two", (2, 3, 4), norm=nn.RMSNorm((3, 4), eps=1e-3)),
        case("not_affine", (5,), norm=nn.RMSNorm(5, eps=1e-5, elementwise_affine=False)),
        case("offset", (9,), data=offset, norm=nn.RMSNorm(9, eps=EPS)),
        case("between", (6,), fc1=nn.Linear(6, 8), norm=nn.RMSNorm(8, eps=EPS), act=nn.ReLU(), fc2=nn.Linear(8, 3)),
    ],
    "maxout": [
        case("two", (5,), fc=Maxout(5, 3, 2)),
        case("three_no_bias", (5,), fc=Maxout(5, 4, 3, bias=False)),
        case("one_piece", (4,), fc=Maxout(4, 4, 1)),
        case("sequence", (3, 5), fc=Maxout(5, 2, 4)),
        case("square", (3, 3), batch=1, fc=Maxout(3, 3, 3)),
    ],
    "glu": [
        case("features", (8,), act=nn.GLU()),
        case("sequence_last", (3, 6), act=nn.GLU()),
        case("sequence_first", (4, 5), act=nn.GLU(1)),
        case("image", (4, 3, 5), act=nn.GLU(1)),
        case("square", (4, 4, 4), act=nn.GLU(2)),
        case("two", (2,), batch=1, act=nn.GLU(1)),
    ],
    "pad": [
        case("zeros", (2, 3, 4), pad=nn.ZeroPad2d(1)),
        case("zeros_pair", (2, 3, 4), pad=nn.ZeroPad2d((2, 2, 0, 0))),
        case("zeros_sides", (2, 3, 4), pad=nn.ZeroPad2d((0, 2, 1, 0))),
        case("sides_differ", (2, 3, 4), pad=nn.ZeroPad2d((4, 1, 1, 2))),
        case("reflect", (2, 4, 5), pad=nn.ReflectionPad2d(2)),
        case("reflect_sides", (2, 4, 3), pad=nn.ReflectionPad2d((1, 0, 3, 1))),
        case("reflect_two", (2, 2, 2), pad=nn.ReflectionPad2d(1)),
        case("replicate", (2, 3, 4), pad=nn.ReplicationPad2d(2)),
        case("replicate_one_pixel", (2, 1, 1), pad=nn.ReplicationPad2d((1, 1, 2, 1))),
        case("square", (3, 3, 3), pad=nn.ReflectionPad2d(1)),
        case("sequence", (2, 5), pad=nn.ConstantPad1d((4, 0), 0.0)),
        case("sequence_reflect", (2, 5), pad=nn.ReflectionPad1d(2)),
        case("sequence_replicate", (2, 3), pad=nn.ReplicationPad1d((1, 2))),
        case("nothing", (2, 3, 3), pad=nn.ReflectionPad2d(0)),
    ],
    "slice": [
        case("features", (7,), s=Each(lambda x: x[:, 2:5])),
        case("to_the_end", (7,), s=Each(lambda x: x[:, 2:])),
        case("sequence", (4, 5), s=Each(lambda x: x[:, :, :2])),
        case("channels", (4, 3, 2), s=Each(lambda x: x[:, 3:])),
        case("square", (3, 3, 3), s=Each(lambda x: x[:, :, 1:3])),
    ],
    "mean": [
        case("length", (4, 5), m=Each(lambda x: x.mean(1))),
        case("map", (3, 4, 5), m=Each(lambda x: x.mean((2, 3)))),
        case("channels", (3, 4, 5), m=Each(lambda x: x.mean(1))),
        case("unordered", (3, 4, 5), m=Each(lambda x: x.mean((1, 3)))),
        case("square", (3, 3, 3), m=Each(lambda x: x.mean(2))),
        case("one", (1, 3), batch=1, m=Each(lambda x: x.mean(1))),
    ],
    "sum": [
        case("length", (4, 5), m=Each(lambda x: x.sum(1))),
        case("map", (3, 4, 5), m=Each(lambda x: x.sum((2, 3)))),
        case("unordered", (3, 4, 5), m=Each(lambda x: x.sum((1, 3)))),
        case("one", (1, 3), batch=1, m=Each(lambda x: x.sum(1))),
    ],
    "transpose": [
        case("sequence", (3, 5), p=Each(lambda x: x.transpose(1, 2))),
        case("outer", (2, 3, 4), p=Each(lambda x: x.transpose(1, 3))),
        case("last", (2, 3, 4), p=Each(lambda x: x.transpose(-1, -2))),
        case("cube", (3, 3, 3), p=Each(lambda x: x.transpose(2, 1))),
        case("four_axes", (2, 3, 4, 2), batch=1, p=Each(lambda x: x.transpose(1, 3))),
    ],
    "unsqueeze": [
        case("first", (4,), p=Each(lambda x: x.unsqueeze(1))),
        case("last", (2, 3), p=Each(lambda x: x.unsqueeze(-1))),
        case("between", (2, 3), fc1=nn.Linear(3, 4), p=Each(lambda x: x.unsqueeze(2)), fc2=nn.Linear(4, 2)),
    ],
    "squeeze": [
        case("first", (1, 4), p=Each(lambda x: x.squeeze(1))),
        case("last", (2, 3, 1), p=Each(lambda x: x.squeeze(-1))),
    ],
    "rescaling": [
        case("scale", (9,), act=Each(lambda x: x * 0.125)),
        case("both", (2, 3, 4), act=Each(lambda x: x * -2.5 + 0.75)),
        case("zeros", (31,), data=with_zeros, act=Each(lambda x: x * 3.0)),
        case("numbers", (5,), fc=nn.Linear(5, 4), act=Each(lambda x: (x / 8 + 1.0 - 0.5) * 3)),
    ],
    "amin": [
        case("length", (4, 5), m=Each(lambda x: x.amin(1))),
        case("map", (3, 4, 5), m=Each(lambda x: x.amin((2, 3)))),
        case("channels", (3, 4, 5), m=Each(lambda x: x.amin(1))),
        case("ties", (3, 6, 5), data=grid, m=Each(lambda x: x.amin((2, 3)))),
    ],
    "amax": [
        case("length", (4, 5), m=Each(lambda x: x.amax(1))),
        case("map", (3, 4, 5), m=Each(lambda x: x.amax((2, 3)))),
        case("channels", (3, 4, 5), m=Each(lambda x: x.amax(1))),
        case("ties", (3, 6, 5), data=grid, m=Each(lambda x: x.amax((2, 3)))),
        case("square", (3, 3, 3), m=Each(lambda x: x.amax(2))),
        case("one", (1, 3), batch=1, m=Each(lambda x: x.amax(1))),
    ],
    "building_blocks": [
        case("autoencoder", (1, 8, 8),
             down=nn.Conv2d(1, 4, 3, stride=2, padding=1), elu=nn.ELU(), up=nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1), s=nn.Sigmoid()),
        case("style", (3, 5, 6),
             pad=nn.ReflectionPad2d(1), conv=nn.Conv2d(3, 4, 3), norm=nn.InstanceNorm2d(4, affine=True), r=nn.ReLU6(), up=nn.Upsample(scale_factor=2, mode="bilinear"), out=nn.Conv2d(4, 3, 1), h=nn.Hardtanh()),
        case("gated_sequence", (6, 5),
             conv=nn.Conv1d(6, 8, 3, padding=1), glu=nn.GLU(1), p=Each(lambda x: x.permute(0, 2, 1)), norm=nn.LayerNorm(4), fc=nn.Linear(4, 3), m=Each(lambda x: x.mean(1))),
        case("alexnet_like", (3, 9, 9),
             conv=nn.Conv2d(3, 5, 3), relu=nn.ReLU(), lrn=nn.LocalResponseNorm(3, alpha=0.2), pool=nn.AdaptiveAvgPool2d(2), flatten=nn.Flatten(), fc=Maxout(20, 4, 2), act=nn.PReLU(), out=nn.Linear(4, 2)),
        case("group_norm_resampled", (4, 3, 3),
             norm=nn.GroupNorm(2, 4), silu=nn.SiLU(), up=nn.Upsample(scale_factor=2), conv=nn.Conv2d(4, 2, 3), selu=nn.SELU(), pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), s=nn.Softplus()),
    ],
}
