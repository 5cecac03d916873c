// SPDX-License-Identifier: MIT
import {
  ARRIVAL,
  decodeTransactionSlot,
  DEPARTURE,
  encodeForcedSlot,
  encodePayload,
  encodeTip,
  encodeTransactionSlot,
  MAX_TIP,
  readForcedSlot,
  roundTipDown,
  SEQUENCER_BOUND,
  SLOT_BYTES,
  type ForcedSlot,
  type Header,
  type TransactionSlot,
} from "../../src/codec/index.ts";
import { compressKey } from "../../src/crypto/babyJubJub.ts";
import { transactionMessage, type Signer } from "../../src/crypto/eddsa.ts";
import { L, P } from "../../src/field.ts";
import {
  AccountTree,
  applyLeaf,
  applySlot,
  arrivalsRoot,
  State,
  type Account,
  type Arrivals,
  type Binding,
  type Environment,
  type LeafResult,
} from "../../src/ledger/index.ts";
import { accountCapacity, type Profile } from "../../src/profile.ts";
import { createFastSigner } from "./fastSigner.ts";
import { Random } from "./random.ts";
import { ORDER_8, SMALL_ORDER_POINTS } from "./smallOrder.ts";

export interface RandomLeaf {
  readonly before: State;
  readonly header: Header;
  readonly bytes: Uint8Array;
  readonly environment: Required<Environment>;
  readonly binding: Binding;
  readonly result: LeafResult;
  /** Kind of each slot, as its maker intended it; the outcome stands in `result.outcomes`. */
  readonly labels: readonly string[];
}

const MAX_BALANCE = (1n << 128n) - 1n;
const UINT32 = 2 ** 32;
const TOKENS = [0n, 1n, 65535n];
const OWNERS = [0n, 1n, 0xa11cen, (1n << 160n) - 1n];
/** Leaves that follow one another before the next world begins. */
const LEAVES_PER_WORLD = 12;

const SIGNERS: readonly Signer[] = [
  ...["a", "b", "c", "d", "e"].map((name) => createFastSigner(name)),
  createFastSigner("outside the subgroup", ORDER_8),
];

const STRANGER = createFastSigner("has no account");

const signerOf = ({ ax, ay }: Account): Signer | undefined =>
  SIGNERS.find(({ publicKey: { x, y } }) => x === ax && y === ay);

interface SlotMaker {
  readonly label: string;
  make(world: World): Uint8Array;
}

/** Inputs of the makers of slots: the state right before their slot. */
interface World {
  readonly random: Random;
  readonly state: State;
  readonly header: Header;
  readonly environment: Environment;
  /** Earlier transactions of this world. */
  readonly history: readonly Uint8Array[];
  /** Levels of an arrival's subtree. */
  readonly levels: number;
  /** Publishes the accounts of an arrival; gives their root. */
  readonly publish: (arrivals: Arrivals) => bigint;
}

// ── Picking ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const accounts = ({ state }: World): (readonly [number, Account])[] => [...state.accounts.entries()];

const anyAccount = (world: World): readonly [number, Account] => world.random.pick(accounts(world));

/** An account, by preference one that can pay something and whose key we have. */
function payer(world: World): readonly [number, Account] {
  const able = accounts(world).filter(([, account]) => account.balance > 0n && signerOf(account) !== undefined);
  return able.length > 0 ? world.random.pick(able) : anyAccount(world);
}

/** An account with this token that can take `amount`, by preference not `from`. */
function payee(world: World, from: number, token: bigint, amount: bigint): number {
  const fitting = accounts(world).filter(
    ([index, account]) => index !== from && account.token === token && account.balance + amount <= MAX_BALANCE,
  );
  return fitting.length > 0 ? world.random.pick(fitting)[0] : from;
}

const absentIndex = ({ random, state }: World): number =>
  random.chance(0.5) ? Math.min(state.nextIndex, UINT32 - 1) : state.nextIndex + random.int(UINT32 - state.nextIndex);

const otherToken = ({ random }: World, token: bigint): bigint => random.pick(TOKENS.filter((other) => other !== token));

const smallPart = ({ random }: World, limit: bigint): bigint => (limit <= 0n ? 0n : random.bigint(limit / 2n + 1n));

