"""Valid and corrupted inputs from Hypothesis: each gives a result or a UserError.

CROSSFER_FUZZ=20000 pytest -n0 tests/integration/test_fuzz_*.py tries 20,000 new inputs per target;
without it, each run tries the same 200.
"""

import os
from collections.abc import Callable

from hostile_texts import LABELS, TEXTS
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from crossfer.errors import UserError

REQUESTED = os.environ.get("CROSSFER_FUZZ")
fuzzed = settings(
    max_examples=int(REQUESTED or 200),
    derandomize=REQUESTED is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
slowly = settings(fuzzed, max_examples=fuzzed.max_examples // 4)  # where an input takes long
ODD_TEXTS = st.one_of(st.text(max_size=200), st.sampled_from([*TEXTS.values(), *LABELS]))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ODD_TEXTS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner), max_leaves=9
)


@st.composite
def corrupted(draw, *valid: bytes) -> bytes:
    """Return valid bytes with parts changed, removed, doubled or truncated."""
    content = bytearray(draw(st.sampled_from(valid)))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(content)))
        end = min(len(content), place + draw(st.integers(0, 30)))
        new = draw(st.one_of(st.binary(max_size=12), st.just(bytes(content[place:end]) * 2), st.just(b"\xff" * 4)))
        content[place:end] = new
    return bytes(content[: draw(st.one_of(st.none(), st.integers(0, len(content))))])


def assert_no_crash(work: Callable[[], object]) -> None:
    """Assert that a call raises nothing but a UserError with a printable message."""
    try:
        work()
    except UserError as error:
        assert str(error).strip() and str(error).encode("utf-8", "backslashreplace")
