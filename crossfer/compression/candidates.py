"""Candidates for the small model: the int8 graph with some blocks kept in fp32."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossfer.compression import blocks
from crossfer.compression.mixed_precision import Probabilities
from crossfer.compression.scoring import Scorer, test_inputs
from crossfer.protocols import Compression

SAMPLE = 64  # rows that show how sensitive a block is


class Candidates:
    """Quantize a graph with some blocks kept in fp32, and score the result.

    Attributes:
        blocks: names of all blocks, from the input to the output.
    """

    def __init__(
        self,
        graphs: Compression,
        fp32: Path,
        batches: Sequence[dict[str, NDArray[Any]]],
        scorer: Scorer,
        tables: Mapping[str, Path],
    ) -> None:
        """Read the blocks of a graph.

        Args:
            graphs: of its modality.
            fp32: the graph; `sensitivity` writes next to it.
            batches: for calibration.
            scorer: runs graphs.
            tables: the table of each domain, by name.
        """
        self._graphs, self._fp32, self._batches, self._scorer, self._tables = graphs, fp32, batches, scorer, tables
        self._block_of_node = blocks.of_nodes(fp32)
        self.blocks = list(dict.fromkeys(self._block_of_node.values()))

    def score_fp32(self) -> Probabilities:
        """Return the fp32 graph's probabilities of every domain's test rows."""
        return self._score(self._fp32)

    def write(self, int8: Path, kept_fp32: Collection[str]) -> Probabilities:
        """Write the graph with all other blocks quantized, and return its probabilities of the test rows."""
        self._quantize(int8, kept_fp32)
        return self._score(int8)

    def sensitivity(self, domain: str, block: str) -> float:
        """Return how far probabilities of a domain's first rows move on average if only this block is quantized."""
        trial = self._fp32.with_name("trial.onnx")
        self._quantize(trial, set(self.blocks) - {block})
        inputs = next(test_inputs(self._tables[domain]))[:SAMPLE]
        before, after = (self._scorer.of_inputs(graph, inputs, "blocks") for graph in (self._fp32, trial))
        return float(np.abs(before - after).mean())

    def _score(self, graph: Path) -> Probabilities:
        """Return a graph's probabilities of every domain's test rows."""
        return {name: self._scorer.of_tests(graph, table, name) for name, table in self._tables.items()}

    def _quantize(self, int8: Path, kept_fp32: Collection[str]) -> None:
        """Write the int8 graph with these blocks kept in fp32."""
        nodes = [node for node, block in self._block_of_node.items() if block in kept_fp32]
        self._graphs.quantize(self._fp32, int8, self._batches, nodes)
