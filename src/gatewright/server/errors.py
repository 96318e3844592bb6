"""Why a process could not start, in one sentence for the person who started it."""

from __future__ import annotations


class CannotStart(Exception):
    """The message names the thing, its value and the remedy; the command prints it and exits with 1."""
