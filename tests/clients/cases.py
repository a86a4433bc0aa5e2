"""The requests for one operation, each with a policy and the result that AWS's service would have."""

import copy
from dataclasses import dataclass, field, replace

import reference

# Parameters with a closed list of values.
VALUES = {"template-type": "EMAIL", "attribute-type": "endpoint-custom-attributes", "version": "1"}

AWKWARD = ["a/b", "50%", "a%2Fb", "a b", "a:b", "größe-日本"]

SUCCESS = "success"
INVALID = "invalid"


@dataclass
class Case:
    # The API of botocore, and its operation.
    api: str
    operation: str
    why: str
    arguments: dict
    policy: dict
    # SUCCESS, INVALID, or the actions with ARNs of which one is denied.
    expected: object


def cases_of(name, entry, models):
    """Returns the cases of one operation, as `entry` of the reference describes it."""
    found = []

    def add(why, policy, expected):
        # Without any permission for an action, a service denies before it reads the ids in the body.
        granted = {statement.get("Action") for statement in policy["Statement"]}
        if entry["route"] == "/" and expected != SUCCESS:
            expected = expected + [(action, "*") for action, _ in expected if action not in granted]
        found.append(Case(entry["api"], name, why, request.arguments, policy, expected))

    for request in requests_of(name, entry, models[entry["api"]]):
        main = (entry["action"], request.arn)
        own = [main, *((entry["action"], arn) for arn in request.also)]
        needed = [*own, *request.dependents]
        add("the policy allows exactly this", allow(needed), SUCCESS)
        rest = {"Effect": "Allow", "NotAction": entry["action"], "Resource": "*"}
        add("the policy allows all other actions", document(rest), own)
        for neighbour in neighbours(request.arn):
            policy = allow([(entry["action"], neighbour), *(other for other in needed if other != main)])
            add(f"the policy allows {neighbour}", policy, [main])
        for other in needed[1:]:
            policy = allow([one for one in needed if one != other])
            add(f"the policy lacks {other[0]} on {other[1]}", policy, [other])
        found.extend(awkward(name, entry, request))
    return found


def awkward(name, entry, request):
    """Ids with characters that have a meaning in URLs, ARNs or policies."""
    templates = "".join([request.template, *entry["also"]])
    bound = {reference.parameter_of(found) for found in reference.PLACEHOLDER.findall(templates)}
    for parameter in sorted(bound & request.parameters.keys()):
        for value in AWKWARD:
            parameters = {**request.parameters, parameter: value}
            arguments = copy.deepcopy(request.arguments)
            put(arguments, request.members[parameter], value)
            arn = reference.fill(request.template, entry["route"], parameters)
            if parameter in reference.OPAQUE:
                policy, expected = allow([(entry["action"], arn), *request.dependents]), SUCCESS
            else:
                everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
                policy, expected = document(everything), INVALID
            yield Case(entry["api"], name, f"{parameter} is {value!r}", arguments, policy, expected)


@dataclass
class Request:
    arguments: dict
    template: str
    arn: str
    # The ARNs of further resources, on which the same action is needed.
    also: list
    # The ids, and the place of each in the arguments.
    parameters: dict = field(default_factory=dict)
    members: dict = field(default_factory=dict)
    dependents: list = field(default_factory=list)


