"use strict";
/** The two descriptors to the front: requests on 3, messages on 4. Knows nothing of cells. */
const fs = require("fs");
const net = require("net");
const { StringDecoder } = require("string_decoder");

const REQUESTS = 3;
const MESSAGES = 4;
const RETRY_MS = 10;
const NEWLINE = 10;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

let unread = [];

/** Writes a message; returns when the front's pipe has taken it. */
function send(message) {
  const line = Buffer.from(JSON.stringify(message) + "\n");
  for (let sent = 0; sent < line.length;) {
    sent += retried(() => fs.writeSync(MESSAGES, line, sent)) ?? 0;
  }
}

/** Calls `onRequest` for each request, and `onEnd` when the front has gone. */
function listen(onRequest, onEnd) {
  const socket = new net.Socket({ fd: REQUESTS, readable: true, writable: false });
  socket.on("data", (chunk) => parse(chunk).forEach(onRequest));
  socket.on("end", onEnd);
  socket.on("error", onEnd);
}

/**
 * Waits for the next requests while nothing else runs: for `prompt`, which does not return before
 * its answer.
 */
function receive() {
  const chunk = Buffer.alloc(1 << 16);
  const size = retried(() => fs.readSync(REQUESTS, chunk));
  if (size === 0) {
    process.reallyExit(0); // The front has gone.
  }
  return size === undefined ? [] : parse(chunk.subarray(0, size));
}

function parse(chunk) {
  unread.push(chunk);
  if (!chunk.includes(NEWLINE)) {
    return [];
  }
  const received = Buffer.concat(unread);
  const end = received.lastIndexOf(NEWLINE);
  unread = [received.subarray(end + 1)];
  return received
    .toString("utf8", 0, end)
    .split("\n")
    .map((line) => JSON.parse(line));
}

/**
 * Returns undefined, after a pause, where the descriptor is not ready: net.Socket makes it
 * non-blocking.
 */
function retried(call) {
  try {
    return call();
  } catch (error) {
    if (error.code !== "EAGAIN") {
      throw error;
    }
    Atomics.wait(sleeper, 0, 0, RETRY_MS);
    return undefined;
  }
}

/** Sends what cells print as messages, so that it keeps its place among what they display. */
function captureOutput() {
  for (const name of ["stdout", "stderr"]) {
    const decoder = new StringDecoder("utf8");
    process[name].write = (chunk, encoding, callback) => {
      const text = typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk));
      if (text) {
        send({ type: "stream", name, text });
      }
      const done = typeof encoding === "function" ? encoding : callback;
      if (done) {
        process.nextTick(done);
      }
      return true;
    };
  }
}

module.exports = { captureOutput, listen, receive, send };
