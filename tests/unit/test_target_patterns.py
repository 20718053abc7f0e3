"""A target with placeholders stands for a target per match."""

from pathlib import Path

import pytest
from repository import ROOT
from ruamel.yaml import YAML

from crossfer.config.params import load_params
from crossfer.config.target_patterns import expand_targets
from crossfer.errors import UserError

SOURCE = {"domain": "eng_latn", "language": "en", "provider": "table", "path": "mine/eng_Latn/train.tsv"}
LATIN = {"domain": "{language}_{script}", "provider": "table", "path": "mine/{language}_{script}/test.tsv"}


def load(folder, *targets, source=SOURCE, name="params.yaml"):
    params = YAML(typ="safe").load(ROOT / "tests/support" / name)
    (task,) = params["tasks"].values()
    task |= {"files": "mine", "source": source, "targets": list(targets)}
    YAML().dump(params, folder / "params.yaml")
    (task,) = load_params(folder / "params.yaml").tasks.values()
    return task


def expand(*targets, source=SOURCE, name="params.yaml"):
    """Return the targets of a task by name, and the reports, in the current folder."""
    task = load(Path(), *targets, source=source, name=name)
    expanded, reports = expand_targets(task.source, task.targets)
    return {target.domain: target for target in expanded}, reports


@pytest.fixture(autouse=True)
def _files(tmp_path, monkeypatch):
    """Tables of four languages, and files that are none."""
    monkeypatch.chdir(tmp_path)
    for name in ("amh_Ethi", "eng_Latn", "swh_Latn", "zho_Hans", ".hidden_Latn"):
        folder = tmp_path / "mine" / name
        folder.mkdir(parents=True)
        for split in ("train", "test"):
            (folder / f"{split}.tsv").write_text("text\tlabel\na\tb\n", encoding="utf-8")
    (tmp_path / "mine/README.md").touch()
    (tmp_path / "mine/old_Latn/test.tsv").mkdir(parents=True)


def test_a_pattern_is_a_target_per_match_except_the_source():
    targets, reports = expand(LATIN)
    assert {name: (target.language, target.path) for name, target in targets.items()} == {
        "amh_ethi": ("amh", "mine/amh_Ethi/test.tsv"),
        "swh_latn": ("swh", "mine/swh_Latn/test.tsv"),
        "zho_hans": ("zho", "mine/zho_Hans/test.tsv"),
    }
    assert reports == [
        "mine/{language}_{script}/test.tsv matches 3 targets: amh_ethi, swh_latn, zho_hans (left out: eng_latn)"
    ]


def test_one_placeholder_is_the_domain_and_the_language():
    targets, _ = expand(LATIN | {"domain": "{language}", "path": "mine/{language}/test.tsv"})
    assert {name: target.language for name, target in targets.items()}["amh_ethi"] == "amh_ethi"


def test_the_data_of_a_source_with_another_name_is_left_out():
    source = SOURCE | {"domain": "en", "path": "mine/eng_Latn/*.tsv"}
    targets, reports = expand(LATIN, source=source)
    assert list(targets) == ["amh_ethi", "swh_latn", "zho_hans"]
    assert reports[0].endswith("(left out: eng_latn)")


def test_a_target_of_its_own_replaces_its_match():
    shots = {"domain": "swh_latn", "provider": "table", "path": "mine/swh_Latn/*.tsv", "shots": 2}
    for order in ((shots, LATIN), (LATIN, shots)):
        targets, _ = expand(*order)
        assert {name: target.shots for name, target in targets.items()} == {
            "amh_ethi": None,
            "swh_latn": 2,
            "zho_hans": None,
        }


def test_official_splits_have_the_same_matches(tmp_path):
    path = {"train": "mine/{language}/train.tsv", "test": "mine/{language}/test.tsv"}
    pattern = LATIN | {"domain": "{language}", "path": path}
    targets, _ = expand(pattern)
    assert targets["swh_latn"].path == {"train": "mine/swh_Latn/train.tsv", "test": "mine/swh_Latn/test.tsv"}
    (tmp_path / "mine/swh_Latn/train.tsv").unlink()
    with pytest.raises(UserError, match=r"^mine/swh_Latn/train\.tsv does not exist, but other splits of it do"):
        expand(pattern)


def test_folders_of_texts_and_of_images():
    """A file next to the folders is no match."""
    texts = {"domain": "{language}", "provider": "folder", "path": "mine/{language}", "fallback": "none"}
    targets, _ = expand(texts, source=texts | {"domain": "en", "path": "mine/eng_Latn"})
    assert list(targets) == ["amh_ethi", "old_latn", "swh_latn", "zho_hans"]
    images = {"domain": "of-{camera}", "provider": "folder", "path": "mine/{camera}"}
    targets, _ = expand(images, source=images | {"domain": "x", "path": "mine/eng_Latn"}, name="params_vision.yaml")
    assert {name: target.path for name, target in targets.items()}["of-amh_ethi"] == "mine/amh_Ethi"


