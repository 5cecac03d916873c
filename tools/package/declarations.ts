// SPDX-License-Identifier: MIT
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const DIST = join(PROJECT_ROOT, "dist");

/** Packages that come without types: `src/types` has them. */
const UNTYPED = ["snarkjs", "ffjavascript", "circom_runtime"] as const;

/**
 * Finishes the compiler's output in `dist`: the contracts' types are needed as types alone; the declarations name
 * `.ts` files, which are not there, and need types of packages that have none.
 */
export function finishDeclarations(): void {
  for (const name of globSync("typechain-types/**/*.js", { cwd: DIST })) rmSync(join(DIST, name));
  const types = join(DIST, "src", "types");
  cpSync(join(PROJECT_ROOT, "src", "types"), types, { recursive: true });
  for (const name of globSync("**/*.d.ts", { cwd: DIST })) {
    const path = join(DIST, name);
    const text = readFileSync(path, "utf8").replace(/(from |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"');
    const references = UNTYPED.filter((library) => text.includes(`from "${library}"`)).map(
      (library) => `/// <reference path="${relative(dirname(path), join(types, `${library}.d.ts`))}" />\n`,
    );
    writeFileSync(path, references.join("") + text);
  }
}

/** The line by which a shell knows the program of a command. */
const INTERPRETER = "#!/usr/bin/env node\n";

/**
 * Puts the licence of each compiled module on its first line: the compiler drops it together with an import of types, or
 * declares variables of its own before it. A command has the name of its interpreter before it.
 */
export function stateLicences(): void {
  for (const name of globSync("{src,scripts,tools}/**/*.{js,d.ts}", { cwd: DIST })) {
    const source = join(PROJECT_ROOT, name.replace(/(\.d\.ts|\.js)$/, ".ts"));
    const path = join(DIST, name);
    if (!existsSync(source)) continue;
    const [licence] = readFileSync(source, "utf8").split("\n");
    const rest = readFileSync(path, "utf8").replace(`${licence}\n`, "");
    const isCommand = name.startsWith("scripts") && name.endsWith(".js");
    writeFileSync(path, `${isCommand ? INTERPRETER : ""}${licence}\n${rest}`);
  }
}
