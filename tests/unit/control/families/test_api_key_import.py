"""ImportApiKeys: the file's form, what it changes, what it warns of."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Refused

TOO_SHORT = "API Key value should be at least 20 characters"
VALUE = "imported-{}-0123456789"


def rows(*lines: str, header: str = "Name,key,description,Enabled,usageplanIds") -> bytes:
    return "\n".join([header, *lines]).encode()


def imported(client: Any, body: bytes, **params: Any) -> list[dict[str, Any]]:
    """The keys an import without warnings made, as they read then."""
    answer = client.import_api_keys(body=body, format="csv", **params)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert answer["warnings"] == []
    return [client.get_api_key(apiKey=key, includeValue=True) for key in answer["ids"]]


def test_the_documented_example(client: Any) -> None:
    plans = [client.create_usage_plan(name=name)["id"] for name in ("gold", "silver")]
    body = rows(
        f'MyFirstApiKey,abcdef1234567890abcdefghij0123456789,"An imported key",TRUE,"{",".join(plans)}"'
    )
    (key,) = imported(client, body)
    assert key["name"] == "MyFirstApiKey"
    assert key["value"] == "abcdef1234567890abcdefghij0123456789"
    assert key["description"] == "An imported key"
    assert key["enabled"] is True
    assert [plan["id"] for plan in client.get_usage_plans(keyId=key["id"])["items"]] == sorted(plans)


@pytest.mark.parametrize(
    ("body", "name", "enabled"),
    [
        (rows(f"n,{VALUE.format(1)}", header="name,KEY"), "n", True),
        (rows(f"{VALUE.format(2)},other,n", header="Key,Colour,NAME"), "n", True),
        (b"\xef\xbb\xbf" + rows(f"n,{VALUE.format(3)},d,false"), "n", False),
        (rows(f"n, {VALUE.format(4)} ,d,TrUe", ""), "n", True),
        (rows(f"n,{VALUE.format(5)},,no"), "n", False),
        (rows(f'"a, b","{VALUE.format(6)}"'), "a, b", True),
        (rows(f"'a, b','{VALUE.format(7)}'"), "a, b", True),
        (rows(f'"say ""a"", then\nb", "{VALUE.format(10)}" ,'), 'say "a", then\nb', True),
        (rows(f"John's key,{VALUE.format(8)}"), "John's key", True),
        (rows(f"n,{VALUE.format(9)}").replace(b"\n", b"\r\n"), "n", True),
    ],
)
def test_forms_of_the_file(client: Any, body: bytes, name: str, enabled: bool) -> None:
    (key,) = imported(client, body)
    assert (key["name"], key["enabled"]) == (name, enabled)
    assert key["value"].startswith("imported-")


def test_empty_lines_are_no_keys(client: Any) -> None:
    assert imported(client, b"name,key\n\n , \r\n,") == []


def test_plans_in_single_quotes(client: Any) -> None:
    plans = sorted(client.create_usage_plan(name=name)["id"] for name in ("gold", "silver"))
    (key,) = imported(client, rows(f"n,{VALUE.format('quoted')},,true,'{plans[0]}, {plans[1]}'"))
    assert [plan["id"] for plan in client.get_usage_plans(keyId=key["id"])["items"]] == plans


def test_a_known_value_takes_over_what_the_file_says(client: Any) -> None:
    plan = client.create_usage_plan(name="gold")["id"]
    line = f"old,{VALUE.format('again')},before,true,{plan}"
    (before,) = imported(client, rows(line))
    (after,) = imported(client, rows(f"new,{VALUE.format('again')},,false,{plan}"))
    assert after["id"] == before["id"]
    assert (after["name"], after["enabled"], "description" in after) == ("new", False, False)
    assert len(client.get_usage_plan_keys(usagePlanId=plan)["items"]) == 1


def test_a_value_twice_in_a_file_is_one_key(client: Any) -> None:
    body = rows(f"a,{VALUE.format('twice')}", f"b,{VALUE.format('twice')}")
    (key,) = imported(client, body)
    assert key["name"] == "b"


def test_bad_rows_are_left_out_with_a_warning(client: Any) -> None:
    plan = client.create_usage_plan(name="gold")["id"]
    body = rows(
        f",{VALUE.format('nameless')}",
        "short,abc",
        f"good,{VALUE.format('good')},,,'{plan},nope'",
        "alone",
    )
    answer = client.import_api_keys(body=body, format="csv")
    (key,) = answer["ids"]
    assert client.get_api_key(apiKey=key)["name"] == "good"
    assert [item["id"] for item in client.get_usage_plan_keys(usagePlanId=plan)["items"]] == [key]
    assert answer["warnings"] == [
        "Unable to import API key '' of row 1: API Key name cannot be empty. Skipping.",
        f"Unable to import API key 'short' of row 2: {TOO_SHORT}. Skipping.",
        "Unable to add API key 'good' of row 3 to usage plan 'nope': Invalid Usage Plan ID specified. "
        "Skipping.",
        f"Unable to import API key 'alone' of row 4: {TOO_SHORT}. Skipping.",
    ]


def test_a_warning_undoes_the_import_when_asked(client: Any, refused: Refused) -> None:
    body = rows(f"undone,{VALUE.format('undone')}", "short,abc", f",{VALUE.format('nameless')}")
    answer = refused(client.import_api_keys, body=body, format="csv", failOnWarnings=True)
    assert answer == (
        "BadRequestException",
        "Warnings found during import:\n"
        f"\tUnable to import API key 'short' of row 2: {TOO_SHORT}. Skipping.\n"
        "\tUnable to import API key '' of row 3: API Key name cannot be empty. Skipping.",
    )
    assert client.get_api_keys(nameQuery="undone")["items"] == []


def test_a_key_of_another_plan_of_the_stage_is_warned_of(client: Any, stage: str) -> None:
    api, name = stage.split(":")
    plans = [client.create_usage_plan(name=n, apiStages=[{"apiId": api, "stage": name}])["id"] for n in "ab"]
    answer = client.import_api_keys(
        body=rows(f"n,{VALUE.format('both')},,,'{','.join(plans)}'"), format="csv"
    )
    (key,) = answer["ids"]
    assert answer["warnings"] == [
        f"Unable to add API key 'n' of row 1 to usage plan '{plans[1]}': API Key {key} is in usage plan "
        f"{plans[0]} already, which has the API Stage {stage} too: a key can be in one usage plan of a "
        "stage. Skipping."
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Missing required column 'Name'"),
        (b"/tmp/keys.csv", "Missing required column 'Name'"),
        (b"name,value\na,b", "Missing required column 'Key'"),
        (b"name,key\n\xff,b", "The API keys cannot be read: the file must be in UTF-8"),
        (b'name,key\n"a', "The API keys cannot be read: bad quotes at '\"a'"),
        (b'name,key\n"a"b,c', "The API keys cannot be read: bad quotes at '\"a\"b,c'"),
        (b"name,key\n  'a,b", 'The API keys cannot be read: bad quotes at "  \'a,b"'),
        (
            b"name,key\n" + b"a,b\n" * 10_001,
            "An import can have at most 10000 API keys, not 10001",
        ),
    ],
)
def test_bad_files_are_refused(client: Any, refused: Refused, body: bytes, message: str) -> None:
    answer = refused(client.import_api_keys, body=body, format="csv")
    assert answer == ("BadRequestException", message)


def test_another_format_is_refused(client: Any, refused: Refused) -> None:
    code, message = refused(client.import_api_keys, body=b"name,key", format="json")
    assert code == "ValidationException"
    assert "[csv]" in message
