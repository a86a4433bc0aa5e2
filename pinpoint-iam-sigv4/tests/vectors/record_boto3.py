"""Prints one line of JSON for each of a few requests that boto3 signs: `python3 record_boto3.py > boto3.jsonl`.

Nothing is sent. The clock of the test is the date of the request."""

import json

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

KEY = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
TOKEN = "FwoGZXIvYXdzEXAMPLE//token+with=characters"
AWKWARD = "user/1 é:100%~+&=?#.."


class Body:
    """An empty response."""

    def stream(self, *_, **__):
        return iter([b""])

    def read(self, *_, **__):
        return b""


def record(name, service, call, **options):
    client = boto3.client(service, region_name="eu-west-1", **KEY, **options)
    sent = []

    def stop(request, **_):
        sent.append(request)
        return AWSResponse(request.url, 200, {}, Body())

    client.meta.events.register("before-send", stop)
    presigned = call(client)
    if presigned is None:
        request = sent[0]
        method, url, body = request.method, request.url, request.body or b""
        headers = [[k, v if isinstance(v, str) else v.decode()] for k, v in request.headers.items()]
        headers = [[k, v] for k, v in headers if k != "User-Agent"]  # not signed, and names the machine
        body = body if isinstance(body, (str, bytes)) else body.read()
        body = body.decode() if isinstance(body, bytes) else body
    else:
        method, url, headers, body = "GET", presigned, [], ""
    host, _, target = url.removeprefix("https://").partition("/")
    headers.append(["Host", host])
    print(json.dumps({
        "name": name,
        "service": client.meta.service_model.signing_name,
        "session_token": options.get("aws_session_token"),
        "method": method,
        "target": "/" + target,
        "headers": headers,
        "body": body,
    }, ensure_ascii=False))


def nothing(result):
    del result


def s3(**options):
    options["addressing_style"] = "path"
    return {"config": Config(signature_version="s3v4", request_checksum_calculation="when_required", s3=options)}


def put(client):
    client.put_object(Bucket="bucket", Key="a b/" + AWKWARD, Body=b"text")


session = {"aws_session_token": TOKEN}
record("pinpoint-get", "pinpoint", lambda c: nothing(c.get_campaign(ApplicationId="a1", CampaignId="c1")))
record("pinpoint-awkward-path", "pinpoint", lambda c: nothing(c.get_user_endpoints(ApplicationId="a1", UserId=AWKWARD)))
record("pinpoint-query", "pinpoint", lambda c: nothing(c.get_campaigns(ApplicationId="a1", PageSize="10", Token=AWKWARD)))
record("pinpoint-body", "pinpoint", lambda c: nothing(c.create_app(CreateApplicationRequest={"Name": "é"})))
record("pinpoint-session-token", "pinpoint", lambda c: nothing(c.get_app(ApplicationId="a1")), **session)
record("sms-voice-target-header", "pinpoint-sms-voice-v2", lambda c: nothing(c.describe_pools()), **session)
record("pinpoint-presigned", "pinpoint", lambda c: c.generate_presigned_url(
    "get_user_endpoints", Params={"ApplicationId": "a1", "UserId": AWKWARD}), **session)
record("s3-put-unsigned", "s3", put, **s3(payload_signing_enabled=False))
record("s3-put-signed", "s3", put, **s3(payload_signing_enabled=True))
record("s3-presigned", "s3", lambda c: c.generate_presigned_url(
    "get_object", Params={"Bucket": "bucket", "Key": "a b//" + AWKWARD}), **s3(), **session)
