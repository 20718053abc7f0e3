"""The card that goes with a model: what it is, how well it does in which language, what it may be used for.

The sections are those of Mitchell et al. 2019 (arXiv 1810.03993), as far as the pipeline knows them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from crossfer.reporting.formatting import interval, percent


def written(
    task: str,
    labels: Sequence[str],
    backbone: str,
    licence: str,
    metrics: Mapping[str, Any],
    manifest: Mapping[str, Mapping[str, Any]],
    compressed: Mapping[str, Any] | None = None,
) -> str:
    """The card as Markdown.

    Args:
        task: its name.
        labels: what the model tells apart.
        backbone: the pretrained network's name.
        licence: its own.
        metrics: metrics.json.
        manifest: ingest's manifest.json: of each domain origin and licence.
        compressed: compress.json, for the card of the small model.
    """
    sections = [
        f"# {task}",
        f"A classifier with the labels {', '.join(map(_cell, labels))}: {_cell(backbone)}, fine-tuned by crossfer"
        f" on `{metrics['source']}` alone, {_form(compressed)}",
        "## Use",
        _use(task, compressed),
        "It answers with the most probable label and its probability; it has no label for `none of these`.",
        "## Scores",
        f"Shares of right answers with 95 % bootstrap intervals of the test rows. `{metrics['source']}` is what it was"
        " trained on; of the other domains it has seen no label.",
        _scores(metrics, compressed),
        _mean(metrics, compressed),
        "## Made from",
        _origins(manifest, backbone, licence, compressed),
        "## Meant for, and not meant for",
        "Research into transfer, and sorting contents like those above where a wrong answer costs little. Not for"
        " decisions about people. A domain without a row above was not tested: measure on labelled rows of your own"
        " before you rely on it. Probabilities are the network's own, and not calibrated for other domains.",
        "The most restrictive licence of the parts above holds for the whole.",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _form(compressed: Mapping[str, Any] | None) -> str:
    """What the model is written as, and what a student was taught on."""
    if compressed is None:
        return "in single precision, as a folder of transformers."
    graph = f"as a graph of ONNX in 8 bits ({compressed['bytes'] / 1e6:.0f} MB)."
    return graph + (_student(compressed["student"]) if "student" in compressed else "")


def _student(student: Mapping[str, Any]) -> str:
    """What it learned its answers from."""
    rows = ", ".join(f"{_cell(name)} {number:,}" for name, number in student["rows"].items())
    return (
        f" It is a student of {student['layers']} layers, taught by the fine-tuned model to give the answers that that"
        f" gives to rows without labels: {rows}."
    )


def _use(task: str, compressed: Mapping[str, Any] | None) -> str:
    """How it is asked."""
    if compressed is None:
        return "It is logged to MLflow with what prepares raw contents for it: `mlflow.pyfunc.load_model`."
    return f"```sh\npython -m crossfer.commands.predict {task} --model <this folder> ...\n```"


def _scores(metrics: Mapping[str, Any], compressed: Mapping[str, Any] | None) -> str:
    """A table, a row a domain."""
    small = {} if compressed is None else compressed["domains"]
    heads = ["domain", "kind", "rows", "single precision", *(["8 bits, this model"] if small else [])]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, scores in metrics["domains"].items():
        cells = [f"`{name}`", _cell(scores["kind"]), str(scores["n"]), _accuracy(scores, "accuracy")]
        lines.append(f"| {' | '.join([*cells, *([_accuracy(small[name], 'accuracy_int8')] if small else [])])} |")
    return "\n".join(lines)


def _accuracy(scores: Mapping[str, Any], key: str) -> str:
    """An accuracy with its interval."""
    return f"{percent(scores[key])} ({interval(scores, key)})"


def _mean(metrics: Mapping[str, Any], compressed: Mapping[str, Any] | None) -> str:
    """What arrives in domains of another kind, in the form that the card is of, and before."""
    zero_shot, domains = metrics.get("zero_shot"), metrics["domains"]
    if not zero_shot:
        return ""
    mean = f"Mean of the {zero_shot['domains']} domains of another kind: "
    before = f"{percent(zero_shot['accuracy'])} ({interval(zero_shot)})"
    if compressed is None:
        worst = zero_shot["worst"]
        return f"{mean}{before}; worst: `{worst}`, {percent(domains[worst]['accuracy'])}."
    small = {name: scores["accuracy_int8"] for name, scores in compressed["domains"].items()}
    others = (name for name in small if domains[name]["kind"] != domains[metrics["source"]]["kind"])
    worst = min(others, key=lambda name: small[name])
    return (
        f"{mean}{percent(compressed['zero_shot']['accuracy_int8'])} in 8 bits, {before} in single precision; worst in 8"
        f" bits: `{worst}`, {percent(small[worst])}."
    )


def _origins(
    manifest: Mapping[str, Mapping[str, Any]], backbone: str, licence: str, compressed: Mapping[str, Any] | None
) -> str:
    """A table, a row a part, with its licence."""
    lines = ["| part | what | licence |", "|---|---|---|", f"| weights | {_cell(backbone)} | {_cell(licence)} |"]
    for name, part in manifest.items():
        lines.append(f"| `{name}` | {_cell(part['origin'])} | {_cell(part['licence'])} |")
    if texts := (compressed or {}).get("student", {}).get("rows", {}).get("unlabelled"):
        lines.append(f"| texts without labels | {texts:,}, for the student alone | see where they are from |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    """A text inside a paragraph or a table of Markdown, in which none of its characters means anything."""
    return re.sub(r"([\\`*_\[\]|<>#])", r"\\\1", " ".join(text.split()))
