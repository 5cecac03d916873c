// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { parseEther, Wallet as Key, type JsonRpcProvider } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import { Aggregator, type RollupNode } from "../../../src/agents/index.ts";
import { deployProofOfEfficiency, type DeployedRollup } from "../../../src/deployment/index.ts";
import { openProvider, openRollup } from "../../../src/escape/index.ts";
import { readConfiguration } from "../../../src/node/configuration/index.ts";
import { Node } from "../../../src/node/program/index.ts";
import { describeError, parseCommandLine, UsageError } from "../../../tools/commandLine.ts";
import { OPTIONS } from "../../../tools/wallet/arguments.ts";
import { runWallet } from "../../../tools/wallet/run.ts";
import { PROJECT_ROOT } from "../../../src/setup/paths.ts";
import { mockProver, putMock } from "../../../tools/bench/mockProofs.ts";
import { rpc, startNode, type LocalNode } from "../../helpers/localNode.ts";

// The first accounts of every local chain.
const DEPLOYER = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const OPERATOR = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const ALICE = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";
const BOB = "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6";
const AGGREGATOR = "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a";
const PASSWORD = "correct horse battery staple";

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** The answer of a node that has ended. */
const GONE = Symbol("gone");

describe("npm run wallet", function () {
  this.timeout(300_000);
  let chain: LocalNode;
  let provider: JsonRpcProvider;
  let deployed: DeployedRollup;
  let observer: RollupNode;
  let node: Node;
  let directory: string;
  /** Options that name the rollup on L1. */
  let l1: readonly string[];
  let bobsPayee: string;
  const servers: Server[] = [];

  const keyOf = (name: string): string => join(directory, `${name}.json`);

  /** Runs the command in this process; `onOutput` is told its output so far. */
  async function wallet(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    onOutput?: (output: string) => void,
  ): Promise<Ended> {
    let output = "";
    const say = (line: string): void => {
      output += `${line}\n`;
      onOutput?.(output);
    };
    let code = 0;
    try {
      const given = parseCommandLine({ options: OPTIONS, allowPositionals: true }, args);
      if (given === "help") throw new Error("help");
      const result = await runWallet(given, { WALLET_PASSWORD: PASSWORD, ...environment }, say);
      if (typeof result === "number") code = result;
    } catch (error) {
      say(describeError(error));
      code = error instanceof UsageError ? 2 : 1;
    }
    return expectNoSecret({ code, output });
  }

  /** Runs the command as a process. */
  async function walletProcess(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    onOutput?: (output: string) => void,
  ): Promise<Ended> {
    const { PRIVATE_KEY: _, ...rest } = process.env;
    const child = spawn(process.execPath, [join(PROJECT_ROOT, "scripts", "wallet.ts"), ...args], {
      env: { ...rest, WALLET_PASSWORD: PASSWORD, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        onOutput?.(output);
      });
    }
    const [code] = (await once(child, "close")) as [number | null];
    return expectNoSecret({ code, output });
  }

  function expectNoSecret(ended: Ended): Ended {
    for (const secret of [ALICE, BOB, PASSWORD]) expect(ended.output).not.to.include(secret.slice(2));
    return ended;
  }
  const succeeded = ({ code, output }: Ended): string => {
    expect(code, output).to.equal(0);
    return output;
  };
  const done = async (...given: Parameters<typeof wallet>): Promise<string> => succeeded(await wallet(...given));
  const refused = async (code: number, sentence: RegExp, ...given: Parameters<typeof wallet>): Promise<void> => {
    const ended = await wallet(...given);
    expect(ended.output).to.match(sentence);
    expect(ended.output).not.to.match(/\n {4}at /u);
    expect(ended.code, ended.output).to.equal(code);
  };

  /** Proves what is posted. The verifier is a mock for that moment: a wallet reads the circuits' sizes from its code. */
  async function proveAll(): Promise<void> {
    const target = await observer.system.verifier.getAddress();
    const send = (method: string, parameters: unknown[]): Promise<unknown> => rpc(chain.url, method, ...parameters);
    const code = await provider.getCode(target);
    await observer.sync();
    await putMock({ ethers: { provider: { send } } } as unknown as NetworkConnection, target, "MockVerifier");
    await new Aggregator(observer, new Key(AGGREGATOR, provider), await mockProver()).step();
    await send("anvil_setCode", [target, code]);
    await observer.sync();
  }

  /** A node between the wallet and the honest one, which changes results. */
  async function liar(change: (method: string, result: unknown, params: readonly unknown[]) => unknown): Promise<{
    readonly url: string;
    readonly methods: string[];
  }> {
    const methods: string[] = [];
    const server = createServer((incoming, response) => {
      let text = "";
      incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
      incoming.on("end", () => {
        const { method, params } = JSON.parse(text) as { method: string; params: unknown[] };
        methods.push(method);
        void (async () => {
          const headers = { "content-type": "application/json" };
          const honest = await fetch(node.apiUrl!, { method: "POST", headers, body: text });
          const answer = (await honest.json()) as { readonly result: unknown };
          const result = change(method, answer.result, params);
          if (result === GONE) response.destroy();
          else response.end(JSON.stringify({ ...answer, result }));
        })();
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, methods };
  }

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "wallet-"));
    chain = await startNode("anvil");
    provider = openProvider(chain.url);
    deployed = await deployProofOfEfficiency(new Key(DEPLOYER, provider));
    const opened = await openRollup(provider, deployed.rollup, { deploymentBlock: deployed.deploymentBlock });
    if (opened.consensus !== "Proof of Efficiency") throw new Error("another consensus");
    observer = opened.node;
    const { token, consensus } = observer.system;
    const operator = new Key(OPERATOR, provider);
    const wait = async (sent: Promise<{ wait(): Promise<unknown> }>): Promise<unknown> => (await sent).wait();
    await wait(token.connect(new Key(DEPLOYER, provider)).transfer(operator.address, parseEther("100000")));
    await wait(token.connect(operator).approve(consensus, parseEther("100000")));
    await wait(consensus.connect(operator).deposit(parseEther("100000")));
    const flags = {
      ...{ "data-dir": join(directory, "data"), l1: chain.url, rollup: deployed.rollup, "api-port": "0" },
      ...{ "deployment-block": String(deployed.deploymentBlock), sequencer: true, "fee-account": "1" },
      ...{ "max-age": "0", "max-loss": "1" },
    };
    node = await Node.start(readConfiguration({ flags, environment: {} }), {
      ...{ environment: { NODE_PRIVATE_KEY: OPERATOR }, log: quiet, pollingInterval: 50 },
    });
    l1 = ["--l1", chain.url, "--rollup", deployed.rollup, "--deployment-block", String(deployed.deploymentBlock)];
    const binding = ["--rollup", deployed.rollup, "--chain-id", "31337"];
    for (const [name, key] of [
      ["alice", ALICE],
      ["bob", BOB],
    ] as const) {
      const { address } = new Key(key);
      await done(["key", "make", "--key", keyOf(name), ...binding, "--owner", address]);
      const given = ["deposit", "1", "--key", keyOf(name), ...l1, "--wait", "virtual"];
      const output = succeeded(await (name === "alice" ? walletProcess : wallet)(given, { PRIVATE_KEY: key }));
      expect(output).to.include("deposits 1.0 ETH into a new account of the key, owned by 0x");
      expect(output).to.match(
        /forced operation \d is in the queue[^\n]+\nwaits until it is virtual\nL1: virtual: batch/u,
      );
    }
    const shown = await done(["accounts", "--key", keyOf("bob"), "--node", node.apiUrl!]);
    expect(shown).to.include("account 2: 1.0 ETH, nonce 0");
    bobsPayee = /give out: (\S+)/u.exec(shown)?.[1] ?? expect.fail(shown);
  });

  after(async () => {
    for (const server of servers) server.close();
    await node.stop();
    provider.destroy();
    await chain.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const alice = (): string[] => ["--key", keyOf("alice"), "--node", node.apiUrl!];

  it("keeps a key in a file of its own that nobody else can read, and makes no second one there", async () => {
    expect(statSync(keyOf("alice")).mode & 0o777).to.equal(0o600);
    const before = readFileSync(keyOf("alice"), "utf8");
    await refused(1, /is there already, and is not overwritten/u, ["key", "make", "--key", keyOf("alice")]);
    expect(readFileSync(keyOf("alice"), "utf8")).to.equal(before);
    const shown = await done(["key", "show", "--key", keyOf("alice")]);
    expect(shown).to.include(`rollup       ${deployed.rollup.toLowerCase()} on chain 31337`);
    const wrong = { WALLET_PASSWORD: "wrong horse" };
    await refused(1, /BAD_KEY_FILE: the key file \S+ has another password\n/u, ["exit", "1", ...alice()], wrong);
    await refused(2, /has no WALLET_PASSWORD/u, ["exit", "1", ...alice()], { WALLET_PASSWORD: "" });
  });

  it("pays by a node's word alone, says what it does, and waits until it is final", async () => {
    const args = ["send", bobsPayee, "0.25", "--tip", "0.00001", ...alice(), "--wait", "final"];
    let isProving = false;
    const ended = await walletProcess(args, {}, (soFar) => {
      if (isProving || !soFar.includes("waits until")) return;
      isProving = true;
      void (async () => {
        const transaction = /transaction (0x[0-9a-f]{186})/u.exec(soFar)![1]!.slice(2);
        const isPosted = (): boolean =>
          observer.batches.some(({ data }) => Buffer.from(data).toString("hex").includes(transaction));
        while (!isPosted()) {
          await sleep(50);
          await observer.sync();
        }
        await proveAll();
      })();
    });
    const output = succeeded(ended);
    expect(output).to.match(
      /^sends 0\.25 ETH from account 1 to account 2, by the word of the node 127\.0\.0\.1:\d+$/mu,
    );
    expect(output).to.match(
      /the node has accepted it\nwaits until it is final\nthe node \S+: final: batch \d+, leaf 0/u,
    );
    const transaction = /transaction (0x[0-9a-f]+)/u.exec(output)![1]!;
    const both = await done(["status", transaction, "--node", node.apiUrl!, ...l1]);
    expect(both)
      .to.match(/^L1: final: batch/mu)
      .and.to.match(/^the node \S+: final: batch/mu);
    expect(await done(["accounts", "--key", keyOf("bob"), "--node", node.apiUrl!])).to.include("1.25 ETH");
    expect(await done(["status", ...l1])).to.match(
      /^L1: rollup 0x\w+ on chain 31337\n {2}Proof of Efficiency, \d+ batches/mu,
    );
  });

  it("waits by L1 when the node has ended that took the transaction", async () => {
    const ended = await liar((method, result) => (method === "rollup_transaction" ? GONE : result));
    const args = ["send", bobsPayee, "0.01", "--key", keyOf("alice"), "--node", ended.url, ...l1];
    expect(await done([...args, "--wait", "virtual"])).to.match(
      /accepted it\n[^]*the node does not answer any more: only L1 is asked from now on\nL1: virtual: batch/u,
    );
  });

  it("says when it is virtual, and when it is final, by L1; once if it is final by then", async () => {
    let isProving = false;
    const args = ["send", bobsPayee, "0.01", ...alice(), ...l1, "--wait", "final"];
    const ended = await walletProcess(args, {}, (soFar) => {
      if (isProving || !soFar.includes("L1: virtual: batch")) return;
      isProving = true;
      void proveAll();
    });
    const output = succeeded(ended);
    expect(output).to.match(/waits until it is final\nL1: virtual: batch \d[^\n]*\nL1: final: batch \d/u);
    const transaction = /transaction (0x[0-9a-f]+)/u.exec(output)![1]!;
    const waited = await done(["status", transaction, ...l1, "--wait", "final"]);
    expect(waited).to.match(/waits until it is final\nL1: final: batch/u);
  });

  it("takes money out through a node, and claims it on L1", async () => {
    const output = await done(["exit", "0.1", ...alice(), ...l1, "--wait", "virtual"]);
    expect(output).to.include(`to L1 address ${new Key(ALICE).address.toLowerCase()}, by the word of L1`);
    const claim = ["claim", ...l1];
    expect(await done(claim, { PRIVATE_KEY: ALICE })).to.include("There is nothing to claim");
    await proveAll();
    const before = await provider.getBalance(new Key(ALICE).address);
    const claimed = await done(claim, { PRIVATE_KEY: ALICE });
    expect(claimed).to.match(/claims the exit in batch \d+, leaf 0, slot 0\n {2}done: 0x/u);
    const gained = (await provider.getBalance(new Key(ALICE).address)) - before;
    expect(gained > parseEther("0.099") && gained < parseEther("0.1")).to.equal(true);
  });

  it("works with L1 alone, and says what needs a sequencer", async () => {
    const withL1 = ["--key", keyOf("alice"), ...l1];
    await refused(2, /--node is missing: L1 takes no L2 transactions; by L1 alone, use: force transfer/u, [
      ...["send", bobsPayee, "0.1", ...withL1],
    ]);
    await refused(2, /by L1 alone, use: force exit/u, ["exit", "0.1", ...withL1]);
    const L1_KEY = { PRIVATE_KEY: ALICE };
    const transfer = await done(["force", "transfer", bobsPayee, "0.1", ...withL1, "--wait", "virtual"], L1_KEY);
    expect(transfer).to.match(/forces the transfer of 0\.1 ETH from account 1 to account 2\n[^]*L1: virtual: batch/u);
    const exit = await done(["force", "exit", "0.05", ...withL1], L1_KEY);
    const operation = /forced operation (\d+) is in the queue/u.exec(exit)![1]!;
    expect(await done(["status", operation, ...l1, "--wait", "virtual"])).to.match(/L1: virtual: batch/u);
    const accounts = await done(["accounts", ...withL1], L1_KEY);
    expect(accounts)
      .to.match(/account 1: 0\.\d+ ETH, nonce 4/u)
      .and.to.include("credit on L1: 0.0 ETH");
    expect(accounts).to.match(/to be paid, give out: 1:0:0x[0-9a-f]{64}:0x[0-9a-f]{40}\n/u);
  });

  it("sends nothing to a payee that is not what it says, to no account, or more than there is", async () => {
    const before = node.mempool.revision;
    const send = (payee: string, amount = "0.01"): string[] => ["send", payee, amount, ...alice()];
    const [index, token, key, owner] = bobsPayee.split(":") as [string, string, string, string];
    const wrong = await walletProcess(send(`1:${token}:${key}:${owner}`));
    expect(wrong).to.deep.equal({ code: 1, output: "\nWRONG_PAYEE: account 1 has another key\n" });
    await refused(
      1,
      /WRONG_PAYEE: account 2 has the owner/u,
      send([index, token, key, `0x${"12".repeat(20)}`].join(":")),
    );
    await refused(2, /is a number alone; ask for index:token:key:owner/u, send("2"));
    await refused(1, /NO_ACCOUNT: account 4294967295 does not exist/u, [
      ...["send", "0.01", "--to-index", "4294967295", ...alice()],
    ]);
    await refused(
      1,
      /NOT_ENOUGH: account 1 has 0\.\d+ ETH, and 5\.\d* ETH are needed with fees/u,
      send(bobsPayee, "5"),
    );
    await refused(2, /has 19 decimals, and ETH has 18/u, send(bobsPayee, "0.0000000000000000001"));
    expect(node.mempool.revision).to.equal(before);
  });

  it("signs nothing for another rollup: of the node, of the key file, or of nobody's word but the node's", async () => {
    const stranger = `0x${"ab".repeat(20)}`;
    const other = await liar((method, result) =>
      method === "rollup_identity" ? { ...(result as object), rollup: stranger } : result,
    );
    await refused(1, /NODE_OF_ANOTHER_ROLLUP: the node follows rollup 0xabab/u, [
      ...["send", bobsPayee, "0.01", "--key", keyOf("alice"), "--node", other.url],
    ]);
    expect(other.methods).to.deep.equal(["rollup_identity"]);
    await refused(1, /OTHER_ROLLUP: the key file is for rollup 0x\w+, and not for 0xabab/u, [
      ...["send", bobsPayee, "0.01", ...alice(), "--rollup", stranger],
    ]);
    await done(["key", "make", "--key", keyOf("free")]);
    await refused(2, /--rollup is missing: a node's word is not enough for what is signed/u, [
      ...["send", bobsPayee, "0.01", "--key", keyOf("free"), "--node", node.apiUrl!],
    ]);
    // L1 does not say which rollup is meant: a node could name a contract of its own, and take the deposit.
    const both = ["--key", keyOf("free"), "--node", other.url, "--l1", chain.url];
    for (const args of [
      ["deposit", "0.01"],
      ["send", bobsPayee, "0.01"],
      ["force", "exit", "0.01"],
      ["claim"],
      ["accounts"],
    ]) {
      await refused(2, /--rollup is missing/u, [...args, ...both], { PRIVATE_KEY: ALICE });
    }
    await refused(
      1,
      /OTHER_OWNER: the key of L1 is that of 0x\w+, and the owner is to be 0x/u,
      [...["deposit", "0.01", "--key", keyOf("alice"), ...l1]],
      { PRIVATE_KEY: BOB },
    );
  });

  it("does not believe a node where it knows L1", async () => {
    const before = node.mempool.revision;
    const payee = bobsPayee.split(":");
    // The node shows the payee's key and owner at the index of an account of its own, 1.
    const forged = await liar((method, result, [index]) => {
      if (method !== "rollup_account" || index !== 1) return result;
      const key = observer.virtualState.account(2)!;
      const hex = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
      return { ...(result as object), x: hex(key.ax), y: hex(key.ay), owner: payee[3] };
    });
    const args = ["send", ["1", ...payee.slice(1)].join(":"), "0.01", "--key", keyOf("alice"), "--node", forged.url];
    await refused(1, /WRONG_PAYEE: account 1 has another key/u, [...args, ...l1]);
    expect(forged.methods).not.to.include("rollup_sendTransaction");
    expect(node.mempool.revision).to.equal(before);
    const frozen = await liar((method, result) =>
      method === "rollup_status" ? { ...(result as object), isFrozen: true } : result,
    );
    const send = ["send", bobsPayee, "0.01", "--key", keyOf("alice"), "--node", frozen.url];
    await refused(1, /FROZEN: the rollup is frozen, says the node 127\.0\.0\.1:\d+: use escape/u, send);
    await done([...send, ...l1, "--wait", "virtual"]);
    const hostile = await liar((method, result) => (method === "rollup_status" ? { batches: "many" } : result));
    await refused(1, /BAD_NODE_ANSWER: the node's answer to rollup_status is not usable: result.\w+ must be/u, [
      ...["status", "--node", hostile.url],
    ]);
  });

  it("refuses a key file whose public key was changed, and a file that is none", async () => {
    const content = JSON.parse(readFileSync(keyOf("alice"), "utf8")) as object;
    const bob = JSON.parse(readFileSync(keyOf("bob"), "utf8")) as { publicKey: object };
    writeFileSync(keyOf("changed"), JSON.stringify({ ...content, publicKey: bob.publicKey }));
    await refused(
      1,
      /BAD_KEY_FILE: the key file \S+ was changed: its public key is another one/u,
      [...["deposit", "0.01", "--key", keyOf("changed"), ...l1]],
      { PRIVATE_KEY: ALICE },
    );
    writeFileSync(keyOf("none"), "{}");
    await refused(1, /is not a key file that npm run wallet has made/u, ["key", "show", "--key", keyOf("none")]);
    await refused(2, /there is no such file/u, ["key", "show", "--key", keyOf("absent")]);
  });
});
