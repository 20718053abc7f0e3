"""On Spark, two local workers give the answers of the int8 classifier."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys

import pytest
from repository import ROOT, runs
from sample_texts import TEXTS

from crossfer.artifacts.paths import TaskPaths
from crossfer.serving.classifier import Classifier

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed: pip install '.[spark]'"
    ),
    pytest.mark.skipif(
        shutil.which("java") is None, reason="Java is not installed: apt-get install openjdk-17-jre-headless"
    ),
]

SCRIPT = """
import json, os, sys
import mlflow
from pyspark.sql import SparkSession
from pyspark.sql.functions import spark_partition_id, struct

mlflow.set_tracking_uri("sqlite:///mlflow.db")
model, texts = sys.argv[1], json.loads(sys.argv[2])
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
classify = mlflow.pyfunc.spark_udf(spark, model, env_manager="local")
rows = spark.createDataFrame([(text,) for text in texts], ["content"]).repartition(2)
answers = rows.withColumn("answer", classify(struct("content"))).withColumn("worker", spark_partition_id()).collect()
print(json.dumps([[row.worker, row.content, row.answer.asDict()] for row in answers]))
"""


def run_spark(repository, *command):
    """Run a Spark program in the repository and return its output."""
    environment = {**repository.environment, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    process = subprocess.run(
        [sys.executable, "-c", *command],
        cwd=repository.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return process.stdout


def test_two_workers_answer_as_the_classifier(repository):
    (run,) = runs(repository.client(), "compress")
    address = f"models:/{run.outputs.model_outputs[0].model_id}"
    texts = [*TEXTS, *(f"{number} {text}" for number in range(10) for text in TEXTS), ""]
    rows = json.loads(run_spark(repository, SCRIPT, address, json.dumps(texts)).splitlines()[-1])
    assert {worker for worker, _, _ in rows} == {0, 1}
    by_text = {text: answer for _, text, answer in rows}
    for text, expected in zip(
        texts, Classifier(repository.folder / TaskPaths("tiny").onnx).predict(texts), strict=True
    ):
        for name in ("label", "error"):  # MLflow turns None into "None" if another row of the batch has a text
            value = getattr(expected, name)
            assert by_text[text][name] in ((None, "None") if value is None else (value,))
        if expected.probability is not None:
            assert by_text[text]["probability"] == pytest.approx(expected.probability, abs=0.02)


def test_documented_example_runs(repository):
    """Run the example of docs/serving.md with the task of this repository."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/serving.md").read_text(encoding="utf-8"), re.DOTALL)
    (code,) = [block for block in blocks if "spark_udf" in block]
    repository.crossfer("promote", "tiny")
    output = run_spark(repository, code.replace("crossfer-news", "crossfer-tiny"))
    assert re.search(r"\|(business|entertainment|politics|sports|tech) *\|", output)
