// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";
import { HDNodeWallet, parseEther, type Signer } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { Aggregator, RollupNode, Sequencer, Wallet } from "../../src/agents/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { FIXED_START, fixedStart, fixTimestamps } from "../../tools/bench/timestamps.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { runEscapeDemo } from "../../demo/escape.ts";
import type { ReportFile } from "../../demo/report.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { openRollup } from "../../src/escape/index.ts";
import { L1_RULES } from "../../src/l1Rules.ts";
import { createProver } from "../../src/prover/index.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { withArtifactsOfDemo } from "../helpers/artifactsOfDemo.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

const run = promisify(execFile);

for (const rules of L1_RULES) {
  describe(`Escape and migration under ${rules}, with real proofs`, () => {
    let connection: NetworkConnection;

    before(async () => {
      connection = await network.create(fixedStart(rules));
      fixTimestamps(connection);
    });

    it("holds every check of the demo", async function () {
      this.timeout(600_000);
      const path = join(BUILD, "reports", `escape.${rules}.test.json`);
      const prepared = await prepareAll("development");
      const held = await withArtifactsOfDemo(() => runEscapeDemo(connection, prepared, path));
      const report = JSON.parse(readFileSync(path, "utf8")) as ReportFile;
      const failed = Object.entries(report.checks).flatMap(([name, holds]) => (holds ? [] : [name]));
      expect(failed).to.deep.equal([]);
      expect(held).to.equal(true);
      expect(Object.keys(report.checks).length).to.be.at.least(20);
      expect(report.proofs.filter(({ circuit }) => circuit === "migration").length).to.be.at.least(2);
    });

    it("rebuilds both rollups of the demo from their L1 transactions", async () => {
      const { provider } = connection.ethers;
      const cores = await coresOf(connection);
      expect(cores.map(({ consensus }) => consensus)).to.deep.equal(["Proof of Efficiency", "B52"]);
      for (const { consensus, address } of cores) {
        const rebuilt = await openRollup(provider, address);
        const slowly = await openRollup(provider, address, { maxRange: 1 });
        expect(slowly.node.virtualState.root).to.equal(rebuilt.node.virtualState.root);
        expect(slowly.node.batches.map(({ provenAt }) => provenAt)).to.deep.equal(
          rebuilt.node.batches.map(({ provenAt }) => provenAt),
        );
        expect(rebuilt.consensus).to.equal(consensus);
        const core = await connection.ethers.getContractAt("Rollup", address);
        expect(rebuilt.node.finalState.root).to.equal(await core.stateRoot());
        expect(rebuilt.node.isFrozen).to.equal(await core.isFrozen());
        expect(rebuilt.node.forcedOperations.length).to.equal(Number(await core.queuedOperations()));
      }
    });

    it("refuses to open what is no rollup", async () => {
      const nobody = "0x00000000000000000000000000000000000000aa";
      await expectRejection(openRollup(connection.ethers.provider, nobody), "UNKNOWN_DEPLOYMENT");
    });
  });
}

/** The cores that were deployed on a chain, in order, with the consensus of each. */
async function coresOf({ ethers }: NetworkConnection) {
  const poe = await ethers.getContractFactory("ProofOfEfficiency");
  const topic = poe.interface.getEvent("ConsensusDeployed")?.topicHash;
  const all = await ethers.provider.getLogs({ fromBlock: 0, toBlock: "latest" });
  const b52 = await ethers.getContractFactory("B52", {
    libraries: {
      Poseidon: ethers.ZeroAddress,
      BlockRecords: ethers.ZeroAddress,
      BlockVerification: ethers.ZeroAddress,
    },
  });
  const otherTopic = b52.interface.getEvent("ConsensusDeployed")?.topicHash;
  return all.flatMap(({ topics: [first, core] }) =>
    first === topic || first === otherTopic
      ? [
          {
            consensus: first === topic ? "Proof of Efficiency" : "B52",
            address: ethers.getAddress(ethers.dataSlice(core ?? "0x", 12)),
          },
        ]
      : [],
  );
}

