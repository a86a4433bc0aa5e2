"use strict";
(() => {
  const bar = document.getElementById("_bar");
  const filter = document.getElementById("_filter");
  const count = document.getElementById("_count");
  const none = document.getElementById("_none");
  const order = new Intl.Collator("en", { numeric: true }).compare;

  const sections = Array.from(document.querySelectorAll("main > section"), (section) => {
    const table = section.querySelector("table");
    const rows = table ? Array.from(table.tBodies[0].rows) : [];
    return { section, table, rows, texts: rows.map((row) => row.textContent.toLowerCase()) };
  });
  const total = sections.reduce((sum, section) => sum + section.rows.length, 0);

  function narrow() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { section, rows, texts } of sections) {
      let here = 0;
      rows.forEach((row, index) => {
        row.hidden = !words.every((word) => texts[index].includes(word));
        here += row.hidden ? 0 : 1;
      });
      section.hidden = words.length > 0 && here === 0;
      shown += here;
    }
    none.hidden = words.length === 0 || shown > 0;
    count.textContent = words.length ? `${shown} of ${total} rows` : `${total} rows`;
  }

  function sort(table, rows, column, header) {
    const next = { none: "ascending", ascending: "descending", descending: "none" };
    const direction = next[header.getAttribute("aria-sort")];
    for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
    header.setAttribute("aria-sort", direction);
    const sorted = rows.slice();
    if (direction !== "none") {
      const sign = direction === "ascending" ? 1 : -1;
      const text = (row) => row.cells[column].textContent;
      // Rows without a value come last both ways; equal ones keep the order of the document.
      sorted.sort((one, other) => {
        const [left, right] = [text(one), text(other)];
        if (!left || !right) return (left ? 0 : 1) - (right ? 0 : 1);
        return sign * order(left, right);
      });
    }
    table.tBodies[0].append(...sorted);
  }

  // A link to a row that the filter hides takes the filter away: a link always lands.
  function land() {
    const target = document.getElementById(location.hash.slice(1));
    if (!target || !target.closest("[hidden]")) return;
    filter.value = "";
    narrow();
    target.scrollIntoView();
  }

  for (const { table, rows } of sections) {
    if (!table) continue;
    Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.firstElementChild.childNodes);
      button.addEventListener("click", () => sort(table, rows, column, header));
      header.replaceChildren(button);
      header.setAttribute("aria-sort", "none");
    });
  }
  filter.addEventListener("input", narrow);
  filter.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && filter.value) {
      event.preventDefault();
      filter.value = "";
      narrow();
    }
  });
  window.addEventListener("hashchange", land);
  bar.hidden = false;
  narrow();
})();
