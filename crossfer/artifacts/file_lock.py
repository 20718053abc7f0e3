"""Files that one process at a time holds; the system lets go of them when it ends, however it ends."""

import fcntl


def taken(file: int) -> bool:
    """Take an open file for this process; whether that was to be had."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
