# All that is needed is make and Python 3.13, 3.12 or 3.11. .venv holds the programs, their tests and tools. PyAirbyte, in
# which the connectors are tested, does not run on Python 3.13: .venv-airbyte is its own environment.
.DEFAULT_GOAL := help
.PHONY: help demo check quick-tests test test-series test-pythons lint models docs recipes
.PHONY: report-bundle check-report-bundle explore-bundle check-explore-bundle report-pictures report-tools-for-tests
.PHONY: bench proof fuzz images sbom lock check-lock release-fixture clean airbyte-for-tests
.DELETE_ON_ERROR:
# Else each of the many processes of the tests would compile our code anew.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
AIRBYTE := .venv-airbyte
SBOM := .venv-sbom
DBT := .venv-dbt
WAREHOUSES := .venv-warehouses
DOCS := .venv-docs
# Neither needs a package of ours, so none of them is an extra of it.
DOCS_NEED := 'mkdocs>=1.6.1,<2' 'mkdocs-material>=9.6.20,<10'
RECIPES := airflow dagster prefect
RECIPE_NEEDS_airflow := 'apache-airflow>=3.0'
RECIPE_NEEDS_dagster := 'dagster>=1.11'
RECIPE_NEEDS_prefect := 'prefect>=3.4'
PYTHONS := 3.13 3.12 3.11
AIRBYTE_PYTHONS := 3.12 3.11
# Two more than there are cores: many tests wait for a process or a clock.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
TESTS ?=
BASE_IMAGE ?= $(or $(CONNECTOR_BASE_IMAGE),docker.io/airbyte/python-connector-base:4.1.0)
SECONDS_EACH ?= 60
PAGES := report explore
PAGE_report := mailjet_segment/report/page
PAGE_explore := mailjet_segment/exploring/page
BUNDLE_report := bundle.js
BUNDLE_explore := bundle.js.gz
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
PIP_INSTALL := -m pip install -qq --disable-pip-version-check

# Prints the first of these versions of Python that is on the PATH. Each candidate is run, for a name on the PATH may be a
# stub that only complains; ensurepip is asked for because Debian ships Python without it.
define FIND_PYTHON
IFS=:; \
for version in $(1); do for name in python$$version python3 python; do for dir in $$PATH; do \
  if [ -x "$$dir/$$name" ] && "$$dir/$$name" -c "import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$$version')" 2>/dev/null; then \
    printf '%s\n' "$$dir/$$name"; exit 0; \
  fi; \
done; done; done
endef

# Makes the environment $(1) with the first of the versions $(2) that is found, or says that $(3) needs it.
define MAKE_VENV
@python="$${PYTHON:-$$($(call FIND_PYTHON,$(2)))}"; \
if [ -z "$$python" ]; then \
  echo "$(3) needs Python $(subst $() , or ,$(strip $(2))) with its venv module on the PATH (Debian, Ubuntu: apt-get install python3-venv), or PYTHON=/path/to/python beside make's target." >&2; \
  exit 1; \
fi; \
echo "Installing into $(1) with $$("$$python" --version), once; it takes a minute or two."; \
"$$python" -m venv --clear $(1)
endef

