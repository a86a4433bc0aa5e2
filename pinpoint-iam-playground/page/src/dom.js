// Elements of the page. Texts become text nodes, never HTML.

export const byId = (id) => document.getElementById(id);

/** Creates an element with properties, data and children; a child is an element or a text. */
export function element(name, { data = {}, ...properties } = {}, ...children) {
  const created = Object.assign(document.createElement(name), properties);
  Object.assign(created.dataset, data);
  created.append(...children);
  return created;
}

/** Shows a text that may contain control characters, which could change the order of what is read. */
export function plain(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (character) =>
    `\\u{${character.codePointAt(0).toString(16)}}`,
  );
}

/** The lines of a text that are not empty. */
export const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

/** Fills a group with a button for each choice, of which one is pressed. `choose` gets the value of a choice. */
export function choices(group, named, chosen, choose) {
  const hasFocus = group.contains(document.activeElement);
  const buttons = named.map(([value, title]) => {
    const button = element("button", { type: "button", ariaPressed: String(value === chosen) }, title);
    button.addEventListener("click", () => choose(value));
    return button;
  });
  group.replaceChildren(...buttons);
  // The button that was pressed has been replaced.
  if (hasFocus) group.querySelector("[aria-pressed=true]")?.focus();
}