/** An index outside the tree that the circuit must not take for the one inside that it agrees with modulo 4^depth. */
function alias({ random, state }: World, index: number): number {
  const turns = Math.floor(UINT32 / state.accounts.capacity);
  return turns > 1 ? index + state.accounts.capacity * (1 + random.int(turns - 1)) : index;
}

// ── L2 transactions ─────────────────────────────────────────────────────────────────────────────────────────────────

interface Draft {
  readonly from: number;
  readonly account: Account;
  readonly slot: Omit<TransactionSlot, "h" | "s">;
  readonly fees: bigint;
}

/** A transaction that is valid if the account can pay its fees. */
function draft(world: World, kind: "transfer" | "exit"): Draft {
  const { random, header } = world;
  const [from, account] = payer(world);
  const paysFees = account.token === header.feeToken;
  const affordable = account.balance - (paysFees ? header.baseFee : 0n);
  const tip = roundTipDown(smallPart(world, affordable > 0n ? affordable / 4n : 0n));
  const fees = paysFees ? header.baseFee + tip : 0n;
  const amount = smallPart(world, account.balance - fees);
  const to = kind === "exit" ? 0 : payee(world, from, account.token, amount);
  const { mantissa, exponent } = encodeTip(tip);
  const slot = {
    from,
    to,
    token: account.token,
    amount,
    tipMantissa: mantissa,
    tipExponent: exponent,
    flags: random.chance(0.2) ? SEQUENCER_BOUND : 0n,
  };
  return { from, account, slot, fees };
}

interface Signing {
  readonly signer?: Signer;
  readonly nonce?: bigint;
  readonly domain?: bigint;
  readonly bound?: bigint;
}

function sign(world: World, { account, slot }: Draft, options: Signing = {}): TransactionSlot {
  const { environment } = world;
  const message = transactionMessage({
    domain: options.domain ?? environment.domain,
    payload: encodePayload(slot),
    nonce: options.nonce ?? account.nonce,
    bound: options.bound ?? ((slot.flags & SEQUENCER_BOUND) === 1n ? environment.sequencer : 0n),
  });
  return { ...slot, ...(options.signer ?? signerOf(account) ?? STRANGER).sign(message) };
}

const change = (base: Draft, fields: Partial<Draft["slot"]>): Draft => ({ ...base, slot: { ...base.slot, ...fields } });

/** Draws until `attempt` finds one: for rare encodings. */
function search<T>(attempt: () => T | undefined): T {
  for (;;) {
    const found = attempt();
    if (found !== undefined) {
      return found;
    }
  }
}

const anyKind = ({ random }: World): "transfer" | "exit" => random.pick(["transfer", "exit"] as const);

const transaction = (label: string, make: (world: World) => TransactionSlot): SlotMaker => ({
  label,
  make: (world) => encodeTransactionSlot(make(world)),
});

