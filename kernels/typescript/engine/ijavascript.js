"use strict";
/** IJavascript's `$$` for cells of JavaScript: results at any time, and cells that end later. */
const { Display, encodedBundle } = require("./display");
const { send } = require("./wire");

const METHODS = {
  mime: (bundle) => bundle,
  text: (text) => ({ "text/plain": text }),
  html: (html) => ({ "text/html": html }),
  svg: (svg) => ({ "image/svg+xml": svg }),
  png: (png) => ({ "image/png": png }),
  jpeg: (jpeg) => ({ "image/jpeg": jpeg }),
  json: (json) => ({ "application/json": json }),
};
/** `$$html$$ = text` is `$$.html(text)`. */
const ASSIGNABLE = ["mime", "html", "svg", "png", "jpeg"];

/** What one cell has said of its end. */
class Output {
  constructor() {
    this.isAsync = false;
    this.isDone = false;
    this.hasEnded = false;
    this.ended = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.ended.catch(() => {}); // where nobody waits
  }

  result(bundle, goesOn) {
    if (!this.isDone) {
      const type = this.hasEnded ? "display" : "result";
      send({ type, data: encodedBundle(bundle), metadata: {} });
      this._goOn(goesOn);
    }
  }

  fail(error, goesOn) {
    if (goesOn) {
      process.stderr.write(`${error?.stack ?? error}\n`);
    }
    this.reject(error);
    this._goOn(goesOn);
  }

  _goOn(goesOn) {
    this.isAsync ||= Boolean(goesOn);
    if (!goesOn) {
      this.isDone = true;
      this.resolve();
    }
  }
}

/** The globals. Shape: `begin` starts a cell, and returns its Output; `end` ends it. */
class Ijavascript {
  constructor(notebook, mimer) {
    this._notebook = notebook;
    this._output = new Output();
    this._mimer = mimer;
    const api = this._api();
    const define = (name, property) =>
      Object.defineProperty(globalThis, name, { configurable: true, ...property });
    define("$$", { value: api, writable: true });
    define("$$done$$", { value: api.done, writable: true });
    define("$$mimer$$", { value: mimer, writable: true });
    define("$$defaultMimer$$", { value: mimer });
    define("$$async$$", { get: () => this._output.isAsync, set: api.async });
    ASSIGNABLE.forEach((name) => define(`$$${name}$$`, { set: (value) => api[name](value) }));
  }

  begin() {
    this._output = new Output();
    return this._output;
  }

  end() {
    this._output.hasEnded = true;
  }

  _api() {
    const shows = Object.entries(METHODS).map(([name, bundle]) => [
      name,
      (content, goesOn) => this._settled(content, (value) => [bundle(value), goesOn]),
    ]);
    return {
      ...Object.fromEntries(shows),
      async: (value = true) => (this._output.isAsync = Boolean(value)),
      done: (...result) => {
        const output = this._output;
        return result.length ? output.result(this.mimed(result[0])) : output._goOn(false);
      },
      sendResult: (result, goesOn) =>
        this._settled(result, (value) => [this.mimed(value), goesOn]),
      sendError: (error, goesOn) => this._output.fail(error, goesOn),
      input: (options, callback) => this._input(options, callback),
      display: (id) => Object.assign(new Display(id), { close() {} }),
      clear: ({ wait = false } = {}) => send({ type: "clear", wait }),
    };
  }

  /** Shows a value, of a promise when it is settled: the cell waits for it. */
  _settled(content, shape) {
    const output = this._output;
    if (!(content instanceof Promise)) {
      output.result(...shape(content));
      return;
    }
    output.isAsync = true;
    content.then(
      (value) => output.result(...shape(value)),
      (error) => output.fail(error),
    );
  }

  mimed(value) {
    const mimer = globalThis.$$mimer$$;
    return (typeof mimer === "function" ? mimer : this._mimer)(value);
  }

  _input({ prompt = "", password = false } = {}, callback) {
    this._output.isAsync = true;
    const line = this._notebook.ask(String(prompt), Boolean(password));
    return typeof callback === "function" ? void line.then((text) => callback(null, text)) : line;
  }
}

module.exports = { Ijavascript };
