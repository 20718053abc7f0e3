"""The names of the tags that runs are found and described by."""

STAGE, TASK, MODEL_DIGEST, COMMIT = "crossfer.stage", "crossfer.task", "crossfer.model_digest", "crossfer.git_commit"
INPUT, OUTPUT = "crossfer.input.", "crossfer.output."  # before a path; the value is its digest
DIRTY, DVC_EXPERIMENT = "crossfer.git_dirty", "crossfer.dvc_experiment"
ABLATION, GROUP = "crossfer.ablation", "crossfer.group"
PACKAGES, PROCESSOR = "crossfer.packages", "crossfer.processor"
FINGERPRINT, RESUMED, REPRODUCED = "crossfer.fingerprint", "crossfer.resumed", "crossfer.reproduced"
JOURNAL = "crossfer.journal"  # the id of the journal that the run was delivered from
