// SPDX-License-Identifier: MIT
import { AbiCoder, concat, dataSlice, getCreateAddress, keccak256, parseEther, parseUnits } from "ethers";

import { batchFeeAt } from "../../../src/agents/index.ts";
import { exitPath, settlementPath, settlementRoot, type Settlement } from "../../../src/agents/index.ts";
import {
  decodeTip,
  encodeHeader,
  encodePayload,
  encodeTip,
  evaluateStatement,
  roundTipDown,
  SLOT_BYTES,
  statementPoint,
  toBytes,
} from "../../../src/codec/index.ts";
import { compressKey, toPoint, transactionMessage } from "../../../src/crypto/index.ts";
import {
  accountHash,
  applyBatch,
  applyLeaf,
  BALANCE_LIMIT,
  commitToData,
  evaluateData,
  evaluationPoint,
  exitEntries,
  exitEntry,
  exitWords,
  forcedExitSlot,
  forcedTransferSlot,
  leafProofSignals,
  leafPublicSignals,
  leafStatement,
  leafCount,
  newAccountSlot,
  orderedPublicSignals,
  signTransaction,
  splitBatch,
  topUpSlot,
  type Outcome,
  type State,
} from "../../../src/ledger/index.ts";
import { accountCapacity, leafBytes, PRODUCTION } from "../../../src/profile.ts";
import {
  AGGREGATOR,
  ALICE,
  BEFORE,
  BOB,
  CAROL,
  CAROLS_KEY,
  CHAIN_ID,
  clock,
  code,
  CONSENSUS,
  DOMAIN,
  EIGHT,
  eth,
  HEADER,
  hex,
  hexOf,
  KEYS,
  LOCAL,
  PROFILE,
  ROLLUP,
  rounded,
  SEQUENCER,
  short,
  table,
  type Examples,
} from "./setting.ts";

const { poe } = LOCAL;
const TIP = roundTipDown(parseEther("0.00005"));

// ── One batch, from its slots to its settlement ──────────────────────────────────────────────────────────────────────

const FORCED_FEE = poe.integer("forcedFeeBase");
const DEPOSIT = newAccountSlot({
  ...{ token: 0n, amount: parseEther("0.5"), key: CAROLS_KEY },
  ...{ fee: FORCED_FEE, l1Address: CAROL },
});
const TRANSFER_REQUEST = { from: 2, to: 3, token: 0n, amount: parseEther("0.25"), tip: TIP, nonce: 0n, domain: DOMAIN };
const TRANSFER = signTransaction(KEYS.alice, TRANSFER_REQUEST);
const EXIT = signTransaction(KEYS.alice, {
  ...{ from: 2, to: 0, token: 0n, amount: parseEther("0.75") },
  ...{ nonce: 1n, domain: DOMAIN },
});
const ENVIRONMENT = { sequencer: SEQUENCER, domain: DOMAIN };
const DATA = Buffer.concat([DEPOSIT, TRANSFER, EXIT, TRANSFER]);
const BATCH = applyBatch(PROFILE, BEFORE, { header: HEADER, data: DATA }, ENVIRONMENT);
const LEAF = BATCH.leaves[0]!;

const balance = (state: State, index: number): string => {
  const account = state.account(index);
  return account === undefined ? "–" : eth(account.balance);
};

const outcome = (result: Outcome): string =>
  "reason" in result ? `${result.status}: ${result.reason}` : result.status;

function sizes(): string {
  const five = leafCount(PROFILE, 5 * SLOT_BYTES);
  return `**Example.** A leaf of the development profile holds ${PROFILE.slots} · ${SLOT_BYTES} =
${leafBytes(PROFILE)} bytes. A batch of five slots has ${5 * SLOT_BYTES} bytes, so it has ${five} leaves, and the second
leaf is padded with ${five * leafBytes(PROFILE) - 5 * SLOT_BYTES} zero bytes. The account tree has
4^${PROFILE.depth} = ${accountCapacity(PROFILE).toLocaleString("en")} leaves, in production
4^${PRODUCTION.depth} = ${accountCapacity(PRODUCTION).toLocaleString("en")}.`;
}

