"""Values for a template's parameters in the `gatewright.toml` beside it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from gatewright.projects.api import CannotDeploy
from gatewright.projects.names import FILE_NAME, PARAMETERS
from gatewright.projects.toml_lines import line_of


def settings_file(template: Path) -> Path:
    return template.parent / FILE_NAME


def given_parameters(template: Path) -> dict[str, str]:
    """Those of the table `[parameters]`; none where there is no file. Raises CannotDeploy."""
    file = settings_file(template)
    try:
        text = file.read_text()
        table = tomllib.loads(text).get(PARAMETERS, {})
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CannotDeploy(f"cannot be read: {error.strerror}", file) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotDeploy(f"is not valid TOML: {error}", file) from None
    if not isinstance(table, dict):
        raise CannotDeploy(f"{PARAMETERS} must be a table", file, line_of(text, (PARAMETERS,)))
    return {name: _text(name, value, file, text) for name, value in table.items()}


def _text(name: str, value: object, file: Path, text: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        line = line_of(text, (PARAMETERS, name))
        raise CannotDeploy(f"{PARAMETERS}.{name} must be a text or a number", file, line)
    return str(value)
