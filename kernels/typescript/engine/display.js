"use strict";
/** The module `tslab` of cells: what shows more than text. Its types are in display.d.ts. */
const { randomBytes } = require("crypto");
const { send } = require("./wire");

/** What Jupyter keeps as JSON, not as text. */
const isJson = (type) => /[/+]json$/.test(type);

/** Its functions can be taken out of it: `const { html } = tslab.display`. */
class Display {
  constructor(id) {
    this.id = id;
    this._isShown = false;
  }

  javascript = (text) => this.raw("text/javascript", text);
  html = (text) => this.raw("text/html", text);
  markdown = (text) => this.raw("text/markdown", text);
  latex = (text) => this.raw("text/latex", text);
  svg = (text) => this.raw("image/svg+xml", text);
  png = (bytes) => this.raw("image/png", bytes);
  jpeg = (bytes) => this.raw("image/jpeg", bytes);
  gif = (bytes) => this.raw("image/gif", bytes);
  pdf = (bytes) => this.raw("application/pdf", bytes);
  text = (text) => this.raw("text/plain", text);
  json = (value) => this.raw("application/json", value);
  vega = (spec) => this.mime(vegaBundle(spec));
  raw = (type, content) => this.mime({ [type]: content });

  /** Shows several forms of one thing; the front end takes the best it knows. */
  mime = (bundle, metadata = {}) => {
    const data = encodedBundle(bundle);
    const place = this.id ? { display_id: this.id, update: this._isShown } : {};
    send({ type: "display", data, metadata, ...place });
    this._isShown = true;
  };
}

function encodedBundle(bundle) {
  return Object.fromEntries(
    Object.entries(bundle).map(([type, content]) => [type, encoded(type, content)]),
  );
}

function encoded(type, content) {
  if (ArrayBuffer.isView(content)) {
    return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("base64");
  }
  if (isJson(type)) {
    return typeof content === "string" && type !== "application/json"
      ? JSON.parse(content)
      : content;
  }
  return typeof content === "string" ? content : String(content);
}

/** Shape: a mime bundle, or undefined where the value is no specification of Vega or Vega-Lite. */
function vegaBundle(spec) {
  const found =
    typeof spec?.$schema === "string" && /\/schema\/(vega(?:-lite)?)\/v(\d+)/.exec(spec.$schema);
  return found
    ? { [`application/vnd.${found[1].replace("-", "")}.v${found[2]}+json`]: spec }
    : undefined;
}

const api = {
  display: new Display(),
  newDisplay: () => new Display(randomBytes(8).toString("hex")),
  clearOutput: (wait = false) => send({ type: "clear", wait }),
  versions: {},
};

module.exports = { Display, api, encodedBundle, vegaBundle };
