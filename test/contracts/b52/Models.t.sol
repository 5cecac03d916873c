// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { ud } from "@prb/math/src/UD60x18.sol";

import { Math as Model } from "../../formal/models/Math.sol";
import { Test } from "../helpers/Test.sol";

/// @notice Compares the models that SMTChecker reads with OpenZeppelin's and PRBMath's code, which they stand for.
contract ModelsTest is Test {
    function testFuzz_choices(uint256 a, uint256 b) public pure {
        assertEq(Model.min(a, b), Math.min(a, b));
        assertEq(Model.max(a, b), Math.max(a, b));
        assertEq(Model.saturatingSub(a, b), Math.saturatingSub(a, b));
    }

    function testFuzz_ceilDiv(uint256 a, uint256 b) public pure {
        b = bound(b, 1, type(uint256).max);
        assertEq(Model.ceilDiv(a, b), Math.ceilDiv(a, b));
    }

    function testFuzz_mulDiv(uint256 x, uint256 y, uint256 denominator) public pure {
        (x, y) = (bound(x, 0, type(uint128).max), bound(y, 0, type(uint128).max));
        denominator = bound(denominator, 1, type(uint128).max);
        assertEq(Model.mulDiv(x, y, denominator), Math.mulDiv(x, y, denominator));
        assertEq(
            Model.mulDiv(x, y, denominator, Model.Rounding.Ceil),
            Math.mulDiv(x, y, denominator, Math.Rounding.Ceil)
        );
    }

    function testFuzz_exp2(uint256 x) public pure {
        uint256 result = ud(bound(x, 0, 96e18 - 1)).exp2().unwrap();
        assertTrue(result >= 1e18 && result <= 2 ** 96 * 1e18);
    }

    function test_exp2_ends() public pure {
        assertEq(ud(0).exp2().unwrap(), 1e18);
        assertTrue(ud(96e18 - 1).exp2().unwrap() <= 2 ** 96 * 1e18);
    }
}
