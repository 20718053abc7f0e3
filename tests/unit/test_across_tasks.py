"""Tasks beside each other: one, several, and such as lack figures."""

from made_up_reports import FLOOR, WHOLE, figures, row, rungs

from crossfer.comparison import across_tasks, measures

FAR = {**WHOLE, "zh": "1000" * 10, "sw": "1000" * 10}


def row_of(tasks, key):
    return next(row for row in across_tasks.rows(tasks) if row["key"] == key)


def test_intervals_that_do_not_overlap():
    row = row_of({"news": figures(), "far": figures(FAR)}, "gap")
    assert row["sentence"].startswith("The largest loss on the way to the targets is that of far, 75.0 points (")
    assert ", against 37.5 points (" in row["sentence"]
    assert row["sentence"].endswith(" in news; the intervals do not overlap.")
    assert row["values"]["news"].startswith("37.5 points (")


def test_intervals_that_overlap():
    row = row_of({"news": figures(), "twin": figures()}, "gap")
    assert "loss on the way to the targets cannot be told, since intervals overlap: news, 37.5" in row["sentence"]


def test_two_ahead_of_a_third():
    row = row_of({"far": figures(FAR), "news": figures(), "twin": figures()}, "zero_shot_accuracy")
    assert "is that of news, 62.5 % (" in row["sentence"]
    assert " or twin, 62.5 % (" in row["sentence"]
    assert row["sentence"].endswith(" in far.")


def test_shares_without_intervals_are_not_ranked():
    row = row_of({"news": figures(), "far": figures(FAR)}, "kept_above_chance")
    assert row["sentence"] == "Kept above chance: news, 25.0 %; far, 0.0 %."


def test_costs_without_intervals_are_put_in_order():
    slow, fast = ([row("part", WHOLE, cpu_seconds=seconds)] for seconds in (90.0, 60.0))
    found = row_of({"news": figures(rows=fast), "far": figures(rows=slow)}, "cpu_seconds")
    assert found["sentence"] == "The longest CPU time is that of far, 90 s, against 60 s in news."


def test_costs_that_are_the_same():
    same = figures(rows=[row("part", WHOLE)])
    found = row_of({"news": same, "twin": same}, "cpu_seconds")
    assert found["sentence"] == "The longest CPU time is the same in news and twin, 60 s."
    found = row_of(
        {"news": same, "twin": same, "far": figures(rows=[row("part", WHOLE, cpu_seconds=9.0)])}, "cpu_seconds"
    )
    assert found["sentence"] == (
        "The longest CPU time is that of news, 60 s or twin, 60 s, which are the same, against 9.0 s in far."
    )


def test_one_task_is_given_its_own_sentences():
    news = figures(rows=rungs("part", "random"))
    rows = {row["key"]: row["sentence"] for row in across_tasks.rows({"news": news})}
    for measure, points in (("zero_shot", "50.0"), ("in_domain", "25.0")):
        said = rows.pop(f"gain_{measure}")
        assert said.startswith(f"In news, pretrained weights beat random weights by {points} points in the ")
    assert set(rows.values()) <= set(news["sentences"])
    assert across_tasks.answer({"news": news}) == [news["sentences"][number] for number in (1, 2, 3, 5)]


def test_a_task_that_lacks_a_figure_is_named():
    alone = figures({"en": WHOLE["en"]}, {"en": FLOOR["en"]})
    row = row_of({"news": figures(), "alone": alone}, "gap")
    assert row["values"]["alone"] is None
    assert row["sentence"].endswith("Not known for alone.")
    assert row["sentence"].startswith("On the way from en")


def test_answer():
    tasks = {"news": figures(rows=rungs("part", "random")), "far": figures(FAR)}
    first, gap, gain = across_tasks.answer(tasks)
    assert first.startswith("Of the score above chance, news keeps 25.0 % and far keeps 0.0 %")
    assert gap == row_of(tasks, "gap")["sentence"]
    assert gain.endswith("Not known for far.")


def test_no_transfer_to_compare():
    alone = figures({"en": WHOLE["en"]}, {"en": FLOOR["en"]})
    (said,) = across_tasks.answer({"alone": alone})
    assert said.startswith("No task has a target of another kind")


def test_numbers_for_mlflow():
    found = measures.numbers({"news": figures(rows=rungs("part", "random")), "far": figures(FAR)})
    assert found["zero_shot_accuracy/news"] == 0.625
    assert found["gain_zero_shot/news"] == 0.5
    assert found["cpu_seconds/news"] == 60
    assert found["gap/far"] == 0.75
    assert "gain_zero_shot/far" not in found
