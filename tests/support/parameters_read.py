"""Find the parameters that a stage reads in the source of its script.

`read_parameters` follows the names that `task, compute = load_task(...)` binds: through aliases, loops, functions of
the script, and the properties and methods of the classes of params.yaml. A block passed to other code counts as
read whole. A name may be everything that is ever bound to it, so it does not matter which branch runs. Where it cannot
follow a task it raises `CannotFollowError`.
"""

import ast
from collections.abc import Iterable

from code_structure import tree
from parameter_blocks import NONE, CannotFollowError, Value, arguments, called_name, reads_of_params, single_block
from parameter_expressions import Expressions, Names

from crossfer.config.params import Compute, TextTask, VisionTask

APPLIED = "compute.instructions"  # a parameter that load_task itself applies, in every stage of a task
TASKS = {"text": TextTask, "vision": VisionTask}
PLAIN = (ast.Assert, ast.AugAssign, ast.Delete, ast.Expr, ast.If, ast.Raise, ast.Try, ast.While, ast.With)
PLAIN += (ast.Pass, ast.Break, ast.Continue, ast.Import, ast.ImportFrom)


def read_parameters(stage: str, modality: str) -> set[str]:
    """Return the dotted names of all parameters and whole blocks that a stage reads.

    Names of the task's parameters begin with `task.`.

    Raises:
        CannotFollowError: the script uses its task in unsupported code.
    """
    return parameters_of(tree(f"stages.{stage}"), modality)


def parameters_of(module: ast.Module, modality: str) -> set[str]:
    """Return the dotted names that the syntax tree of a script reads."""
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    reader = _Reader(functions, TASKS[modality])
    for function in functions.values():
        reader.define(function, {})
    for node, text in reads_of_params(module):
        if node not in reader.followed:
            raise CannotFollowError(f"the script reads params.yaml in unsupported code: {text}")
    if not reader.followed:
        raise CannotFollowError("the script has no `task, compute = load_task(...)`")
    return reader.read


class _Reader(Expressions):
    """Runs statements on blocks of parameters and records what they read."""

    def run(self, body: Iterable[ast.stmt], names: Names) -> Value:
        """Run statements until no name gains a block; return the blocks that they return."""
        statements, before, returned = list(body), None, NONE
        while before != names:
            before = dict(names)
            returned |= frozenset().union(*(self.statement(statement, names) for statement in statements))
        return returned

    def define(self, node: ast.FunctionDef, names: Names) -> None:
        """Run a function without blocks as arguments.

        The blocks that it returns count as read completely.
        """
        if node.decorator_list:
            raise CannotFollowError(f"{node.name} has a decorator")
        self.check_defaults(node, names)
        self.read_all(self.run(node.body, {**names, **dict.fromkeys(arguments(node), NONE)}))

    def statement(self, node: ast.stmt, names: Names) -> Value:
        """Run one statement; return the blocks that it returns."""
        if isinstance(node, ast.FunctionDef):
            self.define(node, names)
        elif isinstance(node, ast.Return):
            return self.value(node.value, names)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self.assign(target, node.value, names)
        elif isinstance(node, ast.AnnAssign):
            if node.value:
                self.assign(node.target, node.value, names)
        elif isinstance(node, ast.For):
            self.bind(node.target, self.value(node.iter, names), names)
            return self.run([*node.body, *node.orelse], names)
        elif isinstance(node, PLAIN):
            return self.parts(node, names)
        else:
            raise CannotFollowError(f"a statement is not understood: {ast.unparse(node)}")
        return NONE

    def parts(self, node: ast.AST, names: Names) -> Value:
        """Run the statements of a compound statement, and use its expressions."""
        returned = NONE
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                returned |= self.statement(child, names)
            elif isinstance(child, ast.expr):
                self.read_all(self.value(child, names))
            else:  # an exception handler or an item of `with`
                returned |= self.parts(child, names)
        return returned

    def assign(self, target: ast.expr, value: ast.expr, names: Names) -> None:
        """Bind the names of a target."""
        if isinstance(target, ast.Tuple) and called_name(value) == "load_task" and len(target.elts) == 2:
            self.followed.add(value.func)  # type: ignore[attr-defined]
            self.read.add(APPLIED)
            self.bind(target.elts[0], single_block("task", self.task), names)
            self.bind(target.elts[1], single_block("compute", Compute), names)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for each, other in zip(target.elts, value.elts, strict=True):
                self.assign(each, other, names)
        else:
            self.bind(target, self.value(value, names), names)
