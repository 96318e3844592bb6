"""Mapping templates as the compiler takes them and as an exchange renders them."""

from __future__ import annotations

import pytest
from tests.unit.gateway.conftest import MakeExchange

from gatewright.gateway.errors import GatewayError
from gatewright.gateway.mapping_template.template import MappingTemplate, Side, compile_templates
from gatewright.gateway.trace import Trace

LIMIT = 1000


def compiled(text: str, side: Side = "request") -> MappingTemplate:
    return compile_templates({"application/json": text}, side, LIMIT)["application/json"]


def test_a_syntax_error_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"request mapping template text/plain: .*line 2, column"):
        compile_templates({"text/plain": "fine\n#if(true) no end"}, "request", LIMIT)


def test_a_template_over_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="application/json: it has 1001 bytes; at most 1000 are allowed"):
        compiled("x" * 1001)


def test_empty_and_null_templates_count_as_none() -> None:
    assert compile_templates({"application/json": "", "text/plain": None}, "request", LIMIT) == {}


def test_keys_are_compared_without_case() -> None:
    assert list(compile_templates({"Application/JSON": "x"}, "request", LIMIT)) == ["application/json"]


def test_only_a_literal_is_constant() -> None:
    assert compiled('{"statusCode": 200}').constant == '{"statusCode": 200}'
    assert compiled("costs $5.00").constant == "costs $5.00"
    assert compiled('{"statusCode": $input.body}').constant is None


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("$context.httpMethod $context.resourcePath $context.path", "GET /pets /dev/pets"),
        ("$context.identity.sourceIp|$context.identity.accountId|$context.identity", "198.51.100.7||"),
        ("$context.requestTimeEpoch", "1722506400000"),
        ("#if($context.requestTimeEpoch > 1000)later#end", "later"),
        ("$context.nope.deeper|$context.authorizer.claims.sub|", "||"),
        ("#foreach($k in $context.authorizer.keySet())$k#end|", "|"),
        ("$context.get('stage') $context['stage'] ${context.stage}", "dev dev dev"),
        (
            "$context.keySet()",
            "[resourceId, resourcePath, httpMethod, extendedRequestId, requestTime, path, accountId, "
            "protocol, requestOverride, stage, domainPrefix, requestTimeEpoch, requestId, identity, "
            "domainName, deploymentId, responseOverride, apiId]",
        ),
        (
            "$context.identity.keySet()",
            "[cognitoIdentityPoolId, accountId, cognitoIdentityId, caller, sourceIp, principalOrgId, "
            "accessKey, cognitoAuthenticationType, cognitoAuthenticationProvider, userArn, userAgent, user]",
        ),
    ],
)
def test_context(exchange: MakeExchange, text: str, output: str) -> None:
    assert compiled(text).render(exchange(), "") == output


def test_a_template_tells_a_canary_from_its_stage(exchange: MakeExchange) -> None:
    text = (
        "$context.isCanaryRequest #if($context.isCanaryRequest)new#{else}old#end "
        '#if($context.isCanaryRequest == "true")new#{else}old#end $context.keySet().size()'
    )
    assert compiled(text).render(exchange(is_canary=True), "") == "true new new 19"
    assert compiled(text).render(exchange(is_canary=False), "") == "false old old 19"
    assert compiled("$context.isCanaryRequest|$context.keySet().size()").render(exchange(), "") == "|18"


def test_context_cannot_be_written_but_for_the_overrides(exchange: MakeExchange) -> None:
    with pytest.raises(GatewayError) as failed:
        compiled('#set($context.stage = "prod")').render(exchange(), "")
    assert failed.value.reason == "Execution failed due to configuration error: Unable to transform request"
    assert "line 1, column" in failed.value.detail


def test_parameters_are_the_last_values_of_each_place(exchange: MakeExchange) -> None:
    asked = exchange(
        "/dev/pets?b=2&a=1&b=3", headers=[("X-T", "one"), ("X-T", "two")], path_parameters={"id": "7"}
    )
    assert compiled("$input.params('b') $input.params('X-T') $input.params().path.id").render(asked, "") == (
        "3 two 7"
    )
    assert compiled("$input.params().querystring").render(asked, "") == "{a=1, b=3}"


def test_stage_variables_cannot_be_changed_for_others(exchange: MakeExchange) -> None:
    asked = exchange(variables={"env": "prod"})
    text = '#set($stageVariables.env = "mine")$stageVariables.env'
    assert compiled(text).render(asked, "") == "mine"
    assert compiled("$stageVariables.env").render(asked, "") == "prod"


def test_a_payload_that_is_no_json_is_the_clients_fault_in_a_request(exchange: MakeExchange) -> None:
    with pytest.raises(GatewayError) as failed:
        compiled("$input.json('$')").render(exchange(), "{a")
    assert (failed.value.status, failed.value.message) == (
        400,
        "Could not process payloadnet.minidev.json.parser.ParseException: "
        "Unexpected End Of File position 1: null",
    )


def test_a_payload_that_is_no_json_is_the_owners_fault_in_a_response(exchange: MakeExchange) -> None:
    with pytest.raises(GatewayError) as failed:
        compiled("$input.json('$')", "response").render(exchange(), "{a")
    assert failed.value.status == 500
    assert failed.value.reason == "Execution failed due to configuration error: Unable to transform response"


def test_a_payload_made_to_hold_itself_many_times_over_is_not_written(exchange: MakeExchange) -> None:
    doubling = '#foreach($i in [1..40])#set($d = $root.put("x", [$root.x, $root.x]))#end'
    text = f"#set($root = $input.path('$')){doubling}$input.json('$')"
    with pytest.raises(GatewayError) as failed:
        compiled(text).render(exchange(), '{"x": [1]}')
    assert "more than 1000000 values" in failed.value.detail


def test_the_payload_is_only_parsed_when_a_path_asks_for_it(exchange: MakeExchange) -> None:
    assert compiled("$input.body").render(exchange(), "{a") == "{a"


@pytest.mark.parametrize("path", ["$.", "$.a[", ""])
def test_a_path_that_is_none_fails_the_template(exchange: MakeExchange, path: str) -> None:
    with pytest.raises(GatewayError) as failed:
        compiled(f"$input.path('{path}')").render(exchange(), "{}")
    assert failed.value.status == 500


def test_a_traced_template_names_what_it_did_not_find(exchange: MakeExchange) -> None:
    asked = exchange()
    asked.tracing = Trace()
    compiled("a $input.params('q')\n  $nope.x").render(asked, "")
    (step,) = asked.tracing.steps
    assert (step.name, step.facts["key"], step.facts["output"]) == (
        "request template",
        "application/json",
        "a \n  ",
    )
    assert step.facts["missing"] == [
        {"line": 1, "column": 3, "source": "$input.params('q')"},
        {"line": 2, "column": 3, "source": "$nope.x"},
    ]
