"""Run the pipeline: one script per stage of dvc.yaml.

Run a stage: `python -m stages.<stage> <task>`.
"""

import sys

if sys.argv[0] == "-m":  # a stage is running; Ctrl-C may come while it imports its packages
    from crossfer.errors import print_uncaught_exception

    sys.excepthook = print_uncaught_exception
