"""Single changes of the reference, each of which makes it wrong: the comparison must notice every one."""

import copy
import re

import cases
import reference


def mutants(operations, models, random, count):
    """Returns descriptions and changed copies of the operations: `count` different changes, of each kind as many."""
    kinds = [change_action, change_placeholder, change_template, change_dependent, change_endpoint]
    possible = {
        change_dependent: lambda name: operations[name]["dependents"],
        change_placeholder: lambda name: stated(name, operations[name], models),
        change_template: lambda name: literals(operations[name]),
    }
    names = {kind: [name for name in operations if possible.get(kind, bool)(name)] for kind in kinds}
    found = {}
    while len(found) < count:
        kind = kinds[len(found) % len(kinds)]
        name = random.choice(names[kind])
        changed = copy.deepcopy(operations[name])
        kind(name, changed, operations, models, random)
        description = f"{name}: {difference(operations[name], changed)}"
        if changed != operations[name]:
            found[description] = (name, changed)
    return [(description, name, changed) for description, (name, changed) in found.items()]


def difference(before, after):
    return "; ".join(f"{key} {before[key]} -> {after[key]}" for key in before if before[key] != after[key])


def change_action(_name, operation, operations, _models, random):
    other = random.choice([name for name in operations if not operation["action"].endswith(f":{name}")])
    prefix = operation["action"].split(":")[0]
    operation["action"] = random.choice([f"{prefix}:{other}", operation["action"] + "s", operation["action"][:-1]])


def templates(operation):
    """The places of the ARNs of an operation, with each ARN."""
    for key in ("resources", "also"):
        for index, template in enumerate(operation[key]):
            yield key, index, template


def stated(name, operation, models):
    """The placeholders whose values a request states, with their places. In a whole ARN every id is as good as another."""
    found = []
    requests = list(cases.requests_of(name, operation, models[operation["api"]]))
    for key, index, template in templates(operation):
        of_template = [request for request in requests if key == "also" or request.template == template]
        ids = of_template[0].parameters
        for placeholder in reference.PLACEHOLDER.findall(template):
            if placeholder in reference.DEPLOYMENT or reference.parameter_of(placeholder) in ids:
                found.append((key, index, placeholder))
    return found


def change_placeholder(name, operation, operations, models, random):
    key, index, replaced = random.choice(stated(name, operation, models))
    arns = [template for other in operations.values() for _, _, template in templates(other)]
    others = {found for arn in arns for found in reference.PLACEHOLDER.findall(arn)}
    other = random.choice(sorted(others - {replaced}))
    operation[key][index] = operation[key][index].replace("${" + replaced + "}", "${" + other + "}")


def literals(operation):
    """The fixed words in the last component of each ARN, with their places."""
    found = []
    for key, index, template in templates(operation):
        # A `*` has no components.
        rest = template.split(":", 5)[5:]
        parts = [part for text in rest for part in re.split(r"([/:])", text)]
        found += [(key, index, at) for at, part in enumerate(parts) if re.fullmatch(r"[\w-]+", part)]
    return found


def change_template(_name, operation, _operations, _models, random):
    key, index, at = random.choice(literals(operation))
    *head, rest = operation[key][index].split(":", 5)
    parts = re.split(r"([/:])", rest)
    parts[at] = random.choice([parts[at] + "s", parts[at][:-1], f"{parts[at]}/{parts[at]}"])
    operation[key][index] = ":".join([*head, "".join(parts)])


def change_dependent(_name, operation, _operations, _models, random):
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


def change_endpoint(_name, operation, operations, _models, random):
    if operation["target"]:
        change_target(operation, operations, random)
    else:
        change_route(operation, random)


def change_target(operation, operations, random):
    prefix, name = operation["target"].split(".")
    others = [other["target"] for other in operations.values() if other["target"] not in (None, operation["target"])]
    changed = [f"{prefix}.{name}s", f"{prefix}.{name[:-1]}", f"{prefix}s.{name}", random.choice(others)]
    operation["target"] = random.choice(changed)


def change_route(operation, random):
    parts = operation["route"].split("/")
    fixed = [at for at, part in enumerate(parts) if part and not part.startswith("{")]
    if random.random() < 0.3:
        operation["method"] = random.choice(["GET", "POST", "PUT", "DELETE"])
    else:
        at = random.choice(fixed)
        parts[at] = random.choice([parts[at] + "s", parts[at][:-1], parts[at].upper()])
        operation["route"] = "/".join(parts)
