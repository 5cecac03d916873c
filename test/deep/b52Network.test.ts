// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { id, parseEther, Wallet as Key, type JsonRpcProvider } from "ethers";

import { B52Node, isSameAddress, Wallet } from "../../src/agents/index.ts";
import { deployB52, deployProofOfEfficiency, type DeployedRollup } from "../../src/deployment/index.ts";
import { openProvider, openRollup } from "../../src/escape/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { readConfiguration, type NodeConfiguration } from "../../src/node/configuration/index.ts";
import { Node } from "../../src/node/program/index.ts";
import { artifactsByName, createProver, SnarkjsVerifier, type Prover } from "../../src/prover/index.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import { rpc, startNode, type LocalNode } from "../helpers/localNode.ts";

// The first accounts of every local chain.
const DEPLOYER = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const PROPOSER = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const PROVER = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";
const USER = "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6";

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe("Nodes of a B52 rollup that know each other by the network alone, with real proofs", function () {
  // The order of a block is hidden by a random salt, so no proof of it is kept: five proofs are made.
  this.timeout(900_000);
  let chain: LocalNode;
  let deployed: DeployedRollup;
  let provider: JsonRpcProvider;
  let observer: B52Node;
  let prover: Prover;
  let verifier: SnarkjsVerifier;
  /** Proofs that are being made: L1's time stands still meanwhile. */
  let proving = 0;
  let verified = 0;
  let directory: string;
  const nodes: Node[] = [];

  const configuration = (name: string, changes: Record<string, unknown>): NodeConfiguration =>
    readConfiguration({
      flags: {
        ...{ "data-dir": join(directory, name), l1: chain.url, rollup: deployed.rollup, "no-api": true },
        ...{ "deployment-block": String(deployed.deploymentBlock), ...changes },
      },
      environment: {},
    });
  const start = async (name: string, key: string, changes: Record<string, unknown>): Promise<Node> => {
    const node = await Node.start(configuration(name, changes), {
      environment: { NODE_PRIVATE_KEY: key, NODE_TICKET_KEY: id(`ticket of ${name}`) },
      ...{ log: quiet, pollingInterval: 20, prover, verifier: counting() },
    });
    nodes.push(node);
    return node;
  };

  const counting = (): Pick<SnarkjsVerifier, "verify"> => ({
    verify: async (...parameters) => {
      const isValid = await verifier.verify(...parameters);
      if (isValid) verified += 1;
      return isValid;
    },
  });

  /** Lets blocks of L1 come, and the nodes read each, until something holds. */
  async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let block = 0; block < 500; block++) {
      if (await holds()) return;
      await rpc(chain.url, "anvil_mine", "0x1", "0xc");
      const head = await provider.getBlockNumber();
      while (nodes.some(({ node }) => node.block < head)) await sleep(10);
      // Some turns of the roles, and the way of a message.
      await sleep(150);
      while (proving > 0) await sleep(150);
      await observer.sync();
    }
    throw new Error(`not in time: ${what}`);
  }

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "b52-network-"));
    chain = await startNode("anvil");
    provider = openProvider(chain.url);
    const artifacts = await prepareAll("development");
    const made = createProver(artifacts);
    prover = {
      prove: async (...parameters) => {
        proving += 1;
        try {
          return await made.prove(...parameters);
        } finally {
          proving -= 1;
        }
      },
      dispose: () => made.dispose(),
    };
    verifier = new SnarkjsVerifier(artifactsByName(artifacts));
    deployed = await deployB52(new Key(DEPLOYER, provider));
    const opened = await openRollup(provider, deployed.rollup, { deploymentBlock: deployed.deploymentBlock });
    if (opened.consensus !== "B52") throw new Error("another consensus");
    observer = opened.node;
    const { token, consensus } = observer.system;
    const deployer = new Key(DEPLOYER, provider);
    const wait = async (sent: Promise<{ wait(): Promise<unknown> }>): Promise<unknown> => (await sent).wait();
    for (const key of [PROPOSER, PROVER]) {
      await wait(token.connect(deployer).transfer(new Key(key).address, parseEther("2000")));
    }
    await wait(token.connect(deployer).approve(consensus, parseEther("10000")));
    await wait(consensus.connect(deployer).fundPool(parseEther("10000")));
  });

  after(async () => {
    for (const node of nodes) await node.stop();
    await prover.dispose();
    await verifier.dispose();
    provider.destroy();
    await chain.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it("take a height: one orders and commits, the other votes and proves", async () => {
    const listen = { "p2p-listen": "/ip4/127.0.0.1/tcp/0" };
    const proposer = await start("proposer", PROPOSER, { proposer: true, ...listen });
    const peers = proposer.network!.addresses.join(",");
    expect(peers).to.match(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/\w+$/u);
    const worker = await start("prover", PROVER, { prover: true, ticket: "7", join: true, "p2p-peers": peers });
    const isAlone = ({ network }: Node): boolean => !network!.peers.some(({ isGossiping }) => isGossiping);
    while (isAlone(proposer) || isAlone(worker)) await sleep(20);
    const sending = { pollingInterval: 20 };
    const wallet = new Wallet(observer, new Key(USER, provider), createFastSigner("user"), { sending });
    await wallet.deposit(ETH, parseEther("1"));
    await until("the ticket is taken", () => isSameAddress(observer.ownerOf(7) ?? "", new Key(PROVER).address));
    await until("height 1", () => observer.batches.length === 1);
    const { proposal, record } = observer.batch(1);
    expect(isSameAddress(proposal.proposer, new Key(PROPOSER).address)).to.equal(true);
    expect([record.provers, BigInt(record.nodes) & 0xffffn]).to.deep.equal([1n, 0b1110n]);
    expect(observer.batch(1).header.forcedCount).to.equal(1);
    // The proposer has no prover: it submitted what came by the network, and was verified by both.
    const { consensus } = observer.system;
    const [submitted] = await consensus.queryFilter(consensus.filters.BlockProven());
    const { from } = await submitted!.getTransaction();
    expect(isSameAddress(from, new Key(PROPOSER).address)).to.equal(true);
    expect(verified).to.equal(6);
  });

  it("are refused without a verifier, for another consensus, and at an address that is taken", async () => {
    const listen = { "p2p-listen": "/ip4/127.0.0.1/tcp/0" };
    const surroundings = { environment: {}, log: quiet };
    await expectRejection(Node.start(configuration("other", listen), surroundings), "NO_PROVER");
    const taken = { "p2p-listen": nodes[0]!.network!.addresses[0]!.split("/p2p/")[0] };
    const verifying = { ...surroundings, verifier };
    await expectRejection(Node.start(configuration("other", taken), verifying), "NETWORK_FAILED");
    const efficient = await deployProofOfEfficiency(new Key(DEPLOYER, provider));
    await expectRejection(
      Node.start(
        configuration("efficient", {
          ...listen,
          rollup: efficient.rollup,
          "deployment-block": String(efficient.deploymentBlock),
        }),
        verifying,
      ),
      "UNSUPPORTED_CONSENSUS",
    );
  });
});