describe("scripts/escape, with nothing but an L1 endpoint and a key", () => {
  it("forces exits while the rollup lives, and freezes it and takes everything when nobody serves it", async function () {
    this.timeout(600_000);
    const server = await network.createServer(FIXED_START);
    const { address, port } = await server.listen();
    const url = `http://${address}:${port}`;
    const connection = await network.create({ network: "localhost", override: { url } });
    fixTimestamps(connection);
    const prover = createProver(await prepareAll("development"));
    const deploymentId = `test-${process.pid}`;
    try {
      const { ethers, networkHelpers } = connection;
      const signers = (await ethers.getSigners()) as unknown as Signer[];
      const operator = signers[0] as Signer;
      const user = signers[1] as Signer;
      const overrides = { forcedDeadline: 600, escapeDelay: 7_800 };
      const system = await deployProofOfEfficiency(connection, { overrides, deploymentId });
      await (await system.token.approve(system.consensus, parseEther("1000"))).wait();
      await (await system.consensus.deposit(parseEther("1000"))).wait();
      const node = await RollupNode.open(system);
      await new Wallet(node, user, createSigner(Buffer.from("user"))).deposit(ETH, parseEther("3"));
      await new Sequencer(node, operator, { feeAccount: 0, feeToken: ETH }).post({});
      await node.sync();
      const aggregator = new Aggregator(node, operator, prover);
      await aggregator.submit(await aggregator.prove());

      const before = await ethers.provider.getBalance(user);
      const head = await ethers.provider.getBlockNumber();
      const wrong = runScript(url, await system.rollup.getAddress(), "--deployment-block", `${head}`);
      const failure = await wrong.catch((error: unknown) => error as { code: number; stderr: string });
      expect(failure).to.have.property("code", 1);
      expect(failure).to.have.property("stderr").that.includes("WRONG_DEPLOYMENT_BLOCK: ");
      const first = await runScript(url, await system.rollup.getAddress());
      expect(first).to.include("Proof of Efficiency, 1 proven batches, alive");
      expect(first).to.include(`✔ force the exit of account 1: ${parseEther("3")} of token 0`);
      expect(first).to.match(/run this again from \d{4}-/u);
      expect(await system.rollup.isFrozen()).to.equal(false);

      await networkHelpers.time.increase(7_801);
      const second = await runScript(url, await system.rollup.getAddress());
      for (const done of ["freeze the rollup", "escape with account 1", "refund operation 2", "withdraw"]) {
        expect(second).to.include(`✔ ${done}`);
      }
      expect(await system.rollup.isFrozen()).to.equal(true);
      const gained = (await ethers.provider.getBalance(user)) - before;
      expect(gained > parseEther("2.99"), "all but gas").to.equal(true);

      expect(await runWallet(url, await system.rollup.getAddress())).to.include("Nothing is left to take out.");
    } finally {
      await prover.dispose();
      await connection.close();
      await server.close();
      rmSync(join(PROJECT_ROOT, "deploy", "deployments", deploymentId), { recursive: true, force: true });
    }
  });

  it("says what it needs", async () => {
    const failure = await run("node", ["scripts/bootstrap.mjs", "scripts/escape.ts"], { cwd: PROJECT_ROOT }).catch(
      (error: unknown) => error as { code: number; stderr: string },
    );
    expect(failure).to.have.property("code", 2);
    expect(failure.stderr).to.include("--rpc is missing").and.to.include("npm run escape -- --help");
  });
});

/** The second of Hardhat's well-known accounts. */
const userKey = (): string => {
  const phrase = "test test test test test test test test test test test junk";
  return HDNodeWallet.fromPhrase(phrase, undefined, "m/44'/60'/0'/0/1").privateKey;
};

/** Output of the script. */
const runScript = (url: string, rollup: string, ...options: readonly string[]): Promise<string> =>
  runCommand("scripts/escape.ts", "--rpc", url, "--rollup", rollup, ...options);

/** Output of the wallet's command. */
const runWallet = (url: string, rollup: string): Promise<string> =>
  runCommand("scripts/wallet.ts", "escape", "--l1", url, "--rollup", rollup);

async function runCommand(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("node", ["scripts/bootstrap.mjs", ...args], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, PRIVATE_KEY: userKey() },
  });
  return stdout;
}
