"""Everything made anew in a fresh clone: what is the same is said to be, and what is not."""

from ruamel.yaml import YAML

from crossfer.commands import verify


def test_outputs_that_are_not_what_the_commit_says(repository, tmp_path):
    """All others are the same bytes, in another folder and with a cache of its own; nothing is left beside."""
    made = repository.copied(tmp_path / "planted", "mlflow.db", "mlruns", "cache", "tmp")
    lock = YAML(typ="safe").load((made.folder / "dvc.lock").read_text())
    (out,) = lock["stages"]["finetune@tiny"]["outs"]
    out["md5"] = "0" * 32 + ".dir"
    lock["stages"]["finetune@gone"] = {"cmd": "x", "outs": [{**out, "path": "data/models/gone"}]}
    del lock["stages"]["tokenize@tiny"]
    YAML().dump(lock, made.folder / "dvc.lock")
    made.commit("planted")
    said = made.crossfer("verify", status=1)
    rows = [
        line for line in said.splitlines() if line.startswith("| ") and ("@" in line or line.startswith("| compare"))
    ]
    others = [row for row in rows if not row.endswith("| same |")]
    assert sorted(others) == [
        "| finetune@gone | data/models/gone | not made |",
        "| finetune@tiny | data/models/tiny | other bytes |",
        "| tokenize@tiny | data/tokens/tiny | not in dvc.lock |",
    ]
    assert len(rows) > 15
    assert f"{len(rows) - 3} of {len(rows)} outputs are the same bytes." in said
    assert list(tmp_path.iterdir()) == [made.folder]


def test_nothing_to_hold_against(empty_repository):
    said = empty_repository.crossfer("verify", status=2)
    assert said.splitlines()[-1].startswith("error: dvc.lock is not there; ")


def test_what_was_not_made_is_said():
    committed = {("a", "x"): "1", ("a", "y"): "2", ("b", "z"): "3"}
    found = verify.table(committed, {("a", "x"): "1", ("a", "y"): "9", ("c", "w"): "4"}).splitlines()
    assert found[2:5] == ["| a | x | same |", "| a | y | other bytes |", "| b | z | not made |"]
    assert found[5] == "| c | w | not in dvc.lock |"
    assert found[-1] == "1 of 4 outputs are the same bytes."