function state(): string {
  const rows = [1, 2, 3].map((index) => {
    const account = BEFORE.account(index)!;
    const owner = { 1: "the sequencer", 2: "Alice", 3: "Bob" }[index]!;
    return [String(index), owner, `${eth(account.balance)} ETH`, `\`${short(hex(accountHash(account)))}\``];
  });
  const digits = (27).toString(4).padStart(PROFILE.depth, "0");
  return `**Example.** All examples of this document begin in this state, with nonces 0:

${table(["Index", "Account of", "Balance", "`accountHash`"], rows)}

\`nextIndex\` is ${BEFORE.nextIndex}. The roots are

${code(`accountsRoot = ${hex(BEFORE.accounts.root)}`, `stateRoot    = ${hex(BEFORE.root)}`)}

The path of index 27 is ${digits}: 27 in base 4, with ${PROFILE.depth} digits. So it goes through child
${digits[0]} of the root first, and account 27 is child ${digits.at(-1)} of the last node.`;
}

function domain(): string {
  return `**Example.** On chain ${CHAIN_ID} the consensus has the address \`${CONSENSUS}\`. Its core is its next \`CREATE\`:
\`${ROLLUP}\` under Proof of Efficiency (nonce 1),
\`${getCreateAddress({ from: CONSENSUS, nonce: 2 })}\` under B52 (nonce 2). For the first one

${code(`domain = ${hex(DOMAIN, 31)}`)}`;
}

const chunksOf = (slot: Uint8Array): string[] =>
  [0, 1, 2].map((i) => `chunk ${i}: ${hexOf(slot.subarray(31 * i, 31 * (i + 1)))}`);

function transaction(): string {
  const { mantissa, exponent } = encodeTip(TIP);
  const payload = encodePayload({ ...TRANSFER_REQUEST, tipMantissa: mantissa, tipExponent: exponent, flags: 0n });
  const message = transactionMessage({ domain: DOMAIN, payload, nonce: 0n, bound: 0n });
  const bound = transactionMessage({ domain: DOMAIN, payload: payload | 1n, nonce: 0n, bound: SEQUENCER });
  return `**Example.** Alice (account 2) sends ${eth(TRANSFER_REQUEST.amount)} ETH to Bob (account 3). The fields are
\`from = 2\`, \`to = 3\`, \`token = 0\`, \`amount = ${hex(TRANSFER_REQUEST.amount)}\`,
\`tipMantissa = ${mantissa}\`, \`tipExponent = ${exponent}\` and \`flags = 0\`. With her nonce 0 she signs

${code(`payload = ${hex(payload, 30)}`, `M       = ${hex(message)}`)}

The slot is these three chunks. Its first bytes are \`from\` and \`to\`:

${code(...chunksOf(TRANSFER))}

With \`SEQUENCER_BOUND\` and the sequencer \`${hex(SEQUENCER, 20)}\` she would sign
\`M = ${short(hex(bound))}\`.`;
}

function tip(): string {
  const wanted = parseEther("0.00005");
  const { mantissa, exponent } = encodeTip(TIP);
  return `**Example.** Alice wants to tip 0.00005 ETH, which is ${wanted} wei. A mantissa of 20 bits cannot express it. The
next smaller tip is ${mantissa} · 2^${exponent} = ${decodeTip({ mantissa, exponent })} wei, which \`roundTipDown\` gives.`;
}

function forced(): string {
  const { keyY, keySign } = compressKey(CAROLS_KEY);
  return `**Example.** Carol deposits 0.5 ETH to a new account and pays a fee of ${eth(FORCED_FEE)} ETH. L1 writes \`from = 0\`,
\`to = 0\`, \`amount = ${hex(parseEther("0.5"))}\`, \`keyY = ${short(hex(keyY))}\`, \`fee = ${FORCED_FEE}\`,
\`keySign = ${keySign}\` and \`l1Address = ${hex(CAROL, 20)}\`:

${code(...chunksOf(DEPOSIT))}`;
}

function core(): string {
  const codeHash = keccak256("0x60");
  const argumentsHash = keccak256("0x00");
  return `**Example.** If the creation code were the byte \`60\` and the encoded arguments the byte \`00\`, then

${code(
  `keccak256(60) = ${codeHash}`,
  `keccak256(00) = ${argumentsHash}`,
  `CORE_HASH     = ${keccak256(concat([codeHash, argumentsHash]))}`,
)}`;
}

function header(): string {
  const leaves = splitBatch(PROFILE, { header: { ...HEADER, forcedCount: 6 }, data: new Uint8Array(9 * SLOT_BYTES) });
  const rows = leaves.map((leaf, i) => [
    String(i),
    String(leaf.header.forcedCount),
    `\`${hex(encodeHeader(leaf.header), 28)}\``,
  ]);
  return `**Example.** A batch of nine slots begins with six forced operations. Its base fee is ${eth(HEADER.baseFee)} ETH, its
fee account is 1, and its timestamp is ${EIGHT} (15 January 2027, ${clock(EIGHT)} UTC). It has ${leaves.length} leaves, whose headers differ
in \`forcedCount\` alone:

${table(["Leaf", "`forcedCount`", "`header`, 224 bits"], rows)}`;
}

