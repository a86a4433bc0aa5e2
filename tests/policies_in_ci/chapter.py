#!/usr/bin/env python3
"""Does what the chapter "Policies in CI" describes, in an empty directory.

The files are the code blocks of the chapter. The steps of `action.yml` run in bash as GitHub Actions runs them, with the inputs of
the chapter's workflow; only the installation is replaced. The hooks run in pre-commit, from a repository that contains them.

Usage: chapter.py FOLDER, where FOLDER contains the program.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CHAPTER = (REPOSITORY / "docs/guide/src/policies-in-ci.md").read_text()
ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text())
VERSION = re.search(r'^version = "(.*)"$', (REPOSITORY / "Cargo.toml").read_text(), re.MULTILINE)[1]
WORKFLOW = ".github/workflows/policies.yml"
HOOKS = ".pre-commit-config.yaml"
POLICY = "policies/reader.json"
# Exit codes of the program.
PASSED, SUGGESTION, ERROR, NEW_ACCESS, FAILED_TEST = 0, 11, 14, 15, 17


def block(before):
    """The code block after a line of the chapter."""
    _, after = CHAPTER.split(f"\n{before}\n\n```", 1)
    _, text = after.split("\n", 1)
    return text.split("\n```", 1)[0] + "\n"


class Repository:
    """A git repository of a user, with a remote repository whose branch is `main`."""

    def __init__(self, folder):
        self.folder = folder
        self.root = folder / "repository"
        self.root.mkdir()
        home = folder / "home"
        home.mkdir()
        # `cargo install` installs what is already there.
        installed = folder / "bin"
        installed.mkdir()
        cargo = installed / "cargo"
        install = f"install pinpoint-iam-cli --locked --version {VERSION}"
        cargo.write_text(f'#!/bin/sh\n[ "$*" = "{install}" ]\n')
        cargo.chmod(0o755)
        shutil.copy(pathlib.Path(PROGRAM) / "pinpoint-iam", installed)
        python = pathlib.Path(sys.executable).parent
        self.environment = {
            "PATH": f"{installed}:{python}:{os.environ['PATH']}",
            "HOME": str(home),
            "PRE_COMMIT_HOME": str(home / "pre-commit"),
            "LANG": "C.UTF-8",
        }
        for name, value in [
            ("user.name", "Test"),
            ("user.email", "test@example.com"),
            ("init.defaultBranch", "main"),
            # The repositories of the hooks and of the remote are on this machine.
            ("protocol.file.allow", "always"),
        ]:
            self.git("config", "--global", name, value)
        self.git("init", "--quiet")
        self.git("commit", "--quiet", "--allow-empty", "-m", "first commit")
        remote = folder / "remote.git"
        self.git("init", "--quiet", "--bare", str(remote))
        self.git("remote", "add", "origin", str(remote))
        self.push()

    def run(self, arguments, **more):
        """Runs a program; returns its exit code and all that it prints."""
        done = subprocess.run(
            arguments,
            cwd=self.root,
            env=self.environment | more,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def git(self, *arguments):
        code, output = self.run(["git", *arguments])
        if code != 0:
            raise AssertionError(f"git {arguments}: {output}")
        return output

    def push(self):
        self.git("push", "--quiet", "--force", "origin", "HEAD:main")
        self.git("fetch", "--quiet", "origin")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, *options):
        """Commits all files; returns the exit code and the output of the hooks."""
        self.git("add", "--all")
        return self.run(["git", "commit", *options, "-m", "policies"])

    def commands(self):
        """Runs the chapter's commands; returns their exit codes."""
        lines = block("These commands check them:").splitlines()
        return [self.run(["bash", "-c", line])[0] for line in lines]

    def action(self):
        """Runs the action of the chapter's workflow; returns the exit code and the output of each step."""
        workflow = yaml.safe_load((self.root / WORKFLOW).read_text())
        [used] = [
            step
            for step in workflow["jobs"]["policies"]["steps"]
            if step["uses"] == f"pinpoint-iam/pinpoint-iam@v{VERSION}"
        ]
        unknown = used["with"].keys() - ACTION["inputs"].keys()
        if unknown:
            raise AssertionError(f"the action has no inputs {unknown}")
        values = {f"inputs.{name}": text["default"] for name, text in ACTION["inputs"].items()}
        values |= {f"inputs.{name}": text for name, text in used["with"].items()}
        results = {}
        for step in ACTION["runs"]["steps"]:
            condition = step.get("if", "${{ success() }}")
            has_failed = any(code != 0 for code, _ in results.values())
            if not decide(condition, values, has_failed):
                continue
            environment = {name: fill(text, values) for name, text in step.get("env", {}).items()}
            script = self.folder / "step.sh"
            script.write_text(fill(step["run"], values))
            assert step["shell"] == "bash"
            bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
            code, output = self.run(bash, **environment)
            results[step["name"]] = (code, output)
            if "id" in step:
                outcome = "success" if code == 0 else "failure"
                values[f"steps.{step['id']}.outcome"] = outcome
        return results


def fill(text, values):
    """Replaces the expressions in a text."""
    return re.sub(r"\$\{\{ *([^ ]+) *\}\}", lambda found: values[found[1]], str(text))


