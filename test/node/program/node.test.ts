// SPDX-License-Identifier: MIT
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { hexlify, parseEther, Wallet as Key, type JsonRpcProvider } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import { Migrator, RollupNode, Wallet } from "../../../src/agents/index.ts";
import { deployProofOfEfficiency, type DeployedRollup } from "../../../src/deployment/index.ts";
import { openProvider, openRollup } from "../../../src/escape/index.ts";
import { ProtocolError } from "../../../src/errors.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { readConfiguration, type NodeConfiguration } from "../../../src/node/configuration/index.ts";
import { takenForced } from "../../../src/node/api/index.ts";
import { Node, type NodeSurroundings } from "../../../src/node/program/index.ts";
import { NodeClient } from "../../../src/nodeClient/index.ts";
import { PROJECT_ROOT } from "../../../src/setup/paths.ts";
import { mockProver, putMock } from "../../../tools/bench/mockProofs.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { createFastSigner } from "../../helpers/fastSigner.ts";
import { rpc, startNode, type LocalNode } from "../../helpers/localNode.ts";

// The first three accounts of every local chain.
const DEPLOYER = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const OPERATOR = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const USER = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe("A node", function () {
  this.timeout(120_000);
  let chain: LocalNode;
  let deployed: DeployedRollup;
  let provider: JsonRpcProvider;
  let observer: RollupNode;
  let wallet: Wallet;
  let directory: string;
  let node: Node | undefined;
  const children: ChildProcess[] = [];

  const flags = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
    ...{ "data-dir": join(directory, "data"), l1: chain.url, rollup: deployed.rollup, "no-api": true },
    ...{ "deployment-block": String(deployed.deploymentBlock), ...changes },
  });
  const SEQUENCER = { sequencer: true, "fee-account": "1", "max-age": "0", "max-loss": "1" };
  const configuration = (changes: Record<string, unknown> = {}): NodeConfiguration =>
    readConfiguration({ flags: flags(changes), environment: {} });
  const start = async (changes: Record<string, unknown> = {}, more: Partial<NodeSurroundings> = {}): Promise<Node> =>
    (node = await Node.start(configuration(changes), {
      ...{ environment: { NODE_PRIVATE_KEY: OPERATOR }, log: quiet, pollingInterval: 50, ...more },
    }));

  async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
      await sleep(50);
    }
  }

  const isPosted = async (count: number): Promise<boolean> => {
    await observer.sync();
    return observer.batches.length >= count;
  };

  before(async () => {
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
    wallet = new Wallet(observer, new Key(USER, provider), createFastSigner("user"), {
      sending: { pollingInterval: 20 },
    });
  });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "node-"));
  });

  afterEach(async () => {
    await node?.stop();
    node = undefined;
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });

  after(async () => {
    provider.destroy();
    await chain.stop();
  });

  it("posts what waits: a forced operation, and a transaction that its API was given", async () => {
    const { mempool, outbox, apiUrl } = await start({ ...SEQUENCER, "no-api": false, "api-port": "0" });
    await wallet.deposit(ETH, parseEther("1"));
    await until("the deposit is posted", () => isPosted(1));
    await until("the node has read it", () => node!.node.batches.length >= 1);
    const client = new NodeClient(apiUrl!, { rollup: deployed.rollup, chainId: 31_337n });
    const whose = { key: wallet.l2.publicKey, owner: wallet.owner };
    await until("its API finds the account by key and owner", async () => (await client.accounts(whose)).length === 1);
    const transaction = wallet.transfer(ETH, { to: 1, amount: 5n });
    const response = await fetch(apiUrl!, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "rollup_sendTransaction", params: [hexlify(transaction)] }),
    });
    expect(await response.json()).to.have.nested.property("result.nonce", "0");
    await until("the transfer is posted", () => isPosted(2));
    expect(Buffer.from(observer.batches.at(-1)!.data).includes(Buffer.from(transaction))).to.equal(true);
    await until("the mempool knows it", () => mempool.status(transaction)?.status === "used");
    expect(outbox?.pending).to.equal(2);
    expect((await fetch(`${apiUrl!}/ready`)).status).to.equal(200);
  });

  it("has after a restart what it accepted, and posts it then", async () => {
    const before = observer.batches.length;
    const first = await start({ ...SEQUENCER, "max-gas-price": "0", "forced-margin": "0" });
    const transaction = wallet.transfer(ETH, { to: 1, amount: 7n });
    await first.mempool.submit(transaction, first.sequencer!.expectedState);
    await first.stop();
    expect(await isPosted(before + 1)).to.equal(false);
    const second = await start(SEQUENCER);
    expect(second.mempool.status(transaction)).to.have.property("status", "waiting");
    await until("it is posted", () => isPosted(before + 1));
    expect(Buffer.from(observer.batches.at(-1)!.data).includes(Buffer.from(transaction))).to.equal(true);
  });

  it("proves what waits when it pays, and what waits too long when it does not", async () => {
    const prover = await mockProver();
    const target = await observer.system.verifier.getAddress();
    const send = (method: string, parameters: unknown[]): Promise<unknown> => rpc(chain.url, method, ...parameters);
    const code = await provider.getCode(target);
    // The sizes of the circuits are in the code of the verifier, and not in that of the mock: a node reads them first.
    const mock = (): Promise<void> =>
      putMock({ ethers: { provider: { send } } } as unknown as NetworkConnection, target, "MockVerifier");
    await start({ aggregator: true, "min-profit": "1000" }, { prover });
    await mock();
    await sleep(1_000);
    await observer.sync();
    expect(observer.verifiedBatches).to.equal(0);
    await node!.stop();
    await send("anvil_setCode", [target, code]);
    await start({ boot: true, patience: "1" }, { prover });
    await mock();
    await until("all is proven", async () => {
      await observer.sync();
      return observer.verifiedBatches === observer.batches.length;
    });
    await send("anvil_setCode", [target, code]);
    expect(node!.outbox?.row("verify 1")).to.have.property("nonce");
  });

  it("posts and proves in one call, and delivers a migration to another rollup", async () => {
    const prover = await mockProver();
    const send = (method: string, parameters: unknown[]): Promise<unknown> => rpc(chain.url, method, ...parameters);
    const target = await deployProofOfEfficiency(new Key(DEPLOYER, provider));
    const { rollup, verifier } = observer.system;
    const addresses = [await verifier.getAddress(), await rollup.ENFORCEMENT_VERIFIER()] as const;
    const codes = await Promise.all(addresses.map((address) => provider.getCode(address)));
    const connection = { ethers: { provider: { send } } } as unknown as NetworkConnection;
    const roles = { ...SEQUENCER, aggregator: true, "proven-leaves": "4", "min-profit": "1000", "max-loss": "1000" };
    await start({ ...roles, deliver: true, "max-delivery": "1" }, { prover });
    await putMock(connection, addresses[0], "MockVerifier");
    await putMock(connection, addresses[1], "MockEnforcementVerifier");
    const arrivals = observer.system.rollup.attach(target.rollup) as typeof rollup;
    await putMock(connection, await arrivals.ENFORCEMENT_VERIFIER(), "MockEnforcementVerifier");
    await observer.sync();
    const before = observer.batches.length;
    await wallet.deposit(ETH, parseEther("1"));
    await until("the deposit is final", async () => (await isPosted(before + 1)) && observer.verifiedBatches > before);
    const { postedAt, provenAt } = observer.batches.at(-1)!;
    expect(provenAt).to.equal(postedAt);
    const { index } = wallet.accounts().at(-1)!;
    const move = wallet.move(ETH, { target: target.rollup, targetToken: ETH, from: index });
    const migrator = new Migrator(observer, new Key(USER, provider), prover, undefined, { pollingInterval: 20 });
    await migrator.request({ target: target.rollup, pair: { source: ETH, target: ETH }, moves: [move] });
    await until("the migration has arrived", async () => {
      await observer.sync();
      return observer.migrations.departures.length === 1 && observer.migrations.undelivered.length === 0;
    });
    for (const [i, address] of addresses.entries()) await send("anvil_setCode", [address, codes[i]!]);
    expect(node!.outbox?.row("deliver 1")).to.have.property("nonce");
  });

  it("reads L1 again when it has gone back", async () => {
    await rpc(chain.url, "anvil_mine", "0x2");
    const snapshot = await rpc(chain.url, "evm_snapshot");
    await start();
    const length = observer.batches.length;
    await wallet.deposit(ETH, 1n);
    await until("the node has the deposit", () => node!.node.forcedOperations.length > takenForced(node!.node));
    const old = node!.node;
    await rpc(chain.url, "evm_revert", snapshot);
    await rpc(chain.url, "anvil_mine", "0x5");
    await until("the node has read again", () => node!.node !== old);
    expect([node!.node.batches.length, node!.node.forcedOperations.length]).to.deep.equal([
      length,
      takenForced(node!.node),
    ]);
    observer = await RollupNode.open(observer.system);
  });

  it("opens another view when L1 has gone back, also if the endpoint fails then and shows the old blocks again", async () => {
    await start();
    const old = node!.node;
    const { provider: endpoint } = old.system;
    const getBlock = endpoint.getBlock.bind(endpoint);
    let [syncs, failures] = [0, 0];
    old.sync = () => {
      syncs += 1;
      endpoint.getBlock = (...block) => {
        failures += 1;
        if (failures > 2) return getBlock(...block);
        const [request, why] = ["eth_getBlockByNumber", "the L1 endpoint does not answer"];
        return Promise.reject(new ProtocolError("ENDPOINT_UNAVAILABLE", { request }, why));
      };
      return Promise.reject(new ProtocolError("REORGANISED", { block: old.block }, "L1 has replaced a block"));
    };
    await until("another view", () => node!.node !== old);
    expect(syncs).to.equal(1);
    expect(failures).to.be.greaterThan(2);
  });

  it("opens another view when the disk has gone back, and the old one has not", async () => {
    await start();
    const old = node!.node;
    old.sync = () => Promise.reject(new ProtocolError("STATE_GONE", { path: directory }, "the state is gone"));
    await until("another view", () => node!.node !== old);
  });

  it("takes no transaction and is not healthy while its disk has less room than it should have", async () => {
    const { apiUrl, requireRoom } = await start({
      ...SEQUENCER,
      ...{ "no-api": false, "api-port": "0", "min-free": "1000000" },
    });
    const { data } = await expectRejection(Promise.resolve().then(requireRoom), "DISK_LOW");
    expect(data).to.deep.include({ path: join(directory, "data"), minimum: 10 ** 6 * 2 ** 20 });
    const params = [`0x${"00".repeat(93)}`];
    const response = await fetch(apiUrl!, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "rollup_sendTransaction", params }),
    });
    expect(await response.json()).to.have.nested.property("error.data.code", "DISK_LOW");
    const health = await fetch(`${apiUrl!}/health`);
    expect(health.status).to.equal(503);
    const { trouble } = (await health.json()) as { trouble: string };
    expect(trouble).to.match(/^DISK_LOW: the disk of .* has \d+ MB free, less than the 1000000 MB of --min-free$/u);
  });

  it("starts although L1 goes back while it is read", async () => {
    await rpc(chain.url, "anvil_mine", "0x2");
    const snapshot = await rpc(chain.url, "evm_snapshot");
    await rpc(chain.url, "anvil_mine", "0x5");
    const head = Number(await rpc(chain.url, "eth_blockNumber"));
    let hasGoneBack = false;
    // An endpoint at which L1 goes back when the node has read all but the last two blocks.
    const endpoint = createServer((incoming, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of incoming) chunks.push(chunk as Buffer);
        const body = Buffer.concat(chunks).toString();
        const { method, params } = JSON.parse(body) as { method: string; params: unknown[] };
        if (!hasGoneBack && method === "eth_getBlockByNumber" && Number(params[0]) === head - 1) {
          hasGoneBack = true;
          await rpc(chain.url, "evm_revert", snapshot);
          await rpc(chain.url, "anvil_mine", "0x9", "0x7");
        }
        const headers = { "content-type": "application/json" };
        const answer = await fetch(chain.url, { method: "POST", headers, body });
        response.writeHead(200, headers).end(await answer.text());
      })();
    });
    await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = endpoint.address() as AddressInfo;
      await start({ l1: `http://127.0.0.1:${port}`, "max-range": "1" });
      expect(hasGoneBack).to.equal(true);
      expect(node!.node.block).to.be.greaterThan(head);
    } finally {
      endpoint.closeAllConnections();
      endpoint.close();
      observer = await RollupNode.open(observer.system);
    }
  });

  it("says in one sentence why it does not start", async () => {
    await expectRejection(start({ ...SEQUENCER }, { environment: {} }), "BAD_KEY");
    await expectRejection(start({ aggregator: true }), "NO_PROVER");
    await expectRejection(
      start({ rollup: `0x${"12".repeat(20)}`, "data-dir": join(directory, "other") }),
      "UNKNOWN_DEPLOYMENT",
    );
    await start();
    await expectRejection(Node.start(configuration(), { environment: {}, log: quiet }), "DATABASE_LOCKED");
  });

  describe("as a process", () => {
    function run(...args: string[]): { child: ChildProcess; output: () => string } {
      const isWithApi = args.includes("--api-port");
      const given = Object.entries(flags({ log: "info" }))
        .filter(([name]) => name !== "no-api" || !isWithApi)
        .flatMap(([name, value]) => (typeof value === "string" ? [`--${name}`, value] : [`--${name}`]));
      const child = spawn(process.execPath, [join(PROJECT_ROOT, "scripts", "node.ts"), ...given, ...args], {
        env: { ...process.env, NODE_PRIVATE_KEY: OPERATOR },
        stdio: ["ignore", "pipe", "pipe"],
      });
      children.push(child);
      let text = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      }
      return { child, output: () => text };
    }

    it("ends within ten seconds when it is told to, and starts again after it was killed", async () => {
      const first = run();
      await until("it has started", () => first.output().includes('"started"') || first.child.exitCode !== null);
      expect(first.output()).to.match(/block \d+ of \d+/u);
      const second = run();
      const [code] = (await once(second.child, "exit")) as [number];
      expect([code, second.output()]).to.deep.equal([1, second.output()]);
      expect(second.output()).to.include("DATABASE_LOCKED: another process has the database");
      first.child.kill("SIGKILL");
      await once(first.child, "exit");
      const third = run();
      await until("it has started again", () => third.output().includes('"started"') || third.child.exitCode !== null);
      const begin = performance.now();
      third.child.kill("SIGTERM");
      const [ended] = (await once(third.child, "exit")) as [number];
      expect(ended, third.output()).to.equal(0);
      expect(performance.now() - begin).to.be.lessThan(10_000);
      expect(third.output()).to.include('"stopped"');
    });

    it("loses nothing that it accepted, and posts nothing twice, when it is killed again and again", async function () {
      this.timeout(300_000);
      const apiOf = async ({ child, output }: ReturnType<typeof run>): Promise<string> => {
        await until("it has started", () => output().includes('"started"') || child.exitCode !== null);
        return /"api":"([^"]+)"/u.exec(output())?.[1] ?? expect.fail(output());
      };
      const roles = ["--sequencer", "--fee-account", "1", "--max-age", "0", "--max-loss", "1", "--api-port", "0"];
      await observer.sync();
      const { index, account } = wallet.accounts()[0]!;
      const accepted: Uint8Array[] = [];
      let { nonce } = account;
      for (const delay of [0, 150, 700, 1_500]) {
        const process = run(...roles);
        const api = await apiOf(process);
        for (let i = 0; i < 2; i++) {
          const transaction = wallet.transfer(ETH, { from: index, to: 1, amount: 1n, nonce });
          const params = [hexlify(transaction)];
          const response = await fetch(api, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "rollup_sendTransaction", params }),
          });
          expect(await response.json()).to.have.nested.property("result.nonce", String(nonce));
          accepted.push(transaction);
          nonce += 1n;
        }
        await sleep(delay);
        process.child.kill("SIGKILL");
        await once(process.child, "exit");
      }
      const last = run(...roles);
      await apiOf(last);
      await until("all are posted", async () => {
        await observer.sync();
        return observer.virtualState.account(index)?.nonce === nonce;
      });
      const posted = observer.batches.map(({ data }) => Buffer.from(data));
      const places = accepted.map((bytes) => posted.filter((data) => data.includes(Buffer.from(bytes))).length);
      expect(places).to.deep.equal(accepted.map(() => 1));
    });

    it("writes a snapshot of its database, fills another one from it, and starts there", async () => {
      const ended = async (...args: string[]): Promise<[code: number, text: string]> => {
        const { child, output } = run(...args);
        const [code] = (await once(child, "exit")) as [number];
        return [code, output()];
      };
      const [file, other] = [join(directory, "snapshot"), join(directory, "other")];
      expect(await ended("--export-snapshot", file)).to.satisfy(
        ([code, text]: [number, string]) => code === 1 && text.includes("NOTHING_TO_EXPORT: there is no database"),
      );
      await start();
      const { batches } = node!.node;
      const [code, text] = await ended("--export-snapshot", file);
      expect([code, text.trim().split("\n").length]).to.deep.equal([1, 1]);
      expect(text).to.include("DATABASE_LOCKED");
      await node!.stop();
      const [exported, said] = await ended("--export-snapshot", file);
      expect([exported, said]).to.deep.equal([0, said]);
      expect(said).to.match(
        new RegExp(`snapshot: after L1 block \\d+, with ${batches.length} batches and \\d+ forced`, "u"),
      );
      const [imported, report] = await ended("--import-snapshot", file, "--data-dir", other);
      expect([imported, report]).to.deep.equal([0, report]);
      const second = await ended("--import-snapshot", file, "--data-dir", other);
      expect([second[0], second[1].includes("DATABASE_EXISTS")]).to.deep.equal([1, true]);
      const follower = run("--data-dir", other);
      await until("it has started", () => follower.output().includes('"started"') || follower.child.exitCode !== null);
      expect(follower.output()).to.include('"started"');
      follower.child.kill("SIGTERM");
      await once(follower.child, "exit");
      writeFileSync(file, "rubbish\n");
      const [refused, reason] = await ended("--import-snapshot", file, "--data-dir", join(directory, "third"));
      expect([refused, reason.trim()]).to.deep.equal([
        ...[1, `BAD_SNAPSHOT: the snapshot ${file} cannot be used: line 1 is not JSON`],
      ]);
      expect(readdirSync(join(directory, "third"))).to.deep.equal([]);
      const [wrong] = await ended("--import-snapshot", file, "--export-snapshot", file);
      expect(wrong).to.equal(2);
      const [missing, which] = await ended("--import-snapshot", join(directory, "none"));
      expect([missing, which.includes("there is no such file")]).to.deep.equal([2, true]);
    });

    it("ends with exit code 2 and a sentence for each wrong option", async () => {
      const { child, output } = run("--max-age", "soon", "--log", "loud");
      const [code] = (await once(child, "exit")) as [number];
      expect(code).to.equal(2);
      expect(output()).to.match(/--max-age soon: must be a whole number [^\n]+; --log loud: must be one of/u);
    });
  });
});