def requests_of(name, entry, model):
    """Yields the requests of an operation: without and with tags, and one for each resource type that it can name."""
    operation = model.operation_model(name)
    shape = operation.input_shape
    inputs = shape.members if shape else {}
    body = reference.body_shape(operation)
    payload = (shape.serialization["payload"],) if shape and "payload" in shape.serialization else ()
    members, parameters, arguments = {}, {}, {}

    def identify(parameter, place):
        members[parameter] = place
        parameters[parameter] = VALUES.get(parameter, f"{parameter}-{len(name)}")
        put(arguments, place, parameters[parameter])

    for member, member_shape in inputs.items():
        if member_shape.serialization.get("location") == "uri":
            identify(member_shape.serialization["name"], (member,))
        elif member in shape.required_members:
            arguments[member] = example(member, member_shape)
    for role in entry["roles"]:
        name_role(arguments, inputs, (*payload, *role))
    for placeholder in reference.PLACEHOLDER.findall("".join([*entry["resources"], *entry["also"]])):
        parameter = reference.parameter_of(placeholder)
        place = place_of(placeholder, inputs)
        if parameter not in parameters and place:
            identify(parameter, place)

    also = [reference.fill(template, entry["route"], parameters) for template in entry["also"]]
    for template in entry["resources"]:
        if named := named_by_arn(template, parameters, inputs):
            arn = example_arn(template)
            request = Request({**arguments, named: arn}, template, arn, also)
            others = {reference.parameter_of(found) for found in reference.PLACEHOLDER.findall("".join(entry["also"]))}
            request.parameters = {parameter: value for parameter, value in parameters.items() if parameter in others}
            request.members = members
        else:
            arn = reference.fill(template, entry["route"], parameters)
            request = Request(arguments, template, arn, also, parameters, members)
        request.dependents = [
            (dependent["action"], needed_on(dependent, request, payload) + dependent.get("suffix", ""))
            for dependent in entry["dependents"]
            if "resource" not in dependent
        ]
        yield request
        if body is not None and (tags := reference.tags_member(body)):
            is_map = body.members[tags].type_name == "map"
            tagged = copy.deepcopy(request.arguments)
            put(tagged, (*payload, tags), {"team": "blue"} if is_map else [{"Key": "team", "Value": "blue"}])
            more = [
                (dependent["action"], reference.fill(dependent["resource"], entry["route"], parameters))
                for dependent in entry["dependents"]
                if "resource" in dependent
            ]
            yield replace(request, arguments=tagged, dependents=request.dependents + more)


# Members that take the ARN of a resource of any type.
ARNS = ("ResourceArn", "OriginationIdentity", "ResourceId")


def named_by_arn(template, parameters, inputs):
    """The member with the ARN of the resource, or None if the request names its ids."""
    own = reference.PLACEHOLDER.findall(template)
    if all(reference.parameter_of(found) in parameters for found in own if found not in reference.DEPLOYMENT):
        return None
    return next((member for member in ARNS if member in inputs), None)


def needed_on(dependent, request, payload):
    """The ARN on which a dependent action is needed that does not create anything."""
    if "member" not in dependent:
        return request.arn
    value = request.arguments
    for step in (*payload, *dependent["member"]):
        value = value[step]
    return value


def place_of(placeholder, inputs):
    """The place of an id that is not in the path: a member, or the first element of a list."""
    if placeholder in inputs:
        return (placeholder,)
    for member, shape in inputs.items():
        if shape.type_name != "list":
            continue
        if member == placeholder + "s" and shape.member.type_name == "string":
            return (member, 0)
        if shape.member.type_name == "structure" and placeholder in shape.member.members and member.endswith("Ids"):
            return (member, 0, placeholder)
    return None


def put(arguments, place, value):
    """Sets the argument at a place, and creates what contains it."""
    *outer, last = place
    for step, following in zip(outer, place[1:]):
        if isinstance(step, str) and step not in arguments:
            arguments[step] = [{}] if isinstance(following, int) else {}
        arguments = arguments[step]
    arguments[last] = value


def name_role(arguments, members, path):
    """Adds the member at a path with a role of its own, and the members that its structures require."""
    for step in path[:-1]:
        shape = members[step]
        arguments = arguments.setdefault(step, {})
        for required in shape.required_members:
            arguments.setdefault(required, example(required, shape.members[required]))
        members = shape.members
    arguments[path[-1]] = f"arn:aws:iam::123456789012:role/{'-'.join(path)}"


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
        case "string" if name.endswith(("RoleArn", "ChannelRole")):
            return f"arn:aws:iam::123456789012:role/{name}"
        case "string":
            return "text".ljust(shape.metadata.get("min", 0), "t")
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
        if found not in reference.DEPLOYMENT
    }
    return reference.fill(template, "", parameters)


def neighbours(arn):
    """ARNs that differ in one part: each is of another resource."""
    if arn == "*":
        yield "arn:*"
        return
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
