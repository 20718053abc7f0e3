"""Make `python -m crossfer` run the command line `crossfer`."""

from crossfer.commands.cli import main

main()
