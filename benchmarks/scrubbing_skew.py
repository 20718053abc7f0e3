"""Measure the skew between training and serving that scrubbing causes: a served model gets texts with personal data.

Reads:  data/raw/<task>, data/clean/<task>, data/onnx/<task>
Run:    python -m benchmarks.scrubbing_skew <task>
"""

import pandas as pd

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, ID, LABEL, TEST, TaskPaths
from crossfer.config.params import load_text_task
from crossfer.entrypoint import run_stage
from crossfer.modalities.text.data import load_cleaner
from crossfer.reporting.formatting import percent
from crossfer.reporting.markdown import escape, table
from crossfer.serving.classifier import Classifier

HEADER = ("domain", "test rows", "rows with personal data", "changed predictions", "accuracy, scrubbed", "as served")


def main(task_name: str) -> None:
    """Print the accuracy of the int8 model on test rows that are scrubbed, and on the same rows as they are served."""
    task_paths = TaskPaths(task_name)
    _, compute = load_text_task(task_name)
    raw, clean, onnx = task_paths.raw, task_paths.clean, paths.require_path(task_paths.onnx)
    classifier, cleaner = Classifier(onnx, compute.threads), load_cleaner(onnx)
    lines = []
    for domain in io.read_domains(clean):
        tests = pd.concat(
            io.read_split(paths.table_path(clean, domain.name), TEST, [ID, CONTENT, LABEL]), ignore_index=True
        )
        served = tests[ID].map(io.read_table(paths.table_path(raw, domain.name), [ID, CONTENT]).set_index(ID)[CONTENT])
        scrubbed = served.map(lambda text: cleaner.clean(text)[0]) != tests[CONTENT]
        before = pd.Series([answer.label for answer in classifier.predict(tests[CONTENT])])
        after = before.copy()
        after[scrubbed] = [answer.label for answer in classifier.predict(served[scrubbed])]
        counts = [str(len(tests)), str(scrubbed.sum()), str((before != after).sum())]
        accuracies = [percent((labels == tests[LABEL]).mean()) for labels in (before, after)]
        lines.append([escape(domain.name), *counts, *accuracies])
    print(table(HEADER, lines))


if __name__ == "__main__":
    run_stage(main)
