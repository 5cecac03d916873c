// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { Contract, id, JsonRpcProvider, Wallet } from "ethers";
import { artifacts } from "hardhat";
import solc from "solc";

import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { rpc, startNode, type LocalNode } from "../helpers/localNode.ts";

/** The first account of the mnemonic that development nodes have in common. */
const DEPLOYER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const DEPLOYER = new Wallet(DEPLOYER_KEY).address;
const ID = `test-script-${process.pid}`;
const JOURNAL = join(PROJECT_ROOT, "deploy", "deployments", ID);
/** Transactions of a whole pair, and of its part with B52. */
const TRANSACTIONS = 14;
const TRANSACTIONS_OF_B52 = 9;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Starts `npm run deploy` with these arguments. */
function start(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): { kill(): void; ended: Promise<Ended> } {
  const { SEPOLIA_RPC_URL: _url, DEPLOYER_KEY: _key, ALLOW_DEVELOPMENT_KEYS: _allow, ...inherited } = process.env;
  const child = spawn(process.execPath, ["scripts/bootstrap.mjs", "scripts/deploy.ts", ...args], {
    cwd: PROJECT_ROOT,
    // As on a machine without a keystore: no password is asked for.
    env: { ...inherited, CI: "true", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  }
  return {
    kill: () => child.kill("SIGTERM"),
    ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, output }))),
  };
}

const argsOf = (system: string): string[] => ["--network", "sepolia", "--system", system, "--id", ID];

/** Transactions that the deployer has sent to a node, mined or not. */
const sentTo = async (url: string): Promise<number> =>
  Number(await rpc(url, "eth_getTransactionCount", DEPLOYER, "pending"));

/**
 * Starts a deployment on a node that mines nothing, and stops it once it has sent what depends on nothing. Then the node
 * mines what it has, and each further transaction at once.
 */
async function stopHalfWay(url: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const first = start(args, env);
  let count = 0;
  for (let before = -1; count === 0 || count !== before;) {
    before = count;
    await sleep(2_000);
    count = await sentTo(url);
  }
  first.kill();
  const { code, output } = await first.ended;
  expect(code, output).to.equal(143);
  expect(count).to.be.within(1, TRANSACTIONS_OF_B52 - 1);

  await rpc(url, "evm_setAutomine", true);
  await rpc(url, "evm_mine");
  // Nothing that was started goes on with it.
  await sleep(5_000);
  expect(await sentTo(url)).to.equal(count);
}

interface Continued {
  readonly url: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly system: string;
  readonly contracts: number;
  readonly transactions: number;
}

/** Runs the same command again: finished transactions are not sent again, and everything is checked. */
async function expectToGoOn({ url, args, env, system, contracts, transactions }: Continued): Promise<void> {
  const { code, output } = await start(args, env).ended;
  expect(code, output).to.equal(0);
  expect(output).to.include(`Going on with ${system} as ${ID}, from ${DEPLOYER}`);
  expect(output).to.include(`values and codes of ${contracts} contracts are as they should be`);
  expect(await sentTo(url)).to.equal(transactions);
  // It ends with what the other commands ask for.
  const [, consensus, core, block] =
    /: consensus (0x\w{40})\n.*: core +(0x\w{40}), .*--rollup \2 --deployment-block (\d+)\n$/u.exec(output) ?? [];
  const provider = new JsonRpcProvider(url);
  const opened = new Contract(core ?? "", ["function CONSENSUS() view returns (address)"], provider);
  expect(await opened.getFunction("CONSENSUS").staticCall()).to.equal(consensus);
  provider.destroy();
  expect(Number(block)).to.be.greaterThan(0);
}