def decide(condition, values, has_failed):
    """Whether the condition of a step is true. GitHub adds `success()` to those without a function of the status."""
    inner = re.fullmatch(r"\$\{\{ (.*) \}\}", condition)[1]
    result = "()" in inner or not has_failed
    for part in inner.split(" && "):
        compared = re.fullmatch(r"([\w.-]+) (==|!=) '([^']*)'", part)
        if part == "!cancelled()":
            continue
        if part == "success()":
            result &= not has_failed
        elif compared:
            is_equal = values[compared[1]] == compared[3]
            result &= is_equal == (compared[2] == "==")
        else:
            raise AssertionError(f"unknown condition: {part}")
    return result


class Chapter(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.repository = Repository(pathlib.Path(folder.name).resolve())
        for path in (POLICY, "policies/reader.test.toml", WORKFLOW):
            self.repository.write(path, block(f"`{path}`:"))

    def change(self, old, new):
        text = block(f"`{POLICY}`:")
        self.assertIn(old, text)
        self.repository.write(POLICY, text.replace(old, new))

    def codes(self):
        return {name: code for name, (code, _) in self.repository.action().items()}

    def test_the_commands_find_a_mistake_of_each_kind(self):
        self.repository.commit()
        self.assertEqual(self.repository.commands(), [PASSED] * 3)
        self.change("203.0.113.0/24", "203.0.113.0/8")
        self.assertEqual(self.repository.commands(), [SUGGESTION, PASSED, NEW_ACCESS])
        self.change("SendTextMessage", "SendTextMesage")
        self.assertEqual(self.repository.commands(), [ERROR, FAILED_TEST, NEW_ACCESS])

    def test_the_action_runs_all_checks(self):
        results = self.repository.action()
        self.assertEqual(results["Compare"][0], NEW_ACCESS)
        self.assertIn("`origin/main` has no `policies`", results["Compare"][1])
        self.repository.commit()
        self.repository.push()
        for old, new, expected in [
            # Nothing has changed.
            ("203.0.113.0/24", "203.0.113.0/24", [PASSED, PASSED, PASSED]),
            ("203.0.113.0/24", "203.0.112.0/23", [PASSED, PASSED, NEW_ACCESS]),
            # The checks after a failure run.
            ("SendTextMessage", "SendTextMesage", [ERROR, FAILED_TEST, NEW_ACCESS]),
            ('"Effect": "Allow"', '"Effect": "allow"', [ERROR, 1, 1]),
        ]:
            with self.subTest(new):
                self.change(old, new)
                lint, test, compare = expected
                expected = {"Install": 0, "Lint": lint, "Test": test, "Compare": compare}
                self.assertEqual(self.codes(), expected)
        # Findings are annotations of the line.
        code, output = self.repository.action()["Lint"]
        self.assertIn(f"::error file={POLICY},line=6,", output)

    def test_the_inputs_of_the_action_are_optional_and_are_not_code(self):
        text = block(f"`{WORKFLOW}`:")
        start, _ = text.split("        with:\n          policies")
        self.repository.write(WORKFLOW, start + "        with:\n          kind: identity\n")
        self.assertEqual(self.codes(), {"Install": 0, "Lint": 0})
        hostile = "        with:\n          policies: '$(touch hostile)'\n          compare-with: '--help'\n"
        self.repository.write(WORKFLOW, start + hostile)
        codes = self.codes()
        self.assertNotEqual(codes["Lint"], 0)
        self.assertNotEqual(codes["Compare"], 0)
        self.assertFalse((self.repository.root / "hostile").exists())

    def test_the_hooks_reject_a_commit(self):
        # A repository with the hooks, at the revision of the chapter.
        hooks = self.repository.folder / "hooks"
        hooks.mkdir()
        shutil.copy(REPOSITORY / ".pre-commit-hooks.yaml", hooks)
        for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "hooks"], ["tag", f"v{VERSION}"]):
            self.repository.git("-C", str(hooks), *arguments)
        config = block(f"`{HOOKS}`:")
        self.assertIn("https://github.com/pinpoint-iam/pinpoint-iam", config)
        config = config.replace("https://github.com/pinpoint-iam/pinpoint-iam", hooks.as_uri())
        self.repository.write(HOOKS, config + "      - id: pinpoint-iam-fmt\n")
        self.repository.run(["pre-commit", "install"])
        code, output = self.repository.commit()
        self.assertNotEqual(code, 0, output)
        self.assertIn(f"formatted {POLICY}", output)
        # The files are formatted now.
        code, output = self.repository.commit()
        self.assertEqual(code, 0, output)
        for old, new, expected in [
            ("SendTextMessage", "SendTextMesage", "unknown action `sms-voice:SendTextMesage`"),
            # The file of the tests has not changed.
            ('"Effect": "Deny"', '"Effect": "Allow"', "FAILED policies/reader.test.toml: keeps the numbers"),
        ]:
            with self.subTest(new):
                self.change(old, new)
                code, output = self.repository.commit()
                self.assertNotEqual(code, 0, output)
                self.assertIn(expected, output)
        # Files next to the policies that are not policies.
        self.repository.git("reset", "--quiet", "--hard")
        self.repository.write("policies/attachments.json", '{"users": {}}\n')
        self.repository.write("policies/more.test.json", '{"policies": {}, "test": []}\n')
        code, output = self.repository.commit()
        self.assertEqual(code, 0, output)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
