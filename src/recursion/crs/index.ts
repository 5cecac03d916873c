// SPDX-License-Identifier: GPL-3.0-or-later
export { CANONICAL_CHUNKS, CANONICAL_TAU2, CHUNK_POINTS, openCanonicalCrs } from "./canonicalCrs.ts";
export { type Crs } from "./crs.ts";
export { prepareDevelopmentCrs } from "./developmentCrs.ts";
export { type G2Point, readUint256BE } from "./points.ts";