describe("npm run deploy, on a chain that is not local by its id", () => {
  let node: LocalNode;
  let sourcify: Awaited<ReturnType<typeof startSourcify>>;
  const env = (): Record<string, string> => ({
    SEPOLIA_RPC_URL: node.url,
    DEPLOYER_KEY,
    ALLOW_DEVELOPMENT_KEYS: "1",
    SOURCIFY_URL: sourcify.url,
  });
  const sent = (): Promise<number> => sentTo(node.url);
  const args = argsOf("Pair");

  const goesOn = (system: string, contracts: number, transactions: number): Promise<void> =>
    expectToGoOn({ url: node.url, args: argsOf(system), env: env(), system, contracts, transactions });

  before(async function () {
    this.timeout(120_000);
    node = await startNode("anvil", { chainId: 11_155_111, automine: false });
    sourcify = await startSourcify();
  });

  after(async () => {
    await node.stop();
    sourcify.server.close();
    rmSync(JOURNAL, { recursive: true, force: true });
  });

  it("says which network there is, and which secret is missing", async function () {
    this.timeout(120_000);
    const unknown = await start(["--network", "nowhere"], {}).ended;
    expect(unknown.code, unknown.output).to.equal(2);
    expect(unknown.output).to.include("--network nowhere: must be one of localhost, sepolia");
    const { code, output } = await start(args, {}).ended;
    expect(code, output).to.equal(1);
    expect(output).to.include("MISSING_SECRET: SEPOLIA_RPC_URL is neither in the environment nor in the keystore");
  });

  it("refuses another chain than the network's", async function () {
    this.timeout(120_000);
    const other = await startNode("anvil", { chainId: 17_000 });
    try {
      const { code, output } = await start(args, { ...env(), SEPOLIA_RPC_URL: other.url }).ended;
      expect(code, output).to.equal(1);
      expect(output)
        .to.match(/11155111/u)
        .and.to.match(/17000/u);
    } finally {
      await other.stop();
    }
  });

  it("refuses development keys, and an account without money, before anything is sent", async function () {
    this.timeout(240_000);
    const { ALLOW_DEVELOPMENT_KEYS: _, ...refused } = env();
    const keys = await start(args, refused).ended;
    expect(keys.code, keys.output).to.equal(1);
    expect(keys.output).to.include("DEVELOPMENT_KEY: chain 11155111 is not local");

    const poor = new Wallet(id("an account without money"));
    const money = await start(args, { ...env(), DEPLOYER_KEY: poor.privateKey }).ended;
    expect(money.code, money.output).to.equal(1);
    expect(money.output).to.include(`INSUFFICIENT_FUNDS: ${poor.address} has 0.0 ETH; the deployment needs `);
    expect(await sent()).to.equal(0);
    expect(await rpc(node.url, "eth_getTransactionCount", poor.address, "pending")).to.equal("0x0");
  });

  it("is stopped half-way, goes on, sends nothing twice, and passes its check", async function () {
    this.timeout(300_000);
    await stopHalfWay(node.url, argsOf("B52"), env());
    await goesOn("B52", 10, TRANSACTIONS_OF_B52);
  });

  it("of one system becomes that of a pair, which shares what is there", async function () {
    this.timeout(300_000);
    await goesOn("Pair", 13, TRANSACTIONS);
  });

  it("refuses to go on with other parameters", async function () {
    this.timeout(240_000);
    const parameters = join(BUILD, "test", `${ID}.json`);
    const changed = readFileSync(join(PROJECT_ROOT, "deploy", "parameters", "sepolia.json"), "utf8");
    mkdirSync(dirname(parameters), { recursive: true });
    writeFileSync(parameters, changed.replace('"targetTime": 1800', '"targetTime": 1801'));
    try {
      const deployed = await start([...args, "--parameters", parameters], env()).ended;
      expect(deployed.code, deployed.output).to.equal(1);
      expect(deployed.output).to.include("DEPLOYMENT_CHANGED");
      const checked = await start([...args, "--parameters", parameters, "--check"], env()).ended;
      expect(checked.code, checked.output).to.equal(1);
      expect(checked.output).to.include("ProofOfEfficiency: TARGET_TIME is 1800, and should be 1801");
      expect(await sent()).to.equal(TRANSACTIONS);
    } finally {
      rmSync(parameters);
    }
  });

  it("has every contract verified, with exactly the sources and settings in its code", async function () {
    this.timeout(300_000);
    const { code, output } = await start([...args, "--check", "--verify"], env()).ended;
    expect(code, output).to.equal(0);
    expect(await sent()).to.equal(TRANSACTIONS);
    const names = sourcify.submissions.map(({ contractIdentifier }) => contractIdentifier.split(":").at(-1) ?? "");
    // Both cores, and whatever other contracts deployed.
    expect(names.sort()).to.deep.equal([
      "B52",
      "BlockRecords",
      "BlockVerification",
      "EnforcementVerifier",
      "LeafVerifier",
      "MigrationVerification",
      "NativeToken",
      "Poseidon",
      "ProofOfEfficiency",
      "ProverRegistry",
      "Rollup",
      "Rollup",
      "RollupVerifier",
    ]);
    for (const { contractIdentifier, stdJsonInput, compilerVersion } of sourcify.submissions) {
      const name = contractIdentifier.split(":").at(-1) ?? "";
      const { input, solcLongVersion } = await buildOf(name);
      expect(compilerVersion).to.equal(`v${solcLongVersion}`);
      for (const [path, { content }] of Object.entries(stdJsonInput.sources)) {
        expect(content, `${name}: ${path}`).to.equal(input.sources[path]?.content);
      }
      for (const setting of ["optimizer", "evmVersion", "viaIR"] as const) {
        expect(stdJsonInput.settings[setting], `${name}: ${setting}`).to.deep.equal(input.settings[setting]);
      }
    }
  });

  it("compiling the submitted sources gives the code on the chain", async function () {
    this.timeout(300_000);
    for (const name of ["Poseidon", "LeafVerifier"]) {
      const submitted = sourcify.submissions.find(({ contractIdentifier }) => contractIdentifier.endsWith(`:${name}`));
      if (submitted === undefined) throw new Error(`${name} was not submitted`);
      const { stdJsonInput, contractIdentifier, address } = submitted;
      const outputSelection = { "*": { "*": ["evm.deployedBytecode.object"] } };
      const settings = { ...stdJsonInput.settings, outputSelection };
      const compile = solc.compile as (input: string) => string;
      const { contracts } = JSON.parse(compile(JSON.stringify({ ...stdJsonInput, settings }))) as SolcOutput;
      const compiled = contracts[contractIdentifier.slice(0, -name.length - 1)]?.[name]?.evm.deployedBytecode.object;
      const code = (await rpc(node.url, "eth_getCode", address, "latest")) as string;
      // A library that is called directly knows its own address.
      const own = name === "Poseidon" ? address.slice(2).toLowerCase() : "";
      const deployed = code.slice(2).replace(own, "0".repeat(own.length));
      expect(withoutMetadata(deployed), name).to.equal(withoutMetadata(compiled ?? ""));
    }
  });
});

