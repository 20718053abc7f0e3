"""A task's part of the summary, compared with values calculated by hand."""

import pytest
from synthetic_reports import BASELINE, COST, MODEL, ablation_row, scored_task, summarized_task, variant_rows

from crossfer.comparison import task_summary
from crossfer.reporting.transfer import report_targets


def test_the_summary_contains_the_report():
    metrics, predictions = scored_task(MODEL, BASELINE)
    summary = task_summary.summarize_task(metrics, predictions, None, {}, 200, 0)
    assert {name: summary[name] for name in metrics} == metrics
    assert summary["ablation_status"] == "none"
    assert not {"ablation", "gain"} & summary.keys()


def test_retained_above_chance():
    """Two labels: chance is 0.5. Accuracy is 1 on the source and 0.625 on the targets."""
    summary = summarized_task()
    assert summary["chance"] == 0.5
    assert summary["retained_above_chance"] == pytest.approx((0.625 - 0.5) / (1 - 0.5))


def test_below_chance_nothing_is_retained():
    assert summarized_task({**MODEL, "zh": "1000" * 10})["retained_above_chance"] == 0


def test_retained_is_undefined_for_a_source_at_chance():
    assert summarized_task({**MODEL, "en": "10" * 20})["retained_above_chance"] is None


def test_against_the_baseline():
    paired = summarized_task()["paired"]["baseline"]
    assert paired["domains"]["en"] == {"difference": 0.0, "wins": 0, "losses": 0, "p": 1.0, "p_holm": 1.0}
    assert (paired["domains"]["zh"]["wins"], paired["domains"]["zh"]["losses"]) == (20, 0)
    assert paired["zero_shot"]["difference"] == pytest.approx(0.5)
    # Holm over three domains and the mean: the smallest p, of zh and sw, times four and three.
    assert paired["domains"]["zh"]["p"] == pytest.approx(2 / 2**20, abs=1e-6)
    assert paired["zero_shot"]["p_holm"] == pytest.approx(2 * 2 / 1001, abs=1e-5)


def test_rows_are_paired_by_id_in_any_order():
    metrics, predictions = scored_task(MODEL, BASELINE)
    ablation = {"settings": [], "parameters": {}, "rows": variant_rows("partial", "random")}
    reversed_rows = predictions.iloc[::-1]
    assert task_summary.summarize_task(metrics, predictions, ablation, {}, 200, 0) == task_summary.summarize_task(
        metrics, reversed_rows, ablation, {}, 200, 0
    )


@pytest.mark.parametrize(
    ("names", "variant"), [(("partial", "full", "random"), "full"), (("partial", "random"), "partial")]
)
def test_gain_and_cost(names, variant):
    """Prefer the variant that differs from random weights only in its start."""
    summary = summarized_task(rows=variant_rows(*names))
    assert summary["ablation_status"] == "used"
    gain = summary["gain"]
    assert (gain["variant"], gain["compared_with"]) == (variant, "random")
    assert gain["zero_shot"]["difference"] == pytest.approx(0.5)
    assert gain["in_domain"]["difference"] == pytest.approx(0.25)
    assert summary["cost"]["parameters"] == COST["parameters"]
    assert summary["cost"]["variants"]["partial"]["cpu_seconds"] == 60


def test_without_targets():
    alone = {"en": MODEL["en"]}
    summary = summarized_task(
        alone, {"en": BASELINE["en"]}, [ablation_row("partial", alone), ablation_row("random", {"en": "10" * 20})]
    )
    assert "retained_above_chance" not in summary
    assert "zero_shot" not in summary["paired"]["baseline"]
    assert summary["gain"].keys() == {"variant", "compared_with", "in_domain"}
    assert report_targets(summary) == []


def test_a_target_in_the_sources_language_is_not_zero_shot():
    summary = summarized_task(en="en", sw="en")
    assert report_targets(summary) == ["zh"]


def test_an_ablation_of_other_rows_is_left_out():
    summary = summarized_task(rows=[ablation_row("partial", {**MODEL, "zh": "1"})])
    assert summary["ablation_status"] == "other test rows"
    assert "ablation" not in summary


def test_an_ablation_of_other_parameters_is_left_out():
    summary = summarized_task(rows=variant_rows("partial"), epochs=3)
    assert summary["ablation_status"] == "other parameters"
    assert summary["ablation_differences"] == ["finetune.epochs (2, now 3)"]
    assert "ablation" not in summary
