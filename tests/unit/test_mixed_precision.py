"""Mixed precision: layers of a graph, and the search for those to keep in fp32."""

import numpy as np
import pytest

from crossfer.compression import mixed_precision
from crossfer.errors import UserError

FP32 = {domain: np.eye(2)[[0] * 10] for domain in ("sw", "en")}


class PresetQuantizer:
    """Changes one prediction of `sw` for each quantized layer that is sensitive.

    It writes no graph.
    """

    def __init__(self, n_layers, sensitivities):
        self.layers = [f"layer.{number}" for number in range(n_layers)]
        self.sensitivities, self.trials = sensitivities, []

    def quantize(self, fp32_layers):
        self.trials.append(list(fp32_layers))
        changed = sum(layer not in fp32_layers for layer in self.sensitivities)
        return {"sw": np.eye(2)[[1] * changed + [0] * (10 - changed)], "en": FP32["en"]}

    def sensitivity(self, domain, layer):
        assert domain == "sw"
        return self.sensitivities.get(layer, 0.0)


SENSITIVITIES = {"layer.1": 0.3, "layer.5": 0.2, "layer.6": 0.1}


def test_the_most_sensitive_layers_stay_in_fp32():
    """With three sensitive layers of eight, the search tries one, two, then four."""
    quantizer, messages = PresetQuantizer(8, SENSITIVITIES), []
    layers, int8 = mixed_precision.find_fp32_layers(quantizer, FP32, 0.05, messages.append)
    assert quantizer.trials == [[], ["layer.1"], ["layer.1", "layer.5"], layers]
    assert layers[:3] == ["layer.1", "layer.5", "layer.6"] and len(layers) == 4
    assert mixed_precision.disagreement(FP32["sw"], int8["sw"]) == 0
    assert messages[:5] == [
        "int8 changes 30.0 % of the predictions in sw, 5.0 % are allowed; measuring how much each of 8 layers"
        " contributes, to keep the most sensitive ones in fp32",
        "trying 1 layer in fp32, with the mean change of probabilities by each: layer.1 (0.300)",
        "with 1 layer in fp32, int8 changes 20.0 % of the predictions in sw, 5.0 % are allowed",
        "trying 2 layers in fp32, with the mean change of probabilities by each: layer.1 (0.300), layer.5 (0.200)",
        "with 2 layers in fp32, int8 changes 10.0 % of the predictions in sw, 5.0 % are allowed",
    ]
    assert (
        messages[-1] == "with 4 layers in fp32, int8 changes 0.0 % of the predictions in sw: these layers stay in fp32"
    )


@pytest.mark.parametrize(
    ("n_layers", "trials", "changed"),
    [
        (1, [0], "40.0"),
        (2, [0, 1], "30.0"),
        (10, [0, 1, 2, 4, 5], "10.0"),
        (12, [0, 1, 2, 4, 6], "10.0"),
        (16, [0, 1, 2, 4, 8], "10.0"),
    ],
)
def test_at_most_half_of_the_layers_stay_in_fp32(n_layers, trials, changed):
    quantizer = PresetQuantizer(n_layers, {**SENSITIVITIES, "absent": 0.0})
    with pytest.raises(
        UserError,
        match=rf"int8 changes {changed} % of the predictions in sw, even with {trials[-1]} layers in fp32. Raise"
        r" compress.max_disagreement \(0.05\)",
    ):
        mixed_precision.find_fp32_layers(quantizer, FP32, 0.05, lambda message: None)
    assert [len(layers) for layers in quantizer.trials] == trials


def test_int8_within_the_limit_needs_no_layer_in_fp32():
    quantizer = PresetQuantizer(8, SENSITIVITIES)
    layers, _ = mixed_precision.find_fp32_layers(quantizer, FP32, 0.3, lambda message: None)
    assert layers == [] and quantizer.trials == [[]]


@pytest.mark.parametrize(
    ("node", "layer"),
    [
        ("bert.encoder.layer.3.output.dense/MatMul_7", "bert.encoder.layer.3"),
        ("bert.embeddings.word_embeddings/Gather_1", "bert.embeddings"),
        ("classifier/Gemm_9", "classifier"),
        ("backbone.layers.11.expand.convolution/Conv_4", "backbone.layers.11"),
    ],
)
def test_the_layer_of_a_node(node, layer):
    assert mixed_precision.layer_name(node) == layer
