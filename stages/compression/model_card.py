"""The card that goes with a small model: what it is, how well it does in which language, what it may be used for.

The sections are those of Mitchell et al. 2019 (arXiv 1810.03993), as far as the pipeline knows them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from stages.shared.wording import interval, percent


def written(
    task: str,
    labels: Sequence[str],
    backbone: str,
    licence: str,
    metrics: Mapping[str, Any],
    compressed: Mapping[str, Any],
    manifest: Mapping[str, Mapping[str, Any]],
) -> str:
    """The card as Markdown.

    Args:
        task: its name.
        labels: what the model tells apart.
        backbone: the pretrained network's name.
        licence: its own.
        metrics: metrics.json.
        compressed: compress.json.
        manifest: ingest's manifest.json: of each domain origin and licence.
    """
    source = metrics["source"]
    zero_shot, kinds = metrics.get("zero_shot"), {name: one["kind"] for name, one in metrics["domains"].items()}
    sections = [
        f"# {task}",
        f"A classifier with the labels {', '.join(map(_cell, labels))}: {_cell(backbone)}, fine-tuned by crossfer"
        f" on `{source}` alone, as a graph of ONNX in 8 bits ({compressed['bytes'] / 1e6:.0f} MB).",
        "## Use",
        f"```sh\npython -m stages.predict {task} --model <this folder> ...\n```",
        "It answers with the most probable label and its probability; it has no label for `none of these`.",
        "## Scores",
        f"Shares of right answers with 95 % bootstrap intervals of the test rows. `{source}` is what it was trained on;"
        " of the other domains it has seen no label.",
        _scores(metrics, compressed),
        _mean(zero_shot, compressed, kinds, source) if zero_shot else "",
        "## Made from",
        _origins(manifest, backbone, licence),
        "## Meant for, and not meant for",
        "Research into transfer, and sorting contents like those above where a wrong answer costs little. Not for"
        " decisions about people. A domain without a row above was not tested: measure on labelled rows of your own"
        " before you rely on it. Probabilities are the network's own, and not calibrated for other domains.",
        "The most restrictive licence of the parts above holds for the whole.",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _scores(metrics: Mapping[str, Any], compressed: Mapping[str, Any]) -> str:
    """A table, a row a domain."""
    lines = ["| domain | kind | rows | single precision | 8 bits, this model |", "|---" * 5 + "|"]
    for name, scores in compressed["domains"].items():
        cells = [
            f"{percent(scores[f'accuracy_{form}'])} ({interval(scores, f'accuracy_{form}')})"
            for form in ("fp32", "int8")
        ]
        kind = metrics["domains"][name]["kind"]
        lines.append(f"| `{name}` | {_cell(kind)} | {scores['n']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _mean(zero_shot: Mapping[str, Any], compressed: Mapping[str, Any], kinds: Mapping[str, str], source: str) -> str:
    """What arrives in domains of another kind, in 8 bits and before."""
    small = {name: scores["accuracy_int8"] for name, scores in compressed["domains"].items()}
    worst = min((name for name in small if kinds[name] != kinds[source]), key=lambda name: small[name])
    before = f"{percent(zero_shot['accuracy'])} ({interval(zero_shot)})"
    return (
        f"Mean of the {zero_shot['domains']} domains of another kind:"
        f" {percent(compressed['zero_shot']['accuracy_int8'])} in 8 bits, {before} in single precision; worst in 8"
        f" bits: `{worst}`, {percent(small[worst])}."
    )


def _origins(manifest: Mapping[str, Mapping[str, Any]], backbone: str, licence: str) -> str:
    """A table, a row a part, with its licence."""
    lines = ["| part | what | licence |", "|---|---|---|", f"| weights | {_cell(backbone)} | {_cell(licence)} |"]
    for name, part in manifest.items():
        lines.append(f"| `{name}` | {_cell(part['origin'])} | {_cell(part['licence'])} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    """A text inside a paragraph or a table of Markdown, in which none of its characters means anything."""
    return re.sub(r"([\\`*_\[\]|<>#])", r"\\\1", " ".join(text.split()))
