// SPDX-License-Identifier: MIT
import { getAddress, keccak256 } from "ethers";

import type { BatchRecord, DepartureProof, DepartureRequest, SavedView } from "../../agents/index.ts";
import type { BlockPlace } from "../../chain/index.ts";
import { SLOT_BYTES } from "../../codec/index.ts";
import type { DatabaseIdentity } from "../storage/index.ts";
import { bad, type Line } from "./lines.ts";

/** The first line of a snapshot: what it is of, and how much it has. */
export interface SnapshotManifest extends DatabaseIdentity {
  /** Block of L1 after which the view is. */
  readonly block: BlockPlace;
  /** L1 block from which on the rollup's events were read. A hint: it is used when L1 has gone back behind `block`. */
  readonly deploymentBlock: number;
  readonly isFrozen: boolean;
  /** Number of forced operations. */
  readonly forced: number;
  readonly batches: number;
  /** Number of proven batches. */
  readonly verified: number;
  readonly departures: number;
}

/** A line of a snapshot; they are executed in their order. */
export type SnapshotItem =
  | { readonly kind: "forced"; readonly slots: readonly Uint8Array[] }
  /** Asks for a departure by the operation before it. */
  | { readonly kind: "request"; readonly slot: Uint8Array; readonly request: Omit<DepartureRequest, "id"> }
  | { readonly kind: "arrival"; readonly slot: Uint8Array; readonly arrivals: Uint8Array }
  | {
      readonly kind: "batch";
      readonly record: BatchRecord;
      readonly data: Uint8Array;
      readonly openings: string;
      readonly postedAt: number;
    }
  | { readonly kind: "proof"; readonly to: number }
  | { readonly kind: "departure"; readonly id: number; readonly open: DepartureProof | undefined };

const FORMAT = "rollup snapshot";
const VERSION = 1;
/** Forced operations of one line. */
const SLOTS_PER_LINE = 1_024;

/** The lines of a view. */
export function* encodeSnapshot(manifest: SnapshotManifest, { lists }: SavedView): Generator<Line, void, undefined> {
  const { chainId, rollup, ...rest } = manifest;
  yield [FORMAT, VERSION, { chainId: String(chainId), rollup: rollup.toLowerCase(), ...rest }];

  const requests = new Map(lists.request.map((request) => [request.id, request]));
  const arrivals = new Map(lists.arrival);
  let slots: Uint8Array[] = [];
  for (const [i, slot] of lists.forced.entries()) {
    const request = requests.get(i + 1);
    const arriving = arrivals.get(i + 1);
    if (request === undefined && arriving === undefined && slots.length < SLOTS_PER_LINE) {
      slots.push(slot);
      continue;
    }
    if (slots.length > 0) yield ["forced", base64(Buffer.concat(slots))];
    slots = [];
    if (request !== undefined) {
      const { target, tokens, moves } = request;
      yield ["request", base64(slot), String(target), String(tokens), base64(moves)];
    } else if (arriving !== undefined) {
      yield ["arrival", base64(slot), base64(Buffer.from(arriving.slice(2), "hex"))];
    } else {
      slots.push(slot);
    }
  }
  if (slots.length > 0) yield ["forced", base64(Buffer.concat(slots))];

  const delivered = new Set(lists.delivered);
  const departures = [...lists.departure];
  const departing = function* (isNext: (id: number) => boolean): Generator<Line, void, undefined> {
    for (let next = departures[0]; next !== undefined && isNext(next.id); next = departures[0]) {
      const { number, id, proof, signals, arrivals: accounts } = departures.shift()!;
      const texts = (words: readonly bigint[]): string[] => words.map(String);
      yield delivered.has(number)
        ? ["departure", id, null]
        : ["departure", id, [texts(proof), texts(signals), base64(Buffer.from(accounts.slice(2), "hex"))]];
    }
  };
  let next = 0;
  const batchesUntil = function* (end: number): Generator<Line, void, undefined> {
    for (; next < end; next++) {
      const { record, data, openings, postedAt } = lists.batch[next]!;
      const { sequencer, header, fee, bond, forcedFees } = record;
      const numbers = [header, fee, bond, forcedFees].map(String);
      yield ["batch", sequencer, ...numbers, openings, postedAt, base64(data)];
    }
  };
  for (const { to } of lists.proof) {
    yield* batchesUntil(to);
    yield ["proof", to];
    const asked = new Set(lists.batch[to - 1]!.departures);
    yield* departing((id) => asked.has(id));
  }
  yield* batchesUntil(lists.batch.length);
  // Those after a freeze.
  yield* departing(() => true);
}

/**
 * The manifest, which is the first line.
 *
 * @throws {ProtocolError} `BAD_SNAPSHOT`
 */
