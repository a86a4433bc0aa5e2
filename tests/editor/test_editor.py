#!/usr/bin/env python3
"""Asks rust-analyzer about the action inside `#[requires(..)]`: completion, hover and go-to-definition.

Needs rust-analyzer (`rustup component add rust-analyzer`) and nothing else. Builds where CARGO_TARGET_DIR says, and in the
repository's own folder otherwise.
"""

import os
import pathlib
import shutil
import tempfile
import unittest

from language_server import LanguageServer

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
TARGET = os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")
MANIFEST = f"""
[package]
name = "handlers"
edition = "2024"

[dependencies]
axum = "0.8"
pinpoint-iam = {{ path = "{REPOSITORY / 'pinpoint-iam'}", features = ["axum"] }}

[workspace]
"""


class Editor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        root = pathlib.Path(folder.name).resolve()
        (root / "Cargo.toml").write_text(MANIFEST)
        shutil.copy(REPOSITORY / "Cargo.lock", root)
        (root / "src").mkdir()
        shutil.copy(HERE / "handlers.rs", root / "src" / "main.rs")
        cls.server = LanguageServer(root, TARGET)
        cls.addClassCleanup(cls.server.close)

    def test_an_action_is_completed_while_it_is_half_typed(self):
        for line in (
            "#[requires(GetCamp)]",
            "#[requires(all(GetApp, GetCamp))]",
            "#[requires(GetCamp, guard = guard)]",
        ):
            with self.subTest(line):
                labels = self.server.completions(line, "GetCamp")
                for action in ("GetCampaign", "GetCampaigns", "GetCampaignVersions"):
                    self.assertTrue(any(label.startswith(action) for label in labels), labels)

    def test_parameters_are_known_in_the_body_after_an_error(self):
        for handler in ("half_typed", "in_all"):
            line = f"async fn {handler}("
            self.assertIn("application_id", self.server.hover(line, "application_id"))

    def test_hover_shows_the_action(self):
        for line, word, action in (
            ("#[requires(GetCampaign)]", "GetCamp", "GetCampaign"),
            ("#[requires(all(GetApp, GetCamp))]", "(GetAp", "GetApp"),
            ("#[requires(GetApp, guard = guard)]", "GetAp", "GetApp"),
        ):
            with self.subTest(line):
                text = self.server.hover(line, word)
                self.assertIn(f"struct {action}", text)
                self.assertIn("mobiletargeting", text)

    def test_the_definition_is_the_generated_type(self):
        for line, word in (
            ("#[requires(GetCampaign)]", "GetCamp"),
            ("#[requires(GetApp, guard = guard)]", "GetAp"),
        ):
            with self.subTest(line):
                found = [target.get("uri", target.get("targetUri")) for target in self.server.definitions(line, word)]
                self.assertTrue(any(uri.endswith("mobiletargeting.rs") for uri in found), found)


if __name__ == "__main__":
    unittest.main()
