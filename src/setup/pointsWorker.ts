// SPDX-License-Identifier: GPL-3.0-or-later
import { getCurveFromName } from "ffjavascript";

import { FixedBaseMultiplier } from "./fixedBase.ts";
import { type PointTask } from "./points.ts";

/** Child process of `points.ts`: receives one list of tasks, answers with one list of points, and ends. */
process.once("message", (tasks: readonly PointTask[]) => {
  void answer(tasks);
});

async function answer(tasks: readonly PointTask[]): Promise<void> {
  const curve = await getCurveFromName("bn128", { singleThread: true });
  const points = new Map<PointTask, Uint8Array>();
  for (const group of ["G1", "G2"] as const) {
    const ofGroup = tasks.filter((task) => task.group === group);
    const scalars = ofGroup.reduce((sum, task) => sum + task.scalars.length / 32, 0);
    const multiplier = new FixedBaseMultiplier(curve, group, scalars);
    for (const task of ofGroup) points.set(task, multiplier.multiply(task.scalars));
  }
  process.send!(
    tasks.map((task) => points.get(task)!),
    () => {
      process.disconnect();
    },
  );
}
