"""Render model cards: the model, its accuracy in each domain, its licences.

Sections follow Mitchell et al. 2019 (arXiv 1810.03993). Metadata follow the Hugging Face Hub: a licence that is not in
its list needs a name and a link, which is a URL or a file LICENSE.md next to the card.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from crossfer.reporting import markdown
from crossfer.reporting.formatting import accuracy_with_interval, percent, row_count
from crossfer.reporting.render import render_template

PIPELINE_TAGS = {"text": "text-classification", "vision": "image-classification"}
CONTENTS = {"text": "texts", "vision": "images"}
METRICS = {"accuracy": "accuracy", "f1": "macro_f1"}  # name on the Hub, key of metrics.json
LICENCE_FILE = "LICENSE.md"

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
        compressed: compress.json with macro_f1_int8 in each domain, for the card of the int8 model.
        auto_classes: transformers' Auto classes load the fp32 model.
    """
    data = ModelCardData(
        base_model=backbone["base_model"],
        datasets=_training_datasets(report, manifest, compressed) or None,
        eval_results=_results(PIPELINE_TAGS[modality], report, manifest, compressed),
        language=_languages(report) or None,
        library_name="onnx" if compressed else "transformers" if auto_classes else "crossfer",
        license="other",
        license_link=LICENCE_FILE,
        license_name="licences-of-its-parts",
        metrics=[*METRICS],
        model_name=task,
        pipeline_tag=PIPELINE_TAGS[modality],
    )
    body = render_template(
        "crossfer.reporting",
        "model_card.md.j2",
        task=task,
        modality=modality,
        contents=CONTENTS[modality],
        labels=labels,
        backbone=backbone,
        source=report["source"],
        compressed=compressed,
        auto_classes=auto_classes,
        scores=_scores(report, compressed),
        has_unknown_labels=any(scores["unknown_labels"] for scores in report["domains"].values()),
        parts=_parts(report, manifest, backbone, compressed),
    )
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{body}"))


def render_licences(
    task: str,
    backbone: Mapping[str, str | None],
    report: Report,
    manifest: Mapping[str, Report],
    compressed: Report | None = None,
) -> str:
    """Return the file that the card's `license_link` names, as Markdown.

    The arguments are those of `render_model_card`.
    """
    parts = _parts(report, manifest, backbone, compressed)
    return render_template("crossfer.reporting", "model_licences.md.j2", task=task, parts=parts)


def _results(tag: str, report: Report, manifest: Mapping[str, Report], compressed: Report | None) -> list[EvalResult]:
    """Return one result per domain and metric, for the model index."""
    suffix = "_int8" if compressed else ""
    return [
        EvalResult(
            task_type=tag,
            dataset_type=_hub_dataset(manifest[domain]) or str(manifest[domain]["provider"]),
            dataset_name=str(manifest[domain]["origin"]),
            dataset_config=domain,
            dataset_split="test",
            metric_type=metric,
            metric_value=scores[f"{key}{suffix}"],
            metric_args={"average": "macro"} if metric == "f1" else None,
        )
        for domain, scores in (compressed or report)["domains"].items()
        for metric, key in METRICS.items()
    ]


def _training_domains(report: Report, compressed: Report | None) -> list[str]:
    """Return the domains that the model was trained on, with or without labels."""
    student_rows = (compressed or {}).get("student", {}).get("rows", {})
    return [domain for domain in report["domains"] if domain == report["source"] or domain in student_rows]


def _training_datasets(report: Report, manifest: Mapping[str, Report], compressed: Report | None) -> list[str]:
    """Return the ids on the Hub of the data sets that the model was trained on."""
    ids = {_hub_dataset(manifest[domain]) for domain in _training_domains(report, compressed)}
    return sorted(name for name in ids if name)


def _hub_dataset(domain: Report) -> str | None:
    """Return the id of a domain's data set on the Hub; None if it is not there."""
    if domain["provider"] != "hub":
        return None
    match = re.match(r"data set (\w[\w.-]*(?:/[\w.-]+)?),", domain["origin"])
    return match[1] if match else None


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
            row_count(scores),
            accuracy_with_interval(scores),
            *_metric_cells(scores, None if compressed is None else compressed["domains"][name]),
        ]
        for name, scores in domains.items()
    ]
    if zero_shot:
        name, cells = f"zero-shot, mean of {zero_shot['domains']}", [accuracy_with_interval(zero_shot)]
        if compressed:
            cells.append(percent(compressed["zero_shot"]["accuracy_int8"]))
        rows.append([name, *("" for _ in language), "", *cells, ""])
    columns = ["accuracy, fp32", "accuracy, int8", "macro-F1, int8"] if compressed else ["accuracy", "macro-F1"]
    return markdown.table(["domain", *language, "test rows", *columns], rows)


def _metric_cells(scores: Report, compressed_scores: Report | None) -> list[str]:
    """Return the cells after the accuracy of the fp32 model, for one domain."""
    if compressed_scores is None:
        return [f"{scores['macro_f1']:.3f}"]
    return [accuracy_with_interval(compressed_scores, "accuracy_int8"), f"{compressed_scores['macro_f1_int8']:.3f}"]


def _parts(
    report: Report, manifest: Mapping[str, Report], backbone: Mapping[str, str | None], compressed: Report | None
) -> str:
    """Return a table with one row per part of the model, with its use and licence."""
    training_domains = _training_domains(report, compressed)
    parts = [["pretrained weights", "training", str(backbone["name"]), str(backbone["licence"])]]
    for name, domain in manifest.items():
        use = "training and test" if name in training_domains else "test only"
        parts.append([f"`{name}`", use, domain["origin"], domain["licence"]])
    if texts := (compressed or {}).get("student", {}).get("rows", {}).get("unlabelled"):
        parts.append(["unlabelled texts", "distillation", f"{texts:,} texts", "see their source"])
    rows = [[part, *(markdown.escape(str(text)) for text in texts)] for part, *texts in parts]
    return markdown.table(["part", "used for", "origin", "licence"], rows)
