"""Find blocks of params.yaml, their classes, and the code that loads them."""

import ast
import functools
import inspect
import textwrap
import typing
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

LOADS = {"load_task", "load_text_task", "load_params"}  # functions of crossfer/config/params.py that read the file
HARMLESS = {"load_task", "load_params", "Task", "TextTask", "VisionTask", "Compute"}  # stages may import these
PARAMS = "crossfer.config.params"


class CannotFollowError(Exception):
    """A stage uses its task in code that this analysis does not support."""


@dataclass(frozen=True)
class Parameters:
    """A block of params.yaml, or a list of blocks: dotted name, possible classes."""

    name: str
    classes: frozenset[type[BaseModel]]

    def field(self, name: str) -> str:
        """Return the dotted name of a field."""
        return f"{self.name}.{name}".lstrip(".")


Value = frozenset[Parameters]  # the blocks that an expression may be, or may hold
NONE: Value = frozenset()


def single_block(name: str, *classes: type[BaseModel]) -> Value:
    """Return a single block."""
    return frozenset({Parameters(name, frozenset(classes))})


def classes_of(annotation: object) -> frozenset[type[BaseModel]]:
    """Return the classes of blocks that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return frozenset({annotation})
    return frozenset().union(*map(classes_of, typing.get_args(annotation)))


@functools.cache
def method_tree(function: object) -> ast.FunctionDef:
    """Return the syntax tree of a method."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body  # type: ignore[arg-type]
    assert isinstance(node, ast.FunctionDef)
    return node


def arguments(function: ast.FunctionDef | ast.Lambda) -> list[str]:
    """Return the names of a function's arguments, without those that take any number."""
    return [each.arg for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def called_name(node: ast.expr) -> str | None:
    """Return the name of the function that an expression calls."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None


def reads_of_params(module: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield the places where a module may read params.yaml, with what stands there.

    A call by its own name, as `load_task(name)`, is one too. Imports of the functions alone are none.
    """
    for node in ast.walk(module):
        match node:
            case ast.ImportFrom():
                is_read = any(
                    f"{node.module}.{alias.name}" == PARAMS
                    or (node.module == PARAMS and (alias.name not in HARMLESS or alias.asname))
                    for alias in node.names
                )
            case ast.Import():
                is_read = any(alias.name == PARAMS for alias in node.names)
            case ast.Name(id=name) | ast.Attribute(attr=name):
                is_read = name in LOADS
            case ast.Constant(value=str(text)):
                is_read = text.split("/")[-1] == "params.yaml" and " " not in text
            case _:
                is_read = False
        if is_read:
            yield node, ast.unparse(node)
