"use strict";
/**
 * SIGINT ends what a cell does: a wait by rejecting it, a loop by terminating JavaScript from a
 * second thread. vm's breakOnSigint would not do: it does not reach a loop in a callback or after
 * an `await`.
 */
const { Worker } = require("worker_threads");

/** Shared: how often this thread has heard SIGINT, and whether it may be terminated. */
const HEARD = 0;
const ALLOWED = 1;

/**
 * Where the main thread has not heard the signal soon, it loops. Terminates with the loop the
 * callback it is in.
 */
const WATCHER = `
process.noDeprecation = true;
const { Session } = require("inspector");
const { workerData: shared } = require("worker_threads");
const session = new Session();
session.connectToMainThread();
const signal = new (process.binding("signal_wrap").Signal)();
let arrived = Atomics.load(shared, ${HEARD});
signal.onsignal = () => {
  // Counted here: this thread may hear of the signal after the main thread has.
  const number = ++arrived;
  const timer = setInterval(() => {
    if (Atomics.load(shared, ${HEARD}) >= number) clearInterval(timer);
    else if (Atomics.load(shared, ${ALLOWED})) session.post("Runtime.terminateExecution", () => {});
  }, 100);
};
signal.start(2);
`;

class Interrupted extends Error {
  constructor() {
    super("the cell was interrupted (SIGINT)");
    this.name = "Interrupted";
    this.stack = `${this.name}: ${this.message}`;
  }
}

class Interrupts {
  constructor() {
    this._shared = new Int32Array(new SharedArrayBuffer(8));
    this._reject = () => {};
    process.on("SIGINT", () => {
      Atomics.add(this._shared, HEARD, 1);
      this._reject(new Interrupted());
    });
    const resourceLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 };
    this._watcher = new Worker(WATCHER, { eval: true, workerData: this._shared, resourceLimits });
    this._watcher.unref();
  }

  /** Runs a function of the user's, in a callback of its own, and waits for it until SIGINT. */
  async run(call) {
    const ended = new Promise((resolve, reject) => {
      let isWanted = true;
      this._reject = (error) => {
        isWanted = false;
        reject(error);
      };
      // In the next turn of the loop: a SIGINT of the time when the cell was compiled is heard
      // before.
      setImmediate(() => setImmediate(() => isWanted && call().then(resolve, reject)));
    });
    try {
      return await ended;
    } finally {
      this._reject = () => {};
    }
  }

  /** Runs a function of ours that must not be cut in two. */
  shield(call) {
    Atomics.store(this._shared, ALLOWED, 0);
    try {
      return call();
    } finally {
      Atomics.store(this._shared, ALLOWED, 1);
    }
  }

  /** Stops the watcher: an inspector that is connected holds up the end of the process. */
  async close() {
    await this._watcher.terminate();
  }
}

module.exports = { Interrupted, Interrupts };
