// The page: its state, and what happens when a part of it changes.

import { Calls, Failure, latest } from "./calls.js";
import { showDecision, showError, showPending } from "./decision.js";
import { byId, element, plain } from "./dom.js";
import { Editor } from "./editor.js";
import { EXAMPLE } from "./example.js";
import { RequestForm } from "./request.js";
import { fromFragment, fromText, toFragment } from "./share.js";

/** The position of the own catalog among the documents, which follows the policies. */
const CATALOG = -1;

const calls = new Calls();
/** Fixes are proven by comparisons, which must not delay findings and decisions. */
const comparisons = new Calls();

let state = structuredClone(EXAMPLE);
let shown = 0;
/** The last decision, for the mark in the editor. */
let deciding = null;

const editor = new Editor(byId("editor"), {
  changed: (text) => {
    if (shown === CATALOG) state.catalog = text;
    else state.policies[shown].text = text;
    deciding = null;
    update();
  },
  complete: (text, position) => ask("complete", { text, position }, []),
  hover: (text, position) => ask("hover", { text, position }, null),
});
const form = new RequestForm(() => {
  state.request = form.value;
  update();
});

/** The shown document as the functions take it. */
function input(members) {
  const type = shown === CATALOG ? {} : { type: state.policies[shown].type };
  return { catalog: state.catalog, ...type, ...members };
}

/** Calls a function about the shown document. Without a result, there is nothing to show. */
async function ask(name, members, nothing) {
  try {
    return await calls.call(name, input(members));
  } catch (error) {
    reportFailure(error);
    return nothing;
  }
}

function reportFailure(error) {
  if (error instanceof Failure) notify(error.message);
}

function notify(text) {
  byId("notice").textContent = plain(text);
}

const updateDecision = latest(
  (asked) => calls.call("decide", asked),
  (decision, error, { policies }) => {
    deciding = error ? null : decision.statement;
    if (error) showError(error.message);
    else showDecision(decision, policies, (index, line) => showStatement(index, line));
    markDeciding();
  },
);

const updateFindings = latest(
  (asked) => (asked.text === null ? [] : calls.call("check", asked)),
  (findings, error, { text }) => {
    reportFailure(error);
    editor.showFindings(text, findings ?? []);
    showFindings(findings, error);
  },
);

const updateFixes = latest(
  (asked) => (asked.text === null ? [] : comparisons.call("fixes", asked)),
  (fixes, error, { text }) => {
    reportFailure(error);
    showFixes(fixes ?? [], text);
  },
);

const updateCatalog = latest(
  (catalog) => calls.call("catalog", { catalog }),
  (catalog, error) => {
    if (error) {
      notify(error.message);
      return;
    }
    form.catalog = catalog;
    const { length } = catalog.findings;
    const notice = length > 0 ? `The own catalog has errors (${length}) and is not used.` : "";
    byId("catalog-notice").textContent = notice;
    updateDocuments();
  },
);

const updateFragment = latest(
  (current) => toFragment(current),
  (fragment, error) => {
    if (!error) history.replaceState(null, "", `#${fragment}`);
  },
);

let lastCatalog;

function update() {
  const { policies, request, catalog } = state;
  showPending();
  updateDecision(structuredClone({ policies, request }));
  if (catalog !== lastCatalog) {
    lastCatalog = catalog;
    updateCatalog(catalog);
  }
  const text = shown === CATALOG ? catalog : policies[shown].text;
  updateFindings(input({ text }));
  const range = { start: { line: 0, character: 0 }, end: { line: 1e9, character: 0 } };
  updateFixes(input({ text, range }));
  updateFragment(structuredClone(state));
}

function markDeciding() {
  editor.mark(deciding !== null && deciding?.policy === shown ? deciding.range : null);
}

/** Shows a document: the position of a policy, or the own catalog. */
function open(index) {
  shown = index;
  const isCatalog = index === CATALOG;
  const policy = state.policies[index];
  byId("attachment").hidden = isCatalog || !policy;
  byId("format").disabled = isCatalog;
  byId("remove-document").disabled = !isCatalog && !policy;
  byId("editor").hidden = !isCatalog && !policy;
  if (isCatalog) editor.open(state.catalog ?? "", "toml", "Own catalog, TOML");
  if (policy) {
    editor.open(policy.text, "json", `Policy ${policy.name}, JSON`);
    byId("policy-name").value = policy.name;
    byId("policy-type").value = policy.type;
    byId("policy-level").value = policy.level ?? "";
    byId("policy-principals").value = (policy.principals ?? []).join("\n");
    showAttachment();
  }
  updateDocuments();
  markDeciding();
}

/** Shows the fields that the type of the policy has. */
function showAttachment() {
  const { type } = state.policies[shown];
  byId("policy-level-label").hidden = !["scp", "rcp"].includes(type);
  byId("policy-principals-label").hidden = !["identity", "boundary"].includes(type);
}

function updateDocuments() {
  const button = (index, title) => {
    const created = element("button", { type: "button", ariaPressed: String(index === shown) }, title);
    created.addEventListener("click", () => {
      open(index);
      update();
      byId("documents").querySelector("[aria-pressed=true]").focus();
    });
    return created;
  };
  const policies = state.policies.map(({ name }, index) => button(index, plain(name)));
  byId("documents").replaceChildren(...policies, button(CATALOG, state.catalog === null ? "Own catalog: none" : "Own catalog"));
  form.principals = Array.from(new Set(state.policies.flatMap(({ principals }) => principals ?? [])));
}

