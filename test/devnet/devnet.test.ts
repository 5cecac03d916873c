// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { Wallet } from "ethers";

import local from "../../deploy/parameters/local.json" with { type: "json" };
import { validateParameters } from "../../src/deployment/index.ts";
import { readConfiguration } from "../../src/node/configuration/index.ts";
import { Children } from "../../tools/devnet/children.ts";
import { describeB52, describeNetwork, describePoe } from "../../tools/devnet/describe.ts";
import { freePorts } from "../../tools/devnet/ports.ts";
import { b52Parameters } from "../../tools/devnet/rollups.ts";
import {
  commandOf,
  keyOf,
  NODES,
  planB52Nodes,
  planNodes,
  type NodeName,
  type NodePlan,
} from "../../tools/devnet/topology.ts";
import { USERS } from "../../tools/devnet/users.ts";

const place = {
  ...{ folder: "/devnet", rollup: `0x${"ab".repeat(20)}`, deploymentBlock: 1 },
  portOf: (name: NodeName) => 1_000 + [...NODES.poe, ...NODES.b52].indexOf(name),
  l1Of: (name: NodeName) => `http://127.0.0.1:8545/${name}`,
};
const BOOTSTRAP = "/ip4/127.0.0.1/tcp/9252/p2p/12D3KooWNVf44BfXWSkmnaY1xhRcYq8kUMjJbQGyBw53f3oDDaCp";
const poe = planNodes(place);
const ESCROW = `0x${"cd".repeat(20)}`;
const b52 = planB52Nodes({
  ...{ ...place, escrow: ESCROW },
  networkOf: (name) => ({
    p2pListen: ["/ip4/127.0.0.1/tcp/9252"],
    ...(name === "proposer-1" ? {} : { p2pBootstrap: [BOOTSTRAP] }),
  }),
});
const plans = [...poe, ...b52];
const read = (of: readonly NodePlan[]) =>
  of.map(({ configuration }) => readConfiguration({ flags: {}, environment: {}, file: configuration }));

