"""Memory that is freed stays with the process: training frees and takes the same large blocks at every step."""

import ctypes

# Of glibc's malloc.h. Without them a large block goes back to the kernel when it is freed, and comes anew as pages of
# noughts: a tenth of the time of the matrix products (docs/performance.md).
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
LARGEST = 2**31 - 1  # bytes
PAD = 2**28


def keep_freed_memory() -> None:
    """Tell the allocator so, where it is glibc's; others are left as they are."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 2**30)
        mallopt(M_TRIM_THRESHOLD, LARGEST)
        mallopt(M_TOP_PAD, PAD)
