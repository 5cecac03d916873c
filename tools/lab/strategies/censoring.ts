// SPDX-License-Identifier: MIT

/** The facts that a censor has in a block of a slot that it holds. */
export interface CensorView {
  /** Blocks since the slot began, or since the last batch of its holder in it. */
  readonly silentFor: bigint;
  /** Blocks of silence after which others may post. */
  readonly silenceBlocks: bigint;
}

/** Whether a censor posts a batch without anybody's transactions. */
export type CensorStrategy = (view: CensorView) => boolean;

/** Posts nothing. */
const silent: CensorStrategy = () => false;

/** Posts as rarely as keeps the others out. */
const empty: CensorStrategy = ({ silentFor, silenceBlocks }) => silentFor + 1n >= silenceBlocks;

/** Strategies of censors, by the name that parameters know them by. */
export const CENSORS = { silent, empty } as const satisfies Record<string, CensorStrategy>;

export type CensorName = keyof typeof CENSORS;