describe("A devnet", () => {
  it("configures each node such that it starts: roles, keys, folders and ports of its own", () => {
    expect(poe.map(({ name }) => name)).to.deep.equal(NODES.poe);
    const ofPoe = read(poe);
    expect(ofPoe.filter(({ sequencer }) => sequencer).map(({ feeAccount }) => feeAccount)).to.deep.equal([1, 2]);
    expect([
      ofPoe.filter(({ aggregator }) => aggregator).length,
      ofPoe.filter(({ boot }) => boot).length,
    ]).to.deep.equal([1, 1]);
    const all = read(plans);
    expect(new Set(all.map(({ dataDir }) => dataDir)).size).to.equal(plans.length);
    expect(new Set(all.map(({ apiPort }) => apiPort)).size).to.equal(plans.length);
    const keys = plans.flatMap(({ environment }) => Object.values(environment));
    // The followers have none, and each prover has a second one.
    expect(new Set(keys).size).to.equal(plans.length - 2 + 3);
    for (const { configuration } of plans) {
      for (const key of keys) expect(JSON.stringify(configuration)).to.not.include(key);
    }
  });

  it("has proposers, provers and a builder of B52, each with a place in the network, and margins that its windows allow", () => {
    expect(b52.map(({ name }) => name)).to.deep.equal(NODES.b52);
    const nodes = read(b52);
    expect(nodes.filter(({ proposer }) => proposer).map(({ feeAccount }) => feeAccount)).to.deep.equal([1, 2]);
    expect(nodes.filter(({ builder }) => builder).map(({ feeAccount }) => feeAccount)).to.deep.equal([7]);
    expect(USERS.b52[6]).to.equal("builder");
    const trading = nodes.filter(({ builder, proposer }) => builder || proposer);
    expect(trading.map(({ escrow }) => escrow?.toLowerCase())).to.deep.equal([ESCROW, ESCROW, ESCROW]);
    expect(nodes.filter(({ prover, join }) => prover && join).map(({ ticket }) => ticket)).to.deep.equal([1, 2, 3]);
    expect(nodes.map(({ p2pListen, p2pBootstrap }) => [p2pListen.length, p2pBootstrap.length])).to.deep.equal([
      [1, 0],
      ...Array.from({ length: NODES.b52.length - 1 }, () => [1, 1]),
    ]);
    const { proposalWindow, proofWindow, defenceWindow } = b52Parameters({ leaf: 1, merge: 1 });
    for (const { margin } of nodes.filter(({ proposer, prover }) => proposer || prover)) {
      // An offer, a submission without all proofs, and a demand for votes have their time.
      expect(proposalWindow, "offers").to.be.greaterThan(2 * margin);
      expect(proofWindow / 2, "proofs").to.be.greaterThan(3 * margin);
      expect(defenceWindow / 3, "demands").to.be.greaterThan(margin);
    }
  });

  it("has windows of B52 for as many proofs as the machine makes, that the contract takes", () => {
    const windows = [1, 10, 40].map((leaf) => b52Parameters({ leaf, merge: leaf / 2 }));
    // 72 + 2 (4 · 10 + 2 · 5), in steps of 30.
    expect(windows.map(({ proofWindow }) => proofWindow)).to.deep.equal([180, 180, 480]);
    for (const parameters of windows) {
      expect(() => validateParameters("B52", { ...local.B52, ...parameters })).to.not.throw();
    }
  });

  it("uses the accounts of every local chain", () => {
    expect(new Wallet(keyOf("deployer")).address).to.equal("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
  });

  it("says where everything is, and how a node is started again by hand", () => {
    const of = (consensus: string) => ({ rollup: `0xroll of ${consensus}`, consensus, deploymentBlock: 1 });
    const surroundings = {
      ...{ l1: "http://127.0.0.1:8545", folder: "/devnet", isRestarting: false },
      nodes: plans.map((plan) => ({ plan, pid: 77 })),
    };
    const text = describeNetwork({ ...surroundings, rollups: { poe: of("0xpoe"), b52: of("0xb52") } });
    for (const { url, name } of plans) expect(text).to.include(name).and.to.include(url);
    for (const part of ["0xroll of 0xpoe", "0xroll of 0xb52", "kill -9 77", commandOf(poe[1]!)]) {
      expect(text).to.include(part);
    }
    expect(commandOf(poe[0]!)).to.equal(
      `NODE_PRIVATE_KEY=${keyOf("sequencer-1")} npm run node -- --config /devnet/sequencer-1.json`,
    );
    const alone = describeNetwork({ ...surroundings, rollups: { b52: of("0xb52") } });
    expect(alone).to.include(commandOf(b52[1]!)).and.to.not.include("sequencer-1");
  });

  it("says in a line how far a rollup is", () => {
    const count = { accepted: 5, refused: 1 };
    expect(describePoe({ batches: [1, 2, 3] as never, verifiedBatches: 2 }, count)).to.equal(
      "poe: 3 batches, 2 final; 5 transactions of its users accepted, 1 refused",
    );
    const node = {
      ...{ batches: [1] as never, virtualBatches: [], registry: undefined as never },
      lastRoundOf: (height: number) => (height === 2 ? ({ round: 4n } as never) : undefined),
      proposalsOf: (round: bigint) => (round === 4n ? ([1, 2] as never) : []),
      proofWindowOf: () => ({ opensAt: 100n, closesAt: 160n }),
      provenBlocks: [{ proposal: { round: 3n } }, { proposal: { round: 4n } }] as never,
    };
    const at = (now: number): string => describeB52(node, count, now).replace("b52: height 1; round 4: ", "");
    const rest = "2 committed, 1 proven; 5 transactions of its users accepted, 1 refused";
    expect([at(70), at(100), at(160)]).to.deep.equal([
      `proposals, 30 s left; ${rest}`,
      `proofs, 60 s left; ${rest}`,
      `is over; ${rest}`,
    ]);
    expect(describeB52({ ...node, lastRoundOf: () => undefined }, count, 0)).to.include("height 1; no round;");
  });

  it("takes other ports where those that it wishes are taken", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { readonly port: number };
    const [first, second, third] = await freePorts([port, 0, 0]);
    server.close();
    expect(first).to.not.equal(port);
    expect(new Set([first, second, third]).size).to.equal(3);
  });

  it("leaves no process behind, nor what one has started", async () => {
    const folder = mkdtempSync(join(tmpdir(), "children-"));
    const children = new Children();
    // A process that does not end when it is told to, and has a child.
    const program = `
      process.on("SIGTERM", () => undefined);
      const { pid } = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => 0, 1000)"]);
      console.log(pid);
      setInterval(() => 0, 1000);
    `;
    const log = join(folder, "log");
    const child = children.start({ program: process.execPath, args: ["-e", program], log });
    while (!child.tail().includes("\n")) await new Promise((resolve) => setTimeout(resolve, 20));
    const pids = [child.pid!, Number(child.tail())];
    await children.stop(200);
    expect(child.end).to.deep.equal({ code: null, signal: "SIGKILL" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const states = execFileSync("ps", ["-o", "stat=", "-p", pids.join()], { encoding: "utf8" });
    // One that its parent has not asked for is a zombie, and runs no more.
    expect(states.split("\n").filter((state) => state !== "" && !state.startsWith("Z"))).to.deep.equal([]);
    rmSync(folder, { recursive: true });
  });
});
