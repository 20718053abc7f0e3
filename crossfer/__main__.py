"""Run the command line: `python -m crossfer` is `crossfer`."""

from crossfer.commands.cli import main

main()
