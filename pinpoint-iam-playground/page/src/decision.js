// A decision and its explanation.

import { element, plain } from "./dom.js";

const TRUTHS = { true: "matches", false: "does not match", unknown: "may match" };

/** After this time in milliseconds, the page shows that an explanation is not yet about the current request. */
const LATE = 100;

export class DecisionView {
  #decision;
  #explanation;
  #timer;
  /** What the explanation shows, so that statements stay open if it is the same. */
  #shown = null;

  constructor(decision, explanation) {
    this.#decision = decision;
    this.#explanation = explanation;
  }

  /** While a request is decided, the page shows no decision. */
  showPending() {
    this.#state("pending", "Deciding");
    // To paint the whole explanation twice for each keystroke takes longer than the decision.
    this.#timer ??= setTimeout(() => this.#explanation.classList.add("late"), LATE);
  }

  #showResult(state, text) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#explanation.classList.remove("late");
    this.#state(state, text);
  }

  /** Without a decision, nothing of the one before remains. */
  showError(message) {
    this.#showResult("error", `No decision: ${plain(message)}`);
    this.#explanation.replaceChildren();
    this.#shown = null;
  }

  /** `show` is called with the position of a policy in the input and the line of a statement. */
  show({ result, allowed, explanation, statement }, policies, show) {
    const kind = allowed ? "allowed" : result === "undecided" ? "undecided" : "denied";
    this.#showResult(kind, `${allowed ? "Allowed" : "Denied"}: ${plain(explanation.decision)}`);
    const content = JSON.stringify([explanation, statement?.policy, statement?.number, policies.map(({ name }) => name)]);
    if (content === this.#shown) return;
    this.#shown = content;
    const parts = [];
    if (explanation.needs.length > 0) {
      parts.push(element("p", {}, `It depends on ${explanation.needs.map(plain).join(", ")}.`));
    }
    for (const { policy_type: type, policies: applicable } of explanation.layers) {
      const layer = branch(applicable.length > 0 ? type : `${type}: none`, false);
      for (const policy of applicable) {
        const index = policies.findIndex(({ name }) => name === policy.name);
        const shown = branch(plain(policy.name), false);
        for (const one of policy.statements) {
          const isDeciding = index !== -1 && index === statement?.policy && one.number === statement.number;
          shown.append(ofStatement(one, isDeciding, () => show(index, one.line)));
          if (isDeciding) shown.open = layer.open = true;
        }
        // Without a deciding statement, the reason is that none of them matches.
        if (!statement) shown.open = layer.open = true;
        layer.append(shown);
      }
      parts.push(layer);
    }
    this.#explanation.replaceChildren(...parts);
  }

  #state(state, text) {
    this.#decision.dataset.state = state;
    this.#decision.textContent = text;
  }
}

function branch(title, isOpen) {
  return element("details", { open: isOpen }, element("summary", {}, title));
}

function ofStatement({ number, sid, line, effect, matches, parts }, isDeciding, show) {
  const name = sid ? ` \`${plain(sid)}\`` : "";
  const truth = element("span", { data: { truth: matches } }, `${effect} ${TRUTHS[matches]}`);
  const shown = element(
    "details",
    { open: isDeciding, className: isDeciding ? "deciding" : "" },
    element("summary", {}, `statement ${number}${name}: `, truth, isDeciding ? " and decides" : ""),
  );
  const fill = () => {
    const button = element("button", { type: "button" }, `Show line ${line}`);
    button.addEventListener("click", show);
    shown.append(element("ul", {}, ...parts.map(ofPart)), button);
  };
  // With each keystroke, there are new explanations of all statements, and few of them are opened.
  if (isDeciding) fill();
  else shown.addEventListener("toggle", fill, { once: true });
  return shown;
}

function ofPart({ element: name, matches, why, tried, not_listed: others }) {
  const item = element("li", {}, `${name} `, element("span", { data: { truth: matches } }, TRUTHS[matches]), `: ${plain(why)}`);
  const items = tried.map(({ pattern, why, lint }) => element("li", {}, plain(`${pattern} ${why}${lint ? `; ${lint}` : ""}`)));
  if (others > 0) items.push(element("li", {}, `and ${others} more`));
  if (items.length > 0) item.append(element("ul", {}, ...items));
  return item;
}
