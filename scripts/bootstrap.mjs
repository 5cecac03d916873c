// Runs a command of this project on any machine that has Node 18 or later and npm:
//
//   node scripts/bootstrap.mjs                       installs the packages of package-lock.json if they are missing
//   node scripts/bootstrap.mjs <script.ts> [args]    ... and runs a script under the Node of node_modules
//   node scripts/bootstrap.mjs --bin <tool> [args]   ... and runs a package's command likewise
//
// Plain JavaScript without dependencies, since it runs before there are any. The project pins its own Node (package
// `node`), so only the installation can meet an older one.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIN = join(ROOT, "node_modules", ".bin");
const STAMP = join(ROOT, "node_modules", ".bootstrap-stamp");

/** The oldest Node whose npm installs all platform packages: an older one skips Hardhat's, whose engine it is not. */
const OLDEST_INSTALLER = [22, 13];

install();
const [command, ...args] = process.argv.slice(2);
if (command !== undefined) process.exit(command === "--bin" ? runTool(args) : run("node", [command, ...args]));

/** Installs what package-lock.json says, unless that was done for the same content. */
function install() {
  const lock = createHash("sha256")
    .update(readFileSync(join(ROOT, "package-lock.json")))
    .digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === lock) return;

  const installer = isAtLeast(process.versions.node, OLDEST_INSTALLER)
    ? ["npm", "ci"]
    : ["npx", "--yes", "--package=node@24", "npm", "ci"];
  console.log(`Installing packages with: ${installer.join(" ")} (about a minute)`);
  const status = run(installer[0], installer.slice(1));
  if (status !== 0) {
    console.error(`The installation failed with exit code ${status}.`);
    process.exit(status);
  }
  writeFileSync(STAMP, lock);
}

function runTool([tool, ...args]) {
  return run(tool, args);
}

/** Runs a program, first looked for in node_modules, and gives its exit code. */
function run(program, args) {
  const path = [BIN, process.env.PATH].join(delimiter);
  const { status, signal, error } = spawnSync(program, args, {
    cwd: ROOT,
    env: { ...process.env, PATH: path },
    stdio: "inherit",
  });
  if (error !== undefined) console.error(`Cannot run ${program}: ${error.message}`);
  if (signal !== null) console.error(`${program} was ended by ${signal}`);
  return status ?? 1;
}

function isAtLeast(version, [major, minor]) {
  const [ownMajor, ownMinor] = version.split(".").map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
