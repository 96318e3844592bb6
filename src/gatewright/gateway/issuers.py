"""Which issuers tokens may come from, by what names, and where their keys are.

A user pool's issuer is `https://cognito-idp.{region}.amazonaws.com/{pool}`; a JWT authorizer names its own.
Settings may say that one is really served elsewhere. Its tokens then name it either way: by the name that the
API knows it by, or by the name it gives itself there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TEST_ISSUER = "test-issuer"  # the URL of an issuer whose tokens Gatewright signs itself


@dataclass(frozen=True, slots=True)
class Place:
    """Where an issuer is really served."""

    url: str  # http or https, or TEST_ISSUER
    issuer: str = ""  # the name it gives itself; empty: the url

    @property
    def name(self) -> str:
        return self.issuer or self.url


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """The owner's word on issuers, and the bounds on asking them."""

    places: Mapping[str, Place] = field(default_factory=dict)  # by user pool ARN, or by issuer
    test_issuer: str = ""  # the name of the built-in test issuer; empty: there is none
    unmapped_to_test_issuer: bool = False  # those without a place are the test issuer's
    keys_lifetime: float = 3_600.0  # seconds that an issuer's keys count without asking again
    refetch_floor: float = 5.0  # least seconds between two fetches from one issuer


@dataclass(frozen=True, slots=True)
class Source:
    """One issuer: the names its tokens may say, the one that the API knows first, and where its keys are."""

    names: tuple[str, ...]
    url: str
    discovered: bool  # its keys are where its discovery document says, else at a user pool's place
    mapped: bool  # the owner said where; only then it may be plain http


def source_of(settings: IssuerSettings, configured: str, issuer: str, *, discovered: bool) -> Source:
    """The source of what an authorizer has `configured`: a user pool's ARN or an issuer, named `issuer`."""
    place = settings.places.get(configured)
    if place is None and settings.unmapped_to_test_issuer:
        place = Place(TEST_ISSUER)
    if place is None:
        return Source((issuer,), issuer, discovered, mapped=False)
    name = settings.test_issuer if place.url == TEST_ISSUER else place.name
    return Source(tuple(dict.fromkeys((issuer, name))), place.url, discovered, mapped=True)