const TRANSACTIONS: readonly SlotMaker[] = [
  transaction("transfer", (world) => sign(world, draft(world, "transfer"))),
  transaction("exit", (world) => sign(world, draft(world, "exit"))),
  transaction("everything", (world) => {
    const base = draft(world, anyKind(world));
    const amount = base.account.balance - base.fees;
    return sign(world, change(base, { amount: amount < 0n ? 0n : amount }));
  }),
  transaction("one more than the balance", (world) => {
    const base = draft(world, anyKind(world));
    const amount = base.account.balance - base.fees + 1n;
    return sign(world, change(base, { amount: amount < 0n || amount > MAX_BALANCE ? MAX_BALANCE : amount }));
  }),
  transaction("the largest amount", (world) =>
    sign(world, change(draft(world, anyKind(world)), { amount: MAX_BALANCE })),
  ),
  transaction("to itself", (world) => {
    const base = draft(world, "transfer");
    return sign(world, change(base, { to: base.from }));
  }),
  transaction("everything to itself", (world) => {
    const base = draft(world, "transfer");
    const amount = base.account.balance - base.fees;
    return sign(world, change(base, { to: base.from, amount: amount < 0n ? 0n : amount }));
  }),
  transaction("more than it has to itself", (world) => {
    const base = draft(world, "transfer");
    const amount = base.account.balance - base.fees + 1n;
    return sign(world, change(base, { to: base.from, amount: amount < 0n || amount > MAX_BALANCE ? 1n : amount }));
  }),
  transaction("overflow of the receiver", (world) => {
    const base = draft(world, "transfer");
    const amount = base.account.balance > base.fees ? base.account.balance - base.fees : 0n;
    const full = accounts(world).find(
      ([, { token, balance }]) => token === base.account.token && balance + amount > MAX_BALANCE,
    );
    return sign(world, change(base, { amount, to: full?.[0] ?? base.slot.to }));
  }),
  transaction("the largest tip", (world) => {
    const { mantissa, exponent } = encodeTip(MAX_TIP);
    return sign(world, change(draft(world, anyKind(world)), { tipMantissa: mantissa, tipExponent: exponent }));
  }),
  transaction("a tip of nothing, shifted", (world) =>
    sign(world, change(draft(world, anyKind(world)), { tipMantissa: 0n, tipExponent: 63n })),
  ),
  transaction("a tip that is not normalised", (world) =>
    sign(world, change(draft(world, anyKind(world)), { tipMantissa: 2n, tipExponent: 1n })),
  ),
  transaction("another token", (world) => {
    const base = draft(world, anyKind(world));
    return sign(world, change(base, { token: otherToken(world, base.account.token) }));
  }),
  transaction("a receiver with another token", (world) => {
    const base = draft(world, "transfer");
    const other = accounts(world).find(([, { token }]) => token !== base.account.token);
    return sign(world, change(base, { to: other?.[0] ?? base.slot.to }));
  }),
  transaction("an unknown receiver", (world) =>
    sign(world, change(draft(world, "transfer"), { to: absentIndex(world) })),
  ),
  transaction("a receiver beyond the tree", (world) => {
    const base = draft(world, "transfer");
    return sign(world, change(base, { to: alias(world, base.slot.to) }));
  }),
  transaction("an unknown sender", (world) => {
    const from = absentIndex(world);
    return sign(world, change(draft(world, anyKind(world)), { from }));
  }),
  transaction("a sender beyond the tree", (world) => {
    const base = draft(world, anyKind(world));
    return sign(world, change(base, { from: alias(world, base.from) }));
  }),
  transaction("no sender", (world) => sign(world, change(draft(world, anyKind(world)), { from: 0 }))),
  transaction("another's key", (world) => {
    const base = draft(world, anyKind(world));
    const signer = world.random.pick(SIGNERS.filter((other) => other !== signerOf(base.account)));
    return sign(world, base, { signer });
  }),
  transaction("the next nonce", (world) => {
    const base = draft(world, anyKind(world));
    return sign(world, base, { nonce: base.account.nonce + 1n });
  }),
  transaction("another domain", (world) =>
    sign(world, draft(world, anyKind(world)), { domain: world.environment.domain ^ 1n }),
  ),
  transaction("bound to this sequencer", (world) =>
    sign(world, change(draft(world, anyKind(world)), { flags: SEQUENCER_BOUND })),
  ),
  transaction("bound to another sequencer", (world) =>
    sign(world, change(draft(world, anyKind(world)), { flags: SEQUENCER_BOUND }), {
      bound: world.environment.sequencer ^ 1n,
    }),
  ),
  transaction("unbound with a bound signature", (world) =>
    sign(world, change(draft(world, anyKind(world)), { flags: 0n }), { bound: world.environment.sequencer | 1n }),
  ),
  transaction("unknown flags", (world) =>
    sign(world, change(draft(world, anyKind(world)), { flags: 2n + world.random.bigint(30n) })),
  ),
  transaction("a payload changed after signing", (world) => {
    const signed = sign(world, draft(world, anyKind(world)));
    return { ...signed, amount: signed.amount ^ 1n };
  }),
  transaction("a bit of h flipped", (world) => {
    const signed = sign(world, draft(world, anyKind(world)));
    return { ...signed, h: signed.h ^ (1n << world.random.bigint(254n)) };
  }),
  transaction("a bit of S flipped", (world) => {
    const signed = sign(world, draft(world, anyKind(world)));
    return { ...signed, s: signed.s ^ (1n << world.random.bigint(251n)) };
  }),
  transaction("h + p", (world) =>
    search(() => {
      const signed = sign(world, draft(world, anyKind(world)));
      const h = signed.h + P;
      return h < 1n << 254n ? { ...signed, h } : undefined;
    }),
  ),
  transaction("S + l", (world) =>
    search(() => {
      const signed = sign(world, draft(world, anyKind(world)));
      const s = signed.s + L;
      return s < 1n << 251n ? { ...signed, s } : undefined;
    }),
  ),
  transaction("edges of h and S", (world) => ({
    ...draft(world, anyKind(world)).slot,
    h: world.random.pick([0n, 1n, L, P - 1n, P, (1n << 254n) - 1n]),
    s: world.random.pick([0n, 1n, L - 1n, L, (1n << 251n) - 1n]),
  })),
  {
    label: "replay",
    make: (world) =>
      world.history.length > 0
        ? world.random.pick(world.history)
        : encodeTransactionSlot(sign(world, draft(world, "exit"))),
  },
  { label: "zeros", make: () => new Uint8Array(SLOT_BYTES) },
  { label: "ones", make: () => new Uint8Array(SLOT_BYTES).fill(255) },
  { label: "garbage", make: ({ random }) => random.bytes(SLOT_BYTES) },
  {
    label: "garbage from a known sender",
    make: (world) => {
      const garbage = decodeTransactionSlot(world.random.bytes(SLOT_BYTES));
      return encodeTransactionSlot({ ...garbage, from: anyAccount(world)[0], flags: 0n });
    },
  },
];

