// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { Wallet } from "ethers";

import { readConfiguration } from "../../src/node/configuration/index.ts";
import { Children } from "../../tools/devnet/children.ts";
import { describeNetwork, describeStatus } from "../../tools/devnet/describe.ts";
import { freePorts } from "../../tools/devnet/ports.ts";
import { commandOf, keyOf, NODES, planNodes } from "../../tools/devnet/topology.ts";

const plans = planNodes({
  ...{ folder: "/devnet", rollup: `0x${"ab".repeat(20)}`, deploymentBlock: 1, ports: [1, 2, 3, 4, 5] },
  l1Of: (name) => `http://127.0.0.1:8545/${name}`,
});

describe("A devnet", () => {
  it("configures each node such that it starts: roles, keys, folders and ports of its own", () => {
    const read = plans.map(({ configuration }) =>
      readConfiguration({ flags: {}, environment: {}, file: configuration }),
    );
    expect(plans.map(({ name }) => name)).to.deep.equal(NODES);
    expect(read.filter(({ sequencer }) => sequencer).map(({ feeAccount }) => feeAccount)).to.deep.equal([1, 2]);
    expect([read.filter(({ aggregator }) => aggregator).length, read.filter(({ boot }) => boot).length]).to.deep.equal([
      1, 1,
    ]);
    expect(new Set(read.map(({ dataDir }) => dataDir)).size).to.equal(NODES.length);
    expect(new Set(read.map(({ apiPort }) => apiPort)).size).to.equal(NODES.length);
    const keys = plans.flatMap(({ environment }) => Object.values(environment));
    expect(new Set(keys).size).to.equal(NODES.length - 1);
    for (const { configuration } of plans) expect(JSON.stringify(configuration)).to.not.include(keys[0]!);
  });

  it("uses the accounts of every local chain", () => {
    expect(new Wallet(keyOf("deployer")).address).to.equal("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
  });

  it("says where everything is, and how a node is started again by hand", () => {
    const text = describeNetwork({
      ...{ l1: "http://127.0.0.1:8545", rollup: "0xroll", consensus: "0xcons", deploymentBlock: 1, folder: "/devnet" },
      ...{ nodes: plans.map((plan) => ({ plan, pid: 77 })), isRestarting: false },
    });
    for (const { url, name } of plans) expect(text).to.include(name).and.to.include(url);
    expect(text).to.include(commandOf(plans[0]!)).and.to.include("kill -9 77").and.to.include("0xroll");
    expect(commandOf(plans[0]!)).to.equal(
      `NODE_PRIVATE_KEY=${keyOf("sequencer-1")} npm run node -- --config /devnet/sequencer-1.json`,
    );
    const status = { l1Block: 9, batches: 3, finalBatches: 2, accepted: 5, refused: 1, down: ["boot"] };
    expect(describeStatus(status)).to.equal(
      "L1 block 9: 3 batches, 2 final; 5 transactions accepted, 1 refused; down: boot",
    );
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
