// Runs the playground's functions, so that they never block the page.

import init, { Playground } from "bindings";

async function start() {
  const response = await fetch(new URL("playground.wasm", self.location.href));
  if (!response.ok) throw new Error(`playground.wasm: status ${response.status}`);
  await init({ module_or_path: await response.arrayBuffer() });
  return new Playground();
}

const started = start();
// A failure is reported by the calls that wait for it.
started.catch(() => {});

self.addEventListener("message", async ({ data: { id, name, input } }) => {
  try {
    const playground = await started;
    self.postMessage({ id, output: playground.call(name, input) });
  } catch (error) {
    self.postMessage({ id, failure: String(error) });
  }
});
