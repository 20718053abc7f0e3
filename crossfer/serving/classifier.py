"""Classify raw contents with a compressed model."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from crossfer.artifacts import model_files
from crossfer.artifacts.paths import CLASSIFIER_FILE, GRAPH_FILE
from crossfer.errors import UserError, shorten
from crossfer.serving.content_classifier import ContentClassifier
from crossfer.serving.session import open_session, predict_probabilities

MODALITIES = ("text", "vision")  # a model's file must not choose which module is imported


class Classifier(ContentClassifier):
    """A compressed model."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load the model from a folder that compress wrote.

        Args:
            folder: of the model.
            threads: that classify different contents at the same time; 0 for one per core.

        Raises:
            UserError: the folder has no such model, or files that are too large or too deeply nested.
        """
        model_files.check(folder)
        try:
            description = json.loads((folder / CLASSIFIER_FILE).read_text(encoding="utf-8"))
            if description["modality"] not in MODALITIES:
                raise ValueError(f"unknown modality {shorten(description['modality'])}")
            super().__init__(folder, description["modality"])
            self.labels: list[str] = description["labels"]
            self.session, self.threads = open_session(folder / GRAPH_FILE), threads
        except Exception as error:  # each library raises its own for a broken file
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UserError(
                f"{folder} has no complete compressed model: {reason}; run `dvc repro` to write it."
            ) from error

    def probabilities(self, inputs: Sequence[NDArray[Any]]) -> Iterable[NDArray[Any]]:
        """Return the probabilities of all labels for each input, in order."""
        return predict_probabilities(self.session, self.encoder, inputs, self.threads)
