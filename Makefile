# The newcomer's two commands. Both need Python 3.11 or newer, pip and make, and nothing else.
#   make demo              the chords of a song that the demo makes
#   make demo SONG=x.mp3   the chords of yours
#   make test              everything that is checked quickly
PYTHON ?= python3
SONG ?=
NOX := .venv/bin/nox

.PHONY: demo test full clean
demo: $(NOX)
	@$(NOX) -s demo -- $(if $(SONG),"$(SONG)")

test: $(NOX)
	@$(NOX) -s tests

full: $(NOX)
	@$(NOX) -s full

$(NOX):
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "audioml needs Python 3.11 or newer, this is %d.%d: make PYTHON=python3.11 ..." % sys.version_info[:2])'
	@echo "setting up nox in .venv (once)"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt nox

clean:
	rm -rf .venv .nox demo
