// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

/** A proof that `npm run test:deep -- --only recursion` made and compares with today's keys; `UPDATE_SNAPSHOTS=1` writes it. */
export const JOINT_FIXTURE = join(PROJECT_ROOT, "test", "verification", "fixtures", "joint.json");

export interface JointFixture {
  /** Creation code of the contract that bb writes. */
  readonly honkCode: string;
  readonly nodeKeyHash: string;
  /** Of three leaves. */
  readonly statements: string;
  readonly proof: string;
}
