// The editor of policies and catalogs.

import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { HighlightStyle, StreamLanguage, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { forEachDiagnostic, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, hoverTooltip, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

import { element } from "./dom.js";

const setStatement = StateEffect.define();

/** The deciding statement. A change of the text removes it, because the decision is about the text before. */
const statement = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    let updated = transaction.docChanged ? Decoration.none : marks;
    for (const effect of transaction.effects) {
      if (!effect.is(setStatement)) continue;
      const { from, to } = effect.value ?? { from: 0, to: 0 };
      updated = from < to ? Decoration.set(Decoration.mark({ class: "statement" }).range(from, to)) : Decoration.none;
    }
    return updated;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--back)", border: "1px solid var(--line)", fontSize: "0.875rem" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-scroller": { fontFamily: "ui-monospace, monospace", minHeight: "12rem", maxHeight: "70vh" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-gutters": { color: "var(--faint)", backgroundColor: "var(--panel)", borderRight: "1px solid var(--line)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, ::selection": {
    backgroundColor: "var(--selection)",
  },
  ".statement": { backgroundColor: "var(--mark)" },
  ".cm-tooltip": { color: "var(--text)", backgroundColor: "var(--panel)", border: "1px solid var(--line)", maxWidth: "40rem" },
  ".cm-tooltip pre": { margin: "0.5rem", whiteSpace: "pre-wrap", font: "inherit" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { color: "var(--text)", backgroundColor: "var(--selection)" },
});

const colors = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: tags.string, color: "var(--string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--number)" },
  { tag: tags.comment, color: "var(--faint)" },
]);

const SEVERITIES = { 1: "error", 2: "warning", 3: "info" };
const KINDS = { 2: "method", 10: "property", 12: "constant", 14: "keyword", 24: "type" };

/** The offset of a position. One after the end of a line or of the text is its end. */
function offset(document, { line, character }) {
  if (line >= document.lines) return document.length;
  const found = document.line(line + 1);
  return Math.min(found.from + character, found.to);
}

function position(document, at) {
  const line = document.lineAt(at);
  return { line: line.number - 1, character: at - line.from };
}

/** The diagnostics at their current places. */
function diagnosticsOf(state) {
  const found = [];
  forEachDiagnostic(state, (diagnostic, from, to) => found.push({ ...diagnostic, from, to }));
  return found;
}

/** Whether the editor shows the same for these diagnostics, whose order does not matter. */
function areEqual(shown, wanted) {
  const texts = (diagnostics) =>
    diagnostics.map(({ from, to, severity, source, message }) => JSON.stringify([from, to, severity, source, message])).sort();
  const expected = texts(wanted);
  return shown.length === wanted.length && texts(shown).every((text, index) => text === expected[index]);
}

const LANGUAGES = { json: json(), toml: StreamLanguage.define(toml) };

export class Editor {
  #view;
  #extensions;
  #label = new Compartment();

  /** `host` gets a shadow root, whose styles need no exception from the page's policy. */
  constructor(host, { changed, complete, hover }) {
    const root = host.attachShadow({ mode: "open" });
    const source = async (context) => {
      const document = context.state.doc;
      const items = await complete(document.toString(), position(document, context.pos));
      if (context.aborted || items.length === 0) return null;
      const { start, end } = items[0].textEdit.range;
      return {
        from: offset(document, start),
        to: offset(document, end),
        options: items.map(({ label, kind, detail, textEdit }) => ({
          label,
          detail,
          type: KINDS[kind],
          apply: textEdit.newText,
        })),
      };
    };
    const tooltip = hoverTooltip(async (view, at) => {
      const document = view.state.doc;
      const shown = await hover(document.toString(), position(document, at));
      if (!shown || view.state.doc !== document) return null;
      return {
        pos: offset(document, shown.range.start),
        end: offset(document, shown.range.end),
        create() {
          const dom = element("pre");
          dom.textContent = shown.contents.value;
          return { dom };
        },
      };
    });
    this.#extensions = [
      lineNumbers(),
      history(),
      bracketMatching(),
      syntaxHighlighting(colors),
      autocompletion({ override: [source] }),
      tooltip,
      statement,
      keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, ...lintKeymap]),
      EditorView.lineWrapping,
      theme,
      EditorView.updateListener.of((update) => {
        if (update.docChanged) changed(update.state.doc.toString());
      }),
    ];
    this.#view = new EditorView({ root, parent: root });
  }

  /** Shows a document, without the history of the one before. */
  open(text, language, label) {
    const extensions = [this.#extensions, LANGUAGES[language], this.#label.of(labelled(label))];
    this.#view.setState(EditorState.create({ doc: text, extensions }));
  }

  setLabel(label) {
    this.#view.dispatch({ effects: this.#label.reconfigure(labelled(label)) });
  }

  /** Shows findings at their places. They are about the current text, or nothing happens. */
  showFindings(text, findings) {
    const document = this.#view.state.doc;
    if (document.toString() !== text) return;
    const diagnostics = findings.map(({ range, severity, code, message }) => ({
      from: offset(document, range.start),
      to: offset(document, range.end),
      severity: SEVERITIES[severity],
      source: code,
      message,
    }));
    // Most keystrokes only move the findings, which the editor has done already.
    if (areEqual(diagnosticsOf(this.#view.state), diagnostics)) return;
    this.#view.dispatch(setDiagnostics(this.#view.state, diagnostics));
  }

  /** Marks the deciding statement, or none. */
  mark(range) {
    if (!range && this.#view.state.field(statement, false)?.size === 0) return;
    const document = this.#view.state.doc;
    const value = range && { from: offset(document, range.start), to: offset(document, range.end) };
    this.#view.dispatch({ effects: setStatement.of(value) });
  }

  /** Moves the cursor to a range, and shows it. */
  select(range) {
    const document = this.#view.state.doc;
    const selection = { anchor: offset(document, range.start), head: offset(document, range.end) };
    this.#view.dispatch({ selection, scrollIntoView: true });
    this.#view.focus();
  }

  selectLine(line) {
    const start = { line: line - 1, character: 0 };
    this.select({ start, end: start });
  }

  /** Applies the edits of a fix, if the text is still the one that they are about. */
  apply(text, edits) {
    const document = this.#view.state.doc;
    if (document.toString() !== text) return;
    const changes = edits.map(({ range, newText }) => ({
      from: offset(document, range.start),
      to: offset(document, range.end),
      insert: newText,
    }));
    this.#view.dispatch({ changes });
  }
}

const labelled = (label) => EditorView.contentAttributes.of({ "aria-label": label });
