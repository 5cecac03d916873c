// SPDX-License-Identifier: MIT
import type { Column } from "../../simulation/experiments.ts";
import type { ExperimentName } from "../../simulation/names.ts";
import { measuredOf, middleOf, valuesOf, type Measured } from "../simulationData.ts";
import { axes, line, linear, polyline, svg, text, type Box } from "./svg.ts";

/** A line of a panel: a value for each place on the x axis; undefined where it did not happen. */
interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly (readonly [x: number, y: number | undefined])[];
  /** Greatest value of the seeds, as a bar. */
  readonly most?: readonly (readonly [x: number, y: number | undefined])[];
}

interface Panel {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly ticks: readonly (readonly [number, string])[];
  readonly curves: readonly Curve[];
}

const [BLUE, GREEN, ORANGE] = ["#0969da", "#1a7f37", "#bc4c00"];

/** Points at 0, 1, 2, … by the order of the labels. */
function curveOf(name: string, colour: string, measured: readonly Measured[], column: Column, unit = 1): Curve {
  const at = (of: (values: readonly number[]) => number | undefined): Curve["points"] =>
    measured.map((point, i) => {
      const value = of(valuesOf(point, column));
      return [i, value === undefined ? undefined : value / unit] as const;
    });
  return { name, colour, points: at(middleOf), most: at((values) => values.at(-1)) };
}

const ticksOf = (measured: readonly Measured[], label: (text: string) => string): Panel["ticks"] =>
  measured.map((point, i) => [i, label(point.label)] as const);

const plain = (label: string): string => label;
const last = (label: string): string => label.split(" ").at(-1)!;

/** A round number above a value. */
function ceilingOf(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * unit >= value) ?? 10);
}

function draw({ title, x, y, ticks, curves }: Panel, box: Box): string[] {
  const values = curves.flatMap(({ points, most = [] }) => [...points, ...most].map(([, value]) => value ?? 0));
  const top = ceilingOf(Math.max(...values) * 1.3);
  const across = linear([-0.3, ticks.length - 0.7], [box.left, box.left + box.width]);
  const up = linear([0, top], [box.top + box.height, box.top]);
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => [part * top, String(Number((part * top).toFixed(2)))] as const);
  const drawn = curves.flatMap(({ name, colour, points, most = [] }, i) => {
    const known = points.flatMap(([at, value]) => (value === undefined ? [] : [[across(at), up(value)] as const]));
    const bars = most.flatMap(([at, value], j) => {
      const middle = points[j]?.[1];
      if (value === undefined || middle === undefined || value === middle) return [];
      return [line(across(at), up(middle), across(at), up(value), { stroke: colour, "stroke-width": 1.5 })];
    });
    const place = { left: box.left + 10, top: box.top + 16 + 16 * i };
    return [
      polyline(known, { stroke: colour, "stroke-width": 2 }),
      ...known.map(([left, at]) => line(left - 3, at, left + 3, at, { stroke: colour, "stroke-width": 4 })),
      ...bars,
      ...(curves.length > 1 ? [text(name, place.left, place.top, { fill: colour, "font-size": "12" })] : []),
    ];
  });
  return [
    text(title, box.left, box.top - 30, { "font-weight": "bold" }),
    ...axes(box, { scale: across, ticks, title: x }, { scale: up, ticks: marks, title: y }),
    ...drawn,
  ];
}

/** Panels in rows of two. */
function picture(title: string, note: string, panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / 2);
  const boxes = panels.map((_, i): Box => ({
    ...{ left: 66 + (i % 2) * 440, top: 116 + Math.floor(i / 2) * 300, width: 350, height: 190 },
  }));
  return svg(900, 76 + rows * 300, title, [
    text(title, 20, 24, { "font-size": "16", "font-weight": "bold" }),
    text(note, 20, 46),
    ...panels.flatMap((panel, i) => draw(panel, boxes[i]!)),
  ]);
}

const NOTE = "Median of the seeds; a bar goes to the greatest value.";

function timesPanel(name: ExperimentName, title: string, x: string, label: (text: string) => string = plain): Panel {
  const measured = measuredOf(name);
  return {
    ...{ title, x, y: "seconds", ticks: ticksOf(measured, label) },
    curves: [
      curveOf("until the last proof", BLUE, measured, "proven"),
      curveOf("until all have the content", GREEN, measured, "spread"),
    ],
  };
}

function times(): string {
  return picture("From the reveal to the last proof", `${NOTE} 50 nodes; leaves of development, 8 to a tree.`, [
    timesPanel("latency", "Latency", "place, and factor of its latencies", last),
    timesPanel("cut", "Half of the hosts cut off", "seconds from the begin of the proof window"),
    timesPanel("loss", "Packets that TCP sends again", "part of the packets"),
    timesPanel("drop", "RPCs that are lost for good", "part of the RPCs"),
  ]);
}

function traffic(): string {
  const [nodes, sizes] = [measuredOf("nodes"), measuredOf("size")];
  const messages = (measured: readonly Measured[]): Curve[] => [
    curveOf("messages received", BLUE, measured, "messages"),
    curveOf("of them duplicates", ORANGE, measured, "duplicates"),
  ];
  const bytes = (measured: readonly Measured[]): Curve[] => [
    curveOf("mean", BLUE, measured, "sentBytes", 1_000),
    curveOf("host that sends most", ORANGE, measured, "mostSentBytes", 1_000),
  ];
  const panel = (
    title: string,
    measured: readonly Measured[],
    y: string,
    curves: readonly Curve[],
    x: string,
  ): Panel => ({
    ...{ title, x, y, ticks: ticksOf(measured, plain), curves },
  });
  return picture(
    "Messages and bytes for each node and block",
    `${NOTE} Leaves of production, with their transactions.`,
    [
      panel("Messages by the number of nodes", nodes, "messages", messages(nodes), "nodes"),
      panel("Bytes sent by the number of nodes", nodes, "kB", bytes(nodes), "nodes"),
      panel("Messages by the size of the tree", sizes, "messages", messages(sizes), "leaves; 50 nodes"),
      panel("Bytes sent by the size of the tree", sizes, "kB", bytes(sizes), "leaves; 50 nodes"),
    ],
  );
}

function windows(): string {
  const all = measuredOf("window");
  const of = (profile: string): Measured[] => all.filter(({ label }) => label.startsWith(profile));
  const panels = ["development", "production"].flatMap((profile): Panel[] => {
    const measured = of(profile);
    const common = { x: "length of the proof window, seconds", ticks: ticksOf(measured, last) };
    return [
      {
        ...{ ...common, title: `${profile}: time`, y: "seconds" },
        curves: [
          curveOf("until the last proof", BLUE, measured, "proven"),
          curveOf("longest path of the promised proofs", GREEN, measured, "path"),
        ],
      },
      {
        ...{ ...common, title: `${profile}: proofs of 15 nodes`, y: "proofs" },
        curves: [
          curveOf("promised nodes that L1 credits", GREEN, measured, "delivered"),
          curveOf("begun to fill a gap", ORANGE, measured, "gap"),
        ],
      },
    ];
  });
  return picture(
    "The proof window",
    `${NOTE} 50 nodes; the slowest prover takes twice as long as the fastest.`,
    panels,
  );
}

/** The plots of the simulation: SVG by path from the project's root. */
export const simulationPlots = (): Map<string, string> =>
  new Map([
    ["docs/images/simulation-times.svg", times()],
    ["docs/images/simulation-traffic.svg", traffic()],
    ["docs/images/simulation-window.svg", windows()],
  ]);
