"""crossfer: a command each for the stages of dvc.yaml, and for what is done beside them."""

import sys

if sys.argv[:1] == ["-m"]:  # a command is about to load its packages, for seconds: Ctrl-C then
    from crossfer.errors import end_interrupted

    sys.excepthook = end_interrupted
