"""Communicates with rust-analyzer in the language server protocol, like an editor."""

import json
import os
import subprocess


class LanguageServer:
    """rust-analyzer on the crate in `folder`, with its file `src/main.rs` open."""

    def __init__(self, folder, target):
        self.folder = folder
        self.identifier = 0
        self.is_quiescent = False
        self.process = subprocess.Popen(
            ["rust-analyzer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        self.file = folder / "src" / "main.rs"
        self.text = self.file.read_text()
        self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": folder.as_uri(),
                "capabilities": {
                    "experimental": {"serverStatusNotification": True},
                    "textDocument": {"hover": {"contentFormat": ["plaintext"]}},
                },
                "initializationOptions": {
                    "checkOnSave": False,
                    "cachePriming": {"enable": False},
                    "cargo": {"extraEnv": {"CARGO_TARGET_DIR": str(target)}},
                    "procMacro": {"enable": True},
                },
            },
        )
        self.send({"method": "initialized", "params": {}})
        document = {"uri": self.file.as_uri(), "languageId": "rust", "version": 1, "text": self.text}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while not self.is_quiescent:
            self.receive()

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self):
        length = None
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if length is None:
            raise EOFError("rust-analyzer has ended")
        message = json.loads(self.process.stdout.read(length))
        if message.get("method") == "experimental/serverStatus":
            self.is_quiescent = message["params"]["quiescent"]
        if "id" in message and "method" in message:
            self.send({"id": message["id"], "result": None})
        return message

    def request(self, method, parameters):
        self.identifier += 1
        self.send({"id": self.identifier, "method": method, "params": parameters})
        while True:
            message = self.receive()
            if message.get("id") == self.identifier and "method" not in message:
                return message["result"]

    def at(self, line, word):
        """Returns the position after `word` in the only line that contains `line`."""
        [(number, found)] = [
            (number, found) for number, found in enumerate(self.text.split("\n")) if line in found
        ]
        return {
            "textDocument": {"uri": self.file.as_uri()},
            "position": {"line": number, "character": found.index(word) + len(word)},
        }

    def completions(self, line, word):
        found = self.request("textDocument/completion", self.at(line, word)) or []
        items = found["items"] if isinstance(found, dict) else found
        return [item["label"] for item in items]

    def hover(self, line, word):
        found = self.request("textDocument/hover", self.at(line, word))
        return found["contents"]["value"] if found else ""

    def definitions(self, line, word):
        return self.request("textDocument/definition", self.at(line, word)) or []

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