help:
	@echo "make demo    sandbox -> source -> DuckDB and a Segment stand-in, then a summary; the database stays in demo/"
	@echo "make check   make lint, and beside it the tests that start no server and no process: to run before each commit"
	@echo "make test    all tests (or TESTS=unit_tests/laws), WORKERS=$(WORKERS) at once; those of the images where a container engine has BASE_IMAGE or gets it"
	@echo "make test-series   the rest of the long series of which make test runs a few moments and cases (or TESTS=integration_tests/test_models.py)"
	@echo "make test-pythons  the same on each of Python $(PYTHONS)"
	@echo "make lint    ruff and mypy --strict"
	@echo "make models  the models of analytics/ as the command runs them, and all that is written from analytics/metrics.yml"
	@echo "make docs    the documents as a site, in build/site; a link that leads nowhere fails it"
	@echo "make recipes the recipes for $(RECIPES), each imported in an environment of its own with what it needs"
	@echo "make bench   requests, speed and memory of connectors, collector and sync beside their peers, and how soon a report is shown, into lab/benchmarks/RESULTS.md; FORMER=/path/to/mailjet-segment of release 0.1.0, to compare sync with"
	@echo "make proof   every fault against both connectors and their peers, then 80 kills of collectors; writes docs/reliability.md"
	@echo "make fuzz    random inputs for all that is read from outside, SECONDS_EACH=$(SECONDS_EACH); BOUNDED=1 for as few as in CI"
	@echo "make images  the images of both connectors and the collector (BASE_IMAGE=$(BASE_IMAGE))"
	@echo "make sbom    what is in the images of the connectors, as CycloneDX: build/sbom.cdx.json"
	@echo "make lock    locks/: the versions and hashes in the images, as pyproject.toml asks; UPGRADE=1 takes the newest"
	@echo "make report-bundle  the script of the report's page, by esbuild; needs npm"
	@echo "make report-pictures  docs/pictures/report-*.png, the report of the demo's account in a browser; needs Chromium"
	@echo "make explore-bundle  the script of the page of explore, by esbuild; needs npm"
	@echo "make release-fixture  what this version leaves to the next, for unit_tests/releases: docs/upgrades.md"
	@echo "make clean   removes the environments and caches"

demo: $(VENV)/demo-installed
	$(BIN)/mailjet-segment demo

# Both at once: mypy keeps one core busy, the tests the other, and both of them when mypy is done.
check: $(VENV)/dev-installed
	@$(MAKE) --no-print-directory --jobs 2 --keep-going lint quick-tests

quick-tests: $(VENV)/dev-installed
	@$(BIN)/python -m pytest unit_tests --without-servers --quiet --numprocesses $(WORKERS) --maxprocesses 4

# loadgroup: the tests of one group (xdist_group) run on one worker, because they share what takes long to make.
test: $(VENV)/dev-installed $(DBT)/installed airbyte-for-tests report-tools-for-tests
	@run="$(BIN)/python -m pytest --numprocesses $(WORKERS) --maxprocesses 4 --dist loadgroup $(TESTS)"; \
	if ! docker info >/dev/null 2>&1; then \
	  echo "The image tests are left out: no container engine answers (docker info)."; $$run -m "not image_tests and not long_series"; \
	elif ! docker image inspect "$(BASE_IMAGE)" >/dev/null 2>&1 && ! docker pull --quiet "$(BASE_IMAGE)" >/dev/null 2>&1; then \
	  echo "The image tests are left out: docker pull $(BASE_IMAGE) fails. Name another base image in CONNECTOR_BASE_IMAGE."; \
	  $$run -m "not image_tests and not long_series"; \
	else \
	  CONNECTOR_BASE_IMAGE="$(BASE_IMAGE)" $$run -m "not long_series"; \
	fi

test-series: $(VENV)/dev-installed $(DBT)/installed airbyte-for-tests $(if $(TESTS),,$(WAREHOUSES)/installed)
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --maxprocesses 4 --dist loadgroup -m long_series $(TESTS)

# Every Python is tried, also after one has failed; PyAirbyte's environment serves all of them.
test-pythons:
	@wrong=; for version in $(PYTHONS); do \
	  python=$$($(call FIND_PYTHON,$$version)); \
	  if [ -z "$$python" ]; then wrong="$$wrong, $$version is not on the PATH"; continue; fi; \
	  echo "== Python $$version"; \
	  $(MAKE) --no-print-directory test VENV=.venv-$$version PYTHON="$$python" || wrong="$$wrong, $$version fails"; \
	done; \
	if [ -n "$$wrong" ]; then echo "Python$${wrong#,}." >&2; exit 1; fi

lint: $(VENV)/dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

models: $(VENV)/dev-installed $(DBT)/installed
	$(BIN)/python -m lab.compile_models

# What Material says of its own future is no warning about these pages.
docs: $(DOCS)/installed
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict --quiet
	$(DOCS)/bin/python -m lab.site_requests build/site

