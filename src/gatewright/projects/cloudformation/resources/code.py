"""Where the code of a function comes from, as Lambda's operations take it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from gatewright.projects.cloudformation.properties import Declared, Params
from gatewright.projects.code import EPOCH, HOT_RELOAD, by_zip

MOST_ZIP_BYTES = 52_428_800  # of what Lambda takes with the call

_INLINE = {"python": "index.py", "nodejs": "index.js"}


def code_of(declared: Declared) -> Params:
    """`Code` of a function: inline text, or a directory or zip of this machine. Raises TemplateFault."""
    code = declared.properties["Code"]
    if not isinstance(code, dict):
        declared.refuse("must be a map; a local directory is given as its path", "Code")
    if "ZipFile" in code:
        return {"ZipFile": _inline(declared, code["ZipFile"])}
    if code.keys() != {"S3Bucket", "S3Key"} or code["S3Bucket"] != HOT_RELOAD:
        declared.refuse(
            "code is read from this machine: give the path of a directory or a zip, or ZipFile with its "
            "text; there is no S3 here, and no container images",
            "Code",
        )
    path = Path(str(code["S3Key"]))
    if path.is_dir():
        return {"S3Bucket": HOT_RELOAD, "S3Key": str(path)}
    return {"ZipFile": _zip(declared, path)}


def _inline(declared: Declared, text: object) -> bytes:
    runtime = str(declared.properties.get("Runtime", ""))
    name = next((name for family, name in _INLINE.items() if runtime.startswith(family)), None)
    if name is None or not isinstance(text, str):
        declared.refuse("takes the text of a Python or Node.js program", "Code", "ZipFile")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        entry = zipfile.ZipInfo(name, EPOCH)
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, text)
    return content.getvalue()


def _zip(declared: Declared, path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_ZIP_BYTES:
            declared.refuse(f"{path} has more than {MOST_ZIP_BYTES} bytes; give a directory", "Code")
        return path.read_bytes()
    except OSError as error:
        declared.refuse(f"{path} is no directory and cannot be read: {error.strerror}", "Code")


def as_zip(declared: Declared, code: Params) -> Params:
    """The same for a node that does not see this machine's directories. Raises TemplateFault."""
    if "S3Key" not in code:
        return code
    try:
        zipped, _ = by_zip(Path(code["S3Key"]))
    except (OSError, ValueError) as error:
        declared.refuse(str(error), "Code")
    return dict(zipped)
