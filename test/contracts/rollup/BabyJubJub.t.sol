// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BabyJubJub } from "../../../contracts/libraries/BabyJubJub.sol";
import { Test } from "../helpers/Test.sol";

contract BabyJubJubTest is Test {
    uint256 private constant P = BabyJubJub.FIELD;

    // Generator of the whole group (order 8·l) and of the subgroup (order l), from EIP-2494.
    uint256 private constant GX = 995203441582195749578291179787384436505546430278305826713579947235728471134;
    uint256 private constant GY = 5472060717959818805561601436314318772137091100104008585924551046643952123905;
    uint256 private constant BX = 5299619240641551281634865583518297030282874472190772894086521144482721001553;
    uint256 private constant BY = 16950150798460657717958625567821834550301663161624707787222815936182638968203;
    // A point of order 8: l·G. The other small-order points follow from it by symmetry.
    uint256 private constant TX = 4342719913949491028786768530115087822524712248835451589697801404893164183326;
    uint256 private constant TY = 4826523245007015323400664741523384119579596407052839571721035538011798951543;
    // A point of order 4: (1/√a, 0).
    uint256 private constant FX = 18930368022820495955728484915491405972470733850014661777449844430438130630919;
    // B8 + (TX, TY): of order 8·l.
    uint256 private constant MX = 5845166579569200966972132609691639579952028101807358156045022714880907396391;
    uint256 private constant MY = 1537524460233373063899210559633531107051259285422134200370172707854921979963;

    /// @dev External, so that a revert can be expected.
    function check(uint256 x, uint256 y) external pure {
        BabyJubJub.requireValidKey(x, y);
    }

    function test_acceptsPointsOfLargeOrder() public view {
        this.check(GX, GY);
        this.check(BX, BY);
        this.check(MX, MY);
        this.check(P - BX, BY);
        this.check(P - BX, P - BY); // -B8 + (0, -1)
    }

    function test_rejectsAllEightPointsOfSmallOrder() public {
        expectSmallOrder(0, 1);
        expectSmallOrder(0, P - 1);
        expectSmallOrder(FX, 0);
        expectSmallOrder(P - FX, 0);
        expectSmallOrder(TX, TY);
        expectSmallOrder(TX, P - TY);
        expectSmallOrder(P - TX, TY);
        expectSmallOrder(P - TX, P - TY);
    }

    function test_rejectsOtherRepresentatives() public {
        expectNotCanonical(BX + P, BY);
        expectNotCanonical(BX, BY + P);
        expectNotCanonical(FX, P);
        expectNotCanonical(P, 1);
        expectNotCanonical(0, type(uint256).max);
    }

    function testFuzz_rejectsPointsOffTheCurve(uint256 x, uint256 y) public {
        (x, y) = (x % P, y % P);
        uint256 xx = mulmod(x, x, P);
        uint256 yy = mulmod(y, y, P);
        vm.assume(addmod(mulmod(168700, xx, P), yy, P) != addmod(1, mulmod(168696, mulmod(xx, yy, P), P), P));
        vm.expectRevert(abi.encodeWithSelector(BabyJubJub.KeyNotOnCurve.selector, x, y));
        this.check(x, y);
    }

    function test_rejectsNeighbourOfAPoint() public {
        vm.expectRevert(abi.encodeWithSelector(BabyJubJub.KeyNotOnCurve.selector, BX + 1, BY));
        this.check(BX + 1, BY);
    }

    function expectSmallOrder(uint256 x, uint256 y) private {
        vm.expectRevert(abi.encodeWithSelector(BabyJubJub.KeyOfSmallOrder.selector, x, y));
        this.check(x, y);
    }

    function expectNotCanonical(uint256 x, uint256 y) private {
        vm.expectRevert(abi.encodeWithSelector(BabyJubJub.KeyNotCanonical.selector, x, y));
        this.check(x, y);
    }
}
