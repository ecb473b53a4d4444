"use strict";
/** Writes the compiler's code cache, with what the first cell makes it compile. Run at build, with the kernel's own flags. */
const fs = require("fs");
const { CODE_CACHE, Compiler } = require("./compiler");

fs.rmSync(CODE_CACHE, { force: true });
const compiler = new Compiler(false, []);
const { declOutput } = compiler.convert("", 'import * as fs from "fs";\nlet six: number = 6;\nsix * 7');
compiler.complete(declOutput, "Math.ab", 7);
compiler.inspect(declOutput, "Math.abs", 6);
fs.writeFileSync(CODE_CACHE, compiler.script.createCachedData());
process.reallyExit(0);
