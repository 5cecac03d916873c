// SPDX-License-Identifier: MIT

/** The facts that a party has which must get a call into a block of L1. Amounts in SEQ. */
export interface TipView {
  /** Its loss if the call comes too late. */
  readonly loss: number;
  /** Blocks that are left, with this one. */
  readonly blocksLeft: number;
  /** Blocks that it had at first. */
  readonly blocks: number;
}

/** Tip that it offers to the builder of the next block. */
export type TipStrategy = (view: TipView) => number;

/** The usual tip, whatever happens: a hundredth of what is at stake. */
const usual: TipStrategy = ({ loss }) => loss / 100;

/** More with each block in which it was left out, up to all that is at stake in the last one. */
const rising: TipStrategy = ({ loss, blocksLeft, blocks }) => (loss * (blocks - blocksLeft + 1)) / blocks;

/** All that is at stake once it was left out. */
const alarmed: TipStrategy = ({ loss, blocksLeft, blocks }) => (blocksLeft === blocks ? loss / 100 : loss);

/** Strategies of parties that are censored on L1, by the name that parameters know them by. */
export const TIPS = { usual, rising, alarmed } as const satisfies Record<string, TipStrategy>;

export type TipName = keyof typeof TIPS;
