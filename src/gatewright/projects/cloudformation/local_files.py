"""What a template names by a path of this machine: code, OpenAPI documents, included fragments.

`sam package` would upload them and put their addresses into the template. Here a directory becomes Lambda's
`hot-reload` bucket with the absolute path as the key; a document takes the place of its path.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gatewright.projects.cloudformation import faults
from gatewright.projects.cloudformation.faults import TemplateFault
from gatewright.projects.cloudformation.source import read_source
from gatewright.projects.code import HOT_RELOAD

_REMOTE = re.compile(r"(?:s3|https?)://", re.IGNORECASE)
_INCLUDE = "AWS::Include"
_BUILT = ".aws-sam"  # below it, `sam build` has brought everything
_PROGRAMS = {"requirements.txt": "pip", "package.json": "npm"}


class LocalFiles:
    """Brings a template's local files into its document; `files` are
    those that were read, `directories` those of code."""

    def __init__(self, template: Path) -> None:
        self._base = template.resolve().parent
        self.files: list[Path] = []
        self.directories: list[Path] = []
        self.notes: list[str] = []

    def bring_into(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document with them. Raises TemplateFault."""
        whole: dict[str, Any] = self._include(document, ())
        resources = whole.get("Resources")
        for logical_id, resource in resources.items() if isinstance(resources, dict) else ():
            properties = resource.get("Properties") if isinstance(resource, dict) else None
            if isinstance(properties, dict):
                self._bring(logical_id, resource, properties)
        globals_ = whole.get("Globals")
        if isinstance(globals_, dict) and isinstance(globals_.get("Function"), dict):
            self._code(globals_["Function"], "CodeUri", "Bucket", "Key", "Globals")
        return whole

    def _bring(self, logical_id: str, resource: dict[str, Any], properties: dict[str, Any]) -> None:
        path = ("Resources", logical_id, "Properties")
        match resource.get("Type"):
            case "AWS::Serverless::Function":
                self._code(properties, "CodeUri", "Bucket", "Key", logical_id)
            case "AWS::Lambda::Function":
                asset = (resource.get("Metadata") or {}).get("aws:asset:path")
                if asset and (resource["Metadata"].get("aws:asset:property") == "Code"):
                    properties["Code"] = asset  # where the CDK keeps what it would upload
                self._code(properties, "Code", "S3Bucket", "S3Key", logical_id)
            case "AWS::Serverless::Api":
                self._document(properties, "DefinitionUri", "DefinitionBody", path)
            case "AWS::ApiGateway::RestApi":
                self._document(properties, "BodyS3Location", "Body", path)

    def _code(self, properties: dict[str, Any], name: str, bucket: str, key: str, owner: str) -> None:
        location = properties.get(name)
        if not isinstance(location, str) or _REMOTE.match(location):
            return
        path = self._base / location
        properties[name] = {bucket: HOT_RELOAD, key: str(path.resolve())}
        (self.directories if path.is_dir() else self.files).append(path)
        if _BUILT in self._base.parts:
            return
        for program, installer in _PROGRAMS.items():
            built = "node_modules" if program == "package.json" else None
            if (path / program).is_file() and not (built and (path / built).is_dir()):
                self.notes.append(
                    f"{owner}: {location} has a {program}, and nothing here runs {installer}; deploy what "
                    "`sam build` makes, .aws-sam/build/template.yaml, if the function needs it"
                )

    def _document(self, properties: dict[str, Any], name: str, body: str, path: faults.Path) -> None:
        location = properties.get(name)
        if isinstance(location, str) and not _REMOTE.match(location):
            del properties[name]
            properties[body] = self._read(location, (*path, name))

    def _include(self, value: Any, path: faults.Path) -> Any:
        if isinstance(value, list):
            return [self._include(item, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        members = {key: self._include(inner, (*path, key)) for key, inner in value.items()}
        transform = members.pop("Fn::Transform", None)
        if transform is None:
            return members
        included = self._included(transform, (*path, "Fn::Transform"))
        if members and not isinstance(included, dict):
            raise TemplateFault("what is included beside other keys must be a map", path)
        return {**included, **members} if members else included

    def _included(self, transform: Any, path: faults.Path) -> Any:
        parameters = transform.get("Parameters") if isinstance(transform, dict) else None
        location = parameters.get("Location") if isinstance(parameters, dict) else None
        if (
            not isinstance(transform, dict)
            or transform.get("Name") != _INCLUDE
            or not isinstance(location, str)
        ):
            raise TemplateFault(
                f"Fn::Transform is supported for {_INCLUDE} only, with the path of a local file as Location",
                path,
            )
        return self._read(location, path)

    def _read(self, location: str, path: faults.Path) -> Any:
        if _REMOTE.match(location):
            raise TemplateFault(f"{location}: nothing is fetched; give the path of a local file", path)
        file = self._base / location
        self.files.append(file)
        try:
            return read_source(file).document
        except TemplateFault as fault:
            line = "".join(f":{line}" for line in fault.path)
            raise TemplateFault(f"{file}{line}: {fault.message}", path) from None
