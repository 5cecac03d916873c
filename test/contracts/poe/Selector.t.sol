// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { PairedElection } from "../../../contracts/elections/PairedElection.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { ISelector, Role, RoleTerms } from "../../../contracts/interfaces/ISelector.sol";
import { HostileSelector } from "../../../contracts/mocks/HostileSelector.sol";
import { MockSelector } from "../../../contracts/mocks/MockSelector.sol";
import { CoreCode } from "../helpers/CoreCode.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { PoeModel } from "./PoeModel.sol";

/// @notice A selector decides who may act, and cannot stop the consensus (docs/adr/0071).
contract SelectorTest is PoeModel {
    uint32 private constant OPENS_AFTER = 1 days; // the role of a sequencer
    uint32 private constant PROVING_OPENS_AFTER = 30 minutes;
    uint256 private constant LEAST_TOLD = 498_000; // of 500,000; the rest is the selector's dispatch

    address private alice = makeAddr("alice");
    address private bob = makeAddr("bob");
    address private carol = makeAddr("carol");
    MockSelector private mock;
    HostileSelector private hostile;

    function setUp() public {
        mock = new MockSelector();
        hostile = new HostileSelector();
    }

    // ─── What a selector is asked and told ───────────────────────────────────────────────────────────────────────────

    function test_asksAboutBatches() public {
        begin(mock);
        mock.choose(Role.Sequencer, alice);
        IProofOfEfficiency.BatchInput[] memory inputs = new IProofOfEfficiency.BatchInput[](2);
        (inputs[0], inputs[1]) = (inputOf(LEAF_BYTES + 1, 1), inputOf(1, 2));
        for (uint256 i = 0; i < 2; ++i) record(alice, inputs[i], FEE);
        vm.prank(alice, alice);
        poe.sequence(inputs, FEE, 0);
        expectCalled(0, alice, Role.Sequencer, 1, 2, 3);
        sequence(alice, inputOf(0, 3));
        expectCalled(1, alice, Role.Sequencer, 3, 3, 1);
        assertEq(mock.callCount(), 2);
    }

    function test_asksAboutTheBatchesThatAProofProvesFirst() public {
        begin(mock);
        mock.choose(Role.Sequencer, alice);
        mock.choose(Role.Aggregator, carol);
        for (uint256 i = 1; i <= 3; ++i) sequence(alice, inputOf(1, i));
        verify(carol, 1, 1);
        expectCalled(3, carol, Role.Aggregator, 1, 1, 1);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 3);
        vm.prank(carol);
        poe.verify(1, proofs);
        expectCalled(4, carol, Role.Aggregator, 2, 3, 2);
    }

    function test_asksInBothRolesBeforePostAndProve() public {
        begin(mock);
        mock.choose(Role.Sequencer, alice);
        sequence(alice, inputOf(1, 1));
        mock.choose(Role.Aggregator, alice);
        postAndProve(alice, 2);
        expectCalled(1, alice, Role.Sequencer, 2, 2, 1);
        expectCalled(2, alice, Role.Aggregator, 1, 2, 1); // one leaf waited, and paid a fee
    }

    /// @dev `verify` rejects these ranges, whatever the selector was told of them.
    function test_rangesThatWrapAreRejectedByName() public {
        begin(mock);
        mock.choose(Role.Aggregator, carol);
        uint256 most = type(uint256).max;
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.WrongFirstBatch.selector, most, 1));
        vm.prank(carol);
        poe.verify(most, new IProofOfEfficiency.BatchProof[](2));
        vm.expectRevert(IProofOfEfficiency.NoBatches.selector);
        vm.prank(carol);
        poe.verify(0, new IProofOfEfficiency.BatchProof[](0));
    }

    function test_tellsASelectorThatHears() public {
        begin(mock);
        vm.warp(START + OPENS_AFTER);
        sequence(bob, inputOf(1, 1));
        expectCalled(0, bob, Role.Sequencer, 1, 1, 1);
        vm.warp(START + OPENS_AFTER + PROVING_OPENS_AFTER);
        verify(carol, 1, 1);
        expectCalled(1, carol, Role.Aggregator, 1, 1, 1);
    }

    function test_doesNotTellASelectorThatDoesNotHear() public {
        mock.setTerms(Role.Sequencer, RoleTerms(OPENS_AFTER, false));
        mock.setTerms(Role.Aggregator, RoleTerms(0, false));
        begin(mock);
        mock.choose(Role.Sequencer, alice);
        sequence(alice, inputOf(1, 1));
        assertEq(mock.callCount(), 1);
        vm.warp(START + OPENS_AFTER);
        sequence(bob, inputOf(1, 2));
        verify(carol, 1, 2);
        assertEq(mock.callCount(), 1);
    }

    // ─── When a role opens ───────────────────────────────────────────────────────────────────────────────────────────

    function test_sequencersAreSilentSinceTheLastBatch() public {
        begin(mock);
        assertEq(poe.opensAt(Role.Sequencer), START + OPENS_AFTER);
        mock.choose(Role.Sequencer, alice);
        vm.warp(START + 1 hours);
        sequence(alice, inputOf(1, 1));
        assertEq(poe.opensAt(Role.Sequencer), START + 1 hours + OPENS_AFTER);
        vm.warp(START + 1 hours + OPENS_AFTER - 1);
        expectRefused(bob, Role.Sequencer);
        assertFalse(poe.isAllowed(bob, Role.Sequencer));
        vm.warp(START + 1 hours + OPENS_AFTER);
        assertTrue(poe.isAllowed(bob, Role.Sequencer));
        sequence(bob, inputOf(1, 2));
        expectRefused(bob, Role.Sequencer);
        assertTrue(poe.isAllowed(alice, Role.Sequencer));
        sequence(alice, inputOf(1, 3));
    }

    function test_aggregatorsAreSilentSinceTheOldestUnprovenBatch() public {
        begin(mock);
        assertEq(poe.opensAt(Role.Aggregator), type(uint256).max, "nothing to prove");
        mock.choose(Role.Sequencer, alice);
        mock.choose(Role.Aggregator, carol);
        sequence(alice, inputOf(1, 1));
        vm.warp(START + 10 minutes);
        sequence(alice, inputOf(1, 2));
        assertEq(poe.opensAt(Role.Aggregator), START + PROVING_OPENS_AFTER);
        vm.warp(START + 20 minutes);
        verify(carol, 1, 1);
        assertEq(poe.opensAt(Role.Aggregator), START + 10 minutes + PROVING_OPENS_AFTER, "since the second batch");
        vm.warp(START + 10 minutes + PROVING_OPENS_AFTER - 1);
        expectRefused(bob, Role.Aggregator);
        assertFalse(poe.isAllowed(bob, Role.Aggregator));
        vm.warp(START + 10 minutes + PROVING_OPENS_AFTER);
        assertTrue(poe.isAllowed(bob, Role.Aggregator));
        verify(bob, 2, 2);
    }

    /// @dev An elected sequencer that posts one leaf before each silence ends takes four operations with it. Once the
    ///      oldest one that is left is overdue for the same time, everybody may take the rest.
    function test_anOverdueOperationOpensTheRoleOfASequencer() public {
        begin(mock);
        mock.choose(Role.Sequencer, alice);
        for (uint32 i = 1; i <= 28; ++i) queueExit(bob, i);
        uint256 overdue = START + DEADLINE;
        vm.warp(overdue - 1);
        sequence(alice, inputOf(1, 1));
        vm.warp(overdue + OPENS_AFTER - 2);
        sequence(alice, forcedInput(1, 4, 0));
        assertEq(poe.opensAt(Role.Sequencer), overdue + OPENS_AFTER, "of the operations");
        vm.warp(overdue + OPENS_AFTER - 1);
        assertFalse(poe.isAllowed(bob, Role.Sequencer));
        expectRefused(bob, Role.Sequencer);
        vm.warp(overdue + OPENS_AFTER);
        assertTrue(poe.isAllowed(bob, Role.Sequencer));
        sequence(bob, forcedInput(5, 20, 0));
        assertTrue(poe.isAllowed(bob, Role.Sequencer), "four are left");
        sequence(bob, forcedInput(25, 4, 0));
        assertFalse(poe.isAllowed(bob, Role.Sequencer));
        assertEq(poe.opensAt(Role.Sequencer), overdue + 2 * uint256(OPENS_AFTER), "of the last batch");
    }

    /// @dev The worst case: the elected sequencer fills the ring with the last batches that may leave the operation
    ///      out; the elected aggregator is silent; the sequencer is; and the aggregator is once more.
    function test_silenceOfBothDoesNotFreezeTheRollup() public {
        uint32 rest = ESCAPE_DELAY - DEADLINE - 2 * TARGET - DOUBLING;
        mock.setTerms(Role.Sequencer, RoleTerms(rest - 2 * PROVING_OPENS_AFTER, true));
        begin(mock);
        mock.choose(Role.Sequencer, alice);
        queueExit(bob, 5);
        vm.warp(START + DEADLINE);
        sequence(alice, inputOf(MAX_LEAVES * LEAF_BYTES, 1));
        sequence(alice, inputOf(MAX_LEAVES * LEAF_BYTES, 2));
        assertEq(poe.pendingLeaves(), MAX_PENDING);
        vm.warp(poe.opensAt(Role.Aggregator));
        verify(bob, 1, 2);
        vm.warp(poe.opensAt(Role.Sequencer));
        assertEq(this.clock(), START + DEADLINE + rest - 2 * PROVING_OPENS_AFTER);
        sequence(bob, forcedInput(1, 1, 0));
        vm.warp(poe.opensAt(Role.Aggregator));
        verify(bob, 3, 3);
        assertEq(rollup.executedOperations(), 1);
        assertEq(this.clock() + PROVING_OPENS_AFTER + 2 * TARGET + DOUBLING, START + ESCAPE_DELAY);
    }

    /// @dev So an elected aggregator does not wait for a higher fee: others may prove before it rises.
    function test_theFeeDoesNotRiseWhileOnlyTheElectedMayProve() public {
        begin(mock);
        mock.choose(Role.Sequencer, alice);
        sequence(alice, inputOf(1, 1));
        vm.warp(poe.opensAt(Role.Aggregator));
        assertLe(poe.batchFee(), FEE);
        verify(bob, 1, 1);
    }

    /// @dev Its headers may be an hour old. The elected sequencer closes the role again with one batch of its own.
    function test_aStrangerWithOldHeadersHoldsTheRoleForNoLongerThanTheElectedWants() public {
        begin(mock);
        mock.choose(Role.Sequencer, alice);
        vm.warp(START + OPENS_AFTER);
        mock.choose(Role.Aggregator, bob);
        postAndProve(bob, 1); // with the oldest header
        assertEq(poe.opensAt(Role.Sequencer), START + 2 * OPENS_AFTER - 1 hours);
        sequence(alice, inputOf(1, 2));
        assertEq(poe.opensAt(Role.Sequencer), START + 2 * OPENS_AFTER);
    }

    function test_rolesWithoutTermsAreOpen() public {
        mock.setTerms(Role.Sequencer, RoleTerms(0, false));
        mock.setTerms(Role.Aggregator, RoleTerms(0, true));
        begin(mock);
        assertEq(poe.opensAt(Role.Sequencer), 0);
        assertEq(poe.opensAt(Role.Aggregator), 0);
        sequence(bob, inputOf(1, 1));
        assertEq(mock.callCount(), 0);
        verify(carol, 1, 1);
        expectCalled(0, carol, Role.Aggregator, 1, 1, 1);
    }

    function test_withoutASelectorEverybodyHasBothRoles() public {
        deploy(ISelector(address(0)));
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(poe.opensAt(Role(i)), 0);
            assertTrue(poe.isAllowed(bob, Role(i)));
            assertEq(poe.termsOf(Role(i)).opensAfter, 0);
            assertFalse(poe.termsOf(Role(i)).isHeard);
        }
    }

    // ─── Hostile selectors ───────────────────────────────────────────────────────────────────────────────────────────

    function test_noSelectorStopsSequencers() public {
        begin(hostile);
        uint256 opensAt = START;
        for (uint256 i = 0; i < hostile.REFUSALS(); ++i) {
            hostile.behave(HostileSelector.Behaviour(i));
            opensAt += OPENS_AFTER;
            vm.warp(opensAt - 1);
            expectRefused(bob, Role.Sequencer);
            vm.warp(opensAt);
            sequence(bob, inputOf(1, i));
        }
        assertEq(poe.sequencedBatches(), hostile.REFUSALS());
    }

    function test_noSelectorStopsAggregators() public {
        begin(hostile);
        uint256 now_ = START;
        for (uint256 i = 0; i < hostile.REFUSALS(); ++i) {
            hostile.behave(HostileSelector.Behaviour(i));
            now_ += OPENS_AFTER;
            vm.warp(now_);
            sequence(bob, inputOf(1, i));
            now_ += PROVING_OPENS_AFTER;
            vm.warp(now_ - 1);
            expectRefused(carol, Role.Aggregator);
            vm.warp(now_);
            verify(carol, i + 1, i + 1);
        }
        assertEq(poe.verifiedBatches(), hostile.REFUSALS());
    }

    function test_noSelectorStopsPostAndProve() public {
        begin(hostile);
        uint256 now_ = START;
        for (uint256 i = 0; i < hostile.REFUSALS(); ++i) {
            hostile.behave(HostileSelector.Behaviour(i));
            now_ += OPENS_AFTER;
            vm.warp(now_);
            sequence(bob, inputOf(1, i)); // the aggregator's role opens only for a batch that waits
            now_ += OPENS_AFTER;
            vm.warp(now_);
            postAndProve(bob, i);
        }
        assertEq(poe.verifiedBatches(), 2 * hostile.REFUSALS());
    }

    /// @dev The state is read afterwards, so the outer batch builds on the inner one.
    function test_aSelectorThatPostsABatchItselfPostsItFirst() public {
        begin(hostile);
        fund(address(hostile), 1_000 ether);
        IProofOfEfficiency.BatchInput memory inner = inputOf(1, 1);
        hostile.arm(address(poe), abi.encodeCall(IProofOfEfficiency.sequence, (one(inner), FEE, 0)));
        record(address(hostile), inner, FEE);
        IProofOfEfficiency.BatchInput memory outer = inputOf(1, 2);
        record(alice, outer, FEE);
        vm.prank(alice, alice);
        poe.sequence(one(outer), FEE, 0);
        assertTrue(hostile.calledBack());
        assertEq(poe.sequencedBatches(), 2);
        (bytes27 accumulator, ) = poe.batchEntry(2);
        assertEq(bytes32(accumulator), bytes32(bytes27(posted[2].accumulator)));
        assertEq(poe.balances(address(hostile)), 1_000 ether - FEE - BOND);
    }

    function test_aSelectorThatPostsABatchItselfFailsTheCallThatNamesItsPredecessor() public {
        begin(hostile);
        fund(address(hostile), 1_000 ether);
        (bytes27 previous, ) = poe.batchEntry(0);
        IProofOfEfficiency.BatchInput memory inner = inputOf(1, 1);
        hostile.arm(address(poe), abi.encodeCall(IProofOfEfficiency.sequence, (one(inner), FEE, 0)));
        record(address(hostile), inner, FEE);
        bytes27 after_ = bytes27(posted[1].accumulator);
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.UnexpectedPrevious.selector, after_, previous));
        vm.prank(alice, alice);
        poe.sequence(one(inputOf(1, 2)), FEE, previous);
        assertEq(poe.sequencedBatches(), 0);
    }

    /// @dev The selector proves the batch before the caller does. The caller's proof of both counts for the second one.
    function test_aSelectorThatProvesABatchItselfProvesItFirst() public {
        begin(hostile);
        hostile.behave(HostileSelector.Behaviour.CallsBack);
        sequence(bob, inputOf(1, 1));
        sequence(bob, inputOf(1, 2));
        IProofOfEfficiency.BatchProof[] memory inner = prove(address(hostile), 1, 1);
        IProofOfEfficiency.BatchProof[] memory outer = prove(carol, 1, 2);
        hostile.arm(address(poe), abi.encodeCall(IProofOfEfficiency.verify, (1, inner)));
        vm.prank(carol);
        poe.verify(1, outer);
        assertTrue(hostile.calledBack());
        assertEq(poe.verifiedBatches(), 2);
        assertEq(poe.balances(address(hostile)), posted[1].record.fee);
        assertEq(poe.balances(carol), posted[2].record.fee);
    }

    /// @dev With what it is told it could not tell itself once more, so there is no recursion.
    function test_aSelectorThatIsOnlyToldCannotPostInTheCall() public {
        begin(hostile);
        fund(address(hostile), 1_000 ether);
        hostile.arm(address(poe), abi.encodeCall(IProofOfEfficiency.sequence, (one(inputOf(1, 1)), FEE, 0)));
        vm.warp(START + OPENS_AFTER);
        sequence(bob, inputOf(1, 2));
        assertFalse(hostile.calledBack());
        assertEq(poe.sequencedBatches(), 1);
    }

    /// @dev Of all that a caller gives, a selector that burns gas gets a million.
    function test_aRefusalCostsAMillionGasAtMost() public {
        begin(hostile);
        hostile.behave(HostileSelector.Behaviour.BurnsAllGas);
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(1, 1));
        uint256 gas = gasleft();
        vm.prank(bob, bob);
        bool isRefused;
        try poe.sequence{ gas: 10_000_000 }(inputs, type(uint256).max, 0) {
            isRefused = false;
        } catch {
            isRefused = true;
        }
        assertTrue(isRefused);
        assertLt(gas - gasleft(), 1_100_000);
    }

    /// @dev A call that gets through has told the selector, with all of its gas.
    function testFuzz_noCallerSuppressesTheHearing(uint256 gas) public {
        begin(mock);
        vm.warp(START + OPENS_AFTER);
        gas = bound(gas, 450_000, 1_500_000);
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(1, 1));
        vm.prank(bob, bob);
        try poe.sequence{ gas: gas }(inputs, type(uint256).max, 0) {
            assertEq(mock.callCount(), 1);
            (, , , , , uint256 gasLeft) = mock.calls(0);
            assertGe(gasLeft, LEAST_TOLD);
        } catch {
            assertLt(gas, 1_100_000, "enough");
        }
    }

    function test_aCallWithTooLittleGasSaysSo() public {
        begin(mock);
        vm.warp(START + OPENS_AFTER);
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(1, 1));
        vm.prank(bob, bob);
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory answer) = address(poe).call{ gas: 510_000 }(
            abi.encodeCall(IProofOfEfficiency.sequence, (inputs, type(uint256).max, 0))
        );
        assertFalse(success);
        assertEq(bytes32(bytes4(answer)), bytes32(IProofOfEfficiency.HearingGasMissing.selector));
        assertEq(mock.callCount(), 0);
    }

    // ─── Deployment ──────────────────────────────────────────────────────────────────────────────────────────────────

    function test_bindsItsSelector() public {
        begin(mock);
        assertEq(mock.consensus(), address(poe));
        assertEq(address(poe.SELECTOR()), address(mock));
        assertEq(poe.termsOf(Role.Sequencer).opensAfter, OPENS_AFTER);
        assertTrue(poe.termsOf(Role.Aggregator).isHeard);
    }

    function test_rejectsASelectorWithoutCode() public {
        deployParts();
        expectInvalid(ISelector(alice), "selector", uint160(alice));
    }

    function test_rejectsTermsOutOfTheirRanges() public {
        deployParts();
        mock.setTerms(Role.Sequencer, RoleTerms(30 days + 1, true));
        expectInvalid(mock, "sequencer.opensAfter", 30 days + 1);
        mock.setTerms(Role.Sequencer, RoleTerms(1 hours, true)); // the oldest header that a batch may have
        expectInvalid(mock, "sequencer.opensAfter", 1 hours);
        mock.setTerms(Role.Sequencer, RoleTerms(0, false));
        mock.setTerms(Role.Aggregator, RoleTerms(TARGET + 1, true));
        expectInvalid(mock, "aggregator.opensAfter", TARGET + 1);
        mock.setTerms(Role.Sequencer, RoleTerms(1 hours + 1, false));
        mock.setTerms(Role.Aggregator, RoleTerms(TARGET, true));
        Deploy.proofOfEfficiency(coreParameters(), parameters(mock), CoreCode.hash());
    }

    function test_rejectsAnEscapeDelayThatSilenceCouldReach() public {
        deployParts();
        uint32 rest = ESCAPE_DELAY - DEADLINE - 2 * TARGET - DOUBLING;
        mock.setTerms(Role.Aggregator, RoleTerms(TARGET, true));
        mock.setTerms(Role.Sequencer, RoleTerms(rest - 2 * TARGET + 1, true));
        expectInvalid(mock, "escapeDelay", ESCAPE_DELAY);
        mock.setTerms(Role.Sequencer, RoleTerms(rest - 2 * TARGET, true));
        Deploy.proofOfEfficiency(coreParameters(), parameters(mock), CoreCode.hash());
    }

    function test_rejectsASelectorOfAnotherConsensus() public {
        deployParts();
        bytes memory arguments = abi.encode(mock, new MockSelector());
        PairedElection pair = PairedElection(Deploy.create("PairedElection.sol:PairedElection", arguments));
        address first = address(Deploy.proofOfEfficiency(coreParameters(), parameters(pair), CoreCode.hash()));
        IRollup.CoreParameters memory core = coreParameters();
        IProofOfEfficiency.Parameters memory params = parameters(pair);
        vm.expectRevert(abi.encodeWithSelector(PairedElection.AlreadyBound.selector, first));
        Deploy.proofOfEfficiency(core, params, CoreCode.hash());
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function begin(ISelector selector) private {
        deploy(selector);
        fund(alice, 1_000_000 ether);
        fund(bob, 1_000_000 ether);
    }

    function expectInvalid(ISelector selector, string memory name, uint256 value) private {
        IRollup.CoreParameters memory core = coreParameters();
        IProofOfEfficiency.Parameters memory params = parameters(selector);
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.InvalidParameter.selector, name, value));
        Deploy.proofOfEfficiency(core, params, CoreCode.hash());
    }

    function expectCalled(
        uint256 index,
        address account,
        Role role,
        uint256 first,
        uint256 last,
        uint256 leaves
    ) private view {
        (address account_, Role role_, uint256 first_, uint256 last_, uint256 leaves_, ) = mock.calls(index);
        assertEq(account_, account, "account");
        assertEq(uint256(role_), uint256(role), "role");
        assertEq(first_, first, "first");
        assertEq(last_, last, "last");
        assertEq(leaves_, leaves, "leaves");
    }

    /// @dev Tries to post a batch, or to prove the next one.
    function expectRefused(address account, Role role) private {
        IProofOfEfficiency.BatchProof[] memory proofs;
        uint256 next = poe.verifiedBatches() + 1;
        if (role == Role.Aggregator) proofs = prove(account, next, next);
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(1, 1));
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.NotAllowed.selector, account, role));
        vm.prank(account, account);
        if (role == Role.Aggregator) poe.verify(next, proofs);
        else poe.sequence(inputs, type(uint256).max, 0);
    }

    /// @dev Posts one batch with the oldest header that it may have, and proves all that wait.
    function postAndProve(address account, uint256 seed) private {
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(1, seed));
        (, uint256 timestamp) = poe.batchEntry(postedCount);
        if (timestamp + 1 hours < this.clock()) timestamp = this.clock() - 1 hours;
        recordAt(account, inputs[0], 0, 0, timestamp);
        uint256 from = poe.verifiedBatches() + 1;
        IProofOfEfficiency.BatchProof[] memory proofs = prove(account, from, postedCount);
        vm.prank(account, account);
        poe.sequenceAndVerify(inputs, timestamp, 0, from, proofs);
        assertEq(poe.verifiedBatches(), postedCount);
    }
}
