"""The kinds of client packages: those of the real service, and those that are generated here."""

from __future__ import annotations

from gatewright.catalog.api import Document
from gatewright.openapi.sdk.javascript_package import javascript_package
from gatewright.openapi.sdk.package import Generate
from gatewright.openapi.sdk.python_package import python_package

GENERATED: dict[str, Generate] = {
    "javascript": javascript_package,
    "python": python_package,
    "typescript": javascript_package,
}


def _property(
    name: str, friendly: str, about: str = "", *, required: bool = False, default: str | None = None
) -> Document:
    found: Document = {"name": name, "friendlyName": friendly, "description": about, "required": required}
    return found if default is None else {**found, "defaultValue": default}


def _type(name: str, friendly: str, about: str, *properties: Document) -> Document:
    return {
        "id": name,
        "friendlyName": friendly,
        "description": about,
        **({"configurationProperties": list(properties)} if properties else {}),
    }


_PREFIX = _property("classPrefix", "Prefix", "The prefix of the generated classes", required=True)
_SERVICE = _property(
    "service.name", "Service Name", "The name by which the client calls the API", required=True
)
_OURS = (
    _property("packageName", "Package name", "By default made of the API's name"),
    _property("packageVersion", "Package version", default="1.0.0"),
    _property("baseUrl", "Base URL", "The stage's URL, if the client is to know it by itself"),
)

SDK_TYPES: dict[str, Document] = {
    kind["id"]: kind
    for kind in (
        _type(
            "android",
            "Android",
            "",
            _property("groupId", "Group ID", required=True),
            _property("invokerPackage", "Invoker package", required=True),
            _property("artifactId", "Artifact ID", required=True),
            _property("artifactVersion", "Artifact version", required=True),
        ),
        _type("javascript", "JavaScript", ""),
        _type("objectivec", "iOS (Objective-C)", "", _PREFIX),
        _type("swift", "iOS (Swift)", "", _PREFIX),
        _type(
            "java",
            "Java",
            "Java SDK generator for API Gateway APIs",
            _SERVICE,
            _property("java.package-name", "Java Package Name", required=True),
            _property("java.build-system", "Java Build System", "maven or gradle"),
            _property("java.group-id", "Java Group Id", "By default the package name"),
            _property("java.artifact-id", "Java Artifact Id", "By default the service name"),
            _property("java.artifact-version", "Java Artifact Version", default="1.0-SNAPSHOT"),
            _property("java.license-text", "Java License Text"),
        ),
        _type(
            "ruby",
            "Ruby",
            "Ruby SDK generator for API Gateway APIs",
            _SERVICE,
            _property("ruby.gem-name", "Ruby Gem Name", "By default the service's name and -sdk"),
            _property("ruby.gem-version", "Ruby Gem Version", default="1.0.0"),
        ),
        _type("python", "Python", "A package of Gatewright's own: the standard library is enough", *_OURS),
        _type("typescript", "TypeScript", "What javascript is: an ES module with its declarations", *_OURS),
    )
}

# How the documentation spells some of them.
SPELLINGS = {"serviceName": "service.name", "javaPackageName": "java.package-name"}
