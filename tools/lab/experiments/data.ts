// SPDX-License-Identifier: MIT
import { CHUNK_BYTES, SLOT_BYTES } from "../../../src/codec/index.ts";
import { L1_RULES, RULE_FACTS, type L1Rules } from "../../../src/l1Rules.ts";
import { chart, type Curve } from "../../docs/plots/chart.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { allInGasOf, gasOf } from "../measured.ts";
import { decimal, whole, wholes, type Values } from "../settings.ts";

const settings = {
  transfers: wholes([1, 2, 4, 8, 16, 32, 64, 128, 256, 640], [1, 640], "transfers of one batch"),
  leafSlots: wholes([4, 16], [2, 64], "slots of a leaf: 4 in development, 16 in production"),
  aloneProof: whole(228_900, [50_000, 1_000_000], "gas of a proof that is verified alone, by snarkjs's verifier"),
  pointEvaluation: whole(50_000, [0, 1_000_000], "gas of the precompile of EIP-4844, for each blob"),
  blobFloor: decimal(8_192, [0, 10_000_000], "least price of a blob in gas of execution (EIP-7918)"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);

const WORD = 32;
const BASE = 21_000;
/** Price of a zero byte and of another one where execution pays. */
const STANDARD = [4, 16] as const;
/** Payload of a transaction without its signature: one of the three chunks of a slot. */
const ATTESTED_BYTES = CHUNK_BYTES;
const BLOB_BYTES = 4_096 * 31;
const padded = (bytes: number): number => WORD * Math.ceil(bytes / WORD);

/** A post: batches of some leaves with their data. */
interface Post {
  readonly transfers: number;
  readonly leaves: number;
  readonly batches: number;
  readonly bytesEach: number;
}

/** Bytes of the calldata of `sequence`: its selector, three words, and for each batch nine and its data and commitments. */
export const calldataBytes = ({ transfers, leaves, batches, bytesEach }: Post): number =>
  4 + 4 * WORD + batches * (8 * WORD + padded((transfers / batches) * bytesEach)) + leaves * WORD;

/** Bytes of a transfer that are not zero, from the measured post of 512 of them. */
function fullBytes(): number {
  const post: Post = { transfers: 512, leaves: 128, batches: 2, bytesEach: SLOT_BYTES };
  const bytes = calldataBytes(post);
  const [zero, other] = RULE_FACTS.osaka.calldataFloor;
  const full = (allInGasOf("sequence 512 transfers in 2 batches") - BASE - zero * bytes) / (other - zero);
  return (full - post.leaves * WORD) / post.transfers;
}

/** Gas of `sequence` for one batch: by execution, or by the floor of its bytes, as the dearer one. */
export function sequenceGas(rules: L1Rules, post: Post): number {
  const bytes = calldataBytes(post);
  // The signature's two chunks are full; zeros are in the first one.
  const full =
    post.transfers * Math.min(post.bytesEach, fullBytes() - (SLOT_BYTES - post.bytesEach)) + post.leaves * WORD;
  const [one, three] = [gasOf("gas", "sequence 1 leaf, steady"), gasOf("gas", "sequence 3 leaves, steady")];
  const execution = one + ((post.leaves - 1) * (three - one)) / 2;
  const priceOf = ([zero, other]: readonly [number, number]): number => zero * (bytes - full) + other * full;
  return Math.max(execution + priceOf(STANDARD), BASE + priceOf(RULE_FACTS[rules].calldataFloor));
}

/** Gas of a further leaf's proof in one call. */
const furtherLeaf = (rules: L1Rules): number =>
  (allInGasOf("verify 1 batch of 3 leaves", rules) - allInGasOf("verify 1 leaf", rules)) / 2;

const verifyGas = (rules: L1Rules, leaves: number): number =>
  allInGasOf("verify 1 leaf", rules) + (leaves - 1) * furtherLeaf(rules);

/** Gas of one call that posts and proves. Its execution is so dear that bytes pay the standard price, up to the floor. */
function oneCallGas(rules: L1Rules, post: Post): number {
  const [one, three] = [
    allInGasOf("post and prove 1 leaf", rules),
    allInGasOf("post and prove 1 batch of 3 leaves", rules),
  ];
  const measured = one + ((post.leaves - 1) * (three - one)) / 2;
  // Measured with leaves of four slots.
  const further = post.transfers - 4 * post.leaves;
  const full = fullBytes();
  const standard = measured + further * (16 * full + 4 * (SLOT_BYTES - full));
  const [zero, other] = RULE_FACTS[rules].calldataFloor;
  const bytes = calldataBytes(post) + post.leaves * 14 * WORD;
  const filled = post.transfers * full + post.leaves * 13 * WORD;
  return Math.max(standard, BASE + other * filled + zero * Math.max(0, bytes - filled));
}

const transfers = part({
  columns: {
    rules: { title: "rules" },
    slots: { title: "slots of a leaf", digits: 0 },
    transfers: { title: "transfers", digits: 0 },
    bytes: { title: "calldata of the post", unit: "bytes", digits: 0 },
    posted: { title: "posting a transfer", unit: "gas", digits: 0 },
    twoCalls: { title: "a transfer in two calls", unit: "gas", digits: 0 },
    oneCall: { title: "in one call", unit: "gas", digits: 0 },
    attested: { title: "attested: 31 bytes and one proof more", unit: "gas", digits: 0 },
    blobs: { title: "in blobs", unit: "gas", digits: 0 },
  },
  meaning: "A row is a batch that is posted and proven at once.",
  points: (values) =>
    L1_RULES.flatMap((rules) =>
      values.leafSlots.map((slots) => ({
        label: `${rules}, ${slots}`,
        run: () =>
          values.transfers.map((count) => {
            const leaves = Math.ceil(count / slots);
            const post: Post = { transfers: count, leaves, batches: 1, bytesEach: SLOT_BYTES };
            const posted = sequenceGas(rules, post);
            const verified = verifyGas(rules, leaves);
            const attested = sequenceGas(rules, { ...post, bytesEach: ATTESTED_BYTES }) + furtherLeaf(rules);
            const blobCount = Math.ceil((count * SLOT_BYTES) / BLOB_BYTES);
            const inBlobs =
              gasOf("gas", "sequence empty, steady") + blobCount * (values.pointEvaluation + values.blobFloor);
            return {
              ...{ rules, slots, transfers: count, bytes: calldataBytes(post), posted: posted / count },
              ...{ twoCalls: (posted + verified) / count, oneCall: oneCallGas(rules, post) / count },
              ...{ attested: (attested + verified) / count, blobs: (inBlobs + verified) / count },
            };
          }),
      })),
    ),
});

const breakEven = part({
  columns: {
    price: { title: "gas of a byte", digits: 0 },
    proof: { title: "proof" },
    gas: { title: "its gas", digits: 0 },
    transfers: { title: "attestation breaks even at so many transfers", digits: 1 },
  },
  meaning: "A row is a price of the 62 bytes of a signature, and a way to verify the proof that takes their place.",
  points: ({ aloneProof }) =>
    [16, 40, 64].map((price) => ({
      label: String(price),
      run: () =>
        (
          [
            ["with the leaves", furtherLeaf("osaka")],
            ["alone", aloneProof],
          ] as const
        ).map(([proof, gas]) => ({
          ...{ price, proof, gas, transfers: gas / ((SLOT_BYTES - ATTESTED_BYTES) * price) },
        })),
    })),
});

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Rows = Tables[string];

function findings({ transfers: table, breakEven: breaks }: Tables, { transfers: counts, leafSlots }: V): Finding[] {
  const [few, many] = [Math.min(...counts), Math.max(...counts)];
  const slots = Math.max(...leafSlots);
  const at = (rules: L1Rules, count: number, ofSlots = slots): Rows["rows"][number] =>
    table!.where({ rules, slots: ofSlots, transfers: count }).only();
  const gas = (rules: L1Rules, count: number, column: string, ofSlots = slots): string =>
    Math.round(at(rules, count, ofSlots).number(column)).toLocaleString("en");
  const saved = (rules: L1Rules): number => at(rules, many).number("twoCalls") - at(rules, many).number("oneCall");
  const joint = breaks!.rows.filter((row) => row.word("proof") !== "alone");
  const alone = breaks!.rows.filter((row) => row.word("proof") === "alone");
  const first = (rules: L1Rules, ofSlots: number): number | undefined =>
    table!
      .where({ rules, slots: ofSlots })
      .rows.find((row) => row.number("attested") < row.number("twoCalls"))
      ?.number("transfers");
  const named = (price: number, rows: readonly Rows["rows"][number][]): string =>
    rows
      .find((row) => row.number("price") === price)!
      .number("transfers")
      .toFixed(0);
  const predicted = sequenceGas("amsterdam", { transfers: 512, leaves: 128, batches: 2, bytesEach: SLOT_BYTES });
  const measured = allInGasOf("sequence 512 transfers in 2 batches", "amsterdam");
  return [
    {
      name: "breakEven",
      text: `Attestation (31 bytes a transfer, and one proof more) breaks even at ${named(16, joint)} transfers where a byte costs 16 gas, ${named(40, joint)} at 40 (the floor of Osaka) and ${named(64, joint)} at 64 (Amsterdam), if the proof is verified together with the leaves; verified alone it needs ${named(16, alone)}, ${named(40, alone)} and ${named(64, alone)}.`,
      holds: joint.every(
        (row) => Math.abs(row.number("transfers") - row.number("gas") / (62 * row.number("price"))) < 0.1,
      ),
    },
    {
      name: "size",
      text: `In leaves of ${slots} slots a transfer costs ${gas("osaka", few, "twoCalls")} gas in a batch of ${few} and ${gas("osaka", many, "twoCalls")} in one of ${many} (Osaka), ${gas("amsterdam", few, "twoCalls")} and ${gas("amsterdam", many, "twoCalls")} (Amsterdam). Posting alone is ${gas("osaka", many, "posted")} and ${gas("amsterdam", many, "posted")} of the latter.`,
      holds: at("osaka", many).number("twoCalls") < at("osaka", few).number("twoCalls") / 10,
    },
    {
      name: "oneCall",
      text: `One call that posts and proves saves ${Math.round(saved("osaka")).toLocaleString("en")} gas a transfer under Osaka and ${Math.round(saved("amsterdam")).toLocaleString("en")} under Amsterdam at ${many} transfers: its execution lifts it above the floor of its bytes.`,
      holds: saved("osaka") > 500 && saved("amsterdam") > saved("osaka"),
    },
    {
      name: "leaf",
      text: `The size of the leaf counts as much as the data: with ${Math.min(...leafSlots)} slots to a leaf a transfer of a batch of ${many} costs ${gas("osaka", many, "twoCalls", Math.min(...leafSlots))} gas instead of ${gas("osaka", many, "twoCalls")}.`,
      holds: at("osaka", many, Math.min(...leafSlots)).number("twoCalls") > 2 * at("osaka", many).number("twoCalls"),
    },
    {
      name: "blobs",
      text: `Blobs would bring a transfer of a batch of ${many} to ${gas("osaka", many, "blobs")} gas, at the least price of a blob and with one call of the precompile; they are not built, as a circuit over BN254 cannot open a commitment over BLS12-381 cheaply. Below ${first("osaka", slots) ?? many} transfers attestation does not pay, above it saves ${Math.round(100 - (100 * at("osaka", many).number("attested")) / at("osaka", many).number("twoCalls"))}% under Osaka and ${Math.round(100 - (100 * at("amsterdam", many).number("attested")) / at("amsterdam", many).number("twoCalls"))}% under Amsterdam at ${many}.`,
      holds: at("osaka", many).number("blobs") < at("osaka", many).number("attested"),
    },
    {
      name: "measured",
      text: `The formula gives ${Math.round(predicted).toLocaleString("en")} gas for the post of 512 transfers under Amsterdam; ${measured.toLocaleString("en")} were measured.`,
      holds: predicted === measured,
    },
  ];
}

function plots({ transfers: table, breakEven: breaks }: Tables, { leafSlots }: V): Plot[] {
  const slots = Math.max(...leafSlots);
  const ways = [
    ["two calls", "twoCalls"],
    ["one call", "oneCall"],
    ["attested", "attested"],
    ["blobs (not built)", "blobs"],
  ] as const;
  const x = { title: "transfers of a batch", isLogarithmic: true };
  const panels = L1_RULES.map((rules) => ({
    title: `${rules === "osaka" ? "Osaka" : "Amsterdam"}, leaves of ${slots} slots`,
    ...{ x, y: { title: "gas for a transfer", isLogarithmic: true } },
    curves: ways.map(([name, column]): Curve => ({
      name,
      points: table!.where({ rules, slots }).points("transfers", column),
    })),
  }));
  const even = {
    title: "",
    x: { title: "gas of a byte of calldata" },
    y: { title: "transfers", isLogarithmic: true },
    curves: breaks!.values("proof").map((proof): Curve => ({
      name: proof === "alone" ? "proof verified alone" : "proof verified with the leaves",
      points: breaks!.where({ proof }).points("price", "transfers"),
    })),
  };
  return [
    {
      name: "transfers",
      description:
        "Gas for a transfer falls with the size of the batch; one call, attestation and blobs are below two calls",
      svg: chart({ title: "Gas for a transfer, posted and proven", panels }),
    },
    {
      name: "even",
      description: "The dearer a byte, the fewer transfers are needed",
      svg: chart({ title: "Transfers from which attestation breaks even", panels: [even] }),
    },
  ];
}

export const DATA = experimentOf({
  name: "data",
  title: "Data: calldata, one call, attestation, blobs",
  question:
    "What does a transfer cost by the size of its batch, and from how many transfers on does a proof of the signatures replace them?",
  sources: [
    {
      text: "from certain break-even number of tx, we expect sequencers to include the proof to replace all the signatures of the block",
      place: "PoE, reply of jbaylina",
    },
    {
      text: "a new direction that keeps the sequencer and prover in the same entity",
      place: "Decentralization, Future work",
    },
  ],
  model:
    "No agents: gas of the snapshots and of `docs/benchmarks.md`, in between linear in leaves. Calldata is counted byte by byte; zero bytes are those of the measured post of 512 transfers. A call pays for its execution with 16 and 4 gas a byte, or the floor of its bytes, if that is dearer. Attested transfers keep the payload of 31 bytes; their proof costs as much as a further leaf's. For blobs only the precompile and the least price are counted.",
  settings,
  small: {},
  parts: { transfers, breakEven },
  findings,
  plots,
});
