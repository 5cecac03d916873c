// SPDX-License-Identifier: MIT

/** Whether tests run too that take too long for `npm test`: `npm run test:deep` sets `DEEP=1` for them. */
export const isDeep = process.env["DEEP"] === "1";
