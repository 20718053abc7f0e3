"""The recipe that most would use, on a task's rows: every layer, 3 epochs, 5e-5, as transformers' Trainer has it.

Not a stage: the measure that finetune is held against, in accuracy (docs/benchmarks.md) and in time.

Reads:  data/clean/<task>, the backbone of params.yaml
Writes: data/stock/<task>.json: seconds of training, and the scores of every domain
Run:    python -m benchmarks.baseline <task>
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, ID, LABEL, SPLIT, TEST, TRAIN
from crossfer.backbones import located
from crossfer.config.params import Compute, load_text_task
from crossfer.entrypoint import run_stage, say
from crossfer.reporting import metrics
from crossfer.reporting.formatting import score

# The quickstart's. What is not named here is Trainer's default: AdamW, 5e-5, linear decay without warm-up, 3 epochs.
MAX_LENGTH, BATCH_SIZE, SEED = 128, 16, 0


def main(task_name: str) -> None:
    """Train and score as most would, on a task's rows, and say how long it took."""
    task, compute = load_text_task(task_name)
    clean = paths.require(paths.clean(task_name))
    domains = io.read_domains(clean)
    tables = {domain.name: io.read_table(paths.table(clean, domain.name)) for domain in domains}
    source = domains[0].name
    backbone = located(task.backbone)
    tests = {name: rows[rows[SPLIT] == TEST] for name, rows in tables.items()}
    training = tables[source][tables[source][SPLIT] == TRAIN]
    found, guesses = trained(backbone, training, tests, min(MAX_LENGTH, task.tokenize.max_length), compute)
    resamples, seed = task.evaluate.bootstrap, task.evaluate.seed
    found["domains"] = {
        name: metrics.domain_scores(tests[name][LABEL], guess, resamples, seed) for name, guess in guesses.items()
    }
    right = {
        name: pd.Series((tests[name][LABEL] == guess).to_numpy(), tests[name][ID]) for name, guess in guesses.items()
    }
    macro_f1 = {name: float(scores["macro_f1"]) for name, scores in found["domains"].items()}
    kinds = {domain.name: domain.kind for domain in domains}
    found["zero_shot"] = metrics.transfer(right, macro_f1, kinds, source, resamples, seed)
    paths.baseline_run(task_name).parent.mkdir(parents=True, exist_ok=True)
    io.write_json(paths.baseline_run(task_name), found)
    for name, scores in found["domains"].items():
        say("stock", task_name, f"{name}: accuracy {score(scores)}")
    if found["zero_shot"]:
        say("stock", task_name, f"zero-shot, mean: {score(found['zero_shot'])}")
    say("stock", task_name, f"training took {found['train_seconds']:.0f} s")


def trained(
    backbone: Path, training: pd.DataFrame, tests: dict[str, pd.DataFrame], max_length: int, compute: Compute
) -> tuple[dict[str, Any], dict[str, pd.Series]]:
    """Train as the quickstart of transformers does, and classify.

    Args:
        backbone: a Hugging Face folder.
        training: rows with the columns content and label.
        tests: of each domain, rows with the column content.
        max_length: tokens, at which a longer text is cut.
        compute: the machine that the work is given.

    Returns:
        train_rows, train_tokens (each as often as it was seen), train_seconds and threads; and of each domain a guess a
        row.
    """
    import torch
    from datasets import Dataset
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        PrinterCallback,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    torch.set_num_threads(compute.threads)
    set_seed(SEED)
    tokenizer = AutoTokenizer.from_pretrained(backbone, trust_remote_code=False)
    labels = sorted(training[LABEL].unique())
    numbers = {label: number for number, label in enumerate(labels)}

    def encoded(rows: pd.DataFrame, **columns: Any) -> Dataset:
        return Dataset.from_dict({**tokenizer(list(rows[CONTENT]), truncation=True, max_length=max_length), **columns})

    data = encoded(training, labels=[numbers[label] for label in training[LABEL]])
    model = AutoModelForSequenceClassification.from_pretrained(
        backbone, num_labels=len(labels), use_safetensors=True, trust_remote_code=False
    )
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                folder,
                per_device_train_batch_size=BATCH_SIZE,
                per_device_eval_batch_size=2 * BATCH_SIZE,
                seed=SEED,
                save_strategy="no",
                report_to="none",
                use_cpu=compute.device == "cpu",
                disable_tqdm=True,
            ),
            train_dataset=data,
            data_collator=DataCollatorWithPadding(tokenizer),
            processing_class=tokenizer,
        )
        trainer.remove_callback(PrinterCallback)
        start = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - start
        guesses = {
            name: pd.Series([labels[n] for n in trainer.predict(encoded(rows)).predictions.argmax(1)], rows.index)
            for name, rows in tests.items()
        }
    tokens = int(sum(map(len, data["input_ids"])) * trainer.args.num_train_epochs)
    about = {"train_rows": len(data), "train_tokens": tokens, "train_seconds": round(seconds, 1)}
    return {**about, "threads": torch.get_num_threads()}, guesses


if __name__ == "__main__":
    run_stage(main)
