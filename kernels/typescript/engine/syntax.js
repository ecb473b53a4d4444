"use strict";
/** What a cell's text says before it is compiled, and what is changed in it. Runs nothing. */

/** The text as the converter can take it, at the same positions. */
function rewritten(ts, code) {
  return withoutImportAssignments(ts, withoutExports(ts, code));
}

const parsed = (ts, code) => ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest);

/** Takes `export` off declarations: every variable of a cell is exported anyway. */
function withoutExports(ts, code) {
  const modifiers = parsed(ts, code).statements.flatMap(
    (one) => (ts.canHaveModifiers(one) && ts.getModifiers(one)) || [],
  );
  const isDefault = modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
  const exported = isDefault
    ? []
    : modifiers.filter(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  return exported.reduce(
    (text, { end }) => text.slice(0, end - 6) + " ".repeat(6) + text.slice(end),
    code,
  );
}

/** Makes `import x = require("m")` the other form: the first is for other kinds of modules. */
function withoutImportAssignments(ts, code) {
  const file = parsed(ts, code);
  return file.statements.reduce((text, { name, moduleReference: reference }) => {
    if (!reference || !ts.isExternalModuleReference(reference)) {
      return text;
    }
    const { expression } = reference;
    const start = expression.getStart(file);
    const from = " from".padEnd(start - name.end);
    const after = " ".repeat(reference.end - expression.end);
    const imported = from + text.slice(start, expression.end) + after;
    return text.slice(0, name.end) + imported + text.slice(reference.end);
  }, code);
}

/** Whether there is such a node outside of functions and classes. */
function hasAtTop(ts, file, is) {
  const visit = (node) => {
    if (is(node)) {
      return true;
    }
    return ts.isFunctionLike(node) || ts.isClassLike(node)
      ? false
      : (ts.forEachChild(node, visit) ?? false);
  };
  return visit(file);
}

function awaitsAtTop(ts, file) {
  return hasAtTop(
    ts,
    file,
    (node) => ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier),
  );
}

module.exports = { awaitsAtTop, hasAtTop, rewritten };
