// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { Vm } from "../helpers/Vm.sol";
import { RollupTest } from "./RollupTest.sol";
import { Deploy } from "../helpers/Deploy.sol";

contract RollupUnitTest is RollupTest {
    function test_deploymentState() public view {
        assertEq(rollup.CONSENSUS(), address(this));
        assertEq(rollup.stateRoot(), GENESIS);
        bytes32 tag = keccak256("DecentralisedSequencing.Domain.v1");
        uint256 domain = uint256(keccak256(abi.encode(tag, block.chainid, address(rollup)))) >> 8;
        assertEq(rollup.DOMAIN(), domain);
        assertEq(rollup.SLOTS(), SLOTS);
        assertEq(rollup.FORCED_DEADLINE(), DEADLINE);
        assertEq(rollup.FORCED_FEE_BASE(), FEE_BASE);
        assertEq(rollup.FORCED_FEE_STEP(), FEE_STEP);
        assertEq(rollup.TOKEN_FEE(), TOKEN_FEE);
    }

    function test_badParametersAreRefused() public {
        IRollup.CoreParameters memory params = parameters();
        expectInvalid("slots", 0, 0, params);
        expectInvalid("slots", 6, 6, params);
        expectInvalid("slots", 65536, 65536, params);
        params.forcedDeadline = 0;
        expectInvalid("forcedDeadline", 0, SLOTS, params);
        params.forcedDeadline = params.escapeDelay;
        expectInvalid("escapeDelay", params.escapeDelay, SLOTS, params);
        params.forcedDeadline = params.escapeDelay - 1;
        Deploy.rollup(GENESIS, SLOTS, params);
        params.enforcementVerifier = alice;
        expectInvalid("enforcementVerifier", uint160(alice), SLOTS, params);
    }

    function test_slotsAreAnyPowerOfTwo() public {
        assertEq(Deploy.rollup(GENESIS, 1, parameters()).SLOTS(), 1);
        assertEq(Deploy.rollup(GENESIS, 32768, parameters()).SLOTS(), 32768);
    }

    function test_onlyTheConsensusAdvances() public {
        IRollup.Transition memory transition;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotConsensus.selector, alice));
        rollup.advance(transition);
    }

    function test_advanceOnAnotherChainReverts() public {
        IRollup.Transition memory transition;
        uint256 home = this.chain();
        vm.chainId(home + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongChain.selector, home + 1, home));
        rollup.advance(transition);
    }

    function test_advanceWritesStateQueueAndCredits() public {
        queueExit(1);
        queueExit(2);
        IRollup.Payment[] memory payments = new IRollup.Payment[](3);
        payments[0] = IRollup.Payment(alice, 0, 5);
        payments[1] = IRollup.Payment(bob, 999, 0);
        payments[2] = IRollup.Payment(alice, 0, 1);
        vm.expectEmit(address(rollup));
        emit IRollup.StateAdvanced(77, 2);
        vm.expectEmit(address(rollup));
        emit ICustody.Credited(0, alice, 5);
        vm.expectEmit(address(rollup));
        emit ICustody.Credited(0, alice, 1);
        rollup.advance(IRollup.Transition(77, 2, 0, 0, payments));
        assertEq(rollup.stateRoot(), 77);
        assertEq(rollup.executedOperations(), 2);
        assertEq(rollup.credits(0, alice), 6);
        assertEq(rollup.credits(999, bob), 0);
    }

    function test_paymentOfNothingIsNoCredit() public {
        vm.recordLogs();
        pay(bob, 0, 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IRollup.StateAdvanced.selector);
    }

    function test_cannotExecuteWhatWasNotQueued() public {
        queueExit(1);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedOperationsMissing.selector, 2, 1));
        advance(1, 2);
        advance(1, 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedOperationsMissing.selector, 2, 1));
        advance(1, 1);
    }

    function test_plainEtherIsRefused() public {
        vm.prank(alice);
        (bool success, ) = address(rollup).call{ value: 1 }("");
        assertFalse(success);
    }

    function expectInvalid(
        string memory name,
        uint256 value,
        uint256 slots,
        IRollup.CoreParameters memory params
    ) private {
        vm.expectRevert(abi.encodeWithSelector(IRollup.InvalidParameter.selector, name, value));
        Deploy.rollup(GENESIS, slots, params);
    }
}
