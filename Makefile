# Every command sets up what it needs; `make` alone lists them.
PYTHON ?= python3
export PORT SIZE CASE WORKERS STEPS

.PHONY: help run stop reset test lint format test-core bench soak screenshots pictures
help:
	@$(PYTHON) -m tools help
run stop reset lint format:
	@$(PYTHON) -m tools $@
test:
	@$(PYTHON) -m tools test $(ADDON) $(ARGS)
test-core bench soak screenshots pictures:
	@$(PYTHON) -m tools $@ $(ARGS)