export function decodeManifest(path: string, line: Line | undefined): SnapshotManifest {
  const [format, version, fields] = line ?? [];
  if (format !== FORMAT) throw bad(path, "it is not a snapshot of a rollup");
  if (version !== VERSION) {
    const isNewer = typeof version === "number" && version > VERSION;
    throw bad(path, isNewer ? `it was written by a newer program, as version ${version}` : "its version is unknown");
  }
  const read = new Reader(path, "manifest");
  const of = read.object(fields);
  const block = read.object(of["block"]);
  const [number, deploymentBlock] = [read.count(block["number"]), read.count(of["deploymentBlock"])];
  if (deploymentBlock > number) {
    throw bad(path, `it is after L1 block ${number}, and its rollup was deployed in block ${deploymentBlock}`);
  }
  return {
    chainId: read.uint(of["chainId"], 256),
    rollup: read.hex(of["rollup"], 20),
    block: { number, hash: read.hex(block["hash"], 32) },
    deploymentBlock,
    isFrozen: read.flag(of["isFrozen"]),
    forced: read.count(of["forced"]),
    batches: read.count(of["batches"]),
    verified: read.count(of["verified"]),
    departures: read.count(of["departures"]),
  };
}

/** Any other line. @throws {ProtocolError} `BAD_SNAPSHOT` */
export function decodeItem(path: string, [kind, ...values]: Line): SnapshotItem {
  const read = new Reader(path, kind);
  const slotOf = (value: unknown): Uint8Array => {
    const bytes = read.bytes(value);
    return bytes.length === SLOT_BYTES ? bytes : read.fail();
  };
  const fields = (count: number): readonly unknown[] => (values.length === count ? values : read.fail());
  switch (kind) {
    case "forced": {
      const bytes = read.bytes(fields(1)[0]);
      const count = bytes.length / SLOT_BYTES;
      if (!Number.isInteger(count) || count < 1 || count > SLOTS_PER_LINE) return read.fail();
      return { kind, slots: Array.from({ length: count }, (_, i) => slotAt(bytes, i)) };
    }
    case "request": {
      const [slot, target, tokens, moves] = fields(4);
      const request = { target: read.uint(target, 160), tokens: read.uint(tokens, 128), moves: read.bytes(moves) };
      return { kind, slot: slotOf(slot), request };
    }
    case "arrival": {
      const [slot, arrivals] = fields(2);
      return { kind, slot: slotOf(slot), arrivals: read.bytes(arrivals) };
    }
    case "batch": {
      const [sequencer, header, fee, bond, forcedFees, openings, postedAt, bytes] = fields(8);
      const data = read.bytes(bytes);
      const record = {
        sequencer: read.address(sequencer),
        header: read.uint(header, 224),
        dataHash: keccak256(data),
        fee: read.uint(fee, 256),
        bond: read.uint(bond, 256),
        forcedFees: read.uint(forcedFees, 256),
      };
      return { kind, record, data, openings: read.hex(openings, 32), postedAt: read.count(postedAt) };
    }
    case "proof":
      return { kind, to: read.count(fields(1)[0]) };
    case "departure": {
      const [id, open] = fields(2);
      if (open === null) return { kind, id: read.count(id), open: undefined };
      const [proof, signals, arrivals] = read.list(open, 3);
      return {
        ...{ kind, id: read.count(id) },
        open: {
          proof: read.list(proof, 8).map((word) => read.uint(word, 256)),
          signals: read.list(signals, 17).map((word) => read.uint(word, 256)),
          arrivals: `0x${Buffer.from(read.bytes(arrivals)).toString("hex")}`,
        },
      };
    }
    default:
      throw bad(path, "it has a line of an unknown kind");
  }
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

const slotAt = (bytes: Uint8Array, i: number): Uint8Array => bytes.subarray(i * SLOT_BYTES, (i + 1) * SLOT_BYTES);

/** Reads the values of one line, which somebody else has written. */
class Reader {
  readonly #path: string;
  readonly #kind: string;

  constructor(path: string, kind: string) {
    this.#path = path;
    this.#kind = kind;
  }

  fail(): never {
    throw bad(this.#path, `it has a line "${this.#kind}" that cannot be read`);
  }

  count(value: unknown): number {
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 48
      ? value
      : this.fail();
  }

  flag(value: unknown): boolean {
    return typeof value === "boolean" ? value : this.fail();
  }

  /** Decimal text. */
  uint(value: unknown, bits: number): bigint {
    const number = typeof value === "string" && /^(?:0|[1-9][0-9]{0,77})$/u.test(value) ? BigInt(value) : this.fail();
    return number >> BigInt(bits) === 0n ? number : this.fail();
  }

  hex(value: unknown, bytes: number): string {
    const isHex = typeof value === "string" && value.length === 2 + 2 * bytes && /^0x[0-9a-f]*$/u.test(value);
    return isHex ? value : this.fail();
  }

  /** With the checksum of its letters, as ethers gives it. */
  address(value: unknown): string {
    const text = typeof value === "string" ? value : this.fail();
    return getAddress(this.hex(text.toLowerCase(), 20)) === text ? text : this.fail();
  }

  bytes(value: unknown): Uint8Array {
    if (typeof value !== "string" || value.length % 4 !== 0) return this.fail();
    const bytes = Buffer.from(value, "base64");
    // Node.js skips letters that base64 does not have.
    const padding = value.endsWith("==") ? 2 : value.endsWith("=") ? 1 : 0;
    return bytes.length === (value.length / 4) * 3 - padding ? bytes : this.fail();
  }

  list(value: unknown, length: number): readonly unknown[] {
    return Array.isArray(value) && value.length === length ? (value as unknown[]) : this.fail();
  }

  object(value: unknown): Readonly<Record<string, unknown>> {
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : this.fail();
  }
}
