// A decision and its explanation.

import { element, plain } from "./dom.js";

const TRUTHS = { True: "matches", False: "does not match", Unknown: "may match" };

export class DecisionView {
  #decision;
  #explanation;

  constructor(decision, explanation) {
    this.#decision = decision;
    this.#explanation = explanation;
  }

  /** While a request is decided, the page shows no decision. */
  showPending() {
    this.#state("pending", "Deciding");
  }

  /** Without a decision, nothing of the one before remains. */
  showError(message) {
    this.#state("error", `No decision: ${plain(message)}`);
    this.#explanation.replaceChildren();
  }

  /** `show` is called with the position of a policy in the input and the line of a statement. */
  show({ result, allowed, explanation, statement }, policies, show) {
    const kind = allowed ? "allowed" : result === "undecided" ? "undecided" : "denied";
    this.#state(kind, `${allowed ? "Allowed" : "Denied"}: ${plain(explanation.decision)}`);
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
  const list = element("ul");
  for (const part of parts) {
    const item = element(
      "li",
      {},
      `${part.element} `,
      element("span", { data: { truth: part.matches } }, TRUTHS[part.matches]),
      `: ${plain(part.why)}`,
    );
    const tried = part.tried.map(({ pattern, why, lint }) =>
      element("li", {}, plain(`${pattern} ${why}${lint ? `; ${lint}` : ""}`)),
    );
    if (part.not_listed > 0) tried.push(element("li", {}, `and ${part.not_listed} more`));
    if (tried.length > 0) item.append(element("ul", {}, ...tried));
    list.append(item);
  }
  const button = element("button", { type: "button" }, `Show line ${line}`);
  button.addEventListener("click", show);
  shown.append(list, button);
  return shown;
}
