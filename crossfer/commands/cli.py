"""Define the command line `crossfer`: its commands, arguments and help.

Each function imports its command when it is called, so that `crossfer --help` does not import heavy packages.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from crossfer.entrypoint import CommandGroup

app = typer.Typer(
    cls=CommandGroup,
    help="Train, evaluate and serve classifiers that transfer across languages and image styles.",
    epilog="Run the pipeline with `make repro`; each stage is `python -m stages.<stage> <task>`.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Task = Annotated[str, typer.Argument(help="Name of a task in params.yaml.")]


def main() -> None:
    """Run `crossfer` with the arguments of this process."""
    app(prog_name="crossfer")


def _print_version(is_requested: bool) -> None:
    """Print the version and exit if it is requested."""
    if is_requested:
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
    """Declare the global options; `CommandGroup` reads them."""


@app.command(epilog="Example: crossfer add reviews data/mine/en.csv --target sw=data/mine/sw.csv")
def add(
    task: Annotated[str, typer.Argument(help="Name of the new task.")],
    source: Annotated[str, typer.Argument(metavar="[NAME=]SOURCE", help="Table, folder or Hub data set to train on.")],
    targets: Annotated[
        list[str] | None, typer.Option("--target", metavar="[NAME=]PATH", help="The same to test on; may be repeated.")
    ] = None,
    text: Annotated[list[str] | None, typer.Option(help="Column of the text; may be repeated.")] = None,
    label: Annotated[str | None, typer.Option(help="Column of the label.")] = None,
    language: Annotated[
        list[str] | None, typer.Option(metavar="NAME=LANGUAGE", help="Language of a domain that has another name.")
    ] = None,
    fallback: Annotated[str | None, typer.Option(help="Encoding of files that are not UTF-8.")] = None,
) -> None:
    """Add a task with your own data to params.yaml."""
    from crossfer.commands.add import run

    run(task, source, targets or [], text=text or [], label=label, languages=language or [], fallback=fallback)


@app.command(epilog="Example: crossfer check")
def check(
    tasks: Annotated[
        list[str] | None, typer.Argument(help="Tasks whose data are read; by default those with your own data.")
    ] = None,
) -> None:
    """Check params.yaml and the data before training."""
    from crossfer.commands.check import run

    run(tasks or [])


@app.command(epilog='Example: crossfer predict news "The central bank raised its rate." --all')
def predict(
    task: Task,
    items: Annotated[list[str], typer.Argument(help="Texts, files or folders; - for standard input.")],
    model: Annotated[str, typer.Option(help="Folder or MLflow address (models:/..., runs:/...) of the model.")] = "",
    column: Annotated[str, typer.Option(help="Column of a table that has the contents.")] = "content",
    quotes: Annotated[
        Literal["standard", "none"], typer.Option(help="none if quotes are text in a CSV or TSV file.")
    ] = "standard",
    fallback: Annotated[str, typer.Option(help="Encoding of tables and texts that are not UTF-8.")] = "none",
    out: Annotated[Path | None, typer.Option(help="File to write (.jsonl or .parquet).")] = None,
    all_probabilities: Annotated[bool, typer.Option("--all", help="Write the probability of every label.")] = False,
) -> None:
    """Classify texts or images with a compressed model."""
    from crossfer.commands.predict import run

    run(
        task,
        items,
        model=model,
        column=column,
        quotes=quotes,
        fallback=fallback,
        out=out,
        all_probabilities=all_probabilities,
    )


@app.command(epilog="Example: crossfer promote news")
def promote(task: Task) -> None:
    """Register a task's best compressed model as its champion."""
    from crossfer.commands.promote import run

    run(task)


@app.command(epilog="Example: crossfer trace data/models/news")
def trace(
    subject: Annotated[str, typer.Argument(help="Path in dvc.lock, id of a run, or commit.")],
) -> None:
    """Show the origin and the uses of a file, run or commit."""
    from crossfer.commands.trace import run

    run(subject)


@app.command(epilog="Example: crossfer verify")
def verify() -> None:
    """Rerun the pipeline in a clone and compare all outputs."""
    from crossfer.commands.verify import run

    raise typer.Exit(not run())


@app.command(epilog="Example: crossfer sync")
def sync() -> None:
    """Send waiting records of runs to the tracking store."""
    from crossfer.commands.sync import run

    run()


@app.command(epilog="Example: crossfer clean --remove")
def clean(
    remove: Annotated[bool, typer.Option("--remove", help="Remove them instead of only listing them.")] = False,
) -> None:
    """List or remove runs, models and cached files without use."""
    from crossfer.commands.clean import run

    run(remove)


@app.command(epilog="Example: crossfer ablation news --set compute.threads=1")
def ablation(
    task: Task,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", "-S", metavar="KEY.KEY=VALUE", help="Parameter to change in all experiments."),
    ] = None,
) -> None:
    """Train variants of a task with fewer labels (takes hours)."""
    from crossfer.artifacts.locks import lock_outputs
    from crossfer.commands.ablation import run

    with lock_outputs(f"ablation@{task}"):
        run(task, settings or [])


@app.command(epilog="Example: crossfer scrubber news")
def scrubber(task: Task) -> None:
    """Measure how well and how fast personal data is detected."""
    from crossfer.commands.scrubber import run

    run(task)
