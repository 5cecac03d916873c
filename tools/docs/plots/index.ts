// SPDX-License-Identifier: MIT
import { batchFeePlot } from "./batchFee.ts";
import { scorePlot } from "./score.ts";
import { simulationPlots } from "./simulation.ts";

/** The plots of the documents: SVG by path from the project's root. */
export const plots = (): Map<string, string> =>
  new Map([
    ["docs/images/batch-fee.svg", batchFeePlot()],
    ["docs/images/score.svg", scorePlot()],
    ...simulationPlots(),
  ]);
