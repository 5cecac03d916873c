// SPDX-License-Identifier: MIT
import { id, parseEther, ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { B52Rig } from "./b52Rig.ts";

/** Rules of a draw that begins with the eighth round. Groups of four rounds are the shortest with the rig's windows. */
export const DRAWN = { electedTickets: 3n, seedRounds: 4n } as const;

/** Accounts that commit to blocks which they never show: one for each of the rounds 2 … 7. */
const IDLE = [13, 14, 15, 16, 17, 18] as const;

/**
 * Lets the first seven rounds fail, so that the next one to open is the first with a limit: rounds 4 … 7 are the group in
 * which the seed is drawn and sealed, by the closing role of any party.
 */
export async function reachDrawnRound(rig: B52Rig): Promise<void> {
  const { connection, system, node } = rig;
  const { networkHelpers } = connection;
  const { proposalWindow, proofWindow } = node.parameters;
  await networkHelpers.time.increase(proposalWindow + proofWindow);
  for (const account of IDLE) {
    await commitIdly(rig, account);
    const { nextBlock, isSealed } = await system.registry.drawState();
    if (nextBlock !== 0n && !isSealed) {
      const block = BigInt(await connection.ethers.provider.getBlockNumber());
      if (block <= nextBlock) await networkHelpers.mine(nextBlock - block + 1n);
      await rig.until("the seed is sealed", async () => (await system.registry.drawState()).isSealed, {
        step: 1,
        looks: 5,
      });
    }
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
