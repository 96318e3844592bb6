"""An OpenAPI file with the files that it refers to, read again each time that one of them changed."""

from __future__ import annotations

from pathlib import Path

from gatewright.openapi.importing.bundle import Bundle, CannotBundle, bundle
from gatewright.projects.api import CannotDeploy


class Documents:
    """`files` are those whose change may change what is read, or mend it."""

    def __init__(self, *files: Path) -> None:
        self.files = files

    def read(self, file: Path) -> Bundle:
        """Raises CannotDeploy with the place of what is wrong."""
        try:
            document = bundle(file)
        except CannotBundle as error:
            # Those that were read when it could be read the last time, and the one that is at fault.
            self.files = tuple(dict.fromkeys((file, *self.files, error.file)))
            raise CannotDeploy(error.reason, error.file, error.line) from None
        self.files = document.files
        return document
