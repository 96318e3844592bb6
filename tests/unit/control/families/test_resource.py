"""Resource: the tree, its rules, its moves."""

from __future__ import annotations

from typing import Any, Protocol

import pytest
from tests.support.management import PARTITION
from tests.support.patches import patch, replace, shown

from .conftest import Refused

PATH_PART = (
    "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the "
    "beginning and the end."
)


class Grow(Protocol):
    def __call__(self, parent: str, part: str) -> str: ...


@pytest.fixture
def grow(client: Any, api: str) -> Grow:
    """Add a child; its id."""

    def grow(parent: str, part: str) -> str:
        return str(client.create_resource(restApiId=api, parentId=parent, pathPart=part)["id"])

    return grow


def test_the_root(client: Any, api: str, root: str) -> None:
    assert shown(client.get_resources(restApiId=api)) == {"items": [{"id": root, "path": "/"}]}


def test_children_have_paths(client: Any, api: str, root: str, grow: Grow) -> None:
    pets = grow(root, "pets")
    made = shown(client.create_resource(restApiId=api, parentId=pets, pathPart="{petId+}"))
    assert len(made["id"]) == 6
    assert made == {"id": made["id"], "parentId": pets, "pathPart": "{petId+}", "path": "/pets/{petId+}"}
    assert shown(client.get_resource(restApiId=api, resourceId=made["id"])) == made


@pytest.mark.parametrize("part", ["a.b_c-d:e", "{id}", "{a.b}", "{proxy+}", "UPPER"])
def test_good_path_parts(grow: Grow, root: str, part: str) -> None:
    assert grow(root, part)


@pytest.mark.parametrize(
    "part", ["", "a/b", "a b", "{", "{}", "{+}", "a{b}", "{a}b", "{a++}", "é", "a\n", "$"]
)
def test_bad_path_parts(client: Any, api: str, root: str, refused: Refused, part: str) -> None:
    answer = refused(client.create_resource, restApiId=api, parentId=root, pathPart=part)
    assert answer == ("BadRequestException", PATH_PART)


def test_siblings(client: Any, api: str, root: str, grow: Grow, refused: Refused) -> None:
    grow(root, "pets")
    grow(root, "{any}")
    for part, answer in {
        "pets": (
            "ConflictException",
            "Another resource with the same parent already has this name: pets",
        ),
        "{any}": (
            "ConflictException",
            "Another resource with the same parent already has this name: {any}",
        ),
        "{other+}": (
            "BadRequestException",
            "A sibling ({any}) of this resource already has a variable path part -- only one is allowed",
        ),
    }.items():
        assert refused(client.create_resource, restApiId=api, parentId=root, pathPart=part) == answer


def test_nothing_stands_below_a_greedy_variable(
    client: Any, api: str, root: str, grow: Grow, refused: Refused
) -> None:
    greedy = grow(root, "{proxy+}")
    message = "Cannot create a child of a resource with a greedy path variable: {proxy+}"
    answer = refused(client.create_resource, restApiId=api, parentId=greedy, pathPart="x")
    assert answer == ("BadRequestException", message)
    pets = grow(root, "pets")
    grow(pets, "x")
    update = {"restApiId": api, "resourceId": pets}
    moved = refused(client.update_resource, **update, patchOperations=replace("/parentId", greedy))
    assert moved == ("BadRequestException", message)
    renamed = refused(client.update_resource, **update, patchOperations=replace("/pathPart", "{all+}"))
    assert renamed == ("BadRequestException", message.replace("proxy", "all"))


def test_a_rename_or_a_move_takes_the_subtree_along(client: Any, api: str, root: str, grow: Grow) -> None:
    pets, shop = grow(root, "pets"), grow(root, "shop")
    pet = grow(pets, "{id}")
    toys = grow(pet, "toys")
    operations = replace("/pathPart", "animals") + replace("/parentId", shop)
    updated = shown(client.update_resource(restApiId=api, resourceId=pets, patchOperations=operations))
    assert updated == {"id": pets, "parentId": shop, "pathPart": "animals", "path": "/shop/animals"}
    paths = {item["id"]: item["path"] for item in client.get_resources(restApiId=api)["items"]}
    assert paths == {
        root: "/",
        shop: "/shop",
        pets: "/shop/animals",
        pet: "/shop/animals/{id}",
        toys: "/shop/animals/{id}/toys",
    }
    assert grow(root, "pets")


def test_a_resource_may_keep_its_own_name(client: Any, api: str, root: str, grow: Grow) -> None:
    pets = grow(root, "pets")
    operations = replace("/pathPart", "pets")
    updated = client.update_resource(restApiId=api, resourceId=pets, patchOperations=operations)
    assert updated["path"] == "/pets"


