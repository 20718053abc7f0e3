"""Render model cards: the model, its accuracy in each domain, its licences.

Sections follow Mitchell et al. 2019 (arXiv 1810.03993). Metadata follow the Hugging Face Hub.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from crossfer.reporting import markdown
from crossfer.reporting.formatting import accuracy_with_interval, count, percent
from crossfer.reporting.render import render_template

PIPELINE_TAGS = {"text": "text-classification", "vision": "image-classification"}
METRICS = {"accuracy": "accuracy", "f1": "macro_f1"}  # name on the Hub, key of metrics.json

Report = Mapping[str, Any]


def render_model_card(
    task: str,
    modality: str,
    labels: Sequence[str],
    backbone: Mapping[str, str | None],
    report: Report,
    manifest: Mapping[str, Report],
    compressed: Report | None = None,
    auto_classes: bool = True,
) -> str:
    """Return the card as Markdown with YAML metadata.

    Args:
        task: its name.
        modality: text or vision.
        labels: of the model.
        backbone: name, licence, base_model (id on the Hub, or None) and note of the pretrained network.
        report: metrics.json.
        manifest: manifest.json of ingest, with provider, origin and licence of each domain.
        compressed: compress.json, for the card of the int8 model.
        auto_classes: transformers' Auto classes load the fp32 model.
    """
    data = ModelCardData(
        base_model=backbone["base_model"],
        datasets=sorted({_dataset(domain) for domain in manifest.values()}),
        eval_results=_results(PIPELINE_TAGS[modality], report, manifest, compressed),
        language=_languages(report) or None,
        library_name="onnx" if compressed else "transformers" if auto_classes else "crossfer",
        license="other",
        license_name="licences-of-its-parts",
        metrics=["accuracy"] if compressed else [*METRICS],
        model_name=task,
        pipeline_tag=PIPELINE_TAGS[modality],
    )
    body = render_template(
        "crossfer.reporting",
        "model_card.md.j2",
        task=task,
        labels=labels,
        backbone=backbone,
        source=report["source"],
        compressed=compressed,
        auto_classes=auto_classes,
        scores=_scores(report, compressed),
        parts=_parts(manifest, backbone, compressed),
    )
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{body}"))


def _results(tag: str, report: Report, manifest: Mapping[str, Report], compressed: Report | None) -> list[EvalResult]:
    """Return one result per domain and metric, for the model index."""
    names = {"accuracy": "accuracy_int8"} if compressed else METRICS
    return [
        EvalResult(
            task_type=tag,
            dataset_type=_dataset(manifest[domain]),
            dataset_name=domain,
            dataset_config=domain,
            dataset_split="test",
            metric_type=metric,
            metric_value=scores[key],
            metric_args={"average": "macro"} if metric == "f1" else None,
        )
        for domain, scores in (compressed or report)["domains"].items()
        for metric, key in names.items()
    ]


def _dataset(domain: Report) -> str:
    """Return the id of a domain's data set on the Hub, or the name of its provider."""
    on_hub = re.match(r"data set (\S+),", domain["origin"])
    return on_hub[1] if on_hub else str(domain["provider"])


def _languages(report: Report) -> list[str]:
    """Return the languages that are ISO 639 codes: the Hub accepts no others."""
    languages = dict.fromkeys(scores.get("language", "") for scores in report["domains"].values())
    return [language for language in languages if re.fullmatch("[a-z]{2,3}", language)]


def _scores(report: Report, compressed: Report | None) -> str:
    """Return a table with one row per domain and one of the zero-shot mean."""
    domains, zero_shot = report["domains"], report.get("zero_shot")
    language = ["language"] if "language" in domains[report["source"]] else []
    rows = [
        [
            f"`{name}`",
            *(markdown.escape(scores[key]) for key in language),
            count(scores["n"]),
            accuracy_with_interval(scores),
            *([accuracy_with_interval(compressed["domains"][name], "accuracy_int8")] if compressed else []),
        ]
        for name, scores in domains.items()
    ]
    if zero_shot:
        name, cells = f"zero-shot, mean of {zero_shot['domains']}", [accuracy_with_interval(zero_shot)]
        if compressed:
            cells.append(percent(compressed["zero_shot"]["accuracy_int8"]))
        rows.append([name, *("" for _ in language), "", *cells])
    return markdown.table(["domain", *language, "test rows", "fp32", *(["int8"] if compressed else [])], rows)


def _parts(manifest: Mapping[str, Report], backbone: Mapping[str, str | None], compressed: Report | None) -> str:
    """Return a table with one row per part of the model, with its licence."""
    parts = [["weights", str(backbone["name"]), str(backbone["licence"])]]
    parts += [[f"`{name}`", domain["origin"], domain["licence"]] for name, domain in manifest.items()]
    if texts := (compressed or {}).get("student", {}).get("rows", {}).get("unlabelled"):
        parts.append(["unlabelled texts", f"{texts:,}, used for distillation", "see their source"])
    rows = [[part, *(markdown.escape(str(text)) for text in texts)] for part, *texts in parts]
    return markdown.table(["part", "origin", "licence"], rows)
