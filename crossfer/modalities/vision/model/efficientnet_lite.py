"""EfficientNet-Lite0, which transformers does not have, as a model of transformers; importing this makes it known.

Tan and Le 2019 (arXiv 1905.11946), in the variant for small machines (tensorflow/tpu,
models/official/efficientnet/lite): ReLU6, and no squeeze-and-excitation. Without the original's stochastic depth.
"""

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForImageClassification, PreTrainedConfig, PreTrainedModel
from transformers import initialization as init
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndNoAttention, ImageClassifierOutput

STEM, TOP = 32, 1280  # channels
# Groups of blocks: how many, the kernel's side, the stride of the first, the expansion inside, channels.
BLOCKS = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class EfficientNetLiteConfig(PreTrainedConfig):
    """What can be chosen: the share of features that is dropped before the classifier in training, and the labels."""

    model_type = "efficientnet-lite"

    dropout: float = 0.2


def pad_same(pixels: Tensor, kernel: int, stride: int) -> Tensor:
    """Pad as TensorFlow's SAME does, (rows, channels, height, width): an odd pixel goes to the right and the bottom.

    A convolution then gives one output a stride, ceil(side / stride); where stride > 1 this depends on the size.
    """
    height, width = (max(kernel - ((side - 1) % stride + 1), 0) for side in pixels.shape[-2:])
    edges = (width // 2, width - width // 2, height // 2, height - height // 2)
    return nn.functional.pad(pixels, edges)


class ConvNorm(nn.Module):
    """A convolution with SAME padding, batch normalisation and, where `activated`, ReLU6."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, activated: bool = True
    ) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        padding = kernel // 2 if stride == 1 else 0  # the same at stride 1, without a padded copy
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3)
        self.activation = nn.ReLU6(inplace=True) if activated else nn.Identity()

    def forward(self, pixels: Tensor) -> Tensor:
        """(rows, inputs, height, width) to (rows, outputs, ceil(height / stride), ceil(width / stride))."""
        if self.stride > 1:
            pixels = pad_same(pixels, self.kernel, self.stride)
        return self.activation(self.norm(self.convolution(pixels)))


class MBConv(nn.Module):
    """Expand the channels, convolve each by itself, project them; the input is added where it has the same shape."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expand = ConvNorm(inputs, inner) if expansion > 1 else nn.Identity()
        self.depthwise = ConvNorm(inner, inner, kernel, stride, groups=inner)
        self.project = ConvNorm(inner, outputs, activated=False)
        self.adds_input = stride == 1 and inputs == outputs

    def forward(self, pixels: Tensor) -> Tensor:
        """(rows, inputs, height, width) to (rows, outputs, ceil(height / stride), ceil(width / stride))."""
        projected = self.project(self.depthwise(self.expand(pixels)))
        return pixels + projected if self.adds_input else projected


class EfficientNetLitePreTrainedModel(PreTrainedModel):
    """What both models share: names, and the weights they start from."""

    config_class = EfficientNetLiteConfig
    base_model_prefix = "backbone"
    main_input_name = "pixel_values"
    input_modalities = ("image",)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """As transformers does, but convolutions as in TensorFlow: He et al. 2015 by fan-out, counted within a group.

        `kaiming_normal_` counts all groups, which would make a depthwise convolution's output vanish.
        """
        super()._init_weights(module)
        if isinstance(module, nn.Conv2d):
            fan_out = module.weight[:, 0].numel() // module.groups
            init.normal_(module.weight, std=(2 / fan_out) ** 0.5)


class EfficientNetLiteModel(EfficientNetLitePreTrainedModel):
    """The network without its classifier: a stem, 16 blocks, a top, and the mean over all places."""

    def __init__(self, config: EfficientNetLiteConfig) -> None:
        super().__init__(config)
        self.embeddings = ConvNorm(3, STEM, kernel=3, stride=2)
        self.layers = nn.ModuleList()
        channels = STEM
        for count, kernel, stride, expansion, outputs in BLOCKS:
            for number in range(count):
                self.layers.append(MBConv(channels, outputs, kernel, 1 if number else stride, expansion))
                channels = outputs
        self.top = ConvNorm(channels, TOP)
        self.post_init()

    def forward(self, pixel_values: Tensor) -> BaseModelOutputWithPoolingAndNoAttention:
        """(rows, 3, height, width) to features of each place, (rows, TOP, ceil(height / 32), ...), and their mean."""
        pixels = self.embeddings(pixel_values)
        for layer in self.layers:
            pixels = layer(pixels)
        features = self.top(pixels)
        return BaseModelOutputWithPoolingAndNoAttention(features, pooler_output=features.mean((2, 3)))


class EfficientNetLiteForImageClassification(EfficientNetLitePreTrainedModel):
    """The network with a linear classifier on it."""

    def __init__(self, config: EfficientNetLiteConfig) -> None:
        super().__init__(config)
        self.backbone = EfficientNetLiteModel(config)
        self.dropout = nn.Dropout(config.dropout)
        self.num_labels = config.num_labels
        self.classifier = nn.Linear(TOP, self.num_labels)
        self.post_init()

    def forward(self, pixel_values: Tensor) -> ImageClassifierOutput:
        """(rows, 3, height, width) to logits (rows, labels)."""
        features = self.backbone(pixel_values).pooler_output
        return ImageClassifierOutput(logits=self.classifier(self.dropout(features)))


# Once more is no error: MLflow imports a logged model's code beside this one.
AutoConfig.register(EfficientNetLiteConfig.model_type, EfficientNetLiteConfig, exist_ok=True)
AutoModelForImageClassification.register(EfficientNetLiteConfig, EfficientNetLiteForImageClassification, exist_ok=True)
