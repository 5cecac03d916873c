// SPDX-License-Identifier: MIT
import type { Signer } from "../../src/crypto/eddsa.ts";
import { AccountTree, ETH, State, type Account } from "../../src/ledger/index.ts";
import {
  applyMigration,
  packTokens,
  signMove,
  type MigrationRequest,
  type MigrationResult,
  type MoveRequest,
} from "../../src/migration/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { account, SIGNERS } from "./ledgerFixture.ts";

export const DOMAIN = (1n << 248n) - 1n;
export const TARGET = (1n << 160n) - 1n;
export const TARGET_TOKEN = 65535n;

export const COIN = 3n;
export const PAIRS = [
  { source: COIN, target: TARGET_TOKEN },
  { source: ETH, target: ETH },
] as const;
export const TOKENS = packTokens(PAIRS);

export const ALICE_INDEX = 1;
export const BOB_INDEX = 2;
export const CAROL_INDEX = 1023;

export const alice = account(SIGNERS.alice, { nonce: 7n, token: COIN, balance: 1000n, owner: 0xa11cen });
export const bob = account(SIGNERS.bob, { token: ETH, balance: 50n, owner: (1n << 160n) - 1n });
export const carol = account(SIGNERS.carol, { nonce: 1n, token: COIN, balance: 0n, owner: 0n });

/** A state of the development profile with these accounts; the tree is full, so that any index may be taken. */
export const stateOf = (accounts: Readonly<Record<number, Account>>): State =>
  new State(
    Object.entries(accounts).reduce(
      (tree, [index, fields]) => tree.set(Number(index), fields),
      AccountTree.empty(DEVELOPMENT.depth),
    ),
    4 ** DEVELOPMENT.depth,
  );

export const SOURCE = stateOf({ [ALICE_INDEX]: alice, [BOB_INDEX]: bob, [CAROL_INDEX]: carol });

/** A move of alice's, unless told otherwise. */
export const aliceMoves = (request: Partial<MoveRequest> = {}, signer: Signer = SIGNERS.alice): Uint8Array =>
  signMove(signer, {
    from: ALICE_INDEX,
    token: COIN,
    targetToken: TARGET_TOKEN,
    nonce: alice.nonce,
    domain: DOMAIN,
    target: TARGET,
    ...request,
  });

export const bobMoves = (request: Partial<MoveRequest> = {}): Uint8Array =>
  aliceMoves({ from: BOB_INDEX, token: ETH, targetToken: ETH, nonce: bob.nonce, ...request }, SIGNERS.bob);

export const carolMoves = (request: Partial<MoveRequest> = {}): Uint8Array =>
  aliceMoves({ from: CAROL_INDEX, nonce: carol.nonce, ...request }, SIGNERS.carol);

export const migrate = (
  moves: readonly Uint8Array[],
  state: State = SOURCE,
  request: Partial<MigrationRequest> = {},
): MigrationResult =>
  applyMigration(DEVELOPMENT, state, {
    moves: Uint8Array.from(Buffer.concat(moves)),
    domain: DOMAIN,
    target: TARGET,
    tokens: TOKENS,
    ...request,
  });

/** The outcome of each move: `executed`, or why it is void. */
export const reasonsOf = ({ outcomes }: MigrationResult): string[] =>
  outcomes.map((outcome) => (outcome.status === "void" ? outcome.reason : outcome.status));
