"""The model card: what a model is, how well it does in each domain, and its licences.

The sections are those of Mitchell et al. 2019 (arXiv 1810.03993) that the pipeline knows; the metadata are those of the
Hugging Face Hub, which shows the scores.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from crossfer.reporting import markdown
from crossfer.reporting.formatting import accuracy_with_interval, count, percent
from crossfer.reporting.render import render

PIPELINE_TAGS = {"text": "text-classification", "vision": "image-classification"}

Numbers = Mapping[str, Any]


def text(
    task: str,
    modality: str,
    labels: Sequence[str],
    backbone: str,
    licence: str,
    metrics: Numbers,
    manifest: Mapping[str, Numbers],
    compressed: Numbers | None = None,
    own_network: bool = False,
) -> str:
    """Return the card as Markdown with metadata in YAML.

    Args:
        task: its name.
        modality: text or vision.
        labels: of the model.
        backbone: name of the pretrained network.
        licence: of the pretrained network.
        metrics: metrics.json.
        manifest: manifest.json of ingest, with origin and licence of each domain.
        compressed: compress.json, for the card of the int8 model.
        own_network: the network is defined in crossfer, so that transformers cannot load the fp32 model by itself.
    """
    tag, suffix = PIPELINE_TAGS[modality], "" if compressed is None else "_int8"
    measured = metrics["domains"] if compressed is None else compressed["domains"]
    results = [
        EvalResult(tag, domain, domain, "accuracy", scores[f"accuracy{suffix}"], dataset_split="test")
        for domain, scores in measured.items()
    ]
    data = ModelCardData(
        eval_results=results,
        library_name="onnx" if compressed else None if own_network else "transformers",
        license="other",
        license_name="licences-of-its-parts",
        metrics=["accuracy"],
        model_name=task,
        pipeline_tag=tag,
    )
    body = render(
        "crossfer.reporting",
        "model_card.md.j2",
        task=task,
        labels=labels,
        backbone=backbone,
        source=metrics["source"],
        compressed=compressed,
        own_network=own_network,
        scores=_scores(metrics["domains"], compressed),
        mean=_mean(metrics, compressed),
        parts=_parts(manifest, backbone, licence, compressed),
    )
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{body}"))


def _scores(domains: Mapping[str, Numbers], compressed: Numbers | None) -> str:
    """Return a table with one row per domain."""
    header = ["domain", "language or style", "rows", "fp32", *(["int8, this model"] if compressed else [])]
    rows = []
    for name, scores in domains.items():
        int8 = [_int8(compressed["domains"][name])] if compressed else []
        rows.append(
            [f"`{name}`", markdown.escape(scores["kind"]), count(scores["n"]), accuracy_with_interval(scores), *int8]
        )
    return markdown.table(header, rows)


def _int8(scores: Numbers) -> str:
    """Return the accuracy of the int8 model with its interval."""
    return accuracy_with_interval({f"accuracy{end}": scores[f"accuracy_int8{end}"] for end in ("", "_low", "_high")})


def _mean(metrics: Numbers, compressed: Numbers | None) -> str:
    """Return the zero-shot accuracy and the worst target, of int8 next to fp32 for the int8 model."""
    zero_shot, domains = metrics.get("zero_shot"), metrics["domains"]
    if not zero_shot:
        return ""
    mean = f"Mean of the {zero_shot['domains']} targets in another language or style: "
    if compressed is None:
        worst = zero_shot["worst"]
        return f"{mean}{accuracy_with_interval(zero_shot)}; worst: `{worst}`, {percent(domains[worst]['accuracy'])}."
    int8 = {name: scores["accuracy_int8"] for name, scores in compressed["domains"].items()}
    others = (name for name in int8 if domains[name]["kind"] != domains[metrics["source"]]["kind"])
    worst = min(others, key=lambda name: int8[name])
    return (
        f"{mean}{percent(compressed['zero_shot']['accuracy_int8'])} in int8, {accuracy_with_interval(zero_shot)} in"
        f" fp32; worst in int8: `{worst}`, {percent(int8[worst])}."
    )


def _parts(manifest: Mapping[str, Numbers], backbone: str, licence: str, compressed: Numbers | None) -> str:
    """Return a table with one row per part of the model, with its licence."""
    rows = [["weights", markdown.escape(backbone), markdown.escape(licence)]]
    rows += [
        [f"`{name}`", markdown.escape(part["origin"]), markdown.escape(part["licence"])]
        for name, part in manifest.items()
    ]
    if texts := (compressed or {}).get("student", {}).get("rows", {}).get("unlabelled"):
        rows.append(["texts without labels", f"{texts:,}, for the student alone", "see their source"])
    return markdown.table(["part", "origin", "licence"], rows)
