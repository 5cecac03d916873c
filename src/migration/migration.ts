// SPDX-License-Identifier: MIT
import { decodeTransactionSlot } from "../codec/index.ts";
import { toUint, type Field } from "../field.ts";
import {
  arrivalsRoot,
  commitLeafData,
  readAccount,
  type AccountPath,
  type AccountRead,
  type AccountTuple,
  type Arrivals,
  type SlotChunks,
  type State,
} from "../ledger/index.ts";

import type { Profile } from "../profile.ts";
import { encodeArrivals, migrants } from "./arrivals.ts";
import { decideMove, type MoveContext, type MoveOutcome, type MoveVerdict } from "./moves.ts";
import { splitChunks, splitSlots } from "./slots.ts";
import { TOKEN_PAIRS } from "./tokenPairs.ts";

/** Moves of a migration, and its target. */
export interface MigrationRequest extends MoveContext {
  /** Slots of the moves, as L1 has them; missing slots are zeros. */
  readonly moves: Uint8Array;
}

/** The migration circuit's private inputs (docs/enforcement.md §5.3). */
export interface MigrationWitness {
  readonly accountsRoot: bigint;
  readonly nextIndex: bigint;
  readonly moves: readonly SlotChunks[];
  /** Accounts at `from mod 4^depth`, each before its move. */
  readonly account: readonly AccountTuple[];
  readonly exists: readonly bigint[];
  readonly path: readonly AccountPath[];
}

export interface MigrationResult extends MigrationRequest {
  readonly oldStateRoot: Field;
  /** The source's state afterwards. */
  readonly state: State;
  /** The outcome of each of the `migrants` moves. */
  readonly outcomes: readonly MoveOutcome[];
  /** For each move the account in the target, if it was executed. */
  readonly arrivals: Arrivals;
  readonly arrivalsRoot: Field;
  /** `encodeArrivals` */
  readonly arrivalsData: Uint8Array;
  /** Sums of the arriving balances, by token pair, in the token's smallest unit; below 2^136. */
  readonly totals: readonly bigint[];
  readonly movesCommitment: Field;
  /** Of the arrivals' data, with all places. */
  readonly arrivalChunks: readonly SlotChunks[];
  readonly arrivalsCommitment: Field;
  readonly witness: MigrationWitness;
}

/**
 * Applies a migration to the source's state (docs/enforcement.md §5.2). Every `moves` has exactly one result.
 *
 * @throws {ProtocolError} `BAD_LENGTH` for more moves than places, `OUT_OF_RANGE`
 */
export function applyMigration(
  profile: Pick<Profile, "levels">,
  before: State,
  request: MigrationRequest,
): MigrationResult {
  const { moves, domain, target, tokens } = request;
  toUint(domain, 248, "domain");
  toUint(target, 160, "target");
  toUint(tokens, 128, "tokens");
  const places = migrants(profile);

  const steps: MoveStep[] = [];
  let state = before;
  for (const slot of splitSlots(moves, places)) {
    const step = applyMove(state, slot, request);
    steps.push(step);
    state = step.after;
  }

  const arrivals = steps.map(({ verdict }) => verdict.effect?.arrival);
  const arrivalsData = encodeArrivals(arrivals);
  const moveChunks = splitChunks(moves, places);
  const arrivalChunks = splitChunks(arrivalsData, places);
  return {
    moves,
    domain,
    target,
    tokens,
    oldStateRoot: before.root,
    state,
    outcomes: steps.map(({ verdict }) => verdict.outcome),
    arrivals,
    arrivalsRoot: arrivalsRoot(arrivals, profile.levels),
    arrivalsData,
    totals: sumByPair(steps),
    movesCommitment: commitLeafData({ chunks: moveChunks }),
    arrivalChunks,
    arrivalsCommitment: commitLeafData({ chunks: arrivalChunks }),
    witness: {
      accountsRoot: before.accounts.root,
      nextIndex: BigInt(before.nextIndex),
      moves: moveChunks,
      account: steps.map(({ account }) => account.account),
      exists: steps.map(({ account }) => account.exists),
      path: steps.map(({ account }) => account.path),
    },
  };
}

/** One move's effect, and what the circuit has to be shown for it. */
interface MoveStep {
  readonly verdict: MoveVerdict;
  readonly after: State;
  readonly account: AccountRead;
}

function applyMove(before: State, bytes: Uint8Array, context: MoveContext): MoveStep {
  const slot = decodeTransactionSlot(bytes);
  const verdict = decideMove(before, slot, context);
  return {
    verdict,
    after: verdict.effect === undefined ? before : before.withAccount(slot.from, verdict.effect.left),
    account: readAccount(before, slot.from),
  };
}

function sumByPair(steps: readonly MoveStep[]): bigint[] {
  const totals = new Array<bigint>(TOKEN_PAIRS).fill(0n);
  for (const { verdict } of steps) {
    if (verdict.effect === undefined) continue;
    const { pair, arrival } = verdict.effect;
    totals[pair] = (totals[pair] ?? 0n) + arrival.balance;
  }
  return totals;
}
