"use strict";
/**
 * Completion, inspection, and whether code is complete. Runs nothing. Units: positions in code
 * points.
 */
const { printQuickInfo } = require("tslab/dist/inspect");

// A comment, a template or a regular expression without an end.
const UNFINISHED = new Set([1010, 1160, 1161]);
const UNTERMINATED_STRING = 1002; // no line can follow
const OPENERS = "([{";
const CLOSERS = ")]}";

const unitsOf = (code, points) => Array.from(code).slice(0, points).join("").length;
const pointsOf = (code, units) => Array.from(code.slice(0, units)).length;

function complete(compiler, declarations, { code, cursor }) {
  const { start, end, candidates, original } = compiler.complete(
    declarations,
    code,
    unitsOf(code, cursor),
  );
  const word = inString(code, unitsOf(code, cursor), original) ?? { start, end };
  const typed = code.slice(word.start, unitsOf(code, cursor));
  const kinds = new Map((original?.entries ?? []).map(({ name, kind }) => [name, kind]));
  const matches = candidates
    .filter((text) => word.start === start || text.startsWith(typed))
    .map((text) => ({ text, type: kinds.get(text) || "text" }));
  return { matches, start: pointsOf(code, word.start), end: pointsOf(code, word.end) };
}

/** Names of modules are completed as a whole: tslab says that there is no word. */
function inString(code, position, original) {
  if (!original?.entries?.some(({ kind }) => /external module name|script|directory/.test(kind))) {
    return undefined;
  }
  const isPath = original.entries.some(({ kind }) => /script|directory/.test(kind));
  const typed = (isPath ? /[^"'`/]*$/ : /[^"'`]*$/).exec(code.slice(0, position))[0];
  return { start: position - typed.length, end: position };
}

/** Of what is at the cursor, or of the function whose arguments are being typed. */
function inspect(compiler, declarations, { code, cursor }) {
  const position = unitsOf(code, cursor);
  for (const place of [position, position - 1, calledAt(code, position)]) {
    const info = place >= 0 && compiler.inspect(declarations, code, place);
    if (info) {
      return { found: true, data: { "text/plain": printQuickInfo(info) } };
    }
  }
  return { found: false, data: {} };
}

function calledAt(code, position) {
  let depth = 0;
  for (let index = position - 1; index >= 0; index--) {
    depth += CLOSERS.includes(code[index]) ? 1 : OPENERS.includes(code[index]) ? -1 : 0;
    if (depth < 0) {
      return code[index] === "(" ? index - 1 - /\s*$/.exec(code.slice(0, index))[0].length : -1;
    }
  }
  return -1;
}

function isComplete(compiler, isJavascript, { code }) {
  const ts = compiler.typescript;
  const kind = isJavascript ? ts.ScriptKind.JS : ts.ScriptKind.TS;
  const file = ts.createSourceFile("cell", code, ts.ScriptTarget.Latest, false, kind);
  const [first] = file.parseDiagnostics;
  if (!first) {
    return { status: "complete" };
  }
  if (first.code === UNTERMINATED_STRING) {
    return { status: "invalid" };
  }
  const atEnd = code.slice(first.start).trim() === "" || UNFINISHED.has(first.code);
  return atEnd ? { status: "incomplete", indent: indentAfter(code) } : { status: "invalid" };
}

function indentAfter(code) {
  const last = code.trimEnd().split("\n").pop();
  const current = /^\s*/.exec(last)[0];
  return OPENERS.includes(last.at(-1)) || last.endsWith("=>") ? `${current}  ` : current;
}

module.exports = { complete, inspect, isComplete };
