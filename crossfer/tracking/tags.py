"""Names of the tags that describe and link runs."""

STAGE, TASK, MODEL_DIGEST, COMMIT = "crossfer.stage", "crossfer.task", "crossfer.model_digest", "crossfer.git_commit"
INPUT, OUTPUT = "crossfer.input.", "crossfer.output."  # prefixes of paths; the value is the digest
DIRTY, DVC_EXPERIMENT = "crossfer.git_dirty", "crossfer.dvc_experiment"
ABLATION, GROUP = "crossfer.ablation", "crossfer.group"
PACKAGES, PROCESSOR = "crossfer.packages", "crossfer.processor"
FINGERPRINT, RESUMED, REPRODUCED = "crossfer.fingerprint", "crossfer.resumed", "crossfer.reproduced"
JOURNAL = "crossfer.journal"  # id of the journal that delivered the run
