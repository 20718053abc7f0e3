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

from stages.shared import artifacts, draw, hashing, layout
from stages.shared.artifacts import Domain
from stages.shared.command import run_stage, say
from stages.shared.layout import ID, INPUT, LABEL, SPLIT, TRAIN
from stages.shared.params import Compute, Task, load_task

if TYPE_CHECKING:
    from stages.shared.tracking import Run


def main(task_name: str) -> None:
    """Adapt the model to each target that has shots."""
    task, compute = load_task(task_name)
    few = [domain for domain in artifacts.read_domains(layout.tokens(task_name)) if domain.shots is not None]
    with ExitStack() as stack:
        runs: list[Run] = []  # open until the folder is whole, which dvc.lock has by one digest
        with artifacts.replaced_folder(layout.adapted(task_name)) as folder:
            adapted = {}
            for domain in few:
                adapted[domain.name], run = _adapt(task_name, task, compute, domain, folder, stack)
                runs.append(run)
            artifacts.write_json(folder / layout.ADAPTED, adapted)
        for run in runs:
            run.wrote(layout.adapted(task_name))
    if not few:
        say("adapt", task_name, "no target has shots")


def _adapt(
    task_name: str, task: Task, compute: Compute, domain: Domain, folder: Path, stack: ExitStack
) -> "tuple[dict[str, object], Run]":
    """Train the model on a target's shots, and write what changed.

    Returns:
        What adapted.json says of it, and the run, which ends with the stack.
    """
    from stages.modalities import load_models
    from stages.shared import adapter, heads
    from stages.shared.determinism import prepare
    from stages.shared.fitting import fit
    from stages.shared.tracking import tracked

    options, models = task.finetune, load_models(task.modality)
    table, model_path = layout.table(layout.tokens(task_name), domain.name), layout.model(task_name)
    rows = artifacts.read_table(table, [ID, LABEL, SPLIT, INPUT])
    training = rows[rows[SPLIT] == TRAIN]
    shots = training[draw.number(training[LABEL], domain.shots or 0, options.seed)]
    digests = {path.as_posix(): hashing.digest(path) for path in (layout.existing(model_path), table)}
    settings = {"domain": domain.name, "shots": domain.shots, "compute": compute.model_dump(), **options.model_dump()}
    run = stack.enter_context(tracked("adapt", task_name, digests, settings, digests[model_path.as_posix()]))
    name = f"{task_name}/{domain.name}/{TRAIN}"
    run.dataset(name, shots[[ID, LABEL]], table, digests[table.as_posix()], "training")
    device = prepare(compute, options.seed)
    model = models.load(model_path).to(device)
    known = [model.config.id2label[number] for number in range(model.config.num_labels)]
    labels = [*known, *sorted(set(shots[LABEL]) - set(known))]
    heads.add_labels(model, labels)
    before = adapter.weights(model)
    history, size, seconds = fit(model, models, labels, shots, None, options, run.metrics)
    changed = layout.adapter(folder, domain.name)
    adapter.save(model, before, changed)
    history.to_csv(folder / f"{domain.name}.csv", index=False)
    run.metrics(int(history["step"].max()), {**seconds, **size})
    run.files([changed])
    counts = shots[LABEL].value_counts()
    say("adapt", task_name, f"{domain.name}: {len(shots)} rows, {counts.min()} to {counts.max()} a label")
    return {"shots": domain.shots, "labels": labels, "rows": shots[ID].tolist()}, run


if __name__ == "__main__":
    run_stage(main)
