// SPDX-License-Identifier: MIT
import type { JsonRpcProvider } from "ethers";

import type { WalletOptions } from "./arguments.ts";

/** A call of the wallet. */
export interface Call {
  readonly options: WalletOptions;
  /** Arguments behind the command's name. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  /** Those that were opened, by URL: they are closed when the call ends. */
  readonly providers: Map<string, JsonRpcProvider>;
}
