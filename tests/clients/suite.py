"""Calls every operation of Amazon Pinpoint through boto3 on a service with generated handlers.

usage: suite.py SERVICE FOLDER

SERVICE is the program, and FOLDER is where the policies of the test are written.
"""

import json
import random
import subprocess
import sys
from pathlib import Path

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

import cases
import command_line
import reference

SECRET = "the secret of every user of this test"
MUTANTS = 200
COMMANDS = 20


class Service:
    """The service, with the policies of the cases that are run."""

    def __init__(self, program, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write([])
        self.process = subprocess.Popen(
            [program, str(self.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            sys.exit("the service did not start")

    def write(self, found):
        for file in self.folder.iterdir():
            file.unlink()
        users = {}
        for index, case in enumerate(found):
            (self.folder / f"{index}.json").write_text(json.dumps(case.policy))
            users[f"arn:aws:iam::123456789012:user/{key_of(index)}"] = {"policies": [f"{index}.json"]}
        (self.folder / "attachments.json").write_text(json.dumps({"users": users}))

    def fault(self, found):
        """Loads the policies of the cases, and returns the error of the service, or None."""
        self.write(found)
        self.process.stdin.write("reload\n")
        answer = self.process.stdout.readline().strip()
        return None if answer == "reloaded" else answer or "the service has stopped"

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Client:
    """A client of boto3 whose requests are signed by the user of each case."""

    def __init__(self, url, change=None):
        self.session = botocore.session.get_session()
        self.session.set_credentials(key_of(0), SECRET)
        self.credentials = self.session.get_credentials()
        loader = self.session.get_component("data_loader")
        if change:
            load = loader.load_service_model
            loader.load_service_model = lambda *args, **kwargs: change(args, load(*args, **kwargs))
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=True)
        self.client = self.session.create_client(
            reference.SERVICE, region_name="us-east-1", endpoint_url=url, config=config
        )

    @property
    def model(self):
        return self.client.meta.service_model

    def fault(self, index, case):
        """Makes the request of a case, and returns what differs from the expectation, or None."""
        self.credentials.access_key = key_of(index)
        method = botocore.xform_name(case.operation)
        try:
            response = getattr(self.client, method)(**case.arguments)
            got = (response["ResponseMetadata"]["HTTPStatusCode"], "", "")
        except ClientError as error:
            response = error.response
            got = (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"])
        status, code, message = got
        match case.expected:
            case cases.SUCCESS:
                right = status == 200
            case cases.INVALID:
                right = status == 400
            case (action, arn):
                sentence = (
                    f"User: arn:aws:iam::123456789012:user/{key_of(index)} is not authorized to perform: {action} on resource: "
                    f"{arn} because no identity-based policy allows the {action} action"
                )
                right = (status, code, message) == (403, "AccessDeniedException", sentence)
        return None if right else f"{case.operation}, {case.why}: expected {case.expected}, got {status} {code} {message}"


def key_of(index):
    return f"AKIA{index:012}"


def run(service, client, found):
    """Returns the faults of the cases, one by one."""
    if fault := service.fault(found):
        # For example, a policy names an action that does not exist.
        yield f"the policies are not loaded: {fault}"
        return
    for index, case in enumerate(found):
        if fault := client.fault(index, case):
            yield fault


def with_route(name, entry):
    """Changes the route of an operation in botocore's model."""

    def change(arguments, model):
        if arguments[:2] == (reference.SERVICE, "service-2"):
            model["operations"][name]["http"] |= {"method": entry["method"], "requestUri": entry["route"]}
        return model

    return change


def main():
    program, folder = sys.argv[1:]
    service = Service(program, folder)
    client = Client(service.url)
    operations = reference.load(client.model)

    found = [case for name, entry in operations.items() for case in cases.cases_of(name, entry, client.model)]
    faults = list(run(service, client, found))
    for fault in faults:
        print(fault)
    wrong = {fault.split(",")[0] for fault in faults}
    called = {case.operation for case in found}
    print(f"{len(called - wrong)}/{len(client.model.operation_names)} operations ({len(found)} requests)")

    sample = random.Random(17).sample(found, COMMANDS)
    wrong_commands = list(command_line.faults(service, sample, SECRET, key_of))
    for fault in wrong_commands:
        print(fault)
    print(f"{COMMANDS - len(wrong_commands)}/{COMMANDS} commands of the AWS CLI")

    missed = []
    for description, name, entry in reference.mutants(operations, random.Random(17), MUTANTS):
        changed = client
        if (entry["method"], entry["route"]) != (operations[name]["method"], operations[name]["route"]):
            changed = Client(service.url, with_route(name, entry))
        if not any(run(service, changed, cases.cases_of(name, entry, changed.model))):
            missed.append(description)
    for description in missed:
        print(f"not caught: {description}")
    print(f"{MUTANTS - len(missed)}/{MUTANTS} mutants caught")

    service.stop()
    return 1 if faults or wrong_commands or missed or called != set(client.model.operation_names) else 0


if __name__ == "__main__":
    sys.exit(main())
