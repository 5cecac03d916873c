// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IEscapeHatch } from "../../../contracts/interfaces/IEscapeHatch.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { ISelector, Role } from "../../../contracts/interfaces/ISelector.sol";
import { MockEnforcementVerifier } from "../../../contracts/mocks/MockEnforcementVerifier.sol";
import { ESCAPE_CIRCUIT } from "../../../contracts/verification/circuitIds.sol";
import { PoeModel } from "../poe/PoeModel.sol";

/**
 * @notice Runs Proof of Efficiency under an election. The test of an election inherits this, and says how the election
 *         is deployed, and how parties are elected.
 * @dev The purpose of a rollup has to be served whatever the elected parties do: batches, proofs, forced operations,
 *      and the way out. L1 has a block every 12 seconds: a test moves time by `wait` only.
 */
abstract contract ElectionUnderPoe is PoeModel {
    uint256 internal constant BLOCK_TIME = 12;

    ISelector internal election;
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal user = makeAddr("user");
    /// @dev Takes no part in the election.
    address internal stranger = makeAddr("stranger");

    // ─── Of an election ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Deploys the election. `token` is there, and this contract holds all of it.
    function createElection() internal virtual returns (ISelector);

    /// @dev Has both elected, each if its role is, and waits until each may act.
    function elect(address sequencer, address aggregator) internal virtual;

    // ─── Set-up ──────────────────────────────────────────────────────────────────────────────────────────────────────

    function setUp() public virtual {
        deployParts();
        vm.roll(1_000);
        election = createElection();
        deployConsensus(election);
        fund(alice, 1_000_000 ether);
        fund(stranger, 1_000_000 ether);
    }

    /// @dev Lets L1 go on for at least so many seconds.
    function wait(uint256 time) internal {
        uint256 blocks = (time + BLOCK_TIME - 1) / BLOCK_TIME;
        vm.roll(this.height() + blocks);
        vm.warp(this.clock() + blocks * BLOCK_TIME);
    }

    /// @dev As `clock`.
    function height() external view returns (uint256) {
        return block.number;
    }

    // ─── Tests ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_underPoe_theElectedPostAndProve() public {
        elect(alice, bob);
        sequence(alice, inputOf(LEAF_BYTES + 1, 1));
        wait(BLOCK_TIME);
        verify(bob, 1, 1);
        assertEq(rollup.stateRoot(), rootBefore(2, 0));
        assertEq(poe.balances(bob), posted[1].record.fee);
    }

    /// @dev If the election gives a role to nobody else, nobody else has it.
    function test_underPoe_theAnswerOfTheViewIsTheAnswerToTheCall() public {
        elect(alice, bob);
        sequence(alice, inputOf(1, 1));
        if (poe.isAllowed(stranger, Role.Sequencer)) {
            sequence(stranger, inputOf(1, 2));
        } else {
            expectRefused(stranger, Role.Sequencer);
        }
        if (poe.isAllowed(stranger, Role.Aggregator)) {
            verify(stranger, 1, 1);
        } else {
            expectRefused(stranger, Role.Aggregator);
            verify(bob, 1, 1);
        }
    }

    /// @dev Nobody was ever elected.
    function test_underPoe_withoutACandidateTheChainGoesOn() public {
        becomeOpen(Role.Sequencer);
        sequence(stranger, inputOf(1, 1));
        becomeOpen(Role.Aggregator);
        verify(stranger, 1, 1);
        assertEq(poe.verifiedBatches(), 1);
    }

    function test_underPoe_silentPartiesAreReplaced() public {
        elect(alice, bob);
        sequence(alice, inputOf(1, 1));
        becomeOpen(Role.Sequencer);
        sequence(stranger, inputOf(1, 2));
        becomeOpen(Role.Aggregator);
        verify(stranger, 1, 1);
        becomeOpen(Role.Aggregator);
        verify(stranger, 2, 2);
        assertEq(rollup.stateRoot(), rootBefore(3, 0));
    }

    /// @dev The elected sequencer leaves an operation out for as long as it may, and then both elected parties are
    ///      silent. The operation is executed before anybody could freeze the rollup.
    function test_underPoe_aCensoredOperationIsExecutedInTime() public {
        elect(alice, bob);
        uint256 queued = this.clock();
        queueExit(user, 5);
        sequence(alice, inputOf(1, 1));
        wait(queued + DEADLINE - this.clock());
        if (poe.isAllowed(alice, Role.Sequencer)) sequence(alice, inputOf(1, 2));
        wait(BLOCK_TIME);
        expectGate(poe.isAllowed(alice, Role.Sequencer) ? alice : address(0));

        becomeOpen(Role.Sequencer);
        expectGate(stranger);
        sequence(stranger, forcedInput(1, 1, 0));
        becomeOpen(Role.Aggregator);
        verify(stranger, 1, postedCount);
        assertEq(rollup.executedOperations(), 1);
        assertLt(this.clock(), queued + ESCAPE_DELAY);
        uint256 latest = poe.termsOf(Role.Sequencer).opensAfter;
        latest += 2 * uint256(poe.termsOf(Role.Aggregator).opensAfter);
        assertLe(this.clock(), queued + DEADLINE + latest + 3 * BLOCK_TIME);
    }

    /// @dev Nobody proves at all.
    function test_underPoe_theWayOutIsOpen() public {
        elect(alice, bob);
        uint256 fee = queueExit(user, 5);
        sequence(alice, inputOf(1, 1));
        wait(ESCAPE_DELAY + BLOCK_TIME);
        vm.expectEmit(address(rollup));
        emit IEscapeHatch.Frozen(rollup.stateRoot(), stranger);
        vm.prank(stranger);
        rollup.freeze();

        MockEnforcementVerifier enforcement = MockEnforcementVerifier(address(rollup.ENFORCEMENT_VERIFIER()));
        uint256[] memory signals = new uint256[](5);
        (signals[0], signals[2]) = (uint160(user), 1 ether);
        (signals[3], signals[4]) = (rollup.stateRoot(), 9);
        uint256[8] memory proof;
        proof[0] = enforcement.hashOf(ESCAPE_CIRCUIT, signals);
        rollup.escape(9, user, 0, 1 ether, proof);
        rollup.refund(1, forced[0]);
        assertEq(rollup.credits(0, user), 1 ether + fee);
        uint256 has = poe.balances(alice);
        poe.refundBatch(1, posted[1].record, posted[1].openings);
        assertEq(poe.balances(alice), has + BOND);
    }

    /// @dev The most that an election is told with: also what it does the first time.
    function test_underPoe_itHearsWithTheGasThatItIsTold() public {
        elect(alice, bob);
        sequence(alice, inputOf(1, 1));
        expectHeard(Role.Sequencer, stranger);
        expectHeard(Role.Sequencer, alice);
        expectHeard(Role.Aggregator, stranger);
        expectHeard(Role.Aggregator, bob);
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Waits until the consensus opens a role. A second before, a role that the election does not open is closed.
    function becomeOpen(Role role) internal {
        uint256 opensAt = poe.opensAt(role);
        uint256 now_ = this.clock();
        if (opensAt <= now_) return;
        if (opensAt - 1 > now_) {
            vm.roll(this.height() + (opensAt - 1 - now_) / BLOCK_TIME);
            vm.warp(opensAt - 1);
        }
        if (!poe.isAllowed(stranger, role)) expectRefused(stranger, role);
        vm.roll(this.height() + 1);
        vm.warp(opensAt);
        assertTrue(poe.isAllowed(stranger, role), "open");
    }

    /// @dev Tries to post a batch, or to prove the next one.
    function expectRefused(address account, Role role) internal {
        IProofOfEfficiency.BatchProof[] memory proofs;
        uint256 next = poe.verifiedBatches() + 1;
        if (role == Role.Aggregator) proofs = prove(account, next, next);
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(1, 1));
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.NotAllowed.selector, account, role));
        vm.prank(account, account);
        if (role == Role.Aggregator) poe.verify(next, proofs);
        else poe.sequence(inputs, type(uint256).max, 0);
    }

    /// @dev A batch without the overdue operation is refused.
    function expectGate(address sequencer) private {
        if (sequencer == address(0)) return;
        (, uint256 queuedAt) = rollup.forcedOperation(1);
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(1, 1));
        vm.expectRevert(
            abi.encodeWithSelector(IForcedQueue.ForcedOperationOverdue.selector, 1, queuedAt + DEADLINE, this.clock())
        );
        vm.prank(sequencer, sequencer);
        poe.sequence(inputs, type(uint256).max, 0);
    }

    function expectHeard(Role role, address account) private {
        if (!poe.termsOf(role).isHeard) return;
        uint256 snapshot = vm.snapshotState();
        uint256 next = role == Role.Sequencer ? poe.sequencedBatches() + 1 : poe.verifiedBatches() + 1;
        uint256 gas = poe.HEARING_GAS();
        vm.prank(address(poe));
        election.admit{ gas: gas }(account, role, next, next, role == Role.Sequencer ? MAX_LEAVES : 0);
        vm.revertToState(snapshot);
    }
}
