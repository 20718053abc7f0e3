"""Find the blocks of params.yaml that an expression may be, hold or read."""

import abc
import ast
import inspect
import typing
from collections.abc import Iterable

from parameter_blocks import (
    NONE,
    CannotFollowError,
    Parameters,
    Value,
    arguments,
    called_name,
    classes_of,
    method_tree,
    single_block,
)
from pydantic import BaseModel

from crossfer.config.params import Params

PASS_ON = {"enumerate", "iter", "list", "next", "reversed", "sorted", "tuple", "zip"}  # they return their arguments
WHOLE = {"model_dump", "model_dump_json", "model_copy"}
TOO_LARGE = {"", "task"}  # if all of it counted as read, every stage would depend on every parameter
HOLDERS = (ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Starred, ast.BoolOp, ast.IfExp, ast.Subscript)

Names = dict[str, Value]


class Expressions(abc.ABC):
    """Evaluates expressions on blocks of parameters and records what they read."""

    @abc.abstractmethod
    def run(self, body: Iterable[ast.stmt], names: Names) -> Value:
        """Run statements until no name gains a block; return the blocks that they return."""

    @abc.abstractmethod
    def assign(self, target: ast.expr, value: ast.expr, names: Names) -> None:
        """Bind the names of a target."""

    def __init__(self, functions: dict[str, ast.FunctionDef], task: type[BaseModel]) -> None:
        self.functions, self.task, self.read = functions, task, set[str]()
        self.followed: set[ast.AST] = set()  # names of functions that read params.yaml, where they are called
        self.running: set[tuple[object, ...]] = set()

    def check_defaults(self, node: ast.FunctionDef | ast.Lambda, names: Names) -> None:
        """Refuse arguments that are blocks by default."""
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if self.value(default, names):
                raise CannotFollowError(f"an argument is a block of parameters by default: {ast.unparse(node)}")

    def bind(self, target: ast.expr, value: Value, names: Names) -> None:
        """Add blocks to those that the names of a target may be or hold."""
        if isinstance(target, ast.Name):
            names[target.id] = names.get(target.id, NONE) | value
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self.bind(each, value, names)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value, names)
        else:
            self.read_all(value)

    def read_all(self, value: Value) -> None:
        """Record that all of these blocks is read, as when other code receives them."""
        for block in value:
            if block.name in TOO_LARGE:
                raise CannotFollowError("other code receives the whole task; pass it one block of the task")
            self.read.add(block.name)

    def value(self, node: ast.expr | None, names: Names) -> Value:
        """Return the blocks that an expression may be or hold, and record what it reads."""
        if isinstance(node, ast.Name):
            return names.get(node.id, NONE)
        if isinstance(node, ast.Attribute):
            base = self.value(node.value, names)
            return frozenset().union(*(self.attribute(block, node.attr) for block in base))
        if isinstance(node, ast.Call):
            return self.call(node, names)
        if isinstance(node, ast.Lambda):
            self.check_defaults(node, names)
            return self.value(node.body, {**names, **dict.fromkeys(arguments(node), NONE)})
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            for part in node.generators:
                self.bind(part.target, self.value(part.iter, names), names)
                for condition in part.ifs:
                    self.read_all(self.value(condition, names))
            elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            return frozenset().union(*(self.value(each, names) for each in elements))
        if isinstance(node, ast.NamedExpr):
            self.assign(node.target, node.value, names)
            return self.value(node.target, names)
        children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)] if node else []
        held = [self.value(child, names) for child in children]
        if isinstance(node, ast.IfExp | ast.Subscript):  # a test or an index is used
            self.read_all(held.pop(0 if isinstance(node, ast.IfExp) else 1))
        if isinstance(node, HOLDERS):
            return frozenset().union(*held)
        self.read_all(frozenset().union(*held))
        return NONE

    def call(self, node: ast.Call, names: Names) -> Value:
        """Return the blocks that a call may return, and record what it reads."""
        called = called_name(node)
        if called == "super" and called in names:
            return names[called]
        if called == "load_params":
            self.followed.add(node.func)
            return single_block("", Params)
        positional = [self.value(each, names) for each in node.args]
        named = {each.arg: self.value(each.value, names) for each in node.keywords}
        blocks: Value = frozenset().union(*positional, *named.values())
        if called in self.functions and called not in names:
            function = self.functions[called]
            takes_any = function.args.vararg or function.args.kwarg
            if blocks and (takes_any or None in named or any(isinstance(each, ast.Starred) for each in node.args)):
                raise CannotFollowError(f"a block of parameters is one of any number of arguments: {ast.unparse(node)}")
            bound = {**dict(zip(arguments(function), positional, strict=False)), **named}
            return self.follow(function, {str(name): value for name, value in bound.items()})
        if called in PASS_ON and called not in names:
            if blocks and not all(isinstance(each.value, ast.Constant) for each in node.keywords):
                raise CannotFollowError(f"a function is passed to {called}: {ast.unparse(node)}")
            return blocks
        self.read_all(blocks)
        if isinstance(node.func, ast.Attribute):
            base = self.value(node.func.value, names)
            return frozenset().union(*(self.method(block, node.func.attr) for block in base))
        self.read_all(self.value(node.func, names))
        return NONE

    def follow(self, function: ast.FunctionDef, bound: Names) -> Value:
        """Run a function on blocks; return the blocks that it returns."""
        key = (id(function), frozenset(bound.items()))
        if not any(bound.values()):
            return NONE
        if key in self.running:
            raise CannotFollowError(f"{function.name} calls itself with a block of parameters")
        self.running.add(key)
        returned = self.run(function.body, dict(bound))
        self.running.remove(key)
        return returned

    def attribute(self, block: Parameters, name: str) -> Value:
        """Return the blocks that an attribute of a block is, and record what it reads."""
        known = [schema for schema in block.classes if hasattr(schema, name) or name in schema.model_fields]
        if not known:
            raise CannotFollowError(f"{block.name} has no {name}")
        blocks = NONE
        for schema in known:
            if name in schema.model_fields:
                annotation = schema.model_fields[name].annotation
                if typing.get_origin(annotation) is not dict and (classes := classes_of(annotation)):
                    blocks |= single_block(block.field(name), *classes)
                else:
                    self.read.add(block.field(name))
            elif isinstance(inspect.getattr_static(schema, name), property):
                blocks |= self.member(block, schema, name)
            elif name not in schema.__class_vars__:  # a class variable is no parameter
                raise CannotFollowError(f"{block.name}.{name} is no parameter and no property")
        return blocks

    def method(self, block: Parameters, name: str) -> Value:
        """Return the blocks that a method of a block may return, and record what it reads."""
        if name in WHOLE:
            self.read_all(frozenset({block}))
            return NONE
        return frozenset().union(*(self.member(block, schema, name) for schema in block.classes))

    def member(self, block: Parameters, schema: type[BaseModel], name: str) -> Value:
        """Run a property or a method of a class of blocks."""
        owner = next((each for each in schema.__mro__ if name in vars(each)), None)
        if owner is None:
            raise CannotFollowError(f"{block.name} has no {name}")
        member = vars(owner)[name]
        bases = [each for each in owner.__mro__[1:2] if issubclass(each, BaseModel)]
        functions, self.functions = self.functions, {}  # a method sees none of the script's functions
        returned = self.follow(
            method_tree(member.fget if isinstance(member, property) else member),
            {"self": single_block(block.name, schema), "super": single_block(block.name, *bases)},
        )
        self.functions = functions
        return returned
