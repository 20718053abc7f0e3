"""Folders of crossfer/ import only folders that come before them."""

import pytest
from code_structure import MODULES, folder_of, imported_modules

ORDER = (
    ("errors", "flatten", "protocols"),
    ("config",),
    ("privacy", "reporting"),
    ("artifacts", "entrypoint"),
    ("backbones", "sources", "tracking"),
    ("modeling",),
    ("evaluation", "comparison"),
    ("modalities",),
    ("serving", "training", "preprocessing", "robustness"),
    ("compression",),
    ("stages", "commands"),
    ("benchmarks", "__main__"),
)
RANK = {folder: rank for rank, folders in enumerate(ORDER) for folder in folders}


def test_every_folder_has_a_place_in_the_order():
    assert {folder_of(module) for module in MODULES} - {"crossfer"} == set(RANK)


@pytest.mark.parametrize("folder", RANK)
def test_a_folder_imports_only_folders_before_it(folder):
    for module in (name for name in MODULES if folder_of(name) == folder):
        for imported in imported_modules(module):
            other = folder_of(imported)
            assert other in (folder, "crossfer") or RANK[other] < RANK[folder], f"{module} imports {imported}"


LOGGED = {"crossfer.serving.pyfunc_onnx", "crossfer.serving.pyfunc_torch"}  # MLflow runs them with a model


def test_only_tracking_and_the_code_of_models_import_mlflow():
    importing = {name for name in MODULES if "mlflow" in imported_modules(name, third_party=True)}
    assert importing > LOGGED
    assert {folder_of(name) for name in importing - LOGGED} == {"tracking"}
