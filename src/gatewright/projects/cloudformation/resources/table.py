"""Which types of resources are honoured, and why the others are not."""

from __future__ import annotations

from gatewright.projects.cloudformation.resources import (
    accepted,
    certificates,
    documentation,
    functions,
    methods,
    parts,
    rest_api,
    serving,
    usage,
    versions,
    vpc_links,
)
from gatewright.projects.cloudformation.resources.kinds import Kind

KINDS: dict[str, Kind] = {
    "AWS::ApiGateway::Account": accepted.ACCOUNT,
    "AWS::ApiGateway::ApiKey": usage.API_KEY,
    "AWS::ApiGateway::Authorizer": parts.AUTHORIZER,
    "AWS::ApiGateway::ClientCertificate": certificates.CLIENT_CERTIFICATE,
    "AWS::ApiGateway::Deployment": serving.DEPLOYMENT,
    "AWS::ApiGateway::DocumentationPart": documentation.PART,
    "AWS::ApiGateway::DocumentationVersion": documentation.VERSION,
    "AWS::ApiGateway::GatewayResponse": parts.GATEWAY_RESPONSE,
    "AWS::ApiGateway::Method": methods.METHOD,
    "AWS::ApiGateway::Model": parts.MODEL,
    "AWS::ApiGateway::RequestValidator": parts.REQUEST_VALIDATOR,
    "AWS::ApiGateway::Resource": methods.RESOURCE,
    "AWS::ApiGateway::RestApi": rest_api.REST_API,
    "AWS::ApiGateway::Stage": serving.STAGE,
    "AWS::ApiGateway::UsagePlan": usage.USAGE_PLAN,
    "AWS::ApiGateway::UsagePlanKey": usage.USAGE_PLAN_KEY,
    "AWS::ApiGateway::VpcLink": vpc_links.VPC_LINK,
    "AWS::CDK::Metadata": accepted.CDK_METADATA,
    "AWS::IAM::ManagedPolicy": accepted.MANAGED_POLICY,
    "AWS::IAM::Policy": accepted.POLICY,
    "AWS::IAM::Role": accepted.ROLE,
    "AWS::Lambda::Alias": versions.ALIAS,
    "AWS::Lambda::Function": functions.FUNCTION,
    "AWS::Lambda::Permission": versions.PERMISSION,
    "AWS::Lambda::Version": versions.VERSION,
    "AWS::Logs::LogGroup": accepted.LOG_GROUP,
}

_REASONS = {
    "AWS::ApiGateway::BasePathMapping": "custom domain names are not there yet",
    "AWS::ApiGateway::DomainName": "custom domain names are not there yet",
    "AWS::Lambda::LayerVersion": "layers are not there; put the code beside the function's",
    "AWS::Lambda::Url": "function URLs are not there; use a REST API with a Lambda proxy integration",
    "AWS::Lambda::EventSourceMapping": "the services whose events it reads are not here",
    "AWS::Serverless::LayerVersion": "layers are not there; put the code beside the function's",
    "AWS::Serverless::HttpApi": "HTTP APIs are not there yet; use AWS::Serverless::Api",
    "AWS::Serverless::WebSocketApi": "WebSocket APIs are not there yet",
    "AWS::CloudFormation::Stack": "nested stacks are not supported; deploy each template by itself",
    "AWS::Serverless::Application": "nested applications are not supported; deploy each template by itself",
}
_FAMILIES = {
    "AWS::ApiGatewayV2::": "HTTP and WebSocket APIs are not there yet; use AWS::ApiGateway::RestApi",
    "AWS::Serverless::": "only AWS::Serverless::Api and AWS::Serverless::Function are",
    "Custom::": "nothing here runs custom resources",
}
_OTHERWISE = (
    "Gatewright has API Gateway and Lambda only; take it out, or give it a Condition that is false here"
)


def refusal(type_: str) -> str:
    """Why a resource of a type that is not in `KINDS` cannot be deployed."""
    families = (reason for prefix, reason in _FAMILIES.items() if type_.startswith(prefix))
    return f"is not supported: {_REASONS.get(type_) or next(families, _OTHERWISE)}"