def test_wildcards_and_a_placeholder_twice(tmp_path):
    (tmp_path / "mine/swh_Latn/swh.csv").touch()
    targets, _ = expand(LATIN | {"domain": "{language}", "path": "mine/{language}_*/{language}.csv"})
    assert targets["swh"].path == "mine/swh_*/swh.csv"


@pytest.mark.parametrize(
    ("wildcard", "domains"),
    [
        ("[z-a]", []),
        ("[[t]", ["de", "fr"]),
        ("[!t]", ["de", "en", "es"]),
        ("[^t]", ["fr", "es"]),
        ("[]]", ["en"]),
        ("[]t]", ["en", "fr"]),
    ],
)
def test_brackets_mean_the_same_as_in_other_paths(tmp_path, recwarn, wildcard, domains):
    for name in ("de[", "en]", "es^", "frt"):
        (tmp_path / "mine" / f"{name}.tsv").touch()
    pattern = LATIN | {"domain": "{language}", "path": f"mine/{{language}}{wildcard}.tsv"}
    if domains:
        assert sorted(expand(pattern)[0]) == sorted(domains)
    else:
        with pytest.raises(UserError, match="matches no target"):
            expand(pattern)
    assert not [warning for warning in recwarn if warning.category is FutureWarning]


def test_the_source_in_a_folder_with_brackets_is_left_out(tmp_path):
    for name in ("e[n]/en.tsv", "sw/sw.tsv"):
        (tmp_path / "mine" / name).parent.mkdir()
        (tmp_path / "mine" / name).touch()
    source = SOURCE | {"domain": "english", "path": "mine/e[n]/en.tsv"}
    targets, _ = expand(LATIN | {"domain": "{language}", "path": "mine/*/{language}w.tsv"}, source=source)
    assert list(targets) == ["s"]
    targets, reports = expand(LATIN | {"domain": "to-{language}", "path": "mine/*/{language}.tsv"}, source=source)
    assert "to-sw" in targets and "to-en" not in targets
    assert reports[0].endswith("(left out: to-en)")


def test_the_source_behind_a_link_is_left_out(tmp_path):
    (tmp_path / "mine/linked").symlink_to("eng_Latn", target_is_directory=True)
    source = SOURCE | {"domain": "english"}
    targets, _ = expand(LATIN | {"domain": "{language}", "path": "mine/{language}/train.tsv"}, source=source)
    assert list(targets) == ["amh_ethi", "swh_latn", "zho_hans"]


@pytest.mark.parametrize(
    "path", ["./mine/{language}/test.tsv", "mine/./{language}//test.tsv", "mine/**//{language}/./test.tsv"]
)
def test_a_path_need_not_be_normal(path):
    targets, _ = expand(LATIN | {"domain": "{language}", "path": path})
    assert list(targets) == ["amh_ethi", "swh_latn", "zho_hans"]


@pytest.mark.parametrize(
    ("path", "name", "message"),
    [
        ("mine/{language}/dev.tsv", None, "mine/{language}/dev.tsv matches no target; correct the path"),
        ("mine/{language}/test.tsv", "My Data", "mine/My Data/test.tsv would be the domain 'my data'; rename it: "),
        ("mine/{language}/test.tsv", "all", "mine/all/test.tsv would be the domain 'all'; rename it: "),
        ("mine/{language}/test.tsv", "SWH_latn", "mine/swh_Latn/test.tsv and mine/SWH_latn/test.tsv are both domain"),
    ],
)
def test_matches_that_are_refused(tmp_path, path, name, message):
    if name:
        (tmp_path / "mine" / name).mkdir()
        (tmp_path / "mine" / name / "test.tsv").touch()
    with pytest.raises(UserError) as caught:
        expand(LATIN | {"domain": "{language}", "path": path})
    assert str(caught.value).startswith(message)


def test_only_the_source_matches():
    with pytest.raises(UserError, match=r"matches no target \(left out: eng_latn\); correct the path"):
        expand(LATIN | {"domain": "eng_{script}", "path": "mine/eng_{script}/test.tsv", "language": "en"})


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (LATIN, LATIN, "tasks.news: the source is one domain, not a pattern ({language}_{script}); name one."),
        (SOURCE, LATIN | {"path": "mine/{language}/test.tsv"}, "{script} is not in both domain"),
        (SOURCE, LATIN | {"domain": "{language}"}, "{script} is not in both domain"),
        (SOURCE, LATIN | {"language": "{region}"}, "language has {region}, which is not in domain"),
        (SOURCE, {"domain": "{language}", "provider": "news_probe"}, "provider news_probe reads no path"),
        (SOURCE, LATIN | {"path": {"test": "mine/{language}_{script}", "train": "mine/x"}}, "and path (mine/x)"),
        (SOURCE, LATIN | {"domain": "{Language}"}, "expected a name of at most 64 lower-case letters"),
    ],
)
def test_mistakes_in_patterns(tmp_path, source, target, message):
    with pytest.raises(UserError) as caught:
        load(tmp_path, target, source=source)
    assert message in str(caught.value)
