"use strict";
/**
 * The engine of the TypeScript and JavaScript kernels: answers the front's requests. Usage: main.js
 * [--js]
 */
const { Interrupts } = require("./interrupts"); // first: it hears SIGINT

const interrupts = new Interrupts();
const { captureOutput, listen, send } = require("./wire");
const lines = require("./lines");

const isJavascript = process.argv.includes("--js");
process.argv.length = 1;
captureOutput();
send({ type: "ready" });

const { Compiler } = require("./compiler");
const assistance = require("./assistance");
const display = require("./display");
const { Ijavascript } = require("./ijavascript");
const { Console } = require("./input");
const { GLOBAL, searchGlobalPackages } = require("./modules");
const { Session } = require("./session");
const values = require("./values");

const waiting = [];
let isBusy = false;

const compiler = interrupts.shield(() => new Compiler(isJavascript, GLOBAL));
const notebook = new Console(onRequest);
const ijavascript = isJavascript ? new Ijavascript(notebook, values.mimed) : null;
const session = new Session(compiler, interrupts, notebook, process.cwd(), ijavascript);
Object.assign(display.api.versions, {
  tslab: require("tslab/package.json").version,
  typescript: compiler.typescript.version,
  node: process.version,
});

const answers = {
  complete: (request) =>
    interrupts.shield(() => assistance.complete(compiler, session.declarations, request)),
  inspect: (request) =>
    interrupts.shield(() => assistance.inspect(compiler, session.declarations, request)),
  is_complete: (request) => assistance.isComplete(compiler, isJavascript, request),
  execute: async (request) => {
    notebook.begin(request.id);
    const error = await session.execute(request);
    return error ? { error } : {};
  },
};

function onRequest(request) {
  if (request.type === "input_reply") {
    notebook.answer(request);
  } else if (request.type === "shutdown") {
    end();
  } else {
    waiting.push(request);
    work();
  }
}

async function work() {
  while (!isBusy && waiting.length) {
    isBusy = true;
    const request = waiting.shift();
    send({ type: "done", id: request.id, ...(await answer(request)) });
    isBusy = false;
  }
}

async function answer(request) {
  try {
    return await answers[request.type](request);
  } catch (error) {
    return request.type === "execute" ? { error: values.thrown(error) } : {};
  }
}

async function end() {
  await interrupts.close();
  process.reallyExit(0);
}

/** In a cell, `process.exit()` ends the cell: the variables of the others are not lost by it. */
process.exit = (code) => {
  const error = new Error(
    `process.exit(${code ?? ""}) ends the cell; to end the kernel, shut it down`,
  );
  error.name = "Exit";
  throw error;
};
process.on("uncaughtException", (error) =>
  process.stderr.write(`Uncaught ${values.thrown(error).traceback.join("\n")}\n`),
);
process.on("unhandledRejection", (error) =>
  process.stderr.write(`Unhandled rejection: ${values.thrown(error).traceback.join("\n")}\n`),
);
Error.prepareStackTrace = lines.prepareStackTrace;
searchGlobalPackages();
listen(onRequest, end);
