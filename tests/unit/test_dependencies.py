"""pyproject.toml declares every imported package, and type stubs of these only."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = [requirement for extra in PROJECT["optional-dependencies"].values() for requirement in extra]
DOCUMENTED_PARTS = {"pydantic_core"}  # pydantic requires its exact version and documents its use
OWN_MODULES = {"crossfer", "stages", "benchmarks", *(file.stem for file in ROOT.glob("tests/**/*.py"))}


def package_names(requirements):
    """Return the normalized names of packages in requirements."""
    return {re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower() for requirement in requirements}


def imported_modules(*folders):
    """Return the names of third-party packages that the code in folders imports."""
    modules = set()
    for file in (file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.split(".")[0])
    return modules - OWN_MODULES - DOCUMENTED_PARTS - sys.stdlib_module_names


@pytest.mark.parametrize(
    ("folders", "declared"),
    [
        (("crossfer", "stages"), PROJECT["dependencies"]),
        (("benchmarks", "tests"), PROJECT["dependencies"] + EXTRAS),
    ],
)
def test_imported_packages_are_declared(folders, declared):
    distributions = packages_distributions()
    missing = {
        module
        for module in imported_modules(*folders)
        if not package_names(distributions.get(module, [module])) & package_names(declared)
    }
    assert not missing


def test_type_stubs_are_of_imported_packages():
    stubbed = {
        name.removeprefix("types-").removesuffix("-stubs")
        for name in package_names(EXTRAS)
        if "types-" in name or "-stubs" in name
    }
    assert stubbed <= {module.lower() for module in imported_modules("crossfer", "stages", "benchmarks")}
