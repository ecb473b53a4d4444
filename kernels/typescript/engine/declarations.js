"use strict";
/** What the next cell's compiler is told of the variables there are. Reads text, runs nothing. */

/** The notebook's own functions, which Node has not. A cell may define the names again. */
const INITIAL = `/** Asks for a line of text. Returns null where the front end takes no input. */
export declare function prompt(message?: string, standard?: string): string | null;
`;

/**
 * Returns the declarations that tslab's converter understands when they come back: it drops
 * `import x = require("m")`, which is what `const x = require("m")` of JavaScript becomes, and
 * namespaces after a cell, and gives no declarations at all for a type that it cannot name. Every
 * name has a declaration afterwards.
 */
function carriedOver(ts, text, names, before) {
  const known = (text ?? "").replace(/^undefined/, "");
  const file = ts.createSourceFile("declarations.d.ts", known, ts.ScriptTarget.Latest);
  const declared = new Set();
  const kept = file.statements.map((statement) => {
    if (ts.isImportEqualsDeclaration(statement)) {
      return importedValue(ts, statement, declared);
    }
    declaredNames(ts, statement).forEach((name) => declared.add(name));
    return known.slice(statement.pos, statement.end);
  });
  for (const text of namespaces(ts, before, declared)) {
    if (!known.includes(text.trim())) {
      kept.push(`\n${text}`);
    }
  }
  const rest = [...names].filter((name) => !declared.has(name));
  return [...kept, ...rest.map((name) => `\nexport declare let ${name}: any;`)].join("") + "\n";
}

/** Shape: the texts of those that are not declared again, and what is declared `global`. */
function namespaces(ts, before, declared) {
  const file = ts.createSourceFile("declarations.d.ts", before, ts.ScriptTarget.Latest);
  const old = file.statements.filter(
    (one) => ts.isModuleDeclaration(one) && !declared.has(one.name.text),
  );
  old.forEach(({ name }) => name.text === "global" || declared.add(name.text));
  return old.map((one) => before.slice(one.pos, one.end));
}

function importedValue(ts, statement, declared) {
  const reference = statement.moduleReference;
  if (!ts.isExternalModuleReference(reference)) {
    return "";
  }
  declared.add(statement.name.text);
  const name = JSON.stringify(reference.expression.text);
  return `\nexport declare const ${statement.name.text}: typeof import(${name});`;
}

/** Shape: names of values, imports among them. */
function declaredNames(ts, statement) {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.text);
  }
  if (ts.isImportDeclaration(statement)) {
    const clause = statement.importClause;
    const bindings = clause?.namedBindings;
    const named = bindings && (ts.isNamespaceImport(bindings) ? [bindings] : bindings.elements);
    return [clause, ...(named ?? [])].flatMap((one) => (one?.name ? [one.name.text] : []));
  }
  const isValue =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement);
  return isValue && statement.name ? [statement.name.text] : [];
}

module.exports = { INITIAL, carriedOver };
