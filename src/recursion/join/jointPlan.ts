// SPDX-License-Identifier: GPL-3.0-or-later
import { statementPoint } from "../../codec/index.ts";
import { ProtocolError } from "../../errors.ts";
import { requireInteger } from "../ranges.ts";
import { MAX_STATEMENTS } from "./inputs.ts";
import { type Joined, joinedPair, joinedStatement, type StatementKind } from "./statements.ts";

/** A statement as its proof shows it. */
export interface StatementSignals {
  readonly kind: StatementKind;
  /** Digest, evaluation, point. */
  readonly signals: readonly bigint[];
}

/** Shape of a tree of proofs: the number of a statement, or what is joined. */
export type JointShape = number | readonly [left: JointShape, right: JointShape];

/**
 * Shape and point of a tree, which provers need before they join the first two proofs. The point follows from the words
 * of all statements. Proofs of single statements do not need it.
 */
export interface JointPlan {
  readonly shape: JointShape;
  readonly point: bigint;
  /** Words that a proof at a place of the tree has to have. */
  readonly joinedAt: (place: JointShape) => Joined;
}

/**
 * Plans a joint proof: a tree as low as it can be, and the point that L1 will draw.
 *
 * @param statements one or more, in the order in which L1 derives them
 * @throws {ProtocolError} `NOTHING_TO_PROVE` for none; `OUT_OF_RANGE` for more than 65,535; `NOT_A_FIELD_ELEMENT`
 */
export function planJoint(statements: readonly StatementSignals[]): JointPlan {
  const count = statements.length;
  requireInteger("statements", count, 0, MAX_STATEMENTS);
  if (count === 0) throw new ProtocolError("NOTHING_TO_PROVE", { from: 0, to: -1 }, "a joint proof of no statement");
  const shape = shapeOf(0, count);
  const at = (place: JointShape, point: bigint): Joined => {
    if (typeof place !== "number") return joinedPair(at(place[0], point), at(place[1], point), point);
    const { kind, signals } = statements[place]!;
    return joinedStatement(kind, signals, point);
  };
  // The root does not depend on the point.
  const { root } = at(shape, 0n);
  const words = statements.flatMap(({ kind, signals }) => [kind === "merge" ? 1n : 0n, ...signals]);
  const point = statementPoint([root, ...words]);
  return { shape, point, joinedAt: (place) => at(place, point) };
}

function shapeOf(first: number, count: number): JointShape {
  if (count === 1) return first;
  const left = Math.ceil(count / 2);
  return [shapeOf(first, left), shapeOf(first + left, count - left)];
}
