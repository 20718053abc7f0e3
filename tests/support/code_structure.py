"""The imports of the code, found in its source without running it."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from repository import ROOT

PACKAGES = ("crossfer", "stages", "benchmarks")
LOADERS = {  # functions of crossfer/protocols.py that import a modality's code by its name
    "load_modality": "crossfer.modalities.{}.data",
    "load_models": "crossfer.modalities.{}.model",
    "load_compression": "crossfer.compression.{}",
    "load_robustness": "crossfer.robustness.{}",
}
LOGGED = {  # code that MLflow logs and runs with a model, by the name that selects it
    "TORCH": "crossfer.serving.pyfunc_torch",
    "ONNX": "crossfer.serving.pyfunc_onnx",
}


def _name(file: Path) -> str:
    """Return the dotted name of a module."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name(file): file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))}


def folder_of(module: str) -> str:
    """Return the folder of crossfer/, or the package, that a module belongs to."""
    first, *others = module.split(".")
    return others[0] if first == "crossfer" and others else first


@functools.cache
def tree(module: str) -> ast.Module:
    """Return the syntax tree of a module of this project."""
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def is_empty(module: str) -> bool:
    """Return whether a module has only a docstring."""
    return len(tree(module).body) <= 1


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes below one, except those that only type checkers see."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from _executed(child)


@functools.cache
def imported_modules(module: str, third_party: bool = False) -> frozenset[str]:
    """Return the imports from this project, or the top-level names of all others."""
    names = set()
    for node in _executed(tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{module} has a relative import: {ast.unparse(node)}"
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            submodules = inside & set(MODULES)
            names |= submodules
            if submodules != inside or not submodules:
                names.add(node.module)
    ours = {name for name in names if name.split(".")[0] in PACKAGES}
    return frozenset({name.split(".")[0] for name in names - ours} if third_party else ours & set(MODULES))


def names_used(module: str) -> set[str]:
    """Return all names that a module imports or uses, attributes among them."""
    names = set()
    for node in ast.walk(tree(module)):
        match node:
            case ast.alias(name=name) | ast.Name(id=name) | ast.Attribute(attr=name):
                names.add(name)
    return names


def closure(module: str, modality: str) -> set[str]:
    """Return the modules of this project that a stage runs for a modality.

    Empty modules are left out.
    """
    names: set[str] = set()
    pending = [module]
    while pending:
        name = pending.pop()
        if name in names:
            continue
        names.add(name)
        pending += imported_modules(name)
        parts = name.split(".")
        pending += [".".join(parts[:end]) for end in range(1, len(parts))]  # packages are imported with their modules
        used = names_used(name)
        pending += [LOADERS[one].format(modality) for one in used & set(LOADERS)]
        if name.startswith("stages."):
            pending += [LOGGED[one] for one in used & set(LOGGED)]
    # What stages/__init__.py does decides no output: it says what Ctrl-C prints while packages load.
    return {name for name in names if not is_empty(name) and name != "stages"}
