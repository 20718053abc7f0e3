"""The baseline for texts.

Character n-grams need no words, so the baseline is fair to languages that write no spaces (Chinese, Thai) or vowels as
combining marks (Hindi), which patterns of words would cut.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

CHARACTERS = (2, 4)  # per n-gram; spaces around a word count, so words of one letter have n-grams


def baseline() -> "Pipeline":
    """Return a linear SVM on TF-IDF of the character n-grams in each word."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    n_grams = TfidfVectorizer(analyzer="char_wb", ngram_range=CHARACTERS, sublinear_tf=True)
    return make_pipeline(n_grams, LinearSVC(random_state=0))
