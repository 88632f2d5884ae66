# Two commands to know: `make demo` (see it work) and `make test` (see that it is right). Both set themselves up.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: demo test test-fast test-deep lint bench docs lock clean

demo: .venv/run-ready
	$(BIN)/vigie demo $(ARGS)

test: .venv/test-ready .judges/npm/ready .judges/schemathesis/ready
	.ci/debian mosquitto postgresql zbar-tools chromium xvfb poppler-utils
	$(MAKE) --no-print-directory lint
	$(BIN)/pytest -m "not slow and not deep" -n 2 --dist loadfile
	$(BIN)/pytest -m "slow and not deep" -n 2 --dist loadfile --ignore tests/browser
	$(BIN)/pytest -m "slow and not deep" tests/browser

test-fast: .venv/test-ready .judges/npm/ready
	$(BIN)/pytest -m "not slow and not deep" -n 2 --dist loadfile

test-deep: .venv/test-ready .judges/npm/ready .judges/schemathesis/ready .judges/taky/ready .judges/asterix/ready
	.ci/debian mosquitto postgresql zbar-tools chromium xvfb poppler-utils
	$(BIN)/pytest -m "deep"

lint: .venv/test-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/run-ready
	$(BIN)/vigie bench $(ARGS)

docs: .venv/test-ready
	$(BIN)/vigie schema --write docs
	$(BIN)/vigie asyncapi > docs/schema/asyncapi.json
	$(BIN)/vigie scenario keys > docs/scenarios.md
	$(BIN)/vigie scenario schema > docs/schema/scenario.json
	$(BIN)/vigie scenario list --page > docs/library.md

# Pin what pyproject.toml allows. Needs pip-tools; run it when a dependency changes, and commit what it writes.
LOCK := --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
lock:
	pip-compile $(LOCK) --extra asterix --extra broker --extra console --extra mcap --extra postgresql --extra sapient --extra tak --extra webhooks --extra build -o requirements.txt pyproject.toml
	pip-compile $(LOCK) --extra asterix --extra broker --extra console --extra mcap --extra postgresql --extra sapient --extra tak --extra webhooks --extra build --extra test -c requirements.txt -o requirements-test.txt pyproject.toml

.venv/bin/python:
	$(PYTHON) -m venv .venv || { .ci/debian python3-venv && $(PYTHON) -m venv --clear .venv; }

# The console's pages: packages by lock file, built when a source changed, never committed.
WEB := fusion/console/web
$(WEB)/node_modules/.package-lock.json: $(WEB)/package.json $(WEB)/package-lock.json
	.ci/node
	cd $(WEB) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

$(WEB)/dist/index.html: $(WEB)/node_modules/.package-lock.json $(WEB)/build.mjs $(shell find fusion/console/web/src -type f)
	cd $(WEB) && node build.mjs

.venv/run-ready: requirements.txt pyproject.toml | .venv/bin/python $(WEB)/dist/index.html
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.venv/test-ready: requirements-test.txt .venv/run-ready
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	touch $@

# Judges in JavaScript, by a lock file of their own: a few seconds.
.judges/npm/ready: tests/npm/package.json tests/npm/package-lock.json
	.ci/node
	mkdir -p .judges/npm
	cp tests/npm/package.json tests/npm/package-lock.json tests/npm/.npmrc .judges/npm
	cd .judges/npm && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# Judges that cannot stand beside us: taky builds with setuptools of its own time, without isolation.
.judges/taky/ready: tests/taky.txt
	$(PYTHON) -m venv --clear .judges/taky
	.judges/taky/bin/pip install --quiet --disable-pip-version-check "setuptools<70" "setuptools_scm<8" wheel
	.judges/taky/bin/pip install --quiet --disable-pip-version-check -r tests/taky.txt
	.judges/taky/bin/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps taky==0.10
	touch $@

.judges/schemathesis/ready: tests/schemathesis.txt
	$(PYTHON) -m venv --clear .judges/schemathesis
	.judges/schemathesis/bin/pip install --quiet --disable-pip-version-check -r tests/schemathesis.txt
	touch $@

# GPL, and of libasterix' import name: it judges from outside. It is C, so Debian's compiler is needed.
.judges/asterix/ready:
	$(PYTHON) -m venv --clear .judges/asterix
	.judges/asterix/bin/pip install --quiet --disable-pip-version-check asterix_decoder==0.7.11 || \
		{ .ci/debian gcc python3-dev && .judges/asterix/bin/pip install --quiet --disable-pip-version-check asterix_decoder==0.7.11; }
	touch $@

clean:
	rm -rf .venv .judges build dist $(WEB)/dist $(WEB)/node_modules *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
