// The page: its state, and what happens when a part of it changes.

import { AccessView } from "./access.js";
import { Calls, Failure, latest } from "./calls.js";
import { CompareView } from "./compare.js";
import { DecisionView } from "./decision.js";
import { byId, choices, element, lines, plain } from "./dom.js";
import { Editor } from "./editor.js";
import { EXAMPLE } from "./example.js";
import { RequestForm } from "./request.js";
import { LONGEST, fromFragment, fromText, toFragment } from "./share.js";

/** The position of the own catalog among the documents, which follows the policies. */
const CATALOG = -1;

const calls = new Calls();
/** Comparisons must not delay findings and decisions. Fixes are proven by comparisons. */
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
const decisionView = new DecisionView(byId("decision"), byId("explanation"));
const beforeView = new DecisionView(byId("before-decision"), byId("before-explanation"));
const compareView = new CompareView({
  compare: (asked) => comparisons.call("compare", asked),
  changed: () => {
    state.before = compareView.before ?? undefined;
    state.caller = compareView.caller;
    update();
  },
  decide: (request) => decide(request),
  complete: ({ type }, text, position) => askAbout(type, "complete", { text, position }, []),
  hover: ({ type }, text, position) => askAbout(type, "hover", { text, position }, null),
  keep: () => {
    showBefore(structuredClone(state.policies));
    update();
  },
  swap: () => {
    const { before, policies } = state;
    state.policies = before;
    showBefore(policies);
    open(state.policies.length > 0 ? 0 : CATALOG);
    update();
  },
});

const accessView = new AccessView({
  evaluate: (asked) => comparisons.call("access", asked),
  changed: () => {
    state.access = accessView.value;
    update();
  },
  decide: (request) => decide(request),
});

/** Shows the decision about a request: on both versions, if there are two. */
function decide(request) {
  state.request = { written: structuredClone(request) };
  form.value = state.request;
  select("decide");
  update();
  byId("tab-decide").focus();
}

/** The type of the shown document, which a catalog does not have. */
const shownType = () => state.policies[shown]?.type;

/** A document as the functions take it. */
const input = (type, members) => ({ catalog: state.catalog, type, ...members });

/** Calls a function about the shown document. */
const ask = (name, members, nothing) => askAbout(shownType(), name, members, nothing);

/** Calls a function about a document. Without a result, there is nothing to show. */
async function askAbout(type, name, members, nothing) {
  try {
    return await calls.call(name, input(type, members));
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
    if (error) decisionView.showError(error.message);
    else decisionView.show(decision, policies, (index, line) => showStatement(index, line));
    markDeciding();
  },
);

const updateBefore = latest(
  (asked) => calls.call("decide", asked),
  (decision, error, { policies }) => {
    if (error) beforeView.showError(error.message);
    else beforeView.show(decision, policies, (index, line) => showStatementBefore(index, line));
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
    accessView.catalog = catalog;
    if (isShown("access")) accessView.update(state.catalog, state.policies);
    const { length } = catalog.findings;
    const notice = length > 0 ? `The own catalog has errors (${length}) and is not used.` : "";
    byId("catalog-notice").textContent = notice;
    updateDocuments();
  },
);

const showFragment = latest(
  (current) => toFragment(current),
  (fragment, error) => {
    if (!error) history.replaceState(null, "", `#${fragment}`);
  },
);

let fragmentTimer;

/** Compressing the state takes longer than deciding, so it waits until typing pauses. */
function updateFragment() {
  clearTimeout(fragmentTimer);
  fragmentTimer = setTimeout(() => showFragment(structuredClone(state)), 200);
}

let lastCatalog;

function update() {
  const { policies, request, catalog, before } = state;
  // The worker decides while the page does the rest.
  updateDecision(structuredClone({ policies, request }));
  decisionView.showPending();
  if (before !== undefined) {
    updateBefore(structuredClone({ policies: before, request }));
    beforeView.showPending();
  }
  byId("decide-before").hidden = before === undefined;
  if (catalog !== lastCatalog) {
    lastCatalog = catalog;
    updateCatalog(catalog);
  }
  const text = shown === CATALOG ? catalog : policies[shown].text;
  updateFindings(input(shownType(), { text }));
  if (isShown("edit")) {
    const range = { start: { line: 0, character: 0 }, end: { line: 1e9, character: 0 } };
    updateFixes(input(shownType(), { text, range }));
  }
  exportVersion += 1;
  showExport([], "");
  if (isShown("compare")) compareView.update(policies);
  // Without a catalog, there are no actions yet.
  if (isShown("access") && accessView.isReady) accessView.update(catalog, policies);
  updateFragment();
}

