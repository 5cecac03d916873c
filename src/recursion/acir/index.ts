// SPDX-License-Identifier: GPL-3.0-or-later
export { assertConverted } from "./assertConverted.ts";
export { type Conversion, convert, extendWitness } from "./convert.ts";
export { decodeProgram, encodeProgram, encodeWitness, readProgram, writeProgram } from "./encoding.ts";
export { assertSatisfied, residual, violatedOpcodes } from "./evaluate.ts";
export type { AssertZero, Opcode, Program, VerifyProof } from "./program.ts";
