"""The baseline for images."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from crossfer.modalities.vision.data.images import open_image

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SIDE = 28  # pixels


def baseline() -> "Pipeline":
    """Return a linear SVM on grey pixels."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.svm import LinearSVC

    return make_pipeline(FunctionTransformer(_grey_pixels), LinearSVC(C=0.01, random_state=0))


def _grey_pixels(contents: Sequence[bytes]) -> NDArray[np.float32]:
    """Return brightness from 0 to 1, (rows, SIDE * SIDE)."""
    images = [open_image(content).convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR) for content in contents]
    return np.stack([np.asarray(image, np.float32).ravel() / 255 for image in images])
