"""MLflow's pages in a browser: runs, curves, plots and models are displayed."""

import json
import shutil

import pytest
from repository import ROOT, runs
from servers import Server, free_port, wait_for

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
QUIET = ("disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update")
QUIET += ("disable-sync", "disable-dev-shm-usage", "no-sandbox", "headless=new", "window-size=1500,1100")
MAX_SECONDS = 90  # until a page is displayed


@pytest.fixture(scope="module")
def address(repository, tmp_path_factory):
    """The address of `mlflow ui` for the runs of the tiny pipeline."""
    port = free_port()
    command = ["mlflow", "ui", "--backend-store-uri", f"sqlite:///{repository.folder}/mlflow.db", "--port", str(port)]
    environment = {**repository.environment, "MLFLOW_DISABLE_TELEMETRY": "true"}
    server = Server(command, tmp_path_factory.mktemp("ui") / "log", cwd=repository.folder, env=environment)
    server.start()
    wait_for(f"http://127.0.0.1:{port}/health", server)
    yield f"http://127.0.0.1:{port}"
    server.kill()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("Chromium and its driver are not installed (Debian: apt-get install chromium chromium-driver)")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for name in (*QUIET, f"user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(f"--{name}")
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def runs_and_experiment(repository):
    """The runs by stage, and the id of their experiment."""
    stage_runs = {run.data.tags["crossfer.stage"]: run for run in runs(repository.client())}
    return stage_runs, stage_runs["finetune"].info.experiment_id


def wait_for_words(browser, address, path, *words):
    """Open a page, wait until it has all these words, and return its text."""
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get("about:blank")
    browser.get(f"{address}/#{path}")

    def text(driver):
        body_text = driver.find_element("tag name", "body").text
        return body_text if all(word in body_text for word in words) else None

    try:
        return WebDriverWait(browser, MAX_SECONDS).until(text)
    except Exception as error:
        body_text = browser.find_element("tag name", "body").text
        raise AssertionError(f"{path} has not all of {words}: {body_text}") from error


def test_experiment_lists_parents_and_children(browser, address, runs_and_experiment):
    stage_runs, experiment = runs_and_experiment
    wait_for_words(browser, address, f"/experiments/{experiment}/runs", "crossfer", "finetune/tiny", "compare")
    path = f"/experiments/{experiment}/runs/{stage_runs['evaluate'].info.run_id}"
    wait_for_words(browser, address, path, "Parent run", "finetune/tiny")


def test_run_shows_parameters_datasets_and_tags(browser, address, runs_and_experiment):
    stage_runs, experiment = runs_and_experiment
    run = stage_runs["finetune"]
    words = ["learning_rate", "0.0002", "compute.threads", "tiny/en/train", run.inputs.dataset_inputs[0].dataset.digest]
    body_text = wait_for_words(browser, address, f"/experiments/{experiment}/runs/{run.info.run_id}", *words)
    assert "crossfer.processor" in body_text and "crossfer.output.data/models/tiny" in body_text


def shows_curve(driver):
    """Return whether a chart of the page is a line of several points."""
    lines = [line.get_attribute("d") for line in driver.find_elements("css selector", "g.scatterlayer path.js-line")]
    return any(line and line.count("L") + line.count("C") for line in lines)


def test_loss_is_plotted_as_a_curve(browser, address, runs_and_experiment):
    from selenium.webdriver.support.ui import WebDriverWait

    stage_runs, experiment = runs_and_experiment
    path = f"/experiments/{experiment}/runs/{stage_runs['finetune'].info.run_id}/model-metrics"
    wait_for_words(browser, address, path, "learning_rate", "loss")
    assert WebDriverWait(browser, MAX_SECONDS).until(shows_curve)


def shows_large_image(driver):
    """Return whether the page has an image larger than an icon."""
    return driver.execute_script("return [...document.images].some(one => one.naturalWidth > 300)")


def test_logged_plots_are_displayed(browser, address, runs_and_experiment):
    from selenium.webdriver.support.ui import WebDriverWait

    stage_runs, experiment = runs_and_experiment
    images = [("evaluate", "accuracy.png"), ("evaluate", "confusion.png"), ("stress", "robustness.png")]
    for stage, name in images:
        path = f"/experiments/{experiment}/runs/{stage_runs[stage].info.run_id}/artifacts/{name}"
        wait_for_words(browser, address, path, name)
        assert WebDriverWait(browser, MAX_SECONDS).until(shows_large_image)


def test_model_shows_scores_and_their_run(browser, address, runs_and_experiment):
    stage_runs, experiment = runs_and_experiment
    model = stage_runs["finetune"].outputs.model_outputs[0].model_id
    wait_for_words(browser, address, f"/experiments/{experiment}/models/{model}", "zero_shot/accuracy", "evaluate/tiny")


def test_model_shows_its_signature(browser, address, runs_and_experiment):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    stage_runs, experiment = runs_and_experiment
    model = stage_runs["finetune"].outputs.model_outputs[0].model_id
    wait_for_words(browser, address, f"/experiments/{experiment}/models/{model}/artifacts", "MLmodel")
    browser.find_element(By.XPATH, "//*[text()='MLmodel']").click()
    words = ("signature:", '"name": "content"', '"name": "probabilities"')
    WebDriverWait(browser, MAX_SECONDS).until(
        lambda driver: all(word in driver.find_element("tag name", "body").text for word in words)
    )


def test_two_runs_are_compared(browser, address, runs_and_experiment):
    stage_runs, experiment = runs_and_experiment
    ids = json.dumps([stage_runs[stage].info.run_id for stage in ("finetune", "evaluate")])
    path = f'/compare-runs?runs={ids}&experiments=["{experiment}"]'
    body_text = wait_for_words(
        browser, address, path, "Comparing 2 Runs from 1 Experiment", "finetune/tiny", "evaluate/tiny"
    )
    assert "averaged_seeds" in body_text and "backbone.path" in body_text


def test_screenshot_in_the_readme_is_an_image():
    from PIL import Image

    with Image.open(ROOT / "docs/mlflow.png") as image:
        assert image.width > 1000
