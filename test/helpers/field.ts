// SPDX-License-Identifier: MIT
import { Field as createField } from "@noble/curves/abstract/modular";

import { P } from "../../src/field.ts";

/** Arithmetic modulo p. */
export const F = createField(P);
