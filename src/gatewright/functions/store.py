"""How functions stand in the catalog, and what a (perhaps qualified) name resolves to.

Three kinds of documents, each with AWS's own shape under one member and ours beside it:

- `keys.function(name)`: a FunctionDocument for `$LATEST`
- `keys.function_version(name, version)`: a FunctionDocument, frozen when it was published
- `keys.function_alias(name, alias)`: an AliasDocument

FunctionDocument::

    {
      "Configuration": FunctionConfiguration,   # as GetFunctionConfiguration returns it, "Version" included
      "Code": {"digest": sha256 hex of the zip in the blobs} | {"directory": absolute path, hot reloaded},
      "Policy": {"Statement": [...]},           # resource policy of exactly this qualifier
      "Tags": {key: value},                     # on $LATEST only
    }

AliasDocument::

    {
      "Alias": AliasConfiguration,              # as GetAlias returns it
      "Policy": {"Statement": [...]},
    }
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gatewright.catalog import keys
from gatewright.catalog.api import Document, Reader
from gatewright.functions.api import FunctionName, FunctionNotFound
from gatewright.functions.names import LATEST, is_version

# Members of a configuration that no instance sees.
_OUTSIDE = frozenset({"Description", "LastModified", "RevisionId"})


@dataclass(frozen=True, slots=True)
class Code:
    """Where a function's files come from: exactly one member is set."""

    digest: str | None = None
    directory: str | None = None


@dataclass(frozen=True, slots=True)
class FunctionVersion:
    """What runs: one version's configuration and code."""

    version: str  # "$LATEST" or a number
    configuration: Document
    code: Code

    def runs_as(self, other: FunctionVersion) -> bool:
        """Whether an instance of the one is as good as one of the other."""
        return self._made_of() == other._made_of()

    def _made_of(self) -> tuple[Document, Code]:
        members = {name: value for name, value in self.configuration.items() if name not in _OUTSIDE}
        return members, self.code


@dataclass(frozen=True, slots=True)
class ResolvedFunction:
    """What a name means now: the version it runs, or the versions an alias spreads its calls over."""

    function: FunctionName
    primary: FunctionVersion
    others: tuple[
        tuple[float, FunctionVersion], ...
    ]  # an alias's additional versions and their shares, 0 to 1
    statements: tuple[Document, ...]  # the resource policy of the qualifier that was named

    def choose(self, chance: Callable[[], float]) -> FunctionVersion:
        """The version for one invocation; `chance` gives a number in [0, 1), as `random.random` does."""
        if self.others:
            draw = chance()
            for weight, version in self.others:
                if draw < weight:
                    return version
                draw -= weight
        return self.primary


def not_found(function: FunctionName) -> FunctionNotFound:
    return FunctionNotFound(f"Function not found: {function.arn}", Type="User")


def resolve(reader: Reader, function: FunctionName) -> ResolvedFunction:
    """What `function` runs, in the partition `reader` views; raises FunctionNotFound."""
    qualifier = function.qualifier or LATEST
    if qualifier == LATEST or is_version(qualifier):
        document = _document(reader, function, qualifier)
        return ResolvedFunction(function, _version(document), (), _statements(document))
    alias = reader.get(keys.function_alias(function.name, qualifier))
    if alias is None:
        raise not_found(function)
    configuration = alias["Alias"]
    weights = (configuration.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return ResolvedFunction(
        function,
        _version(_document(reader, function, configuration["FunctionVersion"])),
        tuple((share, _version(_document(reader, function, number))) for number, share in weights.items()),
        _statements(alias),
    )


def _document(reader: Reader, function: FunctionName, version: str) -> Document:
    key = keys.function(function.name) if version == LATEST else keys.function_version(function.name, version)
    document = reader.get(key)
    if document is None:
        raise not_found(function)
    return document


def _version(document: Document) -> FunctionVersion:
    configuration = document["Configuration"]
    code = document["Code"]
    return FunctionVersion(
        configuration["Version"], configuration, Code(code.get("digest"), code.get("directory"))
    )


def _statements(document: Document) -> tuple[Document, ...]:
    return tuple((document.get("Policy") or {}).get("Statement") or ())