def test_cycles_are_refused(client: Any, api: str, root: str, grow: Grow, refused: Refused) -> None:
    pets = grow(root, "pets")
    pet = grow(pets, "pet")
    for parent in (pets, pet):
        operations = replace("/parentId", parent)
        answer = refused(client.update_resource, restApiId=api, resourceId=pets, patchOperations=operations)
        assert answer == ("BadRequestException", "Resources cannot be cyclical.")


@pytest.mark.parametrize(
    ("operations", "code", "message"),
    [
        (
            replace("/pathPart", "taken"),
            "ConflictException",
            "Another resource with the same parent already has this name: taken",
        ),
        (replace("/pathPart", "a/b"), "BadRequestException", PATH_PART),
        (replace("/pathPart"), "BadRequestException", PATH_PART),
        (replace("/parentId", "unknown"), "NotFoundException", "Invalid Resource identifier specified"),
        (replace("/parentId"), "NotFoundException", "Invalid Resource identifier specified"),
        (
            replace("/path", "x"),
            "BadRequestException",
            "Invalid patch path  '/path' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
        ),
        (
            [patch("replace")],
            "BadRequestException",
            "Invalid patch path  'null' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
        ),
        (
            [patch("add", "/pathPart", "x")],
            "BadRequestException",
            "Invalid patch path  '/pathPart' specified for op 'add'. Please choose supported operations",
        ),
        (
            [patch("remove", "/wrong")],
            "BadRequestException",
            "Invalid patch path  '/wrong' specified for op 'remove'. Please choose supported operations",
        ),
    ],
)
def test_bad_operations(
    client: Any, api: str, root: str, grow: Grow, refused: Refused, operations: Any, code: str, message: str
) -> None:
    grow(root, "taken")
    pets = grow(root, "pets")
    answer = refused(client.update_resource, restApiId=api, resourceId=pets, patchOperations=operations)
    assert answer == (code, message)


def test_the_root_stays_what_it_is(client: Any, api: str, root: str, grow: Grow, refused: Refused) -> None:
    pets = grow(root, "pets")
    for member, value in (("pathPart", "x"), ("parentId", pets)):
        operations = replace(f"/{member}", value)
        answer = refused(client.update_resource, restApiId=api, resourceId=root, patchOperations=operations)
        assert answer == ("BadRequestException", f"Root resource cannot update its {member}.")
    assert refused(client.delete_resource, restApiId=api, resourceId=root)[0] == "BadRequestException"


def test_deletion_takes_descendants_and_methods(
    client: Any, api: str, root: str, grow: Grow, refused: Refused
) -> None:
    pets = grow(root, "pets")
    pet = grow(pets, "{id}")
    client.put_method(restApiId=api, resourceId=pet, httpMethod="GET", authorizationType="NONE")
    answer = client.delete_resource(restApiId=api, resourceId=pets)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert [item["path"] for item in client.get_resources(restApiId=api)["items"]] == ["/"]
    missing = ("NotFoundException", "Invalid Resource identifier specified")
    assert refused(client.get_resource, restApiId=api, resourceId=pet) == missing
    assert refused(client.get_method, restApiId=api, resourceId=pet, httpMethod="GET") == missing


def test_methods_show_as_keys_or_whole(client: Any, api: str, root: str) -> None:
    method = shown(
        client.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    )
    ids = {"restApiId": api, "resourceId": root}
    assert client.get_resource(**ids)["resourceMethods"] == {"GET": {}}
    assert client.get_resource(**ids, embed=["methods"])["resourceMethods"] == {"GET": method}
    assert client.get_resources(restApiId=api)["items"][0]["resourceMethods"] == {"GET": {}}
    (whole,) = client.get_resources(restApiId=api, embed=["methods"])["items"]
    assert whole["resourceMethods"] == {"GET": method}


def test_what_is_missing_is_told_as_aws_does(client: Any, api: str, refused: Refused) -> None:
    missing = ("NotFoundException", "Invalid Resource identifier specified")
    for owner in (api, "unknown"):
        assert refused(client.create_resource, restApiId=owner, parentId="x", pathPart="a") == missing
        assert refused(client.get_resource, restApiId=owner, resourceId="x") == missing
        assert refused(client.update_resource, restApiId=owner, resourceId="x") == missing
        assert refused(client.delete_resource, restApiId=owner, resourceId="x") == missing
    answer = refused(client.get_resources, restApiId="unknown")
    assert answer == ("NotFoundException", f"Invalid API identifier specified {PARTITION.account}:unknown")
