"""A clone has the bytes of its origin, also if git is set to convert line ends."""

import pytest
from repository import ROOT, Repository

CONVERSIONS = {"autocrlf": ("core.autocrlf=true",), "eol": ("core.autocrlf=true", "core.eol=crlf")}
CHECKED = (".ci/run", "Makefile", "docs/mlflow.png")  # not in the repositories of tests


@pytest.mark.parametrize("settings", CONVERSIONS.values(), ids=CONVERSIONS)
def test_clone_keeps_all_bytes(empty_repository, tmp_path_factory, settings):
    folder = empty_repository.folder
    for name in CHECKED:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    (folder / "data/mine").mkdir()
    (folder / "data/mine/windows.csv").write_bytes(b"text,label\r\nThe bank raised its rate.,business\r\n")
    empty_repository.commit("own data")
    clone = Repository.at(tmp_path_factory.mktemp("clone") / "clone")
    options = [word for setting in settings for word in ("--config", setting)]
    empty_repository.run("git", "clone", "--quiet", *options, str(folder), str(clone.folder))
    names = empty_repository.run("git", "ls-files", "-z").split("\0")[:-1]
    assert {*CHECKED, "data/mine/windows.csv", "params.yaml"} <= set(names)
    assert [name for name in names if (clone.folder / name).read_bytes() != (folder / name).read_bytes()] == []
    assert clone.run("git", "status", "--porcelain") == ""
