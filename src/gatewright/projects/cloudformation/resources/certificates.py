"""AWS::ApiGateway::ClientCertificate: found again by its tags, so that backends need not learn a new one."""

from __future__ import annotations

from gatewright.projects.cloudformation.patches import replaced
from gatewright.projects.cloudformation.properties import Declared, Params, members
from gatewright.projects.cloudformation.resources.kinds import APIS, Kind
from gatewright.projects.cloudformation.stack import Physical, Stack


def _prepare(declared: Declared) -> Params:
    return members(declared, "apigateway", "GenerateClientCertificateRequest")


def _apply(stack: Stack, declared: Declared, params: Params) -> Physical:
    client = stack.apigateway
    wanted = {**params, "tags": stack.tags(declared.logical_id, params.get("tags", {}))}
    now = stack.find("get_client_certificates", declared.logical_id)
    if now is None:
        now = client.generate_client_certificate(**wanted)
    else:
        if patches := list(replaced(now, wanted, ("description",))):
            where = {"clientCertificateId": now["clientCertificateId"]}
            client.update_client_certificate(**where, patchOperations=patches)
        stack.retag(f"/clientcertificates/{now['clientCertificateId']}", now["tags"], wanted["tags"])
    certificate: str = now["clientCertificateId"]
    stack.wanted["certificate"].add(certificate)
    return Physical(certificate, {"ClientCertificateId": certificate})


CLIENT_CERTIFICATE = Kind(_prepare, _apply, frozenset({"ClientCertificateId"}), APIS)
