// The comparison of two versions.

import { latest } from "./calls.js";
import { byId, choices, element, plain } from "./dom.js";
import { Editor } from "./editor.js";

const VERDICTS = {
  equal: "Equal: both versions allow the same requests.",
  wider: "Wider: the version after allows more requests.",
  narrower: "Narrower: the version after allows fewer requests.",
  incomparable: "Incomparable: some requests are newly allowed, and some are no longer allowed.",
  undecided: "Undecided: it is not known whether the versions allow the same requests.",
};

const DIRECTIONS = [
  ["newly_allowed", "newly-allowed", "Newly allowed"],
  ["no_longer_allowed", "no-longer-allowed", "No longer allowed"],
];

/** The version before: `null`, or policies as in the state of the page. */
export class CompareView {
  #before = null;
  #shown = 0;
  #editor;
  #update;

  /**
   * `compare` calls the function. `changed` is called after a change of the version before or of the caller, and `decide`
   * gets a request. `keep` copies the policies to the version before, and `swap` exchanges them.
   */
  constructor({ compare, changed, decide, complete, hover, keep, swap }) {
    this.#editor = new Editor(byId("before-editor"), {
      changed: (text) => {
        this.#before[this.#shown].text = text;
        changed();
      },
      complete: (text, position) => complete(this.#before[this.#shown], text, position),
      hover: (text, position) => hover(this.#before[this.#shown], text, position),
    });
    byId("caller").addEventListener("input", () => changed());
    byId("keep-before").addEventListener("click", () => keep());
    byId("swap-before").addEventListener("click", () => swap());
    byId("remove-before").addEventListener("click", () => {
      this.before = null;
      changed();
      byId("keep-before").focus();
    });
    this.#update = latest(compare, (result, error) => {
      if (error) this.#showError(error.message);
      else this.#show(result, decide);
    });
  }

  get before() {
    return this.#before;
  }

  set before(policies) {
    this.#before = policies;
    const isThere = policies !== null;
    byId("before").hidden = !isThere;
    byId("swap-before").disabled = byId("remove-before").disabled = !isThere;
    this.open(0);
  }

  get caller() {
    return byId("caller").value.trim();
  }

  set caller(arn) {
    byId("caller").value = arn;
  }

  /** Shows the policy of the version before with this name, if there is one. */
  openNamed(name) {
    const index = this.#before?.findIndex((policy) => policy.name === name) ?? -1;
    if (index !== -1 && index !== this.#shown) this.open(index);
  }

  /** Shows a policy of the version before. */
  open(index) {
    this.#shown = index;
    const policy = this.#before?.[index];
    byId("before-editor").hidden = !policy;
    byId("before-attachment").textContent = policy ? attachment(policy) : "It contains no policies.";
    if (policy) this.#editor.open(policy.text, "json", `Version before of the policy ${policy.name}, JSON`);
    const names = (this.#before ?? []).map(({ name }, at) => [at, plain(name)]);
    choices(byId("before-documents"), names, index, (at) => this.open(at));
  }

  /** Moves the cursor to a line of a policy of the version before. */
  selectLine(index, line) {
    if (index !== this.#shown) this.open(index);
    this.#editor.selectLine(line);
  }

  /** Compares the version before with these policies. */
  update(after) {
    if (this.#before === null) return;
    this.#state("pending", "Comparing");
    this.#update({ before: structuredClone(this.#before), after: structuredClone(after), principal: this.caller });
  }

  #state(state, text) {
    byId("comparison").dataset.state = state;
    byId("comparison").textContent = text;
  }

  /** Without a comparison, nothing of the one before remains. */
  #showError(message) {
    this.#state("error", `No comparison: ${plain(message)}`);
    byId("differences").replaceChildren();
  }

  #show(result, decide) {
    const { comparison } = result;
    this.#state(comparison.verdict, VERDICTS[comparison.verdict]);
    const parts = [];
    for (const [name, request, title] of DIRECTIONS) {
      const found = comparison[name];
      if (!found) continue;
      parts.push(element("h3", {}, title), witness(result[request], title, decide));
      if (found.needs_delegation) {
        parts.push(element("p", {}, "Only if the account of the resource delegates the access to policies of its identities."));
      }
      parts.push(responsible(found.responsible));
    }
    if (comparison.undecided.length > 0) {
      const reasons = comparison.undecided.map((reason) => element("li", {}, plain(reason)));
      parts.push(element("h3", {}, "Not decided"), element("ul", {}, ...reasons));
    }
    byId("differences").replaceChildren(...parts);
  }
}

function witness(request, title, decide) {
  const keys = Object.entries(request.context).map(([key, value]) =>
    element("li", {}, plain(`${key} = ${[value].flat().join(", ")}`)),
  );
  const button = element(
    "button",
    { type: "button", className: "witness", ariaLabel: `Decide on both versions: ${title}, ${plain(request.action)}` },
    element("strong", {}, plain(request.action)),
    ` on ${plain(request.resource)}`,
  );
  button.addEventListener("click", () => decide(request));
  return element("div", {}, button, element("ul", {}, ...keys));
}

/** The statements that decide the request of a difference. */
function responsible(statements) {
  const items = statements.map(({ policy, line, number, sid, effect }) => {
    const name = sid ? ` \`${plain(sid)}\`` : "";
    return element("li", {}, `because of ${effect} in ${plain(policy)}, statement ${number}${name}, line ${line}`);
  });
  return element("ul", {}, ...items);
}

function attachment({ type, level, principals = [] }) {
  const of = principals.length > 0 ? `, attached to ${principals.map(plain).join(", ")}` : "";
  return `Type ${plain(type)}${level === undefined ? "" : `, level ${level}`}${of}.`;
}
