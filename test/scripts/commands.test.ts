// SPDX-License-Identifier: MIT
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const { scripts } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8")) as {
  scripts: Readonly<Record<string, string>>;
};
const BOOTSTRAP = "node scripts/bootstrap.mjs ";
const OBSERVE = fileURLToPath(new URL("fixtures/observe.mjs", import.meta.url));
const HASH = "0f".repeat(64);
const KEY = `0x${"01".repeat(32)}`;
const ADDRESS = `0x${"11".repeat(20)}`;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Packages that take long to load, of those that were. */
  readonly loaded: readonly string[];
  /** Processes that were started. */
  readonly started: number;
}

/** Runs a command of package.json, without npm and the check of what is installed. */
async function call(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const [script, ...given] = scripts[command]!.slice(BOOTSTRAP.length).split(" ");
  const {
    PRIVATE_KEY: _key,
    LOCALHOST_URL: _local,
    DEPLOYER_KEY: _deployer,
    SEPOLIA_RPC_URL: _url,
    ...rest
  } = process.env;
  const child = spawn(process.execPath, ["--import", OBSERVE, script!, ...given, ...args], {
    cwd: PROJECT_ROOT,
    env: { ...rest, ...env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const texts = ["", "", ""];
  child.stdio
    .slice(1)
    .forEach((stream, i) => stream?.on("data", (chunk: Buffer) => (texts[i] = (texts[i] ?? "") + chunk.toString())));
  const [code] = (await once(child, "close")) as [number | null];
  const [stdout, stderr, observed] = texts as [string, string, string];
  return { code, stdout, stderr, ...(JSON.parse(observed) as { loaded: string[]; started: number }) };
}

/** Wrong calls: the command, its arguments, what the answer has to name, and variables of the environment. */
const WRONG: readonly (readonly [
  command: string,
  args: readonly string[],
  named: string,
  env?: Readonly<Record<string, string>>,
])[] = [
  ["demo", ["poe", "mainnet"], "lifecycle mainnet: must be one of poe, b52, escape"],
  ["test", ["test/none.test.ts"], "test file test/none.test.ts: there is no such file"],
  ["test", ["README.md"], "test file README.md: must end in"],
  ["docs", ["everything"], "argument everything"],
  ["tables", ["extra"], "argument extra"],
  ["docs:site", ["extra"], "npm run docs:site has no argument extra"],
  ["language", ["poetry"], "argument poetry: must be one of code"],
  ["examples", ["wallet"], "Unexpected argument 'wallet'"],
  ["setup", ["leaf"], "Unexpected argument 'leaf'"],
  ["bench", ["now"], "Unexpected argument 'now'"],
  ["coverage", ["now"], "Unexpected argument 'now'"],
  ["simulate", ["weather"], "experiment weather: must be one of tree, nodes"],
  ["simulate", ["--seeds", "0"], "--seeds 0"],
  ["lab", [], "experiment is missing: must be one of score"],
  ["lab", ["weather"], "experiment weather: must be one of score"],
  ["lab", ["score", "score"], "argument score: there can be one experiment only"],
  ["lab", ["score", "--seed", "4294967296"], "--seed 4294967296: must be a whole number from 0 to 4294967295"],
  ["lab", ["score", "--set", "bettors=1"], "--set bettors=1: must be a whole number from 2 to 50"],
  ["lab", ["all", "--seed", "2"], "all takes no --set, --small, --seed and --out"],
  ["lab", ["score", "--seed", "-1"], "--seed -1: a value that begins with a dash is written as --seed=-1"],
  ["lab", ["score", "--small", "--out", ""], "--out is missing"],
  ["lab", ["score", "--small", "--out", "README.md/x"], "--out README.md/x: no folder can be made there (EEXIST)"],
  ["formal", ["now"], "Unexpected argument 'now'"],
  ["mutate", [], "command is missing: must be one of contracts, elections, circuits, report"],
  ["mutate", ["everything"], "command everything"],
  ["mutate", ["contracts", "--percent", "101"], "--percent 101"],
  ["mutate", ["contracts", "--minutes", "soon"], "--minutes soon"],
  ["mutate", ["contracts", "--seed", "-1"], "--seed"],
  ["mutate", ["contracts", "--tests", "0"], "--tests 0"],
  ["mutate", ["contracts", "report"], "argument report"],
  ["test:deep", ["--minutes", "-1"], "--minutes"],
  ["test:deep", ["--minutes", "1h"], "--minutes 1h"],
  ["test:deep", ["--seed", "1.5"], "--seed 1.5"],
  ["test:deep", ["--only", "all"], "--only all: must be one of invariants, b52"],
  ["deploy", [], "--network is missing: must be one of localhost, sepolia"],
  ["deploy", ["--network", "mainnet"], "--network mainnet: must be one of localhost, sepolia"],
  ["deploy", ["--network", "localhost", "--election", ""], "--election is missing"],
  ["deploy", ["--network"], "--network"],
  [
    "deploy",
    ["--network", "localhost", "--system", "Both"],
    "--system Both: must be one of ProofOfEfficiency, B52, Pair",
  ],
  ["deploy", ["--network", "localhost", "--parameters", "none"], "--parameters none: must be one of local, sepolia"],
  ["deploy", ["--network", "localhost", "--parameters", "none.json"], "--parameters none.json: there is no such file"],
  ["deploy", ["--network", "localhost", "--id", "a/b"], "--id a/b"],
  ["deploy", ["--network", "localhost", "--gas-price", "cheap"], "--gas-price cheap"],
  ["deploy", ["--network", "localhost", "--explorer", "mine"], "--explorer mine"],
  ["deploy", ["--network", "localhost", "--profile", "test"], "--profile test"],
  ["deploy", ["--network", "localhost", "--dry-run", "--check"], "--check"],
  ["deploy", ["--network", "localhost"], "LOCALHOST_URL of the environment", { LOCALHOST_URL: "nowhere" }],
  ["deploy", ["--network", "sepolia"], "SEPOLIA_RPC_URL of the environment ftp://x", { SEPOLIA_RPC_URL: "ftp://x" }],
  [
    "deploy",
    ["--network", "sepolia"],
    "DEPLOYER_KEY of the environment is not a private key",
    { DEPLOYER_KEY: "0x12" },
  ],
  ["escape", [], "--rpc is missing"],
  ["escape", ["--rpc", "http://127.0.0.1:1"], "--rollup is missing", { PRIVATE_KEY: KEY }],
  ["escape", ["--rpc", "nowhere", "--rollup", ADDRESS], "--rpc nowhere", { PRIVATE_KEY: KEY }],
  ["escape", ["--rpc", "http://127.0.0.1:1", "--rollup", "0x12"], "--rollup 0x12", { PRIVATE_KEY: KEY }],
  ["escape", ["--rpc", "http://127.0.0.1:1", "--rollup", ADDRESS], "the environment has no PRIVATE_KEY"],
  [
    "escape",
    ["--rpc", "http://127.0.0.1:1", "--rollup", ADDRESS],
    "PRIVATE_KEY of the environment is not a private key",
    { PRIVATE_KEY: `0x${"ff".repeat(32)}` },
  ],
  [
    "escape",
    ["--rpc", "http://127.0.0.1:1", "--rollup", ADDRESS, "--deployment-block", "0x10"],
    "--deployment-block 0x10",
    { PRIVATE_KEY: KEY },
  ],
  [
    "escape",
    ["--rpc", "http://127.0.0.1:1", "--rollup", ADDRESS, "--dust", "1"],
    "--dust 1: must be <token>=<amount>",
    { PRIVATE_KEY: KEY },
  ],
  [
    "escape",
    ["--rpc", "http://127.0.0.1:1", "--rollup", ADDRESS, "--max-total", "1 ETH"],
    "--max-total 1 ETH: must be an amount of ETH",
    { PRIVATE_KEY: KEY },
  ],
  ["ceremony", [], "command is missing: must be one of import, new"],
  ["ceremony", ["begin"], "command begin"],
  ["ceremony", ["import", "--hash", HASH], "the .ptau file is missing"],
  ["ceremony", ["import", "none.ptau", "--hash", HASH], "file none.ptau: there is no such file"],
  ["ceremony", ["import", "README.md"], "--hash is missing"],
  ["ceremony", ["import", "README.md", "--hash", "12"], "--hash 12"],
  ["ceremony", ["new", "--profile", "test"], "--profile test"],
  ["ceremony", ["new", "--circuit", "none"], "--circuit none: must be one of leaf, merge"],
  ["ceremony", ["contribute"], "--name is missing"],
  ["ceremony", ["contribute", "--name", "x".repeat(65)], "--name"],
  ["ceremony", ["beacon"], "--value is missing"],
  ["ceremony", ["beacon", "--value", "xyz"], "--value xyz"],
  ["ceremony", ["beacon", "--value", "00", "--iterations", "9"], "--iterations 9"],
  ["ceremony", ["verify"], "--hash is missing"],
  [
    "ceremony",
    ["verify", "--hash", HASH, "--transcript", "none.json"],
    "--transcript none.json: there is no such file",
  ],
  ["ceremony", ["export", "--hash", HASH], "--transcript is missing"],
  ["node", [], "--data-dir is missing"],
  ["node", ["--l1", "nowhere"], "--l1 nowhere: must be a URL"],
  ["node", ["--config", "none.json"], "--config none.json: there is no such file"],
  ["node", ["--config", "README.md"], "--config README.md: is not JSON"],
  ["wallet", [], "command is missing: must be one of key make, key show, status"],
  ["wallet", ["fly"], "command fly: must be one of"],
  ["wallet", ["key", "make", "again"], "key make takes no arguments: again is one too many"],
  ["wallet", ["key", "make", "--key", "new.json"], "the environment has no WALLET_PASSWORD"],
  ["wallet", ["key", "make", "--key", "new.json"], "has fewer than 8 characters", { WALLET_PASSWORD: "short" }],
  ["wallet", ["key", "show", "--key", "none.json"], "--key none.json: there is no such file"],
  ["wallet", ["status"], "--node or --l1 is missing"],
  ["wallet", ["status", "0x12", "--node", "http://127.0.0.1:1"], "0x12: must be a transaction"],
  ["wallet", ["status", "--l1", "http://127.0.0.1:1"], "--rollup is missing"],
  ["wallet", ["status", "--wait", "soon"], "--wait soon: must be one of virtual, final"],
  ["wallet", ["deposit", "1", "--tip", "2"], "deposit takes no --tip"],
  ["wallet", ["deposit", "1e18"], "amount 1e18: must be an amount of ETH"],
  ["wallet", ["deposit", "0.0"], "amount 0.0: must be more than 0"],
  ["wallet", ["deposit", "1.5", "--token", "3"], "amount 1.5: must be a whole number"],
  ["wallet", ["send", "2", "1"], "payee 2: is a number alone"],
  ["wallet", ["send", "me", "1"], "payee me: must have the form index:token:key:owner"],
  ["wallet", ["send", "1", "--to-index", "0"], "--to-index 0: must be a whole number from 1 to 4294967295"],
  ["wallet", ["exit", "0.0000000000000000001"], "has 19 decimals, and ETH has 18"],
  ["wallet", ["exit", "1"], "--node is missing: L1 takes no L2 transactions; by L1 alone, use: force exit"],
  ["wallet", ["exit", "1"], "--node nowhere: must be a URL", { WALLET_NODE: "nowhere" }],
  ["wallet", ["force", "exit", "1"], "--l1 is missing"],
  ["wallet", ["claim", "--l1", "http://127.0.0.1:1"], "the environment has no PRIVATE_KEY"],
  [
    "wallet",
    ["claim", "--l1", "http://127.0.0.1:1"],
    "PRIVATE_KEY of the environment is not a private key",
    { PRIVATE_KEY: `0x${"ff".repeat(32)}` },
  ],
  ["wallet", ["escape", "--l1", "http://127.0.0.1:1"], "--rollup is missing", { PRIVATE_KEY: KEY }],
  ["devnet", ["now"], "Unexpected argument 'now'"],
  ["devnet", ["--minutes", "soon"], "--minutes soon"],
  ["devnet", ["--seed", "1.5"], "--seed 1.5"],
  ["devnet", ["--election", ""], "--election is missing"],
  ["devnet", ["--minutes", "-3"], "--minutes -3: a value that begins with a dash is written as --minutes=-3"],
  ["devnet", ["--rollup", "b52", "--election", "SlotAuction"], "--election needs --rollup poe or both"],
  ["chaos", ["now"], "Unexpected argument 'now'"],
  ["chaos", ["--minutes", "1h"], "--minutes 1h"],
  ["chaos", ["--seed", "-1"], "--seed"],
  ["chaos", ["--healing", "long"], "--healing long"],
  ["build", ["now"], "npm run build has no argument now"],
  ["format", ["README.md"], "npm run format has no argument README.md"],
  ["format:check", ["README.md"], "npm run format:check has no argument README.md"],
  ["lint", ["src"], "npm run lint has no argument src"],
  ["typecheck", ["src"], "npm run typecheck has no argument src"],
];

describe("Commands of package.json", function () {
  this.timeout(120_000);

  it("are all scripts that the bootstrap runs, so that none starts anything before its arguments are looked at", () => {
    for (const script of Object.values(scripts)) {
      expect(script).to.match(/^node scripts\/bootstrap\.mjs scripts\/\w+\.ts( [\w:]+)?$/);
    }
  });

  for (const command of Object.keys(scripts)) {
    const name = command === "test" ? "npm test" : `npm run ${command}`;

    it(`${name}: --help says how to call it, at once, and starts nothing`, async () => {
      const { code, stdout, stderr, loaded, started } = await call(command, ["--help"]);
      expect(code, stderr).to.equal(0);
      expect(stdout).to.include(name);
      expect({ loaded, started }).to.deep.equal({ loaded: [], started: 0 });
    });

    it(`${name}: an unknown option is named, and starts nothing`, async () => {
      const { code, stdout, stderr, loaded, started } = await call(command, ["--no-such-option"]);
      expect(code).to.equal(2);
      expect(stdout).to.equal("");
      expect(stderr).to.match(/^Unknown option '--no-such-option'\n[^\n]+\n$/);
      expect({ loaded, started }).to.deep.equal({ loaded: [], started: 0 });
    });
  }

  for (const [command, args, named, env] of WRONG) {
    const variables = Object.keys(env ?? {})
      .map((variable) => `${variable} `)
      .join("");
    it(`${variables}${command} ${args.join(" ").slice(0, 90)}: one sentence says what is wrong`, async () => {
      const { code, stdout, stderr, loaded, started } = await call(command, args, env);
      expect(code, stderr).to.equal(2);
      expect(stdout).to.equal("");
      expect(stderr).to.include(named);
      expect(stderr, "a key does not belong into a log").not.to.include("ff".repeat(32));
      expect(stderr.trim().split("\n")).to.have.lengthOf(2);
      expect({ loaded, started }).to.deep.equal({ loaded: [], started: 0 });
    });
  }

  for (const [command, args] of [
    ["devnet", []],
    ["deploy", ["--network", "localhost"]],
  ] as const) {
    it(`${command} --election Lottery: one sentence names the elections, for which it loads their parameters`, async () => {
      const { code, stdout, stderr, loaded, started } = await call(command, [...args, "--election", "Lottery"]);
      expect(code, stderr).to.equal(2);
      expect(stdout).to.equal("");
      expect(stderr).to.include("--election Lottery: must be one of the elections of sequencers (SlotAuction");
      expect(stderr.trim().split("\n")).to.have.lengthOf(2);
      expect({ loaded, started }).to.deep.equal({ loaded: ["ethers"], started: 0 });
    });
  }
});

describe("Signals to a command", function () {
  this.timeout(120_000);
  const WAITS = fileURLToPath(new URL("fixtures/waits.ts", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "signals-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Ids of the processes that the command says it has. */
  async function processesOf(child: ChildProcess): Promise<number[]> {
    let output = "";
    for await (const chunk of child.stdout!) {
      output += String(chunk);
      const [, ids] = /(\[\d+,\d+\])\n/.exec(output) ?? [];
      if (ids !== undefined) return JSON.parse(ids) as number[];
    }
    throw new Error(`the command ended: ${output}`);
  }

  async function expectGone(ids: readonly number[]): Promise<void> {
    const isThere = (id: number): boolean => {
      try {
        return process.kill(id, 0);
      } catch {
        return false;
      }
    };
    for (let i = 0; i < 100 && ids.some(isThere); i++) await sleep(100);
    expect(ids.filter(isThere)).to.deep.equal([]);
  }

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`${signal} to the bootstrap ends the command and what it started, with exit code ${code}`, async () => {
      const child = spawn(process.execPath, ["scripts/bootstrap.mjs", WAITS], { cwd: PROJECT_ROOT, stdio: "pipe" });
      const ended = once(child, "exit");
      const ids = await processesOf(child);
      child.kill(signal);
      expect((await ended)[0]).to.equal(code);
      await expectGone(ids);
    });
  }

  it("SIGINT ends an experiment of the lab while it computes", async () => {
    const args = ["scripts/lab.ts", "race", "--set", "batches=100000", "--set", "worlds=100", "--out", folder];
    const child = spawn(process.execPath, args, { cwd: PROJECT_ROOT, stdio: "ignore" });
    const ended = once(child, "exit");
    await sleep(3_000);
    child.kill("SIGINT");
    // Before it computes the command ends with an exit code.
    expect(await ended).to.be.deep.oneOf([
      [null, "SIGINT"],
      [130, null],
    ]);
  });

  it("SIGTERM to npm run ends the command and what it started", async () => {
    const waits = `node ${join(PROJECT_ROOT, "scripts", "bootstrap.mjs")} ${WAITS}`;
    writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts: { waits } }));
    const child = spawn("npm", ["run", "--silent", "waits"], { cwd: folder, stdio: "pipe" });
    const ended = once(child, "exit");
    const ids = await processesOf(child);
    child.kill("SIGTERM");
    await ended;
    await expectGone(ids);
  });

  /** The output of a program under the bootstrap, in this environment. */
  async function printed(expression: string, env: NodeJS.ProcessEnv): Promise<string> {
    const print = join(folder, "print.mjs");
    writeFileSync(print, `console.log(${expression});`);
    const child = spawn(process.execPath, ["scripts/bootstrap.mjs", print], { cwd: PROJECT_ROOT, env, stdio: "pipe" });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await once(child, "close");
    return output.trim();
  }

  it("compiled modules are kept in the build, unless the environment names another folder", async () => {
    const { NODE_COMPILE_CACHE: _, ...env } = process.env;
    const folderOf = (given: NodeJS.ProcessEnv): Promise<string> =>
      printed('(await import("node:module")).getCompileCacheDir()', { ...env, ...given });
    const inBuild = await folderOf({});
    expect(inBuild.startsWith(join(PROJECT_ROOT, "build", "compile-cache")), inBuild).to.equal(true);
    const other = await folderOf({ NODE_COMPILE_CACHE: folder });
    expect(other.startsWith(folder), other).to.equal(true);
  });

  it("a home that cannot be written to is replaced by a folder of the build", async () => {
    const home = (given: string): Promise<string> =>
      printed("process.env.HOME", { ...process.env, HOME: given, USERPROFILE: given });
    expect(await home(folder)).to.equal(folder);
    expect(await home(join(folder, "none", "home"))).to.equal(join(PROJECT_ROOT, "build", "home"));
  });
});

describe("A checkout with CRLF", () => {
  const folder = mkdtempSync(join(tmpdir(), "crlf-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("has LF where the shell and byte-for-byte comparisons need it", async () => {
    const git = async (...args: string[]): Promise<void> => {
      const child = spawn("git", ["-c", "core.autocrlf=true", "-c", "user.name=x", "-c", "user.email=x@x", ...args], {
        cwd: folder,
        stdio: "ignore",
      });
      expect((await once(child, "exit"))[0]).to.equal(0);
    };
    const files = {
      run: "#!/usr/bin/env bash\necho\n",
      ".gitattributes": readFileSync(join(PROJECT_ROOT, ".gitattributes")),
    };
    await git("init");
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    await git("add", ".");
    for (const name of Object.keys(files)) rmSync(join(folder, name));
    await git("checkout", "--", ".gitattributes");
    await git("checkout", "--", "run");
    expect(readFileSync(join(folder, "run"), "utf8")).to.equal(files["run"]);
  });
});
