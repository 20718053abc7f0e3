"""Train the recipe of transformers' quickstart on a task's rows.

All layers train for 3 epochs at a learning rate of 5e-5.

Reads:  data/clean/<task>, the backbone of params.yaml
Writes: data/measurements/<task>-quickstart_recipe.json: seconds of training, and the scores of every domain
Run:    python -m benchmarks.quickstart_recipe <task>
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, LABEL, SPLIT, TEST, TaskPaths
from crossfer.backbones import locate_backbone
from crossfer.config.params import Compute, load_text_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.modeling.sampling import training_rows
from crossfer.reporting.formatting import accuracy_with_interval
from crossfer.reporting.transfer import score_domains

# As in the quickstart. All else is Trainer's default: AdamW, 5e-5, linear decay without warm-up, 3 epochs.
MAX_LENGTH, BATCH_SIZE, SEED = 128, 16, 0


def main(task_name: str) -> None:
    """Train the quickstart recipe on a task's rows, and score it in every domain."""
    task, compute = load_text_task(task_name)
    clean = paths.require_path(TaskPaths(task_name).clean)
    languages = {domain.name: domain.language for domain in io.read_domains(clean)}
    source, tables = next(iter(languages)), {name: io.read_table(paths.table_path(clean, name)) for name in languages}
    tests = {name: rows[rows[SPLIT] == TEST] for name, rows in tables.items()}
    max_length = min(MAX_LENGTH, task.tokenize.max_length)
    train_rows = training_rows(tables[source], SEED)
    scores, predicted_labels = train(locate_backbone(task.backbone), train_rows, tests, max_length, compute)
    predictions = {name: rows.assign(prediction=predicted_labels[name]) for name, rows in tests.items()}
    scores |= score_domains(predictions, languages, source, task.evaluate.bootstrap_samples, task.evaluate.seed)
    io.write_json(paths.benchmark_path(task_name, "quickstart_recipe", "json"), scores)
    for name, domain in scores["domains"].items():
        print_progress("quickstart_recipe", task_name, f"{name}: accuracy {accuracy_with_interval(domain)}")
    if scores["zero_shot"]:
        print_progress(
            "quickstart_recipe", task_name, f"zero-shot, mean: {accuracy_with_interval(scores['zero_shot'])}"
        )
    print_progress("quickstart_recipe", task_name, f"training took {scores['train_seconds']:.0f} s")


def train(
    backbone: Path, train_rows: pd.DataFrame, tests: dict[str, pd.DataFrame], max_length: int, compute: Compute
) -> tuple[dict[str, Any], dict[str, pd.Series]]:
    """Train on rows, and predict the test rows of each domain.

    Returns:
        train_rows, train_tokens (of all epochs), train_seconds and threads; and the predicted labels by domain.
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
    labels = sorted(train_rows[LABEL].unique())

    def encode(rows: pd.DataFrame, **columns: Any) -> Dataset:
        return Dataset.from_dict({**tokenizer(list(rows[CONTENT]), truncation=True, max_length=max_length), **columns})

    dataset = encode(train_rows, labels=[labels.index(label) for label in train_rows[LABEL]])
    model = AutoModelForSequenceClassification.from_pretrained(
        backbone, num_labels=len(labels), use_safetensors=True, trust_remote_code=False
    )
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            per_device_train_batch_size=BATCH_SIZE,
            per_device_eval_batch_size=2 * BATCH_SIZE,
            seed=SEED,
            save_strategy="no",
            report_to="none",
            use_cpu=compute.device == "cpu",
            disable_tqdm=True,
        )
        collator = DataCollatorWithPadding(tokenizer)
        trainer = Trainer(model, arguments, collator, train_dataset=dataset, processing_class=tokenizer)
        trainer.remove_callback(PrinterCallback)
        start = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - start
        predicted_labels = {
            name: pd.Series([labels[n] for n in trainer.predict(encode(rows)).predictions.argmax(1)], rows.index)
            for name, rows in tests.items()
        }
    tokens = int(sum(map(len, dataset["input_ids"])) * arguments.num_train_epochs)
    sizes = {"train_rows": len(dataset), "train_tokens": tokens}
    return {**sizes, "train_seconds": round(seconds, 1), "threads": torch.get_num_threads()}, predicted_labels


if __name__ == "__main__":
    run_stage(main)
