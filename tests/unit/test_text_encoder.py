"""Encoding text with the tokenizer of a backbone."""

import shutil

import pytest

from crossfer.errors import UserError
from crossfer.modalities.text import data as text
from crossfer.modalities.text.data.encoder import max_tokens
from crossfer.protocols import load_modality, load_models


def test_encoder(tiny_backbone, tmp_path):
    encoder = load_modality("text").make_encoder(tiny_backbone, tmp_path, max_length=12, prefix="query: ")
    short, long = encoder.encode(["the bank", "the bank " * 50])
    assert short[0] == 1 and short[-1] == 2
    assert len(long) == 12 and long[-1] == 2
    loaded = text.load_encoder(tmp_path)
    assert loaded.prefix == "query: "
    assert [list(ids) for ids in loaded.encode(["the bank"])] == [list(short)]


def test_tokens_equal_those_of_transformers(tiny_backbone, tmp_path):
    from transformers import AutoTokenizer

    encoder = text.make_encoder(tiny_backbone, tmp_path, max_length=12, prefix="query: ")
    tokenizer = AutoTokenizer.from_pretrained(tiny_backbone)
    contents = ["the bank", "", "the bank " * 50, "\u4f53\u80b2", "🌍 bank\x00"]
    expected = tokenizer(["query: " + one for one in contents], truncation=True, max_length=12)["input_ids"]
    assert [one.tolist() for one in encoder.encode(contents)] == expected


def test_slow_tokenizer_is_refused(tiny_backbone, tmp_path):
    from transformers import CanineTokenizer

    shutil.copy(tiny_backbone / "config.json", tmp_path)
    CanineTokenizer().save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("")
    with pytest.raises(UserError, match="has no fast tokenizer"):
        text.make_encoder(tmp_path, tmp_path, max_length=8, prefix="")


def test_max_length_above_the_limit_of_the_backbone(tiny_backbone, tmp_path):
    with pytest.raises(UserError, match=r"tokenize.max_length is 65, the backbone takes at most 64; lower it."):
        text.make_encoder(tiny_backbone, tmp_path, max_length=65, prefix="")


def test_roberta_has_two_positions_fewer(tmp_path):
    from transformers import BertConfig, CamembertConfig, MPNetConfig, RobertaConfig

    for config in (RobertaConfig, CamembertConfig, MPNetConfig):
        assert max_tokens(config(max_position_embeddings=514, pad_token_id=1)) == 512
    assert max_tokens(BertConfig(max_position_embeddings=512)) == 512


def test_code_of_a_model_is_not_run(tiny_backbone, tmp_path):
    import json

    shutil.copytree(tiny_backbone, tmp_path, dirs_exist_ok=True)
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    config = json.loads((tmp_path / "config.json").read_text()) | {"model_type": "evil"}
    config["auto_map"] = {"AutoConfig": "evil.Config", "AutoModelForSequenceClassification": "evil.Model"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        UserError, match=r"cannot be loaded \(.+\); use a model whose architecture and tokenizer are in "
    ):
        text.make_encoder(tmp_path, tmp_path, max_length=8, prefix="")
    for weights in ("pretrained", "random"):
        with pytest.raises(ValueError, match="trust_remote_code|evil"):
            load_models("text").build(tmp_path, ["a", "b"], weights)
    assert not (tmp_path / "ran").exists()


def test_backbone_without_tokenizer(tiny_backbone, tmp_path):
    (tmp_path / "config.json").write_text((tiny_backbone / "config.json").read_text())
    with pytest.raises(UserError, match="has no tokenizer; add one of tokenizer.json, "):
        text.make_encoder(tmp_path, tmp_path, max_length=8, prefix="")


@pytest.mark.parametrize("content", ["<s> <s> the bank", "</s><mask>[SEP] the bank", "<pad>the bank"])
def test_special_tokens_in_a_text_are_plain_text(tiny_backbone, tmp_path, content):
    encoder = text.make_encoder(tiny_backbone, tmp_path, max_length=40, prefix="")
    special_ids = {encoder.tokenizer.token_to_id(token) for token in ("<s>", "</s>", "<mask>", "<pad>")} - {None}
    (ids,) = encoder.encode([content])
    assert not special_ids & set(ids[1:-1].tolist())


def test_saved_tokenizer_encodes_special_tokens_alike(tiny_backbone, tmp_path):
    from transformers import AutoTokenizer

    encoder = text.make_encoder(tiny_backbone, tmp_path, max_length=40, prefix="")
    (ids,) = encoder.encode(["<s> the bank</s>"])
    assert AutoTokenizer.from_pretrained(tmp_path)("<s> the bank</s>")["input_ids"] == ids.tolist()


def test_truncated_texts_are_counted(tiny_backbone, tmp_path):
    encoder = text.make_encoder(tiny_backbone, tmp_path, max_length=12, prefix="")
    inputs, truncated = encoder.encode_and_count(["the bank", "the bank " * 50, "the bank " * 60])
    assert ([len(ids) for ids in inputs], truncated) == ([len(inputs[0]), 12, 12], 2)


def test_a_prefix_that_leaves_no_token_for_texts_is_refused(tiny_backbone, tmp_path):
    with pytest.raises(UserError, match=r"tokenize\.prefix takes all of the 8 tokens of tokenize\.max_length"):
        text.make_encoder(tiny_backbone, tmp_path, max_length=8, prefix="the bank of the bank of the bank: ")
