/** The version strings of tslab and its dependencies. */
interface Versions {
  tslab: string;
  typescript: string;
  node: string;
}
/** The version strings of tslab and its dependencies. */
export declare const versions: Versions;
export interface Display {
  javascript(s: string): void;
  html(s: string): void;
  markdown(s: string): void;
  latex(s: string): void;
  svg(s: string): void;
  png(b: Uint8Array): void;
  jpeg(b: Uint8Array): void;
  gif(b: Uint8Array): void;
  pdf(b: Uint8Array): void;
  text(s: string): void;
  /** Shows a value as a tree that can be opened. */
  json(value: unknown): void;
  /** Draws a chart: a specification of Vega or Vega-Lite with its `$schema`. */
  vega(spec: object): void;
  /** Shows content of any MIME type; objects for JSON types. */
  raw(contentType: string, b: string | Uint8Array | object): void;
  /** Shows several forms of one thing; the front end takes the best it knows. */
  mime(bundle: { [contentType: string]: string | Uint8Array | object }, metadata?: object): void;
}
/** Returns a new `Display` instance which displays and overwrites a single display-entry. */
export declare function newDisplay(): Display;
/** Utility functions to display rich contents. */
export declare const display: Display;
/** Clears what the cell has shown; with `wait`, not before there is something new. */
export declare function clearOutput(wait?: boolean): void;
export {};
