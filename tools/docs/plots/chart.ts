// SPDX-License-Identifier: MIT
import {
  axes,
  CURVE_COLOURS,
  element,
  group,
  linear,
  logarithmic,
  polyline,
  rectangle,
  svg,
  text,
  type Box,
  type Scale,
} from "./svg.ts";

/** A tick of an axis: its value, and its label. */
export type Tick = readonly [value: number, label: string];

export interface Axis {
  /** With the unit. */
  readonly title: string;
  readonly isLogarithmic?: boolean;
  /** Ends of the axis. Default: those of the points, and 0 if it is near. */
  readonly range?: readonly [least: number, most: number];
  /** Default: round numbers. */
  readonly ticks?: readonly Tick[];
}

/** Values of one thing. */
export interface Curve {
  /** In the legend. Curves of one name have one colour in all panels. */
  readonly name: string;
  /** A value that is undefined, or 0 on a logarithmic axis, leaves a gap. Of bars, x is the place of the tick. */
  readonly points: readonly (readonly [x: number, y: number | undefined])[];
  /** Default: a line, with marks if it is not dashed and has few points. */
  readonly look?: "line" | "marks" | "bars" | "stack";
  readonly isDashed?: boolean;
}

export interface Panel {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly curves: readonly Curve[];
}

export interface Picture {
  readonly title: string;
  /** One line below the title. */
  readonly note?: string;
  readonly panels: readonly Panel[];
  /** Panels side by side. Default: 2, or 1 if there is one panel. */
  readonly columns?: number;
}

const WIDTH = 900;
const MARGIN = { left: 66, right: 22, top: 52, bottom: 60 };
/** Most points of a line that has marks. */
const MOST_MARKS = 24;
/** Pixels of a letter, about. */
const LETTER = 6.7;
const LEGEND_LINE = 20;

/** Draws panels. The legend is one for all if all have the same curves, else one above each. */
export function chart({ title, note, panels, columns = Math.min(2, panels.length) }: Picture): string {
  const names = panels.map(namesOf);
  const isShared = names.every((own) => own.join("\n") === names[0]!.join("\n"));
  const cell = WIDTH / columns;
  const shared = isShared ? legendOf(names[0]!, WIDTH - 30) : NO_LEGEND;
  const own = isShared ? names.map(() => NO_LEGEND) : names.map((known) => legendOf(known, cell - 50));
  const noteTop = note === undefined ? 24 : 44;
  const top = noteTop + 10 + LEGEND_LINE * shared.lines;
  const legendHeight = LEGEND_LINE * Math.max(...own.map(({ lines }) => lines));
  const height = columns === 1 ? 270 : 190;
  const rowHeight = MARGIN.top + legendHeight + height + MARGIN.bottom;
  const content = panels.flatMap((panel, i) => {
    const [left, rowTop] = [(i % columns) * cell, top + Math.floor(i / columns) * rowHeight];
    const box: Box = {
      ...{ left: left + MARGIN.left, top: rowTop + MARGIN.top + legendHeight },
      ...{ width: cell - MARGIN.left - MARGIN.right, height },
    };
    return [
      text(panel.title, left + 20, rowTop + 18, { "font-weight": "bold" }),
      ...own[i]!.draw(left + 20, rowTop + 18 + LEGEND_LINE),
      ...draw(panel, box, (name) => names[i]!.indexOf(name), `clip${i}`),
    ];
  });
  return svg(
    WIDTH,
    top + Math.ceil(panels.length / columns) * rowHeight,
    title,
    [
      text(title, 20, 24, { "font-size": "16", "font-weight": "bold" }),
      ...(note === undefined ? [] : [text(note, 20, noteTop)]),
      ...shared.draw(20, noteTop + LEGEND_LINE + 2),
      ...content,
    ],
    true,
  );
}

/** Names of a panel's curves: their places are their colours. @throws {RangeError} if there are more than colours */
function namesOf({ curves }: Panel): string[] {
  const names = [...new Set(curves.map(({ name }) => name))];
  if (names.length > CURVE_COLOURS) {
    throw new RangeError(`${names.length} curves are more than ${CURVE_COLOURS} colours`);
  }
  return names;
}

interface Legend {
  readonly lines: number;
  draw(left: number, top: number): string[];
}

const NO_LEGEND: Legend = { lines: 0, draw: () => [] };

/** Names with their marks, as many in a line as there is room for. A single curve has its name in the titles. */
function legendOf(names: readonly string[], width: number): Legend {
  if (names.length < 2) return NO_LEGEND;
  let [left, at] = [0, 0];
  const places = names.map((name) => {
    const length = 32 + name.length * LETTER;
    if (left > 0 && left + length > width) [left, at] = [0, at + 1];
    const place = { left, top: LEGEND_LINE * at };
    left += length;
    return place;
  });
  return {
    lines: at + 1,
    draw: (fromLeft, fromTop) =>
      names.flatMap((name, i) => {
        const [x, y] = [fromLeft + places[i]!.left, fromTop + places[i]!.top];
        return [mark(i, x + 6, y - 4), text(name, x + 18, y)];
      }),
  };
}

