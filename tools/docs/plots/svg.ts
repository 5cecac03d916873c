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
    fill: "none",
    ...attributes,
  });

/** Axes with their ticks: the label of each by its value. */
export function axes(
  box: Box,
  x: { readonly scale: Scale; readonly ticks: readonly (readonly [number, string])[]; readonly title: string },
  y: { readonly scale: Scale; readonly ticks: readonly (readonly [number, string])[]; readonly title: string },
): string[] {
  const bottom = box.top + box.height;
  const grid = { stroke: "#d8dee4" };
  return [
    ...x.ticks.flatMap(([value, label]) => [
      line(x.scale(value), bottom, x.scale(value), bottom + 5, { stroke: "#1f2328" }),
      text(label, x.scale(value), bottom + 19, { "text-anchor": "middle" }),
    ]),
    ...y.ticks.flatMap(([value, label]) => [
      line(box.left, y.scale(value), box.left + box.width, y.scale(value), grid),
      text(label, box.left - 8, y.scale(value) + 4, { "text-anchor": "end" }),
    ]),
    text(x.title, box.left + box.width / 2, bottom + 38, { "text-anchor": "middle" }),
    text(y.title, box.left - 46, box.top - 12),
    rectangle(box, { fill: "none", stroke: "#1f2328" }),
  ];
}

/** A picture that reads on light and on dark pages. */
export const svg = (width: number, height: number, title: string, content: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" fill="#1f2328" role="img">`,
    `<title>${escaped(title)}</title>`,
    rectangle({ left: 0, top: 0, width, height }, { fill: "#ffffff" }),
    ...content,
    "</svg>",
    "",
  ].join("\n");
