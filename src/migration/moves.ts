// SPDX-License-Identifier: MIT
import { encodePayload, encodeTransactionSlot, MOVE, type Payload, type TransactionSlot } from "../codec/index.ts";
import { poseidon, verifySignature, type Signer } from "../crypto/index.ts";
import { isField, L, type Field } from "../field.ts";
import type { Account, Reason, State } from "../ledger/index.ts";
import { matchingPair } from "./tokenPairs.ts";

/** A request to leave, which a user signs. */
export interface MoveRequest {
  /** Index of the account that moves, with all it holds then. */
  readonly from: number;
  /** Id of the account's token in the source; 16 bits. */
  readonly token: bigint;
  /** Id of the same token in the target; 16 bits. */
  readonly targetToken: bigint;
  /** Nonce of the account. */
  readonly nonce: bigint;
  /** `encodeDomain` of the source. */
  readonly domain: bigint;
  /** L1 address of the target's core, 160 bits. */
  readonly target: bigint;
}

/** Between which rollups a move is, and for which tokens. */
export interface MoveContext {
  /** `encodeDomain` of the source, 248 bits. */
  readonly domain: bigint;
  /** L1 address of the target's core, 160 bits. */
  readonly target: bigint;
  /** `packTokens`, 128 bits. */
  readonly tokens: bigint;
}

/** Why a move is void. Which of several reasons is named is not part of the protocol. */
export type MoveReason =
  | Extract<
      Reason,
      | "UNKNOWN_FLAGS"
      | "UNKNOWN_SENDER"
      | "CHALLENGE_NOT_CANONICAL"
      | "RESPONSE_NOT_CANONICAL"
      | "BAD_SIGNATURE"
      | "SENDER_TOKEN_MISMATCH"
    >
  | "UNKNOWN_PAIR";

export type MoveOutcome = { readonly status: "executed" } | { readonly status: "void"; readonly reason: MoveReason };

/** Effect of a move on the state. */
export interface MoveVerdict {
  readonly outcome: MoveOutcome;
  /** If executed. */
  readonly effect?: {
    /** The account in the source afterwards. */
    readonly left: Account;
    /** The account in the target. */
    readonly arrival: Account;
    /** Number of the first of the token pairs that matches. */
    readonly pair: number;
  };
}

/** A signed move, 93 bytes. @throws {ProtocolError} `OUT_OF_RANGE` */
export function signMove(signer: Signer, request: MoveRequest): Uint8Array {
  const { from, token, targetToken, nonce, domain, target } = request;
  const payload: Payload = {
    from,
    to: Number(targetToken),
    token,
    amount: 0n,
    tipMantissa: 0n,
    tipExponent: 0n,
    flags: MOVE,
  };
  return encodeTransactionSlot({ ...payload, ...signer.sign(moveMessage(payload, { nonce, domain, target })) });
}

/** Message that the owner of a move signs (docs/enforcement.md §5.1). */
export const moveMessage = (
  payload: Payload,
  { domain, nonce, target }: Pick<MoveRequest, "domain" | "nonce" | "target">,
): Field => poseidon([domain, encodePayload(payload), nonce, target]);

/** docs/enforcement.md §5.2, of one move. Total. */
export function decideMove(state: State, slot: TransactionSlot, context: MoveContext): MoveVerdict {
  const account = slot.from === 0 ? undefined : state.account(slot.from);
  if (account === undefined) {
    return noMove("UNKNOWN_SENDER");
  }
  const unauthorised = checkMove(account, slot, context);
  if (unauthorised !== undefined) {
    return noMove(unauthorised);
  }
  if (slot.token !== account.token) {
    return noMove("SENDER_TOKEN_MISMATCH");
  }
  const targetToken = BigInt(slot.to);
  const pair = matchingPair(context.tokens, { source: slot.token, target: targetToken });
  if (pair === undefined) {
    return noMove("UNKNOWN_PAIR");
  }
  return {
    outcome: { status: "executed" },
    effect: {
      left: { ...account, nonce: account.nonce + 1n, balance: 0n },
      arrival: { ...account, nonce: 0n, token: targetToken },
      pair,
    },
  };
}

function checkMove(account: Account, slot: TransactionSlot, context: MoveContext): MoveReason | undefined {
  const { flags, h, s } = slot;
  if (flags !== MOVE) {
    return "UNKNOWN_FLAGS";
  }
  if (!isField(h)) {
    return "CHALLENGE_NOT_CANONICAL";
  }
  if (s >= L) {
    return "RESPONSE_NOT_CANONICAL";
  }
  const message = moveMessage(slot, { ...context, nonce: account.nonce });
  return verifySignature({ x: account.ax, y: account.ay }, message, { h, s }) ? undefined : "BAD_SIGNATURE";
}

const noMove = (reason: MoveReason): MoveVerdict => ({ outcome: { status: "void", reason } });
