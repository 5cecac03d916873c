// SPDX-License-Identifier: MIT
import { id, parseEther, ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { B52Rig } from "./b52Rig.ts";

/** Rules of a draw that begins with the fourth round. */
export const DRAWN = { electedTickets: 3n, seedRounds: 2n } as const;

/** Accounts that commit to blocks which they never show. */
const IDLE = [17, 18] as const;

/**
 * Lets the first three rounds fail, so that the next one to open is the first with a limit: rounds 2 and 3 are the group
 * in which the seed is drawn and sealed, by the closing role of any party.
 */
export async function reachDrawnRound(rig: B52Rig): Promise<void> {
  const { connection, system, node } = rig;
  const { networkHelpers } = connection;
  const { proposalWindow, proofWindow } = node.parameters;
  await networkHelpers.time.increase(proposalWindow + proofWindow);
  for (const account of IDLE) {
    await commitIdly(rig, account);
    const { nextBlock } = await system.registry.drawState();
    const block = BigInt(await connection.ethers.provider.getBlockNumber());
    if (block <= nextBlock) await networkHelpers.mine(nextBlock - block + 1n);
    await rig.until("the seed is sealed", async () => (await system.registry.drawState()).isSealed, {
      step: 1,
      looks: 5,
    });
    await networkHelpers.time.increase(proposalWindow + proofWindow);
  }
}

async function commitIdly({ connection, system, node }: B52Rig, account: number): Promise<void> {
  const { consensus, token } = system;
  const signer = (await connection.ethers.getSigners())[account]!;
  const { minBid: bid } = node.parameters;
  await mined(token.transfer(signer, parseEther("10")));
  await mined(token.connect(signer).approve(consensus, parseEther("10")));
  await mined(consensus.connect(signer).deposit(bid));
  const { round, forHeight: height } = await consensus.openRound();
  const proposal = {
    ...{ proposer: signer, round, height, parent: await consensus.head(), contentHash: id("never shown"), bid },
    ...{ share: 0n, leaves: 2n, promisedProvers: 0n, transcript: id("no votes") },
  };
  await mined(consensus.connect(signer).commit(proposal, ZeroAddress));
}
