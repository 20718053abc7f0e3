# Each target makes .venv first, if it is missing or older than what it is made from.

PYTHON ?= python3
PORT ?= 5000
TASK ?= news
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: repro test verify ladder bench promote ui sync clean-runs sbom audit clean

repro: $(VENV)/.installed  ## run the pipeline: every stage whose inputs changed
	crossfer check
	dvc repro

test: $(VENV)/.installed  ## style, types and every test
	ruff check .
	ruff format --check .
	mypy
	pytest

verify: $(VENV)/.installed  ## make everything anew in a fresh clone, and hold each output against dvc.lock
	python -m crossfer.commands.provenance.verify

ladder: $(VENV)/.installed  ## what each step from a classical floor to a fine-tuned network is worth (hours; kept in git)
	python -m crossfer.commands.ablation.command news --set compute.threads=1 --set tasks.news.tokenize.max_length=64 \
	  --set tasks.news.finetune.dropout=0.1 --set tasks.news.preprocess.scrub=none
	python -m crossfer.commands.ablation.command digits --set compute.threads=1

bench: $(VENV)/.installed  ## time finetune beside the stock recipe, in turn (long; on the data that repro made)
	python -m benchmarks.versus_baseline news

promote: $(VENV)/.installed  ## let models:/crossfer-TASK@champion be the best small model of the task: make promote TASK=news
	python -m crossfer.commands.models.promote $(TASK)

ui: $(VENV)/.installed  ## browse the runs of the local store, at http://127.0.0.1:5000
	mlflow ui --backend-store-uri sqlite:///mlflow.db --port $(PORT)

sync: $(VENV)/.installed  ## deliver the records that wait for a tracking server that was away
	python -m crossfer.commands.provenance.sync

clean-runs: $(VENV)/.installed  ## show which runs, models and checkpoints can be removed (how, is said there)
	python -m crossfer.commands.provenance.clean

sbom: $(VENV)/.installed  ## write sbom.cdx.json: all packages of the environment and their licences, in CycloneDX's form
	cyclonedx-py environment --no-validate --output-reproducible --pyproject pyproject.toml --output-file sbom.cdx.json $(VENV)

audit: $(VENV)/.installed  ## ask whether any package has a known vulnerability (needs the network)
	pip-audit --requirement requirements.lock

clean:  ## remove what the stages made; DVC's cache and the runs stay
	rm -rf data/raw data/clean data/tokens data/models data/adapted data/predictions data/onnx data/reports

$(VENV)/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "crossfer needs Python 3.11 or newer, found " \
	  + sys.version.split()[0] + "; name another with: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[dev]'
	touch $@
