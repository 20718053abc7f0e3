"""Names in params.yaml that attack the shell: dvc.yaml's commands contain them."""

import shlex

import pytest
from pydantic import TypeAdapter, ValidationError
from repository import ROOT, STAGES, tiny_params
from ruamel.yaml import YAML

from crossfer.config.fields import NameOrPattern, TaskName

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
NAMES = [TypeAdapter(TaskName), TypeAdapter(NameOrPattern)]


@pytest.mark.parametrize("name", SHELL)
@pytest.mark.parametrize("names", NAMES, ids=["task", "domain"])
def test_names_with_shell_syntax_are_refused(names, name):
    with pytest.raises(ValidationError):
        names.validate_python(name, strict=True)


@pytest.mark.parametrize("names", NAMES, ids=["task", "domain"])
def test_valid_names_need_no_quoting(names):
    for name in ("a", "news-2_b", "a" * 64):
        assert names.validate_python(name) == name == shlex.quote(name)


def test_dvc_commands_contain_only_names():
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
            marks=pytest.mark.xfail(reason="DVC does not quote names in shell commands", strict=True),
        ),
    ],
)
def test_dvc_runs_no_command_in_a_task_name(empty_repository, tiny_backbone, name):
    """Without `crossfer check`, DVC refuses the name or runs no command in it."""
    params = tiny_params(tiny_backbone)
    params["tasks"][name] = params["tasks"].pop("tiny")
    empty_repository.write_params(params)
    with pytest.raises(AssertionError) as caught:
        empty_repository.run("dvc", "repro")
    assert "Traceback" not in str(caught.value)
    folder = empty_repository.folder
    assert [path for root in (folder, folder.parent) for path in root.glob("*pwned*")] == []


def test_check_refuses_a_task_name_with_shell_syntax(empty_repository, tiny_backbone):
    params = tiny_params(tiny_backbone)
    params["tasks"]["a; touch pwned"] = params["tasks"].pop("tiny")
    empty_repository.write_params(params)
    output = empty_repository.crossfer("check", status=2)
    assert "expected a name of at most 64 lower-case letters" in output


@pytest.mark.parametrize("command", [("stages.ingest", "$(touch pwned)"), ("crossfer", "promote", "a' or '1'='1")])
def test_commands_refuse_an_unknown_task(empty_repository, command):
    assert "is not in params.yaml" in empty_repository.run("python", "-m", *command, status=2)
