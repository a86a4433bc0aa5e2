"""Calls every operation of two services of AWS through boto3 on programs with generated handlers.

usage: suite.py PROGRAMS FOLDER

PROGRAMS is the folder of the programs, and FOLDER is where the policies of the test are written.
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
import mutants
import reference

SECRET = "the secret of every user of this test"
# Half of them of each service.
MUTANTS = 200
COMMANDS = 20


class Service:
    """A program with one of the services, with the policies of the cases that are run."""

    def __init__(self, program, folder):
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write([])
        self.process = subprocess.Popen(
            [str(program), str(self.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
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
    """Clients of boto3 for the APIs of a service, whose requests are signed by the user of each case."""

    def __init__(self, service, url, change=None):
        self.service = service
        self.session = botocore.session.get_session()
        self.session.set_credentials(key_of(0), SECRET)
        self.credentials = self.session.get_credentials()
        loader = self.session.get_component("data_loader")
        if change:
            load = loader.load_service_model
            loader.load_service_model = lambda *args, **kwargs: change(args, load(*args, **kwargs))
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=True)
        self.clients = {
            api: self.session.create_client(api, region_name="us-east-1", endpoint_url=url, config=config)
            for api in service.apis
        }
        self.models = {api: client.meta.service_model for api, client in self.clients.items()}

    def fault(self, index, case):
        """Makes the request of a case, and returns what differs from the expectation, or None."""
        self.credentials.access_key = key_of(index)
        method = botocore.xform_name(case.operation)
        try:
            response = getattr(self.clients[case.api], method)(**case.arguments)
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
            case denied:
                sentences = [
                    f"User: arn:aws:iam::123456789012:user/{key_of(index)} is not authorized to perform: {action} on resource: "
                    f"{arn} because no identity-based policy allows the {action} action"
                    for action, arn in denied
                ]
                right = (status, code) == (403, "AccessDeniedException") and message in sentences
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


ENDPOINT = ("method", "route", "target")


def with_route(name, entry):
    """Changes the route of an operation in botocore's model."""

    def change(arguments, model):
        if arguments[:2] == (entry["api"], "service-2"):
            model["operations"][name]["http"] |= {"method": entry["method"], "requestUri": entry["route"]}
        return model

    return change


def call_all(service, client, operations, name):
    """Makes all requests of a service. Returns the cases, and whether all are as expected."""
    found = [case for operation, entry in operations.items() for case in cases.cases_of(operation, entry, client.models)]
    faults = list(run(service, client, found))
    for fault in faults:
        print(fault)
    wrong = {fault.split(",")[0] for fault in faults}
    called = {case.operation for case in found}
    print(f"{len(called - wrong)}/{len(operations)} {name} ({len(found)} requests)")
    return found, not faults and called == operations.keys()


def call_by_command(service, api, found):
    """Makes some of the requests with the AWS CLI. Returns whether all are as expected."""
    found = [case for case in found if case.api == api]
    sample = random.Random(17).sample(found, COMMANDS)
    faults = list(command_line.faults(service, sample, SECRET, key_of))
    for fault in faults:
        print(fault)
    print(f"{COMMANDS - len(faults)}/{COMMANDS} commands of the AWS CLI for {api}")
    return not faults


def with_target(client, entry):
    """Changes the header that names the operation."""

    def change(params, **_):
        params["headers"]["X-Amz-Target"] = entry["target"]

    client.clients[entry["api"]].meta.events.register("before-call", change)


def missed_mutants(service, client, operations):
    """Repeats the comparison with wrong references. Returns those with which it succeeds."""
    missed = []
    for description, name, entry in mutants.mutants(operations, client.models, random.Random(17), MUTANTS // 2):
        changed = client
        if any(entry[key] != operations[name][key] for key in ENDPOINT):
            changed = Client(client.service, service.url, with_route(name, entry))
            if entry["target"]:
                with_target(changed, entry)
        if not any(run(service, changed, cases.cases_of(name, entry, changed.models))):
            missed.append(description)
    return missed


def main():
    programs, folder = map(Path, sys.argv[1:])
    good = True

    pinpoint = Service(programs / "mobiletargeting-service", folder)
    client = Client(reference.PINPOINT, pinpoint.url)
    operations = reference.load(reference.PINPOINT, client.models)
    found, is_right = call_all(pinpoint, client, operations, "operations")
    good &= is_right and operations.keys() == set(client.models["pinpoint"].operation_names)
    good &= call_by_command(pinpoint, "pinpoint", found)
    missed = missed_mutants(pinpoint, client, operations)
    pinpoint.stop()

    voice = Service(programs / "sms-voice-service", folder)
    client = Client(reference.SMS_VOICE, voice.url)
    operations = reference.load(reference.SMS_VOICE, client.models)
    # Those of the first API are named by a header; five of the API before it have a route.
    cases_of_voice = []
    for api in reference.SMS_VOICE.apis:
        own = {name: entry for name, entry in operations.items() if entry["api"] == api}
        name = "operations of sms-voice" if api == reference.SMS_VOICE.apis[0] else f"operations of {api}"
        found, is_right = call_all(voice, client, own, name)
        good &= is_right
        cases_of_voice += found
    good &= call_by_command(voice, reference.SMS_VOICE.apis[0], cases_of_voice)
    missed += missed_mutants(voice, client, operations)
    voice.stop()

    for description in missed:
        print(f"not caught: {description}")
    print(f"{MUTANTS - len(missed)}/{MUTANTS} mutants caught")
    good &= not missed
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