// ── Forced operations ───────────────────────────────────────────────────────────────────────────────────────────────

const NO_KEY = { keyY: 0n, keySign: 0n };

const forced = (label: string, make: (world: World) => Partial<ForcedSlot>): SlotMaker => ({
  label,
  make(world) {
    const base = { from: 0, to: 0, token: 0n, amount: 0n, flags: 0n, l1Address: world.random.pick(OWNERS), ...NO_KEY };
    return encodeForcedSlot({ ...base, fee: world.random.bigint(1n << 90n), ...make(world) });
  },
});

/** Bits of a slot that a forced operation ignores: those of the tip, and the flags but DEPARTURE and ARRIVAL. */
const IGNORED_BITS = ((1n << 31n) - 1n - DEPARTURE - ARRIVAL) << 505n;

function withIgnoredBits({ random }: World, slot: Uint8Array): Uint8Array {
  const packed = BigInt(`0x${Buffer.from(slot).toString("hex")}`);
  const ignored = (random.bigint(1n << 31n) << 505n) & IGNORED_BITS;
  return Uint8Array.from(Buffer.from((packed | ignored).toString(16).padStart(2 * SLOT_BYTES, "0"), "hex"));
}

function arrivingAccount({ random }: World): Account {
  const { x, y } = random.pick(SIGNERS).publicKey;
  const balance = random.pick([0n, 1n, random.bigint(1n << 90n), random.bigint(1n << 127n), MAX_BALANCE]);
  return { ax: x, ay: y, nonce: 0n, token: random.pick(TOKENS), balance, owner: random.pick(OWNERS) };
}

/** Some accounts, some gaps; by chance fewer than there is room for. */
const someArrivals = (world: World): Arrivals =>
  Array.from({ length: world.random.int(4 ** world.levels) + 1 }, () =>
    world.random.chance(0.7) ? arrivingAccount(world) : undefined,
  );

/** A forced operation that would do something, had it no flags. */
const tempting = (world: World): Partial<ForcedSlot> =>
  world.random.pick([
    () => ({ ...forcedDebit(world), to: 0 }),
    () => {
      const { from, token, amount, l1Address } = forcedDebit(world);
      return { from, to: payee(world, from, token, amount), token, amount, l1Address };
    },
    () => ({ ...deposit(world), ...compressKey(world.random.pick(SIGNERS).publicKey) }),
    () => ({ to: anyAccount(world)[0], token: anyAccount(world)[1].token, amount: 5n }),
    () => {
      const { from, to, token, amount, l1Address } = readForcedSlot(world.random.bytes(SLOT_BYTES));
      return { from, to, token, amount, l1Address };
    },
  ])();

