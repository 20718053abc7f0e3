"""The model card: scores as measured, metadata that the Hub can read, names that cannot break it."""

from huggingface_hub import ModelCard

from crossfer.reporting import model_card

ENDS = ("", "_low", "_high")
METRICS = {
    "source": "en",
    "domains": {name: {"kind": name, "n": 1200, **{f"accuracy{end}": 0.9 for end in ENDS}} for name in ("en", "zh")},
}
MANIFEST = {name: {"origin": f"set of {name}", "licence": "CC0-1.0"} for name in ("en", "zh")}
INT8 = {name: {f"accuracy_{form}{end}": 0.8 for form in ("fp32", "int8") for end in ENDS} for name in ("en", "zh")}


def test_the_metadata_have_the_scores_and_the_card_is_the_same_twice():
    card = model_card.text("news", "text", ["a", "b"], "e5", "MIT", METRICS, MANIFEST)
    assert card == model_card.text("news", "text", ["a", "b"], "e5", "MIT", METRICS, MANIFEST)
    data = ModelCard(card).data
    assert (data.model_name, data.pipeline_tag, data.library_name) == ("news", "text-classification", "transformers")
    assert {one.dataset_name: one.metric_value for one in data.eval_results} == {"en": 0.9, "zh": 0.9}
    assert "| `zh` | zh | 1,200 | 90.0 % (90.0 to 90.0) |" in card and "| weights | e5 | MIT |" in card
    assert "\n\n\n" not in card and card.endswith("applies to the whole.\n")


def test_a_network_of_crossfer_is_no_model_of_transformers():
    card = model_card.text("digits", "vision", ["a"], "net", "MIT", METRICS, MANIFEST, own_network=True)
    assert ModelCard(card).data.library_name is None and "library_name" not in card
    assert "transformers' Auto classes alone do not load it.\n" in card and "as a folder of transformers" not in card


def test_the_int8_model_has_its_own_scores():
    student = {"student_layers": 4, "rows": {"en": 10, "unlabelled": 5000}}
    compressed = {"bytes_int8": 118_000_000, "domains": INT8, "student": student}
    card = model_card.text("digits", "vision", ["a"], "net", "MIT", METRICS, MANIFEST, compressed)
    data = ModelCard(card).data
    assert (data.pipeline_tag, data.library_name) == ("image-classification", "onnx")
    assert {one.metric_value for one in data.eval_results} == {0.8}
    assert "| `en` | en | 1,200 | 90.0 % (90.0 to 90.0) | 80.0 % (80.0 to 80.0) |" in card
    assert "quantized to int8 as an ONNX graph (118 MB)." in card and "crossfer predict digits --model" in card
    assert "on rows without labels: en 10, unlabelled 5,000." in card
    assert "| texts without labels | 5,000, for the student alone |" in card


def test_names_cannot_break_the_card():
    scores = {"accuracy": 1.0, "accuracy_low": 1.0, "accuracy_high": 1.0}
    small = {f"{name.replace('accuracy', f'accuracy_{form}')}": 1.0 for name in scores for form in ("fp32", "int8")}
    card = model_card.text(
        "x",
        "text",
        ["a`b", "<img src=x>\n# c"],
        "e5|small",
        "MIT",
        {"source": "en", "domains": {"en": {"kind": "en", "n": 3, **scores}}, "zero_shot": None},
        {"en": {"origin": "a | b <script>\nc", "licence": "MIT"}},
        {"bytes_int8": 1_000_000, "domains": {"en": {"n": 3, **small}}},
    )
    assert "labels a\\`b, \\<img src=x\\> \\# c: e5\\|small, fine-tuned" in card
    assert "| `en` | a \\| b \\<script\\> c | MIT |" in card
    assert "| weights | e5\\|small | MIT |" in card
    assert "Mean of" not in card


def test_the_worst_domain_is_that_of_the_small_model():
    scores = {f"accuracy{end}": 0.9 for end in ("", "_low", "_high")}
    domains = {name: {"kind": name, "n": 9, **scores} for name in ("en", "ja", "sw")}
    zero_shot = {"domains": 2, "accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 1.0, "worst": "ja"}
    ends = {f"accuracy_{form}{end}": 0.9 for form in ("fp32", "int8") for end in ("", "_low", "_high")}
    small = {name: {"n": 9, **ends} for name in domains}
    small["sw"]["accuracy_int8"] = 0.3
    measured = {"source": "en", "domains": domains, "zero_shot": zero_shot}
    found = {"bytes_int8": 1, "domains": small, "zero_shot": {"accuracy_int8": 0.6}}
    card = model_card.text("x", "text", ["a"], "e5", "MIT", measured, {}, found)
    assert "60.0 % in int8, 90.0 % (80.0 to 100.0) in fp32; worst in int8: `sw`, 30.0 %." in card
