# Every command sets up what it needs; `make` alone lists them.
PYTHON ?= python3
export PORT SIZE CASE WORKERS

.PHONY: help run stop reset test lint test-core bench screenshots
help:
	@$(PYTHON) -m tools help
run stop reset lint:
	@$(PYTHON) -m tools $@
test:
	@$(PYTHON) -m tools test $(ADDON) $(ARGS)
test-core bench screenshots:
	@$(PYTHON) -m tools $@ $(ARGS)
