// SPDX-License-Identifier: MIT
import { keccak256, parseEther, parseUnits } from "ethers";

import { encodePayload, MOVE, SLOT_BYTES } from "../../../src/codec/index.ts";
import { GAS } from "../../../src/escape/index.ts";
import { applyLeaf, arrivalSlot, decideForced, departureSlot } from "../../../src/ledger/index.ts";
import {
  applyMigration,
  arrivalsHash,
  departureHash,
  escapeSignals,
  migrants,
  migrationPublicSignals,
  moveMessage,
  orderedEscapeSignals,
  orderedMigrationSignals,
  packPair,
  packTokens,
  signMove,
  unpackTokens,
} from "../../../src/migration/index.ts";
import { accountCapacity, PRODUCTION } from "../../../src/profile.ts";
import {
  ALICE,
  BEFORE,
  BOB,
  clock,
  code,
  DOMAIN,
  EIGHT,
  eth,
  HEADER,
  hex,
  hexOf,
  KEYS,
  LOCAL,
  PROFILE,
  SEQUENCER,
  short,
  table,
  type Examples,
} from "./setting.ts";

const { poe, b52 } = LOCAL;
const DELAY = Number(poe.integer("escapeDelay"));
const FORCED_FEE = poe.integer("forcedFeeBase");
const DAY = 86_400;
const TARGET = 0x7a46e7n;
const WIDTH = migrants(PROFILE);

/** Gas that a request to depart pays for, as `Migration.PROOF_GAS`. */
const proofGas = (places: number): bigint => 400_000n + 5_000n * BigInt(places);

const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);
const moment = (seconds: number): string => `${day(seconds)} ${clock(seconds)}`;

function freeze(): string {
  const hours = (names: readonly [bigint, bigint][]): number =>
    Number(names.reduce((sum, [factor, seconds]) => sum + factor * seconds, 0n)) / 3600;
  const ofPoe = hours([
    [1n, poe.integer("forcedDeadline")],
    [2n, poe.integer("targetTime")],
    [1n, poe.integer("doublingTime")],
  ]);
  const ofB52 = hours([
    [1n, b52.integer("forcedDeadline")],
    [3n, b52.integer("proposalWindow") + b52.integer("proofWindow")],
  ]);
  return `**Example.** \`ESCAPE_DELAY\` is ${DELAY / DAY} days. The oldest operation arrived at ${moment(EIGHT)}. At ${moment(EIGHT + DELAY)} \`freeze\` reverts
(\`NotLate\`), and one second later it succeeds. With the parameters of a local chain \`ESCAPE_DELAY\` must be at least ${ofPoe} hours
under Proof of Efficiency and ${ofB52} hours under B52.`;
}

function dust(): string {
  const gas = GAS.escape + GAS.withdraw;
  const price = parseUnits("2", "gwei");
  return `**Example.** An escape and its withdrawal are taken to need ${gas.toLocaleString("en")} gas. At 2 gwei they cost ${eth(gas * price)} ETH. An account with
1 wei stays, and so does one with ${eth(gas * price)} ETH. An account with one wei more is taken.`;
}

function escape(): string {
  const names = ["owner", "token", "balance", "stateRoot", "index"];
  const rows = orderedEscapeSignals(escapeSignals(BEFORE, 2)).map((value, i) => [
    String(i),
    `\`${names[i]!}\``,
    `\`${hex(value)}\``,
  ]);
  return `**Example.** Alice escapes from the state of [protocol.md](protocol.md) §2. Her account 2 holds ${eth(BEFORE.account(2)!.balance)} ETH:

${table(["#", "Signal", "Value"], rows)}

The call \`escape(2, ${hex(ALICE, 20)}, 0, ${BEFORE.account(2)!.balance}, proof)\` credits ${eth(BEFORE.account(2)!.balance)} ETH to her.
A second call reverts with \`AlreadyLeft(2)\`.`;
}

const proofFeeAt = (gwei: string): bigint => FORCED_FEE + 2n * proofGas(WIDTH) * parseUnits(gwei, "gwei");

function refund(): string {
  const deposit = parseEther("0.5");
  const fee = proofFeeAt("10");
  return `**Examples.** Each operation paid a forced fee of ${eth(FORCED_FEE)} ETH.

- A deposit of ${eth(deposit)} ETH was not executed: its \`l1Address\` gets ${eth(deposit + FORCED_FEE)} ETH.
- A forced exit was not executed: its fee of ${eth(FORCED_FEE)} ETH goes back. The money is still in the account, which escapes.
- A request to depart, with ${eth(fee)} ETH for its proof, was not executed: ${eth(fee + FORCED_FEE)} ETH go back.
- It was executed, and its migration was not proven before the freeze: ${eth(fee)} ETH go back.
- An arrival with two accounts was not executed: \`refund\` returns ${eth(FORCED_FEE)} ETH, and \`refundArrival\` is called for positions 0 and 1.`;
}

