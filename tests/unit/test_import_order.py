"""Folders of crossfer/ import only earlier ones in docs/architecture.md."""

import re

import pytest
from code_structure import MODULES, folder_of, imported_modules
from repository import ROOT

TABLE = re.findall(
    r"^\| (\d+) \| `(\w+)` \|", (ROOT / "docs/architecture.md").read_text(encoding="utf-8"), re.MULTILINE
)
RANK = {folder: int(level) for level, folder in TABLE}


def test_every_folder_has_a_place_in_the_order():
    assert {folder_of(module) for module in MODULES} - {"crossfer"} == set(RANK)
    assert len(TABLE) == len(RANK)


@pytest.mark.parametrize("folder", RANK)
def test_a_folder_imports_only_folders_before_it(folder):
    for module in (name for name in MODULES if folder_of(name) == folder):
        for imported in imported_modules(module):
            other = folder_of(imported)
            assert other in (folder, "crossfer") or RANK[other] < RANK[folder], f"{module} imports {imported}"


LOGGED = {
    f"crossfer.serving.{name}" for name in ("pyfunc", "pyfunc_onnx", "pyfunc_torch")
}  # MLflow runs them with a model


def test_only_tracking_and_the_code_of_models_import_mlflow():
    importing = {name for name in MODULES if "mlflow" in imported_modules(name, third_party=True)}
    assert importing > LOGGED
    assert {folder_of(name) for name in importing - LOGGED} == {"tracking"}