function leaf(): string {
  const after = LEAF.state;
  const what = [
    "Carol deposits 0.5 ETH to a new account (forced)",
    "Alice sends 0.25 ETH to Bob, with a tip",
    "Alice exits with 0.75 ETH, without a tip",
    "The bytes of slot 1 again: Alice's nonce is 2 now",
  ];
  const rows = what.map((text, slot) => [String(slot), text, outcome(LEAF.outcomes[slot]!)]);
  const balances = [1, 2, 3, 4].map((index) => [
    `${index} (${["", "sequencer", "Alice", "Bob", "Carol"][index]!})`,
    balance(BEFORE, index),
    balance(after, index),
  ]);
  return `**Example.** A batch of one leaf, with base fee, fee account and time as in section 4, and \`forcedCount = ${HEADER.forcedCount}\`:

${table(["Slot", "Content", "Result"], rows)}

Balances in ETH:

${table(["Account", "Before", "After"], balances)}

Two transactions were valid, so \`proverFees\` = 2 · ${eth(HEADER.baseFee)} = ${eth(LEAF.proverFees)} ETH, and the tips are ${eth(LEAF.tips.amount)} ETH.
The leaf has one exit: ${LEAF.exits.map((exit) => `${eth(exit.amount)} ETH to \`${hex(exit.recipient, 20)}\`, of slot ${exit.slot}`).join("; ")}. Alice's nonce is
${after.account(2)!.nonce}, \`nextIndex\` is ${after.nextIndex}.`;
}

/** The largest amount that a slot can name. */
const MOST = BALANCE_LIMIT - 1n;

/** One slot applied to the state of the examples: its result, and its exits. */
function single(slot: Uint8Array, isForced: boolean, state = BEFORE): { result: string; exit: string; after: State } {
  const bytes = Buffer.concat([slot, new Uint8Array((PROFILE.slots - 1) * SLOT_BYTES)]);
  const leaf = applyLeaf(PROFILE, state, { header: { ...HEADER, forcedCount: isForced ? 1 : 0 }, bytes }, ENVIRONMENT);
  const exit = leaf.exits.map(
    ({ amount, recipient }) =>
      `${amount === MOST ? "2^128 − 1 wei" : `${eth(amount)} ETH`} to ${hex(recipient, 20).replace(/^0x0+/, "0x…")}`,
  );
  return { result: outcome(leaf.outcomes[0]!), exit: exit.join(", ") || "–", after: leaf.state };
}

function rules(): string {
  const alice = { token: 0n, domain: DOMAIN, nonce: 0n };
  const whole = BEFORE.account(2)!.balance;
  const cases: [string, Uint8Array, boolean][] = [
    [
      "Alice sends Bob 2 ETH, all that she has",
      signTransaction(KEYS.alice, { ...alice, from: 2, to: 3, amount: whole }),
      false,
    ],
    [
      "Alice sends Bob 1.9999 ETH, and pays the base fee",
      signTransaction(KEYS.alice, { ...alice, from: 2, to: 3, amount: whole - HEADER.baseFee }),
      false,
    ],
    [
      "Alice sends 0.1 ETH to account 9, which is absent",
      signTransaction(KEYS.alice, { ...alice, from: 2, to: 9, amount: parseEther("0.1") }),
      false,
    ],
    [
      "Bob signs a transfer from Alice's account",
      signTransaction(KEYS.bob, { ...alice, from: 2, to: 3, amount: 1n }),
      false,
    ],
    [
      "Alice signs for nonce 1",
      signTransaction(KEYS.alice, { ...alice, nonce: 1n, from: 2, to: 3, amount: 1n }),
      false,
    ],
    [
      "Alice sends token 1; her account holds ETH",
      signTransaction(KEYS.alice, { ...alice, token: 1n, from: 2, to: 3, amount: 1n }),
      false,
    ],
    ["93 zero bytes", new Uint8Array(SLOT_BYTES), false],
    ["Deposit of 2^128 − 1 wei to account 2", topUpSlot({ to: 2, token: 0n, amount: MOST, l1Address: CAROL }), true],
    [
      "Deposit of 0.5 ETH to account 2",
      topUpSlot({ to: 2, token: 0n, amount: parseEther("0.5"), l1Address: CAROL }),
      true,
    ],
    [
      "Deposit of 0.5 ETH to account 9",
      topUpSlot({ to: 9, token: 0n, amount: parseEther("0.5"), l1Address: CAROL }),
      true,
    ],
    [
      "New account with the key (0, 1), of small order",
      newAccountSlot({ token: 0n, amount: parseEther("0.5"), key: toPoint(0n, 1n), l1Address: CAROL }),
      true,
    ],
    [
      "Alice forces a transfer of 0.5 ETH to Bob",
      forcedTransferSlot({ from: 2, to: 3, token: 0n, amount: parseEther("0.5"), l1Address: ALICE }),
      true,
    ],
    [
      "Bob forces a transfer from Alice's account",
      forcedTransferSlot({ from: 2, to: 3, token: 0n, amount: 1n, l1Address: BOB }),
      true,
    ],
    [
      "Alice forces an exit of 5 ETH, and has 2",
      forcedExitSlot({ from: 2, token: 0n, amount: parseEther("5"), l1Address: ALICE }),
      true,
    ],
  ];
  const rows = cases.map(([text, slot, isForced]) => {
    const { result, exit } = single(slot, isForced);
    return [text, isForced ? "forced" : "L2", result, exit];
  });
  return `**Examples.** Each line is one slot, applied alone to the state of section 2. The base fee is ${eth(HEADER.baseFee)} ETH.

${table(["Slot", "Kind", "Result", "Exit"], rows)}`;
}

