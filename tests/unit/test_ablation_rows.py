"""Ablation results and their differences equal values calculated by hand."""

import pytest
from synthetic_reports import BASELINE, MODEL, ablation_row, ids, variant_rows

from crossfer.comparison import ablation

IDS = {domain: ids(domain, marks) for domain, marks in MODEL.items()}
MEASURES = {"in_domain": ["en"], "zero_shot": ["zh", "sw"]}


def summarize(rows, measures=MEASURES):
    return ablation.summarize_ablation({"settings": ["a=1"], "rows": rows}, IDS, measures, 1000, 0)


def test_seeds_are_averaged():
    other = {**MODEL, "sw": "1000" * 10}
    first = summarize([ablation_row("partial", MODEL), ablation_row("partial", other, seed=1, cpu_seconds=80.0)])[
        "points"
    ][0]
    assert first["seeds"] == 2
    assert first["cpu_seconds"] == 70
    assert first["domains"] == {"en": 1.0, "zh": 0.75, "sw": 0.375}
    zero_shot = first["zero_shot"]
    assert zero_shot["accuracy"] == pytest.approx((0.75 + 0.375) / 2, abs=1e-6)
    assert (zero_shot["lowest_seed"], zero_shot["highest_seed"]) == (0.5, 0.625)
    assert zero_shot["accuracy_low"] < zero_shot["accuracy"] < zero_shot["accuracy_high"]
    assert [one["seed"] for one in first["experiments"]] == [0, 1]


def test_points_are_sorted_by_variant_and_labels():
    points = summarize(variant_rows("full", "baseline", "partial"))["points"]
    assert [(one["variant"], one["train_fraction"]) for one in points] == [
        (variant, fraction) for variant in ("baseline", "partial", "full") for fraction in (0.1, 1.0)
    ]


def test_differences():
    results = summarize(variant_rows("partial", "random"))
    tests = {
        (test["a"]["train_fraction"], test["b"]["train_fraction"], test["measure"]): test for test in results["paired"]
    }
    assert tests.keys() == {
        (partial, random, measure) for partial, random in ((1.0, 1.0), (0.1, 0.1), (0.1, 1.0)) for measure in MEASURES
    }
    assert {test["a"]["variant"] for test in results["paired"]} == {"partial"}
    gain = tests[1.0, 1.0, "zero_shot"]
    assert gain["difference"] == pytest.approx(0.625 - 0.125)
    assert gain["difference_low"] > 0
    assert gain["p"] == pytest.approx(2 / 1001, abs=1e-6)
    assert gain["p_holm"] == pytest.approx(6 * gain["p"], abs=1e-5)


def test_intervals_cover_seeds():
    """Of two seeds, one is always correct and the other never: a third may be either."""
    never = {domain: "0" * len(marks) for domain, marks in MODEL.items()}
    always = {domain: "1" * len(marks) for domain, marks in MODEL.items()}
    (point,) = summarize([ablation_row("partial", always), ablation_row("partial", never, seed=1)])["points"]
    in_domain = point["in_domain"]
    assert (in_domain["accuracy"], in_domain["accuracy_low"], in_domain["accuracy_high"]) == (0.5, 0.0, 1.0)


def test_an_item_is_drawn_in_all_domains_and_points():
    """Two points that are correct on the same rows do not differ in any resample."""
    (test,) = summarize([ablation_row("partial", MODEL), ablation_row("full", MODEL)], {"zero_shot": ["zh", "sw"]})[
        "paired"
    ]
    assert (test["difference_low"], test["difference_high"], test["p_holm"]) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("names", "variant"),
    [(("head", "partial", "full"), "partial"), (("full", "random"), "full"), (("head", "baseline"), None)],
)
def test_transfer_variant(names, variant):
    assert summarize(variant_rows(*names))["transfer_variant"] == variant


@pytest.mark.parametrize(
    ("names", "variant"),
    [(("partial", "full"), "full"), (("partial", "random"), "partial"), (("head", "baseline"), None)],
)
def test_gain_variant(names, variant):
    assert summarize(variant_rows(*names))["gain_variant"] == variant


def test_points_without_all_labels_are_not_compared():
    results = summarize([ablation_row("partial", MODEL, 0.1), ablation_row("random", BASELINE, 0.1)])
    assert (results["transfer_variant"], results["paired"]) == (None, [])


def test_matches_test_rows():
    rows = [ablation_row("partial", MODEL), ablation_row("partial", {**MODEL, "zh": "1"}, 0.1)]
    assert ablation.matches_test_rows({"rows": rows[:1]}, IDS)
    assert not ablation.matches_test_rows({"rows": rows}, IDS)
    assert not ablation.matches_test_rows({"rows": rows[:1]}, {**IDS, "fr": []})
    assert not ablation.matches_test_rows({"rows": rows[:1]}, {**IDS, "zh": IDS["zh"][::-1]})
