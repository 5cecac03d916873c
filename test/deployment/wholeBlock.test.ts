import { rmSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { checkDeployment, requireSame } from "../../src/deployment/check.ts";
import { deploySystem, type Deployment } from "../../src/deployment/ignition.ts";
import { SYSTEMS, type SystemName } from "../../src/deployment/parameters.ts";
import { BLOCK_GAS, L1_RULES, RULE_FACTS } from "../../src/l1Rules.ts";
import { prepareAll, type CircuitArtifacts } from "../../src/setup/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const idOf = (system: SystemName): string => `test-blocks-${system}-${process.pid}`;
const journalOf = (id: string): string => join(PROJECT_ROOT, "deploy", "deployments", id);

const LOST = "the connection was lost";

/** Transactions of each system. */
const TRANSACTIONS: Readonly<Record<SystemName, number>> = { ProofOfEfficiency: 7, B52: 9, Pair: 14 };

/** Calls `run` again and again; before each transaction but the first of an attempt the connection is lost. */
async function interruptedEverywhere(
  { provider }: NetworkConnection,
  run: () => Promise<Deployment>,
): Promise<{ readonly deployment: Deployment; readonly attempts: number }> {
  const request = provider.request.bind(provider);
  let sent = 0;
  provider.request = async (args) => {
    if (args.method === "eth_sendTransaction" && ++sent > 1) throw new Error(LOST);
    return (await request(args)) as unknown;
  };
  try {
    for (let attempts = 1; ; attempts++) {
      sent = 0;
      try {
        return { deployment: await run(), attempts };
      } catch (error) {
        if (!String(error).includes(LOST)) throw error;
      }
    }
  } finally {
    provider.request = request;
  }
}

describe("Deployment on a network with the blocks of a real one", function () {
  this.timeout(600_000);
  let keys: readonly CircuitArtifacts[];
  before(async () => {
    keys = await prepareAll("development");
  });
  after(() => {
    for (const system of SYSTEMS) rmSync(journalOf(idOf(system)), { recursive: true, force: true });
  });

  for (const rules of L1_RULES) {
    for (const system of SYSTEMS) {
      it(`of ${system} goes on under ${rules} wherever it is interrupted, and sends nothing twice`, async () => {
        const connection = await network.create({ network: RULE_FACTS[rules].network });
        const { provider } = connection.ethers;
        const block = await provider.getBlock("latest");
        expect(block?.gasLimit).to.equal(BLOCK_GAS);
        const [deployer] = await connection.ethers.getSigners();
        const options = { deploymentId: idOf(system) };
        rmSync(journalOf(idOf(system)), { recursive: true, force: true });

        const { deployment, attempts } = await interruptedEverywhere(connection, () =>
          deploySystem(connection, system, options),
        );
        expect(attempts).to.equal(TRANSACTIONS[system]);
        expect(await provider.getTransactionCount(deployer!)).to.equal(TRANSACTIONS[system]);
        const { findings } = await checkDeployment(provider, deployment, keys);
        requireSame(findings);
        await connection.close();
      });
    }
  }
});
