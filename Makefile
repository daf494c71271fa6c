# The one door for people and CI. PYTHON names another interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL_FILES := $(wildcard tasks/shell/lib/*.sh tasks/shell/lib/*/*.sh) tasks/sandbox/demo.sh .ci/run $(wildcard tests/support/*/*.sh tests/support/*/*/*.sh tests/bench/*/*.sh tests/bench/*/*/*.sh)

.PHONY: demo test test-host check figures bench chaos schema picture clean

demo: $(VENV)/.ready ## a real release on an embedded host, from nothing to rollback
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash tasks/sandbox/demo.sh

test: $(VENV)/.ready ## everything that needs neither root nor installation
	$(BIN)/python -m pytest -n 4 --dist loadfile tests/unit tests/shell tests/ssh

test-host: $(VENV)/.ready ## the rest: real users, a real sshd, hosts that boot, a sample of chaos; root on Debian
	$(BIN)/python -m pytest -n 4 --dist loadfile tests/chaos tests/host

check: $(VENV)/.ready ## lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/shellcheck $(SHELL_FILES)

figures: $(VENV)/.ready ## the README's tables of what a release loses, measured; root on Debian, six minutes
	$(BIN)/python -m tests.bench.requests.figures

bench: $(VENV)/.ready .bench/.ready ## releases side by side with peers, into docs/speed.md; ROUNDS=, DISTANCES=, ONLY=, PEERS=; root on Debian, half an hour
	@$(BIN)/python -m tests.bench --rounds "$(ROUNDS)" --distances "$(DISTANCES)" --only "$(ONLY)" --peers "$(PEERS)"

chaos: $(VENV)/.ready ## every fault at every step, and the README's table of it; ONLY=FAULT:STEP:POSITION, MOMENTS=, SEED=, HOSTS=, MINUTES=; root on Debian, hours
	$(BIN)/python -m tests.chaos --only "$(ONLY)" --seed "$(SEED)" --moments "$(or $(MOMENTS),100)" --hosts "$(or $(HOSTS),3)" --minutes "$(or $(MINUTES),inf)"

schema: $(VENV)/.ready ## hosts.schema.json, from the models
	$(BIN)/python -m tasks.config.schema > hosts.schema.json.new && mv hosts.schema.json.new hosts.schema.json

picture: $(VENV)/.ready ## the README's picture of a deploy, drawn by the tool
	PATH="$(CURDIR)/$(BIN):$$PATH" bash tasks/sandbox/demo.sh --picture docs/deploy.svg

$(VENV)/.ready: requirements.txt requirements-dev.txt $(wildcard start/*)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3-venv is needed: sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "installing the requirements into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@cp start/* "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
	@touch $@

.bench/.ready: tests/bench/peers/requirements.txt
	@$(PYTHON) -m venv .bench
	@echo "installing the peers from PyPI into .bench ..."
	@.bench/bin/python -m pip install --quiet --disable-pip-version-check -r tests/bench/peers/requirements.txt
	@touch $@

clean: ## as after a clone
	-@test ! -x $(BIN)/fab || $(BIN)/fab sandbox.stop
	rm -rf $(VENV) .bench .sandbox .mypy_cache .ruff_cache .pytest_cache .hypothesis
