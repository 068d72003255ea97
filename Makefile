# Each target is one plain command; the README shows them for machines without make.
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
READY := $(VENV)/.ready
SITE_READY := $(VENV)/.ready-site
GRADING_READY := $(VENV)/.ready-grading

.PHONY: help setup lab test test-browser test-long test-real notebooks slides site badge binder bench lint lock clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## make .venv and install the course

$(READY): requirements.lock pyproject.toml tools/slides/live.json5
	$(PYTHON) course_utils/supported_python.py
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

lab: setup  ## open JupyterLab on notebook 00
	$(PY) -m jupyterlab notebooks/00_start_here.ipynb

test: setup  ## check everything (no network, under ten minutes)
	$(PY) -m pytest

test-browser: setup $(SITE_READY)  ## drive the notebooks and the site in Chromium
	$(PY) -m pytest -n 2 --dist worksteal -m browser tests/browser

test-long: setup $(GRADING_READY)  ## run what takes too long for make test (on the stand-in)
	$(PY) -m pytest -m long tests

test-real: setup  ## check accuracies and stored networks on the real data (COURSE_DATA_DIR)
	$(PY) -m pytest -n 2 --dist load -m real tests/real_data

notebooks: setup  ## execute the notebooks on the real data, store clean outputs and networks
	$(PY) -m tests.notebooks.execute

slides: setup  ## build the offline decks, build/slides/NN_topic.html
	$(PY) -m tools.slides

site: $(SITE_READY)  ## build the static site into build/site
	$(PY) -m tools.site

$(SITE_READY): $(READY) tools/site/requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --requirement tools/site/requirements.lock
	@touch $@

$(GRADING_READY): $(READY) instructor/requirements.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --requirement instructor/requirements.txt
	@touch $@

badge:  ## point badges and launch buttons at your copy (REPO=owner/name)
	$(PYTHON) -m tools.badge $(REPO)

binder: setup  ## try what Binder builds, without Docker (needs pip's network)
	$(PY) -m tools.binder

bench: setup  ## print the tables that the documents quote (COURSE_DATA_DIR)
	$(PY) -m benchmarks

lint: setup  ## style of the Python code and spelling
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m codespell_lib

lock:  ## compile requirements.lock and its copy for Binder
	$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock" --output-file requirements.lock requirements.txt
	cp requirements.lock binder/requirements.txt
	$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock" --constraint requirements.lock --output-file tools/site/requirements.lock tools/site/requirements.txt

clean:  ## remove what was built (not .venv)
	rm -rf build .pytest_cache .ruff_cache .hypothesis
