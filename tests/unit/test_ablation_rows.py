"""The ladder's points and the differences between them, against values worked out by hand."""

import pytest
from made_up_reports import FLOOR, WHOLE, ids, row, variants

from crossfer.comparison import ablation as ladder_of

IDS = {domain: ids(domain, marks) for domain, marks in WHOLE.items()}
MEASURES = {"in_domain": ["en"], "zero_shot": ["zh", "sw"]}


def summarised(rows, measures=MEASURES):
    return ladder_of.summarise({"settings": ["a=1"], "rows": rows}, IDS, measures, 1000, 0)


def test_seeds_are_averaged():
    other = {**WHOLE, "sw": "1000" * 10}
    first = summarised([row("partial", WHOLE), row("partial", other, seed=1, cpu_seconds=80.0)])["points"][0]
    assert first["seeds"] == 2
    assert first["cpu_seconds"] == 70
    assert first["domains"] == {"en": 1.0, "zh": 0.75, "sw": 0.375}
    zero_shot = first["zero_shot"]
    assert zero_shot["accuracy"] == pytest.approx((0.75 + 0.375) / 2, abs=1e-6)
    assert (zero_shot["lowest_seed"], zero_shot["highest_seed"]) == (0.5, 0.625)
    assert zero_shot["accuracy_low"] < zero_shot["accuracy"] < zero_shot["accuracy_high"]
    assert [one["seed"] for one in first["experiments"]] == [0, 1]


def test_points_stand_from_floor_to_all_and_from_few_labels_to_many():
    found = summarised(variants("full", "baseline", "partial"))["points"]
    assert [(one["variant"], one["train_fraction"]) for one in found] == [
        (variant, share) for variant in ("baseline", "partial", "full") for share in (0.1, 1.0)
    ]


def test_differences():
    found = summarised(variants("partial", "random"))
    tests = {
        (test["a"]["train_fraction"], test["b"]["train_fraction"], test["measure"]): test for test in found["paired"]
    }
    assert tests.keys() == {
        (of_part, of_random, measure)
        for of_part, of_random in ((1.0, 1.0), (0.1, 0.1), (0.1, 1.0))
        for measure in MEASURES
    }
    assert {test["a"]["variant"] for test in found["paired"]} == {"partial"}
    gain = tests[1.0, 1.0, "zero_shot"]
    assert gain["difference"] == pytest.approx(0.625 - 0.125)
    assert gain["difference_low"] > 0
    assert gain["p"] == pytest.approx(2 / 1001, abs=1e-6)
    assert gain["p_holm"] == pytest.approx(6 * gain["p"], abs=1e-5)


def test_seeds_are_drawn_as_well():
    """Two seeds, of which one is always right and the other never: a third may be either."""
    never = {domain: "0" * len(marks) for domain, marks in WHOLE.items()}
    always = {domain: "1" * len(marks) for domain, marks in WHOLE.items()}
    (point,) = summarised([row("partial", always), row("partial", never, seed=1)])["points"]
    in_domain = point["in_domain"]
    assert (in_domain["accuracy"], in_domain["accuracy_low"], in_domain["accuracy_high"]) == (0.5, 0.0, 1.0)


def test_an_item_is_drawn_in_all_domains_and_for_both():
    """Two systems that are right on the same rows never differ, however the rows are drawn."""
    (test,) = summarised([row("partial", WHOLE), row("full", WHOLE)], {"zero_shot": ["zh", "sw"]})["paired"]
    assert (test["difference_low"], test["difference_high"], test["p_holm"]) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("names", "adapted"),
    [(("head", "partial", "full"), "partial"), (("full", "random"), "full"), (("head", "baseline"), None)],
)
def test_the_rung_that_stands_for_transfer(names, adapted):
    assert summarised(variants(*names))["transfer_variant"] == adapted


@pytest.mark.parametrize(
    ("names", "gaining"),
    [(("partial", "full"), "full"), (("partial", "random"), "partial"), (("head", "baseline"), None)],
)
def test_the_rung_whose_gain_is_told(names, gaining):
    assert summarised(variants(*names))["gain_variant"] == gaining


def test_without_all_labels_nothing_is_compared():
    found = summarised([row("partial", WHOLE, 0.1), row("random", FLOOR, 0.1)])
    assert (found["transfer_variant"], found["paired"]) == (None, [])


def test_a_ladder_of_other_rows_does_not_fit():
    rows = [row("partial", WHOLE), row("partial", {**WHOLE, "zh": "1"}, 0.1)]
    assert ladder_of.fits({"rows": rows[:1]}, IDS)
    assert not ladder_of.fits({"rows": rows}, IDS)
    assert not ladder_of.fits({"rows": rows[:1]}, {**IDS, "fr": []})
    assert not ladder_of.fits({"rows": rows[:1]}, {**IDS, "zh": IDS["zh"][::-1]})
