"use strict";
/**
 * Writes the compiler's code cache, with what the first cell makes it compile; `check` ends with 1
 * where V8 refuses it. Run at build, with the kernel's own flags. Usage: compile_cache.js write |
 * check
 */
const fs = require("fs");
const { CODE_CACHE, Compiler } = require("./compiler");

const isCheck = process.argv[2] === "check";
if (!isCheck) {
  fs.rmSync(CODE_CACHE, { force: true });
}
const compiler = new Compiler(false, []);
const { declOutput } = compiler.convert(
  "",
  'import * as fs from "fs";\nlet six: number = 6;\nsix * 7',
);
compiler.complete(declOutput, "Math.ab", 7);
compiler.inspect(declOutput, "Math.abs", 6);
if (!isCheck) {
  fs.writeFileSync(CODE_CACHE, compiler.script.createCachedData());
}
process.reallyExit(isCheck && compiler.script.cachedDataRejected !== false ? 1 : 0);
