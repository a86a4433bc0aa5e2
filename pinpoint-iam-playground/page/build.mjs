// Bundles the page in target/playground: static files only.

import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { build } from "esbuild";

const target = new URL("../../target/", import.meta.url).pathname;
const folder = `${target}playground/`;

process.chdir(new URL(".", import.meta.url).pathname);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await build({
  entryPoints: { page: "src/page.js", worker: "src/worker.js" },
  outdir: folder,
  bundle: true,
  minify: true,
  // Both are loaded as classic scripts, and `import.meta` of the bindings is not used: the worker passes the module.
  format: "iife",
  logOverride: { "empty-import-meta": "silent" },
  alias: { bindings: `${target}playground-bindings/pinpoint_iam_playground.js` },
  target: "es2022",
});
for (const name of await readdir("static")) await copyFile(`static/${name}`, folder + name);
await copyFile(`${target}playground-bindings/pinpoint_iam_playground_bg.wasm`, `${folder}playground.wasm`);
