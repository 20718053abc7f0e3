"""The small model over a cluster's rows: Spark in local mode with two workers, the same labels as predict."""

import shutil
import subprocess
import sys

import pytest

from stages.serving.classifier import Classifier
from stages.shared import artifacts

pyspark = pytest.importorskip("pyspark", reason="Spark is not installed: pip install '.[spark]'")

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(900)]

SCRIPT = """
import json, sys
import mlflow
from pyspark.sql import SparkSession
from pyspark.sql.functions import struct

mlflow.set_tracking_uri(sys.argv[1])
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
texts = json.loads(sys.argv[3])
table = spark.createDataFrame([(text,) for text in texts], "content string").repartition(4)
classify = mlflow.pyfunc.spark_udf(spark, sys.argv[2], env_manager="local")
rows = table.withColumn("answer", classify(struct("content"))).select("content", "answer.label").collect()
print("ANSWERS " + json.dumps({row["content"]: row["label"] for row in rows}))
"""


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java 17, and there is none")
def test_the_same_labels_on_two_workers(repository):
    import json

    repository.stage("promote")
    texts = [f"{text} {number}" for number in range(40) for text in ("the bank", "球队赢了决赛", "Mechi iliisha")]
    store = f"sqlite:///{repository.folder}/mlflow.db"
    arguments = [store, "models:/crossfer-tiny@champion", json.dumps(texts)]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=repository.folder,
        env={**repository.environment, "PYSPARK_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.partition("ANSWERS ")[2])
    answers = Classifier(repository.folder / artifacts.onnx("tiny")).answers(texts)
    assert found == {text: answer.label for text, answer in zip(texts, answers, strict=True)}
