"""What tests read from the text of the code is all that runs: no code is imported in a way that they do not see."""

import ast

import code_structure
import pytest
from code_structure import LOADERS, MODULES, closure, imported_modules, names_used, tree

UNSEEN = {"import_module", "__import__", "run_module", "run_path", "spec_from_file_location"}


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Write modules of the library that exist in this test only."""

    def write(name: str, text: str) -> str:
        file = tmp_path / f"{name}.py"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setitem(code_structure.MODULES, f"crossfer.{name}", file)
        return f"crossfer.{name}"

    yield write
    tree.cache_clear()
    imported_modules.cache_clear()


def test_modules_are_imported_by_name_in_one_place_only():
    """Benchmarks are exempt, since no stage runs them."""
    importing = {name for name in MODULES if names_used(name) & UNSEEN and not name.startswith("benchmarks.")}
    assert importing == {"crossfer.protocols"}


def test_all_functions_that_import_code_of_a_modality_are_known():
    functions = [node for node in tree("crossfer.protocols").body if isinstance(node, ast.FunctionDef)]
    loaded = {node.name: ast.unparse(node.body[-1]) for node in functions if node.name.startswith("load_")}
    paths = {name: path.removeprefix("crossfer.").format("{name}") for name, path in LOADERS.items()}
    assert loaded == {name: f"return _import(f'{path}')" for name, path in paths.items()}


@pytest.mark.parametrize("text", ["from . import errors", "from .errors import UserError", "from .. import stages"])
def test_relative_imports_are_refused(made_up, text):
    with pytest.raises(AssertionError, match="has a relative import"):
        imported_modules(made_up("made_up", text))


@pytest.mark.parametrize(
    "text",
    [
        "from crossfer.protocols import load_compression\nload_compression('text')",
        "from crossfer.protocols import load_compression as load\nload('text')",
        "from crossfer import protocols\nprotocols.load_compression('text')",
    ],
)
def test_what_a_library_module_loads_for_a_modality_counts(made_up, text):
    loading = made_up("loading", text)
    caller = made_up("caller", f"import {loading}\n\nprint({loading})")
    assert "crossfer.compression.text" in closure(caller, "text")
    assert "crossfer.compression.vision" in closure(caller, "vision")
