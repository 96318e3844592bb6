"""What is known of one type of resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gatewright.projects.cloudformation.properties import Declared, Params
from gatewright.projects.cloudformation.stack import Physical, Stack


@dataclass(frozen=True, slots=True)
class Kind:
    """`prepare` makes parameters of properties, and refuses those it cannot; `apply` brings the node to them.

    `prepare` is called twice: before anything is touched, with words in the place of what is not made yet,
    and just before `apply`. Of resources that do not depend on each other, those of a lower `phase` come
    first.
    """

    prepare: Callable[[Declared], Params]
    apply: Callable[[Stack, Declared, Params], Physical]
    attributes: frozenset[str] = frozenset()  # what Fn::GetAtt may ask for
    phase: int = 0


FUNCTIONS, APIS, CONTENTS, DEPLOYMENTS, STAGES, CLIENTS = range(6)  # phases
