// SPDX-License-Identifier: MIT
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { Contract, hexlify, id, parseEther, Wallet as Key, ZeroHash, type JsonRpcProvider } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import type { BuilderEscrow } from "../../../typechain-types/index.ts";
import { B52Node, Wallet } from "../../../src/agents/index.ts";
import { roundTipDown } from "../../../src/codec/index.ts";
import { builderEscrowAbi } from "../../../src/contracts/index.ts";
import {
  deployB52,
  deployBuilderEscrow,
  deployProofOfEfficiency,
  type DeployedRollup,
} from "../../../src/deployment/index.ts";
import { openProvider, openRollup } from "../../../src/escape/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { readConfiguration, type NodeConfiguration } from "../../../src/node/configuration/index.ts";
import { exportNode, importNode, Node, type NodeSurroundings } from "../../../src/node/program/index.ts";
import { openDatabase } from "../../../src/node/storage/index.ts";
import type { Prover } from "../../../src/prover/index.ts";
import { mockProver, putMock } from "../../../tools/bench/mockProofs.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { createFastSigner } from "../../helpers/fastSigner.ts";
import { LocalNetwork } from "../../helpers/localGossip.ts";
import { rpc, startNode, type LocalNode } from "../../helpers/localNode.ts";

// The first three accounts of every local chain.
const DEPLOYER = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const OPERATOR = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const USER = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";
const TICKET_KEY = id("ticket of the node");

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe("A node of a B52 rollup", function () {
  this.timeout(300_000);
  let chain: LocalNode;
  let deployed: DeployedRollup;
  let provider: JsonRpcProvider;
  let observer: B52Node;
  let prover: Prover;
  let directory: string;
  const nodes: Node[] = [];

  const configuration = (changes: Record<string, unknown> = {}): NodeConfiguration =>
    readConfiguration({
      flags: {
        ...{ "data-dir": join(directory, "data"), l1: chain.url, rollup: deployed.rollup, "no-api": true },
        ...{ "deployment-block": String(deployed.deploymentBlock), ...changes },
      },
      environment: {},
    });
  const start = async (
    changes: Record<string, unknown> = {},
    surroundings: Partial<NodeSurroundings> = {},
  ): Promise<Node> => {
    const node = await Node.start(configuration(changes), {
      environment: { NODE_PRIVATE_KEY: OPERATOR, NODE_TICKET_KEY: TICKET_KEY },
      ...{ log: quiet, pollingInterval: 20, prover },
      ...surroundings,
    });
    nodes.push(node);
    return node;
  };
  const stop = async (node: Node): Promise<void> => {
    await node.stop();
    nodes.splice(nodes.indexOf(node), 1);
  };

  /** Lets blocks of L1 come, and the node read each, until something holds. */
  async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let block = 0; block < 500; block++) {
      if (await holds()) return;
      await rpc(chain.url, "anvil_mine", "0x1", "0x3c");
      const head = await provider.getBlockNumber();
      while (nodes.some((node) => node.node.block < head)) await sleep(10);
      // Two turns of its roles.
      await sleep(80);
      await observer.sync();
    }
    throw new Error(`not in time: ${what}`);
  }

  before(async () => {
    chain = await startNode("anvil");
    provider = openProvider(chain.url);
    prover = await mockProver();
    deployed = await deployB52(new Key(DEPLOYER, provider));
    const opened = await openRollup(provider, deployed.rollup, { deploymentBlock: deployed.deploymentBlock });
    if (opened.consensus !== "B52") throw new Error("another consensus");
    observer = opened.node;
    const { token, consensus } = observer.system;
    const deployer = new Key(DEPLOYER, provider);
    const wait = async (sent: Promise<{ wait(): Promise<unknown> }>): Promise<unknown> => (await sent).wait();
    await wait(token.connect(deployer).transfer(new Key(OPERATOR).address, parseEther("2000")));
    await wait(token.connect(deployer).approve(consensus, parseEther("10000")));
    await wait(consensus.connect(deployer).fundPool(parseEther("10000")));
  });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "b52-node-"));
  });

  afterEach(async () => {
    for (const node of [...nodes]) await stop(node);
    rmSync(directory, { recursive: true, force: true });
  });

  after(async () => {
    provider.destroy();
    await chain.stop();
  });

  it("takes its ticket, deposits, and takes two heights alone, with a restart and a user's transaction", async () => {
    const roles = { proposer: true, prover: true, ticket: "7", join: true, "no-api": false, "api-port": "0" };
    let running = await start(roles);
    // The sizes of the circuits are in the code of the verifier, and not in that of the mock: a node reads them first.
    const target = await observer.system.verifier.getAddress();
    const code = await provider.getCode(target);
    const send = (method: string, parameters: unknown[]): Promise<unknown> => rpc(chain.url, method, ...parameters);
    const mock = (): Promise<void> =>
      putMock({ ethers: { provider: { send } } } as unknown as NetworkConnection, target, "MockVerifier");
    await mock();
    const wallet = new Wallet(observer, new Key(USER, provider), createFastSigner("user"), {
      sending: { pollingInterval: 20 },
    });
    await wallet.deposit(ETH, parseEther("1"));
    const { address } = new Key(OPERATOR);
    await until("the ticket is taken", () => observer.ownerOf(7) === address);
    await until("height 1", () => observer.batches.length === 1 && running.node.batches.length === 1);
    expect(observer.batch(1).record.provers).to.equal(1n);
    const ask = async (method: string, ...params: unknown[]): Promise<unknown> => {
      const response = await fetch(running.apiUrl!, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      const { result, error } = (await response.json()) as { result?: unknown; error?: { data: { code: string } } };
      return error === undefined ? result : error.data.code;
    };
    expect(await ask("rollup_status")).to.include({ batches: 1, finalBatches: 1, accounts: 1, isFrozen: false });
    expect(await ask("rollup_operation", 1)).to.include({ status: "final", batch: 1 });
    expect(await ask("rollup_batch", 1)).to.include({ number: 1, sequencer: address.toLowerCase(), forcedCount: 1 });
    expect(await ask("rollup_forcedQueue")).to.deep.equal([]);
    expect(await ask("rollup_rules")).to.include({ kind: "B52", proofWindow: 600 });
    expect(await ask("rollup_tickets", 0)).to.have.nested.property("tickets[0].owner", address.toLowerCase());
    const { nodes } = (await ask("rollup_proofTree", Number(observer.batch(1).proposal.round), address)) as {
      nodes: { state: string; ticket: number; known: number[] }[];
    };
    // Its own proofs it has heard from itself.
    for (const of of nodes) expect(of).to.deep.include({ state: "credited", ticket: 7, known: [7] });
    expect(await ask("rollup_peers")).to.include({ isJoined: false });
    expect((await fetch(`${running.apiUrl!}/metrics`)).status).to.equal(200);

    await wallet.node.sync();
    const transaction = wallet.transfer(ETH, { to: 1, amount: 5n });
    expect(await ask("rollup_sendTransaction", hexlify(transaction))).to.include({ nonce: "0" });
    await stop(running);
    await send("anvil_setCode", [target, code]);
    running = await start(roles);
    await mock();
    expect(running.mempool.status(transaction)).to.have.property("status", "waiting");
    await until("height 2", () => observer.batches.length === 2 && running.node.batches.length === 2);
    expect(Buffer.from(observer.batch(2).data).includes(Buffer.from(transaction))).to.equal(true);
    expect(await ask("rollup_transaction", hexlify(transaction))).to.include({ status: "final", batch: 2 });
    await until("all is collected", () => observer.chores.length === 0);
    await send("anvil_setCode", [target, code]);
  });

  it("builds: it funds the escrow, keeps its users' transactions to itself, and sells a block to a proposer's node", async () => {
    const deployer = new Key(DEPLOYER, provider);
    const { escrow } = await deployBuilderEscrow(deployer, deployed);
    const { token } = observer.system;
    await (await token.connect(deployer).transfer(new Key(USER).address, parseEther("1000"))).wait();
    const target = await observer.system.verifier.getAddress();
    const code = await provider.getCode(target);
    const send = (method: string, parameters: unknown[]): Promise<unknown> => rpc(chain.url, method, ...parameters);
    const domain = { name: "BuilderEscrow", version: "1", chainId: 31_337n, verifyingContract: escrow };
    const network = new LocalNetwork(observer.domain, domain);
    const proposer = await start(
      { ...{ proposer: true, prover: true, ticket: "7", escrow }, "data-dir": join(directory, "proposer") },
      { gossip: network.join("proposer") },
    );
    const builder = await start(
      {
        ...{ builder: true, escrow, private: true, "fee-account": "1", "pay-percent": "100" },
        ...{ "no-api": false, "api-port": "0", "data-dir": join(directory, "builder") },
      },
      { environment: { NODE_PRIVATE_KEY: USER }, gossip: network.join("builder") },
    );
    await putMock({ ethers: { provider: { send } } } as unknown as NetworkConnection, target, "MockVerifier");
    const contract = new Contract(escrow, builderEscrowAbi, provider) as unknown as BuilderEscrow;
    const balance = async (key: string): Promise<bigint> => (await contract.accountOf(new Key(key).address)).balance;
    await until(
      "both have money in the escrow",
      async () => (await balance(USER)) > 0n && (await balance(OPERATOR)) > 0n,
    );
    // Twice payment and cover at their most, and twice the bond.
    expect([await balance(USER), await balance(OPERATOR)]).to.deep.equal([parseEther("44"), parseEther("2")]);
    await observer.sync();
    const wallet = new Wallet(observer, new Key(USER, provider), createFastSigner("user"));
    const tip = roundTipDown(parseEther("0.015"));
    const transaction = wallet.transfer(ETH, { to: 1, amount: 5n, tip });
    const response = await fetch(builder.apiUrl!, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "rollup_sendTransaction", params: [hexlify(transaction)] }),
    });
    expect(((await response.json()) as { result: { nonce: string } }).result.nonce).to.equal("1");
    const height = observer.batches.length + 1;
    await until("the height", () => observer.batches.length === height);
    expect(network.published.map(({ message }) => message.kind)).not.to.include("transaction");
    expect(Buffer.from(observer.batch(height).data).includes(Buffer.from(transaction))).to.equal(true);
    const payment = tip * 1_000n;
    await until("the payment", async () => (await balance(OPERATOR)) > parseEther("2"));
    expect(await balance(OPERATOR)).to.equal(parseEther("2") + payment);
    expect(await balance(USER)).to.equal(parseEther("44") - payment);
    for (const running of [proposer, builder]) expect(running.node.batches).to.have.length(height);
    await send("anvil_setCode", [target, code]);
  });

  it("follows without a role, and is refused with roles or a key that do not fit", async () => {
    const follower = await start();
    expect(follower.node).to.be.instanceOf(B52Node);
    expect(follower.outbox).to.equal(undefined);
    await stop(follower);
    const network = new LocalNetwork(observer.domain);
    const hearing = await Node.start(configuration(), {
      environment: {},
      ...{ log: quiet, pollingInterval: 20, gossip: network.join("follower") },
    });
    nodes.push(hearing);
    const [round, proposer] = [BigInt(observer.rounds), new Key(OPERATOR).address];
    const draft = {
      proposer,
      round,
      height: 3n,
      parent: ZeroHash,
      contentHash: ZeroHash,
      bid: 5n,
      share: 1n,
      leaves: 2n,
    };
    const before = hearing.heard!.revision;
    await network.join("proposer").publish({ kind: "proposal", draft, signature: "0x" });
    expect(hearing.heard!.revision).to.equal(before + 1);
    expect(hearing.heard!.offersOf(round)).to.deep.equal([{ draft, voters: 0, nodes: [] }]);
    await stop(hearing);
    await expectRejection(start({ sequencer: true, "fee-account": "1" }), "UNSUPPORTED_CONSENSUS");
    const other = await deployProofOfEfficiency(new Key(DEPLOYER, provider));
    await expectRejection(
      start({ proposer: true, rollup: other.rollup, "data-dir": join(directory, "other") }),
      "UNSUPPORTED_CONSENSUS",
    );
    const { escrow } = await deployBuilderEscrow(
      new Key(DEPLOYER, provider),
      await deployB52(new Key(DEPLOYER, provider)),
    );
    await expectRejection(start({ proposer: true, escrow }), "OTHER_CONSENSUS");
    const settings = configuration({ prover: true, ticket: "1" });
    const surroundings = { log: quiet, environment: { NODE_PRIVATE_KEY: OPERATOR } };
    await expectRejection(Node.start(settings, surroundings), "NO_PROVER");
    await expectRejection(Node.start(settings, { ...surroundings, prover }), "BAD_KEY");
  });

  it("goes on from its disk, and from the deployment after a reorganisation of all that it kept, and says so", async () => {
    const read: number[] = [];
    const onProgress = (block: number): unknown => read.push(block);
    const first = await start({ "max-range": "2" }, { onProgress });
    const { block } = first.node;
    expect(read.length).to.be.above(2);
    await first.stop();
    read.length = 0;
    const snapshot = await rpc(chain.url, "evm_snapshot");
    await rpc(chain.url, "anvil_mine", "0x1", "0xc");
    const second = await start({ "max-range": "2" }, { onProgress });
    expect(read).to.deep.equal([block + 1]);
    await second.stop();

    // One range, so one block is kept.
    const warnings: string[] = [];
    const log = { ...quiet, warn: (_: object, message: string) => warnings.push(message) };
    const fresh = { "data-dir": join(directory, "fresh") };
    await (await start(fresh)).stop();
    await rpc(chain.url, "evm_revert", snapshot);
    await rpc(chain.url, "anvil_mine", "0x3", "0x7");
    const third = await start(fresh, { log });
    expect(warnings).to.deep.equal(["L1 has replaced all blocks that were kept; reading again from the deployment on"]);
    expect(third.node.block).to.equal(await provider.getBlockNumber());
    expect(third.node.finalState.root).to.equal(await observer.system.rollup.stateRoot());
  });

  it("refuses a database of another consensus, and snapshots, in one sentence each", async () => {
    await (await start()).stop();
    const { chainId } = await provider.getNetwork();
    const settings = configuration();
    const path = join(directory, "snapshot");
    const unsupported = await expectRejection(exportNode(settings, path), "UNSUPPORTED_CONSENSUS");
    expect(unsupported.message).to.match(
      /^there are no snapshots of the rollup 0x[0-9a-fA-F]{40}, as L1 keeps too little/u,
    );
    const other = configuration({ "data-dir": join(directory, "imported") });
    await expectRejection(importNode(other, path), "UNSUPPORTED_CONSENSUS");
    expect(existsSync(join(directory, "imported"))).to.equal(false);
    expect(existsSync(path)).to.equal(false);

    const database = openDatabase(join(settings.dataDir, "node.sqlite"), { chainId, rollup: deployed.rollup });
    database.exec("UPDATE deployment SET consensus = 'Proof of Efficiency'");
    database.close();
    const { data, message } = await expectRejection(start(), "DATABASE_OF_ANOTHER_ROLLUP");
    expect(data).to.include({ what: "consensus", expected: "B52", found: "Proof of Efficiency" });
    expect(message).to.match(/ is of consensus Proof of Efficiency, not B52: choose another directory$/u);
  });
});
