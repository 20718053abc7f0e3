"""Deliver the records of runs that wait for the tracking store, each once.

Not a stage: every stage does the same before it begins. A run whose process was killed ends as killed.
"""

from crossfer.tracking import delivery, outbox, store


def run() -> None:
    """Deliver the records of runs that wait for the tracking store."""
    with store.access():
        store.experiment_id()  # fails if the store is unavailable, also if nothing waits
    delivered = delivery.deliver_abandoned()
    print(f"Delivered the records of {delivered} runs to {store.masked_address()}.")
    if left := len(outbox.pending()):
        print(f"{left} more are under way, were rejected for now, or wait for another store of MLFLOW_TRACKING_URI.")
