"""Measure the skew between training and serving.

Texts are scrubbed for training, but a served model gets raw texts.

Reads:  data/raw/<task>, data/clean/<task>, data/onnx/<task>
Writes: data/measurements/<task>-scrubbing_skew.md
Run:    python -m benchmarks.scrubbing_skew <task>
"""

import pandas as pd

from benchmarks import measure
from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, ID, LABEL, TEST, TaskPaths
from crossfer.config.params import load_text_task
from crossfer.entrypoint import run_stage
from crossfer.preprocessing.scrubbing import IdScrubber
from crossfer.reporting.formatting import percent
from crossfer.reporting.markdown import escape
from crossfer.serving.classifier import Classifier

HEADER = (
    "domain",
    "test rows",
    "rows with personal data",
    "changed predictions",
    "accuracy, scrubbed",
    "accuracy, raw",
)


def main(task_name: str) -> None:
    """Compare the int8 model's accuracy on scrubbed and on raw test rows."""
    task_paths = TaskPaths(task_name)
    task, compute = load_text_task(task_name)
    raw, clean = task_paths.raw, task_paths.clean
    classifier = Classifier(paths.require_path(task_paths.onnx), compute.threads)
    domains, rows = io.read_domains(clean), []
    id_scrubber = IdScrubber(task.preprocess.scrub, [paths.table_path(raw, domain.name) for domain in domains])
    for domain in domains:
        tests = pd.concat(
            io.read_split(paths.table_path(clean, domain.name), TEST, [ID, CONTENT, LABEL]), ignore_index=True
        )
        raw_rows = io.read_table(paths.table_path(raw, domain.name), [ID, CONTENT])
        ids = [id_scrubber.replace(row_id, domain.name) for row_id in raw_rows[ID]]
        raw_texts = pd.Series(raw_rows[CONTENT].array, ids)
        served_texts = tests[ID].map(raw_texts)
        is_scrubbed = served_texts.map(lambda text: classifier.cleaner.clean(text)[0]) != tests[CONTENT]
        labels_scrubbed = pd.Series([prediction.label for prediction in classifier.predict(tests[CONTENT])])
        labels_served = labels_scrubbed.copy()
        labels_served[is_scrubbed] = [prediction.label for prediction in classifier.predict(served_texts[is_scrubbed])]
        counts = [str(len(tests)), str(is_scrubbed.sum()), str((labels_scrubbed != labels_served).sum())]
        accuracies = [percent((labels == tests[LABEL]).mean()) for labels in (labels_scrubbed, labels_served)]
        rows.append([escape(domain.name), *counts, *accuracies])
    measure.write_table(task_name, "scrubbing_skew", HEADER, rows)


if __name__ == "__main__":
    run_stage(main)