function showStatement(index, line) {
  if (index !== shown) {
    open(index);
    update();
  }
  const start = { line: line - 1, character: 0 };
  editor.select({ start, end: start });
}

function showFindings(findings, error) {
  const count = byId("findings-count");
  if (error) count.textContent = `Not checked: ${plain(error.message)}`;
  else count.textContent = { 0: "No findings.", 1: "1 finding." }[findings.length] ?? `${findings.length} findings.`;
  const severity = { 1: "error", 2: "warning", 3: "suggestion" };
  const items = (findings ?? []).map((finding) => {
    const { line, character } = finding.range.start;
    const title = `${line + 1}:${character + 1} ${severity[finding.severity]}${finding.code ? ` ${finding.code}` : ""}`;
    const button = element("button", { type: "button" }, title);
    button.addEventListener("click", () => editor.select(finding.range));
    return element("li", {}, button, ` ${plain(finding.message)}`);
  });
  byId("findings").replaceChildren(...items);
}

function showFixes(fixes, text) {
  byId("fixes-count").textContent = fixes.length === 0 ? "No fixes." : "";
  const items = fixes.map(({ title, edit }) => {
    const button = element("button", { type: "button" }, plain(title));
    button.addEventListener("click", () => editor.apply(text, edit.changes.document));
    return element("li", {}, button);
  });
  byId("fixes").replaceChildren(...items);
}

function use(next) {
  state = next;
  form.value = state.request;
  open(state.policies.length > 0 ? 0 : CATALOG);
  update();
}

async function load() {
  const fragment = location.hash.slice(1);
  if (!fragment) {
    use(structuredClone(EXAMPLE));
    return;
  }
  try {
    use(await fromFragment(fragment));
  } catch (error) {
    use(structuredClone(EXAMPLE));
    notify(`The state in the address is not used: ${error.message}`);
  }
}

function edited(member, value) {
  const policy = state.policies[shown];
  if (value === undefined) delete policy[member];
  else policy[member] = value;
  editor.setLabel(`Policy ${policy.name}, JSON`);
  showAttachment();
  updateDocuments();
  update();
}

const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

byId("policy-name").addEventListener("input", ({ target }) => edited("name", target.value));
byId("policy-level").addEventListener("input", ({ target }) =>
  edited("level", target.value === "" ? undefined : Number(target.value)),
);
byId("policy-principals").addEventListener("input", ({ target }) => edited("principals", lines(target.value)));
byId("policy-type").addEventListener("change", ({ target }) => {
  const policy = state.policies[shown];
  // What the new type does not have would be an error.
  delete policy.level;
  policy.principals = [];
  byId("policy-level").value = "";
  byId("policy-principals").value = "";
  edited("type", target.value);
});
byId("add-policy").addEventListener("click", () => {
  let number = state.policies.length + 1;
  while (state.policies.some(({ name }) => name === `policy-${number}`)) number += 1;
  // Without a statement, it would be an error.
  const statement = { Effect: "Allow", Action: "mobiletargeting:GetApps", Resource: "*" };
  const text = JSON.stringify({ Version: "2012-10-17", Statement: [statement] }, null, 2);
  state.policies.push({ name: `policy-${number}`, type: "identity", principals: [], text });
  open(state.policies.length - 1);
  update();
  byId("policy-name").focus();
});
byId("remove-document").addEventListener("click", () => {
  if (shown === CATALOG) state.catalog = null;
  else state.policies.splice(shown, 1);
  open(state.policies.length > 0 ? 0 : CATALOG);
  update();
});
byId("format").addEventListener("click", async () => {
  const { text } = state.policies[shown];
  const edits = await ask("format", { text }, null);
  if (edits) editor.apply(text, edits);
  else notify("The policy cannot be formatted, because it cannot be read.");
});
byId("paste-use").addEventListener("click", async () => {
  try {
    state.request = await calls.call("request", { text: byId("paste-text").value });
  } catch (error) {
    notify(error.message);
    return;
  }
  form.value = state.request;
  byId("paste").open = false;
  notify("");
  update();
});
byId("copy-link").addEventListener("click", async () => {
  const address = new URL(location.href);
  address.hash = await toFragment(state);
  try {
    await navigator.clipboard.writeText(address.href);
    notify("The link with the complete state is in the clipboard.");
  } catch {
    notify("The clipboard is not available. The address of the page contains the complete state.");
  }
});
byId("save-file").addEventListener("click", () => {
  const file = new Blob([JSON.stringify(state, null, 2)], { type: "application/json" });
  const link = element("a", { href: URL.createObjectURL(file), download: "playground.json" });
  link.click();
  URL.revokeObjectURL(link.href);
});
byId("open-file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  target.value = "";
  if (!file) return;
  try {
    use(fromText(await file.text()));
    notify("");
  } catch (error) {
    notify(`The file is not used: ${error.message}`);
  }
});

const tabs = Array.from(document.querySelectorAll("[role=tab]"));
function select(tab) {
  for (const other of tabs) {
    other.ariaSelected = String(other === tab);
    other.tabIndex = other === tab ? 0 : -1;
    byId(other.getAttribute("aria-controls")).hidden = other !== tab;
  }
  tab.focus();
}
for (const [index, tab] of tabs.entries()) {
  tab.addEventListener("click", () => select(tab));
  tab.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step) select(tabs.at((index + step) % tabs.length));
  });
}

window.addEventListener("hashchange", load);
load();
