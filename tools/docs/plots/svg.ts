// SPDX-License-Identifier: MIT
/** Lengths in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where a value is on an axis. */
export type Scale = (value: number) => number;

/** From values to places; a range that runs down has its greater place first. */
export const linear =
  ([from, to]: readonly [number, number], [start, end]: readonly [number, number]): Scale =>
  (value) =>
    start + ((value - from) / (to - from)) * (end - start);

export const logarithmic = ([from, to]: readonly [number, number], places: readonly [number, number]): Scale => {
  const scale = linear([Math.log(from), Math.log(to)], places);
  return (value) => scale(Math.log(value));
};

const place = (value: number): string => String(Number(value.toFixed(1)));

type Attributes = Readonly<Record<string, string | number>>;

const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

const attributesOf = (attributes: Attributes): string =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escaped(typeof value === "number" ? place(value) : value)}"`)
    .join("");

/** An element with others in it. */
export const group = (attributes: Attributes, content: readonly string[]): string =>
  `<g${attributesOf(attributes)}>${content.join("")}</g>`;

/** An element without content. */
export const element = (name: string, attributes: Attributes): string => `<${name}${attributesOf(attributes)}/>`;

export const text = (content: string, x: number, y: number, attributes: Attributes = {}): string =>
  `<text${attributesOf({ x, y, ...attributes })}>${escaped(content)}</text>`;

export const rectangle = ({ left, top, width, height }: Box, attributes: Attributes): string =>
  element("rect", { x: left, y: top, width, height, ...attributes });

export const line = (x1: number, y1: number, x2: number, y2: number, attributes: Attributes): string =>
  element("line", { x1, y1, x2, y2, ...attributes });

export const polyline = (points: readonly (readonly [number, number])[], attributes: Attributes): string =>
  element("polyline", {
    points: points.map(([x, y]) => `${place(x)},${place(y)}`).join(" "),
    ...{ fill: "none", ...attributes },
  });

/** Axes with their ticks: the label of each by its value. */
export function axes(
  box: Box,
  x: { readonly scale: Scale; readonly ticks: readonly (readonly [number, string])[]; readonly title: string },
  y: { readonly scale: Scale; readonly ticks: readonly (readonly [number, string])[]; readonly title: string },
): string[] {
  const bottom = box.top + box.height;
  return [
    ...x.ticks.flatMap(([value, label]) => [
      line(x.scale(value), bottom, x.scale(value), bottom + 5, { class: "axis" }),
      text(label, x.scale(value), bottom + 19, { "text-anchor": "middle" }),
    ]),
    ...y.ticks.flatMap(([value, label]) => [
      line(box.left, y.scale(value), box.left + box.width, y.scale(value), { class: "grid" }),
      text(label, box.left - 8, y.scale(value) + 4, { "text-anchor": "end" }),
    ]),
    text(x.title, box.left + box.width / 2, bottom + 38, { "text-anchor": "middle" }),
    text(y.title, box.left - 46, box.top - 12),
    rectangle(box, { class: "axis" }),
  ];
}

/** Colours of a page: the ink, the paper, the grid, and the curves one after the other. */
interface Colours {
  readonly ink: string;
  readonly paper: string;
  readonly grid: string;
  readonly curves: readonly string[];
}

/** Blue, orange, green, red, purple, brown, pink, grey: of a different brightness each. */
const LIGHT: Colours = {
  ...{ ink: "#1f2328", paper: "#ffffff", grid: "#d8dee4" },
  curves: ["#0550ae", "#d4660a", "#1a7f37", "#cf222e", "#8250df", "#7a5200", "#bf3989", "#57606a"],
};
const DARK: Colours = {
  ...{ ink: "#e6edf3", paper: "#0d1117", grid: "#30363d" },
  curves: ["#79c0ff", "#ffa657", "#56d364", "#ff7b72", "#d2a8ff", "#d9b35a", "#ff9bce", "#8b949e"],
};

/** Number of curves that have a colour of their own. */
export const CURVE_COLOURS = LIGHT.curves.length;

const rulesOf = ({ ink, paper, grid, curves }: Colours): string =>
  [
    `svg{fill:${ink}}.paper{fill:${paper}}.grid{stroke:${grid}}.axis{stroke:${ink};fill:none}`,
    // `stroke` for lines and `fill` for areas.
    ...curves.map((colour, i) => `.s${i}{stroke:${colour}}.f${i}{fill:${colour}}`),
  ].join("");

/**
 * A picture that reads on light and on dark pages. With `isAdaptive` it is dark on dark ones: its content then has no
 * colours, only the classes `ink`, `paper`, `grid`, `axis`, and `s0`, `f0`, … for the strokes and areas of curves.
 */
export const svg = (
  width: number,
  height: number,
  title: string,
  content: readonly string[],
  isAdaptive = false,
): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${rulesOf(LIGHT)}${isAdaptive ? `@media(prefers-color-scheme:dark){${rulesOf(DARK)}}` : ""}</style>`,
    rectangle({ left: 0, top: 0, width, height }, { class: "paper" }),
    ...content,
    "</svg>",
    "",
  ].join("\n");
