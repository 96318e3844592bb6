"""Where a function's code comes from: an uploaded zip, or a directory of this machine, hot reloaded."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from base64 import b64encode
from pathlib import Path

from gatewright.catalog.api import Document
from gatewright.control.lambda_api.unsupported import refuse_others
from gatewright.control.operation import Call, Params
from gatewright.functions.code import BadCode, check_paths
from gatewright.functions.names import InvalidParameterValue

HOT_RELOAD = "hot-reload"  # the bucket that stands for this machine's directories
ZIP_BYTES = 52_428_800  # Lambda's quota for a zip uploaded with the call
UNZIPPED_BYTES = 262_144_000  # Lambda's quota for unzipped code
MEMBERS = frozenset({"ZipFile", "S3Bucket", "S3Key"})


def take_code(call: Call, source: Params) -> tuple[Document, Document]:
    """The `Code` to keep, and what the configuration says of it: CodeSize and CodeSha256."""
    if source.get("ImageUri"):
        raise InvalidParameterValue(
            "ImageUri is not supported: Gatewright runs functions of package type Zip only; give ZipFile, or "
            f"S3Bucket '{HOT_RELOAD}' with a directory as S3Key"
        )
    refuse_others(source, MEMBERS)
    if source.get("ZipFile") is not None:
        return _take_zip(call, source["ZipFile"])
    if source.get("S3Bucket"):
        return _take_directory(source["S3Bucket"], source.get("S3Key") or "")
    raise InvalidParameterValue("Please provide a source for function code.")


def _take_zip(call: Call, content: bytes) -> tuple[Document, Document]:
    if len(content) > ZIP_BYTES:
        raise InvalidParameterValue(
            f"The zip has {len(content)} bytes; at most {ZIP_BYTES} can be uploaded: deploy from a directory "
            f"instead (S3Bucket '{HOT_RELOAD}')"
        )
    _check_zip(content)
    digest = call.tx.put_blob(content)
    return {"digest": digest}, _size_and_hash(len(content), bytes.fromhex(digest))


def _check_zip(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [entry for entry in archive.infolist() if not entry.is_dir()]
            check_paths(archive)
    except BadCode as error:
        raise InvalidParameterValue(f"Could not unzip uploaded file. {error}") from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
        raise InvalidParameterValue(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from None
    if not files:
        raise InvalidParameterValue("Uploaded file must be a non-empty zip")
    if sum(entry.file_size for entry in files) >= UNZIPPED_BYTES:
        raise InvalidParameterValue(f"Unzipped size must be smaller than {UNZIPPED_BYTES} bytes")


def _take_directory(bucket: str, path: str) -> tuple[Document, Document]:
    """A directory's files may change at any time: its CodeSize is 0, its CodeSha256 stands for the path."""
    if bucket != HOT_RELOAD:
        raise InvalidParameterValue(
            f"S3Bucket '{bucket}' cannot be read: there is no S3 here. Give the code as ZipFile, or as a "
            f"directory of this machine: S3Bucket '{HOT_RELOAD}' and the absolute path as S3Key"
        )
    if "\0" in path or not path.startswith("/") or not Path(path).is_dir():
        raise InvalidParameterValue(
            f"S3Key '{path[:200]}' is not the absolute path of a directory on the machine Gatewright runs on"
        )
    return {"directory": path}, _size_and_hash(0, hashlib.sha256(path.encode()).digest())


def _size_and_hash(size: int, digest: bytes) -> Document:
    return {"CodeSize": size, "CodeSha256": b64encode(digest).decode()}
