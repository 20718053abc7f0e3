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
VERBS = (
    "add|back up|change|check|choose|close|commit|copy|correct|delete|end|fix|free|give|go online|install|leave|lower"
    "|make|move|name|pass|put|raise|reinstall|remove|rename|replace|rerun|restart|restore|run|save|see|set|shorten|skip"
    "|start|unset|use|wait|write"
)
FIX = re.compile(rf"(?:[;.:,]|\b(?:and|or|so|then)) (?:{VERBS})\b", re.IGNORECASE)
ACCEPTED_VALUES = re.compile(r"\b(?:expected|must be|needs either)\b")
FIX_NAMES = ("fix", "advice", "REINSTALL")
FIX_IN_VALUE = re.compile(rf"\{{(?:{'|'.join(FIX_NAMES)}|\w*_message\(.*)\}}")
ONLY_A_VALUE = re.compile(r"\{[^{}]*\}")  # its text is written elsewhere


class Message(NamedTuple):
    place: str
    text: str
    is_item: bool = False  # of the list of errors in params.yaml, after the name of a key
    ends_in_message: bool = False  # of a `UserError` that it wraps


def messages() -> list[Message]:
    """Return the texts of all errors for users and all warnings, file by file."""
    catalogue = []
    for file in sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")):
        path = file.relative_to(ROOT).as_posix()
        tree = ast.parse(file.read_text(encoding="utf-8"))
        wrapping_nodes = nodes_that_wrap_user_errors(tree)
        for node in ast.walk(tree):
            for text in shown_texts(node, path):
                ends_in_message = node in wrapping_nodes and text.endswith("{error}")
                catalogue.append(Message(f"{path}:{node.lineno}", text, is_item(node, path), ends_in_message))
    return catalogue


def nodes_that_wrap_user_errors(tree: ast.Module) -> set[ast.AST]:
    """Return the nodes inside `except UserError as error`."""
    handlers = (node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.type)
    return {node for handler in handlers if ast.unparse(handler.type) == "UserError" for node in ast.walk(handler)}


def is_item(node: ast.AST, path: str) -> bool:
    """Return whether the texts of a node are items in the error of params.yaml."""
    is_value_error = isinstance(node, ast.Call) and ast.unparse(node.func) in ("Mistake", "ValueError")
    return is_value_error or (path.startswith("crossfer/config/") and isinstance(node, ast.FunctionDef))


def shown_texts(node: ast.AST, path: str) -> Iterator[str]:
    """Yield the texts of errors and warnings, and of functions called ..._message."""
    match node:
        case ast.Call(ast.Name("UserError"), [argument, *_]):
            yield from templates(argument)
        case ast.Call(ast.Name("ValueError"), [argument, *_]) if path.startswith("crossfer/config/"):
            yield from templates(argument)
        case ast.Call(ast.Name("Mistake"), [_, argument]) if path != "crossfer/config/error_messages.py":
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


def fixes() -> list[str]:
    """Return the texts of FIX_NAMES, which messages contain as values."""
    return [
        text
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in FIX_NAMES
        for text in templates(node.value)
        if not ONLY_A_VALUE.fullmatch(text)
    ]


def has_fix(message: Message) -> bool:
    """Return whether a message has an imperative or names the accepted values.

    A value in the message may do so, too.
    """
    patterns = (FIX, ACCEPTED_VALUES, FIX_IN_VALUE)
    is_complete = any(pattern.search(message.text) for pattern in patterns) or ONLY_A_VALUE.fullmatch(message.text)
    return bool(is_complete) or message.ends_in_message


def mistakes(message: Message) -> list[str]:
    """Return what is wrong with the form of a message."""
    text = message.text
    has_end = message.is_item or text.endswith((".", "}")) or COMMAND.search(text)
    checks = {
        "starts with a pronoun": PRONOUN.match(text),
        "does not end with a full stop, a command or a value": not has_end,
        f"has more than {MAX_CHARACTERS} characters": len(VALUE.sub("", text)) > MAX_CHARACTERS,
        f"has more than {MAX_SENTENCES} sentences": len(re.findall(r"\.(?= [A-Z`{])", text)) >= MAX_SENTENCES,
        "does not say how to fix it": not has_fix(message),
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
        ("a file cannot be read: its format is unknown.", "does not say how to fix it"),
        ("{path} cannot be read: {error}", "does not say how to fix it"),
        ("`{command}` failed; its output says why.", "does not say how to fix it"),
    ],
)
def test_mistakes_are_detected(text, mistake):
    assert mistakes(Message("a.py:1", text)) == [mistake]


@pytest.mark.parametrize(
    "message",
    [
        Message("a.py:1", "a file cannot be read; save it again."),
        Message("a.py:1", "a file is empty, so delete it."),
        Message("a.py:1", "batch_size: expected a whole number, got {value}."),
        Message("a.py:1", "a file cannot be read; {fix}."),
        Message("a.py:1", "row {row}: {error}", ends_in_message=True),
        Message("a.py:1", "batch_size must be a multiple of processes", is_item=True),
    ],
)
def test_a_message_with_a_fix_is_accepted(message):
    assert mistakes(message) == []


def test_fixes_are_imperatives():
    assert len(fixes()) >= 4
    assert [text for text in fixes() if not re.match(VERBS, text, re.IGNORECASE)] == []


def test_few_errors_have_a_text_that_cannot_be_read_here():
    """Such as `UserError(message)`: the text is written elsewhere."""
    places = [message.place.split(":")[0] for message in messages() if ONLY_A_VALUE.fullmatch(message.text)]
    assert set(places) <= {
        "crossfer/commands/check.py",
        "crossfer/commands/programs.py",
        "crossfer/config/params.py",
        "crossfer/errors.py",
        "crossfer/modeling/distributed.py",
        "crossfer/tracking/store.py",
    }
