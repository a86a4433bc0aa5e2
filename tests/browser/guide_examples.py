#!/usr/bin/env python3
"""The examples of the guide that open in the playground.

A link contains the state of the playground in its fragment. `python3 tests/browser/guide_examples.py` writes the links of
all examples from the code blocks of their chapters; `test_playground.py` compares them, and opens each.
"""

import base64
import json
import pathlib
import re
import zlib

GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "guide" / "src"

ANA = "arn:aws:iam::123456789012:user/ana"
CAMPAIGN = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/{}/campaigns/c1"
LINK = re.compile(r"\[Open this example in the playground\]\(playground/index\.html#([A-Za-z0-9_-]*)\)")


class Example:
    """An example of a chapter, with the state that its link contains, and what the page shows: the `data-state` of the
    element of its view."""

    def __init__(self, chapter, build, shown):
        self.path = GUIDE / chapter
        self.build = build
        self.shown = shown

    def state(self):
        return self.build(lambda language, index: block(self.path.read_text(), language, index))


def block(chapter, language, index):
    """A code block of a chapter, counted among those of its language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", chapter, re.MULTILINE | re.DOTALL)
    return found[index].rstrip("\n")


def policy(name, text, principals=(), kind="identity"):
    return {"name": name, "type": kind, "principals": list(principals), "text": text}


def written(principal, action, resource, context=None, unknown=()):
    request = {"principal": principal, "action": action, "resource": resource, "context": context or {}}
    return {"written": {**request, "unknown-keys": list(unknown)}}


def state(policies, request, catalog=None, **members):
    return {"version": 1, "catalog": catalog, "policies": policies, "request": request, **members}


def policies(block_of):
    request = written(ANA, "mobiletargeting:GetCampaign", CAMPAIGN.format("demo"))
    return state([policy("reader", block_of("json", 0), [ANA])], request, view="decide")


def conditions(block_of):
    everything = json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*"}}, indent=2
    )
    both = [policy("only-from-the-office", block_of("json", 0)), policy("everything", everything)]
    request = written(ANA, "mobiletargeting:GetCampaign", CAMPAIGN.format("demo"), unknown=["aws:SourceIp"])
    return state(both, request, view="decide")


def before_a_change(block_of):
    released, changed = ([policy("marketing", block_of("json", index), [ANA])] for index in (1, 2))
    request = written(ANA, "mobiletargeting:CreateCampaign", CAMPAIGN.format("a1"))
    return state(changed, request, before=released, caller=ANA, view="compare")


def own_catalog(block_of):
    ana, ben = (f"arn:acme:iam::tenant-7:user/{name}" for name in ("ana", "ben"))
    both = [policy("reader", block_of("json", 0), [ben]), policy("keeper", block_of("json", 1), [ana])]
    scope = {"partition": "acme", "region": "", "account": "tenant-7"}
    access = {"service": "widgets", "scope": scope, "principals": []}
    request = written(ben, "widgets:ListWidgets", "arn:acme:widgets::tenant-7:shops/s1")
    return state(both, request, catalog=block_of("toml", 1), access=access, view="access")


EXAMPLES = [
    Example("policies.md", policies, ("decision", "allowed")),
    Example("conditions.md", conditions, ("decision", "undecided")),
    Example("before-a-change.md", before_a_change, ("comparison", "incomparable")),
    Example("own-catalog.md", own_catalog, ("access-state", "shown")),
]


def fragment(content):
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(json.dumps(content, separators=(",", ":")).encode()) + packer.flush()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def unpacked(text):
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), wbits=-15))


def links():
    """The fragments of all links, by chapter."""
    return {path.name: LINK.findall(path.read_text()) for path in GUIDE.glob("*.md") if LINK.search(path.read_text())}


if __name__ == "__main__":
    for example in EXAMPLES:
        text = example.path.read_text()
        link = f"[Open this example in the playground](playground/index.html#{fragment(example.state())})"
        changed, count = LINK.subn(lambda _: link, text)
        if count != 1:
            raise SystemExit(f"{example.path.name}: {count} links, and not 1")
        example.path.write_text(changed)