function arrival(): string {
  const width = 4 ** PROFILE.levels;
  const base = BEFORE.nextSubtree(PROFILE.levels);
  const capacity = accountCapacity(PROFILE);
  const last = capacity - width;
  return `**Example.** With \`MIGRANTS = ${width}\` and \`nextIndex = ${BEFORE.nextIndex}\`, \`base\` is ${base}: the accounts get the indices
${base} … ${base + width - 1}, and \`nextIndex\` becomes ${base + width}. With \`nextIndex = 6\` it is 8, and 6 and 7 stay a gap. The last possible
base is ${last}; with \`nextIndex\` = ${last + 1}, \`base\` would be ${capacity}, and nothing happens.`;
}

function tips(): string {
  const lost = applyLeaf(PROFILE, BEFORE, { header: { ...HEADER, feeAccount: 9 }, bytes: DATA }, ENVIRONMENT);
  return `**Example.** In the leaf above the tips of ${eth(LEAF.tips.amount)} ETH go to account 1, and \`proverFees\` is ${eth(LEAF.proverFees)} ETH. With
\`feeAccount = 9\`, which does not exist, nobody on L2 gets them, and \`proverFees\` is ${eth(lost.proverFees)} ETH.`;
}

function exits(): string {
  const words = exitWords(LEAF.exits, PROFILE.slots);
  const [to, amount] = exitEntry(LEAF.exits[0]!);
  return `**Example.** The leaf above has ${words.length} words. The exit is in slot 2, so words 4 and 5 are not 0:

${code(`to_2      = ${hex(words[4]!)}`, `amount_2  = ${hex(words[5]!)}`, `exitsHash = ${hex(LEAF.exitsHash)}`)}

L1 is shown \`to_2\` with the slot above it, \`${hex(to, 23)}\` (2·2^176 + recipient), and the amount ${amount}. In production a leaf has
${2 * PRODUCTION.slots} words: Poseidon hashes two groups of 16, and then the two hashes.`;
}

// ── Binding and statement ────────────────────────────────────────────────────────────────────────────────────────────

const OPENINGS = keccak256(
  concat([...commitToData(PROFILE, DATA), ...evaluateData(PROFILE, DATA, BATCH.z)].map((word) => toBytes(word, 32))),
);
const RECORD = {
  sequencer: hex(SEQUENCER, 20),
  header: encodeHeader(HEADER),
  dataHash: BATCH.dataHash,
  fee: poe.integer("initialFee"),
  bond: poe.integer("leafBond"),
  forcedFees: FORCED_FEE,
};
const ACC_0 = dataSlice(keccak256(toBytes(DOMAIN, 32)), 0, 27);
const ACC_1 = keccak256(
  AbiCoder.defaultAbiCoder().encode(
    [
      "bytes27",
      "tuple(address sequencer, uint256 header, bytes32 dataHash, uint256 fee, uint256 bond, uint256 forcedFees)",
      "bytes32",
    ],
    [ACC_0, RECORD, OPENINGS],
  ),
);
const BINDING = { z: BATCH.z, context: BigInt(ACC_1) >> 8n, worker: AGGREGATOR };
const SIGNALS = leafPublicSignals(LEAF, BINDING);

