# The two commands are `make run` and `make test`; each sets up what it needs, once.

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
# The last thing that the set-up makes, with the place it was made in: it is done again only when the locked versions
# change, when the clone has moved, for nothing in .venv runs elsewhere, or when its Python has gone.
READY := .venv/ready
# Processes that run the tests.
WORKERS ?= auto
ifneq ($(shell cat $(READY) 2>/dev/null && $(BIN)/python -c '' 2>&1),$(CURDIR))
.PHONY: $(READY)
endif
# Every job is a Python process of its own: modules are compiled once, not in each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup browser run unlock quick test docs generate test-cluster torture check release bench bench-gpu bench-cluster lock plotlyjs phenomena sample clean

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@tools/make_environment.sh "$(PYTHON)" "$(UV_VERSION)"
	@echo "$(CURDIR)" > $@

# PNG pictures need a Chrome or Chromium; without one the workflow draws HTML alone.
browser: $(READY)
	@tools/find_or_install_browser.sh

run: $(READY) browser
	@tools/check_lock.sh
	$(BIN)/snakemake --cores all

# After a call that was killed, which leaves the folder locked.
unlock: $(READY)
	$(BIN)/snakemake --unlock

test: $(READY) browser
	$(BIN)/pytest --numprocesses $(WORKERS)

# The fast ones.
quick: $(READY)
	$(BIN)/pytest --numprocesses auto -m "not slow" tests/unit

# The site, in site/; a link that leads nowhere fails it.
docs: $(READY)
	$(BIN)/python tools/site.py .docs
	$(BIN)/zensical build --strict

# What the config model and the benchmarks decide: schema, default config, tables. A test fails when one is stale.
generate: $(READY)
	$(BIN)/python tools/generate.py

# On a Slurm cluster of two nodes, which it installs, starts on this machine and stops; without root it is skipped.
test-cluster: $(READY)
	$(BIN)/pytest tests/cluster

# Killed jobs, damaged files, mutated configs, hostile mirrors, a raced cache: 25 minutes, a figure for each.
# Not a part of `make test`; .ci/weekly runs it, and it is run before a release.
torture: $(READY)
	$(BIN)/python -m tests.torture $(PARTS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/oxlint --deny-warnings src/oscillator_field/figures/pages
	$(BIN)/hadolint Dockerfile

# Whether a release can be made, and its packages; nothing is published.
release: $(READY)
	tools/check_release.sh $(BIN)

# The figures of docs/performance.md, side by side in one run.
bench: $(READY)
	$(BIN)/python benchmarks/field.py --json benchmarks/field.json
	$(BIN)/python benchmarks/pictures.py --json benchmarks/pictures.json
	$(BIN)/python benchmarks/sweep.py --json benchmarks/sweep.json
	$(BIN)/python benchmarks/diagrams.py --side 1000 --json benchmarks/diagrams.json
	$(BIN)/python benchmarks/sizes.py --json benchmarks/sizes.json

# The engine for GPUs, checked and measured beside torch; it needs an NVIDIA GPU.
bench-gpu: $(READY)
	$(BIN)/python benchmarks/gpu.py --json benchmarks/gpu.json

# What submitting costs, on the cluster of the tests.
bench-cluster: $(READY)
	$(BIN)/python benchmarks/cluster.py --json benchmarks/cluster.json

# Keeps what is pinned; remove requirements.lock first to bring everything up to date.
lock:
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
	    --extra workflow --extra docs --extra test --output-file requirements.lock pyproject.toml

# The plotly.js that pages load, after plotly itself was brought up to date; needs npm.
plotlyjs: $(READY)
	@tools/fetch_plotlyjs.sh

# The pictures of docs/phenomena.md; some five minutes.
phenomena: $(READY)
	tools/draw_phenomena.sh $(BIN)

# The pictures in the repository: MNIST=folder of the full set.
sample: $(READY)
	$(BIN)/python tools/make_mnist_sample.py $(MNIST)

clean:
	rm -rf .venv .snakemake .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .docs site dist results logs $(filter-out resources/examples,$(wildcard resources/*))
