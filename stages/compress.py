"""Make the trained classifier small enough to serve: a graph of ONNX in 8 bits, held against the model in every domain.

With compress.layers a student with fewer layers is made of it first, and taught by it on all rows that are for
training, of targets too, and on a file of texts. No label chooses anything: the student learns the model's own answers,
and what is left in single precision is chosen by the answers that change.

Reads:  data/models/<task>, data/tokens/<task>, data/predictions/<task>.parquet; for the model's card metrics.json of
        data/reports/<task> and manifest.json of data/raw/<task>; the file that compress.unlabelled names
Writes: data/onnx/<task>: the graph, its labels, what prepares contents for it, and a card (README.md); and
        data/reports/<task>/compress.json: what that changes in each domain. Logged to MLflow, with the small model,
        below the run that wrote the model.
Run:    python -m stages.compress <task>
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from crossfer.artifacts import digests as hashing
from crossfer.artifacts import io
from crossfer.artifacts import paths as layout
from crossfer.artifacts.paths import CONTENT, DESCRIPTION, GRAPH, INPUT, LABEL, SPLIT, TEST, TRAIN
from crossfer.backbones import described
from crossfer.compression import mixed_precision, onnx_export, parity, report
from crossfer.compression.candidates import Candidates
from crossfer.compression.scoring import Scorer
from crossfer.config.params import load_task
from crossfer.entrypoint import run_stage, say
from crossfer.errors import UserError
from crossfer.modeling import sampling
from crossfer.protocols import load_graphs, load_modality, load_models
from crossfer.reporting import metrics, model_card
from crossfer.tracking.models import ONNX
from crossfer.tracking.run import start_run


def main(task_name: str) -> None:
    """Make the trained classifier small enough to serve."""
    task, compute = load_task(task_name)
    options, modality, graphs = task.compress, load_modality(task.modality), load_graphs(task.modality)
    model_path, tokens_path = layout.require(layout.model(task_name)), layout.tokens(task_name)
    encoder_path = layout.require(tokens_path / layout.ENCODER)
    predictions = io.read_table(layout.predictions(task_name))
    measured_path = layout.reports(task_name) / layout.METRICS
    manifest_path = layout.raw(task_name) / layout.MANIFEST
    measured, manifest = io.read_json(measured_path), io.read_json(manifest_path)
    paths = [model_path, tokens_path, layout.predictions(task_name), measured_path, manifest_path]
    paths += [_given(Path(path)) for path in options.paths]
    digests = {path.as_posix(): hashing.digest(path) for path in paths}
    domains = io.read_domains(tokens_path)
    tables = {domain.name: layout.table(tokens_path, domain.name) for domain in domains}
    labels = list(predictions["probabilities"].iloc[0])
    rows = {name: predictions[predictions["domain"] == name] for name in tables}
    before = {name: metrics.by_label(found, labels) for name, found in rows.items()}
    scorer = Scorer(modality.load_encoder(encoder_path), compute.threads)
    source, kinds = domains[0].name, {domain.name: domain.kind for domain in domains}
    batches = [*scorer.batches(_examples(tables[source], options.calibration, options.seed))]

    settings = {**options.model_dump(), "compute": compute.model_dump()}
    with start_run("compress", task_name, digests, settings, digests[model_path.as_posix()]) as run:
        with io.replaced_folder(layout.onnx(task_name)) as folder, tempfile.TemporaryDirectory() as scratch:
            student_path, full, small = Path(scratch) / "student", Path(scratch) / "full.onnx", folder / GRAPH
            taught_on = graphs.make_student(
                model_path,
                student_path,
                lambda: {name: _unlabelled(table) for name, table in tables.items()},
                lambda: {modality.fingerprint(content) for table in tables.values() for content in _tests(table)},
                compute,
                options.seed,
                **options.of_the_modality(),
            )
            exported = student_path if taught_on else model_path
            graphs.export(exported, full, batches[0])
            error = parity.difference(full, exported, load_models(task.modality), scorer, tables)
            trials = Candidates(graphs, full, batches, scorer, tables)
            spared, after = mixed_precision.search(
                trials.blocks,
                trials.before() if taught_on else before,
                lambda spared: trials.answers(small, spared),
                trials.cost,
                options.tolerance,
                lambda what: say("compress", task_name, what),
            )
            shutil.copytree(encoder_path, folder, dirs_exist_ok=True)
            io.write_json(folder / DESCRIPTION, {"modality": task.modality, "labels": labels})
            scores = report.score(
                rows, kinds, source, before, after, labels, task.evaluate.bootstrap, task.evaluate.seed
            )
            scores |= report.sizes(io.weights_size(model_path), onnx_export.size(small), spared)
            scores |= {"student": {**options.of_the_modality(), "rows": taught_on}} if taught_on else {}
            card = model_card.text(
                task_name, task.modality, labels, *described(task.backbone), measured, manifest, scores
            )
            (folder / layout.CARD).write_text(card, encoding="utf-8")
        folder = layout.onnx(task_name)
        io.write_json(layout.compression_report(task_name), scores)
        run.metrics(0, {**report.numbers(scores), "graph_error": error})
        run.files([layout.compression_report(task_name)])
        example = next(io.read_chunks(tables[source]))[CONTENT].iloc[0]
        digest, _ = run.wrote(folder, layout.compression_report(task_name))
        run.model(f"{task_name}-onnx", folder, digest, ONNX, modality.PACKAGES, example)
    for line in report.summary(scores):
        say("compress", task_name, line)


def _given(path: Path) -> Path:
    """A file of the user's own that params.yaml names.

    Raises:
        UserError: it is not there.
    """
    if not path.is_file() or not os.access(path, os.R_OK):
        raise UserError(f"{path} is no file that is there and may be read; mend the path in params.yaml's compress.")
    return path


def _examples(source: Path, number: int, seed: int) -> list[NDArray[Any]]:
    """Inputs of some of the source's training rows, each label in its share."""
    rows = io.read_table(source, [LABEL, SPLIT, INPUT])
    training = rows[rows[SPLIT] == TRAIN]
    share = min(1.0, number / len(training))
    return list(training.loc[sampling.stratified_fraction(training[LABEL], share, seed), INPUT])


def _unlabelled(table: Path) -> list[NDArray[Any]]:
    """Inputs of a domain's rows that are for training; of a target no label of theirs is used for anything."""
    return [values for rows in io.read_chunks(table) for values in rows.loc[rows[SPLIT] == TRAIN, INPUT]]


def _tests(table: Path) -> Iterator[Any]:
    """Contents of a domain's test rows: a student may not have seen them."""
    for rows in io.read_chunks(table):
        yield from rows.loc[rows[SPLIT] == TEST, CONTENT]


if __name__ == "__main__":
    run_stage(main)