function statement(): string {
  const names = [
    ...["newStateRoot", "exitsHash", "proverFees", "c", "y", "digest", "oldStateRoot", "header", "z"],
    ...["sequencer", "domain", "context", "worker"],
  ];
  const rows = orderedPublicSignals(SIGNALS).map((value, i) => [String(i), `\`${names[i]!}\``, `\`${hex(value)}\``]);
  return `**Example.** The statement of the leaf of section 5, in the batch of section 9, proven by the aggregator with the address
\`${hex(AGGREGATOR, 20)}\`:

${table(["#", "Signal", "Value"], rows)}`;
}

function point(): string {
  const words = [3n, 1n, 4n];
  const exit = { slot: 1, recipient: 5n, token: 2n, amount: 7n };
  const circuitWords = exitWords([exit], PROFILE.slots);
  const signals = orderedPublicSignals(SIGNALS).length;
  const given = signals + exitEntry(exit).length;
  const place = signals + circuitWords.findIndex((word) => word !== 0n);
  const [digest, evaluation, at] = leafProofSignals(LEAF, BINDING);
  const drawn = statementPoint(leafStatement(LEAF, SIGNALS));
  if (drawn !== at) throw new Error("the point is the hash of what L1 is given");
  return `**Examples.**

- A merge with the words \`3, 1, 4, 0, 0, …\` has \`digest = 3\`. At the point 10 its evaluation is
  3 + 1·10 + 4·100 = ${evaluateStatement(words, 10n)}.
- A leaf of ${PROFILE.slots} slots has one exit: 7 units of token 2 to address 5, in slot 1. L1 is given ${given} words. The last two are
  \`5 + 2·2^160 + 1·2^176\` and 7. The circuit evaluates ${signals + circuitWords.length} words: word ${place} is \`5 + 2·2^160\`, word ${place + 1} is 7, and
  the other words of exits are 0.
- The proof of the statement of section 6 shows

${code(`digest     = ${hex(digest!)}`, `evaluation = ${hex(evaluation!)}`, `point      = ${hex(at)}`)}`;
}

function binding(): string {
  const changed = Uint8Array.from(DATA);
  changed[changed.length - 1]! ^= 1;
  const [c] = commitToData(PROFILE, DATA);
  const z = evaluationPoint(BATCH.dataHash, [LEAF.c]);
  const [y] = evaluateData(PROFILE, DATA, z);
  const [other] = evaluateData(PROFILE, changed, z);
  return `**Example.** The batch of section 5 has ${DATA.length} bytes:

${code(`dataHash = ${BATCH.dataHash}`, `c_0      = ${hex(c!)}`, `z        = ${hex(z)}`, `y_0      = ${hex(y!)}`)}

If the last bit of the data were another, the value at this \`z\` would be \`${short(hex(other!))}\`.`;
}

// ── Forced queue ─────────────────────────────────────────────────────────────────────────────────────────────────────

function queue(): string {
  const h0 = `0x${"00".repeat(27)}`;
  const h1 = keccak256(concat([h0, DEPOSIT]));
  return `**Example.** Carol's deposit of section 3 is operation 1, queued at ${clock(EIGHT)}. It is hashed with 27 zero bytes:

${code(
  `H_1   = ${h1}`,
  `H'_1  = ${dataSlice(h1, 0, 27)}`,
  `entry = ${dataSlice(h1, 0, 27)}${hex(BigInt(EIGHT), 5).slice(2)}`,
)}`;
}

const PLACES = 256;

/** `SpillingRing`: where word `number` is when the newest is `newest`; undefined if it is gone. */
function placeOf(number: number, newest: number, executed: number): string {
  if (newest - number < PLACES) return `in the ring, at ${number % PLACES}`;
  return number >= executed ? `moved to the key ${number + PLACES}` : "gone";
}

function ring(): string {
  const [executed, queued] = [3, 300];
  const rows = [2, 3, 44, 45, 256, 300].map((id) => [String(id), placeOf(id, queued, executed)]);
  return `**Example.** ${executed} operations were executed and ${queued} are queued. No departure waits, so \`e = ${executed}\`:

${table(["Entry", "Where"], rows)}

The newest entry, 300, took the place ${300 % PLACES} of entry ${300 - PLACES}. Entry ${executed + PLACES} took the place of entry ${executed}, which was needed and moved.`;
}

