"""The source has no hidden import: only crossfer.protocols imports by name."""

import ast

import code_structure
import pytest
from code_structure import LOADERS, MODULES, closure, imported_modules, names_used, tree

DYNAMIC_IMPORTS = {"import_module", "__import__", "run_module", "run_path", "spec_from_file_location"}


@pytest.fixture
def write_module(tmp_path, monkeypatch):
    """A function that writes a temporary module of the library."""

    def write(name: str, text: str) -> str:
        file = tmp_path / f"{name}.py"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setitem(code_structure.MODULES, f"crossfer.{name}", file)
        return f"crossfer.{name}"

    yield write
    tree.cache_clear()
    imported_modules.cache_clear()


def test_only_protocols_imports_modules_by_name():
    """Benchmarks are exempt, since no stage runs them."""
    importing = {name for name in MODULES if names_used(name) & DYNAMIC_IMPORTS and not name.startswith("benchmarks.")}
    assert importing == {"crossfer.protocols"}


def test_loaders_are_all_functions_that_load_a_modality():
    functions = [node for node in tree("crossfer.protocols").body if isinstance(node, ast.FunctionDef)]
    loader_bodies = {node.name: ast.unparse(node.body[-1]) for node in functions if node.name.startswith("load_")}
    paths = {name: path.removeprefix("crossfer.").format("{name}") for name, path in LOADERS.items()}
    assert loader_bodies == {name: f"return _import(f'{path}')" for name, path in paths.items()}


@pytest.mark.parametrize("text", ["from . import errors", "from .errors import UserError", "from .. import stages"])
def test_relative_imports_are_refused(write_module, text):
    with pytest.raises(AssertionError, match="has a relative import"):
        imported_modules(write_module("relative", text))


@pytest.mark.parametrize(
    "text",
    [
        "from crossfer.protocols import load_compression\nload_compression('text')",
        "from crossfer.protocols import load_compression as load\nload('text')",
        "from crossfer import protocols\nprotocols.load_compression('text')",
    ],
)
def test_closure_includes_modules_loaded_for_a_modality(write_module, text):
    loading = write_module("loading", text)
    caller = write_module("caller", f"import {loading}\n\nprint({loading})")
    assert "crossfer.compression.text" in closure(caller, "text")
    assert "crossfer.compression.vision" in closure(caller, "vision")
