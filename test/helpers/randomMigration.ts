// SPDX-License-Identifier: MIT
import {
  decodeTransactionSlot,
  encodeTransactionSlot,
  MOVE,
  SLOT_BYTES,
  type TransactionSlot,
} from "../../src/codec/index.ts";
import type { Signer } from "../../src/crypto/eddsa.ts";
import { L, P } from "../../src/field.ts";
import { AccountTree, State, type Account } from "../../src/ledger/index.ts";
import {
  applyMigration,
  moveMessage,
  packTokens,
  TOKEN_PAIRS,
  unpackTokens,
  type MigrationRequest,
  type MigrationResult,
  type MoveContext,
} from "../../src/migration/index.ts";
import { accountCapacity, DEVELOPMENT, type Profile } from "../../src/profile.ts";
import { createFastSigner } from "./fastSigner.ts";
import { account, MAX_BALANCE } from "./ledgerFixture.ts";
import { Random } from "./random.ts";
import { ORDER_8 } from "./smallOrder.ts";

const UINT32 = 2 ** 32;
const TOKENS = [0n, 3n, 65535n] as const;
const OWNERS = [0n, 1n, (1n << 160n) - 1n] as const;
const SIGNERS: readonly Signer[] = [
  ...["a", "b", "c", "d"].map((name) => createFastSigner(name)),
  createFastSigner("outside the subgroup", ORDER_8),
];
const STRANGER = createFastSigner("has no account");

/** Inputs of the makers of moves: the state right before theirs. */
interface World extends MoveContext {
  readonly random: Random;
  readonly state: State;
  /** Earlier moves. */
  readonly history: readonly Uint8Array[];
}

interface Draft {
  readonly from: number;
  readonly account: Account;
  readonly signer: Signer;
  readonly targetToken: bigint;
}

const accountsOf = ({ state }: World): (readonly [number, Account])[] => [...state.accounts.entries()];

const signerOf = ({ ax, ay }: Account): Signer => {
  const signer = SIGNERS.find(({ publicKey: { x, y } }) => x === ax && y === ay);
  if (signer === undefined) throw new Error("an account of nobody");
  return signer;
};

/** An account that may move, if there is one with a pair for its token. */
function draft(world: World): Draft {
  const pairs = unpackTokens(world.tokens);
  const able = accountsOf(world).filter(([, { token }]) => pairs.some(({ source }) => source === token));
  const [from, moving] = world.random.pick(able.length > 0 ? able : accountsOf(world));
  const fitting = pairs.filter(({ source }) => source === moving.token);
  const targetToken = fitting.length > 0 ? world.random.pick(fitting).target : 0n;
  return { from, account: moving, signer: signerOf(moving), targetToken };
}

type Changes = Partial<Omit<TransactionSlot, "h" | "s">> & Partial<MoveContext> & { readonly nonce?: bigint };

/** The draft's move with other fields, signed. */
function sign(world: World, { from, account: moving, signer, targetToken }: Draft, changes: Changes = {}): Uint8Array {
  const { nonce = moving.nonce, domain = world.domain, target = world.target, ...fields } = changes;
  const payload = {
    from,
    to: Number(targetToken),
    token: moving.token,
    amount: 0n,
    tipMantissa: 0n,
    tipExponent: 0n,
    flags: MOVE,
    ...fields,
  };
  return encodeTransactionSlot({ ...payload, ...signer.sign(moveMessage(payload, { domain, nonce, target })) });
}

const alter = (slot: Uint8Array, change: (slot: TransactionSlot) => Partial<TransactionSlot>): Uint8Array => {
  const decoded = decodeTransactionSlot(slot);
  return encodeTransactionSlot({ ...decoded, ...change(decoded) });
};

const absentIndex = ({ random, state }: World): number => {
  for (;;) {
    const index = random.int(state.accounts.capacity);
    if (state.account(index) === undefined) return index;
  }
};

/** An index outside the tree that agrees with this one modulo 4^depth, if there is any. */
const alias = ({ random, state }: World, index: number): number => {
  const turns = UINT32 / state.accounts.capacity;
  return turns > 1 ? index + state.accounts.capacity * (1 + random.int(turns - 1)) : index;
};

