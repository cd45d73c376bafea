# make demo, make test: all that is needed is Python 3.10, 3.11 or 3.12 and make. Everything is installed into .venv.
.DEFAULT_GOAL := help
.PHONY: help demo test lint bench proof fuzz images sbom lock check-lock release-fixture clean
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
BASE_IMAGE ?= $(or $(CONNECTOR_BASE_IMAGE),docker.io/airbyte/python-connector-base:4.1.0)
SECONDS_EACH ?= 60
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check

# Prints the newest fitting interpreter on the PATH. Each candidate is run, for a name on the PATH may be a stub that only
# complains; ensurepip is asked for because Debian ships Python without it.
define FIND_PYTHON
IFS=:; \
for minor in 12 11 10; do for name in python3.$$minor python3 python; do for dir in $$PATH; do \
  if [ -x "$$dir/$$name" ] && "$$dir/$$name" -c "import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, $$minor))" 2>/dev/null; then \
    printf '%s\n' "$$dir/$$name"; exit 0; \
  fi; \
done; done; done
endef

help:
	@echo "make demo    sandbox -> source -> DuckDB and a Segment stand-in, then a summary; the database stays in demo/"
	@echo "make test    all tests; those of the images where an engine and CONNECTOR_BASE_IMAGE are there"
	@echo "make lint    ruff and mypy --strict"
	@echo "make bench   requests, speed and memory of both connectors beside their peers, into benchmarks/RESULTS.md"
	@echo "make proof   every fault against both connectors and their peers; writes docs/reliability.md, in some 15 minutes"
	@echo "make fuzz    random inputs for all that is read from outside, SECONDS_EACH=$(SECONDS_EACH); BOUNDED=1 for as few as in CI"
	@echo "make images  both connector images (BASE_IMAGE=$(BASE_IMAGE))"
	@echo "make sbom    what is in the images, as CycloneDX: build/sbom.cdx.json"
	@echo "make lock    locks/: the versions and hashes in the images, as pyproject.toml asks; UPGRADE=1 takes the newest"
	@echo "make release-fixture  what this version leaves to the next, for unit_tests/releases: docs/upgrades.md"
	@echo "make clean   removes .venv and caches"

demo: $(VENV)/demo-installed
	$(BIN)/mailjet-segment demo

test: $(VENV)/dev-installed
	@if [ -n "$$CONNECTOR_BASE_IMAGE" ] && docker info >/dev/null 2>&1; then \
	  $(BIN)/python -m pytest; \
	else \
	  echo "The image tests are left out: they need a running container engine (docker) and CONNECTOR_BASE_IMAGE."; \
	  $(BIN)/python -m pytest -m "not image_tests"; \
	fi

lint: $(VENV)/dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/demo-installed
	$(BIN)/python -m benchmarks.bench

fuzz: $(VENV)/fuzz-installed
	$(BIN)/python -m fuzz.run $(if $(BOUNDED),--bounded,--seconds $(SECONDS_EACH))

proof: $(VENV)/demo-installed
	$(BIN)/python -m proof --output docs/reliability.md

images:
	docker build --build-arg BASE_IMAGE="$(BASE_IMAGE)" --target source -t source-mailjet-segment:$(VERSION) .
	docker build --build-arg BASE_IMAGE="$(BASE_IMAGE)" --target destination -t destination-segment:$(VERSION) .

# Copied out of the image and looked at from here: the image holds no tool for it, and its Python may be another.
sbom: images $(VENV)/dev-installed
	rm -rf build/sbom && mkdir -p build/sbom
	container=$$(docker create source-mailjet-segment:$(VERSION)) && \
	  docker cp "$$container:/opt/connector/lib" build/sbom/lib && docker rm -v "$$container" >/dev/null
	$(BIN)/python -m venv --without-pip build/sbom/venv
	ls -d "$(CURDIR)"/build/sbom/lib/python3*/site-packages > "$$(ls -d build/sbom/venv/lib/python3*/site-packages)/image.pth"
	$(BIN)/cyclonedx-py environment build/sbom/venv --pyproject pyproject.toml --output-reproducible --validate -o build/sbom.cdx.json
	rm -rf build/sbom

# Versions that are locked already stay, with their hashes, while pyproject.toml allows them: newer releases change nothing.
# For all platforms, and each Python from 3.11 on; that of BASE_IMAGE is 3.13.
define LOCK
mkdir -p $(1) && \
$(UV_COMPILE) pyproject.toml --override locks/left-out.txt -o $(1)/requirements.txt && \
sed -n 's/^requires = \["\(.*\)"\]$$/\1/p' pyproject.toml | $(UV_COMPILE) - -o $(1)/build-requirements.txt
endef
UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

lock: $(VENV)/dev-installed
	$(call LOCK,locks)

check-lock: $(VENV)/dev-installed
	@rm -rf build/locks && mkdir -p build && cp -r locks build/locks
	@$(call LOCK,build/locks)
	@diff -u locks build/locks || { echo "locks/ is not what pyproject.toml asks for: run make lock, and commit it." >&2; exit 1; }

release-fixture: $(VENV)/dev-installed
	$(BIN)/python unit_tests/releases/record.py

clean:
	rm -rf $(VENV) .venv-peers build *.egg-info .mypy_cache .pytest_cache .ruff_cache

$(VENV)/demo-installed: pyproject.toml $(BIN)/python
	$(PIP_INSTALL) --editable '.[demo]'
	@touch $@

$(VENV)/dev-installed: pyproject.toml $(BIN)/python
	$(PIP_INSTALL) --editable '.[demo,dev]'
	@touch $@ $(VENV)/demo-installed

$(VENV)/fuzz-installed: pyproject.toml $(VENV)/dev-installed
	$(PIP_INSTALL) --editable '.[demo,dev,fuzz]'
	@touch $@

$(BIN)/python:
	@python="$${PYTHON:-$$($(FIND_PYTHON))}"; \
	if [ -z "$$python" ]; then \
	  echo "This needs Python 3.12, 3.11 or 3.10 with its venv module on the PATH (Debian, Ubuntu: apt-get install python3-venv), or PYTHON=/path/to/python3.12 beside make's target." >&2; \
	  exit 1; \
	fi; \
	echo "Installing into $(VENV) with $$("$$python" --version), once; it takes a minute or two."; \
	"$$python" -m venv --clear $(VENV)
