"""Define the command line `crossfer`: its commands, arguments and help.

Each function imports what it runs when it is called, so that `crossfer --help` does not wait for heavy packages.
"""

from pathlib import Path
from typing import Annotated

import typer

from crossfer.entrypoint import CommandGroup

app = typer.Typer(
    cls=CommandGroup,
    help="Train, measure and serve classifiers that transfer between domains.",
    epilog="Run the pipeline with `make repro`; each stage is `python -m stages.<stage> <task>`.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Task = Annotated[str, typer.Argument(help="A task of params.yaml.")]


def main() -> None:
    """Run `crossfer` with the arguments of this process."""
    app(prog_name="crossfer")


def _print_version(wanted: bool) -> None:
    """Print the version and end, if it is wanted."""
    if wanted:
        from importlib.metadata import version

        print(f"crossfer {version('crossfer')}")
        raise typer.Exit


@app.callback()
def _global_options(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the cause of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Declare the options before a command; `CommandGroup` reads them."""


@app.command(epilog="Example: crossfer check")
def check() -> None:
    """Check params.yaml and list all of its mistakes."""
    from crossfer.config.params import PARAMS, load_params

    tasks = load_params().tasks
    print(f"{PARAMS} is valid: {len(tasks)} task{'s' * (len(tasks) > 1)} ({', '.join(tasks)}).")


@app.command(epilog='Example: crossfer predict news "The central bank raised its rate." --all')
def predict(
    task: Task,
    items: Annotated[list[str], typer.Argument(help="Texts, files, folders; or - for the standard input.")],
    model: Annotated[str, typer.Option(help="A folder, or an address in MLflow: models:/..., runs:/...")] = "",
    column: Annotated[str, typer.Option(help="The column of a table that has the contents.")] = "content",
    out: Annotated[Path | None, typer.Option(help="Write to this file (.jsonl or .parquet).")] = None,
    every: Annotated[bool, typer.Option("--all", help="Write the probability of every label.")] = False,
) -> None:
    """Classify texts or images with a compressed model."""
    from crossfer.commands.predict import run

    run(task, items, model=model, column=column, out=out, all_probabilities=every)


@app.command(epilog="Example: crossfer promote news")
def promote(task: Task) -> None:
    """Make a task's best compressed model its champion in MLflow."""
    from crossfer.commands.promote import run

    run(task)


@app.command(epilog="Example: crossfer trace data/models/news")
def trace(
    what: Annotated[str, typer.Argument(help="A path that dvc.lock has, the id of a run, or a commit.")],
) -> None:
    """Show where a file, run or commit comes from, and its uses."""
    from crossfer.commands.trace import run

    run(what)


@app.command(epilog="Example: crossfer verify")
def verify() -> None:
    """Rerun the pipeline in a clone and compare all outputs."""
    from crossfer.commands.verify import run

    raise typer.Exit(not run())


@app.command(epilog="Example: crossfer sync")
def sync() -> None:
    """Deliver records that wait for a tracking server."""
    from crossfer.commands.sync import run

    run()


@app.command(epilog="Example: crossfer clean --remove")
def clean(
    remove: Annotated[bool, typer.Option("--remove", help="Remove them; without it they are only listed.")] = False,
) -> None:
    """List or remove runs, models and caches that nothing needs."""
    from crossfer.commands.clean import run

    run(remove)


@app.command(epilog="Example: crossfer ablation news --set compute.threads=1")
def ablation(
    task: Task,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", "-S", metavar="KEY.KEY=VALUE", help="Change a parameter in all experiments."),
    ] = None,
) -> None:
    """Train variants of a task with fewer and fewer labels (hours)."""
    from crossfer.commands.ablation import run

    run(task, settings or [])


@app.command(epilog="Example: crossfer scrubber news")
def scrubber(task: Task) -> None:
    """Measure how well and how fast personal data is found."""
    from crossfer.commands.scrubber import run

    run(task)
