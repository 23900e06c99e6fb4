# A fresh machine needs Python 3.11+ and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FAULTS ?= tests/faults/one_falls.toml
# says a dot for each package that pip has found, and a word when it unpacks them; its errors pass by
DOTS = while read -r line; do case "$$line" in \
	Collecting*) printf . ;; "Installing collected"*) printf ' unpacking them ...' ;; esac; done; echo

# A test of real processes and browsers may meet a machine that is too busy for its time limits: what failed runs again,
# one after the other, and fails the target if it fails again. Both runs are on the screen.
AGAIN = { test $$? -eq 1 && echo "what failed runs once more, alone:" \
	&& $(BIN)/python -m pytest -n 0 --last-failed --last-failed-no-failures none; }

# a machine that is told to keep no bytecode would compile each module anew in each of the processes that tests start
test browser slow crash: export PYTHONDONTWRITEBYTECODE =

# Each of the many small files of a target is synced: in memory, where there is room, the tests take half as long.
MEMORY := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print $$6 }')
test slow: export TMPDIR := $(or $(MEMORY),$(TMPDIR),/tmp)

.DEFAULT_GOAL := help
.PHONY: help install dev demo test browser slow lint types check bench bench-scale format sandbox crash fuzz others clean

help:                        ## what can be made here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/.user: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing storyreel into $(VENV): over a hundred packages, a minute or more"
	@rm -f $@
	@{ PYTHONUNBUFFERED=1 $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e ".[timeline,xlsx]" \
		&& touch $@; } | { $(DOTS); }
	@test -e $@

$(VENV)/.developer: $(VENV)/.user
	@echo "installing the tools of its developers ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade -c constraints.txt "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[s3,azure,gcs,sftp,socks,heic,timeline,xlsx,mark]" --group dev
	@touch $@

install: $(VENV)/.user       ## into .venv, from constraints.txt

dev: $(VENV)/.developer      ## the same with every extra, the tools of its developers and, where it is, pre-commit
	@! command -v pre-commit >/dev/null || pre-commit install

demo: $(VENV)/.user          ## the main job on data/, with no key and no network, into out/demo
	@$(BIN)/storyreel render data/lighthouse.csv --to out/demo

test: $(VENV)/.developer     ## the tests; what fails beside others runs once more alone
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --ignore=tests/browser -m "not slow" $(COVERED) || $(AGAIN)

browser: $(VENV)/.developer  ## the report and the review page in a real browser
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow" tests/browser || $(AGAIN)

slow: $(VENV)/.developer     ## runs that are killed at some of their steps, and every command of the documents
	@$(BIN)/python -m pytest -n 3 -m slow || $(AGAIN)

lint: $(VENV)/.developer     ## format, lint and import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports

types: $(VENV)/.developer    ## mypy, strict
	@$(BIN)/mypy

check: COVERED = --cov --cov-report=term:skip-covered --cov-fail-under=90
check:                       ## lint, types and all tests, with the coverage of each module: the line that CI runs
	@$(MAKE) --no-print-directory lint types test browser slow COVERED="$(COVERED)"

crash: $(VENV)/.developer    ## kill a run at every one of its steps, on a disk, on an S3 server and over SFTP; cut its power (as root: it mounts images; an hour)
	@STORYREEL_CRASH_STRIDE=1 $(BIN)/python -m pytest -n 3 tests/crash/test_crash.py tests/crash/test_lost_orders.py tests/crash/test_chain_killed.py tests/crash/test_power_cut.py tests/crash/on_ext4.py

fuzz: $(VENV)/.developer     ## random input to every reader of what strangers send, for an hour or so; see tests/fuzz
	@$(BIN)/python -m pytest tests/fuzz --hypothesis-profile=fuzz --timeout=3600

bench: $(VENV)/.developer    ## speed, as a ratio to what a user would otherwise run; writes bench.json (20 minutes)
	@$(BIN)/python -m tests.bench

bench-scale: $(VENV)/.developer  ## 2,000 and 8,000 shots, and a season over one worker and two (half an hour)
	@$(BIN)/python -m tests.bench scale fan-out

format: $(VENV)/.developer   ## let ruff lay out the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

sandbox: $(VENV)/.user       ## a loopback server that speaks every gateway's protocol; FAULTS= for one where nothing fails
	@$(BIN)/python -m tests.sandbox $(if $(FAULTS),--faults $(FAULTS))

$(VENV)-others/.ready: pyproject.toml
	@test -x $(VENV)-others/bin/python || $(PYTHON) -m venv $(VENV)-others
	@$(VENV)-others/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(VENV)-others/bin/python -m pip install --quiet --disable-pip-version-check --group others
	@touch $@

others: $(VENV)/.developer $(VENV)-others/.ready  ## LibreOffice, pandas, polars and DuckDB on our tables, editing programs on our timelines, ffmpeg on last pictures, the gateways' own clients and a LiteLLM proxy at the sandbox, in a venv of their own
	@$(BIN)/python -m tests.others $(VENV)-others/bin/python

clean:                       ## caches and what the demo wrote; neither .venv nor any other target
	@rm -rf out/demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* bench.json
	@find . -name __pycache__ -not -path "./$(VENV)/*" -prune -exec rm -rf {} +
