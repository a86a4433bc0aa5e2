"""Calls the example `campaigns` with clients of AWS, whose requests it accepts in addition to bearer tokens.

usage: campaigns.py PROGRAM

PROGRAM is the example, which is started in the root of the repository.
"""

import datetime
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import botocore.auth
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

# The keys of `examples/campaigns/callers.toml`.
ADMINISTRATOR = ("DEMOADMINISTRATOR001", "demo-secret-of-the-administrator-0b7c52e9")
ANALYST = ("DEMOANALYST000000001", "demo-secret-of-the-analyst-5d1e9f34")
UNKNOWN = ("DEMOUNKNOWN000000001", ANALYST[1])
WRONG_SECRET = (ANALYST[0], "another-secret-of-the-same-key")

WELCOME = {"ApplicationId": "demo", "CampaignId": "welcome"}
NEW = {"CreateApplicationRequest": {"Name": "signed"}}

DENIED = (403, "AccessDeniedException", "user/analyst is not authorized to perform: mobiletargeting:DeleteCampaign")
MISMATCH = (403, "InvalidSignatureException", "does not match")


@dataclass
class Call:
    why: str
    keys: tuple
    operation: str
    arguments: dict
    # The status, and for errors the code and a part of the message.
    expected: tuple
    # What happens between the signature and the service.
    change: object = None
    # The clock of the client.
    age: datetime.timedelta = datetime.timedelta()
    region: str = "us-east-1"
    token: str | None = None


def other_path(request):
    request.url = request.url.replace("welcome", "goodbye")


def other_body(request):
    request.body = request.body.replace(b"signed", b"altered")


def query(request):
    request.url += "?token=1"


def no_signature(request):
    del request.headers["Authorization"]


MINUTES = datetime.timedelta(minutes=1)

CALLS = [
    Call("the policies allow it", ANALYST, "GetCampaign", WELCOME, (200,)),
    Call("the policies allow it", ADMINISTRATOR, "GetApps", {}, (200,)),
    Call("the body is signed", ADMINISTRATOR, "CreateApp", NEW, (201,)),
    Call("the policies do not allow it", ANALYST, "DeleteCampaign", WELCOME, DENIED),
    Call("another secret", WRONG_SECRET, "GetCampaign", WELCOME, MISMATCH),
    Call("an unknown access key", UNKNOWN, "GetCampaign", WELCOME, (403, "UnrecognizedClientException", "")),
    Call("another Region", ANALYST, "GetCampaign", WELCOME, (403, "InvalidSignatureException", ""), region="eu-west-1"),
    Call("a session token", ANALYST, "GetCampaign", WELCOME, (403, "UnrecognizedClientException", ""), token="session"),
    Call("four minutes old", ANALYST, "GetCampaign", WELCOME, (200,), age=4 * MINUTES),
    Call("expired", ANALYST, "GetCampaign", WELCOME, (403, "InvalidSignatureException", "xpired"), age=6 * MINUTES),
    Call("of the future", ANALYST, "GetCampaign", WELCOME, (403, "InvalidSignatureException", ""), age=-6 * MINUTES),
    Call("another path", ANALYST, "GetCampaign", WELCOME, MISMATCH, change=other_path),
    Call("a query", ANALYST, "GetCampaign", WELCOME, MISMATCH, change=query),
    Call("another body", ADMINISTRATOR, "CreateApp", NEW, MISMATCH, change=other_body),
    Call("no signature", ANALYST, "GetCampaign", WELCOME, (401, "MissingAuthenticationTokenException", ""), change=no_signature),
]


def outcome(url, call):
    """Makes a call through boto3. Returns the status, and for errors the code and the message."""
    session = botocore.session.get_session()
    session.set_credentials(*call.keys, call.token)
    client = session.create_client(
        "pinpoint", region_name=call.region, endpoint_url=url, config=Config(retries={"total_max_attempts": 1})
    )
    if call.change:
        client.meta.events.register("before-send", lambda request, **_: call.change(request))
    now = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda *arguments, **options: now(*arguments, **options) - call.age
    try:
        response = getattr(client, botocore.xform_name(call.operation))(**call.arguments)
        return (response["ResponseMetadata"]["HTTPStatusCode"],)
    except ClientError as error:
        response = error.response
        return (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"])
    finally:
        botocore.auth.get_current_datetime = now


def command_outcome(url, call):
    """Makes a call with the AWS CLI. Returns its exit code and its error."""
    arguments = [f"--{botocore.xform_name(name, '-')}={value}" for name, value in call.arguments.items()]
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "aws"), "pinpoint", botocore.xform_name(call.operation, "-")),
            *("--endpoint-url", url, *arguments),
        ],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ACCESS_KEY_ID": call.keys[0],
            "AWS_SECRET_ACCESS_KEY": call.keys[1],
            "AWS_DEFAULT_REGION": call.region,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        },
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr


def is_right(found, expected):
    *start, message = (*found, "") if len(found) == 1 else found
    *expected_start, part = (*expected, "") if len(expected) == 1 else expected
    return start == expected_start and part in message


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as data:
        own = Path("examples/campaigns")
        process = subprocess.Popen(
            [
                *(program, "--listen", "127.0.0.1:0", "--data", data),
                *("--config", own / "callers.toml", "--policies", own / "policies"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            # "listening on http://127.0.0.1:PORT"
            url = process.stdout.readline().split()[2]
            wrong = []
            for call in CALLS:
                found = outcome(url, call)
                if not is_right(found, call.expected):
                    wrong.append(f"{call.operation}, {call.why}: expected {call.expected}, got {found}")
            plain = [call for call in CALLS if not (call.change or call.age or call.token) and call.arguments is not NEW]
            for call in plain:
                code, error = command_outcome(url, call)
                right = code == 0 if len(call.expected) == 1 else code != 0 and f"({call.expected[1]})" in error
                if not right:
                    wrong.append(f"AWS CLI: {call.operation}, {call.why}: expected {call.expected}, got {code} {error.strip()}")
        finally:
            process.terminate()
            process.wait()
    for line in wrong:
        print(line)
    number = len(CALLS) + len(plain)
    print(f"{number - len(wrong)}/{number} signed calls of campaigns")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
