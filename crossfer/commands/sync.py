"""Let the tracking store have the records that wait for it in the outbox, each once.

Not a stage; every stage does the same before it begins. A run whose process was killed ends as killed.
"""

from crossfer.tracking import delivery, outbox, store


def run() -> None:
    """Let the tracking store have the records that wait for it."""
    waiting = len(outbox.waiting())
    with store.access():
        store.experiment_id()
        delivery.deliver_left()
    left = len(outbox.waiting())
    print(f"{store.name()} has the records of {waiting - left} more runs.")
    if left:
        print(f"Those of {left} are under way, or wait for another store that MLFLOW_TRACKING_URI named.")