const deposit = ({ random }: World): Pick<ForcedSlot, "token" | "amount"> => ({
  token: random.pick(TOKENS),
  amount: random.pick([0n, 1n, 1n << 64n, MAX_BALANCE, random.bigint(1n << 100n)]),
});

/** A forced debit that is valid. */
function forcedDebit(world: World): Pick<ForcedSlot, "from" | "token" | "amount" | "l1Address"> & { balance: bigint } {
  const [from, { token, balance, owner }] = payer(world);
  return { from, token, amount: smallPart(world, balance), l1Address: owner, balance };
}

const FORCED: readonly SlotMaker[] = [
  forced("new account", (world) => ({ ...deposit(world), ...compressKey(world.random.pick(SIGNERS).publicKey) })),
  forced("top-up", (world) => {
    const [to, { token, balance }] = anyAccount(world);
    return { to, token, amount: smallPart(world, MAX_BALANCE - balance) };
  }),
  forced("new account with the other sign", (world) => {
    const { keyY, keySign } = compressKey(world.random.pick(SIGNERS).publicKey);
    return { ...deposit(world), keyY, keySign: 1n - keySign };
  }),
  forced("key of small order", (world) => ({
    ...deposit(world),
    ...compressKey(world.random.pick(SMALL_ORDER_POINTS)),
  })),
  forced("x = 0 with an odd sign", (world) => ({
    ...deposit(world),
    keyY: world.random.pick([1n, P - 1n]),
    keySign: 1n,
  })),
  forced("any y", (world) => ({
    ...deposit(world),
    keyY: world.random.bigint(P),
    keySign: world.random.bigint(2n),
  })),
  forced("y not canonical", (world) => ({
    ...deposit(world),
    keyY: P + world.random.pick([0n, 1n, world.random.bigint((1n << 254n) - P), (1n << 254n) - 1n - P]),
    keySign: world.random.bigint(2n),
  })),
  forced("top-up to the brim", (world) => {
    const [to, { token, balance }] = anyAccount(world);
    return { to, token, amount: MAX_BALANCE - balance };
  }),
  forced("top-up that overflows", (world) => {
    const [to, { token, balance }] = payer(world);
    return { to, token, amount: balance === 0n ? MAX_BALANCE : MAX_BALANCE - balance + 1n };
  }),
  forced("top-up in another token", (world) => {
    const [to, { token }] = anyAccount(world);
    return { to, token: otherToken(world, token), amount: 5n };
  }),
  forced("top-up of nobody", (world) => ({ to: absentIndex(world), ...deposit(world) })),
  forced("top-up beyond the tree", (world) => {
    const [to, { token }] = anyAccount(world);
    return { to: alias(world, to), token, amount: 5n };
  }),
  forced("forced transfer", (world) => {
    const { from, token, amount, l1Address } = forcedDebit(world);
    return { from, token, amount, l1Address, to: payee(world, from, token, amount) };
  }),
  forced("forced transfer to itself", (world) => {
    const { from, token, balance, l1Address } = forcedDebit(world);
    return { from, token, l1Address, to: from, amount: balance };
  }),
  forced("forced transfer of more than it has to itself", (world) => {
    const { from, token, balance, l1Address } = forcedDebit(world);
    return { from, token, l1Address, to: from, amount: balance === MAX_BALANCE ? 0n : balance + 1n };
  }),
  forced("forced transfer of everything", (world) => {
    const { from, token, balance, l1Address } = forcedDebit(world);
    return { from, token, l1Address, to: payee(world, from, token, balance), amount: balance };
  }),
  forced("forced transfer of too much", (world) => {
    const { from, token, balance, l1Address } = forcedDebit(world);
    const amount = balance === MAX_BALANCE ? balance : balance + 1n;
    return { from, token, l1Address, to: payee(world, from, token, 0n), amount };
  }),
  forced("forced transfer that overflows", (world) => {
    const { from, token, balance, l1Address } = forcedDebit(world);
    const full = accounts(world).find(
      ([index, account]) => index !== from && account.token === token && account.balance + balance > MAX_BALANCE,
    );
    return { from, token, l1Address, to: full?.[0] ?? from, amount: balance };
  }),
  forced("forced transfer by another", (world) => {
    const { from, token, amount, l1Address } = forcedDebit(world);
    return { from, token, amount, to: payee(world, from, token, amount), l1Address: l1Address ^ 1n };
  }),
  forced("forced transfer to nobody", (world) => {
    const { from, token, amount, l1Address } = forcedDebit(world);
    return { from, token, amount, l1Address, to: absentIndex(world) };
  }),
  forced("forced transfer to another token", (world) => {
    const { from, token, amount, l1Address } = forcedDebit(world);
    const other = accounts(world).find(([, account]) => account.token !== token);
    return { from, token, amount, l1Address, to: other?.[0] ?? from };
  }),
  forced("forced exit", (world) => {
    const { from, token, amount, l1Address } = forcedDebit(world);
    return { from, token, amount, l1Address };
  }),
  forced("forced exit of everything", (world) => {
    const { from, token, balance, l1Address } = forcedDebit(world);
    return { from, token, l1Address, amount: balance };
  }),
  forced("forced exit of more than there is", (world) => {
    const { from, token, l1Address } = forcedDebit(world);
    return { from, token, l1Address, amount: MAX_BALANCE };
  }),
  forced("forced exit by another", (world) => {
    const { from, token, amount, l1Address } = forcedDebit(world);
    return { from, token, amount, l1Address: l1Address ^ (1n << world.random.bigint(160n)) };
  }),
  forced("forced exit in another token", (world) => {
    const { from, token, amount, l1Address } = forcedDebit(world);
    return { from, token: otherToken(world, token), amount, l1Address };
  }),
  forced("forced exit of nobody", (world) => ({ from: absentIndex(world), amount: 1n })),
  forced("forced exit beyond the tree", (world) => {
    const { from, token, amount, l1Address } = forcedDebit(world);
    return { from: alias(world, from), token, amount, l1Address };
  }),
  {
    label: "forced: ignored bits set",
    make(world) {
      const { from, token, amount, l1Address } = forcedDebit(world);
      const slot = { from, to: 0, token, amount, flags: 0n, fee: 0n, l1Address, ...NO_KEY };
      return withIgnoredBits(world, encodeForcedSlot(slot));
    },
  },
  forced("arrival", (world) => ({ flags: ARRIVAL, keyY: world.publish(someArrivals(world)) })),
  forced("arrival of nobody", ({ publish }) => ({ flags: ARRIVAL, keyY: publish([]) })),
  forced("arrival of equal accounts", (world) => {
    const equal = arrivingAccount(world);
    return { flags: ARRIVAL, keyY: world.publish(Array.from({ length: 4 ** world.levels }, () => equal)) };
  }),
  forced("departure", ({ random }) => ({ flags: DEPARTURE, keyY: random.bigint(1n << 248n) })),
  {
    label: "arrival with all other bits set at will",
    make(world) {
      const fields = { ...tempting(world), keyY: world.publish(someArrivals(world)) };
      const flags = ARRIVAL + world.random.pick([0n, DEPARTURE]);
      return withIgnoredBits(world, forced("", () => ({ ...fields, flags })).make(world));
    },
  },
  {
    label: "departure with all other bits set at will",
    make(world) {
      const fields = { keyY: world.random.bigint(1n << 254n), ...tempting(world), flags: DEPARTURE };
      return withIgnoredBits(world, forced("", () => fields).make(world));
    },
  },
  {
    label: "forced: a transaction",
    make: (world) => encodeTransactionSlot(sign(world, draft(world, anyKind(world)))),
  },
  { label: "forced: zeros", make: () => new Uint8Array(SLOT_BYTES) },
  {
    label: "forced: garbage",
    make(world) {
      // L1 publishes the accounts of each arrival, and nobody knows any for a root at random.
      const slot = readForcedSlot(world.random.bytes(SLOT_BYTES));
      return withIgnoredBits(world, encodeForcedSlot({ ...slot, flags: slot.flags & ~ARRIVAL }));
    },
  },
];

