// The request builder.

import { byId, element } from "./dom.js";

const STATES = [
  ["absent", "absent"],
  ["one", "value"],
  ["many", "list of values"],
  ["unknown", "unknown"],
];

/** The placeholders of an ARN template. */
const placeholders = (template) => Array.from(new Set(Array.from(template.matchAll(/\$\{([^}]*)\}/g), ([, name]) => name)));

export class RequestForm {
  #changed;
  #services = [];
  #types = new Map();
  /** Condition keys that the request has or may have: name to state and values. */
  #keys = new Map();
  #record = null;

  constructor(changed) {
    this.#changed = changed;
    for (const id of ["principal", "resource", "resource-account"]) byId(id).addEventListener("input", () => changed());
    byId("action").addEventListener("input", () => {
      this.#showAction();
      changed();
    });
    byId("template").addEventListener("change", () => this.#showPlaceholders());
    byId("add-key").addEventListener("click", () => {
      const name = byId("new-key").value.trim();
      if (!name) return;
      byId("new-key").value = "";
      if (!this.#keys.has(name)) this.#keys.set(name, { state: "one", values: "" });
      this.#showKeys();
      changed();
    });
    byId("record-remove").addEventListener("click", () => {
      this.#record = null;
      this.#showRecord();
      byId("principal").focus();
      changed();
    });
  }

  /** The request as the functions take it. */
  get value() {
    if (this.#record !== null) return { record: this.#record };
    const context = [];
    const unknown = [];
    for (const [name, { state, values }] of this.#keys) {
      if (state === "one") context.push([name, values]);
      if (state === "many") context.push([name, values.split("\n").filter((value) => value !== "")]);
      if (state === "unknown") unknown.push(name);
    }
    const written = {
      principal: byId("principal").value.trim(),
      action: byId("action").value.trim(),
      resource: byId("resource").value.trim(),
      // Any name is a key, also that of a member of all objects.
      context: Object.fromEntries(context),
      "unknown-keys": unknown,
    };
    const account = byId("resource-account").value.trim();
    if (account) written["resource-account"] = account;
    return { written };
  }

  set value({ written, record }) {
    this.#record = written ? null : record;
    if (written) {
      byId("principal").value = written.principal;
      byId("action").value = written.action;
      byId("resource").value = written.resource;
      byId("resource-account").value = written["resource-account"] ?? "";
      this.#keys.clear();
      for (const [name, values] of Object.entries(written.context ?? {})) {
        const isList = Array.isArray(values);
        this.#keys.set(name, { state: isList ? "many" : "one", values: isList ? values.join("\n") : String(values) });
      }
      for (const name of written["unknown-keys"] ?? []) this.#keys.set(name, { state: "unknown", values: "" });
    }
    this.#showRecord();
    this.#showAction();
  }

  /** Uses the actions and condition keys of these services. */
  set catalog({ services, "global-keys": globalKeys }) {
    this.#services = services;
    const names = services.flatMap(({ prefix, actions }) => actions.map(({ name }) => `${prefix}:${name}`));
    byId("actions").replaceChildren(...names.map((value) => element("option", { value })));
    this.#types = new Map(services.flatMap((service) => service["condition-keys"].map(({ name, type }) => [name, type])));
    const keys = Array.from(new Set([...this.#types.keys(), ...globalKeys]));
    byId("key-names").replaceChildren(...keys.map((value) => element("option", { value })));
    this.#showAction();
  }

  /** Suggests these callers. */
  set principals(arns) {
    byId("principals").replaceChildren(...arns.map((value) => element("option", { value })));
  }

  #action() {
    const [prefix, name] = byId("action").value.trim().split(":");
    const service = this.#services.find((service) => service.prefix === prefix);
    return service?.actions.find((action) => action.name === name);
  }

  #showRecord() {
    byId("record").hidden = this.#record === null;
    byId("record-text").textContent = this.#record ?? "";
    byId("request").hidden = this.#record !== null;
  }

  #showAction() {
    const action = this.#action();
    byId("action-summary").textContent = action ? [action.level, action.summary].filter(Boolean).join(": ") : "";
    const options = [
      element("option", { value: "" }, "as written below"),
      element("option", { value: "*" }, "* (no resource type)"),
      ...(action?.resources ?? []).map(({ name, arn }) => element("option", { value: arn }, `${name}: ${arn}`)),
    ];
    byId("template").replaceChildren(...options);
    byId("placeholders").replaceChildren();
    this.#showKeys();
  }

  /** One field for each placeholder. The resource is what they are filled with, and can be changed. */
  #showPlaceholders() {
    const template = byId("template").value;
    const values = new Map([
      ["Partition", "aws"],
      ["Region", "us-east-1"],
      ["Account", byId("principal").value.split(":")[4] || "123456789012"],
    ]);
    const fill = () => {
      if (template === "") return;
      byId("resource").value = template.replace(/\$\{([^}]*)\}/g, (_, name) => values.get(name) ?? "");
      this.#changed();
    };
    const fields = placeholders(template).map((name) => {
      const input = element("input", { value: values.get(name) ?? "", autocomplete: "off", spellcheck: false });
      input.addEventListener("input", () => {
        values.set(name, input.value);
        fill();
      });
      return element("label", {}, `${name} `, input);
    });
    byId("placeholders").replaceChildren(...fields);
    fill();
  }

  #showKeys() {
    const names = new Set([...(this.#action()?.["condition-keys"] ?? []).filter((name) => !name.includes("${")), ...this.#keys.keys()]);
    byId("keys").replaceChildren(...Array.from(names, (name) => this.#keyRow(name)));
  }

  #keyRow(name) {
    const type = this.#types.get(name);
    const key = this.#keys.get(name) ?? { state: "absent", values: "" };
    const state = element("select", { ariaLabel: `State of ${name}` });
    state.append(...STATES.map(([value, text]) => element("option", { value, selected: value === key.state }, text)));
    const values = element("textarea", { rows: 1, value: key.values, spellcheck: false, ariaLabel: `Values of ${name}, one on each line` });
    const update = () => {
      values.hidden = !["one", "many"].includes(state.value);
      if (state.value === "absent") this.#keys.delete(name);
      else this.#keys.set(name, { state: state.value, values: values.value });
    };
    update();
    for (const part of [state, values]) {
      part.addEventListener("input", () => {
        update();
        this.#changed();
      });
    }
    const title = element("span", {}, name, element("span", { className: "faint" }, type ? ` (${type})` : ""));
    return element("div", { className: "key" }, title, state, values);
  }
}
