// SPDX-License-Identifier: MIT
/* eslint-disable @typescript-eslint/explicit-module-boundary-types -- the types are those of long objects of tests */
/** Rollups of Proof of Efficiency to which things happen at random, with proofs that are mocks. */
import { hexlify, parseEther, type Provider, type Signer } from "ethers";
import { network } from "hardhat";

import {
  Aggregator,
  Migrator,
  RollupNode,
  Sequencer,
  Wallet,
  type ProofOfEfficiencySystem,
} from "../../../src/agents/index.ts";
import { createSigner } from "../../../src/crypto/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { putMock } from "../../../tools/bench/mockProofs.ts";
import { deployProofOfEfficiency } from "../../../tools/deployment/proofOfEfficiency.ts";
import { ledgerProver } from "../../../tools/bench/ledgerProver.ts";
import type { Random } from "../../helpers/random.ts";

export const ONE = parseEther("1");

/** All that a node says, as text, so that a difference is a difference of lines. */
export const described = (node: RollupNode): string => JSON.stringify(facts(node), replace, 1);

/** Bytes as hex, and `bigint`s as decimals with an n. */
export function replace(this: Record<string, unknown>, key: string, shown: unknown): unknown {
  const value = this[key];
  if (typeof value === "bigint") return `${value}n`;
  return value instanceof Uint8Array ? hexlify(value) : shown;
}

export const facts = (node: RollupNode) => ({
  block: node.block,
  batches: node.batches.map(({ execution: _, departures, ...batch }) => ({
    ...batch,
    departures: departures.map(({ request }) => request),
  })),
  virtualBatches: node.virtualBatches.map(({ number }) => number),
  verified: node.verifiedBatches,
  forced: node.forcedOperations,
  sequencedForced: node.sequencedForced,
  roots: [node.virtualState.root, node.finalState.root],
  accounts: [...node.virtualState.accounts.entries()],
  isFrozen: node.isFrozen,
  settlements: node.settlements,
  accumulator: node.accumulator,
  due: node.dueDeparture?.request,
  migrations: {
    departures: node.migrations.departures,
    undelivered: node.migrations.undelivered,
    arrivals: [...node.migrations.arrivals],
    arrivalData: [...node.migrations.arrivalData],
  },
});

/** A rollup with a user, a sequencer and an aggregator, and another rollup on the same chain. */
export async function deploy() {
  const connection = await network.create();
  const { ethers, networkHelpers } = connection;
  const signers = (await ethers.getSigners()) as unknown as [Signer, Signer];
  const [operator, user] = signers;
  const parties = async () => {
    const deployed = await deployProofOfEfficiency(connection);
    const system = { ...deployed, reading: { retryDelay: 1 } };
    await putMock(connection, await system.verifier.getAddress(), "MockVerifier");
    await putMock(connection, await system.rollup.ENFORCEMENT_VERIFIER(), "MockEnforcementVerifier");
    await system.token.approve(system.consensus, parseEther("10000000"));
    await system.consensus.deposit(parseEther("100000"));
    return { system, ...(await partiesOn(system)) };
  };
  /** With a node that has all in memory: opened again after each reorganisation. */
  const partiesOn = async (system: ProofOfEfficiencySystem) => {
    const node = await RollupNode.open(system);
    return {
      node,
      sequencer: new Sequencer(node, operator, { feeAccount: 1, feeToken: ETH }),
      aggregator: new Aggregator(node, operator, ledgerProver(node)),
      migrator: new Migrator(node, operator, ledgerProver(node)),
      wallet: new Wallet(node, user, createSigner(Buffer.from("user"))),
    };
  };
  return { networkHelpers, operator, ...(await parties()), parties, partiesOn };
}

export type Parties = Awaited<ReturnType<typeof deploy>>;

/** One thing that happens, as far as it is possible now. */
export async function happen(random: Random, parties: Parties, other: { readonly system: ProofOfEfficiencySystem }) {
  const { node, wallet, sequencer, aggregator, migrator } = parties;
  await node.sync();
  const hasAccount = wallet.accounts().length > 0;
  const balance = hasAccount ? wallet.account(ETH).account.balance : 0n;
  const target = await other.system.rollup.getAddress();
  switch (random.int(9)) {
    case 0:
    case 1:
      await wallet.deposit(ETH, ONE);
      break;
    case 2:
      if (balance > ONE / 2n) await wallet.forceExit(ETH, 5n);
      break;
    case 3:
      if (balance > ONE / 2n && node.migrations.undelivered.length === 0) {
        const moves = [wallet.move(ETH, { target, targetToken: ETH })];
        await migrator.request({ target, pair: { source: ETH, target: ETH }, moves });
      }
      break;
    case 4:
      for (const departure of node.migrations.undelivered) await migrator.deliver(departure);
      break;
    case 5:
      await sequencer.post({});
      break;
    case 6:
      if (balance > ONE / 2n) {
        const amounts = { amount: 7n, tip: 3n };
        const transactions = [0, 1].map((to) => wallet.transfer(ETH, { to, ...amounts }));
        await sequencer.post({ transactions }, { falseCommitments: [5n] });
      }
      break;
    default:
      await aggregator.step();
  }
}

/** All that a node asks goes through this endpoint. */
export const through = (system: ProofOfEfficiencySystem, provider: Provider): ProofOfEfficiencySystem => ({
  ...system,
  provider,
  consensus: system.consensus.connect(provider),
  rollup: system.rollup.connect(provider),
});
