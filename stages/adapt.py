"""Adapt the model to targets with `shots` in params.yaml: a few rows per label.

Reads:  data/models/<task>, and in data/tokens/<task> the training rows of these targets
Writes: data/adapted/<task>: adapted.json, and for each of these targets the changed weights and the history.
        data/models stays zero-shot. Logged to MLflow, one run per target.
Run:    python -m stages.adapt <task>

Training continues from the fine-tuned weights with the options of finetune.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from crossfer.artifacts import digests, io, paths
from crossfer.artifacts.io import Domain
from crossfer.artifacts.paths import ID, INPUT, LABEL, SPLIT, TRAIN, TaskPaths
from crossfer.config.params import Compute, Task, load_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.modeling.sampling import training_rows

if TYPE_CHECKING:
    from crossfer.tracking.run import Run


def main(task_name: str) -> None:
    """Adapt the model to each target that has shots."""
    task_paths = TaskPaths(task_name)
    task, compute = load_task(task_name)
    targets = [domain for domain in io.read_domains(task_paths.tokens) if domain.shots is not None]
    if not targets:
        print_progress("adapt", task_name, "no target has shots")
    model_path = task_paths.model
    inputs = {model_path.as_posix(): digests.digest(paths.require_path(model_path))} if targets else {}
    with ExitStack() as open_runs:  # each logs the digest of the complete folder
        runs: list[Run] = []
        with io.replace_folder(task_paths.adapted) as folder:
            adapted_entries = {}
            for domain in targets:
                adapted_entries[domain.name], run = _adapt(task_name, task, compute, domain, inputs, folder, open_runs)
                runs.append(run)
            io.write_json(folder / paths.ADAPTED_FILE, adapted_entries)
        for run in runs:
            run.log_outputs(task_paths.adapted)


def _adapt(
    task_name: str,
    task: Task,
    compute: Compute,
    domain: Domain,
    inputs: dict[str, str],
    folder: Path,
    open_runs: ExitStack,
) -> "tuple[dict[str, object], Run]":
    """Train the model on a target's shots, and write the changed weights.

    Returns:
        The target's entry in adapted.json, and its run, which stays open until `open_runs` ends.
    """
    from crossfer.modeling import heads, weight_delta
    from crossfer.modeling.reproducibility import set_up_torch
    from crossfer.protocols import load_models
    from crossfer.tracking.run import start_run
    from crossfer.training.fit import fit
    from crossfer.training.step_plan import StepPlan

    options, models = task.finetune, load_models(task.modality)
    table, model_path = paths.table_path(TaskPaths(task_name).tokens, domain.name), TaskPaths(task_name).model
    rows = io.read_table(table, [ID, LABEL, SPLIT, INPUT])
    shots = training_rows(rows, options.seed, per_label=domain.shots)
    inputs = {**inputs, table.as_posix(): digests.digest(table)}
    settings = {"domain": domain.name, "shots": domain.shots, "compute": compute.model_dump(), **options.model_dump()}
    run = open_runs.enter_context(start_run("adapt", task_name, inputs, settings, inputs[model_path.as_posix()]))
    counts = shots[LABEL].value_counts()
    requested = f" (shots: {domain.shots})" if domain.shots and counts.min() < domain.shots else ""
    row_counts = f"{len(shots)} rows, {counts.min()} to {counts.max()} per label{requested}"
    print_progress("adapt", task_name, f"{domain.name}: {row_counts}; {StepPlan(len(shots), options).describe()}")
    name = f"{task_name}/{domain.name}/{TRAIN}"
    run.log_dataset(name, shots[[ID, LABEL]], table, inputs[table.as_posix()], "training")
    device = set_up_torch(compute.device, compute.threads, options.seed)
    model = models.load(model_path).to(device)
    old_labels = heads.label_names(model)
    labels = [*old_labels, *sorted(set(shots[LABEL]) - set(old_labels))]
    heads.add_labels(model, labels)
    old_weights = weight_delta.copy_weights(model)
    result = fit(model, models, shots, None, options, run.log_metrics)
    delta_path = paths.weight_delta_path(folder, domain.name)
    weight_delta.save_delta(model, old_weights, delta_path)
    result.history.to_csv(folder / f"{domain.name}.csv", index=False)
    run.log_metrics(int(result.history["step"].max()), {**result.seconds, **result.sizes})
    run.log_files([delta_path])
    return {"shots": int(counts.max()), "labels": labels, "rows": shots[ID].tolist()}, run


if __name__ == "__main__":
    run_stage(main)