function forcedFee(): string {
  const base = poe.integer("forcedFeeBase");
  const step = poe.integer("forcedFeeStep");
  const deadline = Number(poe.integer("forcedDeadline"));
  const at = (waiting: bigint): string => eth(base + step * waiting);
  return `**Examples** with the parameters of a local chain (\`FORCED_FEE_BASE\` = ${eth(base)} ETH, \`FORCED_FEE_STEP\` =
${eth(step)} ETH, \`FORCED_DEADLINE\` = ${deadline / 3600} hours):

- The fee is ${at(0n)} ETH while nothing waits, ${at(3n)} ETH if three operations wait, and ${at(300n)} ETH if 300 wait.
- Carol's deposit was queued at ${clock(EIGHT)}. A batch at ${clock(EIGHT + deadline)} of the next day may leave it out. One second later no batch
  with room may.
- A batch of one leaf has ${PROFILE.slots} slots. If it takes ${PROFILE.slots} forced operations, it has no room for more, and later operations may be
  overdue. If it takes ${PROFILE.slots - 1}, the next one must not be overdue.`;
}

// ── Proof of Efficiency ──────────────────────────────────────────────────────────────────────────────────────────────

function accumulator(): string {
  return `**Example.** The batch of section 5 is the first one of the rollup. Its fee is ${eth(RECORD.fee)} SEQ, its bond ${eth(RECORD.bond)} SEQ, and its
operation paid ${eth(RECORD.forcedFees)} ETH:

${code(
  `acc'_0   = ${ACC_0}`,
  `openings = ${OPENINGS}`,
  `acc_1    = ${ACC_1}`,
  `context  = ${hex(BINDING.context, 31)}`,
  `word     = ${dataSlice(ACC_1, 0, 27)}${hex(BigInt(EIGHT), 5).slice(2)}`,
)}`;
}

function cost(): string {
  const fee = poe.integer("initialFee");
  const bond = poe.integer("leafBond");
  const row = (slots: number, forcedCount: number): string[] => {
    const leaves = leafCount(PROFILE, slots * SLOT_BYTES);
    const paid = Math.max(1, leaves - Math.floor(forcedCount / PROFILE.slots));
    return [
      String(slots),
      String(forcedCount),
      String(leaves),
      `${eth(fee * BigInt(paid))} SEQ`,
      `${eth(bond * BigInt(leaves))} SEQ`,
    ];
  };
  return `**Example.** The fee for a leaf is ${eth(fee)} SEQ, \`LEAF_BOND\` is ${eth(bond)} SEQ, and a leaf has ${PROFILE.slots} slots:

${table(["Slots", "Of them forced", "Leaves", "Fee of the batch", "Bond"], [row(0, 0), row(4, 1), row(10, 0), row(10, 9), row(12, 12)])}`;
}

function pendingLimit(): string {
  const [limit, leaves] = [12, 6];
  return `**Example.** The limit is ${limit} leaves, and each batch has ${leaves}. ${limit / leaves} batches fill the ring. When the first one is proven,
${leaves} leaves are free: for one batch of ${leaves} leaves, or for ${leaves} batches of one.`;
}

/** The effect of `verify(from, …)` with `count` batches when `verified` of `sequenced` are proven. */
function rangeOf(from: number, count: number, verified: number, sequenced: number): string {
  const to = from + count - 1;
  if (from === 0 || from > verified + 1) return `reverts: \`WrongFirstBatch(${from}, ${verified + 1})\``;
  if (to <= verified) return `reverts: \`AlreadyVerified(${to}, ${verified})\``;
  if (to > sequenced) return `reverts: \`NotSequenced(${to}, ${sequenced})\``;
  return from <= verified ? `skips ${from} … ${verified}, proves ${verified + 1} … ${to}` : `proves ${from} … ${to}`;
}

function verify(): string {
  const [verified, sequenced] = [3, 6];
  const calls: [number, number][] = [
    [4, 3],
    [2, 4],
    [2, 2],
    [5, 1],
    [4, 4],
  ];
  const rows = calls.map(([from, count]) => [
    String(from),
    `${from} … ${from + count - 1}`,
    rangeOf(from, count, verified, sequenced),
  ]);
  return `**Example.** Batches 1 … ${verified} are proven and 1 … ${sequenced} are sequenced:

${table(["`from`", "Proofs of batches", "`verify`"], rows)}`;
}