describe("npm run deploy, on a chain with Amsterdam's rules", () => {
  let node: LocalNode;
  before(async function () {
    this.timeout(120_000);
    node = await startNode("hardhat", { chainId: 11_155_111, automine: false, rules: "amsterdam" });
  });
  after(async () => {
    await node.stop();
    rmSync(JOURNAL, { recursive: true, force: true });
  });

  it("is stopped half-way, goes on, sends nothing twice, and passes its check", async function () {
    this.timeout(300_000);
    const env = { SEPOLIA_RPC_URL: node.url, DEPLOYER_KEY, ALLOW_DEVELOPMENT_KEYS: "1" };
    const { url } = node;
    await stopHalfWay(url, argsOf("B52"), env);
    const transactions = TRANSACTIONS_OF_B52;
    await expectToGoOn({ url, args: argsOf("B52"), env, system: "B52", contracts: 10, transactions });
  });
});

/**
 * Code without the hash of the compiler's metadata, whose length is in the last two bytes. The metadata name the
 * packages of the whole project, of which only those that a contract uses are submitted.
 */
const withoutMetadata = (code: string): string => code.slice(0, -2 * (parseInt(code.slice(-4), 16) + 2));

/** The compilation that a contract's artifact is from. */
async function buildOf(name: string): Promise<BuildInfo> {
  const { buildInfoId = "" } = await artifacts.readArtifact(name);
  const path = await artifacts.getBuildInfoPath(buildInfoId);
  return JSON.parse(readFileSync(path ?? "", "utf8")) as BuildInfo;
}

interface SolcOutput {
  readonly contracts: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly evm: { readonly deployedBytecode: { readonly object: string } } }>>
    >
  >;
}

interface Settings {
  readonly optimizer?: unknown;
  readonly evmVersion?: unknown;
  readonly viaIR?: unknown;
}

interface CompilerInput {
  readonly language: string;
  readonly sources: Readonly<Record<string, { readonly content: string }>>;
  readonly settings: Settings;
}

interface BuildInfo {
  readonly input: CompilerInput;
  readonly solcLongVersion: string;
}

interface Submission {
  readonly stdJsonInput: CompilerInput;
  readonly contractIdentifier: string;
  readonly compilerVersion: string;
  readonly address: string;
}

/** A server that speaks the part of Sourcify's API that verification uses, and keeps what is submitted. */
async function startSourcify(): Promise<{
  readonly url: string;
  readonly server: Server;
  readonly submissions: readonly Submission[];
}> {
  const submissions: Submission[] = [];
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });
  const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
    const [, version, kind, ...rest] = (request.url ?? "").split("/");
    if (version !== "v2") return [404, {}];
    if (request.method === "POST" && kind === "verify") {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const submission = JSON.parse(Buffer.concat(chunks).toString()) as Omit<Submission, "address">;
      submissions.push({ ...submission, address: rest[1] ?? "" });
      return [202, { verificationId: `${submissions.length}` }];
    }
    const [chainId = "", address = ""] = kind === "contract" ? rest : ["11155111"];
    if (kind === "contract") {
      return [404, { match: null, creationMatch: null, runtimeMatch: null, chainId, address }];
    }
    const jobStartTime = "2026-01-01T00:00:00Z";
    const match = { match: "exact_match", creationMatch: "exact_match", runtimeMatch: "exact_match" };
    return [200, { isJobCompleted: true, verificationId: rest[0], jobStartTime, contract: { ...match, chainId } }];
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}`, server, submissions };
}
