"""Measures of one task, of several, and of tasks that lack a measure."""

import pytest
from synthetic_reports import BASELINE, MODEL, ablation_row, summarized_task, variant_rows

from crossfer.comparison import measures

FAR = {**MODEL, "zh": "1000" * 10, "sw": "1000" * 10}
HIGHEST = "Highest for {} (95 % intervals do not overlap)."
EQUAL = "No significant difference (95 % intervals overlap)."


def measure_row(tasks, key):
    return next(row for row in measures.measure_rows(tasks) if row["key"] == key)


@pytest.mark.parametrize(
    ("tasks", "compared"),
    [
        ({"news": summarized_task()}, ""),
        ({"news": summarized_task(), "far": summarized_task(FAR)}, HIGHEST.format("far")),
        ({"news": summarized_task(), "twin": summarized_task()}, EQUAL),
        (
            {"low": summarized_task(), "far": summarized_task(FAR), "further": summarized_task(FAR)},
            "Lower for low than for far (95 % intervals do not overlap).",
        ),
    ],
)
def test_tasks_differ_if_their_intervals_do_not_overlap(tasks, compared):
    assert measure_row(tasks, "gap")["compared"] == compared


def test_values_without_intervals_are_not_compared():
    tasks = {
        "news": summarized_task(rows=variant_rows("partial")),
        "far": summarized_task(FAR, rows=[ablation_row("partial", FAR, cpu_seconds=9.0)]),
    }
    rows = {one["key"]: one for one in measures.measure_rows(tasks) if not one["compared"]}
    assert set(rows) == {
        "retained_above_chance",
        "cpu_seconds",
        "trained_parameters",
        "model_bytes",
        "few_labels_zero_shot_accuracy",
    }
    assert rows["retained_above_chance"]["values"] == {"news": "25.0 %", "far": "0.0 %"}


def test_values():
    values = {
        one["key"]: one["values"]["news"]
        for one in measures.measure_rows({"news": summarized_task(rows=variant_rows("partial", "random"))})
    }
    assert values["in_domain_accuracy"] == "100.0 % (100.0 to 100.0)"
    assert values["zero_shot_accuracy"].startswith("62.5 % (")
    assert values["gap"].startswith("37.5 pp (")
    assert values["lead_over_baseline"].startswith("50.0 pp (") and values["lead_over_baseline"].endswith(
        ", p = 0.004)"
    )
    assert values["gain_zero_shot"].startswith("50.0 pp (") and ", p " in values["gain_zero_shot"]
    assert values["few_labels_zero_shot_accuracy"].endswith(") with 10 labels")
    assert (values["cpu_seconds"], values["trained_parameters"], values["model_bytes"]) == (
        "60 s",
        "1 million",
        "16 MB",
    )


def test_a_task_that_lacks_a_measure():
    alone = summarized_task({"en": MODEL["en"]}, {"en": BASELINE["en"]})
    row = measure_row({"news": summarized_task(), "alone": alone}, "gap")
    assert row["values"]["alone"] is None and row["values"]["news"].startswith("37.5 pp (")
    assert row["compared"] == ""


def test_the_gap_has_the_number_of_paired_items():
    model = {**MODEL, "en-probe": "1110" * 10}
    baseline = {**BASELINE, "en-probe": "1" * 40}
    row = measure_row({"news": summarized_task(model, baseline, en_probe="en")}, "gap")
    assert row["values"]["news"].endswith(") on 40 paired items")


def test_progress_lines():
    tasks = {"news": summarized_task(rows=variant_rows("partial", "random")), "far": summarized_task(FAR)}
    accuracy, gap, gain = measures.progress_lines(tasks)
    assert accuracy.startswith("Zero-shot accuracy: news 62.5 % (") and accuracy.endswith(HIGHEST.format("news"))
    assert gap.endswith(HIGHEST.format("far"))
    assert gain.startswith("Transfer gain, zero-shot: news 50.0 pp (") and "far" not in gain


def test_no_transfer_to_compare():
    alone = summarized_task({"en": MODEL["en"]}, {"en": BASELINE["en"]})
    (line,) = measures.progress_lines({"alone": alone})
    assert "there is no transfer to compare" in line


def test_mlflow_metrics():
    values = measures.mlflow_metrics(
        {"news": summarized_task(rows=variant_rows("partial", "random")), "far": summarized_task(FAR)}
    )
    assert values["zero_shot_accuracy/news"] == 0.625
    assert values["gain_zero_shot/news"] == 0.5
    assert values["cpu_seconds/news"] == 60
    assert values["gap/far"] == 0.75
    assert "gain_zero_shot/far" not in values
