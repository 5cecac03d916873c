// SPDX-License-Identifier: MIT
import { batchFeeAt, type BatchFeeRule, type BatchFeeState } from "../../../src/agents/index.ts";
import { LOCAL } from "../worked/setting.ts";
import { axes, linear, line, logarithmic, polyline, rectangle, svg, text, type Box } from "./svg.ts";

const HOUR = 3600;
const SEQ = 10n ** 18n;

const RULE: BatchFeeRule = {
  minFee: LOCAL.poe.integer("minFee"),
  maxFee: LOCAL.poe.integer("maxFee"),
  targetTime: Number(LOCAL.poe.integer("targetTime")),
  doublingTime: Number(LOCAL.poe.integer("doublingTime")),
  halvingTime: Number(LOCAL.poe.integer("halvingTime")),
};

/** Something that changes what the fee depends on. */
interface Happening {
  readonly at: number;
  readonly what: "sequenced" | "proven";
}

/** From 09:00 to 13:00 nobody proves. */
const OUTAGE: readonly [number, number] = [9 * HOUR, 13 * HOUR];

/**
 * A day: a batch each half hour from 6:00 to 20:00, each proven 20 minutes later; in the outage none is, and one proof
 * at its end takes all that wait.
 */
export function happeningsOfTheDay(): Happening[] {
  const happenings: Happening[] = [];
  for (let at = 6 * HOUR; at <= 20 * HOUR; at += HOUR / 2) {
    happenings.push({ at, what: "sequenced" });
    const provenAt = at + HOUR / 3;
    if (provenAt < OUTAGE[0] || provenAt > OUTAGE[1]) happenings.push({ at: provenAt, what: "proven" });
  }
  happenings.push({ at: OUTAGE[1], what: "proven" });
  // A batch that is sequenced at the end of the outage is sequenced before the proof.
  return happenings.sort((a, b) => a.at - b.at || (a.what === "sequenced" ? -1 : 1));
}

/** The fee each five minutes, in SEQ. */
export function feesOfTheDay(): readonly (readonly [seconds: number, fee: number])[] {
  let state: BatchFeeState = { fee: SEQ, updatedAt: 0, oldestPending: undefined };
  const happenings = happeningsOfTheDay();
  const fees: (readonly [number, number])[] = [];
  for (let at = 0; at <= 24 * HOUR; at += HOUR / 12) {
    for (let next = happenings[0]; next !== undefined && next.at <= at; next = happenings[0]) {
      happenings.shift();
      state =
        next.what === "sequenced"
          ? { ...state, oldestPending: state.oldestPending ?? next.at }
          : { fee: batchFeeAt(RULE, state, next.at), updatedAt: next.at, oldestPending: undefined };
    }
    fees.push([at, Number(batchFeeAt(RULE, state, at)) / 1e18]);
  }
  return fees;
}

const BOX: Box = { left: 70, top: 84, width: 790, height: 290 };

/** Plot of the batch fee over a day. */
export function batchFeePlot(): string {
  const x = linear([0, 24], [BOX.left, BOX.left + BOX.width]);
  const y = logarithmic([0.1, 10], [BOX.top + BOX.height, BOX.top]);
  const [start, end] = OUTAGE.map((at) => x(at / HOUR)) as [number, number];
  const hours = Array.from({ length: 9 }, (_, i) => [3 * i, `${3 * i}:00`] as const);
  const fees = [0.1, 0.2, 0.5, 1, 2, 5, 10].map((fee) => [fee, String(fee)] as const);
  const marks = happeningsOfTheDay().map(({ at, what }) =>
    what === "sequenced"
      ? line(x(at / HOUR), BOX.top + BOX.height, x(at / HOUR), BOX.top + BOX.height - 8, { stroke: "#0969da" })
      : line(x(at / HOUR), BOX.top, x(at / HOUR), BOX.top + 8, { stroke: "#1a7f37" }),
  );
  const { doublingTime, halvingTime, targetTime } = RULE;
  return svg(900, 434, "The batch fee over a day", [
    text("The batch fee over a day", BOX.left, 24, { "font-size": "16", "font-weight": "bold" }),
    text(
      `It doubles in ${doublingTime / HOUR} h of lateness and halves in ${halvingTime / HOUR} h without. A batch is late after ${targetTime / 60} minutes.`,
      BOX.left,
      44,
    ),
    rectangle({ ...BOX, left: start, width: end - start }, { fill: "#ffebe9" }),
    text("nobody proves", (start + end) / 2, BOX.top + 26, { "text-anchor": "middle", fill: "#82071e" }),
    ...axes(
      BOX,
      {
        scale: x,
        ticks: hours,
        title: "time of the day; at the bottom: batches that are sequenced (blue); at the top: proofs (green)",
      },
      { scale: y, ticks: fees, title: "fee for a leaf, SEQ" },
    ),
    ...marks,
    polyline(
      feesOfTheDay().map(([at, fee]) => [x(at / HOUR), y(fee)] as const),
      { stroke: "#8250df", "stroke-width": 2.5 },
    ),
  ]);
}
