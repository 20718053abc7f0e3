"""Which parameters of its task a stage reads, from the text of its script: nothing of it runs.

`read_parameters` follows the names that `task, compute = load_task(...)` binds: through aliases, loops, functions of
the script, and the properties and methods of the classes of params.yaml. A block that is given to other code counts as
read whole. Where it cannot follow a task it raises `CannotFollowError`.
"""

import ast
import functools
import inspect
import textwrap
import typing
from collections.abc import Iterable
from dataclasses import dataclass

from code_structure import tree
from pydantic import BaseModel

from crossfer.config.params import Compute, TextTask, VisionTask

TASKS = {"text": TextTask, "vision": VisionTask}
PASS_ON = {"enumerate", "iter", "list", "next", "reversed", "sorted", "tuple", "zip"}  # what they are given
WHOLE = {"model_dump", "model_dump_json", "model_copy"}


class CannotFollowError(Exception):
    """A stage uses its task in a way that is not understood here."""


@dataclass(frozen=True)
class Parameters:
    """A block of params.yaml, or a list of such blocks: its dotted name, and the classes that it may have."""

    name: str
    classes: frozenset[type[BaseModel]]


Value = frozenset[Parameters]  # the blocks that an expression may be, or may hold
Names = dict[str, Value]
NONE: Value = frozenset()


def read_parameters(stage: str, modality: str) -> set[str]:
    """Return the dotted names of all parameters and whole blocks that a stage reads, `task.` or `compute.` before them.

    Raises:
        CannotFollowError: the script uses its task in a way that is not understood.
    """
    return parameters_of(tree(f"stages.{stage}"), modality)


def parameters_of(module: ast.Module, modality: str) -> set[str]:
    """Return the same of a script's syntax tree."""
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    reader = _Reader(functions, TASKS[modality])
    for function in functions.values():
        reader.run(function.body, dict.fromkeys(_arguments(function), NONE))
    if not reader.has_task:
        raise CannotFollowError("the script has no `task, compute = load_task(...)`")
    return reader.read