recipes: $(RECIPES:%=.venv-%/installed) $(BIN)/python
	@rm -rf build/recipes && $(BIN)/python -m lab.recipes build/recipes
	@cd build/recipes && export AIRFLOW_HOME="$$PWD" DAGSTER_HOME="$$PWD" PREFECT_HOME="$$PWD" && for recipe in $(RECIPES); do \
	  "$(CURDIR)/.venv-$$recipe/bin/python" -W error::DeprecationWarning:mailjet_$$recipe -c "import mailjet_$$recipe" || exit 1; \
	  echo "$$recipe takes docs/recipes/$$recipe.md."; \
	done

bench: $(VENV)/dev-installed
	$(BIN)/python -m lab.benchmarks.bench $(if $(FORMER),--former "$(FORMER)")

fuzz: $(VENV)/fuzz-installed
	$(BIN)/python -m lab.fuzz.run $(if $(BOUNDED),--bounded,--seconds $(SECONDS_EACH))

proof: $(VENV)/dev-installed $(AIRBYTE)/test-installed
	$(BIN)/python -m lab.proof --output docs/reliability.md
	$(BIN)/python -m lab.proof.collector_kills --kills 20

images:
	docker build --build-arg BASE_IMAGE="$(BASE_IMAGE)" --target source -t source-mailjet-segment:$(VERSION) .
	docker build --build-arg BASE_IMAGE="$(BASE_IMAGE)" --target destination -t destination-segment:$(VERSION) .
	docker build --build-arg BASE_IMAGE="$(BASE_IMAGE)" --target collector -t mailjet-collector:$(VERSION) .

# Copied out of the image and looked at from here: the image holds no tool for it, and its Python may be another.
sbom: images $(SBOM)/installed
	rm -rf build/sbom && mkdir -p build/sbom
	container=$$(docker create source-mailjet-segment:$(VERSION)) && \
	  docker cp "$$container:/opt/connector/lib" build/sbom/lib && docker rm -v "$$container" >/dev/null
	$(SBOM)/bin/python -m venv --without-pip build/sbom/venv
	ls -d "$(CURDIR)"/build/sbom/lib/python3*/site-packages > "$$(ls -d build/sbom/venv/lib/python3*/site-packages)/image.pth"
	$(SBOM)/bin/cyclonedx-py environment build/sbom/venv --pyproject pyproject.toml --output-reproducible --validate -o build/sbom.cdx.json
	rm -rf build/sbom

# Versions that are locked already stay, with their hashes, while pyproject.toml allows them: newer releases change nothing.
# For all platforms, and each Python from 3.11 on; that of BASE_IMAGE is 3.13.
define LOCK
mkdir -p $(1) && \
$(UV_COMPILE) pyproject.toml --override locks/left-out.txt -o $(1)/requirements.txt && \
$(UV_COMPILE) pyproject.toml --extra collector --override locks/left-out-of-collector.txt -o $(1)/collector-requirements.txt && \
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

# The scripts of both pages. Made in build/, so that no package of npm's lies among ours; that of explore is packed, for it
# is 5 MB.
$(PAGES:%=%-bundle): %-bundle: build/%-page/installed
	$(MAKE_BUNDLE)
	@cp $(addprefix build/$*-page/,$(BUNDLE_$*) bundle.js.sha256 LICENSES.txt) $(PAGE_$*)/

# By the digest of what may be packed: two versions of a packer may differ. A test holds each script to its digest.
$(PAGES:%=check-%-bundle): check-%-bundle: build/%-page/installed
	$(MAKE_BUNDLE)
	@for file in bundle.js.sha256 LICENSES.txt; do \
	  cmp build/$*-page/$$file $(PAGE_$*)/$$file || { echo "$(PAGE_$*)/$$file is not what page.js makes: run make $*-bundle, and commit it." >&2; exit 1; }; \
	done

MAKE_BUNDLE = @cp $(PAGE_$*)/page.js $(PAGE_$*)/bundle.mjs lab/bundling.mjs build/$*-page/ && cd build/$*-page && npm run --silent bundle

