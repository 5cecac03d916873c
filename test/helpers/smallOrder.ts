// SPDX-License-Identifier: MIT
import { toPoint, type Point } from "../../src/crypto/babyJubJub.ts";
import { P } from "../../src/field.ts";

const X8 = 4342719913949491028786768530115087822524712248835451589697801404893164183326n;
const Y8 = 4826523245007015323400664741523384119579596407052839571721035538011798951543n;
const X4 = 18930368022820495955728484915491405972470733850014661777449844430438130630919n;

/** A point of order 8; its multiples are SMALL_ORDER_POINTS. */
export const ORDER_8: Point = toPoint(X8, Y8);

/** All eight points of small order: the identity first, then those of order 2, 4 and 8. */
export const SMALL_ORDER_POINTS: readonly Point[] = [
  toPoint(0n, 1n),
  toPoint(0n, P - 1n),
  toPoint(X4, 0n),
  toPoint(P - X4, 0n),
  toPoint(X8, Y8),
  toPoint(X8, P - Y8),
  toPoint(P - X8, Y8),
  toPoint(P - X8, P - Y8),
];
