// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { network } from "hardhat";

import { isDrawn } from "../../src/b52/index.ts";
import { createProver, type Prover } from "../../src/prover/index.ts";
import { prepareAll, type CircuitArtifacts } from "../../src/setup/index.ts";
import { FIXED_START, fixTimestamps } from "../../tools/bench/timestamps.ts";
import { deployB52 } from "../../tools/deployment/b52.ts";
import { checkDeployment, requireSame } from "../../tools/deployment/check.ts";
import { deploySystem } from "../../tools/deployment/ignition.ts";
import { B52Rig, ticketKeyOf } from "../helpers/b52Rig.ts";
import { deposit, PROPOSER, PROVER } from "../helpers/b52World.ts";
import { DRAWN, reachDrawnRound } from "../helpers/drawnRound.ts";

/** Seconds that a proof is said to take: decisions depend on it. */
const SECONDS = 15;
const TICKETS = [1, 2, 3, 4];

describe("B52 where tickets are drawn, a height with real proofs", function () {
  this.timeout(1_800_000);
  let prover: Prover;
  let keys: readonly CircuitArtifacts[];

  before(async () => {
    keys = await prepareAll("development", undefined, undefined, ["drawnMerge"]);
    const made = createProver(keys);
    prover = {
      prove: async (circuit, input) => ({ ...(await made.prove(circuit, input)), seconds: SECONDS }),
      dispose: () => made.dispose(),
    };
  });

  after(() => prover.dispose());

  it("is deployed with the key of drawnMerge, which the check of a deployment reads back", async () => {
    const connection = await network.create();
    const deployment = await deploySystem(connection, "B52", { overrides: DRAWN });
    const { findings, contracts } = await checkDeployment(connection.ethers.provider, deployment, keys);
    requireSame(findings);
    expect(contracts.map(({ name }) => name))
      .to.include("DrawnRollupVerifier")
      .and.not.include("RollupVerifier");
    expect(findings.filter(({ what }) => what === "key of drawnMerge").length).to.equal(1);
  });

  it("is verified by the deployed key, slashes an elected ticket that was silent, and no other", async () => {
    const connection = await network.create(FIXED_START);
    fixTimestamps(connection);
    const system = await deployB52(connection, { overrides: DRAWN });
    const rig = await B52Rig.create(connection, system, prover);
    await rig.add({ name: "A", account: 1, roles: PROPOSER });
    for (const ticket of TICKETS) await rig.add({ name: `P${ticket}`, account: 2 + ticket, roles: PROVER, ticket });
    // Votes, and does nothing else; with all its might, if it is elected.
    await rig.add({ name: "silent", account: 8, roles: ["voter"], ticket: 9 });
    await reachDrawnRound(rig);
    await deposit(rig);
    await rig.until("height 1", () => rig.node.batches.length === 1);
    const block = rig.node.batch(1);
    const { draw } = rig.node.round(block.proposal.round);
    const elected = [...TICKETS.map((ticket) => [ticket, `P${ticket}`] as const), [9, "silent"] as const].filter(
      ([ticket, name]) => isDrawn(ticketKeyOf(name), ticket, draw),
    );
    expect(elected.length).to.be.within(1, TICKETS.length);
    const ids: readonly number[] = elected.map(([ticket]) => ticket);
    const defaults = rig.node.defaultsOf(block).map(({ ticket }) => ticket);
    expect(ids).to.include.members(defaults);
    const isOver = (): boolean => rig.node.defaultsOf(block).every(({ isSlashed }) => isSlashed);
    await rig.until("every default is slashed", isOver, { step: 120 });
    const stake = await system.registry.STAKE();
    for (const ticket of [...TICKETS, 9]) {
      const { stake: left } = await system.registry.getTicket(ticket);
      expect(left < stake, `ticket ${ticket}`).to.equal(defaults.includes(ticket));
    }
  });
});
