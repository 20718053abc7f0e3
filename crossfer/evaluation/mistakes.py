"""A page of the worst mistakes: wrong guesses that the model was surest of, with what it was shown.

It holds contents of the data, which may not be passed on: DVC keeps it, git does not.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

SHOWN = 24  # mistakes a domain

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }}
ul {{ display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); padding: 0; }}
li {{ border: 1px solid #8886; border-radius: .4rem; list-style: none; overflow-wrap: anywhere; padding: .6rem; }}
img {{ display: block; image-rendering: pixelated; margin: 0 auto .4rem; max-width: 100%; min-width: 6rem; }}
small {{ color: GrayText; }}
</style>
<h1>{title}</h1>
<p>Wrong guesses, the surest first, at most {shown} a domain. Probabilities are the model's own.</p>
{body}
</html>
"""


def write(
    path: Path,
    task: str,
    guesses: Mapping[str, pd.DataFrame],
    contents: Callable[[str, Sequence[str]], Mapping[str, Any]],
    as_html: Callable[[Any], str],
) -> None:
    """Write the page.

    Args:
        path: of the HTML file.
        task: the task's name.
        guesses: of each domain, columns id, truth, guess, probabilities (by label).
        contents: gives those of a domain's rows by id, for the ids that are shown.
        as_html: a content as a piece of a page.
    """
    body = "\n".join(_section(domain, rows, contents, as_html) for domain, rows in guesses.items())
    path.unlink(missing_ok=True)  # it may be a link into DVC's cache
    page = PAGE.format(title=html.escape(f"{task}: the worst mistakes"), shown=SHOWN, body=body)
    path.write_text(page, encoding="utf-8")


def worst(rows: pd.DataFrame) -> pd.DataFrame:
    """The wrong guesses, the surest first, with a column `sure`: the probability of the guess."""
    wrong = rows[rows["truth"] != rows["guess"]]
    sure = [found[guess] for found, guess in zip(wrong["probabilities"], wrong["guess"], strict=True)]
    return wrong.assign(sure=pd.Series(sure, wrong.index, float)).sort_values(["sure", "id"], ascending=[False, True])


def _section(
    domain: str,
    rows: pd.DataFrame,
    contents: Callable[[str, Sequence[str]], Mapping[str, Any]],
    as_html: Callable[[Any], str],
) -> str:
    """A domain's heading and its mistakes."""
    wrong = worst(rows)
    first = wrong.head(SHOWN)
    of_rows = contents(domain, list(first["id"]))
    shown = [_item(row, as_html(of_rows[str(row.id)])) for row in first.itertuples()]
    heading = f"<h2>{html.escape(domain)}</h2>\n<p>{len(wrong)} of {len(rows)} guesses are wrong.</p>"
    return f"{heading}\n<ul>\n" + "\n".join(shown) + "\n</ul>"


def _item(row: Any, content: str) -> str:
    """One mistake: what was shown, what it is, what it was taken for."""
    truth, guess, identity = (html.escape(str(value)) for value in (row.truth, row.guess, row.id))
    said = f"<b>{truth}</b>, taken for <b>{guess}</b> at {row.sure:.0%}"
    return f"<li>{content}{said}<br><small>{identity}</small></li>"
