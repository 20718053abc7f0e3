"""summary.html and summary.md: the comparison for people.

The page is one file that loads nothing. Names come from params.yaml and from data, so every text is escaped.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from crossfer.comparison.css import STYLE
from crossfer.comparison.figures import Shown, figures, legend_html
from crossfer.comparison.tables import Table, of_task
from crossfer.reporting.formatting import listed
from crossfer.reporting.markdown import table as markdown_table

Summary = Mapping[str, Any]

FOLDED = ("Paired differences", "The ladder's experiments")  # tables to look something up in
TOGETHER = r"[(\[][−0-9., to]+[)\]]|(?<=[0-9]) (?=%|s\b|[kMG]B|million|points?\b)|\bp [<=] "
METHOD = (
    "Kind: a target's language, or kind of picture. Targets of another kind than the source's measure transfer, and"
    " each weighs the same in the zero-shot score.",
    "One thing beats another only where a paired test on the same test rows says so at 5 %, after Holm's correction for"
    " the tests beside it: the exact McNemar test for two classifiers in one domain, the paired bootstrap for means"
    " over domains and seeds. Everything else cannot be told apart, which does not mean that it is equal.",
    "Tasks share no test rows. Between them a difference is stated only where 95 % intervals do not overlap; where a"
    " figure has no interval, the order alone is stated.",
    "The gain compares the same network with the same labels, all layers trained, from pretrained and from random"
    " weights (where only the upper part was trained, that). Both get the epochs and rates of fine-tuning, which differ"
    " from task to task: a network from random weights would come nearer with more.",
    "Intervals are of the test rows, and on the ladder of the seeds where there are several; three seeds show little of"
    " what a fourth may do. Where one was trained, it is taken as given, and the choice of domains always is: other"
    " languages or kinds of picture may differ by more. Rows that are alike (one glyph drawn several times) count as"
    " many: where a domain holds such, its intervals are too narrow.",
    "CPU times are of the machine that climbed the ladder; those of two tasks compare only if it was the same.",
)


def title(tasks: Summary) -> str:
    """The report's title."""
    names = [_named(task, one) for task, one in tasks.items()]
    return f"How much is transferred in {names[0]}" if len(names) == 1 else f"How transfer compares in {listed(names)}"


def html(summary: Summary) -> str:
    """The page."""
    tasks, comparison = summary["tasks"], summary["comparison"]
    head = escape(title(tasks))
    parts = [
        f"<h1>{head}</h1>",
        f'<section class="answer">{_paragraphs(comparison["sentences"])}</section>',
        "<h2>What was measured, and what it means</h2>",
        _measures(comparison["rows"], tasks),
        "<h2>Pictures</h2>",
        *(_figure(number, shown, tasks) for number, shown in enumerate(figures(tasks), start=1)),
        *(_task(task, one) for task, one in tasks.items()),
        f"<h2>How to read this</h2><ul>{''.join(f'<li>{_shown(text)}</li>' for text in METHOD)}</ul>",
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{head}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{chr(10).join(parts)}\n</body>\n</html>\n"
    )


def markdown(summary: Summary) -> str:
    """The same sentences and tables, for reading on GitHub."""
    tasks, comparison = summary["tasks"], summary["comparison"]
    lines = [
        f"# {_plain(title(tasks))}",
        *map(_plain, comparison["sentences"]),
        "## What was measured, and what it means",
    ]
    rows = [
        [
            f"{row['measure']}: {row['definition']}",
            *(row["values"][task] or "not known" for task in tasks),
            row["sentence"],
        ]
        for row in comparison["rows"]
    ]
    lines.append(_grid(["measure", *tasks, "what it means"], rows))
    for task, one in tasks.items():
        lines += [f"## {_plain(_named(task, one))}", "\n".join(f"- {_plain(text)}" for text in one["sentences"])]
        for table in of_task(one):
            lines += [f"### {table.title}", _plain(table.note), _grid(table.header, table.rows)]
    lines += ["## How to read this", "\n".join(f"- {text}" for text in METHOD)]
    return "\n\n".join(lines) + "\n"


def _named(task: str, figures: Summary) -> str:
    """A task with its modality."""
    return f"{task} ({figures['modality']})"


def _paragraphs(texts: Sequence[str]) -> str:
    """Each text as a paragraph."""
    return "".join(f"<p>{_shown(text)}</p>" for text in texts)


def _measures(rows: Sequence[Summary], tasks: Summary) -> str:
    """Measures down, tasks across, and under each row what it means."""
    across = "".join(f"<th>{escape(_named(task, one))}</th>" for task, one in tasks.items())
    body = "".join(
        f'<tr class="figures"><th>{escape(row["measure"])}</th>'
        + "".join(f"<td>{_value(row['values'][task] or 'not known')}</td>" for task in tasks)
        + f'</tr><tr class="meaning"><td colspan="{len(tasks) + 1}">{_shown(row["sentence"])}'
        f' <span class="definition">{escape(_capital(row["definition"]))}.</span></td></tr>'
        for row in rows
    )
    return (
        f'<div class="scroll"><table class="measures"><thead><tr><th>measure</th>{across}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _figure(number: int, shown: Shown, tasks: Summary) -> str:
    """A figure: its legend, a picture a task, its caption."""
    panels = "".join(
        f'<div role="img" aria-label="{escape(f"{task}: {shown.title}; the numbers are in the tables below")}">'
        f"<h3>{escape(_named(task, tasks[task]))}</h3>{picture}</div>"
        for task, picture in shown.pictures.items()
    )
    caption = f"<b>Figure {number}. {escape(shown.title)}.</b> {_shown(shown.caption)}"
    legend = legend_html(shown.legend)
    return f'<figure>{legend}<div class="panels">{panels}</div><figcaption>{caption}</figcaption></figure>'


def _task(task: str, figures: Summary) -> str:
    """A task's sentences and tables."""
    sentences = "".join(f"<li>{_shown(text)}</li>" for text in figures["sentences"])
    return f"<h2>{escape(_named(task, figures))}</h2><ul>{sentences}</ul>{''.join(map(_table, of_task(figures)))}"


def _table(table: Table) -> str:
    """A table, folded if it is for looking something up."""
    header = "".join(f"<th>{escape(name)}</th>" for name in table.header)
    rows = "".join(f"<tr>{''.join(f'<td>{_shown(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    grid = (
        f'<p class="note">{_shown(table.note)}</p><div class="scroll"><table><thead><tr>{header}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )
    if table.title in FOLDED:
        return f"<details><summary>{escape(table.title)}</summary>{grid}</details>"
    return f"<h3>{escape(table.title)}</h3>{grid}"


def _capital(text: str) -> str:
    """A text that begins with a capital."""
    return text[:1].upper() + text[1:]


def _value(text: str) -> str:
    """A figure, its interval less heavy than itself."""
    number, space, interval = text.partition(" (")
    return f"<b>{_shown(number)}</b>{_shown(space + interval)}"


def _shown(text: str) -> str:
    """A text as HTML, in which no line breaks inside an interval or between a number and its unit."""
    kept = re.sub(TOGETHER, lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)
    return escape(kept)


def _grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, of texts that it shows as they are."""
    return markdown_table([*map(_plain, header)], [[*map(_plain, row)] for row in rows])


def _plain(text: str) -> str:
    """A text that Markdown shows as it is."""
    shown = " ".join(escape(text, quote=False).split())
    for sign in "\\`*_[]|~#":
        shown = shown.replace(sign, f"\\{sign}")
    return shown
