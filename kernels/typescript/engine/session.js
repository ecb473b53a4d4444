"use strict";
/** The notebook's variables, and how a cell is run in their midst. */
const util = require("util");
const vm = require("vm");
const { INITIAL, carriedOver } = require("./declarations");
const lines = require("./lines");
const { Modules } = require("./modules");
const values = require("./values");
const { send } = require("./wire");

const BIND = "__bind__";
const SCOPE = "exports, require, module, __filename, __dirname";
const RESULT = /^tsLastExpr\d*$/;
const INPUT_POLL_MS = 20;

class Session {
  /** Shape: `ijavascript` is null where there is no `$$`. */
  constructor(compiler, interrupts, console, cwd, ijavascript) {
    this._compiler = compiler;
    this._interrupts = interrupts;
    this._console = console;
    this._ijavascript = ijavascript;
    this._modules = new Modules(cwd);
    this._variables = { prompt: console.prompt.bind(console) };
    this._exports = exportsOf(this._variables);
    this._running = null;
    this.declarations = INITIAL;
  }

  /** Runs a cell. Shape: null, or {ename, evalue, traceback}. */
  async execute({ code, silent, count }) {
    const shownAs = `In[${count}]`;
    const { program, error } = this._interrupts.shield(() => this._compile(code, shownAs));
    if (!program) {
      return error;
    }
    this._running = program;
    try {
      const value = await this._interrupts.run(() => this._run(program));
      if (value !== undefined && !silent) {
        send({ type: "result", data: value, metadata: {} });
      }
      return null;
    } catch (thrown) {
      return values.thrown(thrown);
    } finally {
      this._running = null;
      this._ijavascript?.end();
      this._interrupts.shield(() => this._keepDeclarations(program.declOutput));
    }
  }

  /** Shape: {program}, or {error}, which is null where there is nothing to run. */
  _compile(code, shownAs) {
    const metadata = this._compiler.metadata(code);
    if (metadata.module || metadata.mode === "browser") {
      return { error: this._register(code, metadata, shownAs) };
    }
    const program = this._compiler.convert(this.declarations, code);
    this._modules.update(program.sideOutputs ?? []);
    if (program.diagnostics.length) {
      return { error: values.rejected(program.diagnostics, code, shownAs) };
    }
    lines.nameProgram(shownAs, program.output ?? "", shownAs, 1);
    return { program: { ...program, shownAs } };
  }

  _register(code, metadata, shownAs) {
    if (!metadata.module) {
      process.stderr.write("a cell with @browser is not run: there is no browser here\n");
      return null;
    }
    const diagnostics = this._compiler.addModule(metadata.module, code, metadata);
    return diagnostics.length ? values.rejected(diagnostics, code, shownAs) : null;
  }

  /** Shape: the mime bundle of the last value, or undefined. */
  async _run(program) {
    program.mutable.forEach((name) => delete this._variables[name]);
    const output = this._ijavascript?.begin();
    const ran = script(program).runInThisContext()(
      this._exports,
      this._modules.require,
      this._modules.main,
      this._modules.main.filename,
      this._modules.main.path,
      bindTo(this._variables),
    );
    if (program.awaits) {
      await ran;
    }
    const value = this._takeResult(program.lastExpressionVar);
    // Only a promise: other things with a `then` (query builders) may act when they are awaited.
    const settled = util.types.isPromise(value) ? await value : value;
    await this._whileInputIsRead(program);
    if (output?.isDone || (output?.isAsync && !program.awaits && settled === value)) {
      return void (await output.ended);
    }
    return settled === undefined ? undefined : values.mimeBundle(settled);
  }

  _takeResult(name) {
    const value = name === undefined ? undefined : this._variables[name];
    delete this._variables[name];
    return value;
  }

  /**
   * A cell that has asked by `readline` runs until it has its answers, also where they go to a
   * callback.
   */
  async _whileInputIsRead(program) {
    await new Promise(setImmediate);
    while (this._console.isRead && this._running === program) {
      await new Promise((resolve) => setTimeout(resolve, INPUT_POLL_MS));
    }
  }

  _keepDeclarations(text) {
    const names = Object.keys(this._variables).filter((name) => !RESULT.test(name));
    this.declarations = carriedOver(this._compiler.typescript, text, names, this.declarations);
  }
}

/**
 * Two functions, so that a cell may define `require`. At its end, what it may still assign is tied
 * to the variables that later cells see.
 */
function script({ output = "", mutable, awaits, shownAs }) {
  const kind = awaits ? "async function" : "function";
  const head = `(function (${SCOPE}, ${BIND}) { return (${kind} () { `;
  const ties = mutable.map((name) => `${name}: [() => ${name}, (value) => { ${name} = value; }]`);
  const source = `${head}${output}\n;${BIND}({ ${ties.join(", ")} }); })(); })`;
  const importModuleDynamically = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  return new vm.Script(source, {
    filename: shownAs,
    columnOffset: -head.length,
    importModuleDynamically,
  });
}

function bindTo(variables) {
  return (ties) => {
    for (const [name, [get, set]] of Object.entries(ties)) {
      Object.defineProperty(variables, name, { get, set, configurable: true, enumerable: true });
    }
  };
}

/**
 * What programs see as `exports`: TypeScript defines imported names there, and they stay
 * assignable.
 */
function exportsOf(variables) {
  const define = (target, name, value) =>
    Reflect.defineProperty(target, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: true,
    });
  return new Proxy(variables, {
    defineProperty: (target, name, { get, value }) =>
      name === "__esModule" || define(target, name, get ? get() : value),
    set: (target, name, value) => Reflect.set(target, name, value),
  });
}

module.exports = { Session };
