"""What the families of a REST API share: look-ups that answer AWS's own 404s, pages, tags, time."""

from __future__ import annotations

import binascii
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable
from itertools import islice
from operator import itemgetter

from gatewright.aws.errors import BadRequest, NotFound
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params

DEFAULT_PAGE = 25
LONGEST_PAGE = 500
TAGS = 50
TAG_KEY_CHARACTERS = 128
TAG_VALUE_CHARACTERS = 256

_END_OF_TIME = 10**17 - 1  # microseconds: the year 5138


def epoch(call: Call) -> int:
    """Now, in whole seconds: what every timestamp of API Gateway is."""
    return int(call.services.clock())


def require_api(call: Call, api: str) -> Document:
    return _require(call, keys.rest_api(api), f"Invalid API identifier specified {call.account}:{api}")


def require_resource(call: Call, api: str, resource_id: str) -> Document:
    """A missing API is answered as a missing resource, as it is at AWS."""
    return _require(call, keys.resource(api, resource_id), "Invalid Resource identifier specified")


def require_method(call: Call, api: str, resource_id: str, verb: str) -> Document:
    require_resource(call, api, resource_id)
    return _require(call, keys.method(api, resource_id, verb), "Invalid Method identifier specified")


def require_model(call: Call, api: str, name: str) -> Document:
    return _require(call, keys.model(api, name), f"Invalid model name specified: {name}")


def require_request_validator(call: Call, api: str, validator_id: str) -> Document:
    missing = "Invalid Request Validator identifier specified"
    return _require(call, keys.request_validator(api, validator_id), missing)


def require_authorizer(call: Call, api: str, authorizer_id: str) -> Document:
    return _require(call, keys.authorizer(api, authorizer_id), "Invalid Authorizer identifier specified")


def require_api_key(call: Call, key_id: str) -> Document:
    return _require(call, keys.api_key(key_id), "Invalid API Key identifier specified")


def require_usage_plan(call: Call, plan: str) -> Document:
    return _require(call, keys.usage_plan(plan), "Invalid Usage Plan ID specified")


def require_stage(call: Call, api: str, name: str) -> Document:
    return _require(call, keys.stage(api, name), "Invalid stage identifier specified")


def require_client_certificate(call: Call, certificate: str) -> Document:
    missing = "Invalid Client Certificate identifier specified"
    return _require(call, keys.client_certificate(certificate), missing)


def require_vpc_link(call: Call, link: str) -> Document:
    return _require(call, keys.vpc_link(link), "Invalid Vpc Link identifier specified")


def require_documentation_part(call: Call, api: str, part: str) -> Document:
    missing = "Invalid Documentation part identifier specified"
    return _require(call, keys.documentation_part(api, part), missing)


def require_documentation_version(call: Call, api: str, version: str) -> Document:
    missing = "Invalid Documentation version specified"
    return _require(call, keys.documentation_version(api, version), missing)


def _require(call: Call, key: str, missing: str) -> Document:
    document = call.tx.get(key)
    if document is None:
        raise NotFound(missing)
    return document


def page(entries: Iterable[tuple[str, Document]], params: Params) -> Document:
    """One page of `entries` (in key order): `items`, and `position` when there are more.

    A position is the key of the last entry seen, so that deletes between pages neither skip nor repeat any.
    """
    after, limit = _read_position(params.get("position")), _limit(params.get("limit"))
    rest = list(islice((entry for entry in entries if entry[0] > after), limit + 1))
    answer: Document = {"items": [document for _, document in rest[:limit]]}
    if len(rest) > limit:
        answer["position"] = urlsafe_b64encode(rest[limit - 1][0].encode()).decode()
    return answer


def newest_first(documents: Iterable[Document]) -> list[tuple[str, Document]]:
    """Entries for `page`, the last created first: `createdDate` is kept to the microsecond."""
    entries = [
        (f"{_END_OF_TIME - round(document['createdDate'] * 1e6):017}/{document['id']}", document)
        for document in documents
    ]
    return sorted(entries, key=itemgetter(0))


def page_below(call: Call, prefix: str, params: Params) -> Document:
    """One page of the documents below `prefix`; no others are read."""
    after, limit = _read_position(params.get("position")), _limit(params.get("limit"))
    return page(call.tx.list(prefix, after=after, limit=limit + 1), params)


def _limit(asked: int | None) -> int:
    return DEFAULT_PAGE if asked is None or asked < 1 else min(asked, LONGEST_PAGE)


def _read_position(position: str | None) -> str:
    try:
        return b64decode((position or "").encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise BadRequest("Invalid position parameter") from None


def check_tags(tags: dict[str, str]) -> None:
    """Amazon's bounds on the tags of one entity."""
    if len(tags) > TAGS:
        raise BadRequest(f"Invalid tags specified: at most {TAGS} tags are allowed, not {len(tags)}")
    for key, value in tags.items():
        if not 0 < len(key) <= TAG_KEY_CHARACTERS or key.lower().startswith("aws:"):
            raise BadRequest(
                f"Invalid tag key specified: '{key[:TAG_KEY_CHARACTERS]}' must have 1 to "
                f"{TAG_KEY_CHARACTERS} characters and must not start with 'aws:'"
            )
        if len(value or "") > TAG_VALUE_CHARACTERS:
            raise BadRequest(
                f"Invalid tag value specified for '{key}': at most {TAG_VALUE_CHARACTERS} characters "
                "are allowed"
            )
