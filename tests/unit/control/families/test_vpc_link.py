"""VpcLink: its life, what settings make of it, what keeps it, and what deployments may go through it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.management import PARTITION, client_of, running_management
from tests.support.patches import patch, replace, shown

from gatewright.catalog.api import Catalog
from gatewright.control.context import Services
from gatewright.gateway.load_balancers import LoadBalancer
from gatewright.gateway.settings import GatewaySettings

from .conftest import Refused

BALANCERS = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer"
KNOWN = f"{BALANCERS}/net/shop/50dc6c495c0c9188"
UNKNOWN = f"{BALANCERS}/net/gone/50dc6c495c0c9188"
APPLICATION = f"{BALANCERS}/app/shop/50dc6c495c0c9188"
MISSING = ("NotFoundException", "Invalid Vpc Link identifier specified")
READY = "Your vpc link is ready for use"


@pytest.fixture(scope="module")
def client(catalog: Catalog) -> Iterator[Any]:
    """Of a node whose settings know two load balancers."""
    balancers = {
        KNOWN: LoadBalancer(("127.0.0.1:1",), {"8443": ("127.0.0.1:2",)}),
        APPLICATION: LoadBalancer(listeners={"443": ("127.0.0.1:3",)}),
    }
    services = Services(gateway=GatewaySettings(load_balancers=balancers))
    with running_management(catalog, services=services) as endpoint, client_of(endpoint) as client:
        yield client


@pytest.fixture
def link(client: Any) -> Iterator[str]:
    made = str(client.create_vpc_link(name="shop", targetArns=[KNOWN])["id"])
    yield made
    for api in client.get_rest_apis(limit=500)["items"]:
        client.delete_rest_api(restApiId=api["id"])
    client.delete_vpc_link(vpcLinkId=made)


def integrate(client: Any, api: str, root: str, **integration: Any) -> None:
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    defaults = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "http://shop.internal/x"}
    client.put_integration(**where, connectionType="VPC_LINK", **{**defaults, **integration})


def test_a_link_is_pending_when_it_is_made_and_available_when_it_is_read(client: Any) -> None:
    made = client.create_vpc_link(name="a", description="to a", targetArns=[KNOWN], tags={"team": "blue"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202
    link = made["id"]
    said = {"id": link, "name": "a", "description": "to a", "targetArns": [KNOWN], "tags": {"team": "blue"}}
    assert shown(made) == {**said, "status": "PENDING"}
    ready = {**said, "status": "AVAILABLE", "statusMessage": READY}
    assert shown(client.get_vpc_link(vpcLinkId=link)) == ready
    assert ready in client.get_vpc_links()["items"]
    changed = client.update_vpc_link(
        vpcLinkId=link, patchOperations=[*replace("/name", "b"), *replace("/description", "")]
    )
    del ready["description"]
    assert shown(changed) == {**ready, "name": "b"} == shown(client.get_vpc_link(vpcLinkId=link))
    arn = f"arn:aws:apigateway:{PARTITION.region}::/vpclinks/{link}"
    client.tag_resource(resourceArn=arn, tags={"b": "2"})
    client.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert client.get_tags(resourceArn=arn)["tags"] == {"b": "2"}
    deleted = client.delete_vpc_link(vpcLinkId=link)
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 202
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_vpc_link(vpcLinkId=link)


def test_tags_that_are_not_there_show_as_none_but_in_lists(client: Any, link: str) -> None:
    assert client.get_vpc_link(vpcLinkId=link)["tags"] == {}
    (listed,) = client.get_vpc_links()["items"]
    assert "tags" not in listed


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        (APPLICATION, "NLB ARN is malformed"),
        (
            UNKNOWN,
            f"the settings do not say where {UNKNOWN} is; write a table "
            f'[load_balancers."{UNKNOWN}"] with targets, such as ["10.0.0.5:8080"]',
        ),
    ],
)
def test_a_link_that_leads_nowhere_has_failed(client: Any, arn: str, message: str) -> None:
    link = client.create_vpc_link(name="x", targetArns=[arn])
    assert link["status"] == "PENDING"
    found = client.get_vpc_link(vpcLinkId=link["id"])
    assert (found["status"], found["statusMessage"]) == ("FAILED", message)
    client.delete_vpc_link(vpcLinkId=link["id"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": ""}, "Name cannot be empty"),
        ({"name": "n" * 1025}, "Invalid vpc link name, can be at most 1024 characters."),
        ({"description": "d" * 1025}, "Invalid vpc link description, can be at most 1024 characters."),
        ({"targetArns": ["invalid-arn"]}, "Invalid ARN. ARN is not well formed invalid-arn"),
        ({"targetArns": []}, "No target arn specified for vpc link."),
        ({"targetArns": [KNOWN, UNKNOWN]}, "More than one target arn specified for vpc link."),
        (
            {"tags": {"aws:x": "1"}},
            "Invalid tag key specified: 'aws:x' must have 1 to 128 characters and must not start with 'aws:'",
        ),
    ],
)
def test_none_is_made_of_bad_words(
    client: Any, refused: Refused, given: dict[str, Any], message: str
) -> None:
    params = {"name": "x", "targetArns": [KNOWN], **given}
    assert refused(client.create_vpc_link, **params) == ("BadRequestException", message)
    assert client.get_vpc_links()["items"] == []


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            patch("replace", "/targetArns", UNKNOWN),
            "Invalid patch path  '/targetArns' specified for op 'replace'. "
            "Must be one of: [/name, /description]",
        ),
        (
            patch("remove", "/description"),
            "Invalid patch path  '/description' specified for op 'remove'. "
            "Please choose supported operations",
        ),
        (patch("replace", "/name", ""), "Name cannot be empty"),
    ],
)
def test_bad_patches(
    client: Any, refused: Refused, link: str, operation: dict[str, str], message: str
) -> None:
    params = {"vpcLinkId": link, "patchOperations": [*replace("/description", "new"), operation]}
    assert refused(client.update_vpc_link, **params) == ("BadRequestException", message)
    assert "description" not in client.get_vpc_link(vpcLinkId=link)


def test_no_more_than_twenty_in_a_region(client: Any, refused: Refused) -> None:
    made = [client.create_vpc_link(name=f"l{number}", targetArns=[KNOWN])["id"] for number in range(20)]
    assert refused(client.create_vpc_link, name="one more", targetArns=[KNOWN]) == (
        "LimitExceededException",
        "Too many VPC links: 20 at most in a region. Delete some first.",
    )
    pages = client.get_paginator("get_vpc_links").paginate(PaginationConfig={"PageSize": 8})
    assert [item["id"] for page in pages for item in page["items"]] == sorted(made)
    for link in made:
        client.delete_vpc_link(vpcLinkId=link)


def test_what_is_missing(client: Any, refused: Refused) -> None:
    for operation in ("get", "update", "delete"):
        assert refused(getattr(client, f"{operation}_vpc_link"), vpcLinkId="nobody") == MISSING


def test_a_link_stays_while_a_stage_serves_what_names_it(
    client: Any, refused: Refused, link: str, api: str, root: str
) -> None:
    integrate(client, api, root, connectionId=link)
    client.create_deployment(restApiId=api)
    client.create_deployment(restApiId=api, stageName="one")
    client.create_deployment(restApiId=api, stageName="two")
    assert refused(client.delete_vpc_link, vpcLinkId=link) == (
        "BadRequestException",
        f"Cannot delete vpc link. Vpc link '{link}', is referenced in [GET:{root}:one, GET:{root}:two] in "
        "format of [Method:Resource:Stage].",
    )
    other = client.create_vpc_link(name="other", targetArns=[KNOWN])["id"]
    integrate_again = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.update_integration(**integrate_again, patchOperations=replace("/connectionId", other))
    canary = {"percentTraffic": 10.0}
    client.create_deployment(restApiId=api, stageName="one", canarySettings=canary)
    assert refused(client.delete_vpc_link, vpcLinkId=other)[1] == (
        f"Cannot delete vpc link. Vpc link '{other}', is referenced in [GET:{root}:one] in format of "
        "[Method:Resource:Stage]."
    )
    client.delete_rest_api(restApiId=api)
    client.delete_vpc_link(vpcLinkId=other)


def test_a_link_that_a_stage_variable_names_is_not_kept(client: Any, api: str, root: str) -> None:
    link = client.create_vpc_link(name="x", targetArns=[KNOWN])["id"]
    integrate(client, api, root, connectionId="${stageVariables.link}")
    client.create_deployment(restApiId=api, stageName="one", variables={"link": link})
    client.delete_vpc_link(vpcLinkId=link)


@pytest.mark.parametrize(
    ("integration", "reason"),
    [
        ({"connectionId": "nobody"}, "connectionId nobody: there is no such VPC link"),
        (
            {"connectionId": "LINK", "integrationTarget": UNKNOWN},
            f"integrationTarget: the settings do not say where {UNKNOWN} is",
        ),
        (
            {"connectionId": "LINK", "integrationTarget": APPLICATION},
            f"the settings give port 80 of {APPLICATION} to no target; add it to the listeners of "
            f'[load_balancers."{APPLICATION}"]',
        ),
        (
            {"connectionId": "LINK", "type": "MOCK"},
            "connectionType VPC_LINK is for types HTTP and HTTP_PROXY, not for MOCK",
        ),
    ],
)
def test_what_leads_nowhere_is_not_deployed(
    client: Any,
    refused: Refused,
    link: str,
    api: str,
    root: str,
    integration: dict[str, str],
    reason: str,
) -> None:
    given = {name: value.replace("LINK", link) for name, value in integration.items()}
    integrate(client, api, root, **given)
    code, message = refused(client.create_deployment, restApiId=api)
    assert code == "BadRequestException"
    assert message.startswith(f"Gatewright cannot deploy this API: GET /: {reason}")


def test_a_failed_link_is_not_deployed(client: Any, refused: Refused, api: str, root: str) -> None:
    failed = client.create_vpc_link(name="x", targetArns=[UNKNOWN])["id"]
    integrate(client, api, root, connectionId=failed)
    message = refused(client.create_deployment, restApiId=api)[1]
    assert f"GET /: VPC link {failed} is FAILED: the settings do not say where {UNKNOWN} is" in message
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    patches = [*replace("/integrationTarget", APPLICATION), *replace("/uri", "https://shop.internal")]
    client.update_integration(**where, patchOperations=patches)
    client.create_deployment(restApiId=api)  # where the link itself leads does not matter any more
    client.delete_vpc_link(vpcLinkId=failed)


def test_an_integration_target_without_a_link_is_refused(
    client: Any, refused: Refused, api: str, root: str
) -> None:
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(
        **where,
        type="HTTP_PROXY",
        integrationHttpMethod="GET",
        uri="http://shop.internal",
        integrationTarget=APPLICATION,
    )
    message = refused(client.create_deployment, restApiId=api)[1]
    assert "GET /: integrationTarget is for integrations with connectionType VPC_LINK" in message


def test_a_link_without_its_connection_type_is_not_imported(client: Any, refused: Refused, link: str) -> None:
    integration = {
        "type": "http_proxy",
        "httpMethod": "GET",
        "uri": "http://shop.internal",
        "connectionId": link,
    }
    operation = {"responses": {}, "x-amazon-apigateway-integration": integration}
    document = {
        "openapi": "3.0.1",
        "info": {"title": "t", "version": "1"},
        "paths": {"/": {"get": operation}},
    }
    code, message = refused(client.import_rest_api, body=json.dumps(document))
    assert code == "BadRequestException"
    assert f"connectionId '{link}' is for connectionType VPC_LINK" in message


@pytest.mark.parametrize("kind", ["swagger", "oas30"])
def test_openapi_keeps_the_connection(client: Any, link: str, api: str, root: str, kind: str) -> None:
    listener = f"{APPLICATION.replace(':loadbalancer/', ':listener/')}/0467ef3c8400ae65"
    integrate(
        client,
        api,
        root,
        connectionId=link,
        uri="https://shop.internal:443/x",
        integrationTarget=listener,
        tlsConfig={"insecureSkipVerification": True},
    )
    client.create_deployment(restApiId=api, stageName="v")
    exported = client.get_export(
        restApiId=api, stageName="v", exportType=kind, parameters={"extensions": "integrations"}
    )["body"].read()
    again = client.import_rest_api(body=exported)["id"]
    (resource,) = client.get_resources(restApiId=again, embed=["methods"])["items"]
    integration = resource["resourceMethods"]["GET"]["methodIntegration"]
    assert {name: integration[name] for name in ("connectionType", "connectionId", "integrationTarget")} == {
        "connectionType": "VPC_LINK",
        "connectionId": link,
        "integrationTarget": listener,
    }
    assert integration["tlsConfig"] == {"insecureSkipVerification": True}
    client.create_deployment(restApiId=again, stageName="v")
    written = json.loads(exported)["paths"]["/"]["get"]["x-amazon-apigateway-integration"]
    assert (written["connectionType"], written["connectionId"]) == ("VPC_LINK", link)
