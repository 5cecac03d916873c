// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { FalseToken } from "../../../contracts/mocks/FalseToken.sol";
import { FeeOnTransferToken } from "../../../contracts/mocks/FeeOnTransferToken.sol";
import { MockToken } from "../../../contracts/mocks/MockToken.sol";
import { Reentrant } from "../../../contracts/mocks/Reentrant.sol";
import { RollupTest } from "./RollupTest.sol";

contract CustodyTest is RollupTest {
    // ─── Registry ────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_idsAreSequential() public {
        assertEq(rollup.tokenCount(), 1);
        for (uint16 i = 1; i < 4; ++i) {
            MockToken token = new MockToken();
            vm.expectEmit(address(rollup));
            emit ICustody.TokenRegistered(i, address(token));
            assertEq(register(address(token)), i);
            assertEq(rollup.tokenAddress(i), address(token));
            assertEq(rollup.tokenId(address(token)), i);
        }
        assertEq(rollup.tokenCount(), 4);
    }

    function test_feeIsBurnedAndSurplusReturned() public {
        MockToken token = new MockToken();
        uint256 burned = address(0).balance;
        uint256 before = alice.balance;
        vm.prank(alice);
        rollup.registerToken{ value: 1 ether }(address(token));
        assertEq(before - alice.balance, TOKEN_FEE);
        assertEq(address(0).balance - burned, TOKEN_FEE);
        assertEq(address(rollup).balance, 0);
    }

    function test_registrationErrors() public {
        MockToken token = new MockToken();
        register(address(token));
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TokenAlreadyRegistered.selector, address(token), 1));
        rollup.registerToken{ value: TOKEN_FEE }(address(token));
        vm.expectRevert(abi.encodeWithSelector(ICustody.TokenWithoutCode.selector, bob));
        rollup.registerToken{ value: TOKEN_FEE }(bob);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InsufficientValue.selector, TOKEN_FEE - 1, TOKEN_FEE));
        rollup.registerToken{ value: TOKEN_FEE - 1 }(address(rollup));
    }

    function test_idsEndAt65535() public {
        // Slot 0 of the core is the number of tokens; the assertion makes sure of it.
        vm.store(address(rollup), 0, bytes32(uint256(65535)));
        assertEq(rollup.tokenCount(), 65535);
        assertEq(register(address(new MockToken())), 65535);
        MockToken token = new MockToken();
        vm.deal(alice, TOKEN_FEE);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooManyTokens.selector, 65535));
        rollup.registerToken{ value: TOKEN_FEE }(address(token));
    }

    // ─── Credits ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_withdrawPaysEverythingOnce() public {
        vm.deal(address(rollup), 10 ether);
        pay(alice, 0, 2 ether);
        pay(alice, 0, 1 ether);
        assertEq(rollup.credits(0, alice), 3 ether);
        uint256 before = alice.balance;
        vm.expectEmit(address(rollup));
        emit ICustody.CreditWithdrawn(0, alice, 3 ether);
        vm.prank(alice);
        assertEq(rollup.withdraw(0), 3 ether);
        assertEq(alice.balance - before, 3 ether);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingToWithdraw.selector, 0, alice));
        rollup.withdraw(0);
    }

    /// @dev All of it is paid, down to the last unit, each time; and where nothing was credited nothing is kept.
    function testFuzz_everyUnitIsPaidAgainAndAgain(uint128[5] memory amounts, uint8 calls) public {
        vm.deal(address(rollup), type(uint136).max);
        uint256 owed;
        uint256 paid = alice.balance;
        for (uint256 i = 0; i < 5; ++i) {
            uint256 amount = amounts[i] % 4 == 0 ? amounts[i] % 3 : amounts[i];
            pay(alice, 0, amount);
            owed += amount;
            assertEq(rollup.credits(0, alice), owed);
            if ((calls >> i) & 1 == 0) continue;
            vm.prank(alice);
            if (owed == 0) {
                vm.expectRevert(abi.encodeWithSelector(ICustody.NothingToWithdraw.selector, 0, alice));
                rollup.withdraw(0);
            } else assertEq(rollup.withdraw(0), owed);
            paid += owed;
            owed = 0;
            assertEq(rollup.credits(0, alice), 0);
            assertEq(alice.balance, paid);
        }
    }

    function test_creditOfNothingIsNoCredit() public {
        pay(alice, 0, 0);
        assertEq(rollup.credits(0, alice), 0);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingToWithdraw.selector, 0, alice));
        rollup.withdraw(0);
    }

    function test_withdrawErc20() public {
        MockToken token = new MockToken();
        uint16 id = register(address(token));
        token.mint(address(rollup), 500);
        pay(alice, id, 500);
        vm.prank(alice);
        rollup.withdraw(id);
        assertEq(token.balanceOf(alice), 500);
    }

    function test_reenteringWithdrawPaysNothingMore() public {
        Reentrant thief = new Reentrant();
        vm.deal(address(rollup), 10 ether);
        pay(address(thief), 0, 1 ether);
        thief.arm(address(rollup), abi.encodeCall(rollup.withdraw, (0)));
        thief.execute(address(rollup), abi.encodeCall(rollup.withdraw, (0)));
        assertTrue(thief.reentered());
        assertFalse(thief.succeeded());
        assertEq(thief.answer(), abi.encodeWithSelector(ICustody.NothingToWithdraw.selector, 0, address(thief)));
        assertEq(address(thief).balance, 1 ether);
    }

    function test_refusingReceiverKeepsItsCredit() public {
        Reentrant user = new Reentrant();
        user.setRefuses(true);
        vm.deal(address(rollup), 10 ether);
        pay(address(user), 0, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(ICustody.EtherTransferFailed.selector, address(user), 1 ether));
        user.execute(address(rollup), abi.encodeCall(rollup.withdraw, (0)));
        assertEq(rollup.credits(0, address(user)), 1 ether);
        user.setRefuses(false);
        user.execute(address(rollup), abi.encodeCall(rollup.withdraw, (0)));
        assertEq(address(user).balance, 1 ether);
    }

    function test_tokenThatReturnsFalseKeepsTheCredit() public {
        FalseToken token = new FalseToken();
        uint16 id = register(address(token));
        token.mint(address(rollup), 500);
        token.setRefuses(true);
        pay(alice, id, 500);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        rollup.withdraw(id);
        assertEq(rollup.credits(id, alice), 500);
    }

    /// @dev A token that calls the core back from inside its transfer finds the credit gone.
    function test_hostileTokenCannotReenterWithdraw() public {
        FeeOnTransferToken token = new FeeOnTransferToken();
        uint16 id = register(address(token));
        token.mint(address(rollup), 1000);
        pay(alice, id, 500);
        // The token's callback goes to the sender of the transfer, the core, which has no such function: only this
        // fails.
        vm.prank(address(rollup));
        token.setCallback(true);
        vm.prank(alice);
        vm.expectRevert();
        rollup.withdraw(id);
        assertEq(rollup.credits(id, alice), 500);
    }

    function test_creditInUnknownTokenIsNotPaid() public {
        pay(alice, 999, 5);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICustody.UnknownToken.selector, 999));
        rollup.withdraw(999);
    }

    function test_everythingStopsOnAnotherChain() public {
        vm.deal(address(rollup), 1 ether);
        pay(alice, 0, 1 ether);
        MockToken token = new MockToken();
        uint256 home = this.chain();
        vm.chainId(home + 1);
        bytes memory wrong = abi.encodeWithSelector(ICustody.WrongChain.selector, home + 1, home);
        vm.startPrank(alice);
        vm.expectRevert(wrong);
        rollup.withdraw(0);
        vm.expectRevert(wrong);
        rollup.registerToken{ value: TOKEN_FEE }(address(token));
    }

    receive() external payable {}
}
