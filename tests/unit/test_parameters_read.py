"""`read_parameters` lists what a script reads, or says what it cannot follow."""

import ast

import pytest
from parameter_blocks import CannotFollowError
from parameters_read import APPLIED, parameters_of

HELPERS = """
def seed(one):
    return one.seed

def anything(*blocks):
    return blocks[0].seed

def again(block):
    return again(block)
"""


def read_by_script(body: str, modality: str = "text", before: str = "") -> set[str]:
    """Return the parameters that a script with this body of `main` reads."""
    lines = "\n    ".join(["task, compute = load_task(name)", *body.splitlines()])
    return parameters_of(ast.parse(f"{before}\ndef main(name):\n    {lines}\n{HELPERS}"), modality)


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ("use(task.finetune.seed, compute.threads)", {"task.finetune.seed", "compute.threads"}),
        ("options = task.finetune\nif options.seed: pass", {"task.finetune.seed"}),
        ("a, b = task.stress, compute\nuse(lambda: a.rows_per_domain)", {"task.stress.rows_per_domain"}),
        ("use(task.finetune)", {"task.finetune"}),
        ("use({**task.tokenize.model_dump()})", {"task.tokenize"}),
        ("[block.language for block in task.domains]", {"task.source.language", "task.targets.language"}),
        ("for block in task.domains:\n    use(block.domain)", {"task.source.domain", "task.targets.domain"}),
        ("use(task.compress.paths)", {"task.compress.student_layers", "task.compress.unlabelled_texts"}),
        ("seed(task.evaluate)", {"task.evaluate.seed"}),
        ("def inner(): return task.modality\nuse(inner)", {"task.modality"}),
        (
            "if name: one = task.finetune\nelse: one = task.evaluate\nuse(one.seed)",
            {"task.finetune.seed", "task.evaluate.seed"},
        ),
        (
            "try: one = task.finetune\nexcept OSError: one = task.evaluate\nuse(one.seed)",
            {"task.finetune.seed", "task.evaluate.seed"},
        ),
        (
            "one = task.finetune\nfor _ in name:\n    use(one.batch_size)\n    one = task.evaluate",
            {"task.finetune.batch_size", "task.evaluate.batch_size"},
        ),
        ("def inner(): return one.seed\none = task.finetune\nuse(inner)", {"task.finetune.seed"}),
        ("def inner(): return task.finetune\nuse(inner().seed)", {"task.finetune"}),
        (
            "blocks = [one := block for block in task.domains]\nuse(one.language)",
            {"task.source.language", "task.targets.language"},
        ),
        ("seed = lambda one: one.rows_per_domain\nseed(task.stress)", {"task.stress"}),
        ("use(load_params().tasks)", {"tasks"}),
        ("for name in load_params().tasks: use(name)", {"tasks"}),
    ],
)
def test_parameters_that_a_script_reads(body, read):
    assert read_by_script(body) == read | {APPLIED}


@pytest.mark.parametrize(
    "body",
    [
        "use(task)",
        "task.no_such_key",
        "x = [task]\nuse(x)",
        "other = load_task(name)",
        "use(task.check_domains)",
        "use(task.finetune.__dict__)",
        "match task.finetune:\n    case block: use(block.seed)",
        "anything(task.finetune)",
        "seed(*[task.finetune])",
        "seed(**{'one': task.finetune})",
        "sorted(task.domains, key=lambda block: block.language)",
        "def inner(block=task.finetune): return block.seed",
        "use(lambda block=task.finetune: block.seed)",
        "@use\ndef inner(block): return block.seed",
        "block = None\ndef inner():\n    nonlocal block\n    block = task.finetune",
        "global block\nblock = task.finetune",
        "class Inner:\n    block = task.finetune",
        "again(task.finetune)",
        "return task",
        "load = load_task",
        "params.load_task(name)",
        "load_params().tasks[name].finetune, load_text_task(name)",
        "use('params.yaml')",
        "use(f'{name}/params.yaml')",
    ],
)
def test_a_use_that_cannot_be_followed_is_refused(body):
    with pytest.raises(CannotFollowError):
        read_by_script(body)


@pytest.mark.parametrize(
    "line",
    [
        "task, compute = load_task('news')",
        "if True:\n    task, compute = load_task('news')",
        "class Outer:\n    task, compute = load_task('news')",
        "@decorated\ndef helper(block): return block.seed",
        "from crossfer.config import params",
        "from crossfer.config.params import load_task as load",
        "from crossfer.config.params import PARAMS",
        "import crossfer.config.params",
    ],
)
def test_a_script_that_cannot_be_followed_is_refused(line):
    with pytest.raises(CannotFollowError):
        read_by_script("use(task.finetune)", before=line)
