"use strict";
/** How the last value of a cell, and an error, are shown. */
const util = require("util");
const { encodedBundle, vegaBundle } = require("./display");
const lines = require("./lines");

/** The name by which Deno's notebooks let a value say how it is shown. */
const JUPYTER_DISPLAY = Symbol.for("Jupyter.display");
/** And those of IJavascript. */
const METHODS = {
  _toHtml: "text/html",
  _toSvg: "image/svg+xml",
  _toPng: "image/png",
  _toJpeg: "image/jpeg",
};

/** Shape: a mime bundle with text/plain. */
async function mimeBundle(value) {
  const isShown = isObject(value) && typeof value[JUPYTER_DISPLAY] === "function";
  const bundle = isShown
    ? { "text/plain": util.inspect(value), ...(await value[JUPYTER_DISPLAY]()) }
    : (globalThis.$$mimer$$ ?? mimed)(value); // IJavascript's: a cell may set its own
  return encodedBundle(bundle);
}

/** Shape: the same, of what a value says without waiting; not encoded. */
function mimed(value) {
  return { "text/plain": util.inspect(value), ...(isObject(value) ? richForms(value) : {}) };
}

function richForms(value) {
  const forms = typeof value._toMime === "function" ? { ...value._toMime() } : {};
  for (const [method, type] of Object.entries(METHODS)) {
    if (typeof value[method] === "function") {
      forms[type] = value[method]();
    }
  }
  return Object.keys(forms).length
    ? forms
    : (vegaBundle(typeof value.toSpec === "function" ? value.toSpec() : value) ?? {});
}

function isObject(value) {
  // Of a Proxy, every property may be there.
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    !util.types.isProxy(value)
  );
}

/** Shape: {ename, evalue, traceback}. */
function thrown(error) {
  if (!(util.types.isNativeError(error) || isDomException(error))) {
    return {
      ename: "Thrown",
      evalue: inspected(error),
      traceback: [`Thrown: ${inspected(error)}`],
    };
  }
  const hasMore = /^ {4}at /m.test(error.stack) || "cause" in error || "errors" in error;
  const text = lines.withUserLines(hasMore ? inspected(error) : String(error.stack));
  return { ename: String(error.name), evalue: String(error.message), traceback: text.split("\n") };
}

/** What `fetch` and `AbortController` throw is an Error, but no native one. */
function isDomException(error) {
  return !util.types.isProxy(error) && error instanceof DOMException;
}

function inspected(value) {
  try {
    return util.inspect(value);
  } catch (error) {
    return `what cannot be shown: ${error}`;
  }
}

/** The compiler's complaints, each with the line it is about. Shape: {ename, evalue, traceback}. */
function rejected(diagnostics, code, shownAs) {
  const source = code.split("\n");
  // The cell's end is followed by a line of the converter's own, where what is missing is missed.
  const last = { line: source.length - 1, character: source.at(-1).length };
  const inCell = diagnostics.map((one) =>
    one.fileName || one.start.line <= last.line ? one : { ...one, start: last, end: last },
  );
  const traceback = inCell.flatMap(({ fileName, start, end, messageText }) => {
    const head = `${fileName ?? shownAs}:${start.line + 1}:${start.character + 1} - ${messageText}`;
    if (fileName || source[start.line] === undefined) {
      return [head];
    }
    const length = end.line === start.line ? Math.max(1, end.character - start.character) : 1;
    return [
      head,
      `    ${source[start.line]}`,
      `    ${" ".repeat(start.character)}${"^".repeat(length)}`,
    ];
  });
  const first = inCell[0];
  const ename = first.code < 2000 ? "SyntaxError" : "CompileError";
  return { ename, evalue: `line ${first.start.line + 1}: ${first.messageText}`, traceback };
}

module.exports = { inspected, mimeBundle, mimed, rejected, thrown };