/** A shape of its own for each colour, so that they can be told apart without it. */
function mark(colour: number, x: number, y: number): string {
  const fill = { class: `f${colour}` };
  const polygon = (...points: readonly (readonly [number, number])[]): string =>
    element("polygon", {
      points: points.map(([dx, dy]) => `${(x + dx).toFixed(1)},${(y + dy).toFixed(1)}`).join(" "),
      ...fill,
    });
  switch (colour % 4) {
    case 0:
      return element("circle", { cx: x, cy: y, r: 3.6, ...fill });
    case 1:
      return rectangle({ left: x - 3.2, top: y - 3.2, width: 6.4, height: 6.4 }, fill);
    case 2:
      return polygon([0, -4.4], [4.2, 3], [-4.2, 3]);
    default:
      return polygon([0, -4.8], [4.8, 0], [0, 4.8], [-4.8, 0]);
  }
}

function draw({ x, y, curves }: Panel, box: Box, colourOf: (name: string) => number, clip: string): string[] {
  const stacked = stackOf(curves);
  const hasBars = curves.some(({ look }) => look === "bars" || look === "stack");
  const known = (values: readonly (number | undefined)[]): number[] => values.filter((value) => value !== undefined);
  const xs = curves.flatMap(({ points }) => points.map(([at]) => at));
  const ys = known([...curves.flatMap(({ points }) => points.map(([, value]) => value)), ...stacked.tops.values()]);
  const acrossRange = x.range ?? (hasBars ? [Math.min(...xs) - 0.5, Math.max(...xs) + 0.5] : rangeOf(xs, x, false));
  const upRange = y.range ?? rangeOf(hasBars ? [0, ...ys] : ys, y, true);
  const across = scaleOf(x, acrossRange, [box.left, box.left + box.width]);
  const up = scaleOf(y, upRange, [box.top + box.height, box.top]);
  const bars = curves.filter(({ look }) => look === "bars");
  const drawn = curves.flatMap((curve) => {
    const colour = colourOf(curve.name);
    if (curve.look === "bars") {
      const width = (0.8 * (across(1) - across(0))) / bars.length;
      const shift = (bars.indexOf(curve) - bars.length / 2) * width;
      return curve.points.flatMap(([at, value]) =>
        value === undefined ? [] : [bar(across(at) + shift, width, up(upRange[0]), up(value), colour)],
      );
    }
    if (curve.look === "stack") {
      const width = 0.7 * (across(1) - across(0));
      return curve.points.flatMap(([at, value]) => {
        if (value === undefined || value === 0) return [];
        const top = stacked.topOf(curve, at);
        return [bar(across(at) - width / 2, width, up(top - value), up(top), colour)];
      });
    }
    return lineOf({ ...curve, points: shown(curve.points, y) }, colour, across, up, box, clip);
  });
  return [
    element("clipPath", { id: clip }).replace("/>", `>${rectangle(box, {})}</clipPath>`),
    ...axes(
      box,
      { scale: across, ticks: x.ticks ?? ticksOf(acrossRange, x, box.width / 70), title: x.title },
      { scale: up, ticks: y.ticks ?? ticksOf(upRange, y, box.height / 38), title: y.title },
    ),
    ...drawn,
  ];
}

/** Points with a gap for each that has no place on the axis. */
const shown = (points: Curve["points"], { isLogarithmic = false }: Axis): Curve["points"] =>
  points.map(([at, value]) => [at, isLogarithmic && value !== undefined && value <= 0 ? undefined : value]);

const bar = (left: number, width: number, bottom: number, top: number, colour: number): string =>
  rectangle(
    { left, top: Math.min(top, bottom), width: Math.max(1, width - 1), height: Math.abs(bottom - top) },
    { class: `f${colour}` },
  );

function lineOf(curve: Curve, colour: number, across: Scale, up: Scale, box: Box, clip: string): string[] {
  const { points, look = "line", isDashed = false } = curve;
  const runs: (readonly [number, number])[][] = [[]];
  for (const [at, value] of points) {
    if (value === undefined) runs.push([]);
    else runs.at(-1)!.push([across(at), up(value)]);
  }
  const style = {
    ...{ class: `s${colour}`, "stroke-width": "2", "stroke-linejoin": "round" },
    ...(isDashed ? { "stroke-dasharray": "6 4" } : {}),
  };
  const lines = look === "marks" ? [] : runs.filter((run) => run.length > 1).map((run) => polyline(run, style));
  const isMarked = look === "marks" || (!isDashed && points.length <= MOST_MARKS);
  // A mark at the edge of the panel is whole; one beyond it is not drawn.
  const isInside = ([left, top]: readonly [number, number]): boolean =>
    left > box.left - 1 && left < box.left + box.width + 1 && top > box.top - 1 && top < box.top + box.height + 1;
  const marks = isMarked
    ? runs
        .flat()
        .filter(isInside)
        .map(([left, top]) => mark(colour, left, top))
    : [];
  return [...(lines.length === 0 ? [] : [group({ "clip-path": `url(#${clip})` }, lines)]), ...marks];
}

