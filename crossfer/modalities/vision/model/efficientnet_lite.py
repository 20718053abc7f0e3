"""EfficientNet-Lite0 for transformers; importing this registers its classes.

Tan and Le 2019 (arXiv 1905.11946), in the variant for small devices (tensorflow/tpu,
models/official/efficientnet/lite): ReLU6, no squeeze-and-excitation. The original's stochastic depth is left out.
"""

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForImageClassification, PreTrainedConfig, PreTrainedModel
from transformers import initialization as init
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndNoAttention, ImageClassifierOutput

STEM, TOP = 32, 1280  # channels
# Groups of blocks: number, side of the kernel, stride of the first, expansion, output channels.
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
    """Configuration: labels, and the dropout before the classifier."""

    model_type = "efficientnet-lite"

    dropout: float = 0.2


def pad_same(pixels: Tensor, kernel: int, stride: int) -> Tensor:
    """Pad (rows, channels, height, width) as TensorFlow's SAME does.

    A convolution then returns ceil(side / stride). An odd pixel goes to the right and the bottom.
    """
    height, width = (max(kernel - ((side - 1) % stride + 1), 0) for side in pixels.shape[-2:])
    edges = (width // 2, width - width // 2, height // 2, height - height // 2)
    return nn.functional.pad(pixels, edges)


class ConvNorm(nn.Module):
    """A convolution with SAME padding, batch normalization and optionally ReLU6."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, activated: bool = True
    ) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        padding = kernel // 2 if stride == 1 else 0  # equals SAME at stride 1, without a padded copy
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3)
        self.activation = nn.ReLU6(inplace=True) if activated else nn.Identity()

    def forward(self, pixels: Tensor) -> Tensor:
        """Map (rows, inputs, height, width) to (rows, outputs, height / stride, ...)."""
        if self.stride > 1:
            pixels = pad_same(pixels, self.kernel, self.stride)
        return self.activation(self.norm(self.convolution(pixels)))


class MBConv(nn.Module):
    """An inverted bottleneck: expansion, depthwise convolution, projection."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expand = ConvNorm(inputs, inner) if expansion > 1 else nn.Identity()
        self.depthwise = ConvNorm(inner, inner, kernel, stride, groups=inner)
        self.project = ConvNorm(inner, outputs, activated=False)
        self.adds_input = stride == 1 and inputs == outputs

    def forward(self, pixels: Tensor) -> Tensor:
        """Map (rows, inputs, height, width) to (rows, outputs, height / stride, ...)."""
        projected = self.project(self.depthwise(self.expand(pixels)))
        return pixels + projected if self.adds_input else projected


class EfficientNetLitePreTrainedModel(PreTrainedModel):
    """Names and random weights that both models share."""

    config_class = EfficientNetLiteConfig
    base_model_prefix = "backbone"
    main_input_name = "pixel_values"
    input_modalities = ("image",)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Initialize convolutions as TensorFlow does: He et al. 2015, fan-out by group.

        `kaiming_normal_` counts all groups, with which the output of a depthwise convolution vanishes.
        """
        super()._init_weights(module)
        if isinstance(module, nn.Conv2d):
            fan_out = module.weight[:, 0].numel() // module.groups
            init.normal_(module.weight, std=(2 / fan_out) ** 0.5)


class EfficientNetLiteModel(EfficientNetLitePreTrainedModel):
    """The network without its classifier: stem, 16 blocks, top, mean over positions."""

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
        """Map (rows, 3, height, width) to (rows, TOP, height / 32, ...) and its mean."""
        pixels = self.embeddings(pixel_values)
        for layer in self.layers:
            pixels = layer(pixels)
        features = self.top(pixels)
        return BaseModelOutputWithPoolingAndNoAttention(features, pooler_output=features.mean((2, 3)))


class EfficientNetLiteForImageClassification(EfficientNetLitePreTrainedModel):
    """The network with a linear classifier."""

    def __init__(self, config: EfficientNetLiteConfig) -> None:
        super().__init__(config)
        self.backbone = EfficientNetLiteModel(config)
        self.dropout = nn.Dropout(config.dropout)
        self.num_labels = config.num_labels
        self.classifier = nn.Linear(TOP, self.num_labels)
        self.post_init()

    def forward(self, pixel_values: Tensor) -> ImageClassifierOutput:
        """Map (rows, 3, height, width) to logits (rows, labels)."""
        features = self.backbone(pixel_values).pooler_output
        return ImageClassifierOutput(logits=self.classifier(self.dropout(features)))


# Registered twice where MLflow imports the code of a logged model.
AutoConfig.register(EfficientNetLiteConfig.model_type, EfficientNetLiteConfig, exist_ok=True)
AutoModelForImageClassification.register(EfficientNetLiteConfig, EfficientNetLiteForImageClassification, exist_ok=True)
