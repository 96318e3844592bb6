"""Meanings are remembered, replaced by what was found of changes, and forgotten where nothing was."""

from __future__ import annotations

from gatewright.catalog.api import Partition
from gatewright.functions.api import FunctionName
from gatewright.functions.directory import Directory
from gatewright.functions.store import Code, FunctionVersion, ResolvedFunction

PARTITION = Partition("123456789012", "eu-west-1")
PETS = FunctionName("123456789012", "eu-west-1", "pets")
LIVE = FunctionName("123456789012", "eu-west-1", "pets", "live")
DOGS = FunctionName("123456789012", "eu-west-1", "dogs")


def meaning(function: FunctionName, size: int = 128) -> ResolvedFunction:
    version = FunctionVersion("$LATEST", {"Version": "$LATEST", "MemorySize": size}, Code("aa"))
    return ResolvedFunction(function, version, (), ())


def remembering(*functions: FunctionName) -> Directory:
    directory = Directory()
    for function in functions:
        directory.remember(meaning(function))
    return directory


def test_only_what_changed_is_replaced_or_forgotten() -> None:
    directory = remembering(PETS, LIVE, DOGS)
    dogs = directory.known(DOGS)
    directory.changed({(PARTITION, "pets")}, {PETS: meaning(PETS, 256), LIVE: None})
    pets = directory.known(PETS)
    assert pets is not None
    assert pets.resolved.primary.configuration["MemorySize"] == 256
    assert directory.known(LIVE) is None
    assert directory.known(DOGS) is dogs


def test_a_name_that_nothing_was_found_of_is_forgotten() -> None:
    directory = remembering(PETS, DOGS)
    directory.changed(None, {PETS: meaning(PETS)})
    assert directory.names() == [PETS]


def test_each_change_is_counted() -> None:
    directory = remembering(PETS)
    directory.changed({(PARTITION, "dogs")}, {})
    assert (directory.changes, directory.names()) == (1, [PETS])
