"""Adapt the model to each target that has shots: a few labelled rows of its own, and a result beside the zero-shot one.

Reads:  data/models/<task>, data/tokens/<task>: of each target with `shots` in params.yaml its train split
Writes: data/adapted/<task>: adapted.json, and of each such target the weights that its rows changed, and the history of
        their training. What the model of finetune says of any domain stays zero-shot. Logged to MLflow, a run a target.
Run:    python -m stages.adapt <task>

The rows are trained on as finetune trains, from where it ended.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from crossfer.artifacts import digests as hashing
from crossfer.artifacts import io, paths
from crossfer.artifacts.io import Domain
from crossfer.artifacts.paths import ID, INPUT, LABEL, SPLIT, TRAIN
from crossfer.config.params import Compute, Task, load_task
from crossfer.entrypoint import run_stage, say
from crossfer.modeling import sampling

if TYPE_CHECKING:
    from crossfer.tracking.run import Run


def main(task_name: str) -> None:
    """Adapt the model to each target that has shots."""
    task, compute = load_task(task_name)
    few = [domain for domain in io.read_domains(paths.tokens(task_name)) if domain.shots is not None]
    with ExitStack() as stack:
        runs: list[Run] = []  # open until the folder is whole, which dvc.lock has by one digest
        with io.replaced_folder(paths.adapted(task_name)) as folder:
            adapted = {}
            for domain in few:
                adapted[domain.name], run = _adapt(task_name, task, compute, domain, folder, stack)
                runs.append(run)
            io.write_json(folder / paths.ADAPTED, adapted)
        for run in runs:
            run.wrote(paths.adapted(task_name))
    if not few:
        say("adapt", task_name, "no target has shots")


def _adapt(
    task_name: str, task: Task, compute: Compute, domain: Domain, folder: Path, stack: ExitStack
) -> "tuple[dict[str, object], Run]":
    """Train the model on a target's shots, and write what changed.

    Returns:
        What adapted.json says of it, and the run, which ends with the stack.
    """
    from crossfer.modeling import heads, weight_delta
    from crossfer.modeling.reproducibility import prepare
    from crossfer.protocols import load_models
    from crossfer.tracking.run import start_run
    from crossfer.training.fit import fit

    options, models = task.finetune, load_models(task.modality)
    table, model_path = paths.table(paths.tokens(task_name), domain.name), paths.model(task_name)
    rows = io.read_table(table, [ID, LABEL, SPLIT, INPUT])
    training = rows[rows[SPLIT] == TRAIN]
    shots = training[sampling.n_per_label(training[LABEL], domain.shots or 0, options.seed)]
    digests = {path.as_posix(): hashing.digest(path) for path in (paths.require(model_path), table)}
    settings = {"domain": domain.name, "shots": domain.shots, "compute": compute.model_dump(), **options.model_dump()}
    run = stack.enter_context(start_run("adapt", task_name, digests, settings, digests[model_path.as_posix()]))
    name = f"{task_name}/{domain.name}/{TRAIN}"
    run.dataset(name, shots[[ID, LABEL]], table, digests[table.as_posix()], "training")
    device = prepare(compute, options.seed)
    model = models.load(model_path).to(device)
    known = [model.config.id2label[number] for number in range(model.config.num_labels)]
    labels = [*known, *sorted(set(shots[LABEL]) - set(known))]
    heads.add_labels(model, labels)
    before = weight_delta.weights(model)
    history, size, seconds = fit(model, models, labels, shots, None, options, run.metrics)
    changed = paths.adapter(folder, domain.name)
    weight_delta.save(model, before, changed)
    history.to_csv(folder / f"{domain.name}.csv", index=False)
    run.metrics(int(history["step"].max()), {**seconds, **size})
    run.files([changed])
    counts = shots[LABEL].value_counts()
    say("adapt", task_name, f"{domain.name}: {len(shots)} rows, {counts.min()} to {counts.max()} a label")
    return {"shots": domain.shots, "labels": labels, "rows": shots[ID].tolist()}, run


if __name__ == "__main__":
    run_stage(main)
