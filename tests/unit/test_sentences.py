"""Sentences about one task: each case reads well, and nothing beats anything that no test supports."""

import pytest
from made_up_reports import FLOOR, WHOLE, figures, row, rungs

from crossfer.comparison import ablation_sentences, sentences


def test_beside_the_floor():
    said = sentences.in_domain("news", figures(floor={**FLOOR, "en": "10" * 20}))
    assert said.startswith("On 40 test rows of its source en, news is right 100.0 % (100.0 to 100.0) of the time. That")
    assert "That beats the classical floor (50.0 %) by 50.0 points (McNemar, p < 0.001)." in said


def test_behind_the_floor():
    said = sentences.in_domain("news", figures({**WHOLE, "en": "10" * 20}))
    assert "Yet the classical floor (100.0 %) beats that by 50.0 points (McNemar, p < 0.001)." in said


def test_a_lead_that_chance_explains_beats_nothing():
    said = sentences.in_domain("news", figures(floor={**FLOOR, "en": "1" * 38 + "00"}))
    assert "That and the classical floor (95.0 %) cannot be told apart (McNemar, p = 0.50)." in said


def test_zero_shot():
    said = sentences.zero_shot("news", figures())
    assert said.startswith("Without any label of its 2 targets of another kind, news is right 62.5 % (")
    assert said.endswith(") of the time in their mean, least in sw (50.0 %).")


def test_lead_over_the_floor():
    said = sentences.lead("news", figures())
    assert said.startswith("In the targets news beats the classical floor (12.5 %) by 50.0 points (")
    assert said.endswith("target by target, news beats it in 2 of 2 (McNemar).")
    behind = sentences.lead("news", figures(FLOOR, WHOLE))
    assert behind.startswith("Yet the classical floor (62.5 %) beats news in the targets by 50.0 points (")
    assert behind.endswith("news beats it in 0 of 2 (McNemar).")


def test_zero_shot_of_one_target():
    two = ("en", "zh")
    said = sentences.zero_shot(
        "news", figures({name: WHOLE[name] for name in two}, {name: FLOOR[name] for name in two})
    )
    assert said.startswith("Without any label of its target zh, news is right 75.0 % (")
    assert "least" not in said
    assert "target by target" not in sentences.lead("news", figures({"en": "1", "zh": "1"}, {"en": "1", "zh": "1"}))


def test_without_targets():
    alone = figures({"en": WHOLE["en"]}, {"en": FLOOR["en"]})
    assert "no target of another kind" in sentences.zero_shot("news", alone)
    assert [said("news", alone) for said in (sentences.lead, sentences.gap, sentences.kept)] == ["", "", ""]


def test_gap():
    said = sentences.gap("news", figures())
    assert said.startswith("On the way from en to the targets, on other items, news loses 37.5 points (")


def test_kept():
    said = sentences.kept("news", figures())
    assert said == "Of its score above chance (50.0 %) in en, news keeps 25.0 % in the targets."
    said = sentences.kept("news", figures({**WHOLE, "en": "10" * 20}))
    assert said == "In en itself news is not above chance (50.0 %), so there is nothing to keep."


def test_gap_below_nought():
    said = sentences.gap("news", figures({**WHOLE, "en": "10000" * 8}))
    assert "news loses nothing: it wins 42.5 points (" in said
    assert "−" not in said


def test_gap_that_cannot_be_told_on_parallel_items():
    model = {"en": "1" * 40, "en-probe": "1110" * 10, "zh": "1110" * 9 + "1111"}
    said = sentences.gap("news", figures(model, model, en_probe="en"))
    assert said.startswith(
        "On the way from en-probe to the targets, on the same 40 items, no loss of news can be told: the gap is"
        " −2.5 points ("
    )


def test_gain():
    said = ablation_sentences.gain("news", figures(rows=rungs("part", "random")))
    assert said.startswith("In news, pretrained weights beat random weights by 50.0 points in the zero-shot score (")
    assert "pretrained weights beat random weights by 25.0 points in the in-domain score (" in said
    assert "pretrained, upper part trained (1 seed); random weights, all layers trained (1 seed)." in said


def test_a_negative_gain():
    rows = [row("all", FLOOR), row("random", {**WHOLE, "en": FLOOR["en"]})]
    said = ablation_sentences.gain("news", figures(rows=rows))
    assert "random weights beat pretrained weights by 50.0 points in the zero-shot score (" in said
    assert "cannot be told apart in the in-domain score (0.0 points, 0.0 to 0.0; p = 1.00)" in said
    assert "−" not in said


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "news has no ladder, so nothing is known of its gain"),
        ([row("part", {**WHOLE, "zh": "1"})], "The ladder of news was measured on other test rows and is left out"),
        (rungs("head", "floor"), "The ladder of news lacks pretrained or random weights"),
        (rungs("part", "head"), "The ladder of news lacks pretrained or random weights"),
    ],
)
def test_an_unknown_gain(rows, expected):
    assert ablation_sentences.gain("news", figures(rows=rows)).startswith(expected)


def test_few_labels():
    rows = [row("part", WHOLE), row("part", WHOLE, 0.1), row("random", FLOOR)]
    said = ablation_sentences.few_labels("news", figures(rows=rows))
    assert said.startswith("With 10 labels the zero-shot score of news is 62.5 % (")
    assert "with all 100 it is 62.5 % (" in said
    assert "pretrained weights with 10 labels beat random weights with 100 by 50.0 points" in said
    assert ablation_sentences.few_labels("news", figures(rows=rows[:2])).endswith(").")
    assert ablation_sentences.few_labels("news", figures(rows=rows[:1])) == ""


def test_what_to_train():
    said = ablation_sentences.what_to_train("news", figures(rows=rungs("head", "part", "all")))
    assert said.startswith("With all labels of news, training the upper part has the highest zero-shot score")
    assert "it beats training the head alone (12.5 points below)" in said
    assert "and cannot be told apart from training all layers (0.0 points below)." in said
    assert ablation_sentences.what_to_train("news", figures(rows=rungs("part", "random"))) == ""


def test_cost():
    found = figures(rows=rungs("part", "floor"))
    said = [
        one("news", found)
        for one in (ablation_sentences.time, ablation_sentences.trained, ablation_sentences.size_on_disk)
    ]
    assert said == [
        "In news, training the upper part takes 60 s of CPU time in all; the fit alone of the classical floor, 60 s.",
        "Of the model of news, 1 million of 4 million weights are trained (25.0 %).",
        "The model of news takes 16 MB on disk.",
    ]
    assert ablation_sentences.time("news", figures()) == ""


@pytest.mark.parametrize("names", [(), ("floor",), ("random",), ("part",), ("head", "all", "random")])
def test_every_sentence_is_one(names):
    said = figures(rows=rungs(*names))["sentences"]
    assert len(said) >= 4
    for sentence in said:
        assert sentence.endswith(".") and "None" not in sentence and "  " not in sentence and ".." not in sentence
