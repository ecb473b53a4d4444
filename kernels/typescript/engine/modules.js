"use strict";
/**
 * `require` as cells see it: the notebook's packages, local TypeScript, `tslab` itself, global
 * packages.
 */
const fs = require("fs");
const Module = require("module");
const os = require("os");
const path = require("path");
const display = require("./display");
const lines = require("./lines");

/** Where `npm install --global` puts packages: for the user, then for everybody. */
const GLOBAL = [
  path.join(os.homedir(), ".local/lib/node_modules"),
  "/usr/local/lib/node_modules",
  "/usr/lib/node_modules",
];

/** Makes global packages the last place that is searched; child processes do not inherit it. */
function searchGlobalPackages() {
  const before = process.env.NODE_PATH;
  process.env.NODE_PATH = [before, ...GLOBAL].filter(Boolean).join(path.delimiter);
  Module._initPaths();
  if (before === undefined) {
    delete process.env.NODE_PATH;
  } else {
    process.env.NODE_PATH = before;
  }
}

/**
 * Programs that the compiler made of TypeScript files and of cells with `@module`, and what they
 * export.
 */
class Modules {
  constructor(directory) {
    this._directory = directory;
    this._texts = new Map();
    this._loaded = new Map();
    /** What cells see as `module`. */
    this.main = new Module(path.join(directory, "cell.js"));
    this.main.filename = this.main.id;
    this.main.paths = Module._nodeModulePaths(directory);
    this.require = this._wrap(Module.createRequire(this.main.id), directory);
  }

  /** Takes newly compiled files. Shape: [{path, data}]. */
  update(outputs) {
    for (const { path: filename, data } of outputs) {
      this._texts.set(filename, data);
      // Whatever imports it, too, has to see the new one.
      this._loaded.clear();
      const source = filename.replace(/\.js$/, ".ts");
      const isFile = fs.existsSync(source);
      lines.nameProgram(filename, data, isFile ? source : path.basename(source), isFile ? 0 : 1);
    }
  }

  _wrap(real, directory) {
    return new Proxy(real, {
      apply: (_target, self, args) => {
        if (args[0] === "tslab") {
          return display.api;
        }
        const own =
          typeof args[0] === "string" && this._load(path.join(directory, args[0]), args[0]);
        return own ? own.exports : Reflect.apply(real, self, args);
      },
    });
  }

  _load(joined, id) {
    const filename = path.extname(joined) === ".js" ? joined : `${joined}.js`;
    if (path.isAbsolute(id) || !this._texts.has(filename)) {
      return undefined;
    }
    let loaded = this._loaded.get(filename);
    if (!loaded) {
      loaded = new Module(filename, module);
      loaded.filename = filename;
      loaded.paths = Module._nodeModulePaths(path.dirname(filename));
      loaded.require = this._wrap(Module.createRequire(filename), path.dirname(filename));
      this._loaded.set(filename, loaded); // before it runs: modules may import each other
      try {
        loaded._compile(this._texts.get(filename), filename);
      } catch (error) {
        this._loaded.delete(filename);
        throw error;
      }
    }
    return loaded;
  }
}

module.exports = { GLOBAL, Modules, searchGlobalPackages };
