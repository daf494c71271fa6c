# The one door for people and CI. PYTHON names another interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
START := $(wildcard start/*.py start/*.pth)
SHELL_FILES := tasks/sandbox/demo.sh .ci/run $(wildcard tests/support/*/*.sh tests/support/*/*/*.sh tests/bench/*/*.sh tests/bench/*/*/*.sh)

# Tests wait more than they work: two for each core.
CORES := $(shell getconf _NPROCESSORS_ONLN)
WORKERS ?= $(shell echo $$(($(CORES) * 2)))
HOSTS_AT_ONCE ?= $(WORKERS)
# More words for pytest: --last-failed runs again what has failed.
AGAIN ?=

SHELL := bash
.SHELLFLAGS := -euo pipefail -c

.PHONY: demo test test-host check figures bench chaos schema picture clean

demo: $(VENV)/.ready ## a real release on an embedded host, from nothing to rollback
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash tasks/sandbox/demo.sh

test: $(VENV)/.ready-dev ## everything that needs neither root nor installation
	$(BIN)/python -m pytest -n $(WORKERS) --dist load --maxschedchunk 16 $(AGAIN) tests/ssh tests/functions tests/unit

test-host: $(VENV)/.ready-dev ## the rest: real users, a real sshd, hosts that boot, a sample of chaos; root on Debian
	$(BIN)/python -m pytest -n $(HOSTS_AT_ONCE) --dist loadfile $(AGAIN) tests/chaos tests/host

check: $(VENV)/.ready-dev ## lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/vermin --target=3.8- --no-tips --violations --exclude typing.ParamSpec --exclude typing.Concatenate tasks/host
	$(BIN)/shellcheck $(SHELL_FILES)

figures: $(VENV)/.ready-dev ## docs/requests.md: the requests that a release loses, measured; root on Debian, ten minutes
	$(BIN)/python -m tests.bench.requests.figures

bench: $(VENV)/.ready-dev .bench/.ready ## releases side by side with peers, into docs/speed.md; ROUNDS=, DISTANCES=, ONLY=, PEERS=; root on Debian, half an hour
	@$(BIN)/python -m tests.bench --rounds "$(ROUNDS)" --distances "$(DISTANCES)" --only "$(ONLY)" --peers "$(PEERS)"

chaos: $(VENV)/.ready-dev ## every fault at every step, into docs/chaos.md; ONLY=FAULT:STEP:POSITION, MOMENTS=, SEED=, HOSTS=, MINUTES=; root on Debian, hours; FLEET=1: of three hosts
	$(BIN)/python -m $(if $(FLEET),tests.chaos.fleet,tests.chaos --hosts "$(or $(HOSTS),3)") --only "$(ONLY)" --seed "$(SEED)" --moments "$(or $(MOMENTS),$(if $(FLEET),500,100))" --minutes "$(or $(MINUTES),inf)"

schema: $(VENV)/.ready ## hosts.schema.json and docs/hosts.md, from the models
	$(BIN)/python -m docs.make.schema > hosts.schema.json.new && mv hosts.schema.json.new hosts.schema.json
	$(BIN)/python -m docs.make.reference > docs/hosts.md.new && mv docs/hosts.md.new docs/hosts.md

picture: $(VENV)/.ready ## the README's picture of a deploy, drawn by the tool
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m docs.make.picture docs/deploy.svg

$(VENV)/.ready: requirements.txt requirements-sandbox.txt $(START)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11" >&2; exit 1; }
	@echo "$(VENV): a Python of its own"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3-venv is needed: sudo apt-get install python3-venv" >&2; exit 1; }
	@$(call install,requirements-sandbox.txt)
	@cp $(START) "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-ec2.txt requirements-dev.txt
	@$(call install,requirements-dev.txt)
	@touch $@

# Install what these files name: one line, with a dot for each package that is fetched.
define install
printf '%s' "$(VENV): $(1) "; \
$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off $(addprefix -r ,$(1)) \
	| while read -r word _; do [[ $$word != Collecting ]] || printf '.'; done; \
echo
endef

.bench/.ready: tests/bench/peers/requirements.txt
	@$(PYTHON) -m venv .bench
	@echo "installing the peers from PyPI into .bench ..."
	@.bench/bin/python -m pip install --quiet --disable-pip-version-check -r tests/bench/peers/requirements.txt
	@touch $@

clean: ## as after a clone
	-@test ! -x $(BIN)/fab || $(BIN)/fab sandbox.stop
	find . -path ./$(VENV) -prune -o -name __pycache__ -exec rm -rf {} +
	rm -rf $(VENV) .bench .sandbox .mypy_cache .ruff_cache .pytest_cache .hypothesis
