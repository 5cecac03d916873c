// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import { ProofOfEfficiency } from "../../../contracts/consensus/poe/ProofOfEfficiency.sol";
import { IStatementVerifier } from "../../../contracts/verification/IStatementVerifier.sol";
import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { INativeBalances } from "../../../contracts/interfaces/INativeBalances.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { ISelector, Role } from "../../../contracts/interfaces/ISelector.sol";
import { CircuitSizes } from "../../../contracts/libraries/CircuitSizes.sol";
import { MockEnforcementVerifier } from "../../../contracts/mocks/MockEnforcementVerifier.sol";
import { MockSelector } from "../../../contracts/mocks/MockSelector.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { CoreCode } from "../helpers/CoreCode.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { Vm } from "../helpers/Vm.sol";
import { PoeTest } from "./PoeTest.sol";

contract SequenceTest is PoeTest {
    // ─── Deployment ──────────────────────────────────────────────────────────────────────────────────────────────────

    function test_deploysItsCore() public view {
        assertEq(rollup.CONSENSUS(), address(poe));
        assertEq(rollup.stateRoot(), LeafVerifyingKey.GENESIS_STATE_ROOT);
        assertEq(rollup.SLOTS(), SLOTS);
        assertEq(rollup.FORCED_DEADLINE(), DEADLINE);
        assertEq(rollup.FORCED_FEE_BASE(), FORCED_BASE);
        assertEq(rollup.FORCED_FEE_STEP(), FORCED_STEP);
        assertEq(rollup.TOKEN_FEE(), 0.1 ether);
        assertEq(address(poe.TOKEN()), address(token));
        assertEq(address(poe.VERIFIER()), address(verifier));
        assertEq(address(poe.SELECTOR()), address(0));
        (bytes27 accumulator, uint256 time) = poe.batchEntry(0);
        assertEq(bytes32(accumulator), bytes32(bytes27(keccak256(abi.encode(rollup.DOMAIN())))));
        assertEq(time, START);
        assertEq(poe.batchFee(), FEE);
    }

    function test_badParametersAreRefused() public {
        IProofOfEfficiency.Parameters memory params = parameters(ISelector(address(0)));
        params.token = IERC20(address(0));
        expectInvalid("token", 0, params);
        params = parameters(ISelector(address(0)));
        params.verifier = IStatementVerifier(address(0));
        expectInvalid("verifier", 0, params);
        params = parameters(ISelector(address(0)));
        params.minFee = 1e9 - 1;
        expectInvalid("minFee", 1e9 - 1, params);
        params = parameters(ISelector(address(0)));
        params.maxFee = MIN_FEE - 1;
        expectInvalid("maxFee", MIN_FEE - 1, params);
        params = parameters(ISelector(address(0)));
        params.initialFee = MIN_FEE - 1;
        expectInvalid("initialFee", MIN_FEE - 1, params);
        params.initialFee = MAX_FEE + 1;
        expectInvalid("initialFee", MAX_FEE + 1, params);
        params = parameters(ISelector(address(0)));
        params.targetTime = 0;
        expectInvalid("targetTime", 0, params);
        params.targetTime = 30 days + 1;
        expectInvalid("targetTime", 30 days + 1, params);
        params = parameters(ISelector(address(0)));
        params.doublingTime = 0;
        expectInvalid("doublingTime", 0, params);
        params.doublingTime = 30 days + 1;
        expectInvalid("doublingTime", 30 days + 1, params);
        params = parameters(ISelector(address(0)));
        params.halvingTime = DOUBLING - 1;
        expectInvalid("halvingTime", DOUBLING - 1, params);
        params.halvingTime = 30 days + 1;
        expectInvalid("halvingTime", 30 days + 1, params);
        params = parameters(ISelector(address(0)));
        params.maxPendingLeaves = type(uint16).max;
        params.maxLeavesPerBatch = 0;
        expectInvalid("maxLeavesPerBatch", 0, params);
        params.maxLeavesPerBatch = 121;
        expectInvalid("maxLeavesPerBatch", 121, params);
        params = parameters(ISelector(address(0)));
        params.maxPendingLeaves = MAX_LEAVES - 1;
        expectInvalid("maxPendingLeaves", MAX_LEAVES - 1, params);
    }

    /// @dev An operation that is taken at its deadline behind a full ring is executed within two targets, if all are
    ///      kept; and a fee that was too low has the time to double.
    function test_escapeDelayLeavesTimeToProve() public {
        IRollup.CoreParameters memory core = coreParameters();
        IProofOfEfficiency.Parameters memory params = parameters(ISelector(address(0)));
        uint32 shortest = DEADLINE + 2 * TARGET + DOUBLING;
        core.escapeDelay = shortest;
        ProofOfEfficiency deployed = Deploy.proofOfEfficiency(core, params, CoreCode.hash());
        CoreCode.deploy(deployed, core);
        assertEq(deployed.ROLLUP().ESCAPE_DELAY(), shortest);
        uint32[2] memory refused = [shortest - 1, DEADLINE + 1];
        for (uint256 i = 0; i < 2; ++i) {
            core.escapeDelay = refused[i];
            vm.expectRevert(
                abi.encodeWithSelector(IProofOfEfficiency.InvalidParameter.selector, "escapeDelay", refused[i])
            );
            Deploy.proofOfEfficiency(core, params, CoreCode.hash());
        }
        // No sum of the largest values wraps.
        (core.forcedDeadline, core.escapeDelay) = (type(uint32).max - 1, type(uint32).max);
        vm.expectRevert(
            abi.encodeWithSelector(IProofOfEfficiency.InvalidParameter.selector, "escapeDelay", core.escapeDelay)
        );
        Deploy.proofOfEfficiency(core, params, CoreCode.hash());
    }

    /// @dev Each contract has the sizes of its own keys compiled in; the verifiers are deployed apart.
    function test_verifierOfAnotherProfileIsRefused() public {
        IRollup.CoreParameters memory core = coreParameters();
        IProofOfEfficiency.Parameters memory params = parameters(ISelector(address(0)));
        (uint256 depth, uint256 levels) = (LeafVerifyingKey.DEPTH, LeafVerifyingKey.LEVELS);
        verifier.setSizes(16, levels, SLOTS);
        expectMismatch("verifier.DEPTH", 16, depth, core, params);
        verifier.setSizes(depth, 2, SLOTS);
        expectMismatch("verifier.LEVELS", 2, levels, core, params);
        verifier.setSizes(depth, levels, 16);
        expectMismatch("verifier.SLOTS", 16, SLOTS, core, params);
        verifier.setSizes(depth, levels, SLOTS);
        MockEnforcementVerifier enforcement = MockEnforcementVerifier(core.enforcementVerifier);
        enforcement.setSizes(16, levels);
        expectMismatch("enforcement.DEPTH", 16, depth, core, params);
        enforcement.setSizes(depth, 2);
        expectMismatch("enforcement.LEVELS", 2, levels, core, params);
        enforcement.setSizes(depth, levels);
        Deploy.proofOfEfficiency(core, params, CoreCode.hash());
    }

    function expectMismatch(
        string memory name,
        uint256 size,
        uint256 expected,
        IRollup.CoreParameters memory core,
        IProofOfEfficiency.Parameters memory params
    ) private {
        vm.expectRevert(abi.encodeWithSelector(CircuitSizes.CircuitSizeMismatch.selector, name, size, expected));
        Deploy.proofOfEfficiency(core, params, CoreCode.hash());
    }

    function test_parametersAtTheirLimitsAreTaken() public {
        IProofOfEfficiency.Parameters memory params = parameters(ISelector(address(0)));
        (params.minFee, params.maxFee, params.initialFee) = (1e9, 1e9, 1e9);
        (params.targetTime, params.doublingTime, params.halvingTime) = (1, 1, 1);
        (params.maxLeavesPerBatch, params.maxPendingLeaves) = (1, 1);
        assertEq(Deploy.proofOfEfficiency(coreParameters(), params, CoreCode.hash()).batchFee(), 1e9);
        (params.maxFee, params.initialFee) = (type(uint96).max, type(uint96).max);
        (params.targetTime, params.doublingTime, params.halvingTime) = (30 days, 30 days, 30 days);
        (params.maxLeavesPerBatch, params.maxPendingLeaves) = (120, type(uint16).max);
        IRollup.CoreParameters memory core = coreParameters();
        core.escapeDelay = type(uint32).max;
        ProofOfEfficiency deployed = Deploy.proofOfEfficiency(core, params, CoreCode.hash());
        assertEq(deployed.batchFee(), type(uint96).max);
        assertEq(deployed.MAX_LEAVES_LIMIT(), 120);
        assertEq(deployed.MAX_PENDING_LEAVES(), type(uint16).max);
        assertEq(deployed.HALVING_TIME(), 30 days);
    }

    function test_deploymentIsAnnounced() public {
        IRollup.CoreParameters memory core = coreParameters();
        IProofOfEfficiency.Parameters memory params = parameters(ISelector(address(0)));
        vm.recordLogs();
        ProofOfEfficiency deployed = Deploy.proofOfEfficiency(core, params, CoreCode.hash());
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory announced = logs[logs.length - 2];
        assertEq(announced.emitter, address(deployed));
        assertEq(announced.topics[0], IProofOfEfficiency.ConsensusDeployed.selector);
        assertEq(announced.topics[1], bytes32(uint256(uint160(address(deployed.ROLLUP())))));
        Vm.Log memory updated = logs[logs.length - 1];
        assertEq(updated.topics[0], IProofOfEfficiency.BatchFeeUpdated.selector);
        assertEq(updated.data, abi.encode(FEE));
    }

    // ─── Records ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function testFuzz_recordsWhatTheProtocolSays(
        uint256 length,
        uint256 seed,
        uint32 feeAccount,
        uint16 feeToken
    ) public {
        length = bound(length, 0, MAX_LEAVES * LEAF_BYTES);
        IProofOfEfficiency.BatchInput memory input = inputOf(length, seed);
        input.feeAccount = feeAccount;
        input.feeToken = feeToken;
        record(alice, input, FEE);
        IProofOfEfficiency.BatchRecord memory expected = posted[1].record;

        uint256 balance = poe.balances(alice);
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.BatchSequenced(1, alice, bytes27(posted[1].accumulator), expected);
        vm.prank(alice, alice);
        poe.sequence(one(input), FEE, 0);
        expectModel();
        assertEq(balance - poe.balances(alice), expected.fee + expected.bond, "cost");
    }

    function test_baseFeeIsOnlyForEther() public {
        IProofOfEfficiency.BatchInput memory input = inputOf(93, 1);
        sequence(alice, input);
        assertEq(headerOf(input, 0, START) >> 128, BASE_FEE);
        input.feeToken = 1;
        sequence(alice, input);
        assertEq(headerOf(input, 0, START) >> 128, 0);
        expectModel();
    }

    function test_severalBatchesInOneCallAreAsInSeveralCalls() public {
        IProofOfEfficiency.BatchInput[] memory inputs = new IProofOfEfficiency.BatchInput[](3);
        uint256 cost;
        for (uint256 i = 0; i < 3; ++i) {
            inputs[i] = inputOf(i * 400, i);
            record(alice, inputs[i], FEE);
            cost += posted[i + 1].record.fee + posted[i + 1].record.bond;
        }
        uint256 balance = poe.balances(alice);
        vm.prank(alice, alice);
        poe.sequence(inputs, FEE, 0);
        expectModel();
        for (uint256 i = 1; i <= 3; ++i) {
            (bytes27 accumulator, ) = poe.batchEntry(i);
            assertEq(bytes32(accumulator), bytes32(bytes27(posted[i].accumulator)));
        }
        assertEq(balance - poe.balances(alice), cost);
    }

    function test_entriesOutliveTheRing() public {
        for (uint256 i = 1; i <= 2 * MAX_PENDING + 3; ++i) {
            sequence(alice, inputOf(50, i));
            expectModel();
            verify(carol, i, i);
        }
        uint256 newest = 2 * MAX_PENDING + 3;
        for (uint256 i = newest - MAX_PENDING; i <= newest; ++i) {
            (bytes27 accumulator, ) = poe.batchEntry(i);
            assertEq(bytes32(accumulator), bytes32(bytes27(posted[i].accumulator)));
        }
        vm.expectRevert(
            abi.encodeWithSelector(
                IProofOfEfficiency.UnknownBatch.selector,
                newest - MAX_PENDING - 1,
                newest - MAX_PENDING,
                newest
            )
        );
        poe.batchEntry(newest - MAX_PENDING - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IProofOfEfficiency.UnknownBatch.selector, newest + 1, newest - MAX_PENDING, newest)
        );
        poe.batchEntry(newest + 1);
    }

    // ─── Where the data is ───────────────────────────────────────────────────────────────────────────────────────────

    function test_publishesDataOfCallersThatAreNotTheTransaction() public {
        IProofOfEfficiency.BatchInput memory input = inputOf(100, 1);
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.BatchPublished(1, input);
        vm.prank(alice); // but the transaction is somebody else's
        poe.sequence(one(input), FEE, 0);

        assertFalse(publishes(2, input), "a plain account");
        // An account that delegates to code (EIP-7702) may have called from inside.
        vm.etch(alice, hex"ef01000000000000000000000000000000000000000001");
        assertTrue(publishes(3, input), "a delegated account");
    }

    function publishes(uint256 number, IProofOfEfficiency.BatchInput memory input) private returns (bool found) {
        vm.recordLogs();
        vm.prank(alice, alice);
        poe.sequence(one(input), FEE, 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IProofOfEfficiency.BatchPublished.selector) continue;
            assertEq(uint256(logs[i].topics[1]), number);
            assertEq(logs[i].data, abi.encode(input));
            found = true;
        }
    }

    // ─── Limits ──────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_noBatches() public {
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.NoBatches.selector));
        poe.sequence(new IProofOfEfficiency.BatchInput[](0), FEE, 0);
    }

    function test_loserOfARaceReverts() public {
        sequence(alice, inputOf(93, 1));
        (bytes27 built, ) = poe.batchEntry(1);
        sequence(bob, inputOf(93, 2));
        (bytes27 current, ) = poe.batchEntry(2);
        IProofOfEfficiency.BatchInput memory input = inputOf(93, 3);
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.UnexpectedPrevious.selector, current, built));
        vm.prank(alice, alice);
        poe.sequence(one(input), FEE, built);

        vm.prank(alice, alice);
        poe.sequence(one(input), FEE, current);
        assertEq(poe.sequencedBatches(), 3);
    }

    function test_feeMaximumOfTheCaller() public {
        IProofOfEfficiency.BatchInput memory input = inputOf(93, 1);
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.FeeAboveMaximum.selector, FEE, FEE - 1));
        vm.prank(alice, alice);
        poe.sequence(one(input), FEE - 1, 0);
    }

    function test_ringIsFull() public {
        for (uint256 i = 0; i < MAX_PENDING - 1; ++i) sequence(alice, inputOf(10, i));
        IProofOfEfficiency.BatchInput[] memory two = new IProofOfEfficiency.BatchInput[](2);
        (two[0], two[1]) = (inputOf(1, 1), inputOf(1, 2));
        vm.expectRevert(
            abi.encodeWithSelector(IProofOfEfficiency.TooManyPendingLeaves.selector, MAX_PENDING + 1, MAX_PENDING)
        );
        vm.prank(alice, alice);
        poe.sequence(two, FEE, 0);

        sequence(alice, inputOf(10, 9));
        expectModel();
        vm.expectRevert(
            abi.encodeWithSelector(IProofOfEfficiency.TooManyPendingLeaves.selector, MAX_PENDING + 1, MAX_PENDING)
        );
        vm.prank(alice, alice);
        poe.sequence(one(two[0]), FEE, 0);

        verify(carol, 1, 1);
        sequence(alice, inputOf(10, 10));
        expectModel();
    }

    /// @dev Leaves are proven, not batches: a ring of few large batches is as full as one of many small ones.
    function test_ringIsFullOfLeaves() public {
        uint256 large = MAX_PENDING / MAX_LEAVES;
        for (uint256 i = 0; i < large; ++i) sequence(alice, inputOf(MAX_LEAVES * LEAF_BYTES, i));
        expectModel();
        assertEq(poe.pendingLeaves(), MAX_PENDING);
        expectFull(inputOf(0, 1), MAX_PENDING + 1);
        expectFull(inputOf(MAX_LEAVES * LEAF_BYTES, 1), MAX_PENDING + MAX_LEAVES);

        verify(carol, 1, 1);
        expectModel();
        sequence(bob, inputOf(LEAF_BYTES, 1));
        expectFull(inputOf(MAX_LEAVES * LEAF_BYTES, 1), MAX_PENDING + 1);
        sequence(bob, inputOf((MAX_LEAVES - 1) * LEAF_BYTES, 2));
        expectModel();
        expectFull(inputOf(0, 1), MAX_PENDING + 1);
        verify(carol, 2, large + 2);
        assertEq(poe.pendingLeaves(), 0);
    }

    function expectFull(IProofOfEfficiency.BatchInput memory input, uint256 pending) private {
        expectSequenceRevert(
            input,
            abi.encodeWithSelector(IProofOfEfficiency.TooManyPendingLeaves.selector, pending, MAX_PENDING)
        );
    }

    /// @dev All elements of the argument may share one tuple by its offset: little calldata, and much to prove.
    function test_sharedTuplesCountEachTime() public {
        IProofOfEfficiency.BatchInput memory input = inputOf(MAX_LEAVES * LEAF_BYTES, 1);
        bytes memory tuple = abi.encode(input); // 0x20, then the tuple
        uint256 count = MAX_PENDING / MAX_LEAVES + 1;
        bytes memory data = abi.encodePacked(
            IProofOfEfficiency.sequence.selector,
            abi.encode(0x60, FEE, bytes27(0), count)
        );
        for (uint256 i = 0; i < count; ++i) data = abi.encodePacked(data, 0x20 * count);
        data = abi.encodePacked(data, resized(tuple));
        vm.prank(alice, alice);
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory answer) = address(poe).call(data);
        assertFalse(success);
        assertEq(
            answer,
            abi.encodeWithSelector(IProofOfEfficiency.TooManyPendingLeaves.selector, count * MAX_LEAVES, MAX_PENDING)
        );
    }

    /// @dev Without the first word, which is the offset of what follows.
    function resized(bytes memory encoded) private pure returns (bytes memory tuple) {
        tuple = new bytes(encoded.length - 0x20);
        for (uint256 i = 0; i < tuple.length; ++i) tuple[i] = encoded[i + 0x20];
    }

    function test_sizesAreChecked() public {
        IProofOfEfficiency.BatchInput memory input = inputOf(MAX_LEAVES * LEAF_BYTES, 1);
        sequence(alice, input);
        input = inputOf(MAX_LEAVES * LEAF_BYTES + 1, 1);
        expectSequenceRevert(
            input,
            abi.encodeWithSelector(IProofOfEfficiency.TooManyLeaves.selector, MAX_LEAVES + 1, MAX_LEAVES)
        );
        input = inputOf(LEAF_BYTES + 1, 1);
        input.commitments = new uint256[](1);
        expectSequenceRevert(input, abi.encodeWithSelector(IProofOfEfficiency.WrongCommitmentCount.selector, 1, 2));
        input.commitments = new uint256[](3);
        expectSequenceRevert(input, abi.encodeWithSelector(IProofOfEfficiency.WrongCommitmentCount.selector, 3, 2));
        input = inputOf(0, 1);
        input.commitments = new uint256[](0);
        expectSequenceRevert(input, abi.encodeWithSelector(IProofOfEfficiency.WrongCommitmentCount.selector, 0, 1));
    }

    function test_commitmentsAreFieldElements() public {
        IProofOfEfficiency.BatchInput memory input = inputOf(LEAF_BYTES + 1, 1);
        for (uint256 i = 0; i < 2; ++i) {
            input.commitments[i] = P;
            expectSequenceRevert(input, abi.encodeWithSelector(IProofOfEfficiency.CommitmentNotInField.selector, i, P));
            input.commitments[i] = P - 1;
            sequence(alice, input);
        }
    }

    function test_balanceHasToCoverFeeAndBond() public {
        uint256 cost = 2 * (FEE + uint256(BOND));
        fund(carol, cost - 1);
        IProofOfEfficiency.BatchInput memory input = inputOf(LEAF_BYTES + 1, 1);
        vm.expectRevert(abi.encodeWithSelector(INativeBalances.InsufficientBalance.selector, carol, cost - 1, cost));
        vm.prank(carol, carol);
        poe.sequence(one(input), FEE, 0);
        fund(carol, 1);
        sequence(carol, input);
        assertEq(poe.balances(carol), 0);
    }

    function test_selectorDecidesWhoMaySequence() public {
        MockSelector selector = new MockSelector();
        deploy(selector);
        fund(alice, 100 ether);
        fund(bob, 100 ether);
        selector.choose(Role.Sequencer, alice);
        selector.choose(Role.Aggregator, bob);
        sequence(alice, inputOf(1, 1));
        IProofOfEfficiency.BatchInput memory input = inputOf(1, 2);
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.NotAllowed.selector, bob, Role.Sequencer));
        vm.prank(bob, bob);
        poe.sequence(one(input), FEE, 0);
    }

    function test_nothingIsSequencedOnAnotherChain() public {
        IProofOfEfficiency.BatchInput memory input = inputOf(1, 1);
        uint256 home = this.chain();
        vm.chainId(home + 1);
        expectSequenceRevert(input, abi.encodeWithSelector(ICustody.WrongChain.selector, home + 1, home));
    }

    // ─── Forced operations ───────────────────────────────────────────────────────────────────────────────────────────

    function test_takesForcedOperationsInOrder() public {
        for (uint32 i = 1; i <= 7; ++i) queueExit(dave, i);
        IProofOfEfficiency.BatchInput[] memory inputs = new IProofOfEfficiency.BatchInput[](3);
        inputs[0] = forcedInput(1, 3, 50);
        inputs[1] = inputOf(50, 1);
        inputs[2] = forcedInput(4, 4, 0);
        for (uint256 i = 0; i < 3; ++i) record(alice, inputs[i], FEE);
        vm.prank(alice, alice);
        poe.sequence(inputs, FEE, 0);
        expectModel();
        assertEq(poe.sequencedForced(), 7);
        assertEq(rollup.executedOperations(), 0);
    }

    function test_leavesFullOfForcedOperationsCostNoBatchFee() public {
        for (uint32 i = 1; i <= 12; ++i) queueExit(dave, i);
        sequence(alice, forcedInput(1, 4, 0)); // one leaf, full: one fee, the least
        assertEq(posted[1].record.fee, FEE);
        sequence(alice, forcedInput(5, 7, 93)); // two leaves, one and three quarters forced
        assertEq(posted[2].record.fee, FEE);
        assertEq(posted[2].record.bond, 2 * uint256(BOND));
        sequence(alice, forcedInput(12, 1, 5 * LEAF_BYTES));
        assertEq(posted[3].record.fee, 6 * uint256(FEE));
        expectModel();
    }

    function test_overdueOperationMustBeTaken() public {
        queueExit(dave, 1);
        uint256 deadline = START + DEADLINE;
        vm.warp(deadline);
        sequence(alice, inputOf(93, 1));
        vm.warp(deadline + 1);
        bytes memory overdue = abi.encodeWithSelector(
            IForcedQueue.ForcedOperationOverdue.selector,
            1,
            deadline,
            deadline + 1
        );
        vm.expectRevert(overdue);
        vm.prank(alice, alice);
        poe.sequence(one(inputOf(93, 2)), MAX_FEE, 0);
        sequence(alice, forcedInput(1, 1, 93));
        expectModel();
        sequence(alice, inputOf(93, 2));
    }

    /// @dev "Only the first item of a batch call checked" is an old mistake: here each batch of a call is.
    function test_gateHoldsForEachBatchOfACall() public {
        for (uint32 i = 1; i <= 6; ++i) queueExit(dave, i);
        vm.warp(START + DEADLINE + 1);
        IProofOfEfficiency.BatchInput[] memory inputs = new IProofOfEfficiency.BatchInput[](2);
        inputs[0] = forcedInput(1, 4, 0); // full
        inputs[1] = inputOf(93, 1); // leaves 5 and 6 out
        bytes memory overdue = abi.encodeWithSelector(
            IForcedQueue.ForcedOperationOverdue.selector,
            5,
            START + DEADLINE,
            START + DEADLINE + 1
        );
        vm.expectRevert(overdue);
        vm.prank(alice, alice);
        poe.sequence(inputs, MAX_FEE, 0);

        (inputs[0], inputs[1]) = (inputs[1], inputs[0]);
        overdue = abi.encodeWithSelector(
            IForcedQueue.ForcedOperationOverdue.selector,
            1,
            START + DEADLINE,
            START + DEADLINE + 1
        );
        vm.expectRevert(overdue);
        vm.prank(alice, alice);
        poe.sequence(inputs, MAX_FEE, 0);

        inputs[0] = forcedInput(1, 4, 0);
        inputs[1] = forcedInput(5, 2, 93);
        vm.prank(alice, alice);
        poe.sequence(inputs, MAX_FEE, 0);
        assertEq(poe.sequencedForced(), 6);
    }

    function test_cannotHideBehindALargerBatch() public {
        for (uint32 i = 1; i <= 5; ++i) queueExit(dave, i);
        vm.warp(START + DEADLINE + 1);
        // Two leaves have room for eight: four are not enough.
        expectSequenceRevert(
            forcedInput(1, 4, 93),
            abi.encodeWithSelector(
                IForcedQueue.ForcedOperationOverdue.selector,
                5,
                START + DEADLINE,
                START + DEADLINE + 1
            )
        );
    }

    function test_forcedOperationsAreCheckedAgainstTheQueue() public {
        queueExit(dave, 1);
        queueExit(dave, 2);
        expectSequenceRevert(
            withCommitments(new bytes(5 * SLOT_BYTES), 3),
            abi.encodeWithSelector(IForcedQueue.ForcedOperationsMissing.selector, 3, 2)
        );
        expectSequenceRevert(
            withCommitments(new bytes(SLOT_BYTES), 2),
            abi.encodeWithSelector(IForcedQueue.WrongSlotsLength.selector, SLOT_BYTES, 2 * SLOT_BYTES)
        );
        (bytes27 recorded, ) = rollup.forcedOperation(1);
        expectSequenceRevert(
            withCommitments(forcedSlots(2, 1), 1),
            abi.encodeWithSelector(
                IForcedQueue.ForcedOperationsMismatch.selector,
                1,
                bytes27(keccak256(bytes.concat(bytes27(0), forcedSlots(2, 1)))),
                recorded
            )
        );
        for (uint32 i = 3; i <= 5; ++i) queueExit(dave, i);
        expectSequenceRevert(
            withCommitments(forcedSlots(1, 4), 5),
            abi.encodeWithSelector(IForcedQueue.ForcedOperationsExceedCapacity.selector, 5, 4)
        );
    }

    function test_sameOperationCannotBeTakenTwice() public {
        queueExit(dave, 1);
        queueExit(dave, 2);
        sequence(alice, forcedInput(1, 1, 0));
        (bytes27 recorded, ) = rollup.forcedOperation(2);
        (bytes27 first, ) = rollup.forcedOperation(1);
        expectSequenceRevert(
            forcedInput(1, 1, 0),
            abi.encodeWithSelector(
                IForcedQueue.ForcedOperationsMismatch.selector,
                2,
                bytes27(keccak256(bytes.concat(first, forcedSlots(1, 1)))),
                recorded
            )
        );
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function expectSequenceRevert(IProofOfEfficiency.BatchInput memory input, bytes memory expected) private {
        vm.expectRevert(expected);
        vm.prank(alice, alice);
        poe.sequence(one(input), MAX_FEE, 0);
    }

    function expectInvalid(string memory name, uint256 value, IProofOfEfficiency.Parameters memory params) private {
        IRollup.CoreParameters memory core = coreParameters();
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.InvalidParameter.selector, name, value));
        Deploy.proofOfEfficiency(core, params, CoreCode.hash());
    }
}