function showBefore(policies) {
  state.before = policies;
  compareView.before = policies ?? null;
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
    compareView.openNamed(policy.name);
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
  const named = state.policies.map(({ name }, index) => [index, plain(name)]);
  named.push([CATALOG, state.catalog === null ? "Own catalog: none" : "Own catalog"]);
  choices(byId("documents"), named, shown, (index) => {
    open(index);
    update();
  });
  form.principals = Array.from(new Set(state.policies.flatMap(({ principals }) => principals ?? [])));
}

function showStatement(index, line) {
  if (index !== shown) {
    open(index);
    update();
  }
  editor.selectLine(line);
}

function showStatementBefore(index, line) {
  select("compare");
  update();
  compareView.selectLine(index, line);
}

/** The findings in the list, so that it is not built again for each keystroke. */
let listed = null;

function showFindings(findings, error) {
  const count = byId("findings-count");
  if (error) count.textContent = `Not checked: ${plain(error.message)}`;
  else count.textContent = { 0: "No findings.", 1: "1 finding." }[findings.length] ?? `${findings.length} findings.`;
  const content = JSON.stringify(findings ?? []);
  if (content === listed) return;
  listed = content;
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

const tabs = Array.from(document.querySelectorAll("[role=tab]"));
const nameOf = (tab) => tab.getAttribute("aria-controls");
const isShown = (name) => !byId(name).hidden;

/** Shows a view. */
function select(name) {
  state.view = name;
  for (const tab of tabs) {
    const isSelected = nameOf(tab) === name;
    tab.ariaSelected = String(isSelected);
    tab.tabIndex = isSelected ? 0 : -1;
    byId(nameOf(tab)).hidden = !isSelected;
  }
}

function selectTab(tab) {
  select(nameOf(tab));
  update();
  tab.focus();
}

for (const [index, tab] of tabs.entries()) {
  tab.addEventListener("click", () => selectTab(tab));
  tab.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step) selectTab(tabs.at((index + step) % tabs.length));
  });
}

function use(next) {
  state = next;
  form.value = state.request;
  compareView.caller = state.caller ?? state.request.written?.principal ?? "";
  showBefore(state.before);
  accessView.value = state.access ?? { service: "", scope: scopeOf(state.request), principals: [] };
  select(tabs.some((tab) => nameOf(tab) === state.view) ? state.view : "decide");
  open(state.policies.length > 0 ? 0 : CATALOG);
  update();
}

/** The scope of a request that has none: the account of the caller. */
function scopeOf({ written }) {
  return { partition: "aws", region: "us-east-1", account: written?.principal.split(":")[4] ?? "" };
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

/** Uses a catalog in TOML, or a state that was saved. */
async function useFile(file) {
  try {
    if (file.size > LONGEST) throw new Error("it is too long");
    const text = await file.text();
    if (/\.toml$/i.test(file.name)) {
      state.catalog = text;
      open(CATALOG);
      update();
    } else {
      use(fromText(text));
    }
    notify("");
  } catch (error) {
    notify(`The file is not used: ${error.message}`);
  }
}

/** A link that saves a text as a file. */
function download(name, text) {
  const file = new Blob([text], { type: "application/json" });
  return element("a", { href: URL.createObjectURL(file), download: name }, plain(name));
}

/** Counts the changes after which a test case is not that of the state any more. */
let exportVersion = 0;

function showExport(files, text) {
  for (const link of byId("export-files").querySelectorAll("a")) URL.revokeObjectURL(link.href);
  byId("export-files").replaceChildren(...files.map(({ name, text }) => element("li", {}, download(name, text))));
  byId("export-state").textContent = plain(text);
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
  const link = download("playground.json", JSON.stringify(state, null, 2));
  link.click();
  URL.revokeObjectURL(link.href);
});
byId("open-file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  target.value = "";
  if (file) await useFile(file);
});
byId("export-create").addEventListener("click", async () => {
  const { policies, request } = state;
  const version = exportVersion;
  let files = [];
  let text = "";
  try {
    ({ files } = await calls.call("test", { policies, request }));
  } catch (error) {
    text = `No test case: ${error.message}`;
  }
  // The state may have changed meanwhile.
  if (version === exportVersion) showExport(files, text);
});

// Files can be dropped everywhere.
document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.add("drops");
});
document.addEventListener("dragleave", ({ relatedTarget }) => {
  if (relatedTarget === null) document.body.classList.remove("drops");
});
document.addEventListener("drop", async (event) => {
  const [file] = event.dataTransfer?.files ?? [];
  document.body.classList.remove("drops");
  if (!file) return;
  event.preventDefault();
  await useFile(file);
});

window.addEventListener("hashchange", load);
load();
