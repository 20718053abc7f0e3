"""All tasks beside each other: a row a measure, with its definition, each task's figure and what the figures mean.

Tasks have no test row in common, so nothing can be paired between them: one is said to be above another where their
95 % intervals do not overlap, which is stricter than a test.
"""

from collections.abc import Mapping
from typing import Any

from crossfer.comparison import ablation_sentences, sentences
from crossfer.comparison.measures import GAIN, GAP, MEASURES, Figure
from crossfer.reporting.formatting import listed, percent

Tasks = Mapping[str, Mapping[str, Any]]


def rows(tasks: Tasks) -> list[dict[str, Any]]:
    """A row for each measure that a task has: key, measure, definition, values (a text a task, or None), sentence."""
    found = []
    for measure in MEASURES:
        known = {task: figure for task, figures in tasks.items() if (figure := measure.figure(figures))}
        if not known:
            continue
        first = next(iter(known))
        if len(known) == 1:
            sentence = measure.sentence(first, tasks[first])
        elif measure.ranked:
            sentence = _compared(measure.largest, known)
        else:
            sentence = f"{measure.name}: {'; '.join(f'{task}, {figure.text}' for task, figure in known.items())}."
        if missing := [task for task in tasks if task not in known]:
            sentence += f" Not known for {listed(missing)}."
        values = {task: known[task].text if task in known else None for task in tasks}
        told = {"key": measure.key, "measure": measure.name, "definition": measure.definition}
        found.append({**told, "values": values, "sentence": sentence})
    return found


def answer(tasks: Tasks) -> list[str]:
    """The short answer to how the transfers compare."""
    transfers = {task: figures for task, figures in tasks.items() if "zero_shot" in figures}
    if not transfers:
        return ["No task has a target of another kind than its source: there is no transfer to compare."]
    if len(transfers) == 1:
        ((task, figures),) = transfers.items()
        return [
            said(task, figures)
            for said in (sentences.zero_shot, sentences.lead, sentences.gap, ablation_sentences.gain)
        ]
    kept = [f"{task} keeps {percent(one['kept'])}" for task, one in transfers.items() if one["kept"] is not None]
    first = [f"Of the score above chance, {listed(kept)} on the way to targets of another kind."] if kept else []
    return [*first, *(row["sentence"] for row in rows(transfers) if row["key"] in (GAP, GAIN))]


def _compared(largest: str, known: Mapping[str, Figure]) -> str:
    """Whose figure is the largest; several tasks' where intervals overlap with the largest."""
    order = sorted(known, key=lambda task: -known[task].value)
    top = known[order[0]]
    bound = top.value if top.span is None else top.span[0]
    below = [task for task in order[1:] if _end(known[task]) < bound]
    ahead = [task for task in order if task not in below]
    told = {task: f"{task}, {known[task].text}" for task in order}
    if not below and top.span is None:
        return f"The {largest} is the same in {listed(list(known))}, {top.text}."
    if not below:
        return f"The {largest} cannot be told, since intervals overlap: {'; '.join(told.values())}."
    others = listed([f"{known[task].text} in {task}" for task in below])
    apart = "" if top.span is None else "; the intervals do not overlap"
    if len(ahead) == 1:
        return f"The {largest} is that of {told[order[0]]}, against {others}{apart}."
    shared = " or ".join(told[task] for task in ahead)
    together = ", which are the same" if top.span is None else ", whose intervals overlap"
    return f"The {largest} is that of {shared}{together}, against {others}."


def _end(figure: Figure) -> float:
    """The upper end of a figure's interval."""
    return figure.span[1] if figure.span else figure.value