const MAKERS: Readonly<Record<string, (world: World) => Uint8Array>> = {
  good: (world) => sign(world, draft(world)),
  "with an amount and a tip": (world) =>
    sign(world, draft(world), {
      amount: world.random.bigint(1n << 128n),
      tipMantissa: world.random.bigint(1n << 20n),
      tipExponent: world.random.bigint(1n << 6n),
    }),
  "of the same account again": (world) => {
    const last = world.history.at(-1);
    const from = last === undefined ? undefined : decodeTransactionSlot(last).from;
    const moved = from === undefined ? undefined : world.state.account(from);
    const made = draft(world);
    return moved === undefined || moved.token !== made.account.token
      ? sign(world, made)
      : sign(world, { ...made, from: from!, account: moved, signer: signerOf(moved) });
  },
  replayed: (world) => (world.history.length > 0 ? world.random.pick(world.history) : sign(world, draft(world))),
  "signed by a stranger": (world) => sign(world, { ...draft(world), signer: STRANGER }),
  "with another nonce": (world) => {
    const made = draft(world);
    return sign(world, made, { nonce: made.account.nonce + world.random.pick([1n, 2n, 1n << 64n]) });
  },
  "in another domain": (world) => sign(world, draft(world), { domain: world.domain ^ 1n }),
  "to another target": (world) => sign(world, draft(world), { target: world.target ^ 1n }),
  "with other flags": (world) =>
    sign(world, draft(world), { flags: world.random.pick([0n, 1n, 3n, 4n, 6n, 10n, 18n, 31n]) }),
  "of another token": (world) => {
    const made = draft(world);
    const { source, target } = world.random.pick(unpackTokens(world.tokens));
    return sign(world, made, { token: source ^ (source === made.account.token ? 1n : 0n), to: Number(target) });
  },
  "to a token of no pair": (world) =>
    sign(world, draft(world), { to: world.random.pick([7, 65534, 65536, UINT32 - 1]) }),
  "to a token beyond 16 bits": (world) => {
    const made = draft(world);
    return sign(world, made, { to: Number(made.targetToken) + 65536 * (1 + world.random.int(65535)) });
  },
  "of an absent account": (world) => sign(world, { ...draft(world), from: absentIndex(world) }),
  "of an alias outside the tree": (world) => {
    const made = draft(world);
    return sign(world, { ...made, from: alias(world, made.from) });
  },
  "of index 0": (world) => sign(world, { ...draft(world), from: 0 }),
  "with h + p": (world) => alter(sign(world, draft(world)), ({ h }) => ({ h: h + P < 1n << 254n ? h + P : P })),
  "with S + l": (world) => alter(sign(world, draft(world)), ({ s }) => ({ s: s + L < 1n << 251n ? s + L : L })),
  "with another h": (world) => alter(sign(world, draft(world)), ({ h }) => ({ h: (h + 1n) % P })),
  "of an account, the rest garbage": ({ random, state }) => {
    const slot = random.bytes(SLOT_BYTES);
    const [from] = random.pick([...state.accounts.entries()]);
    return alter(slot, () => ({ from, flags: MOVE }));
  },
  garbage: ({ random }) => random.bytes(SLOT_BYTES),
  "all ones": () => new Uint8Array(SLOT_BYTES).fill(255),
  "all zeros": () => new Uint8Array(SLOT_BYTES),
};

export const MOVE_LABELS = Object.keys(MAKERS);

/** Ways to pair tokens; L1 takes only the first three, circuit and model any. */
const PAIRINGS: Readonly<Record<string, (random: Random) => bigint>> = {
  "one token": (random) => packTokens([{ source: random.pick(TOKENS.slice(1)), target: 1n + random.bigint(65535n) }]),
  "all tokens": () =>
    packTokens([
      { source: 65535n, target: 3n },
      { source: 3n, target: 65535n },
      { source: 0n, target: 0n },
      { source: 5n, target: 5n },
    ]),
  "one token four times": () => packTokens(Array.from({ length: TOKEN_PAIRS }, () => ({ source: 3n, target: 8n }))),
  "one token, two targets": () => (9n << 80n) + (3n << 64n) + (8n << 48n) + (3n << 32n),
  "any bits": (random) => random.bigint(1n << 128n),
  "all ones": () => (1n << 128n) - 1n,
};

export const PAIRING_LABELS = Object.keys(PAIRINGS);

export interface RandomMigration {
  readonly before: State;
  readonly result: MigrationResult;
  readonly worker: bigint;
  readonly pairing: string;
  /** Kind of each move, as its maker intended it; the outcome stands in `result.outcomes`. */
  readonly labels: readonly string[];
}

/** An endless source of migrations; the same for the same seed. */
export function* randomMigrations(
  seed: string,
  profile: Pick<Profile, "depth" | "levels"> = DEVELOPMENT,
): Generator<RandomMigration, never> {
  for (let i = 0; ; i++) {
    yield randomMigration(new Random(`${seed}/${i}`), profile);
  }
}

function randomMigration(random: Random, profile: Pick<Profile, "depth" | "levels">): RandomMigration {
  const before = randomState(random, profile);
  const [pairing, makeTokens] = random.pick(Object.entries(PAIRINGS));
  const context: MoveContext = {
    domain: random.pick([0n, (1n << 248n) - 1n, random.bigint(1n << 248n)]),
    target: random.pick([0n, (1n << 160n) - 1n, random.bigint(1n << 160n)]),
    tokens: makeTokens(random),
  };
  const places = 4 ** profile.levels;
  const count = random.chance(0.2) ? random.int(places) : places;
  const labels: string[] = [];
  const history: Uint8Array[] = [];
  const requestOf = (moves: readonly Uint8Array[]): MigrationRequest => ({
    ...context,
    moves: Uint8Array.from(Buffer.concat(moves)),
  });
  let state = before;
  while (history.length < count) {
    const [label, make] = random.chance(0.4)
      ? (["good", MAKERS["good"]!] as const)
      : random.pick(Object.entries(MAKERS));
    const move = make({ ...context, random, state, history });
    state = applyMigration(profile, state, requestOf([move])).state;
    history.push(move);
    labels.push(label);
  }
  return {
    before,
    result: applyMigration(profile, before, requestOf(history)),
    worker: random.bigint(P),
    pairing,
    labels,
  };
}

/** Up to ten accounts, some of them equal. */
function randomState(random: Random, profile: Pick<Profile, "depth">): State {
  const capacity = accountCapacity(profile);
  let tree = AccountTree.empty(profile.depth);
  let last: Account | undefined;
  for (const index of [1, 2, 3, capacity - 1, ...Array.from({ length: 6 }, () => 1 + random.int(capacity - 1))]) {
    const fresh = account(random.pick(SIGNERS), {
      nonce: random.pick([0n, 1n, (1n << 64n) - 1n]),
      token: random.pick(TOKENS),
      balance: random.pick([0n, MAX_BALANCE, random.bigint(1n << 128n)]),
      owner: random.pick([...OWNERS, random.bigint(1n << 160n)]),
    });
    last = last !== undefined && random.chance(0.2) ? last : fresh;
    tree = tree.set(index, last);
  }
  return new State(tree, capacity);
}
