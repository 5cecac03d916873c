// SPDX-License-Identifier: GPL-3.0-or-later
import { fork } from "node:child_process";

import { ProtocolError } from "../errors.ts";
import { packUint256LE } from "./binaryFile.ts";
import { type GroupName } from "./fixedBase.ts";
import { siblingModule } from "./paths.ts";

/** Multiples of a group's generator to compute. */
export interface PointRequest {
  readonly group: GroupName;
  /** Elements of the scalar field. */
  readonly scalars: readonly bigint[];
}

/** Task for a child process. The scalars are packed, 32 little-endian bytes each. */
export interface PointTask {
  readonly group: GroupName;
  readonly scalars: Uint8Array;
}

const WORKER = siblingModule("pointsWorker", import.meta.url);
const PROCESSES = 2;

/**
 * Computes `scalar · generator` for many scalars, in two child processes.
 *
 * @returns For each request, its points in the encoding of a zkey: affine, Montgomery form, little-endian.
 * @throws {ProtocolError} `POINT_COMPUTATION_FAILED` if a process fails, or a point is zero where its scalar is not.
 */
export async function computePoints(requests: readonly PointRequest[]): Promise<readonly Uint8Array[]> {
  const tasks = requests.map(({ group, scalars }) => ({ group, scalars: packUint256LE(scalars) }));
  const shares = Array.from({ length: PROCESSES }, (_, i) => tasks.map((task) => share(task, i)));
  const results = await Promise.all(shares.map(runWorker));
  return requests.map((request, i) => {
    const points = Buffer.concat(results.map((result) => result[i]!));
    assertZeroesMatch(request, points);
    return points;
  });
}

function share({ group, scalars }: PointTask, index: number): PointTask {
  const count = scalars.length / 32;
  const boundary = (i: number): number => 32 * Math.floor((count * i) / PROCESSES);
  return { group, scalars: scalars.subarray(boundary(index), boundary(index + 1)) };
}

function runWorker(tasks: readonly PointTask[]): Promise<readonly Uint8Array[]> {
  return new Promise((resolve, reject) => {
    const child = fork(WORKER, { serialization: "advanced", execArgv: [] });
    child.once("message", (points) => {
      resolve(points as Uint8Array[]);
    });
    child.once("error", reject);
    child.once("exit", (exitCode) => {
      reject(
        new ProtocolError(
          "POINT_COMPUTATION_FAILED",
          { reason: `exit code ${exitCode}` },
          `the process ended with exit code ${exitCode}`,
        ),
      );
    });
    child.send(tasks);
  });
}

/** A point that is silently zero would make a key that accepts proofs of other statements. */
function assertZeroesMatch({ group, scalars }: PointRequest, points: Buffer): void {
  const size = group === "G1" ? 64 : 128;
  const zero = Buffer.alloc(size);
  scalars.forEach((scalar, i) => {
    const isZero = points.subarray(i * size, (i + 1) * size).equals(zero);
    if (isZero !== (scalar === 0n)) {
      throw new ProtocolError(
        "POINT_COMPUTATION_FAILED",
        { reason: `wrong zero in ${group} at ${i}` },
        `wrong zero among the points of ${group} at ${i}`,
      );
    }
  });
}
