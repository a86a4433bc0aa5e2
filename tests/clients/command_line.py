"""Makes some of the requests with the AWS CLI, which has its own way from arguments to a request."""

import json
import os
import subprocess
import sys
from pathlib import Path

import botocore

import cases


def faults(service, found, secret, key_of):
    """Returns what differs from the expectations of the cases."""
    if fault := service.fault(found):
        yield f"the policies are not loaded: {fault}"
        return
    for index, case in enumerate(found):
        environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": key_of(index),
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }
        for variable in ("AWS_SESSION_TOKEN", "AWS_PROFILE"):
            environment.pop(variable, None)
        command = [
            *(str(Path(sys.executable).parent / "aws"), case.api, botocore.xform_name(case.operation, "-")),
            *("--endpoint-url", service.url, "--cli-input-json", json.dumps(case.arguments)),
        ]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        match case.expected:
            case cases.SUCCESS:
                right = done.returncode == 0
            case cases.INVALID:
                right = done.returncode != 0 and "(BadRequest" in done.stderr
            case denied:
                right = done.returncode != 0 and (
                    f"(AccessDeniedException) when calling the {case.operation} operation" in done.stderr
                    and any(f"to perform: {action} on resource: {arn} because" in done.stderr for action, arn in denied)
                )
        if not right:
            yield f"AWS CLI: {case.operation}, {case.why}: expected {case.expected}, got {done.returncode} {done.stderr.strip()}"