// ── Migration ────────────────────────────────────────────────────────────────────────────────────────────────────────

const ORDER = { token: 0n, targetToken: 0n, nonce: 0n, domain: DOMAIN, target: TARGET };
const MOVES = Buffer.concat([
  signMove(KEYS.alice, { ...ORDER, from: 2 }),
  signMove(KEYS.alice, { ...ORDER, from: 3 }),
  signMove(KEYS.bob, { ...ORDER, from: 3 }),
]);
const TOKENS = packPair({ source: 0n, target: 0n });
const MIGRATION = applyMigration(PROFILE, BEFORE, { moves: MOVES, domain: DOMAIN, target: TARGET, tokens: TOKENS });

function move(): string {
  const payload = {
    ...{ from: 2, to: 0, token: 0n, amount: 0n },
    ...{ tipMantissa: 0n, tipExponent: 0n, flags: MOVE },
  };
  const slot = MOVES.subarray(0, SLOT_BYTES);
  return `**Example.** Alice moves account 2, which holds ETH, to the core \`${hex(TARGET, 20)}\`. ETH is token 0 in both, so \`to = 0\`
and \`token = 0\`. She signs

${code(`payload = ${hex(encodePayload(payload), 30)}`, `message = ${hex(moveMessage(payload, ORDER))}`)}

${code(...[0, 1, 2].map((i) => `chunk ${i}: ${hexOf(slot.subarray(31 * i, 31 * (i + 1)))}`))}`;
}

function migration(): string {
  const who = [
    "Alice signs for account 2",
    "Alice signs for account 3, which is Bob's",
    "Bob signs for account 3",
    "no move (zeros)",
  ];
  const rows = who.map((text, i) => {
    const outcome = MIGRATION.outcomes[i]!;
    const arrival = MIGRATION.arrivals[i];
    return [
      ...[String(i), text, "reason" in outcome ? `${outcome.status}: ${outcome.reason}` : outcome.status],
      arrival === undefined ? "–" : `${eth(arrival.balance)} ETH of ${hex(arrival.owner, 20).replace(/^0x0+/, "0x…")}`,
    ];
  });
  const bob = MIGRATION.state.account(3)!;
  return `**Example.** Three moves, all of ETH. A migration has ${WIDTH} places, so the last one is padded with zeros:

${table(["Place", "Move", "Result", "Arrives"], rows)}

\`totals[0]\` is ${eth(MIGRATION.totals[0]!)} ETH, and the other totals are 0. In the source Bob's account has now the nonce ${bob.nonce} and the balance ${bob.balance}. The
arrivals' data are ${MIGRATION.arrivalsData.length / SLOT_BYTES} slots, of which slot 1 is zeros, and

${code(`arrivalsRoot = ${hex(MIGRATION.arrivalsRoot)}`)}`;
}

function signals(): string {
  const names = [
    ...["newStateRoot", "arrivalsRoot", "totals[0]", "totals[1]", "totals[2]", "totals[3]"],
    ...["movesCommitment", "movesEvaluation", "arrivalsCommitment", "arrivalsEvaluation", "oldStateRoot"],
    ...["domain", "target", "tokens", "movesPoint", "arrivalsPoint", "worker"],
  ];
  const values = orderedMigrationSignals(migrationPublicSignals(MIGRATION, { worker: ALICE }));
  const rows = values.map((value, i) => [String(i), `\`${names[i]!}\``, `\`${hex(value)}\``]);
  return `**Example.** The signals of the migration of section 5.2, submitted by Alice:

${table(["#", "Signal", "Value"], rows)}`;
}

function tokens(): string {
  const packed = packTokens([
    { source: 3n, target: 7n },
    { source: 1n, target: 2n },
  ]);
  const pairs = unpackTokens(packed).map(({ source, target }) => `(${source}, ${target})`);
  return `**Example.** The pairs ${pairs.join(", ")} are packed as \`${hex(packed, 16)}\`. A departure of token 3, which the target
knows as token 7, has four times the same pair: \`${hex(packPair({ source: 3n, target: 7n }), 16)}\`.`;
}

function departure(): string {
  const hash = departureHash({ target: TARGET, tokens: TOKENS, moves: MOVES });
  const fee = proofFeeAt("10");
  const slot = departureSlot({ hash, amount: fee, fee: FORCED_FEE, l1Address: ALICE });
  const production = migrants(PRODUCTION);
  return `**Example.** L1's base fee is 10 gwei, nothing waits in the queue, and the forced fee is ${eth(FORCED_FEE)} ETH. A proof with ${WIDTH} migrants
needs ${proofGas(WIDTH).toLocaleString("en")} gas, so the second fee is ${eth(FORCED_FEE)} + 2 · ${proofGas(WIDTH).toLocaleString("en")} · 10 gwei = ${eth(fee)} ETH, and Alice pays ${eth(fee + FORCED_FEE)} ETH. With the
${production} migrants of production it is ${proofGas(production).toLocaleString("en")} gas. Her request for the three moves above is

${code(
  `hash    = ${hex(hash, 31)}`,
  ...[0, 1, 2].map((i) => `chunk ${i}: ${hexOf(slot.subarray(31 * i, 31 * (i + 1)))}`),
)}`;
}

