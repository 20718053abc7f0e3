"""MLflow's pages in a real browser: what a user looks for is there, and can be read."""

import json
import shutil

import pytest
from repository import ROOT, runs
from servers import Server, free_port, wait_for

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
QUIET = ("disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update")
QUIET += ("disable-sync", "disable-dev-shm-usage", "no-sandbox", "headless=new", "window-size=1500,1100")
PATIENCE = 90  # seconds for a page


@pytest.fixture(scope="module")
def address(repository, tmp_path_factory):
    """MLflow's pages of the runs of the tiny pipeline."""
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
def made(repository):
    """The runs by stage, and the id of their experiment."""
    found = {run.data.tags["crossfer.stage"]: run for run in runs(repository.client())}
    return found, found["finetune"].info.experiment_id


def page(browser, address, place, *words):
    """The text of a page, once it has all these words."""
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get("about:blank")
    browser.get(f"{address}/#{place}")

    def text(driver):
        said = driver.find_element("tag name", "body").text
        return said if all(word in said for word in words) else None

    try:
        return WebDriverWait(browser, PATIENCE).until(text)
    except Exception as error:
        said = browser.find_element("tag name", "body").text
        raise AssertionError(f"{place} has not all of {words}: {said}") from error


def test_the_experiment_lists_parents_and_children(browser, address, made):
    found, experiment = made
    page(browser, address, f"/experiments/{experiment}/runs", "crossfer", "finetune/tiny", "compare")
    place = f"/experiments/{experiment}/runs/{found['evaluate'].info.run_id}"
    page(browser, address, place, "Parent run", "finetune/tiny")


def test_a_run_shows_its_parameters_its_datasets_and_its_model(browser, address, made):
    found, experiment = made
    run = found["finetune"]
    words = ["learning_rate", "0.0002", "compute.threads", "tiny/en/train", run.inputs.dataset_inputs[0].dataset.digest]
    said = page(browser, address, f"/experiments/{experiment}/runs/{run.info.run_id}", *words)
    assert "crossfer.processor" in said and "crossfer.output.data/models/tiny" in said


def shows_a_curve(driver):
    """One of the page's charts, which are drawn after its words, is a line of several points."""
    lines = [line.get_attribute("d") for line in driver.find_elements("css selector", "g.scatterlayer path.js-line")]
    return any(line and line.count("L") + line.count("C") for line in lines)


def test_the_loss_is_a_curve(browser, address, made):
    from selenium.webdriver.support.ui import WebDriverWait

    found, experiment = made
    place = f"/experiments/{experiment}/runs/{found['finetune'].info.run_id}/model-metrics"
    page(browser, address, place, "learning_rate", "loss")
    assert WebDriverWait(browser, PATIENCE).until(shows_a_curve)


def shows_a_picture(driver):
    """One of the page's pictures is large, and not an icon."""
    return driver.execute_script("return [...document.images].some(one => one.naturalWidth > 300)")


def test_the_pictures_are_drawn(browser, address, made):
    from selenium.webdriver.support.ui import WebDriverWait

    found, experiment = made
    shown = [("evaluate", "accuracy.png"), ("evaluate", "confusion.png"), ("stress", "robustness.png")]
    for stage, name in shown:
        place = f"/experiments/{experiment}/runs/{found[stage].info.run_id}/artifacts/{name}"
        page(browser, address, place, name)
        assert WebDriverWait(browser, PATIENCE).until(shows_a_picture)


def test_a_model_shows_its_scores_and_where_they_are_from(browser, address, made):
    found, experiment = made
    model = found["finetune"].outputs.model_outputs[0].model_id
    page(browser, address, f"/experiments/{experiment}/models/{model}", "zero_shot/accuracy", "evaluate/tiny")


def test_a_model_shows_its_signature(browser, address, made):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    found, experiment = made
    model = found["finetune"].outputs.model_outputs[0].model_id
    page(browser, address, f"/experiments/{experiment}/models/{model}/artifacts", "MLmodel")
    browser.find_element(By.XPATH, "//*[text()='MLmodel']").click()
    shown = ("signature:", '"name": "content"', '"name": "probabilities"')
    WebDriverWait(browser, PATIENCE).until(
        lambda driver: all(word in driver.find_element("tag name", "body").text for word in shown)
    )


def test_two_runs_are_compared(browser, address, made):
    found, experiment = made
    ids = json.dumps([found[stage].info.run_id for stage in ("finetune", "evaluate")])
    place = f'/compare-runs?runs={ids}&experiments=["{experiment}"]'
    said = page(browser, address, place, "Comparing 2 Runs from 1 Experiment", "finetune/tiny", "evaluate/tiny")
    assert "averaged_seeds" in said and "backbone.path" in said


def test_the_picture_in_the_readme_is_one():
    from PIL import Image

    with Image.open(ROOT / "docs/mlflow.png") as picture:
        assert picture.width > 1000
