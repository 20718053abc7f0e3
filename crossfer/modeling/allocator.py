"""Keep freed memory in the process, since each step allocates the same blocks."""

import ctypes

# Options of glibc's mallopt (malloc.h). By default glibc returns a large freed block to the kernel, which fills its
# pages with zeros at the next allocation: a tenth of the time of the matrix products (docs/performance.md).
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3


def keep_freed_memory() -> None:
    """Let glibc's allocator keep freed memory; other allocators stay unchanged."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 2**30)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(M_TOP_PAD, 2**28)