function reclaim(): string {
  return `**Example.** A departure was proven at ${moment(EIGHT)}. \`deliver\` is possible from then on. At ${moment(EIGHT + DELAY)} \`reclaim\` reverts
(\`NotReclaimable\`), and one second later it succeeds. Alice reclaims position 0 and gets ${eth(MIGRATION.arrivals[0]!.balance)} ETH. From then on
\`deliver\` reverts (\`PartlyReclaimed\`), and Bob reclaims position 2.`;
}

function arrival(): string {
  const empty = arrivalSlot({ root: 0n, hash: arrivalsHash(new Uint8Array()), fee: 0n, l1Address: 1n });
  const slot = arrivalSlot({
    ...{ root: MIGRATION.arrivalsRoot, hash: arrivalsHash(MIGRATION.arrivalsData) },
    ...{ fee: FORCED_FEE, l1Address: ALICE },
  });
  return `**Examples.** A slot without arrivals, with the root 0, the fee 0 and \`refundTo\` = 0x…01, begins with
\`${hexOf(empty.subarray(0, 26))}\`: the first 26 bytes of the hash of nothing. The arrival of the migration above, with
\`keccak256(arrivals) = ${short(keccak256(MIGRATION.arrivalsData))}\` and \`refundTo\` Alice, has the slot

${code(...[0, 1, 2].map((i) => `chunk ${i}: ${hexOf(slot.subarray(31 * i, 31 * (i + 1)))}`))}`;
}

function room(): string {
  const capacity = accountCapacity(PROFILE);
  const arrivals = new Map([[MIGRATION.arrivalsRoot, MIGRATION.arrivals]]);
  const slot = arrivalSlot({
    root: MIGRATION.arrivalsRoot,
    hash: arrivalsHash(MIGRATION.arrivalsData),
    l1Address: BOB,
  });
  const bytes = Buffer.concat([slot, new Uint8Array((PROFILE.slots - 1) * SLOT_BYTES)]);
  const { state } = applyLeaf(
    PROFILE,
    BEFORE,
    { header: HEADER, bytes },
    { sequencer: SEQUENCER, domain: DOMAIN, arrivals },
  );
  const found = [4, 5, 6, 7].map((index) => [
    String(index),
    state.account(index) === undefined ? "absent" : `${eth(state.account(index)!.balance)} ETH`,
  ]);
  const next = (bound: number): number => Math.ceil(bound / WIDTH) * WIDTH + WIDTH;
  return `**Example.** A target in the state of [protocol.md](protocol.md) §2 executes that arrival. \`nextIndex\` is ${BEFORE.nextIndex}, so \`base\` is ${BEFORE.nextSubtree(PROFILE.levels)}, and \`nextIndex\`
becomes ${state.nextIndex}:

${table(["Index", "Account"], found)}

L1's upper bound is 1 at the deployment. Three deposits of new accounts make it 4, an arrival ${next(4)}, one more deposit ${next(4) + 1}, and one more
arrival ${next(next(4) + 1)}. The tree has ${capacity} places. With an upper bound of ${capacity - WIDTH} an arrival fits, and with ${capacity - WIDTH + 1} it is refused
(\`ArrivalDoesNotFit\`).`;
}

function flags(): string {
  const arrivals = new Map([[MIGRATION.arrivalsRoot, MIGRATION.arrivals]]);
  const names = { forcedExit: "deposit, forced transfer or forced exit", departure: "departure", arrival: "arrival" };
  const rows = [0n, 1n, 2n, 3n, 4n, 6n, 7n].map((value) => {
    const fields = { ...{ from: 2, to: 0, token: 0n, amount: 1n }, ...{ fee: 0n, keySign: 0n, l1Address: ALICE } };
    const slot = { ...fields, flags: value, keyY: MIGRATION.arrivalsRoot };
    const { kind } = decideForced(BEFORE, slot, { levels: PROFILE.levels, arrivals }).outcome;
    return [String(value), names[kind as keyof typeof names]];
  });
  return `**Example.** L1 writes 0, 2 and 4 only; the circuit reads every value:

${table(["`flags`", "Operation"], rows)}`;
}

/** Examples of docs/enforcement.md. */
export const enforcementExamples = (): Examples => ({
  "example-freeze": freeze(),
  "example-dust": dust(),
  "example-escape": escape(),
  "example-refund": refund(),
  "example-move": move(),
  "example-migration": migration(),
  "example-signals": signals(),
  "example-tokens": tokens(),
  "example-departure": departure(),
  "example-reclaim": reclaim(),
  "example-arrival": arrival(),
  "example-room": room(),
  "example-flags": flags(),
});
