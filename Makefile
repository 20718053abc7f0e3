# Each target first installs .venv if it is missing, older than pyproject.toml or requirements.lock, or was moved.

PYTHON ?= python3
PORT ?= 5000
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# Folders that stages and benchmarks write.
OUTPUTS := raw clean tokens models adapted predictions onnx reports summary measurements

.PHONY: repro test test-all ui clean

repro: $(VENV)/.installed  ## run every stage whose inputs changed
	@echo 'Running the pipeline. The first run takes about 8 minutes on two cores, 0.7 GB here and 0.5 GB in the cache of'
	@echo 'expanded weights (~/.cache/crossfer). Later runs skip each stage whose inputs did not change.'
	crossfer check
	dvc repro

test: $(VENV)/.installed  ## check style and types, run all but the slow tests
	ruff check .
	ruff format --check .
	mypy
	pytest -m "not slow"

test-all: test  ## also run the slow tests: DVC experiments, kills, servers, browser, Spark, fuzzing
	pytest -m slow --dist=loadfile

ui: $(VENV)/.installed  ## browse the runs in the local store at http://127.0.0.1:5000
	crossfer sync  # also follows a move of the repository
	mlflow ui --backend-store-uri sqlite:///mlflow.db --port $(PORT)

clean:  ## remove outputs that git ignores; reports in git, DVC's cache and runs stay
	git clean -fdXq $(OUTPUTS:%=data/%)

# The programs of .venv name its folder. After a move of the repository they would not start.
ifneq ($(wildcard $(VENV)/bin/pip),)
ifeq ($(findstring $(realpath $(VENV))/,$(shell head -n 3 $(VENV)/bin/pip)),)
MOVED := --clear
.PHONY: $(VENV)/.installed
endif
endif

$(VENV)/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: crossfer needs Python 3.11 or newer, not " \
	  + sys.version.split()[0] + "; name another: make PYTHON=python3.11")'
	@echo 'Installing about 260 packages into $(VENV): about 2 minutes plus the download, 3 GB on disk.'
	@echo 'A CUDA build of torch, if pip chooses one, needs several GB more.'
	$(PYTHON) -m venv $(MOVED) $(VENV)
	$(VENV)/bin/pip install $$(test -t 1 || echo --quiet) --disable-pip-version-check --constraint requirements.lock \
	  --editable '.[dev]'
	touch $@
