"""Deliver the records that wait for the tracking store, as each stage does."""

from crossfer.reporting.formatting import count_with_noun
from crossfer.tracking import delivery, outbox, store


def run() -> None:
    """Deliver the records of runs that wait for the tracking store."""
    with store.access():
        store.experiment_id()  # fails if the store is unavailable, even if no record waits
    delivered_runs = count_with_noun(delivery.deliver_abandoned(), "run", "runs")
    print(f"Delivered the records of {delivered_runs} to {store.masked_address()}.")
    if n_waiting := len(outbox.pending_journals()):
        print(f"Still waiting: {n_waiting}. These runs are in progress, were rejected for now, or use another store.")
