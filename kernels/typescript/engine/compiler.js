"use strict";
/**
 * TypeScript, and tslab's converter around it, which makes a cell a program that sees the cells
 * before. Runs nothing of the user's.
 */
const fs = require("fs");
const Module = require("module");
const path = require("path");
const vm = require("vm");
const lines = require("./lines");
const syntax = require("./syntax");

const TYPESCRIPT = require.resolve("@tslab/typescript-for-tslab");
/** Compiled code of the compiler's own, made at build by compile_cache.js: a third of the start. */
const CODE_CACHE = path.join(__dirname, "typescript.cache");
/** A `return` outside of a function, which only the checker of types complains of. */
const RETURN_OUTSIDE = 1108;
/** The declaration file cannot name a type. The value is there all the same: it becomes `any`. */
const UNNAMEABLE = new Set([2742, 2883, 9005, 9006]);

/** Loads TypeScript from its code cache. Shape: {typescript, script}. */
function loadTypescript() {
  const source = Module.wrap(fs.readFileSync(TYPESCRIPT, "utf8"));
  const cachedData = fs.existsSync(CODE_CACHE) ? fs.readFileSync(CODE_CACHE) : undefined;
  const script = new vm.Script(source, { filename: TYPESCRIPT, cachedData });
  const loaded = new Module(TYPESCRIPT, module);
  loaded.filename = TYPESCRIPT;
  script.runInThisContext()(loaded.exports, require, loaded, TYPESCRIPT, path.dirname(TYPESCRIPT));
  return { typescript: loaded.exports, script };
}

/** A converter for the notebook's directory, and what it leaves out. */
class Compiler {
  constructor(isJavascript, globalModules) {
    this._isJavascript = isJavascript;
    this._globalModules = globalModules;
    this._watched = new Map();
    const { typescript, script } = loadTypescript();
    this.typescript = typescript;
    this.script = script;
    this._interpose();
    this._tslab = require("tslab/dist/converter");
    this._metadata = require("tslab/dist/metadata");
    this._start();
  }

  _start() {
    this._watched.clear();
    this._converter?.close();
    this._converter = this._tslab.createConverter({ isJS: this._isJavascript, isBrowser: false });
  }

  /**
   * Gives tslab a TypeScript that keeps source maps, polls no files, and lets JavaScript be
   * JavaScript.
   */
  _interpose() {
    const real = this.typescript;
    real.sys.watchFile = (name, changed) => this._watch(name, changed);
    real.sys.watchDirectory = () => ({ close() {} });
    const exports = {
      ...real,
      createWatchCompilerHost: (files, options, ...rest) =>
        real.createWatchCompilerHost(files, { ...options, ...this._options() }, ...rest),
      getPreEmitDiagnosticsOfFiles: (program, files) => this._diagnostics(program, files),
      transpileModule: (source, options) => this._transpile(source, options),
    };
    require.cache[TYPESCRIPT] = Object.assign(new Module(TYPESCRIPT, module), {
      exports,
      loaded: true,
    });
  }

  _options() {
    const found = this._globalModules.filter((directory) => fs.existsSync(directory));
    const paths = found.flatMap((directory) => [`${directory}/*`, `${directory}/@types/*`]);
    // All that Node has is newer than the converter's choice.
    const lib = ["lib.esnext.d.ts"];
    return { inlineSourceMap: true, lib, ...(found.length ? { paths: { "*": paths } } : {}) };
  }

  /**
   * The user's own files are looked at before each cell; what npm installed and TypeScript's do not
   * change.
   */
  _watch(name, changed) {
    if (name.includes("/node_modules/")) {
      return { close() {} };
    }
    const entry = { changed, modified: modified(name) };
    this._watched.set(name, entry);
    return { close: () => this._watched.get(name) === entry && this._watched.delete(name) };
  }

  _notifyOfChanges() {
    for (const [name, entry] of this._watched) {
      const now = modified(name);
      if (now !== entry.modified) {
        entry.modified = now;
        entry.changed(name, this.typescript.FileWatcherEventKind.Changed);
      }
    }
  }

  _diagnostics(program, files) {
    const ts = this.typescript;
    this._locals = files[0].locals ?? new Map();
    this._awaits = syntax.awaitsAtTop(ts, files[0]);
    const ofSyntax = files.flatMap((file) => program.getSyntacticDiagnostics(file));
    if (this._isJavascript && syntax.hasAtTop(ts, files[0], ts.isReturnStatement)) {
      const isReturn = ({ code }) => code === RETURN_OUTSIDE;
      ofSyntax.push(...program.getSemanticDiagnostics(files[0]).filter(isReturn));
    }
    if (this._isJavascript || ofSyntax.length) {
      return ofSyntax;
    }
    // The converter exports every name there is, and `declare global` is one to it.
    const isNone = ({ code, messageText }) =>
      UNNAMEABLE.has(code) || (code >= 4000 && code < 5000) || /'__global'/.test(messageText);
    return ts.getPreEmitDiagnosticsOfFiles(program, files).filter((one) => !isNone(one));
  }

  _transpile(source, options) {
    const [text, first] = lines.splitMap(source);
    const compilerOptions = { ...options.compilerOptions, inlineSourceMap: true };
    const done = this.typescript.transpileModule(text, { ...options, compilerOptions });
    const [outputText, second] = lines.splitMap(done.outputText);
    lines.rememberMaps(outputText, [second, first].filter(Boolean));
    return { ...done, outputText };
  }

  /**
   * Shape: what tslab's `convert` returns, with `mutable`: names that the program assigns, and
   * `awaits`.
   */
  convert(declarations, cell) {
    const code = syntax.rewritten(this.typescript, cell);
    this._notifyOfChanges();
    lines.forgetEmitted();
    let converted = this._converter.convert(declarations, code);
    if (converted.diagnostics.some(isOfNewPackage)) {
      this._start();
      converted = this._converter.convert(declarations, code);
    }
    const { SymbolFlags } = this.typescript;
    const assigned =
      SymbolFlags.FunctionScopedVariable |
      SymbolFlags.BlockScopedVariable |
      SymbolFlags.Function |
      SymbolFlags.Class;
    const mutable = [...this._locals].filter(
      ([, symbol]) => symbol.flags & assigned && !isConstant(this.typescript, symbol),
    );
    return { ...converted, mutable: mutable.map(([name]) => name), awaits: this._awaits };
  }

  /** Makes a cell that begins with `@module NAME` importable. Shape: diagnostics. */
  addModule(name, code, metadata) {
    return this._converter.addModule(name, code, metadata);
  }

  /** Shape: {module?, mode?, jsx?}, from the comments at the top of a cell. */
  metadata(code) {
    return this._metadata.getCodeMetadata(code);
  }

  complete(declarations, code, position) {
    return this._converter.complete(declarations, code, position);
  }

  inspect(declarations, code, position) {
    return this._converter.inspect(declarations, code, position);
  }
}

function modified(name) {
  return fs.statSync(name, { throwIfNoEntry: false })?.mtimeMs;
}

function isConstant(ts, symbol) {
  const declaration = symbol.valueDeclaration;
  return Boolean(declaration && ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const);
}

/**
 * Whether a package that the converter has not seen is there by now: it was installed meanwhile.
 */
function isOfNewPackage({ messageText }) {
  const name = /^Cannot find module '([^']+)'/.exec(messageText)?.[1];
  try {
    return (
      name !== undefined && Boolean(Module.createRequire(process.cwd() + "/cell.js").resolve(name))
    );
  } catch {
    return false;
  }
}

module.exports = { CODE_CACHE, Compiler };
