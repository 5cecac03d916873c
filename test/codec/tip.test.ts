// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { decodeTip, encodeTip, MAX_TIP, roundTipDown } from "../../src/codec/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { check, uint } from "../helpers/properties.ts";

/** The largest mantissa · 2^exponent not above `tip`, by trying every exponent. */
function roundDownNaively(tip: bigint): bigint {
  let best = 0n;
  for (let exponent = 0n; exponent < 64n; exponent++) {
    const mantissa = tip >> exponent;
    const candidate = (mantissa < 1n << 20n ? mantissa : (1n << 20n) - 1n) << exponent;
    best = candidate > best && candidate <= tip ? candidate : best;
  }
  return best;
}

describe("tip codec", () => {
  it("survives rounding, encoding and decoding", () => {
    check([uint(90)], (tip) => {
      const rounded = roundTipDown(tip);
      expect(decodeTip(encodeTip(rounded))).to.equal(rounded);
    });
  });

  it("rounds down to the nearest that can be encoded", () => {
    check([uint(90)], (tip) => {
      expect(roundTipDown(tip)).to.equal(roundDownNaively(tip));
    });
    for (const tip of [0n, 1n, (1n << 20n) - 1n, 1n << 20n, (1n << 20n) + 1n, MAX_TIP - 1n, MAX_TIP, MAX_TIP + 1n]) {
      expect(roundTipDown(tip)).to.equal(roundDownNaively(tip));
    }
  });

  it("encodes with the smallest exponent", () => {
    expect(encodeTip(0n)).to.deep.equal({ mantissa: 0n, exponent: 0n });
    expect(encodeTip((1n << 20n) - 1n)).to.deep.equal({ mantissa: (1n << 20n) - 1n, exponent: 0n });
    expect(encodeTip(1n << 20n)).to.deep.equal({ mantissa: 1n << 19n, exponent: 1n });
    expect(encodeTip(MAX_TIP)).to.deep.equal({ mantissa: (1n << 20n) - 1n, exponent: 63n });
  });

  it("keeps every tip below 2^83", () => {
    expect(MAX_TIP < 1n << 83n).to.equal(true);
    expect(decodeTip({ mantissa: (1n << 20n) - 1n, exponent: 63n })).to.equal(MAX_TIP);
  });

  it("refuses what cannot be represented", () => {
    for (const tip of [-1n, (1n << 20n) + 1n, MAX_TIP + 1n, 1n << 83n]) {
      expectError(() => encodeTip(tip), "TIP_NOT_REPRESENTABLE");
    }
    expectError(() => decodeTip({ mantissa: 1n << 20n, exponent: 0n }), "OUT_OF_RANGE");
    expectError(() => decodeTip({ mantissa: 0n, exponent: 64n }), "OUT_OF_RANGE");
  });
});
