"""The pipeline: one script per stage of dvc.yaml, run as `python -m stages.<stage> <task>`."""

import sys

if sys.argv[0] == "-m":  # a stage is being run, and this package is imported first: Ctrl-C may come as it loads
    from crossfer.errors import print_uncaught_exception

    sys.excepthook = print_uncaught_exception
