"""Say how fast the pipeline tokenises and scores, beside the bare calls of the libraries on the same batches.

Not a stage. Both are run in turn, and the medians compared: 1.00 is the library's own speed.

Reads:  data/clean/<task>, data/tokens/<task>/encoder, data/models/<task>
Run:    python -m stages.throughput <task>
"""

import time
from collections.abc import Callable
from statistics import median

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from stages.modalities import load_modality, load_models
from stages.shared import artifacts, layout
from stages.shared.batches import batches_by_length
from stages.shared.command import run_stage, say
from stages.shared.determinism import prepare
from stages.shared.inference import logits
from stages.shared.layout import CONTENT
from stages.shared.params import load_text_task

ROWS = 128
TRIES = 5


def main(task_name: str) -> None:
    """Say how fast the pipeline tokenises and scores, beside the bare calls of the libraries."""
    task, compute = load_text_task(task_name)
    prepare(compute, 0)
    path = layout.table(layout.clean(task_name), task.source.domain)
    contents = list(next(artifacts.read_pieces(path))[CONTENT].iloc[:ROWS])
    encoder_path = layout.existing(layout.tokens(task_name) / layout.ENCODER)
    model_path = layout.existing(layout.model(task_name))
    encoder = load_modality(task.modality).load_encoder(encoder_path)
    inputs = encoder.encode(contents)

    tokenizer = AutoTokenizer.from_pretrained(encoder_path, trust_remote_code=False)
    texts = [task.tokenize.prefix + content for content in contents]
    length = task.tokenize.max_length
    _say(
        task_name,
        "tokenise",
        len(contents),
        lambda: encoder.encode(contents),
        lambda: tokenizer(texts, truncation=True, max_length=length),
    )

    models = load_models(task.modality)
    ours, size = models.load(model_path), task.evaluate.batch_size
    bare = AutoModelForSequenceClassification.from_pretrained(model_path, trust_remote_code=False).eval()
    rows = batches_by_length(inputs, size, "batches")
    batches = [tokenizer.pad({"input_ids": [inputs[row] for row in some]}, return_tensors="pt") for some in rows]

    def called() -> None:
        with torch.inference_mode():
            for batch in batches:
                bare(**batch)

    _say(task_name, "score", len(contents), lambda: logits(ours, inputs, models.collate, size, "score"), called)


def _say(task: str, what: str, rows: int, ours: Callable[[], object], bare: Callable[[], object]) -> None:
    """Time both in turn, after one try of each that does not count."""
    seconds: dict[Callable[[], object], list[float]] = {ours: [], bare: []}
    for number in range(TRIES + 1):
        for work, found in seconds.items():
            start = time.perf_counter()
            work()
            if number:
                found.append(time.perf_counter() - start)
    rate, bare_rate = (rows / median(found) for found in seconds.values())
    ratio = median(b / a for a, b in zip(*seconds.values(), strict=True))
    say("throughput", task, f"{what}: {rate:,.0f} rows a second, {bare_rate:,.0f} by bare calls, {ratio:.2f} of them")


if __name__ == "__main__":
    run_stage(main)
