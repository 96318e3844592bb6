"""The SAM transform, by Amazon's own `aws-sam-translator`. No call to AWS is made.

It is imported when a template asks for it, for its import takes seconds.
"""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gatewright.projects.cloudformation.faults import TemplateFault

TRANSFORM = "AWS::Serverless-2016-10-31"
SAM_TYPES = frozenset({"AWS::Serverless::Api", "AWS::Serverless::Function"})  # those it may translate

_MODES = ("BUFFERED", "RESPONSE_STREAM")  # of an event: SAM reads any other text as the first

_NAMED = re.compile(r"[Rr]esource with id \[(\w+)\]")


def wants_sam(document: Mapping[str, Any]) -> bool:
    """Whether the template's transform is SAM's. Raises TemplateFault for any other."""
    transform = document.get("Transform", [])
    names = transform if isinstance(transform, list) else [transform]
    for name in names:
        if name != TRANSFORM:
            raise TemplateFault(f"the transform {name} is not supported; {TRANSFORM} is", ("Transform",))
    return bool(names)


def translate(document: dict[str, Any], parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The CloudFormation template that SAM makes of a SAM template. Raises TemplateFault."""
    import boto3
    from samtranslator.model.exceptions import ExceptionWithMessage, InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    _refuse_unknown_modes(document)
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # below, it speaks to its authors
    translator = Translator(None, Parser(), boto_session=boto3.Session(region_name=region))
    values = {
        name: ",".join(value) if isinstance(value, list) else value for name, value in parameters.items()
    }
    try:
        translated: dict[str, Any] = translator.translate(
            copy.deepcopy(document), values, get_managed_policy_map=dict
        )
    except InvalidDocumentException as error:
        raise _fault([cause.message for cause in error.causes]) from None
    except ExceptionWithMessage as error:
        raise _fault([error.message]) from None
    except Exception as error:  # what the translator does not expect, it does not word either
        raise TemplateFault(f"aws-sam-translator cannot read it: {type(error).__name__}: {error}") from error
    return translated


def _refuse_unknown_modes(document: Mapping[str, Any]) -> None:
    for path, mode in _transfer_modes(document):
        if isinstance(mode, str) and mode not in _MODES:
            raise TemplateFault(
                f"{path[1]}: ResponseTransferMode {mode}: SAM knows {' and '.join(_MODES)}", path
            )


def _transfer_modes(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Where a function's event says how its response is passed on, and what it says."""
    for name, resource in _members(document, "Resources"):
        for event, source in _members(_member(resource, "Properties"), "Events"):
            path = ("Resources", name, "Properties", "Events", event, "Properties", "ResponseTransferMode")
            yield path, _member(_member(source, "Properties"), "ResponseTransferMode")


def _members(value: Any, name: str) -> Iterable[tuple[str, Any]]:
    found = _member(value, name)
    return found.items() if isinstance(found, Mapping) else ()


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _fault(messages: list[str]) -> TemplateFault:
    found = next((match for message in messages if (match := _NAMED.search(message))), None)
    path = ("Resources", found[1]) if found else ()
    return TemplateFault("SAM refuses it: " + " ".join(sorted(messages)), path)