/** Every kind of slot that the generator makes. */
export const SLOT_LABELS: readonly string[] = [...TRANSACTIONS, ...FORCED].map(({ label }) => label);

// ── The generator ───────────────────────────────────────────────────────────────────────────────────────────────────

/** A state with a few accounts, some of them at the edges. */
function randomState(random: Random, profile: Profile): State {
  const capacity = accountCapacity(profile);
  const count = Math.min(3 + random.int(5), capacity - 1);
  let tree = AccountTree.empty(profile.depth);
  for (let index = 1; index <= count; index++) {
    const { x, y } = random.pick(SIGNERS).publicKey;
    tree = tree.set(index, {
      ax: x,
      ay: y,
      nonce: random.pick([0n, 1n, random.bigint(1n << 40n)]),
      token: index <= 2 ? 0n : random.pick(TOKENS),
      balance: random.pick([0n, 1n, 1n << 40n, random.bigint(1n << 90n), random.bigint(1n << 127n), MAX_BALANCE]),
      owner: random.pick(OWNERS),
    });
  }
  // A full tree, or one with room for one more, or for one arrival: no state that can be reached, but all that the
  // rules look at.
  const room = random.pick([0, 1, 4 ** profile.levels, 4 ** profile.levels - 1]);
  const nextIndex = random.chance(0.3) ? Math.max(count + 1, capacity - room) : count + 1;
  return new State(tree, nextIndex);
}

