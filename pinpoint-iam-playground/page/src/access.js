// Who can do what.

import { latest } from "./calls.js";
import { byId, element, lines, plain } from "./dom.js";

const FIELDS = ["partition", "region", "account"];
const field = (name) => byId(`access-${name}`);

export class AccessView {
  #services = [];
  #update;

  /** `evaluate` calls the function, `changed` is called after a change of a field, and `decide` gets the request of a cell. */
  constructor({ evaluate, changed, decide }) {
    for (const name of [...FIELDS, "service", "principals"]) field(name).addEventListener("input", () => changed());
    field("filter").addEventListener("input", () => filter());
    this.#update = latest(evaluate, (result, error) => {
      if (error) {
        show("error", `No matrix: ${plain(error.message)}`);
        field("hint").textContent = "";
        field("matrix").replaceChildren();
        return;
      }
      const [table] = result.page.tables;
      field("hint").textContent = `${table.introduction.map(plain).join(" ")} A cell opens the explanation of a request.`;
      field("matrix").replaceChildren(matrix(table, result.requests, decide));
      show("shown", "");
      filter();
    });
  }

  /** Whether there are services. */
  get isReady() {
    return this.#services.length > 0;
  }

  /** Uses the services of a catalog. */
  set catalog({ services }) {
    this.#services = services.map(({ prefix }) => prefix);
    this.#showServices(field("service").value);
  }

  /** The part of the page's state that this view shows. */
  get value() {
    const scope = Object.fromEntries(FIELDS.map((name) => [name, field(name).value.trim()]));
    return { service: field("service").value, scope, principals: lines(field("principals").value) };
  }

  set value({ service, scope, principals }) {
    this.#showServices(service);
    for (const name of FIELDS) field(name).value = scope[name];
    field("principals").value = principals.join("\n");
  }

  /** Evaluates these policies. */
  update(catalog, policies) {
    show("pending", "Evaluating");
    const { service, scope, principals } = this.value;
    const attached = policies.flatMap((policy) => policy.principals ?? []);
    const shown = Array.from(new Set(principals.length > 0 ? principals : attached));
    this.#update(structuredClone({ catalog, policies, service, scope, principals: shown }));
  }

  /** A service that the state names is an option, also if no catalog contains it. */
  #showServices(chosen) {
    const names = Array.from(new Set([...this.#services, ...(chosen ? [chosen] : [])]));
    field("service").replaceChildren(...names.map((value) => element("option", { value }, plain(value))));
    field("service").value = chosen || names[0] || "";
  }
}

function show(state, text) {
  field("state").dataset.state = state;
  field("state").textContent = text;
}

function matrix({ columns, rows }, requests, decide) {
  const head = columns.map(({ title }) => element("th", { scope: "col" }, plain(title)));
  const known = columns.length - (requests[0]?.length ?? 0);
  const shown = rows.map(({ cells }, row) => {
    const texts = columns.map(({ name }) => cells[name].map(plain).join("\n"));
    const verdicts = requests[row].map((request, column) => {
      const text = texts[known + column];
      const name = `${texts[0]}: ${request.principal}: ${text}`.replaceAll("\n", " ");
      const button = element("button", { type: "button", ariaLabel: plain(name), data: { verdict: text.split("\n")[0] } }, text);
      button.addEventListener("click", () => decide(request));
      return element("td", {}, button);
    });
    const [operation, ...others] = texts.slice(0, known);
    return element("tr", {}, element("th", { scope: "row" }, operation), ...others.map((text) => element("td", {}, text)), ...verdicts);
  });
  return element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...shown));
}

/** Hides the rows that do not contain all words of the filter. */
function filter() {
  const words = field("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = Array.from(field("matrix").querySelectorAll("tbody tr"));
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
  if (field("state").dataset.state !== "shown") return;
  const count = rows.filter((row) => !row.hidden).length;
  show("shown", `${count} of ${rows.length} actions`);
}
