// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import { NativeToken } from "../../../contracts/token/NativeToken.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { Test } from "../helpers/Test.sol";

contract NativeTokenTest is Test {
    NativeToken private token;
    address private holder = makeAddr("holder");

    function setUp() public {
        token = Deploy.nativeToken(1_000, holder);
    }

    function test_supplyIsMintedOnceToTheHolder() public view {
        assertEq(token.totalSupply(), 1_000);
        assertEq(token.balanceOf(holder), 1_000);
        assertEq(token.decimals(), 18);
        assertEq(token.name(), "Native");
        assertEq(token.symbol(), "NTV");
    }

    function test_holdersBurnTheirOwn() public {
        vm.prank(holder);
        token.burn(400);
        assertEq(token.totalSupply(), 600);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(this), 0, 1));
        token.burnFrom(holder, 1);
    }
}
