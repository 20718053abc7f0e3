"""`crossfer add` marks targets that have the items of the source's test rows."""

import itertools
from pathlib import Path

import pytest
from own_tables import add, added_task, records, review, write

pytestmark = pytest.mark.usefixtures("params_folder")


def test_targets_that_may_be_parallel_are_named():
    english, swahili = (
        write(f"data/mine/{code}.csv", [{"id": f"item {n}", **row} for n, row in enumerate(records(language=code))])
        for code in ("en", "sw")
    )
    output = add("reviews", english, "--target", f"sw={swahili}")
    assert "note: most ids of sw are in another domain, with the same labels; if they are the same items, add" in output
    assert not added_task().targets[0].parallel


def parallel_rows(language: str, numbers: range, **columns: str) -> list[dict]:
    return [{"id": f"{7 * number % 101}", **columns, **records(number + 1, language)[-1]} for number in numbers]


def test_targets_with_the_ids_of_the_test_rows_become_parallel():
    for name, numbers in (("train", range(60)), ("test", range(60, 80))):
        write(f"data/mine/eng/{name}.tsv", parallel_rows("en", numbers))
    for language in ("swh", "deu"):
        write(f"data/mine/{language}/test.tsv", parallel_rows(language, range(60, 80)))
    few = write("data/mine/few/fr.tsv", parallel_rows("fr", range(60, 79)))
    trained = write("data/mine/trained/sw.tsv", parallel_rows("sw", range(20)))
    targets = ("--target", "{language}=data/mine/{language}/test.tsv", "--target", few, "--target", trained)
    output = add("reviews", "eng=data/mine/eng", *targets)
    assert [target.parallel for target in added_task().targets] == [True, False, False]
    assert (
        "note: {language}: ids and labels are those of the source's test rows, so `parallel: true` is added.\n"
        in output
    )
    assert "note: rows whose items are in several domains: deu 20 of 20, eng 20 of 80, swh 20 of 20" in output
    assert "note: most ids of fr, sw are in another domain" in output


@pytest.mark.parametrize("labels", [("St. Louis", "St. Ives"), ("1.5", "4.5")])
def test_files_with_equal_names_are_not_the_same_items(labels):
    for style, splits in (("film", ("train", "test")), ("book", ("test",))):
        for number, split in itertools.product(range(16), splits):
            folder = Path("data/mine", style, split, labels[number % 2])
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"r{7 * number % 17:03}.txt").write_text(review(number, f"{style} {split}"))
    output = add("reviews", "data/mine/film", "--target", "data/mine/book", "--language", "film=en")
    assert not added_task().targets[0].parallel and "most ids" not in output


def test_rows_with_the_same_ids_may_be_parallel():
    # Without official splits, the source would be trained on the items of its targets.
    rows = [
        {"id": f"{7 * number % 101}", "language": code, **row}
        for code in ("en", "fr")
        for number, row in enumerate(records(language=code))
    ]
    path = write("data/mine/reviews.csv", rows)
    output = add("reviews", f"en={path}", "--target", f"{{language}}={path}")
    assert not added_task().targets[0].parallel
    assert "note: most ids of fr are in another domain, with the same labels; if they are the same items, add" in output
