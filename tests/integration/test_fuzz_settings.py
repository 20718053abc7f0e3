"""Readers of settings take any content: they return a result or raise UserError.

tests/support/fuzzing.py sets the number of inputs.
"""

import json
from pathlib import Path

from fuzzing import ODD_TEXTS, SCALARS, VALUES, assert_no_crash, corrupted, fuzzed, slowly
from hypothesis import given
from hypothesis import strategies as st
from repository import ROOT, tiny_params

from crossfer.commands import predict_inputs as inputs
from crossfer.config import params
from crossfer.tracking import store

GOOD_PARAMS = (ROOT / "params.yaml").read_bytes()
KEYS = st.sampled_from(["compute", "tasks", "device", "threads", "modality", "files", "source", "targets", "backbone"])
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=12)


@fuzzed
@given(
    content=st.one_of(
        st.binary(max_size=200), corrupted(GOOD_PARAMS), TREES.map(lambda tree: json.dumps(tree).encode())
    )
)
def test_params_read_any_content(tmp_path, content):
    (tmp_path / "params.yaml").write_bytes(content)
    assert_no_crash(lambda: params.load_params(tmp_path / "params.yaml"))


@slowly
@given(data=st.data())
def test_params_take_any_value(tmp_path, data):
    tree = json.loads(json.dumps(tiny_params(Path("nowhere"))))
    node = tree
    while isinstance(node, dict | list) and node:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            node[key] = data.draw(VALUES)
            break
        node = node[key]
    (tmp_path / "params.yaml").write_text(json.dumps(tree), encoding="utf-8")
    assert_no_crash(lambda: params.load_params(tmp_path / "params.yaml"))


@fuzzed
@given(item=ODD_TEXTS)
def test_predict_inputs_take_any_text(item):
    assert_no_crash(lambda: [*inputs.read_inputs([f"no such {item}"], "text")])


@fuzzed
@given(secret=st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=8), user=st.text(max_size=8))
def test_mask_secrets_removes_every_password(secret, user):
    assert f"<{secret}>" not in store.mask_secrets(f"http://{user}:<{secret}>@host:5000/path")
    assert store.mask_secrets(f"http://{user}:{secret}@host/path?{secret.replace('@', '')}") == "http://host/path"
