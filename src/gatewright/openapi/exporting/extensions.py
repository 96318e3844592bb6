"""The sets of extensions a client may ask for, in any combination."""

from __future__ import annotations

from dataclasses import dataclass

from gatewright.openapi.exporting.source import CannotExport

# Postman reads documents as they are, so its set adds nothing.
NAMES = ("integrations", "apigateway", "authorizers", "documentation", "postman")


@dataclass(frozen=True, slots=True)
class Extensions:
    """What is told in members that begin with `x-amazon-apigateway-`."""

    integrations: bool = False
    authorizers: bool = False
    documentation: bool = False
    everything: bool = False


def parse_extensions(text: str) -> Extensions:
    """A comma-separated list of `NAMES`; empty asks for none. Raises CannotExport."""
    asked = {name.strip() for name in text.split(",")} - {""}
    unknown = sorted(asked.difference(NAMES))
    if unknown:
        raise CannotExport(
            f"Invalid extensions specified: {', '.join(unknown)[:200]}. Valid options are {', '.join(NAMES)}"
        )
    everything = "apigateway" in asked
    return Extensions(
        integrations=everything or "integrations" in asked,
        authorizers=everything or "authorizers" in asked,
        documentation=everything or "documentation" in asked,
        everything=everything,
    )
