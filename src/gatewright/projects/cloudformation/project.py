"""A template as a project: read, checked as a whole, brought to a node resource by resource."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from gatewright.projects.api import CannotDeploy, Deployed, DeployedApi, Node
from gatewright.projects.cloudformation.faults import TemplateFault
from gatewright.projects.cloudformation.given import given_parameters, settings_file
from gatewright.projects.cloudformation.local_files import LocalFiles
from gatewright.projects.cloudformation.made import Made
from gatewright.projects.cloudformation.notes import notes_of_outputs, notes_of_template
from gatewright.projects.cloudformation.outputs import resolved_outputs
from gatewright.projects.cloudformation.plan import Plan, plan_of
from gatewright.projects.cloudformation.resolver import Resolver
from gatewright.projects.cloudformation.resources.sweeping import sweep
from gatewright.projects.cloudformation.source import Source, read_source
from gatewright.projects.cloudformation.stack import Stack
from gatewright.projects.cloudformation.template import check_sections

_USUAL_NAMES = ("template", "packaged", "cloudformation")
_BUILD = (".aws-sam", "build")  # where `sam build` leaves its template
_LONGEST_STACK_NAME = 40


class CloudFormationProject:
    """A SAM or CloudFormation template.

    `parameters` are values for its parameters, which win over those of the settings beside it. `hot_reload`:
    the node runs on this machine, and functions from their directories.
    """

    def __init__(
        self, file: Path, parameters: Mapping[str, str] | None = None, *, hot_reload: bool = True
    ) -> None:
        self.file = file
        self.name = stack_name(file)
        self._hot_reload = hot_reload
        self._parameters = dict(parameters or {})
        self._files: tuple[Path, ...] = ()  # beside the template, as of the last reading

    def watched(self) -> Iterable[Path]:
        """The template, its settings, what it names; directories of code if the node does not follow them."""
        return self.file, settings_file(self.file), *self._files

    def deploy(self, node: Node) -> Deployed:
        try:
            source = read_source(self.file)
        except TemplateFault as fault:
            line = fault.path[0] if fault.path else None
            raise CannotDeploy(fault.message, self.file, line if isinstance(line, int) else None) from None
        try:
            return self._deploy(source, node)
        except TemplateFault as fault:
            raise CannotDeploy(fault.message, self.file, _line(source, fault)) from None
        except (BotoCoreError, ClientError) as error:
            raise CannotDeploy(_words(error), self.file) from None

    def _deploy(self, source: Source, node: Node) -> Deployed:
        local = LocalFiles(self.file)
        try:
            document = local.bring_into(check_sections(source.document))
        finally:
            code = () if self._hot_reload else local.directories
            self._files = tuple(dict.fromkeys((*local.files, *code)))
        given = {**given_parameters(self.file), **self._parameters}
        plan = plan_of(document, given, self.name, node)
        stack = Stack(node, self.file, self.name, hot_reload=self._hot_reload)
        stack.notes += [*local.notes, *notes_of_template(document, plan.resources, plan.uses)]
        made = Made()
        _make(stack, plan, made)
        sweep(stack)
        apis = tuple(_apis(stack))
        outputs = resolved_outputs(plan.outputs, plan.names, Resolver(plan.names, made))
        accepted = (f"{', '.join(ids)} {said}" for said, ids in stack.accepted.items())
        return Deployed(apis, (*stack.notes, *accepted, *notes_of_outputs(outputs, apis, node)))


def stack_name(file: Path) -> str:
    """What the stack is called: as the template's directory, and its own name unless that is a usual one."""
    directory = file.resolve().parent
    if directory.parts[-2:] == _BUILD:
        directory = directory.parent.parent
    whole = directory.name if file.stem in _USUAL_NAMES else f"{directory.name}-{file.stem}"
    name = re.sub("[^a-zA-Z0-9]+", "-", whole).strip("-")[:_LONGEST_STACK_NAME].strip("-")
    return name if name[:1].isalpha() else f"stack-{name}"


def _make(stack: Stack, plan: Plan, made: Made) -> None:
    """Bring the node to the plan; if a resource is refused, stages serve again what they served before."""
    resolver = Resolver(plan.names, made)
    for resource in plan.ordered:
        declared = resource.resolved(resolver)
        try:
            params = resource.kind.prepare(declared)
            made.resources[resource.logical_id] = resource.kind.apply(stack, declared, params)
        except (BotoCoreError, ClientError) as error:
            stack.undo()
            declared.refuse(_words(error))
        except TemplateFault:
            stack.undo()
            raise


def _words(error: BotoCoreError | ClientError) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Message") or error)
    return str(error)


def _apis(stack: Stack) -> Iterator[DeployedApi]:
    for api_id in sorted(stack.wanted["api"]):
        name = stack.apigateway.get_rest_api(restApiId=api_id)["name"]
        for stage in stack.apigateway.get_stages(restApiId=api_id)["item"]:
            url = f"{stack.node.data}/restapis/{api_id}/{stage['stageName']}/_user_request_"
            yield DeployedApi(api_id, name, stage["stageName"], url)


def _line(source: Source, fault: TemplateFault) -> int | None:
    """Where the fault is. A resource that SAM made is at the one whose name its own begins with."""
    match fault.path:
        case ("Resources", str(logical_id), *_) if ("Resources", logical_id) not in source.lines:
            written = [path[1] for path in source.lines if len(path) == 2 and path[0] == "Resources"]
            makers = [name for name in written if logical_id.startswith(str(name))]
            return (
                source.line(("Resources", max(makers, key=lambda name: len(str(name))))) if makers else None
            )
    return source.line(fault.path)
