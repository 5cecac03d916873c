// SPDX-License-Identifier: MIT
import { bidToBeat, score, type ScoreRule } from "../../../test/model/b52/index.ts";
import { readParameters } from "../worked/deployParameters.ts";
import { axes, linear, polyline, rectangle, svg, text, type Box, type Scale } from "./svg.ts";

const SEQ = 10n ** 18n;
const { b52 } = readParameters("sepolia");
const TARGET = b52.integer("targetProvers");

const MOST_PROVERS = 15;
const MOST_BID = 100;
const BID_STEP = 5;
const SIDE = 330;

/** Bids with which the target number of provers has the scores of the curves, in SEQ. */
const CURVES = [5, 10, 20, 40];

/** The two ends of the range that the slope moves in. */
const RULES: readonly (ScoreRule & { readonly name: string })[] = [
  { name: "slope at its minimum", target: TARGET, slope: b52.integer("minSlope") },
  { name: "slope at its maximum", target: TARGET, slope: b52.integer("maxSlope") },
];

const logOf = (provers: number, bid: number, rule: ScoreRule): number =>
  Math.log10(Number(score(BigInt(provers), BigInt(bid) * SEQ, rule) / SEQ) / 1e18);

/** Light for a low score, dark for a high one. */
function colour(value: number, [low, high]: readonly [number, number]): string {
  const part = Math.min(1, Math.max(0, (value - low) / (high - low)));
  const channel = (from: number, to: number): string =>
    Math.round(from + part * (to - from))
      .toString(16)
      .padStart(2, "0");
  return `#${channel(0xf6, 0x0a)}${channel(0xf8, 0x30)}${channel(0xfa, 0x69)}`;
}

/** Bid in SEQ that reaches the score which the target number of provers has with `bid`. */
const bidFor = (provers: number, bid: number, rule: ScoreRule): number => {
  const reached = bidToBeat(score(TARGET, BigInt(bid) * SEQ, rule), BigInt(provers), rule);
  return Number(reached ?? 0n) / 1e18;
};

function panel(box: Box, rule: (typeof RULES)[number], range: readonly [number, number]): string[] {
  const x = linear([0.5, MOST_PROVERS + 0.5], [box.left, box.left + box.width]);
  const y = linear([0, MOST_BID], [box.top + box.height, box.top]);
  const cells: string[] = [];
  for (let provers = 1; provers <= MOST_PROVERS; provers++) {
    for (let bid = BID_STEP; bid <= MOST_BID; bid += BID_STEP) {
      const cell = { left: x(provers - 0.5), top: y(bid), width: x(1) - x(0) + 0.5, height: y(0) - y(BID_STEP) + 0.5 };
      cells.push(rectangle(cell, { fill: colour(logOf(provers, bid, rule), range) }));
    }
  }
  return [
    ...cells,
    ...CURVES.map((bid) => curve(bid, rule, x, y)),
    ...axes(
      box,
      {
        scale: x,
        ticks: [1, 3, 5, 7, 9, 11, 13, 15].map((n) => [n, String(n)] as const),
        title: "provers that count (N)",
      },
      { scale: y, ticks: [], title: "" },
    ),
    ...[0, 20, 40, 60, 80, 100].map((bid) => text(String(bid), box.left - 8, y(bid) + 4, { "text-anchor": "end" })),
    text(`bid in SEQ; ${rule.name}, ${Number(rule.slope) / 1e18}`, box.left, box.top - 12),
  ];
}

function curve(bid: number, rule: ScoreRule, x: Scale, y: Scale): string {
  const points: (readonly [number, number])[] = [];
  for (let provers = MOST_PROVERS; provers > 0; provers--) {
    const needed = bidFor(provers, bid, rule);
    if (needed > MOST_BID) {
      // To the edge of the panel.
      const before = bidFor(provers + 1, bid, rule);
      const part = (MOST_BID - before) / (needed - before);
      points.push([x(provers + 1 - part), y(MOST_BID)]);
      break;
    }
    points.push([x(provers), y(needed)]);
  }
  return polyline(points, { stroke: "#fb8f44", "stroke-width": 2 });
}

/** Plot of the score of B52 over provers and bid. */
export function scorePlot(): string {
  const range = [0, logOf(MOST_PROVERS, MOST_BID, RULES[0]!)] as const;
  const boxes = RULES.map((_, i): Box => ({ left: 60 + i * (SIDE + 70), top: 92, width: SIDE, height: SIDE }));
  const scale = { left: boxes[1]!.left + SIDE + 24, top: 92, width: 18, height: SIDE };
  const steps = 50;
  const least = range[0];
  const most = range[1];
  const at = linear([least, most], [scale.top + scale.height, scale.top]);
  return svg(900, 480, "The score of B52", [
    text("The score of B52 by provers and bid", 60, 24, { "font-size": "16", "font-weight": "bold" }),
    text(
      `Target: ${TARGET} provers. Orange: equal scores, those of ${TARGET} provers with bids of ${CURVES.join(", ")} SEQ.`,
      60,
      44,
    ),
    ...RULES.flatMap((rule, i) => panel(boxes[i]!, rule, range)),
    ...Array.from({ length: steps }, (_, i) => {
      const value = least + ((i + 0.5) / steps) * (most - least);
      const height = scale.height / steps;
      return rectangle({ ...scale, top: at(value) - height / 2, height: height + 0.5 }, { fill: colour(value, range) });
    }),
    ...["10⁰", "10²", "10⁴", "10⁶"].map((label, i) => text(label, scale.left + 24, at(2 * i) + 4)),
    text("SEQ²", scale.left, scale.top - 12),
  ]);
}
