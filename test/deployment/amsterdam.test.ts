import { rmSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { findRules } from "../../src/deployment/chainRules.ts";
import { checkDeployment, requireSame } from "../../src/deployment/check.ts";
import { deploySystem, type Deployment } from "../../src/deployment/ignition.ts";
import { SYSTEMS, type SystemName } from "../../src/deployment/parameters.ts";
import { BLOCK_GAS, RULE_FACTS } from "../../src/l1Rules.ts";
import { prepareAll, type CircuitArtifacts } from "../../src/setup/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const LOST = "the connection was lost";

/** Transactions of each system. */
const TRANSACTIONS: Readonly<Record<SystemName, number>> = { ProofOfEfficiency: 7, B52: 9, Pair: 14 };

/**
 * Calls `run` again and again. Each attempt sends what depends on nothing that it sent itself, and then the connection is
 * lost, before it learns whether that was mined.
 */
async function interruptedEverywhere(
  { provider }: NetworkConnection,
  most: number,
  run: () => Promise<Deployment>,
): Promise<{ readonly deployment: Deployment; readonly attempts: number }> {
  const request = provider.request.bind(provider);
  let sent = 0;
  provider.request = async (args) => {
    if (args.method === "eth_sendTransaction") sent++;
    if (args.method === "eth_getTransactionReceipt" && sent > 0) throw new Error(LOST);
    return (await request(args)) as unknown;
  };
  for (let attempts = 1; ; attempts++) {
    sent = 0;
    try {
      return { deployment: await run(), attempts };
    } catch (error) {
      if (!String(error).includes(LOST) || attempts === most) throw error;
    }
  }
}

describe("Deployment on a network with Amsterdam's rules and blocks of 60 million gas", function () {
  this.timeout(600_000);
  let keys: readonly CircuitArtifacts[];
  before(async () => {
    keys = await prepareAll("development");
  });

  for (const system of SYSTEMS) {
    it(`of ${system} goes on wherever it is interrupted, sends nothing twice, and passes its check`, async () => {
      const server = await network.createServer(RULE_FACTS.amsterdam.network, "127.0.0.1", 0);
      const { address, port } = await server.listen();
      const url = `http://${address}:${port}`;
      // Journals are kept of networks that are outside of this process.
      const connection = await network.create({ network: "localhost", override: { url } });
      const id = `test-blocks-${system}-${process.pid}`;
      try {
        const { provider } = connection.ethers;
        expect(await findRules(provider)).to.deep.equal({ rules: "amsterdam", blockGas: BLOCK_GAS });
        const transactions = TRANSACTIONS[system];
        const { deployment, attempts } = await interruptedEverywhere(connection, transactions, () =>
          deploySystem(connection, system, { deploymentId: id }),
        );
        // Parts, what is linked with them, the consensus, its core, and a last one that sends nothing.
        expect(attempts).to.be.within(4, transactions);
        const [deployer] = await connection.ethers.getSigners();
        expect(await provider.getTransactionCount(deployer!)).to.equal(transactions);
        const { findings } = await checkDeployment(provider, deployment, keys);
        requireSame(findings);
      } finally {
        await connection.close();
        await server.close();
        rmSync(join(PROJECT_ROOT, "deploy", "deployments", id), { recursive: true, force: true });
      }
    });
  }
});
