"""A model's graph, and what it says once it is in 8 bits but for some of its blocks."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossfer.compression import blocks
from crossfer.compression.mixed_precision import Shares
from crossfer.compression.scoring import Scorer, test_inputs
from crossfer.protocols import Graphs

SAMPLE = 64  # rows that show what a block costs


class Candidates:
    """Forms of a graph in 8 bits, written and run."""

    def __init__(
        self,
        graphs: Graphs,
        full: Path,
        batches: Sequence[dict[str, NDArray[Any]]],
        scorer: Scorer,
        tables: Mapping[str, Path],
    ) -> None:
        """Take up a graph.

        Args:
            graphs: of its modality.
            full: the graph in single precision; trials are written beside it.
            batches: what shows the values that are to come.
            scorer: runs graphs.
            tables: of each domain, its rows.
        """
        self.graphs, self.full, self.batches, self.scorer, self.tables = graphs, full, batches, scorer, tables
        self.of_nodes = blocks.of_nodes(full)
        self.blocks = list(dict.fromkeys(self.of_nodes.values()))

    def before(self) -> Shares:
        """What the graph in single precision says of every domain's test rows."""
        return {name: self.scorer.of_tests(self.full, table, name) for name, table in self.tables.items()}

    def answers(self, small: Path, spared: Collection[str]) -> Shares:
        """Write the graph in 8 bits but for the blocks spared to `small`; what it says of every domain's test rows."""
        self._write(small, spared)
        return {name: self.scorer.of_tests(small, table, name) for name, table in self.tables.items()}

    def cost(self, domain: str, spared: Collection[str]) -> float:
        """How far probabilities move on average, in some rows of a domain, with those blocks spared."""
        trial = self.full.with_name("trial.onnx")
        self._write(trial, spared)
        inputs = next(test_inputs(self.tables[domain]))[:SAMPLE]
        before, after = (self.scorer.of_inputs(graph, inputs, "blocks") for graph in (self.full, trial))
        return float(np.abs(before - after).mean())

    def _write(self, small: Path, spared: Collection[str]) -> None:
        """Write the graph in 8 bits but for the blocks spared."""
        nodes = [node for node, block in self.of_nodes.items() if block in spared]
        self.graphs.quantise(self.full, small, self.batches, nodes)
