"""Writes ONNX files of networks from timm and transformers, for `LAYERCAKE_ONNX=FOLDER cargo test -p layercake-onnx`.

    pip install torch timm transformers onnx onnxscript safetensors
    python tests/onnx/others.py FOLDER [NAME ..]

Each network has random weights, and those of transformers are small. It is written with an open batch by torch.export ("dynamo") and by TorchScript ("script").
NAME.safetensors has the inputs as in.NAME and PyTorch's output as out.y. What an exporter refuses is said.
"""

import contextlib
import io
import logging
import pathlib
import sys
import warnings

import timm
import torch
import transformers
from safetensors.torch import save_file

WIDTHS = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
TEXT = dict(vocab_size=99, max_position_embeddings=40, **WIDTHS)
IMAGE = dict(image_size=32, patch_size=8, **WIDTHS)


class First(torch.nn.Module):
    """A network's first output, its inputs by place."""

    def __init__(self, net, names):
        super().__init__()
        self.net, self.names = net, names

    def forward(self, *inputs):
        found = self.net(**dict(zip(self.names, inputs)))
        return found.logits if hasattr(found, "logits") else found.last_hidden_state


def texts():
    from transformers import AlbertConfig, AlbertModel, BertConfig, BertModel, DistilBertConfig, DistilBertModel, ElectraConfig, ElectraModel
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, MPNetConfig, MPNetModel, RobertaConfig, RobertaModel

    ids = torch.randint(3, 90, (2, 12))
    seen = torch.ones(2, 12, dtype=torch.long)
    seen[1, 8:], ids[1, 8:] = 0, 1
    masked = dict(input_ids=ids, attention_mask=seen)
    yield "bert", BertModel(BertConfig(**TEXT)), dict(input_ids=ids)
    yield "bert_masked", BertModel(BertConfig(**TEXT)), masked
    yield "albert", AlbertModel(AlbertConfig(embedding_size=16, **TEXT)), dict(input_ids=ids)
    yield "electra", ElectraModel(ElectraConfig(embedding_size=16, **TEXT)), masked
    yield "mpnet", MPNetModel(MPNetConfig(**TEXT)), masked
    yield "roberta", RobertaModel(RobertaConfig(**TEXT)), masked
    small = dict(vocab_size=99, dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=40)
    yield "distilbert", DistilBertModel(DistilBertConfig(**small)), masked
    small = dict(vocab_size=99, n_positions=40, n_embd=32, n_layer=2, n_head=4, use_cache=False)
    yield "gpt2", GPT2LMHeadModel(GPT2Config(**small)), dict(input_ids=ids)
    yield "llama", LlamaForCausalLM(LlamaConfig(num_key_value_heads=2, use_cache=False, **TEXT)), dict(input_ids=ids)


def pictures_and_sounds():
    from transformers import CLIPVisionConfig, CLIPVisionModel, SegformerConfig, SegformerForSemanticSegmentation, ViTConfig, ViTModel
    from transformers import Wav2Vec2Config, Wav2Vec2Model, WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    picture = dict(pixel_values=torch.randn(2, 3, 32, 32))
    yield "vit", ViTModel(ViTConfig(**IMAGE)), picture
    yield "clip_vision", CLIPVisionModel(CLIPVisionConfig(**IMAGE)), picture
    stages = dict(hidden_sizes=[8, 16, 24, 32], depths=[1] * 4, num_attention_heads=[1, 2, 2, 4], decoder_hidden_size=16, num_labels=5)
    yield "segformer", SegformerForSemanticSegmentation(SegformerConfig(**stages)), dict(pixel_values=torch.randn(2, 3, 64, 64))
    layers = dict(conv_dim=(16, 16), conv_stride=(5, 2), conv_kernel=(10, 3), num_feat_extract_layers=2)
    layers.update(num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=4)
    yield "wav2vec2", Wav2Vec2Model(Wav2Vec2Config(**layers, **WIDTHS)), dict(input_values=torch.randn(2, 1600))
    small = dict(d_model=32, encoder_layers=2, encoder_attention_heads=4, encoder_ffn_dim=64, num_mel_bins=16, max_source_positions=30)
    yield "whisper_encoder", WhisperEncoder(WhisperConfig(**small)), dict(input_features=torch.randn(2, 16, 60))


def classifiers():
    small = "convnext_atto edgenext_xx_small efficientnet_lite0 fastvit_t8 ghostnet_050 hgnetv2_b0 mobilenetv4_conv_small mobilevitv2_050"
    small = f"{small} poolformer_s12 pvt_v2_b0 regnetx_002 repvgg_a0 visformer_tiny".split()
    large = "cait_xxs24_224 coat_lite_tiny deit_tiny_patch16_224 eva02_tiny_patch14_224 levit_128s swin_tiny_patch4_window7_224"
    large = f"{large} vit_tiny_patch16_224 xcit_nano_12_p16_224".split()
    for name in small + large:
        size = 96 if name in small and name != "visformer_tiny" else 224
        yield name, timm.create_model(name, pretrained=False), dict(x=torch.randn(2, 3, size, size))


def write(path, how, net, inputs):
    names, values = list(inputs), tuple(inputs.values())
    options = dict(input_names=names, output_names=["y"])
    if how == "dynamo":
        batch = ({0: torch.export.Dim("n", min=2, max=64)},) * len(values)
        shapes = (batch,) if isinstance(net, First) else batch
        torch.onnx.export(net, values, path, dynamo=True, dynamic_shapes=shapes, external_data=False, verbose=False, **options)
    else:
        # It prints its graph before an error.
        with contextlib.redirect_stdout(io.StringIO()):
            torch.onnx.export(net, values, path, dynamo=False, dynamic_axes={name: {0: "n"} for name in names}, opset_version=17, **options)


def main(folder, wish):
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    for kind in (texts, pictures_and_sounds, classifiers):
        for name, net, inputs in kind():
            if wish and name not in wish:
                continue
            net = net.eval() if kind is classifiers else First(net, list(inputs)).eval()
            with torch.no_grad():
                numbers = {"out.y": net(*inputs.values()).contiguous()}
            numbers.update({f"in.{port}": value.contiguous() for port, value in inputs.items()})
            for how in ("dynamo", "script"):
                path = folder / f"{name}.{how}.onnx"
                try:
                    write(path, how, net, inputs)
                    save_file(numbers, path.with_suffix(".safetensors"))
                except Exception as error:
                    path.unlink(missing_ok=True)
                    print(f"{name}, {how}: PyTorch does not export it: {str(error).strip().splitlines()[0][:120]}")


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    print(f"torch {torch.__version__}, timm {timm.__version__}, transformers {transformers.__version__}")
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