function conservation(): string {
  const indices = [1, 2, 3, 4];
  const sum = (state: State): bigint =>
    indices.reduce((total, index) => total + (state.account(index)?.balance ?? 0n), 0n);
  const [before, after] = [sum(BEFORE), sum(LEAF.state)];
  const [left] = LEAF.exits;
  if (before + parseEther("0.5") !== after + left!.amount + LEAF.proverFees) throw new Error("the leaf conserves ETH");
  return `**Example.** In the leaf of section 5.1 the accounts hold ${eth(before)} ETH before and ${eth(after)} ETH after. The
deposit brings 0.5 ETH. The exit takes ${eth(left!.amount)} ETH and the prover's fees ${eth(LEAF.proverFees)} ETH: ${eth(before)} + 0.5 = ${eth(after)} + ${eth(left!.amount)} +
${eth(LEAF.proverFees)}.`;
}

function selector(): string {
  const minute = 60;
  const [sequencersWait, aggregatorsWait] = [120 * minute, 30 * minute];
  const now = EIGHT + 2 * 60 * minute;
  const oldest = now - 10 * minute;
  const [sequencerFrom, aggregatorFrom] = [now + sequencersWait, oldest + aggregatorsWait];
  const rows = [aggregatorFrom - 1, aggregatorFrom, sequencerFrom - 1, sequencerFrom].map((time) => [
    clock(time),
    time < sequencerFrom ? "refused" : "posts a batch",
    time < aggregatorFrom ? "refused" : time === aggregatorFrom ? "proves batch 7" : "",
  ]);
  return `**Example.** The selector opens the role of a sequencer after ${sequencersWait / minute} minutes, and the role of an aggregator after ${aggregatorsWait / minute}
minutes. The last batch has the timestamp ${clock(now)}, and batch 7, which is the oldest unproven one, ${clock(oldest)}:

${table(["Time", "A sequencer that was not elected", "An aggregator that was not elected"], rows)}

The next batch has the timestamp ${clock(sequencerFrom)}, so the role of a sequencer is closed again until ${clock(sequencerFrom + sequencersWait)}.`;
}

function post(): string {
  const hour = 3600;
  const now = EIGHT + 2 * hour;
  return `**Example.** It is ${clock(now)} on L1, and the last batch was sequenced at ${clock(EIGHT)}. The caller may give the headers any timestamp from
${clock(now - hour)} to ${clock(now)}. If the last batch had been sequenced at ${clock(now - hour / 2)}, the range would begin there. An operation that was queued
at ${clock(EIGHT)} on the day before is overdue, even if the headers say ${clock(now - hour)}.`;
}

function falseCommitment(): string {
  const bond = poe.integer("leafBond");
  const fee = poe.integer("initialFee");
  return `**Example.** A sequencer posts a batch of two leaves with a false \`c_1\`. It escrowed ${eth(2n * fee)} SEQ of fees and ${eth(2n * bond)} SEQ of
bonds. The aggregator that proves the batch hands in its data once more, and gets all ${eth(2n * fee + 2n * bond)} SEQ. With true commitments the prover would get
${eth(2n * fee)} SEQ, and ${eth(2n * bond)} SEQ would go back to the sequencer.`;
}

function fee(): string {
  const rule = {
    minFee: poe.integer("minFee"),
    maxFee: poe.integer("maxFee"),
    targetTime: Number(poe.integer("targetTime")),
    doublingTime: Number(poe.integer("doublingTime")),
    halvingTime: Number(poe.integer("halvingTime")),
  };
  const hour = 3600;
  const start = { fee: parseUnits("1", 18), updatedAt: 0, oldestPending: undefined };
  const waiting = { ...start, oldestPending: 3.5 * hour };
  const settled = { fee: batchFeeAt(rule, waiting, 6 * hour), updatedAt: 6 * hour, oldestPending: undefined };
  const rows = [
    ["0:00", "the last proof", eth(start.fee)],
    ["2:00", "nothing waits", rounded(batchFeeAt(rule, start, 2 * hour), 4)],
    ["3:30", "a batch is sequenced, due at 4:00", rounded(batchFeeAt(rule, start, 3.5 * hour), 4)],
    ["4:00", "the batch is due", eth(batchFeeAt(rule, waiting, 4 * hour))],
    ["4:30", "it is half an hour late", rounded(batchFeeAt(rule, waiting, 4.5 * hour), 4)],
    ["5:00", "it is one hour late", eth(batchFeeAt(rule, waiting, 5 * hour))],
    ["6:00", "it is proven; L1 stores the fee", eth(settled.fee)],
    ["10:00", "nothing waited for four hours", eth(batchFeeAt(rule, settled, 10 * hour))],
  ];
  return `**Example.** \`DOUBLING_TIME\` is ${rule.doublingTime / hour} hour, \`HALVING_TIME\` ${rule.halvingTime / hour} hours, and \`TARGET_TIME\` ${rule.targetTime / 60} minutes. \`MIN_FEE\` is
${eth(rule.minFee)} SEQ and \`MAX_FEE\` ${eth(rule.maxFee)} SEQ.

${table(["Time", "Event", "Fee in SEQ"], rows)}

The batch that was sequenced at 3:30 paid the fee of 3:30: ${rounded(batchFeeAt(rule, start, 3.5 * hour), 4)} SEQ for each leaf. Its prover gets exactly that.`;
}

