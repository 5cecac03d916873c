// SPDX-License-Identifier: MIT
import { P } from "../../src/field.ts";
import { packUint256LE, writeSections, type Section } from "../../src/setup/binaryFile.ts";
import type { Constraint } from "../../src/setup/r1cs.ts";

const uint32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};

/** Parts of a file that a test of readers may make wrong. */
export interface R1csOptions {
  readonly wires: number;
  readonly outputs?: number;
  readonly publicInputs?: number;
  readonly prime?: bigint;
  readonly fieldBytes?: number;
  readonly version?: number;
  /** As the header says; default: as many as there are. */
  readonly count?: number;
  /** Behind the last constraint. */
  readonly trailing?: Buffer;
  /** Bytes of the section of labels; default: eight for each wire. */
  readonly labels?: number;
  readonly more?: readonly Section[];
}

/** Content of an `.r1cs` file with these constraints. */
export function r1csFile(constraints: readonly Constraint[], options: R1csOptions): Buffer {
  const { wires, outputs = 1, publicInputs = 0, prime = P, fieldBytes = 32, version = 1, more = [] } = options;
  const { count = constraints.length, trailing = Buffer.alloc(0), labels = 8 * wires } = options;
  const header = Buffer.concat([
    uint32(fieldBytes),
    packUint256LE([prime]),
    ...[wires, outputs, publicInputs, wires - 1 - outputs - publicInputs].map((n) => uint32(Math.max(n, 0))),
    Buffer.alloc(8), // labels
    uint32(count),
  ]);
  const rows = constraints.flatMap(({ A, B, C }) =>
    [A, B, C].flatMap((side) => [
      uint32(side.length),
      ...side.flatMap(([wire, coefficient]) => [uint32(wire), packUint256LE([coefficient])]),
    ]),
  );
  return writeSections("r1cs", version, [
    { id: 1, content: header },
    { id: 2, content: Buffer.concat([...rows, trailing]) },
    { id: 3, content: Buffer.alloc(labels) },
    ...more,
  ]);
}

/** Content of a `.wtns` file. */
export function wtnsFile(
  values: readonly bigint[],
  { prime = P, count = values.length, version = 2 }: { prime?: bigint; count?: number; version?: number } = {},
): Buffer {
  const header = Buffer.concat([uint32(32), packUint256LE([prime]), uint32(count)]);
  return writeSections("wtns", version, [
    { id: 1, content: header },
    { id: 2, content: packUint256LE(values) },
  ]);
}
