"""Names in params.yaml that are meant to break out of shells: they stand in dvc.yaml's commands."""

import shlex

import pytest
from pydantic import TypeAdapter, ValidationError
from repository import ROOT, STAGES, tiny_params
from ruamel.yaml import YAML

from crossfer.config.fields import Name

pytestmark = pytest.mark.timeout(1200)
SHELL = [
    "a;b",
    "a b",
    "$(touch pwned)",
    "`x`",
    "a|b",
    "a&b",
    "a>b",
    "../x",
    "a/b",
    "'",
    '"',
    "-rf",
    "--help",
    "a\nb",
    "a\n",
]
SHELL += ["é", "A", "", ".", "a" * 65, "a\0", "${x}", "a*", "~", "a\\b", "#", "%s", "{0}", "\u200ba"]
NAME = TypeAdapter(Name)


@pytest.mark.parametrize("name", SHELL)
def test_no_name_means_anything_to_a_shell(name):
    with pytest.raises(ValidationError):
        NAME.validate_python(name, strict=True)


def test_a_good_name_is_itself_to_a_shell():
    for name in ("a", "news-2_b", "0", "a" * 64):
        assert NAME.validate_python(name) == name == shlex.quote(name)


def test_commands_of_dvc_hold_nothing_but_names():
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for name, stage in stages.items():
        command = stage.get("do", stage)["cmd"]
        assert command == f"python -m stages.{name}" + (" '${key}'" if name in STAGES else "")


@pytest.mark.parametrize(
    "name",
    [
        *("a; touch pwned", "$(touch pwned)", "`touch pwned`", "a | touch pwned", "a\ntouch pwned", "../../pwned"),
        pytest.param(
            "a'; touch pwned; '",
            marks=pytest.mark.xfail(reason="DVC puts a name into its shell's command as it is", strict=True),
        ),
    ],
)
def test_without_our_check_dvc_runs_nothing_of_a_name(empty_repository, tiny_backbone, name):
    """`dvc repro` by hand, with no check before it: DVC itself refuses such a name, or no command of it is run."""
    params = tiny_params(tiny_backbone)
    params["tasks"][name] = params["tasks"].pop("tiny")
    empty_repository.write_params(params)
    with pytest.raises(AssertionError) as failed:
        empty_repository.run("dvc", "repro")
    assert "Traceback" not in str(failed.value)
    folder = empty_repository.folder
    assert [path for place in (folder, folder.parent) for path in place.glob("*pwned*")] == []


def test_the_check_before_dvc_says_it(empty_repository, tiny_backbone):
    params = tiny_params(tiny_backbone)
    params["tasks"]["a; touch pwned"] = params["tasks"].pop("tiny")
    empty_repository.write_params(params)
    said = empty_repository.crossfer("check", status=2)
    assert "expected a name of at most 64 lower-case letters" in said


@pytest.mark.parametrize("command", [("stages.ingest", "$(touch pwned)"), ("crossfer", "promote", "a' or '1'='1")])
def test_a_task_on_the_command_line_is_one_of_params_yaml(empty_repository, command):
    assert "is not in params.yaml" in empty_repository.run("python", "-m", *command, status=2)
