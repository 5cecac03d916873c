// SPDX-License-Identifier: MIT
// Runs a command of this project on any machine that has Node 18 or later and npm:
//
//   node scripts/bootstrap.mjs                       installs the packages of package-lock.json if they are missing
//   node scripts/bootstrap.mjs <script.ts> [args]    ... and runs a script under the Node of node_modules
//
// Plain JavaScript without dependencies, since it runs before there are any. The project pins its own Node (package
// `node`), so only the installation can meet an older one.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants as modes, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants, homedir } from "node:os";
import { delimiter, join } from "node:path";
import { clearInterval, setInterval, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIN = join(ROOT, "node_modules", ".bin");
const STAMP = join(ROOT, "node_modules", ".bootstrap-stamp");

/** Compiled modules, for a command and all processes that it starts: to load Hardhat takes two thirds of the time then. */
const COMPILE_CACHE = join(ROOT, "build", "compile-cache");

/** The oldest Node whose npm installs all platform packages: an older one skips Hardhat's, whose engine it is not. */
const OLDEST_INSTALLER = [22, 13];

/**
 * A process that does not end on a signal within this time is killed. It may have processes of its own to end first: a
 * devnet gives its nodes ten seconds, and a busy machine takes a multiple of that.
 */
const PATIENCE_MS = 120_000;

/** How often is looked whether the shell is still there that npm started this process with. */
const SHELL_MS = 500;

await install();
const [command, ...args] = process.argv.slice(2);
if (command !== undefined) process.exit(await run("node", [command, ...args]));

/** Installs what package-lock.json says, unless that was done for the same content. */
async function install() {
  const lock = createHash("sha256")
    .update(readFileSync(join(ROOT, "package-lock.json")))
    .digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === lock) return;

  const installer = isAtLeast(process.versions.node, OLDEST_INSTALLER)
    ? ["npm", "ci"]
    : ["npx", "--yes", "--package=node@24", "npm", "ci"];
  console.log(`Installing packages with: ${installer.join(" ")} (about a minute)`);
  const status = await run(installer[0], installer.slice(1));
  if (status !== 0) {
    console.error(`The installation failed with exit code ${status}.`);
    process.exit(status);
  }
  writeFileSync(STAMP, lock);
}

/**
 * Runs a program, first looked for in node_modules, and gives its exit code, 128 + n if signal n ended it. A signal that
 * this process gets is passed on: else the program would go on without it.
 */
function run(program, args) {
  const path = [BIN, process.env.PATH].join(delimiter);
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env, ...writableHome(), PATH: path },
    stdio: "inherit",
  });
  const end = (signal) => {
    child.kill(signal);
    setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS).unref();
  };
  const listeners = ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => {
    const passOn = () => end(signal);
    process.on(signal, passOn);
    return [signal, passOn];
  });
  // npm passes its signals on to a shell, which ends and passes nothing on: this process gets another parent.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end("SIGTERM");
  }, SHELL_MS);
  if (process.env.npm_lifecycle_event === undefined) clearInterval(watch);
  return new Promise((resolve) => {
    child.once("error", (error) => {
      console.error(`Cannot run ${program}: ${error.message}`);
      resolve(1);
    });
    child.once("exit", (code, signal) => {
      clearInterval(watch);
      for (const [name, passOn] of listeners) process.off(name, passOn);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/**
 * Variables that put what npm and Hardhat keep for a user into the project, for a user without a home that can be
 * written to, as in some containers.
 */
function writableHome() {
  if (canWrite(homedir())) return {};
  const home = join(ROOT, "build", "home");
  mkdirSync(home, { recursive: true });
  return { HOME: home, USERPROFILE: home, npm_config_cache: join(home, ".npm") };
}

function canWrite(folder) {
  try {
    accessSync(folder, modes.W_OK | modes.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isAtLeast(version, [major, minor]) {
  const [ownMajor, ownMinor] = version.split(".").map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