/** Tops of the stacked bars: each stands on those of the curves before it. */
function stackOf(curves: readonly Curve[]): {
  readonly tops: ReadonlyMap<number, number>;
  topOf(curve: Curve, at: number): number;
} {
  const tops = new Map<number, number>();
  const each = new Map<Curve, Map<number, number>>();
  for (const curve of curves.filter(({ look }) => look === "stack")) {
    const own = new Map<number, number>();
    for (const [at, value] of curve.points) {
      tops.set(at, (tops.get(at) ?? 0) + (value ?? 0));
      own.set(at, tops.get(at)!);
    }
    each.set(curve, own);
  }
  return { tops, topOf: (curve, at) => each.get(curve)!.get(at)! };
}

const scaleOf = (
  { isLogarithmic = false }: Axis,
  range: readonly [number, number],
  places: readonly [number, number],
) => (isLogarithmic ? logarithmic : linear)(range, places);

// ─── Ticks ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Ends of an axis that holds the values; with room above them if they are the heights of curves. */
function rangeOf(
  values: readonly number[],
  { isLogarithmic = false }: Axis,
  withRoom: boolean,
): readonly [number, number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (isLogarithmic) {
    const positive = values.filter((value) => value > 0);
    const low = Math.min(...positive);
    return withRoom ? [roundDown(low / 1.2), roundUp(most * 1.01)] : [low, most === low ? 2 * low : most];
  }
  const from = least > 0 && (withRoom || least < most / 3) ? 0 : least;
  if (!withRoom) return [from, most === from ? from + 1 : most];
  const step = stepOf(most - from === 0 ? 1 : most - from, 5);
  return [from < 0 ? Math.floor(from / step) * step : from, Math.ceil((most * 1.001) / step) * step || step];
}

const roundDown = (value: number): number =>
  stepsOfDecade(value)
    .filter((step) => step <= value * 1.000_001)
    .at(-1)!;
const roundUp = (value: number): number => stepsOfDecade(value).find((step) => step >= value)!;

function stepsOfDecade(value: number): number[] {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [0.5, 1, 2, 5, 10, 20].map((factor) => factor * unit);
}

/** 1, 2 or 5 times a power of ten, so that about so many steps fill a length. */
function stepOf(length: number, steps: number): number {
  const unit = 10 ** Math.floor(Math.log10(length / steps));
  return unit * [1, 2, 5, 10].find((factor) => factor * unit >= (length / steps) * 0.999)!;
}

function ticksOf(range: readonly [number, number], { isLogarithmic = false }: Axis, most: number): Tick[] {
  const [from, to] = range;
  if (!isLogarithmic) {
    const step = stepOf(to - from, Math.max(2, most));
    const first = Math.ceil(from / step - 1e-9);
    const count = Math.floor(to / step + 1e-9) - first + 1;
    return Array.from({ length: count }, (_, i) => tick((first + i) * step));
  }
  const decades = Math.log10(to / from);
  const factors = decades * 3 <= most ? [1, 2, 5] : [1];
  const ticks: Tick[] = [];
  const stride = Math.max(1, Math.ceil((decades * factors.length) / Math.max(2, most)));
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++) {
    if (power % stride !== 0) continue;
    for (const factor of factors) {
      const value = factor * 10 ** power;
      if (value >= from * 0.999 && value <= to * 1.001) ticks.push(tick(value));
    }
  }
  return ticks;
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function tick(value: number): Tick {
  const rounded = Number(value.toPrecision(10));
  const size = Math.abs(rounded);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) {
    const power = Math.floor(Math.log10(size) + 1e-9);
    const factor = Number((rounded / 10 ** power).toPrecision(3));
    const digits = String(Math.abs(power)).replace(/\d/g, (digit) => SUPERSCRIPTS.charAt(Number(digit)));
    return [value, `${factor === 1 ? "" : `${factor}·`}10${power < 0 ? "⁻" : ""}${digits}`];
  }
  return [value, rounded.toLocaleString("en-US", { maximumFractionDigits: 6 })];
}

/** Ticks at 0, 1, 2, … with these labels. */
export const places = (labels: readonly string[]): Tick[] => labels.map((label, i) => [i, label] as const);

/** A line in a legend that is not drawn again in each panel. */
export const level = (name: string, value: number, [from, to]: readonly [number, number]): Curve => ({
  ...{ name, isDashed: true },
  points: [
    [from, value],
    [to, value],
  ],
});
