// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import { INativeBalances } from "../../../contracts/interfaces/INativeBalances.sol";
import { PoeTest } from "./PoeTest.sol";

contract NativeBalancesTest is PoeTest {
    function test_depositAndWithdraw() public {
        token.transfer(carol, 100);
        vm.startPrank(carol);
        token.approve(address(poe), 100);
        vm.expectEmit(address(poe));
        emit INativeBalances.Deposited(carol, 70);
        poe.deposit(70);
        assertEq(poe.balances(carol), 70);
        vm.expectEmit(address(poe));
        emit INativeBalances.Withdrawn(carol, 40);
        poe.withdraw(40);
        assertEq(poe.balances(carol), 30);
        assertEq(token.balanceOf(carol), 70);
        vm.expectRevert(abi.encodeWithSelector(INativeBalances.InsufficientBalance.selector, carol, 30, 31));
        poe.withdraw(31);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(poe), 30, 31));
        poe.deposit(31);
    }

    function test_escrowedMoneyCannotBeWithdrawn() public {
        fund(carol, FEE + uint256(BOND) + 7);
        sequence(carol, inputOf(1, 1));
        vm.startPrank(carol);
        vm.expectRevert(abi.encodeWithSelector(INativeBalances.InsufficientBalance.selector, carol, 7, 8));
        poe.withdraw(8);
        poe.withdraw(7);
    }

    function test_depositWithPermit() public {
        (address owner, uint8 v, bytes32 r, bytes32 s) = permit(100);
        vm.prank(owner);
        poe.depositWithPermit(100, START + 1, v, r, s);
        assertEq(poe.balances(owner), 100);
    }

    function test_permitUsedByAFrontRunnerStillDeposits() public {
        (address owner, uint8 v, bytes32 r, bytes32 s) = permit(100);
        vm.prank(dave);
        token.permit(owner, address(poe), 100, START + 1, v, r, s);
        vm.prank(owner);
        poe.depositWithPermit(100, START + 1, v, r, s);
        assertEq(poe.balances(owner), 100);
    }

    function test_permitOfSomebodyElseIsNoAllowance() public {
        (, uint8 v, bytes32 r, bytes32 s) = permit(100);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(poe), 0, 100));
        vm.prank(dave);
        poe.depositWithPermit(100, START + 1, v, r, s);
    }

    function permit(uint256 amount) private returns (address owner, uint8 v, bytes32 r, bytes32 s) {
        uint256 key = uint256(keccak256("owner"));
        owner = vm.addr(key);
        token.transfer(owner, amount);
        bytes32 typeHash = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, owner, address(poe), amount, 0, START + 1));
        (v, r, s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash)));
    }
}