// ── Settlement ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Settlements with these numbers of exits. */
function settlements(counts: readonly number[]): Settlement[] {
  let first = 0n;
  return counts.map((count, number) => {
    const exits = Array.from({ length: count }, (_, slot) => ({
      ...{ batch: number + 1, leaf: 0 },
      exit: { slot, recipient: ALICE, token: 0n, amount: parseEther(String(slot + 1)) },
    }));
    const settlement = { number, first, exits };
    first += BigInt(count);
    return settlement;
  });
}

/** Number of settlements from which on node `j` of a height is not kept. */
const goneAt = (j: number, height: number): number => (j + (height === 0 ? 64 : 8) + 1) * 2 ** height;

function settlement(): string {
  const four = settlements([2, 1, 3, 1]);
  const third = four[2]!;
  const many = settlements([2, 1, 3, 1, ...new Array<number>(63).fill(1)]);
  const lowest = [0, 1, 2, 3].find((height) => goneAt(2 >> height, height) > many.length)!;
  return `**Example.** Four settlements have 2, 1, 3 and 1 exits. Settlement 2 pays Alice 1, 2 and 3 ETH. Its root is

${code(settlementRoot(third.exits))}

The second exit of settlement 2 has the index 1, \`first = ${third.first}\`, and the number ${third.first + 1n}. A claim shows ${exitPath(third.exits, 1).length} siblings up to the
settlement's root. Settlement 2 is node 2 of height 0, node 1 of height 1 and node 0 of height 2, and all three subtrees are complete:
the path from the settlement has 0, 1 or 2 siblings. Node 2 of height 0 is kept until there are ${goneAt(2, 0)} settlements. When there are ${many.length},
the lowest node above settlement 2 that is kept is node 0 of height ${lowest}: a claim shows ${lowest} siblings, and that node is kept until there are
${goneAt(0, lowest)}. The client library goes up to a node that is kept longer: it shows ${settlementPath(many, 2).length} siblings, up to height ${settlementPath(many, 2).length}, for which L1 keeps node 0 until there are
${goneAt(0, settlementPath(many, 2).length)}.`;
}

function claim(): string {
  const number = 300;
  const words = exitEntries([LEAF], PROFILE.slots);
  const exitNode = settlementRoot([{ batch: 1, leaf: 0, exit: LEAF.exits[0]! }]);
  return `**Example.** Exit ${number} is bit ${number % 256} of word ${Math.floor(number / 256)} of the bitmap. The exit of section 5 is shown as
\`${hex(words[0]!, 23)}\` and ${words[1]}. In the tree of the settlement its \`index\` is 0, and the slot is not a part of the leaf:

${code(`leaf = ${exitNode}`)}`;
}

/** Examples of docs/protocol.md. */
export const protocolExamples = (): Examples => ({
  "example-sizes": sizes(),
  "example-state": state(),
  "example-tip": tip(),
  "example-transaction": transaction(),
  "example-forced": forced(),
  "example-domain": domain(),
  "example-core": core(),
  "example-header": header(),
  "example-leaf": leaf(),
  "example-rules": rules(),
  "example-arrival": arrival(),
  "example-tips": tips(),
  "example-exits": exits(),
  "example-statement": statement(),
  "example-point": point(),
  "example-binding": binding(),
  "example-queue": queue(),
  "example-ring": ring(),
  "example-forced-fee": forcedFee(),
  "example-accumulator": accumulator(),
  "example-cost": cost(),
  "example-pending": pendingLimit(),
  "example-verify": verify(),
  "example-conservation": conservation(),
  "example-selector": selector(),
  "example-post": post(),
  "example-false": falseCommitment(),
  "example-fee": fee(),
  "example-settlement": settlement(),
  "example-claim": claim(),
});
