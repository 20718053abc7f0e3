# Each target first makes .venv, if it is missing or older than the files that it is made from.

PYTHON ?= python3
PORT ?= 5000
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# The folders that stages and benchmarks write.
WRITTEN := raw clean tokens models adapted predictions onnx reports summary measurements

.PHONY: repro test test-all ui clean

repro: $(VENV)/.installed  ## run the pipeline: every stage whose inputs changed
	@echo 'Running the pipeline. The first run takes about 15 minutes on two cores, 0.7 GB here and 0.5 GB in the cache of'
	@echo 'expanded weights (~/.cache/crossfer). Later runs skip each stage whose inputs did not change.'
	crossfer check
	dvc repro

test: $(VENV)/.installed  ## style, types, and all but the slow tests
	ruff check .
	ruff format --check .
	mypy
	pytest -m "not slow"

test-all: test  ## the same and the slow tests: DVC experiments, kills, servers, browser, Spark, fuzzing
	pytest -m slow --dist=loadfile

ui: $(VENV)/.installed  ## browse the runs of the local store, at http://127.0.0.1:5000
	mlflow ui --backend-store-uri sqlite:///mlflow.db --port $(PORT)

clean:  ## remove what stages wrote and git ignores; reports in git, DVC's cache and the runs stay
	git clean -fdXq $(WRITTEN:%=data/%)

$(VENV)/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "crossfer needs Python 3.11 or newer, found " \
	  + sys.version.split()[0] + "; name another with: make PYTHON=python3.11")'
	@echo 'Installing about 260 packages into $(VENV). This takes about 5 minutes, 1 GB to'
	@echo 'download and 3 GB on disk, and several GB more if pip chooses a build of torch for CUDA.'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install $$(test -t 1 || echo --quiet) --disable-pip-version-check --constraint requirements.lock \
	  --editable '.[dev]'
	touch $@
