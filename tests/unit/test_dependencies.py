"""pyproject.toml declares every package that the code imports, and no type stubs of packages that it does not."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = [requirement for extra in PROJECT["optional-dependencies"].values() for requirement in extra]
PARTS = {"pydantic_core"}  # pydantic names its exact version, and documents its use
OURS = {"crossfer", "stages", "benchmarks", *(file.stem for file in ROOT.glob("tests/**/*.py"))}


def names(requirements):
    """Return names of packages as the package index compares them."""
    return {re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower() for requirement in requirements}


def imported(*folders):
    """Return the top-level names of other people's modules that the code in some folders imports."""
    found = set()
    for file in (file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found - OURS - PARTS - sys.stdlib_module_names


@pytest.mark.parametrize(
    ("folders", "declared"),
    [
        (("crossfer", "stages"), PROJECT["dependencies"]),
        (("benchmarks", "tests"), PROJECT["dependencies"] + EXTRAS),
    ],
)
def test_what_is_imported_is_declared(folders, declared):
    distributions = packages_distributions()
    missing = {
        module for module in imported(*folders) if not names(distributions.get(module, [module])) & names(declared)
    }
    assert not missing


def test_type_stubs_are_of_imported_packages():
    stubbed = {
        name.removeprefix("types-").removesuffix("-stubs")
        for name in names(EXTRAS)
        if "types-" in name or "-stubs" in name
    }
    assert stubbed <= {module.lower() for module in imported("crossfer", "stages", "benchmarks")}