$(PAGES:%=build/%-page/installed): build/%-page/installed:
	@mkdir -p build/$*-page && cp $(PAGE_$*)/package.json $(PAGE_$*)/package-lock.json $(PAGE_$*)/.npmrc build/$*-page/
	cd build/$*-page && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

build/report-page/installed: $(PAGE_report)/package.json $(PAGE_report)/package-lock.json
build/explore-page/installed: $(PAGE_explore)/package.json $(PAGE_explore)/package-lock.json

# The tests say themselves that they are left out where there is no npm.
report-tools-for-tests:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory --silent build/report-page/installed; fi

report-pictures: $(VENV)/dev-installed
	$(BIN)/python -m lab.report_pictures

release-fixture: $(VENV)/dev-installed
	$(BIN)/python unit_tests/releases/record.py

clean:
	rm -rf .venv .venv-* build *.egg-info .mypy_cache .pytest_cache .ruff_cache

$(VENV)/demo-installed: pyproject.toml $(BIN)/python
	$(BIN)/python $(PIP_INSTALL) --editable '.[demo]'
	@touch $@

$(VENV)/dev-installed: pyproject.toml $(BIN)/python
	$(BIN)/python $(PIP_INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/demo-installed

$(VENV)/fuzz-installed: pyproject.toml $(VENV)/dev-installed
	$(BIN)/python $(PIP_INSTALL) --editable '.[dev,fuzz]'
	@touch $@

$(SBOM)/installed: pyproject.toml $(SBOM)/bin/python
	$(SBOM)/bin/python $(PIP_INSTALL) --editable '.[sbom]'
	@touch $@

$(DBT)/installed: analytics/requirements.txt $(DBT)/bin/python
	$(DBT)/bin/python $(PIP_INSTALL) --requirement analytics/requirements.txt
	@touch $@

$(DOCS)/installed: pyproject.toml $(DOCS)/bin/python
	$(DOCS)/bin/python $(PIP_INSTALL) $(DOCS_NEED)
	@touch $@

$(RECIPES:%=.venv-%/installed): .venv-%/installed: .venv-%/bin/python
	.venv-$*/bin/python $(PIP_INSTALL) $(RECIPE_NEEDS_$*)
	@touch $@

$(WAREHOUSES)/installed: analytics/warehouses.txt $(WAREHOUSES)/bin/python
	$(WAREHOUSES)/bin/python $(PIP_INSTALL) --requirement analytics/warehouses.txt
	@touch $@

$(AIRBYTE)/test-installed: pyproject.toml $(AIRBYTE)/bin/python
	$(AIRBYTE)/bin/python $(PIP_INSTALL) --editable '.[airbyte,test]'
	@touch $@

# The tests say themselves that they are left out where there is no such environment.
airbyte-for-tests:
	@if [ -x $(AIRBYTE)/bin/python ] || [ -n "$$($(call FIND_PYTHON,$(AIRBYTE_PYTHONS)))" ]; then \
	  $(MAKE) --no-print-directory --silent $(AIRBYTE)/test-installed PYTHON=; \
	fi

$(BIN)/python:
	$(call MAKE_VENV,$(VENV),$(PYTHONS),This)

$(SBOM)/bin/python:
	$(call MAKE_VENV,$(SBOM),$(PYTHONS),make sbom)

$(DBT)/bin/python:
	$(call MAKE_VENV,$(DBT),$(PYTHONS),make models)

$(DOCS)/bin/python:
	$(call MAKE_VENV,$(DOCS),$(PYTHONS),make docs)

$(RECIPES:%=.venv-%/bin/python):
	$(call MAKE_VENV,$(@:/bin/python=),$(PYTHONS),make recipes)

$(WAREHOUSES)/bin/python:
	$(call MAKE_VENV,$(WAREHOUSES),$(PYTHONS),make test-series)

$(AIRBYTE)/bin/python:
	$(call MAKE_VENV,$(AIRBYTE),$(AIRBYTE_PYTHONS),PyAirbyte)
