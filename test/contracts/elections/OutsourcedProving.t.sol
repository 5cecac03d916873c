// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { OutsourcedProving } from "../../../contracts/elections/OutsourcedProving.sol";
import { EpochClock } from "../../../contracts/elections/parts/EpochClock.sol";
import { IOutsourcedProving } from "../../../contracts/interfaces/IOutsourcedProving.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { ISelector, Role } from "../../../contracts/interfaces/ISelector.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { ElectionUnderPoe } from "./ElectionUnderPoe.sol";

/// @notice Runs Proof of Efficiency with provers that are drawn for ranges of two batches.
contract OutsourcedProvingTest is ElectionUnderPoe {
    uint96 private constant DEPOSIT = 20_000 ether;
    uint96 private constant FINE = 500 ether;

    OutsourcedProving private rolling;

    function createElection() internal override returns (ISelector) {
        IOutsourcedProving.ProvingTerms memory terms = IOutsourcedProving.ProvingTerms({
            minDeposit: 2_000 ether,
            cap: DEPOSIT,
            fine: FINE,
            reportRate: 1_000,
            reputationStep: 5,
            rangeBatches: 2,
            provingTime: 15 minutes,
            opensAfter: 30 minutes
        });
        EpochClock.ClockParameters memory clock = EpochClock.ClockParameters({ slotBlocks: 50, epochSlots: 32 });
        bytes memory arguments = abi.encode(token, clock, terms);
        rolling = OutsourcedProving(Deploy.create("OutsourcedProving.sol:OutsourcedProving", arguments));
        return rolling;
    }

    function elect(address, address aggregator) internal override {
        join(aggregator, 1);
        convene();
    }

    // ─── The role of an aggregator ───────────────────────────────────────────────────────────────────────────────────

    function test_theRollerAloneProvesUntilItIsLate() public {
        elect(alice, bob);
        sequence(alice, inputOf(1, 1));
        wait(15 minutes);
        expectRefused(stranger, Role.Aggregator);
        wait(BLOCK_TIME);
        assertTrue(poe.isAllowed(stranger, Role.Aggregator));
        verify(stranger, 1, 1);
        assertEq(rolling.rollerOf(1).deposit, DEPOSIT - FINE);
        assertEq(rolling.balances(stranger), FINE / 10);
    }

    function test_aWholeRangeRaisesTheReputation() public {
        elect(alice, bob);
        sequence(alice, inputOf(1, 1));
        sequence(alice, inputOf(1, 2));
        verify(bob, 1, 1);
        assertEq(rolling.rollerOf(1).reputation, 100);
        verify(bob, 2, 2);
        assertEq(rolling.rollerOf(1).reputation, 105);
    }

    /// @dev The batch is not sequenced when the election is asked: it has no time yet, and is not late.
    function test_aRollerPostsAndProvesInOneCallAndOthersDoNot() public {
        elect(alice, bob);
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(1, 1));
        uint256 timestamp = this.clock();
        uint256 snapshot = vm.snapshotState();
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(stranger, inputs);
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.NotAllowed.selector, stranger, Role.Aggregator));
        vm.prank(stranger, stranger);
        poe.sequenceAndVerify(inputs, timestamp, 0, 1, proofs);
        vm.revertToState(snapshot);
        proofs = proveOwn(bob, inputs);
        vm.prank(bob, bob);
        poe.sequenceAndVerify(inputs, timestamp, 0, 1, proofs);
        assertEq(poe.verifiedBatches(), 1);
        assertEq(rolling.rollerOf(1).deposit, DEPOSIT);
    }

    /// @dev A whole range, which no other party could prove.
    function test_aRangeThatIsPostedAndProvenInOneCallIsNoService() public {
        elect(alice, bob);
        IProofOfEfficiency.BatchInput[] memory inputs = new IProofOfEfficiency.BatchInput[](2);
        (inputs[0], inputs[1]) = (inputOf(1, 1), inputOf(1, 2));
        uint256 timestamp = this.clock();
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(bob, inputs);
        vm.prank(bob, bob);
        poe.sequenceAndVerify(inputs, timestamp, 0, 1, proofs);
        assertEq(poe.verifiedBatches(), 2);
        assertEq(rolling.rollerOf(1).reputation, 100);
        assertEq(rolling.due().next, 3);
    }

    /// @dev Once the consensus has opened the role, the election hears of proofs, and fines the roller all the same.
    function test_aLateRollerIsFinedAfterTheRoleIsOpen() public {
        elect(alice, bob);
        sequence(alice, inputOf(1, 1));
        becomeOpen(Role.Aggregator);
        verify(stranger, 1, 1);
        assertEq(rolling.rollerOf(1).deposit, DEPOSIT - FINE);
        assertEq(rolling.rollerOf(1).misses, 1);
        assertEq(rolling.due().next, 2);
    }

    /// @dev Nobody proves while the rollup is frozen, so nobody is late.
    function test_nobodyIsFinedAfterAFreeze() public {
        elect(alice, bob);
        queueExit(user, 5);
        sequence(alice, inputOf(1, 1));
        wait(ESCAPE_DELAY + BLOCK_TIME);
        rollup.freeze();
        vm.expectRevert(abi.encodeWithSelector(IOutsourcedProving.NothingDue.selector, 1));
        rolling.report();
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function proveOwn(
        address owner,
        IProofOfEfficiency.BatchInput[] memory inputs
    ) private returns (IProofOfEfficiency.BatchProof[] memory) {
        for (uint256 i = 0; i < inputs.length; ++i) recordAt(owner, inputs[i], 0, 0, this.clock());
        return prove(owner, 1, postedCount);
    }

    function join(address account, uint256 id) private {
        token.transfer(account, DEPOSIT);
        vm.startPrank(account);
        token.approve(address(rolling), DEPOSIT);
        rolling.deposit(DEPOSIT);
        rolling.join(id, DEPOSIT);
        vm.stopPrank();
    }

    function convene() private {
        uint256 epoch = rolling.currentEpoch() + 1;
        reach(rolling.seedBlock(epoch));
        vm.prevrandao(keccak256("seed"));
        rolling.seal();
        reach(rolling.epochStart(epoch));
        rolling.convene();
    }

    function reach(uint256 target) private {
        wait((target - this.height()) * BLOCK_TIME);
    }
}
