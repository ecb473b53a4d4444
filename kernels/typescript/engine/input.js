"use strict";
/** What cells read: `prompt`, and `process.stdin` for `readline`. The front asks the person. */
const { Readable } = require("stream");
const { receive, send } = require("./wire");

const REFUSED = "the cell wants input, and this front end gives none\n";

/** Standard input: a line is asked for when somebody reads. */
class Input extends Readable {
  constructor() {
    super({ encoding: undefined });
    this.fd = 0;
    this.isTTY = false;
    this._wanted = false;
    this._asked = false;
    this.on("resume", () => this._ask());
  }

  _read() {
    this._wanted = true;
    this._ask();
  }

  /** Whether somebody is reading now. */
  get isRead() {
    return this._asked || (this._wanted && this.readableFlowing === true && !this.readableEnded);
  }

  /** Later, because `readline` reads ahead: it may be closed as soon as it has its line. */
  _ask() {
    setImmediate(() => {
      if (this._wanted && !this._asked && !this.isPaused() && this.readableFlowing !== false) {
        this._asked = true;
        send({ type: "input", prompt: "", password: false });
      }
    });
  }

  answer(reply) {
    if (this._asked) {
      this._asked = this._wanted = false;
      if (reply.error) {
        process.stderr.write(REFUSED);
      }
      this.push(reply.error || reply.eof ? null : reply.value + "\n");
    }
  }

  setRawMode() {
    return this;
  }
}

/** The running engine's input, a new stream after each end. */
class Console {
  constructor(onOther) {
    this._onOther = onOther;
    this._input = new Input();
    this._cell = 0;
    this._asked = null;
    Object.defineProperty(process, "stdin", {
      configurable: true,
      enumerable: true,
      get: () => this.stdin,
    });
  }

  get stdin() {
    if (this._input.readableEnded || this._input.destroyed) {
      this._input = new Input();
    }
    return this._input;
  }

  answer(reply) {
    if (reply.id !== this._cell) {
      return;
    }
    if (this._asked) {
      this._asked(reply.error || reply.eof ? null : reply.value);
      this._asked = null;
    } else {
      this._input.answer(reply);
    }
  }

  /** Asks without holding the thread. Shape: a promise of the line, or of null. */
  ask(prompt, password) {
    send({ type: "input", prompt, password });
    return new Promise((resolve) => {
      this._asked = resolve;
    });
  }

  /** Takes replies to this cell only; who was reading before has been interrupted. */
  begin(cell) {
    this._cell = cell;
    this._asked = null;
    if (this._input.isRead) {
      this._input.destroy();
    }
  }

  get isRead() {
    return this._input.isRead;
  }

  /** As in a browser: returns the line, or null where there is none. */
  prompt(message = "", standard = "") {
    send({ type: "input", prompt: message === "" ? "" : `${message} `, password: false });
    for (;;) {
      for (const request of receive()) {
        if (request.type === "input_reply" && request.id === this._cell) {
          if (request.error) {
            process.stderr.write(REFUSED);
          }
          return request.error || request.eof ? null : request.value || String(standard);
        }
        this._onOther(request);
      }
    }
  }
}

module.exports = { Console };
