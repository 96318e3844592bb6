"""Which operations are done."""

from __future__ import annotations

from gatewright.control.operations import list_operations

FAMILIES_DONE = """
RestApi RestApis Resource Resources Method MethodResponse Integration IntegrationResponse Model Models
RequestValidator RequestValidators GatewayResponse GatewayResponses Deployment Deployments Stage Stages Tags
Account
""".split()  # noqa: SIM905 - a table of words


def test_every_operation_of_the_model_is_listed_once() -> None:
    listed = [(service, operation) for service, operation, _ in list_operations()]
    assert len(listed) == len(set(listed))
    assert sum(service == "apigateway" for service, _ in listed) == 124


def test_the_families_that_are_done_are_whole() -> None:
    done = {operation for service, operation, done in list_operations() if service == "apigateway" and done}
    listed = {operation for service, operation, _ in list_operations() if service == "apigateway"}
    imported = {"PutRestApi"}  # comes with the OpenAPI importer
    wanted = {
        verb + family
        for family in FAMILIES_DONE
        for verb in ("Create", "Put", "Get", "Update", "Delete")
        if verb + family in listed
    } - imported
    assert wanted <= done
    assert {"TagResource", "UntagResource"} <= done