def _arguments(function: ast.FunctionDef | ast.Lambda) -> list[str]:
    """Return the names of a function's arguments."""
    return [one.arg for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def _blocks_of(annotation: object) -> frozenset[type[BaseModel]]:
    """Return the classes of blocks that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return frozenset({annotation})
    return frozenset().union(*map(_blocks_of, typing.get_args(annotation)))


@functools.cache
def _method(function: object) -> ast.FunctionDef:
    """Return the syntax tree of a method."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body  # type: ignore[arg-type]
    assert isinstance(node, ast.FunctionDef)
    return node


class _Reader:
    """Runs functions on blocks of parameters instead of values, and notes what they read."""

    def __init__(self, functions: dict[str, ast.FunctionDef], task: type[BaseModel]) -> None:
        self.functions, self.task, self.read, self.has_task = functions, task, set[str](), False
        self.seen: set[tuple[object, ...]] = set()

    def run(self, body: Iterable[ast.stmt], names: Names) -> Value:
        """Run statements; return the blocks that they return."""
        returned = NONE
        for statement in body:
            returned |= self.statement(statement, names)
        return returned

    def statement(self, node: ast.stmt, names: Names) -> Value:
        """Run one statement; return the blocks that it returns."""
        if isinstance(node, ast.FunctionDef):
            inner = {**names, **dict.fromkeys(_arguments(node), NONE)}
            return self.run(node.body, inner) and NONE
        if isinstance(node, ast.Return):
            return self.value(node.value, names)
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self.assign(target, node.value, names)
            return NONE
        if isinstance(node, ast.AnnAssign):
            if node.value:
                self.assign(node.target, node.value, names)
            return NONE
        if isinstance(node, ast.For):
            self.bind(node.target, self.value(node.iter, names), names)
            return self.run([*node.body, *node.orelse], names)
        returned = NONE
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                returned |= self.statement(child, names)
            elif isinstance(child, ast.ExceptHandler):
                returned |= self.run(child.body, names)
            elif isinstance(child, ast.withitem):
                self.use(child.context_expr, names)
            elif isinstance(child, ast.expr):
                self.use(child, names)
        return returned

    def assign(self, target: ast.expr, value: ast.expr, names: Names) -> None:
        """Bind the names of a target."""
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                self.assign(one, other, names)
        elif isinstance(target, ast.Tuple) and _called(value) == "load_task":
            task, compute = target.elts
            self.bind(task, frozenset({Parameters("task", frozenset({self.task}))}), names)
            self.bind(compute, frozenset({Parameters("compute", frozenset({Compute}))}), names)
            self.has_task = True
        else:
            self.bind(target, self.value(value, names), names)

    def bind(self, target: ast.expr, value: Value, names: Names) -> None:
        """Bind the names of a target to the blocks that it may be or hold."""
        if isinstance(target, ast.Name):
            names[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            for one in target.elts:
                self.bind(one, value, names)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value, names)
        else:
            self.whole(value)

    def use(self, node: ast.expr | None, names: Names) -> None:
        """Note that blocks are given to other code."""
        self.whole(self.value(node, names))

    def whole(self, value: Value) -> None:
        """Note that blocks are read whole."""
        for block in value:
            if block.name == "task":
                raise CannotFollowError("a task is given to other code whole; give it a block of the task")
            self.read.add(block.name)

    def value(self, node: ast.expr | None, names: Names) -> Value:
        """Return the blocks that an expression may be or hold, and note what it reads."""
        if isinstance(node, ast.Name):
            return names.get(node.id, NONE)
        if isinstance(node, ast.Attribute):
            base = self.value(node.value, names)
            return frozenset().union(*(self.attribute(block, node.attr) for block in base))
        if isinstance(node, ast.Call):
            return self.call(node, names)
        if isinstance(node, ast.Lambda):
            return self.value(node.body, {**names, **dict.fromkeys(_arguments(node), NONE)})
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            inner = dict(names)
            for part in node.generators:
                self.bind(part.target, self.value(part.iter, inner), inner)
                for condition in part.ifs:
                    self.use(condition, inner)
            made = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            return frozenset().union(*(self.value(one, inner) for one in made))
        if isinstance(node, ast.NamedExpr):
            self.assign(node.target, node.value, names)
            return self.value(node.target, names)
        if isinstance(node, ast.IfExp):
            self.use(node.test, names)
            return self.value(node.body, names) | self.value(node.orelse, names)
        if isinstance(node, ast.Subscript):
            self.use(node.slice, names)
            return self.value(node.value, names)
        children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)] if node else []
        held = [self.value(child, names) for child in children]
        if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict | ast.Starred | ast.BoolOp):
            return frozenset().union(*held)
        for value in held:
            self.whole(value)
        return NONE

    def call(self, node: ast.Call, names: Names) -> Value:
        """Return the blocks that a call may return, and note what it reads."""
        called = _called(node)
        if called == "super" and called in names:
            return names[called]
        if called in ("load_task", "load_params", "super"):
            raise CannotFollowError(f"{called}() is called in a way that is not understood: {ast.unparse(node)}")
        given = [self.value(one, names) for one in node.args]
        named = {one.arg: self.value(one.value, names) for one in node.keywords}
        if called in self.functions:
            function = self.functions[called]
            if any(isinstance(one, ast.Starred) for one in node.args) or None in named:
                self.whole(frozenset().union(*given, *named.values()))
            bound = {**dict(zip(_arguments(function), given, strict=False)), **named}
            return self.follow(function, {str(name): value for name, value in bound.items()})
        if called in PASS_ON:
            return frozenset().union(*given)
        for value in (*given, *named.values()):
            self.whole(value)
        if isinstance(node.func, ast.Attribute):
            base = self.value(node.func.value, names)
            return frozenset().union(*(self.method(block, node.func.attr) for block in base))
        self.use(node.func, names)
        return NONE

    def follow(self, function: ast.FunctionDef, bound: Names) -> Value:
        """Run a function, once with the same blocks; return the blocks that it returns."""
        key = (id(function), frozenset(bound.items()))
        if not any(bound.values()) or key in self.seen:
            return NONE
        self.seen.add(key)
        returned = self.run(function.body, dict(bound))
        self.seen.remove(key)
        return returned

    def attribute(self, block: Parameters, name: str) -> Value:
        """Return the blocks that an attribute of a block is, and note what it reads."""
        known = [kind for kind in block.classes if hasattr(kind, name) or name in kind.model_fields]
        if not known:
            raise CannotFollowError(f"{block.name} has no {name}")
        found = NONE
        for kind in known:
            if name in kind.model_fields:
                if classes := _blocks_of(kind.model_fields[name].annotation):
                    found |= {Parameters(f"{block.name}.{name}", classes)}
                else:
                    self.read.add(f"{block.name}.{name}")
            elif isinstance(inspect.getattr_static(kind, name), property):
                found |= self.member(block, kind, name)
            else:
                raise CannotFollowError(f"{block.name}.{name} is no parameter and no property")
        return found

    def method(self, block: Parameters, name: str) -> Value:
        """Return the blocks that a method of a block may return, and note what it reads."""
        if name in WHOLE:
            self.whole(frozenset({block}))
            return NONE
        return frozenset().union(*(self.member(block, kind, name) for kind in block.classes))

    def member(self, block: Parameters, kind: type[BaseModel], name: str) -> Value:
        """Run a property or a method of a class of blocks."""
        owner = next((one for one in kind.__mro__ if name in vars(one)), None)
        if owner is None:
            raise CannotFollowError(f"{block.name} has no {name}")
        member = vars(owner)[name]
        bases = [one for one in owner.__mro__[1:2] if issubclass(one, BaseModel)]
        bound = {"self": [kind], "super": bases}
        return self.follow(
            _method(member.fget if isinstance(member, property) else member),
            {place: frozenset({Parameters(block.name, frozenset(kinds))}) for place, kinds in bound.items()},
        )


def _called(node: ast.expr) -> str | None:
    """Return the name of the function that an expression calls."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