function randomHeader(random: Random, profile: Profile, state: State): Header {
  const known = [...state.accounts.entries()].map(([index]) => index);
  return {
    baseFee: random.pick([0n, 0n, 1n, 1000n, 1n << 30n, (1n << 96n) - 1n]),
    feeToken: random.pick([0n, 0n, 0n, 1n, 65535n]),
    feeAccount: random.pick([
      random.pick(known),
      random.pick(known),
      random.pick(known),
      0,
      Math.min(state.nextIndex, UINT32 - 1),
      Math.min(random.pick(known) + accountCapacity(profile), UINT32 - 1),
      random.int(UINT32),
    ]),
    forcedCount: random.pick([0, 0, 0, 1, 1 + random.int(profile.slots), profile.slots, profile.slots + 1, 65535]),
    timestamp: random.bigint(1n << 64n),
  };
}

/**
 * An endless, reproducible stream of leaves that follow one another in worlds of some dozen accounts: valid, invalid
 * and adversarial slots of all SLOT_LABELS, boundary values, and garbage. The circuits are compared with the ledger on
 * it.
 */
export function* randomLeaves(profile: Profile, seed: string): Generator<RandomLeaf, never> {
  const random = new Random(seed);
  for (;;) {
    let state = randomState(random, profile);
    const domain = random.bigint(1n << 248n);
    const history: Uint8Array[] = [];
    for (let i = 0; i < LEAVES_PER_WORLD; i++) {
      const leaf = randomLeaf(random, profile, state, domain, history);
      state = leaf.result.state;
      yield leaf;
    }
  }
}

function randomLeaf(
  random: Random,
  profile: Profile,
  before: State,
  domain: bigint,
  history: Uint8Array[],
): RandomLeaf {
  const header = randomHeader(random, profile, before);
  const { levels } = profile;
  const arrivals = new Map<bigint, Arrivals>();
  const publish = (list: Arrivals): bigint => {
    const root = arrivalsRoot(list, levels);
    arrivals.set(root, list);
    return root;
  };
  const environment = { sequencer: random.bigint(1n << 160n), domain, arrivals };
  const labels: string[] = [];
  const slots: Uint8Array[] = [];
  let state = before;
  for (let slot = 0; slot < profile.slots; slot++) {
    const isForced = slot < header.forcedCount;
    const makers = isForced ? FORCED : TRANSACTIONS;
    // The ordinary case, which moves money on, is as frequent as all others together.
    const maker = random.chance(0.4) ? random.pick(makers.slice(0, 2)) : random.pick(makers);
    const bytes = maker.make({ random, state, header, environment, history, levels, publish });
    labels.push(maker.label);
    slots.push(bytes);
    if (!isForced) {
      history.push(bytes);
    }
    state = applySlot(state, bytes, { ...header, ...environment, levels, isForced }).after;
  }
  const bytes = Uint8Array.from(Buffer.concat(slots));
  return {
    before,
    header,
    bytes,
    environment,
    binding: { z: random.bigint(P), context: random.bigint(1n << 248n), worker: random.bigint(P) },
    result: applyLeaf(profile, before, { header, bytes }, environment),
    labels,
  };
}
