"""The figures of a task, against values worked out by hand."""

import pytest
from made_up_reports import COST, FLOOR, WHOLE, figures, row, scored, variants

from crossfer.comparison import task_summary
from crossfer.reporting.transfer import report_targets


def test_what_evaluate_said_is_kept():
    metrics, predictions = scored(WHOLE, FLOOR)
    found = task_summary.task_figures(metrics, predictions, None, {}, 200, 0)
    assert {name: found[name] for name in metrics} == metrics
    assert found["ablation_status"] == "none"
    assert not {"ablation", "gain"} & found.keys()


def test_kept_above_chance():
    """Two labels: chance 0.5. The source is right always, the targets in 0.625 of their rows."""
    found = figures()
    assert found["chance"] == 0.5
    assert found["retained_above_chance"] == pytest.approx((0.625 - 0.5) / (1 - 0.5))


def test_below_chance_nothing_is_kept():
    assert figures({**WHOLE, "zh": "1000" * 10})["retained_above_chance"] == 0


def test_nothing_is_kept_of_nothing():
    assert figures({**WHOLE, "en": "10" * 20})["retained_above_chance"] is None


def test_against_the_floor():
    paired = figures()["paired"]["baseline"]
    assert paired["domains"]["en"] == {"difference": 0.0, "wins": 0, "losses": 0, "p": 1.0, "p_holm": 1.0}
    assert (paired["domains"]["zh"]["wins"], paired["domains"]["zh"]["losses"]) == (20, 0)
    assert paired["zero_shot"]["difference"] == pytest.approx(0.5)
    # Holm over three domains and the mean: the smallest p, of zh and sw, times four and three.
    assert paired["domains"]["zh"]["p"] == pytest.approx(2 / 2**20, abs=1e-6)
    assert paired["zero_shot"]["p_holm"] == pytest.approx(2 * 2 / 1001, abs=1e-5)


def test_rows_are_paired_by_id_in_whatever_order_they_stand():
    metrics, predictions = scored(WHOLE, FLOOR)
    ladder = {"settings": [], "parameters": {}, "rows": variants("partial", "random")}
    turned = predictions.iloc[::-1]
    assert task_summary.task_figures(metrics, predictions, ladder, {}, 200, 0) == task_summary.task_figures(
        metrics, turned, ladder, {}, 200, 0
    )


@pytest.mark.parametrize(
    ("names", "variant"), [(("partial", "full", "random"), "full"), (("partial", "random"), "partial")]
)
def test_gain_and_cost(names, variant):
    """Where all layers were trained from pretrained weights as well, the start alone differs."""
    found = figures(rows=variants(*names))
    assert found["ablation_status"] == "used"
    gain = found["gain"]
    assert (gain["variant"], gain["against"]) == (variant, "random")
    assert gain["zero_shot"]["difference"] == pytest.approx(0.5)
    assert gain["in_domain"]["difference"] == pytest.approx(0.25)
    assert found["cost"]["parameters"] == COST["parameters"]
    assert found["cost"]["variants"]["partial"]["cpu_seconds"] == 60


def test_without_targets():
    alone = {"en": WHOLE["en"]}
    found = figures(alone, {"en": FLOOR["en"]}, [row("partial", alone), row("random", {"en": "10" * 20})])
    assert "retained_above_chance" not in found
    assert "zero_shot" not in found["paired"]["baseline"]
    assert found["gain"].keys() == {"variant", "against", "in_domain"}
    assert report_targets(found) == []


def test_a_target_of_the_sources_kind_is_no_transfer():
    found = figures(en="en", sw="en")
    assert report_targets(found) == ["zh"]


def test_a_ladder_of_other_rows_is_left_out():
    found = figures(rows=[row("partial", {**WHOLE, "zh": "1"})])
    assert found["ablation_status"] == "other rows"
    assert "ablation" not in found


def test_a_ladder_of_other_parameters_is_left_out():
    found = figures(rows=variants("partial"), epochs=3)
    assert found["ablation_status"] == "other parameters"
    assert found["ablation_differences"] == ["finetune.epochs (2, now 3)"]
    assert "ablation" not in found
