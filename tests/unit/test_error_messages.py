"""Print all error messages and warnings, and check the form of each.

`python -m pytest -s tests/unit/test_error_messages.py` prints them with file and line; `{...}` is a value.
"""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from repository import ROOT

FOLDERS = ("crossfer", "stages", "benchmarks")
WARNING = "warning: "
MAX_CHARACTERS, MAX_SENTENCES = 200, 2  # without values
PRONOUN = re.compile(r"(it|its|this|that|these|those|there|they|you|your|we|our|what|he|she)\b", re.IGNORECASE)
VALUE = re.compile(r"\{[^{}]*\}")
COMMAND = re.compile(r": (git|dvc|mlflow|crossfer|make) [^.]*$")
FIX_AFTER_CAUSE = re.compile(r"[;.:] |\}$")  # a value at the end may hold the fix


class Message(NamedTuple):
    place: str
    text: str
    is_item: bool  # of the list of errors in params.yaml, after the name of a key


def messages() -> list[Message]:
    """Return the texts of all errors for users and all warnings, file by file."""
    catalogue = []
    for file in sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")):
        path = file.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for text in shown_texts(node, path):
                is_item = isinstance(node, ast.Call) and ast.unparse(node.func) == "ValueError"
                catalogue.append(Message(f"{path}:{node.lineno}", text, is_item))
    return catalogue


def shown_texts(node: ast.AST, path: str) -> Iterator[str]:
    """Yield the texts of errors and warnings, and of functions called ..._message."""
    match node:
        case ast.Call(ast.Name("UserError"), [argument, *_]):
            yield from templates(argument)
        case ast.Call(ast.Name("ValueError"), [argument, *_]) if path.startswith("crossfer/config/"):
            yield from templates(argument)
        case ast.Call(ast.Name("print"), [argument, *_]):
            yield from (text.removeprefix(WARNING) for text in templates(argument) if text.startswith(WARNING))
        case ast.FunctionDef(name) if name.endswith("_message"):
            returned = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return)]
            yield from (text for value in returned if isinstance(value, ast.JoinedStr) for text in templates(value))


def templates(expression: ast.expr) -> Iterator[str]:
    """Yield the texts that an expression can have, with values as `{...}`."""
    match expression:
        case ast.Constant(value):
            yield str(value)
        case ast.JoinedStr(parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else placeholder(part.value) for part in parts)
        case ast.IfExp(_, body, orelse):
            yield from (*templates(body), *templates(orelse))
        case _:
            yield placeholder(expression)


def placeholder(expression: ast.expr) -> str:
    return "{" + re.sub(r"[{}]", "", ast.unparse(expression)) + "}"


def mistakes(message: Message) -> list[str]:
    """Return what is wrong with the form of a message."""
    text = message.text
    has_end = message.is_item or text.endswith((".", "}")) or COMMAND.search(text)
    checks = {
        "starts with a pronoun": PRONOUN.match(text),
        "does not end with a full stop, a command or a value": not has_end,
        f"has more than {MAX_CHARACTERS} characters": len(VALUE.sub("", text)) > MAX_CHARACTERS,
        f"has more than {MAX_SENTENCES} sentences": len(re.findall(r"\.(?= [A-Z`{])", text)) >= MAX_SENTENCES,
        "does not say how to fix it": not (message.is_item or FIX_AFTER_CAUSE.search(text)),
    }
    return [mistake for mistake, is_true in checks.items() if is_true]


def test_every_error_has_the_form_of_a_message():
    catalogue = messages()
    print(*(f"{message.place}: {message.text}" for message in catalogue), sep="\n")
    assert len(catalogue) > 100
    assert [f"{message}: {mistake}" for message in catalogue for mistake in mistakes(message)] == []


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("It cannot be read; save it again.", "starts with a pronoun"),
        ("a file cannot be read; save it again", "does not end with a full stop, a command or a value"),
        (f"a file cannot be read; {'save it again, ' * 20}.", "has more than 200 characters"),
        ("A file is bad. Save it. `x` says how.", "has more than 2 sentences"),
        ("a file cannot be read.", "does not say how to fix it"),
    ],
)
def test_mistakes_are_detected(text, mistake):
    assert mistakes(Message("a.py:1", text, is_item=False)) == [mistake]


def test_few_errors_have_a_text_that_cannot_be_read_here():
    """Such as `UserError(message)`: the text is written elsewhere."""
    places = [message.place.split(":")[0] for message in messages() if re.fullmatch(r"\{[^{}]*\}", message.text)]
    assert set(places) <= {
        "crossfer/commands/programs.py",
        "crossfer/config/params.py",
        "crossfer/modeling/distributed.py",
        "crossfer/tracking/store.py",
    }
