"""The requests for one operation, each with a policy and the result that AWS's service would have."""

from dataclasses import dataclass, field

import reference

# Parameters with a closed list of values.
VALUES = {"template-type": "EMAIL", "attribute-type": "endpoint-custom-attributes", "version": "1"}

AWKWARD = ["a/b", "50%", "a%2Fb", "a b", "a:b", "größe-日本"]

SUCCESS = "success"
INVALID = "invalid"


@dataclass
class Case:
    operation: str
    why: str
    arguments: dict
    policy: dict
    # SUCCESS, INVALID, or the action and the ARN that are denied.
    expected: object


def cases_of(name, entry, model):
    """Returns the cases of one operation, as `entry` of the reference describes it."""
    found = []
    for request in requests_of(name, entry, model):
        main = (entry["action"], request.arn)
        needed = [main, *request.dependents]
        found.append(Case(name, "the policy allows exactly this", request.arguments, allow(needed), SUCCESS))
        rest = {"Effect": "Allow", "NotAction": entry["action"], "Resource": "*"}
        found.append(Case(name, "the policy allows all other actions", request.arguments, document(rest), main))
        for neighbour in neighbours(request.arn):
            policy = allow([(entry["action"], neighbour), *request.dependents])
            found.append(Case(name, f"the policy allows {neighbour}", request.arguments, policy, main))
        for dependent in request.dependents:
            policy = allow([other for other in needed if other != dependent])
            found.append(Case(name, f"the policy lacks {dependent[0]}", request.arguments, policy, dependent))
        found.extend(awkward(name, entry, request))
    return found


def awkward(name, entry, request):
    """Ids with characters that have a meaning in URLs, ARNs or policies."""
    bound = {reference.parameter_of(found) for found in reference.PLACEHOLDER.findall(request.template)}
    for parameter in sorted(bound & request.parameters.keys()):
        for value in AWKWARD:
            parameters = {**request.parameters, parameter: value}
            arguments = {**request.arguments, request.members[parameter]: value}
            arn = reference.fill(request.template, entry["route"], parameters)
            if parameter in reference.OPAQUE:
                policy, expected = allow([(entry["action"], arn), *request.dependents]), SUCCESS
            else:
                everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
                policy, expected = document(everything), INVALID
            yield Case(name, f"{parameter} is {value!r}", arguments, policy, expected)


@dataclass
class Request:
    arguments: dict
    template: str
    arn: str
    # The path parameters, and the argument of each.
    parameters: dict = field(default_factory=dict)
    members: dict = field(default_factory=dict)
    dependents: list = field(default_factory=list)


def requests_of(name, entry, model):
    """Yields the requests of an operation: without and with tags, and one for each resource type that it can name."""
    operation = model.operation_model(name)
    shape = operation.input_shape
    body = reference.body_shape(operation)
    members, parameters, arguments = {}, {}, {}
    for member, member_shape in shape.members.items() if shape else ():
        location = member_shape.serialization.get("location")
        if location == "uri":
            parameter = member_shape.serialization["name"]
            members[parameter] = member
            parameters[parameter] = arguments[member] = VALUES.get(parameter, f"{parameter}-{len(name)}")
        elif member in shape.required_members:
            arguments[member] = example(member, member_shape)
    if body is not None:
        arguments[shape.serialization["payload"]] |= {
            member: example(member, body.members[member]) for member in body.members if member.endswith("RoleArn")
        }
    for template in entry["resources"]:
        if "resource-arn" in parameters:
            arn = example_arn(template)
            yield Request({**arguments, members["resource-arn"]: arn}, template, arn)
            continue
        arn = reference.fill(template, entry["route"], parameters)
        request = Request(arguments, template, arn, parameters, members)
        request.dependents = [
            (dependent["action"], arguments[shape.serialization["payload"]][dependent["member"]] + dependent.get("suffix", ""))
            for dependent in entry["dependents"]
            if "member" in dependent
        ]
        yield request
        if body is not None and "tags" in body.members:
            payload = shape.serialization["payload"]
            tagged = {**arguments, payload: {**arguments[payload], "tags": {"team": "blue"}}}
            more = [
                (dependent["action"], reference.fill(dependent["resource"], entry["route"], parameters))
                for dependent in entry["dependents"]
                if "resource" in dependent
            ]
            yield Request(tagged, template, arn, parameters, members, request.dependents + more)


def example(name, shape):
    """The smallest value that the model accepts."""
    match shape.type_name:
        case "structure":
            return {member: example(member, shape.members[member]) for member in shape.required_members}
        case "list":
            return [example(name, shape.member)]
        case "map":
            return {"team": example(name, shape.value)}
        case "string" if shape.enum:
            return shape.enum[0]
        case "string" if name.endswith("RoleArn"):
            return f"arn:aws:iam::123456789012:role/{name}"
        case "string":
            return "text"
        case "boolean":
            return True
        case "timestamp":
            return "2026-01-01T00:00:00Z"
        case _:
            return 1


def example_arn(template):
    ids = {"TemplateType": "EMAIL"}
    parameters = {
        reference.parameter_of(found): ids.get(found, f"{found.lower()}-1")
        for found in reference.PLACEHOLDER.findall(template)
        if found not in ("Partition", "Region", "Account")
    }
    return reference.fill(template, "", parameters)


def neighbours(arn):
    """ARNs that differ in one part: each is of another resource."""
    parts = arn.split(":", 5)
    for at, other in ((1, "aws-cn"), (3, "us-east-2"), (4, "210987654321")):
        yield ":".join([*parts[:at], other, *parts[at + 1 :]])
    segments = parts[5].split("/")
    for at in range(len(segments)):
        changed = [*segments[:at], segments[at] + "x", *segments[at + 1 :]]
        yield ":".join([*parts[:5], "/".join(changed)])
    yield arn + "/x"


def allow(needed):
    return document(*({"Effect": "Allow", "Action": action, "Resource": arn} for action, arn in needed))


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}
