"""`crossfer add` appends a block to params.yaml, and keeps everything else."""

import json
import re

import pytest
from own_tables import add, added_task, records, write
from ruamel.yaml import YAML

from crossfer.config.params import PARAMS, load_params

pytestmark = pytest.mark.usefixtures("params_folder")


def test_two_tables_become_a_block_of_six_lines(swahili):
    before = PARAMS.read_bytes()
    english = write("data/mine/en.csv", records(1500, text="review", label="rating"))
    output = add("reviews", english, "--target", swahili)
    block = (
        "  reviews:\n"
        "    <<: *text\n"
        "    files: data/mine\n"
        "    source: {domain: en, provider: table, path: data/mine/en.csv, columns: {text: review, label: rating}}\n"
        "    targets:\n"
        "      - {domain: sw, provider: table, path: data/mine/sw.csv, columns: {text: text, label: label}}\n"
    )
    assert PARAMS.read_bytes() == before + b"\n" + block.encode()
    assert block in output and output.endswith("Next: crossfer check reviews, then make repro.\n")
    row = next(line for line in output.splitlines() if line.startswith("en "))
    assert re.search(r"1,500 +at random +2: goods 750, service 750 +review +rating +separated by commas$", row)


def test_the_new_task_takes_all_other_options_from_the_anchor(swahili):
    add("reviews", write("data/mine/en.csv", records(1500)), "--target", swahili)
    task, news = added_task(), load_params().tasks["news"]
    assert (task.finetune, task.tokenize, task.backbone) == (news.finetune, news.tokenize, news.backbone)
    assert [block.language for block in task.domains] == ["en", "sw"]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: f"{text}    # a comment of digits\n",
        lambda text: text[text.index("defaults:") :] + "\n# The machine.\n" + text[: text.index("defaults:")],
        lambda text: re.sub(r"^( +)", r"\1\1", text, flags=re.M),
    ],
)
def test_everything_else_in_params_yaml_keeps_its_bytes(swahili, change):
    before = change(PARAMS.read_text(encoding="utf-8")).encode()
    PARAMS.write_bytes(before)
    PARAMS.chmod(0o640)
    add("reviews", write("data/mine/en.csv", records()), "--target", swahili)
    after = PARAMS.read_bytes()
    start = next(number for number, (old, new) in enumerate(zip(before + b"\0", after, strict=False)) if old != new)
    new = len(after) - len(before)
    assert before.startswith(after[:start]) and after[start + new :] == before[start:]
    assert b"reviews:" in after[start : start + new]
    assert (b"\r\n" in before) == (b"\r\n" in after) and after.count(b"\r\n") in (0, after.count(b"\n"))
    assert PARAMS.stat().st_mode & 0o777 == 0o640
    assert list(load_params().tasks) == ["news", "digits", "reviews"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda text: text.replace("&text\n", "&texts\n").replace("*text\n", "*texts\n"),
            "params.yaml has no block with the anchor &text, from which tasks take their options",
        ),
        (
            lambda text: (
                text.partition("\ntasks:")[0] + f"\ntasks: {json.dumps(YAML(typ='safe').load(text)['tasks'])}\n"
            ),
            "params.yaml has its tasks in braces; write each on its own lines",
        ),
        (lambda text: text.replace("epochs: 2", "epochs: two"), "finetune.epochs: expected a whole number"),
    ],
)
def test_unusual_params_yaml_is_refused(swahili, change, expected):
    PARAMS.write_text(change(PARAMS.read_text(encoding="utf-8")), encoding="utf-8")
    assert expected in add("reviews", write("data/mine/en.csv", records()), "--target", swahili, status=2)
