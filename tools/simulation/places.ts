// SPDX-License-Identifier: MIT

/**
 * Round trips between ten regions of a cloud, in milliseconds, averages: "Latency Between AWS Global Regions", as quoted in
 * https://acomputerscientistlearnsaws.blogspot.com/2017/04/aws-regions.html (the upper half; both directions differ by
 * less than 2%). The values of today (https://cloudping.co) are of the same size.
 */
const REGIONS = [
  "Virginia",
  "California",
  "Oregon",
  "Ireland",
  "Frankfurt",
  "Tokyo",
  "Seoul",
  "Singapore",
  "Sydney",
  "São Paulo",
] as const;

const UPPER: readonly (readonly number[])[] = [
  [72.74, 86.98, 80.55, 88.66, 145.3, 178.4, 216.7, 230, 119.5],
  [19.46, 153.2, 166.6, 102.5, 131.5, 174, 157.5, 192.7],
  [137, 159.5, 89.1, 118.3, 161.4, 162.2, 182.7],
  [19.56, 212.4, 242.4, 239, 309.6, 191.3],
  [236.5, 266.2, 325.9, 323.5, 194.9],
  [31.44, 73.79, 103.9, 256.8],
  [71.87, 134, 286.3],
  [175.3, 328.1],
  [322.5],
];

/** Milliseconds between two hosts of one region: an assumption. */
const WITHIN = 1;

/** Where the hosts are. */
export const PLACES = {
  /** All in one room. */
  machine: [],
  /** North America. */
  continent: [0, 1, 2],
  /** All ten regions. */
  world: REGIONS.map((_, i) => i),
} as const satisfies Record<string, readonly number[]>;

export type Place = keyof typeof PLACES;

/**
 * Seconds of a round trip between two hosts, which stand in the regions of a place one after the other.
 *
 * @param factor by which all latencies are multiplied
 */
export function roundTrips(place: Place, factor = 1): (a: number, b: number) => number {
  const regions: readonly number[] = PLACES[place];
  return (a, b) => {
    const [first, second] = [a, b].map((host) => regions[host % regions.length] ?? 0);
    const [low, high] = [Math.min(first!, second!), Math.max(first!, second!)];
    const milliseconds = low === high ? WITHIN : UPPER[low]![high - low - 1]!;
    return (factor * milliseconds) / 1_000;
  };
}
