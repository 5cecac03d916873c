// SPDX-License-Identifier: MIT
import type { Method } from "./method.ts";
import { METHODS } from "./methods.ts";

/** OpenRPC 1.3.2 (https://spec.open-rpc.org) of methods. */
export const openRpc = (version: string, more: readonly Method[] = []): Readonly<Record<string, unknown>> => ({
  openrpc: "1.3.2",
  info: {
    title: "Rollup node",
    version,
    description:
      "Amounts and nonces are decimal text, bytes are hex. An error with the code −32000 is a refusal; its data name the " +
      "code of the library's error.",
  },
  methods: [...METHODS, ...more].map(({ name, summary, parameters, result }) => ({
    ...{ name, summary, paramStructure: "either" },
    params: parameters.map((parameter) => ({
      ...{ name: parameter.name, description: parameter.description, required: true, schema: parameter.schema },
    })),
    result,
  })),
});
