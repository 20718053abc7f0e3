"""Charts of equal numbers are equal bytes and name no software."""

from matplotlib import pyplot as plt

from crossfer.reporting import palette


def test_equal_charts_are_equal_bytes_without_a_version(tmp_path):
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in paths:
        figure, axes = plt.subplots()
        axes.plot([0, 1], color=palette.SOURCE)
        palette.save_chart(figure, path)
        assert not plt.fignum_exists(figure.number)
    first, second = (path.read_bytes() for path in paths)
    assert first == second and first.startswith(b"\x89PNG") and b"matplotlib" not in first.lower()
