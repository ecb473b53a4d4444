"use strict";
/** From lines of the program that runs back to lines of the cell or file that the user wrote. */
const { SourceMap } = require("module");
const path = require("path");

const INLINE_MAP = /\n?\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/;
/** Units: columns. */
const LOOK_AHEAD = 40;
const HIDDEN = [
  "node:vm",
  "node:internal/process/task_queues",
  "node:internal/timers",
  "node:internal/modules/cjs/loader",
];

/**
 * Each program that has run: its name for V8 -> name for the user, maps, lines put before the
 * source.
 */
const programs = new Map();
/** Of what the converter has just emitted: text -> its maps, the last step's first. */
const emitted = new Map();

/** Shape: [text without its inline map, the map or null]. */
function splitMap(text) {
  const found = INLINE_MAP.exec(text);
  return found
    ? [text.slice(0, found.index) + "\n", JSON.parse(Buffer.from(found[1], "base64").toString())]
    : [text, null];
}

/** Keeps the maps of a text that the converter emits, until it is known what it is called. */
function rememberMaps(text, maps) {
  emitted.set(text, maps);
}

/** Says under which name V8 will speak of an emitted text. Units: `before` are lines. */
function nameProgram(filename, text, shownAs, before) {
  const maps = emitted.get(text);
  programs.set(filename, { shownAs, before, maps, lines: text.split("\n").length });
}

function forgetEmitted() {
  emitted.clear();
}

/**
 * Shape: {shownAs, line, column}, from 1; null where V8's position is not of the user's text, nor
 * what follows in its line: of `exports.tsLastExpr = missing()`, V8 names the assignment.
 */
function userPosition(filename, line, column) {
  for (let further = 0; further < LOOK_AHEAD; further++) {
    const position = exactPosition(filename, line, column + further);
    if (position) {
      return position;
    }
  }
  return null;
}

function exactPosition(filename, line, column) {
  const program = programs.get(filename);
  if (!program || line > program.lines) {
    return null;
  }
  let position = { line: line - 1, column: column - 1 };
  for (const [index, map] of (program.maps ?? []).entries()) {
    const parsed = map instanceof SourceMap ? map : (program.maps[index] = new SourceMap(map));
    const entry = parsed.findEntry(position.line, position.column);
    if (entry.originalLine === undefined) {
      return null;
    }
    position = { line: entry.originalLine, column: entry.originalColumn };
  }
  const shown = position.line - program.before + 1;
  return shown < 1 ? null : { shownAs: program.shownAs, line: shown, column: position.column + 1 };
}

/** What `error.stack` is: lines of the user's, and none of this engine's. */
function prepareStackTrace(error, frames) {
  const lines = frames.map(frameLine).filter((line) => line !== null);
  return [heading(error), ...lines.map((line) => `    at ${line}`)].join("\n");
}

function heading(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

function frameLine(frame) {
  const filename = frame.getFileName() ?? "";
  if (filename.startsWith(__dirname + path.sep) || HIDDEN.includes(filename)) {
    return null;
  }
  if (!programs.has(filename)) {
    return String(frame);
  }
  const position = userPosition(filename, frame.getLineNumber(), frame.getColumnNumber());
  if (!position) {
    return null;
  }
  const generated = `${filename}:${frame.getLineNumber()}:${frame.getColumnNumber()}`;
  const text = String(frame).replace(
    generated,
    `${position.shownAs}:${position.line}:${position.column}`,
  );
  // A call of another cell's function goes through `exports`.
  return text.replace(/^(async )?Proxy\./, "$1");
}

/** Text of V8's own that names a line without a column: the head of a syntax error. */
function withUserLines(text) {
  return text.replace(/^(.+):(\d+)$/m, (all, filename, line) => {
    const position = userPosition(filename, Number(line), 1);
    return position ? `${position.shownAs}:${position.line}` : all;
  });
}

module.exports = {
  forgetEmitted,
  nameProgram,
  prepareStackTrace,
  rememberMaps,
  splitMap,
  userPosition,
  withUserLines,
};
