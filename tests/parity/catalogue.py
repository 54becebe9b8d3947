"""More cases: layers beyond those of a first network. What PyTorch has no module for is written here, in plain PyTorch."""

import torch
from torch import nn
from torch.nn import functional as F

from cases import case, flat, grid, large, offset, with_zeros


class Each(nn.Module):
    """A function of one tensor, the batch in front."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class MaskedConv2d(nn.Conv2d):
    """The masks of PixelCNN (arXiv 1601.06759, figure 2 and section 3.4) and of the stacks of the gated one (arXiv 1606.05328)."""

    def __init__(self, ins, outs, kernel, mask, stack="full", colours=1, dilation=1, bias=True):
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
            per_out, per_in = outs // colours, ins // colours
            for own in range(colours):
                colours_seen = own + (1 if mask == "B" else 0)
                seen[own * per_out : (own + 1) * per_out, : colours_seen * per_in, height // 2, width // 2] = 1
        self.register_buffer("seen", seen, persistent=False)

    def forward(self, x):
        return self._conv_forward(x, self.weight * self.seen.to(x.dtype), self.bias)


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
        case("rgb_a", (3, 5, 4), conv=MaskedConv2d(3, 6, 3, "A", colours=3)),
        case("rgb_b", (6, 5, 4), conv=MaskedConv2d(6, 9, 3, "B", colours=3)),
        case("rgb_a_pointwise", (3, 2, 3), conv=MaskedConv2d(3, 6, 1, "A", colours=3)),
        case("rgb_b_no_bias", (3, 4, 4), conv=MaskedConv2d(3, 3, 3, "B", colours=3, bias=False)),
        case("vertical_a", (2, 5, 6), conv=MaskedConv2d(2, 3, 3, "A", stack="vertical")),
        case("vertical_b", (2, 5, 6), conv=MaskedConv2d(2, 3, (5, 3), "B", stack="vertical")),
        case("horizontal_a", (2, 5, 6), conv=MaskedConv2d(2, 3, (1, 5), "A", stack="horizontal")),
        case("horizontal_b", (2, 5, 6), conv=MaskedConv2d(2, 3, 3, "B", stack="horizontal")),
        case("horizontal_rgb", (6, 4, 5), conv=MaskedConv2d(6, 6, 3, "A", stack="horizontal", colours=3)),
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
}
