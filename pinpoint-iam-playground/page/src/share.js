// The state of the page as a text: in the fragment of the address, and as a file.

/** The maximum length of a state. */
export const LONGEST = 4 << 20;

async function read(stream) {
  const reader = stream.getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > LONGEST) {
      await reader.cancel();
      throw new Error("it is too long");
    }
    parts.push(value);
  }
  return new Blob(parts);
}

export async function toFragment(state) {
  const text = new Blob([JSON.stringify(state)]);
  const packed = await read(text.stream().pipeThrough(new CompressionStream("deflate-raw")));
  const bytes = new Uint8Array(await packed.arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export async function fromFragment(fragment) {
  const binary = atob(fragment.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return fromText(await (await read(stream)).text());
}

const isText = (value) => typeof value === "string";
const isTexts = (value) => Array.isArray(value) && value.every(isText);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads a state. What it means is checked by the functions that use it; here, only the types that the page needs. */
export function fromText(text) {
  const state = JSON.parse(text);
  const isPolicy = (policy) =>
    isObject(policy) && isText(policy.name) && isText(policy.type) && isText(policy.text) && isTexts(policy.principals ?? []);
  const isRequest = ({ written, record }) =>
    written === undefined
      ? isText(record)
      : isObject(written) &&
        ["principal", "action", "resource"].every((name) => isText(written[name])) &&
        isObject(written.context ?? {}) &&
        isTexts(written["unknown-keys"] ?? []);
  if (!isObject(state) || state.version !== 1) throw new Error("it is not a state of this version of the playground");
  if (!Array.isArray(state.policies) || !state.policies.every(isPolicy)) throw new Error("its policies cannot be read");
  if (!isObject(state.request) || !isRequest(state.request)) throw new Error("its request cannot be read");
  const { before, caller, view, access } = state;
  const isAccess = ({ service, scope, principals }) =>
    isText(service) && isObject(scope) && ["partition", "region", "account"].every((name) => isText(scope[name])) && isTexts(principals);
  if (before !== undefined && !(Array.isArray(before) && before.every(isPolicy))) {
    throw new Error("its version before cannot be read");
  }
  if (![caller, view].every((value) => value === undefined || isText(value))) throw new Error("its view cannot be read");
  if (access !== undefined && !(isObject(access) && isAccess(access))) throw new Error("its access matrix cannot be read");
  if (state.catalog !== null && !isText(state.catalog)) throw new Error("its catalog cannot be read");
  return state;
}
