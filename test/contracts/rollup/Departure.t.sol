// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { IEscapeHatch } from "../../../contracts/interfaces/IEscapeHatch.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IMigration } from "../../../contracts/interfaces/IMigration.sol";
import { MockToken } from "../../../contracts/mocks/MockToken.sol";
import { HostileToken } from "./HostileToken.sol";
import { MigrationTest } from "./MigrationTest.sol";

contract DepartureTest is MigrationTest {
    // ─── Request ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_requestIsAnOperationOfTheQueueWithAFeeForItsProof() public {
        queueExit(1);
        Migration memory migration = migrationBy(carol);
        uint256 fee = FEE_BASE + FEE_STEP;
        uint256 forProof = fee + 2 * 420_000 * 3 gwei;
        assertEq(rollup.departureFee(3 gwei), fee + forProof);
        bytes memory slot = departureSlot(migration, fee, forProof, bob);
        (bytes27 previous, ) = rollup.forcedOperation(4);
        uint256 bobHas = bob.balance;
        uint256 held = address(rollup).balance;

        vm.expectEmit(address(rollup));
        emit IForcedQueue.ForcedOperationQueued(5, bob, slot);
        vm.expectEmit(address(rollup));
        emit IMigration.DepartureRequested(5, address(target), pair[1], migration.moves);
        vm.prank(bob);
        assertEq(rollup.requestDeparture{ value: 1 ether }(address(target), pair[1], migration.moves), 5);

        (bytes27 rollingHash, uint256 queuedAt) = rollup.forcedOperation(5);
        assertEq(bytes32(rollingHash), bytes32(bytes27(keccak256(bytes.concat(previous, slot)))));
        assertEq(queuedAt, this.clock());
        assertEq(bobHas - bob.balance, fee + forProof, "surplus back");
        assertEq(address(rollup).balance - held, fee + forProof);
        // One of the fees is the operation's, for the batch that takes it.
        assertEq(rollup.previewForced(4, 1, slot, 4, this.clock()), fee);
    }

    function test_oneWeiLessThanBothFeesIsRefused() public {
        Migration memory migration = migrationBy(carol);
        uint256 fees = 2 * uint256(FEE_BASE) + 2 * 420_000 * 3 gwei;
        vm.expectRevert(abi.encodeWithSelector(ICustody.InsufficientValue.selector, fees - 1, fees));
        rollup.requestDeparture{ value: fees - 1 }(address(target), pair[1], migration.moves);
        rollup.requestDeparture{ value: fees }(address(target), pair[1], migration.moves);
    }

    /// @dev Whatever L1's price is at the request, the fee pays for the gas of the proof at twice that price.
    function testFuzz_feePaysForTheProofAtTwiceThePrice(uint64 baseFee) public {
        baseFee = uint64(bound(baseFee, 0, 1000 gwei));
        vm.fee(baseFee);
        bytes memory slot = request(migrationBy(carol));
        advance(50, 1);
        depart(carol, 4, slot, migrationBy(carol));
        assertGe(rollup.credits(0, carol), FEE_BASE + 2 * uint256(baseFee) * 420_000);
    }

    /// @dev Moves that are not whole slots, or are too long, could be requested but not proven: the chain would stop.
    function test_movesAreWholeSlotsThatFit() public {
        uint256[6] memory refused = [uint256(0), 1, 92, 94, MAX_BYTES - 1, MAX_BYTES + 93];
        for (uint256 i = 0; i < refused.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMigration.WrongMigrantsLength.selector, refused[i], MAX_BYTES));
            rollup.requestDeparture{ value: 1 ether }(address(target), pair[1], new bytes(refused[i]));
        }
        for (uint256 length = 93; length <= MAX_BYTES; length += 93) {
            rollup.requestDeparture{ value: 1 ether }(address(target), pair[1], new bytes(length));
        }
    }

    /// @dev Nothing that was accepted stops the chain: whatever the bytes are, there is a migration, if an empty one.
    function testFuzz_everyAcceptedRequestDeparts(uint128 ids, uint256 token, bytes memory moves, bool isWhole) public {
        if (token % 4 < 3) ids = pair[token % 4];
        if (isWhole) moves = resized(moves, 93 * bound(moves.length, 1, MIGRANTS));
        uint256 fee = rollup.forcedFee();
        try rollup.requestDeparture{ value: 1 ether }(address(target), ids, moves) {} catch {
            return;
        }
        advance(50, 1);
        Migration memory migration = migrationOf(rollup, address(target), ids, new Migrant[](0), carol);
        migration.moves = moves;
        complete(migration);
        depart(carol, 4, departureSlot(migration, fee, proofFee(fee), address(this)), migration);
        expectBase(migration.signals[0], type(uint256).max);
    }

    /// @dev With a second token, which somebody may have made for the purpose, others could keep everybody's money
    ///      back. A person who holds the moves of a user must not be able to add anything to them that matters.
    function test_departureHasOneToken() public {
        expectSeveral(tokensOf([uint16(0), 1, 2, 0], [uint16(0), 3, 2, 0]));
        expectSeveral(tokensOf([uint16(1), 1, 1, 1], [uint16(3), 3, 3, 1]));
        for (uint256 i = 1; i < 4; ++i) {
            expectSeveral(pair[1] ^ (uint128(1) << uint128(32 * i)));
            expectSeveral(pair[1] ^ (uint128(1) << uint128(32 * i + 31)));
        }
        expectSeveral(pair[1] ^ 1);
        for (uint16 id = 0; id < 3; ++id) {
            rollup.requestDeparture{ value: 1 ether }(address(target), pair[id], new bytes(93));
        }
    }

    function expectSeveral(uint128 ids) private {
        vm.expectRevert(abi.encodeWithSelector(IMigration.SeveralTokens.selector, ids));
        rollup.requestDeparture{ value: 1 ether }(address(target), ids, new bytes(93));
    }

    /// @dev Found out at the delivery, a wrong id would keep the money back until it can be reclaimed.
    function test_tokenHasTheIdOfTheTarget() public {
        // The second token's id for the first, and an id that the target does not have.
        expectWrongTargetToken(1, 2, 3);
        expectWrongTargetToken(1, 4, 3);
        // Ether is ether, and nothing else is.
        expectWrongTargetToken(1, 0, 3);
        expectWrongTargetToken(0, 3, 0);
        // Unknown here; unknown there.
        expectWrongTargetToken(7, 3, 0);
        expectWrongTargetToken(7, 0, 0);
        tokens[2] = new MockToken();
        assertEq(register(address(tokens[2])), 3);
        expectWrongTargetToken(3, 1, 0);
        expectWrongTargetToken(3, 0, 0);
        assertEq(target.registerToken{ value: TOKEN_FEE }(address(tokens[2])), 4);
        rollup.requestDeparture{ value: 1 ether }(address(target), onePair(3, 4), new bytes(93));
        // After a freeze likewise.
        freeze(rollup);
        Migrant[] memory list = new Migrant[](1);
        list[0] = Migrant(5, 1, 2, 400, alice);
        Migration memory migration = migrationOf(rollup, address(target), onePair(1, 2), list, carol);
        vm.expectRevert(abi.encodeWithSelector(IMigration.WrongTargetToken.selector, 1, 2, 3));
        depart(carol, 0, "", migration);
        list[0].to = 3;
        depart(carol, 0, "", migrationOf(rollup, address(target), pair[1], list, carol));
    }

    function expectWrongTargetToken(uint16 source, uint16 given, uint16 expected) private {
        vm.expectRevert(abi.encodeWithSelector(IMigration.WrongTargetToken.selector, source, given, expected));
        rollup.requestDeparture{ value: 1 ether }(address(target), onePair(source, given), new bytes(93));
    }

    /// @dev Alice holds the move of bob, signed for ether, and mixes it with an account of her own with a token for
    ///      which she gives a wrong id, with one that never arrives, and with one that is hers alone.
    function test_strangersPartCannotKeepAUsersMoney() public {
        HostileToken hostile = new HostileToken();
        uint16 id = register(address(hostile));
        assertEq(target.registerToken{ value: TOKEN_FEE }(address(hostile)), 4);
        Migrant[] memory list = new Migrant[](2);
        list[0] = Migrant(300, 0, 0, 1 ether, bob);
        list[1] = Migrant(5, 1, 2, 1, alice);
        bytes memory moves = movesOf(list);
        expectSeveralOf(tokensOf([uint16(0), 1, 1, 1], [uint16(0), 2, 2, 2]), moves);
        list[1] = Migrant(5, id, 4, 1, alice);
        moves = movesOf(list);
        expectSeveralOf(tokensOf([uint16(0), id, id, id], [uint16(0), 4, 4, 4]), moves);
        expectSeveralOf(tokensOf([uint16(id), 0, 0, 0], [uint16(4), 0, 0, 0]), moves);

        // She may request both moves with one token: the other one is void, and nothing of it keeps bob's back.
        list[1].from = 0; // so says the circuit
        Migration memory migration = migrationOf(rollup, address(target), pair[0], list, carol);
        migration.moves = moves;
        complete(migration);
        bytes memory slot = request(migration);
        advance(50, 1);
        migration = migrationOf(rollup, address(target), pair[0], list, carol);
        migration.moves = moves;
        complete(migration);
        depart(carol, 4, slot, migration);
        hostile.stop();
        rollup.deliver{ value: 1 ether }(1, migration.proof, migration.signals, migration.arrivals);
        assertEq(target.queuedOperations(), 1);
        assertEq(address(target).balance, 1 ether + FEE_BASE);
    }

    function expectSeveralOf(uint128 ids, bytes memory moves) private {
        vm.expectRevert(abi.encodeWithSelector(IMigration.SeveralTokens.selector, ids));
        rollup.requestDeparture{ value: 1 ether }(address(target), ids, moves);
    }

    /// @dev A token that stops moving keeps back those who hold it, and nobody else.
    function test_hostileTokenHurtsItsHoldersAlone() public {
        HostileToken hostile = new HostileToken();
        uint16 id = register(address(hostile));
        assertEq(target.registerToken{ value: TOKEN_FEE }(address(hostile)), 4);
        hostile.mint(address(rollup), 500); // as if deposited
        Migrant[] memory list = movers(1);
        for (uint256 i = 0; i < 4; ++i) (list[i].token, list[i].to) = (id, 4);
        Migration memory bad = departTo(address(target), onePair(id, 4), list);
        Migration memory good = departTo(address(target), pair[0], movers(0));
        hostile.stop();
        vm.expectRevert(abi.encodeWithSelector(HostileToken.Stopped.selector));
        rollup.deliver{ value: 1 ether }(1, bad.proof, bad.signals, bad.arrivals);
        rollup.deliver{ value: 1 ether }(2, good.proof, good.signals, good.arrivals);
        skip(ESCAPE_DELAY + 1);
        rollup.reclaim(1, bad.signals, bad.arrivals, 0);
        assertEq(rollup.credits(id, alice), 400);
    }

    function test_targetIsAnotherContract() public {
        vm.expectRevert(abi.encodeWithSelector(IMigration.InvalidTarget.selector, bob));
        rollup.requestDeparture{ value: 1 ether }(bob, pair[1], new bytes(93));
        vm.expectRevert(abi.encodeWithSelector(IMigration.InvalidTarget.selector, address(rollup)));
        rollup.requestDeparture{ value: 1 ether }(address(rollup), pair[1], new bytes(93));
    }

    // ─── Order ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_chainWaitsForTheDeparture() public {
        expectBase(GENESIS + 1, type(uint256).max);
        queueExit(1); // 4
        Migration memory migration = migrationOf(rollup, address(target), pair[1], movers(1), carol);
        bytes memory slot = request(migration); // 5
        queueExit(2); // 6
        expectBase(GENESIS + 1, 2);
        advance(50, 1);
        expectBase(50, 1);
        advance(51, 1);

        bytes memory due = abi.encodeWithSelector(IForcedQueue.DepartureDue.selector, 5);
        vm.expectRevert(due);
        rollup.base();
        vm.expectRevert(due);
        advance(52, 0);
        vm.expectRevert(due);
        advance(52, 1);
        assertEq(rollup.stateRoot(), 51);
        assertEq(rollup.executedOperations(), 5);
        queueExit(3); // users still queue

        migration = migrationBy(carol);
        depart(carol, 5, slot, migration);
        expectBase(migration.signals[0], type(uint256).max);
        advance(52, 2);
        assertEq(rollup.executedOperations(), 7);
    }

    function test_departuresHappenInTheOrderOfTheQueue() public {
        bytes[8] memory slots;
        queueExit(1);
        slots[5] = request(migrationBy(carol));
        slots[6] = request(migrationBy(carol));
        queueExit(2);
        advance(50, 2); // 4, 5
        expectNotDue(6, 5, 5, slots[6]);
        departNext(5, slots[5]);
        // The next one waits to be executed, and one more comes.
        expectBase(rollup.stateRoot(), 1);
        expectNotDue(6, 6, 5, slots[6]);
        slots[7] = request(migrationBy(carol)); // is 8, behind the exit 7
        advance(51, 3); // 6, 7, 8
        expectNotDue(8, 6, 8, slots[7]);
        expectNotDue(7, 6, 8, slots[7]);
        expectNotDue(5, 6, 8, slots[5]);
        expectNotDue(0, 6, 8, slots[6]);
        expectNotDue(9, 6, 8, slots[6]);
        departNext(6, slots[6]);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.DepartureDue.selector, 8));
        rollup.base();
        departNext(8, slots[7]);
        expectBase(rollup.stateRoot(), type(uint256).max);
        expectNotDue(8, 0, 8, slots[7]);
        expectNotDue(0, 0, 8, slots[7]);

        // The list begins anew.
        slots[0] = request(migrationBy(carol)); // 9
        slots[1] = request(migrationBy(carol)); // 10
        expectBase(rollup.stateRoot(), 1);
        advance(52, 2);
        departNext(9, slots[0]);
        slots[2] = request(migrationBy(carol)); // 11, while the last one before it is due
        departNext(10, slots[1]);
        expectBase(rollup.stateRoot(), 1);
        advance(53, 1);
        departNext(11, slots[2]);
        expectBase(rollup.stateRoot(), type(uint256).max);
        assertEq(rollup.departureCount(), 6);
    }

    function departNext(uint256 id, bytes memory slot) private {
        depart(carol, id, slot, migrationBy(carol));
    }

    function expectNotDue(uint256 id, uint256 next, uint256 executed, bytes memory slot) private {
        Migration memory migration = migrationBy(carol);
        vm.expectRevert(abi.encodeWithSelector(IMigration.NotDue.selector, id, next, executed));
        depart(carol, id, slot, migration);
    }

    function expectBase(uint256 root, uint256 untilDeparture) private view {
        (uint256 actualRoot, uint256 actualUntil, uint256 actualExecuted) = rollup.base();
        assertEq(actualRoot, root, "root");
        assertEq(actualUntil, untilDeparture, "until departure");
        assertEq(actualExecuted, rollup.executedOperations(), "executed");
    }

    function test_departureWaitsUntilItIsExecuted() public {
        bytes memory slot = request(migrationBy(carol));
        expectNotDue(4, 4, 3, slot);
        advance(50, 1);
        departNext(4, slot);
    }

    // ─── Proof ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_recordsTheDepartureAndPaysForTheProof() public {
        bytes memory slot = request(migrationBy(carol));
        advance(50, 1);
        Migration memory migration = migrationBy(carol);
        uint256 held = address(rollup).balance;

        vm.expectEmit(address(rollup));
        emit IMigration.Departed(1, 4, address(target), migration.proof, migration.signals, migration.arrivals);
        vm.expectEmit(address(rollup));
        emit ICustody.Credited(0, carol, proofFee(FEE_BASE));
        depart(carol, 4, slot, migration);

        assertEq(rollup.stateRoot(), migration.signals[0]);
        assertEq(rollup.departureCount(), 1);
        (bytes27 hash, uint256 departedAt) = rollup.departureRecord(1);
        assertEq(
            bytes32(hash),
            bytes32(bytes27(keccak256(abi.encode(migration.signals, keccak256(migration.arrivals)))))
        );
        assertEq(departedAt, this.clock());
        assertEq(rollup.credits(0, carol), proofFee(FEE_BASE));
        assertEq(address(rollup).balance, held, "what departed is still here");
        assertFalse(rollup.hasLeft(5));
        expectNotDue(4, 0, 4, slot); // not twice
    }

    function test_onlyWhatWasRequestedHappens() public {
        Migration memory requested = migrationBy(carol);
        bytes memory slot = request(requested);
        bytes memory other = queueExit(1);
        advance(50, 2);

        (bytes27 recorded, ) = rollup.forcedOperation(4);
        (bytes27 previous, ) = rollup.forcedOperation(3);
        Migration memory migration = migrationBy(carol);
        bytes27 computed = bytes27(keccak256(bytes.concat(previous, other)));
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.WrongOperation.selector, 4, computed, recorded));
        depart(carol, 4, other, migration);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.WrongSlotsLength.selector, 92, 93));
        depart(carol, 4, resized(slot, 92), migration);

        // Valid migrations, but others: fewer moves, another target, other tokens.
        migration.moves = resized(migration.moves, 93);
        complete(migration);
        expectWrongMoves(slot, migration, requested);
        migration = migrationOf(rollup, address(tokens[0]), pair[1], movers(1), carol);
        expectWrongMoves(slot, migration, requested);
        migration = migrationOf(rollup, address(target), pair[2], movers(2), carol);
        migration.moves = requested.moves;
        complete(migration);
        expectWrongMoves(slot, migration, requested);
        departNext(4, slot);
    }

    function expectWrongMoves(bytes memory slot, Migration memory migration, Migration memory requested) private {
        vm.expectRevert(
            abi.encodeWithSelector(IMigration.WrongMoves.selector, 4, requestHash(migration), requestHash(requested))
        );
        depart(carol, 4, slot, migration);
    }

    function requestHash(Migration memory migration) private pure returns (bytes31) {
        return bytes31(keccak256(abi.encode(migration.signals[12], migration.signals[13], keccak256(migration.moves))));
    }

    /// @dev A public signal that L1 knows must be L1's; of the others the proof would have to be another one.
    function test_everySignalCounts() public {
        bytes memory slot = request(migrationBy(carol));
        advance(50, 1);
        for (uint256 i = 0; i < 17; ++i) expectRefusedSignal(4, slot, i, 1);
        expectRefusedSignal(4, slot, 12, 2 ** 160);
        expectRefusedSignal(4, slot, 13, 2 ** 128);
        departNext(4, slot);
    }

    function test_everySignalCountsAfterAFreeze() public {
        freeze(rollup);
        for (uint256 i = 0; i < 17; ++i) expectRefusedSignal(0, "", i, 1);
        expectRefusedSignal(0, "", 12, 2 ** 160);
        expectRefusedSignal(0, "", 13, 2 ** 128);
        departNext(0, "");
    }

    /// @dev Flips bits of one signal, and leaves proof and data.
    function expectRefusedSignal(uint256 id, bytes memory slot, uint256 position, uint256 mask) private {
        Migration memory migration = migrationBy(carol);
        uint256 expected = migration.signals[position];
        migration.signals[position] ^= mask;
        // A point follows from a commitment.
        uint256 reported = position;
        if (position == 6 || position == 8) {
            reported = position == 6 ? 14 : 15;
            bytes memory data = position == 6 ? migration.moves : migration.arrivals;
            bytes32 hash = keccak256(abi.encode(keccak256(data), migration.signals[position]));
            expected = uint256(hash) % PRIME;
        }
        bool isUnknownToL1 = position < 6 || ((position == 12 || position == 13) && mask == 1);
        vm.expectRevert(
            isUnknownToL1
                ? abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector)
                : abi.encodeWithSelector(
                    IMigration.WrongSignal.selector,
                    reported,
                    migration.signals[reported],
                    expected
                )
        );
        depart(carol, id, slot, migration);
    }

    /// @dev Every signal again, with a valid proof: a proof of something else is refused where L1 knows the value.
    function test_proofOfAnotherStateOrForAnotherRollupIsRefused() public {
        bytes memory slot = request(migrationBy(carol));
        advance(50, 1);
        uint256[2] memory positions = [uint256(10), 11];
        for (uint256 i = 0; i < 2; ++i) {
            Migration memory migration = migrationBy(carol);
            uint256 expected = migration.signals[positions[i]];
            migration.signals[positions[i]] += 1;
            complete(migration);
            vm.expectRevert(
                abi.encodeWithSelector(IMigration.WrongSignal.selector, positions[i], expected + 1, expected)
            );
            depart(carol, 4, slot, migration);
        }
    }

    function test_proofSeenInTheMempoolIsWorthNothing() public {
        bytes memory slot = request(migrationBy(carol));
        advance(50, 1);
        Migration memory migration = migrationBy(carol);
        vm.expectRevert(
            abi.encodeWithSelector(IMigration.WrongSignal.selector, 16, uint256(uint160(carol)), uint256(uint160(bob)))
        );
        depart(bob, 4, slot, migration);
        depart(carol, 4, slot, migration);
    }

    function test_dataIsThatOfTheProof() public {
        bytes memory slot = request(migrationBy(carol));
        advance(50, 1);
        uint256[3] memory lengths = [uint256(92), MAX_BYTES - 1, MAX_BYTES + 93];
        for (uint256 i = 0; i < 3; ++i) {
            Migration memory cut = migrationBy(carol);
            cut.arrivals = resized(cut.arrivals, lengths[i]);
            vm.expectRevert(abi.encodeWithSelector(IMigration.WrongMigrantsLength.selector, lengths[i], MAX_BYTES));
            depart(carol, 4, slot, cut);
            cut = migrationBy(carol);
            cut.moves = resized(cut.moves, lengths[i]);
            vm.expectRevert(abi.encodeWithSelector(IMigration.WrongMigrantsLength.selector, lengths[i], MAX_BYTES));
            depart(carol, 4, slot, cut);
        }
        Migration memory altered = migrationBy(carol);
        altered.arrivals[MAX_BYTES - 1] ^= 0x01; // the last owner
        bytes32 point = keccak256(abi.encode(keccak256(altered.arrivals), altered.signals[8]));
        vm.expectRevert(
            abi.encodeWithSelector(IMigration.WrongSignal.selector, 15, altered.signals[15], uint256(point) % PRIME)
        );
        depart(carol, 4, slot, altered);
    }

    /// @dev Zero slots at the end may be left out: nobody moves there.
    function test_trailingZerosMayBeLeftOut() public {
        Migrant[] memory list = new Migrant[](1);
        list[0] = movers(1)[0];
        Migration memory migration = migrationOf(rollup, address(target), pair[1], list, carol);
        bytes memory slot = request(migration);
        advance(50, 1);
        depart(carol, 4, slot, migrationOf(rollup, address(target), pair[1], list, carol));
        assertEq(rollup.departureCount(), 1);
    }

    function test_nothingDepartsOnAnotherChain() public {
        Migration memory migration = migrationBy(carol);
        bytes memory slot = request(migration);
        advance(50, 1);
        migration = migrationBy(carol);
        uint256 home = this.chain();
        vm.chainId(home + 1);
        bytes memory wrong = abi.encodeWithSelector(ICustody.WrongChain.selector, home + 1, home);
        vm.expectRevert(wrong);
        depart(carol, 4, slot, migration);
        vm.expectRevert(wrong);
        rollup.requestDeparture{ value: 1 ether }(address(target), pair[1], migration.moves);
    }

    // ─── After a freeze ──────────────────────────────────────────────────────────────────────────────────────────────

    function test_accountsLeaveAFrozenRollup() public {
        freeze(rollup);
        Migration memory migration = migrationBy(carol);
        vm.expectEmit(address(rollup));
        emit IMigration.Departed(1, 0, address(target), migration.proof, migration.signals, migration.arrivals);
        depart(carol, 0, "", migration);

        assertTrue(rollup.hasLeft(5));
        assertTrue(rollup.hasLeft(300));
        assertTrue(rollup.hasLeft(1023));
        assertFalse(rollup.hasLeft(0), "the move that is not valid");
        assertEq(rollup.stateRoot(), GENESIS + 1);
        assertEq(rollup.credits(0, carol), 0, "nobody paid for it");
        (, uint256 departedAt) = rollup.departureRecord(1);
        assertEq(departedAt, this.clock());
    }

    function test_accountLeavesOnce() public {
        freeze(rollup);
        escape(300, bob, 1, 70);
        expectAlreadyLeft(movers(1), 300);
        assertFalse(rollup.hasLeft(5), "all or nobody");

        Migrant[] memory list = new Migrant[](2);
        list[0] = movers(1)[0];
        depart(carol, 0, "", migrationOf(rollup, address(target), pair[1], list, carol));
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AlreadyLeft.selector, 5));
        this.escape(5, alice, 1, 400);
        expectAlreadyLeft(list, 5);

        // Two moves of one account, of which the second has no balance left.
        list[0] = movers(1)[3];
        list[1] = Migrant(list[0].from, list[0].token, list[0].to, 0, list[0].owner);
        expectAlreadyLeft(list, 1023);
    }

    function expectAlreadyLeft(Migrant[] memory list, uint256 account) private {
        Migration memory migration = migrationOf(rollup, address(target), pair[1], list, carol);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AlreadyLeft.selector, account));
        depart(carol, 0, "", migration);
    }

    function escape(uint256 account, address owner, uint16 token, uint128 amount) public {
        uint256[8] memory proof;
        proof[0] = uint256(keccak256(abi.encode(0, uint160(owner), token, amount, rollup.stateRoot(), account)));
        rollup.escape(account, owner, token, amount, proof);
    }

    function test_whereNobodyArrivesNobodyLeaves() public {
        freeze(rollup);
        Migrant[] memory list = new Migrant[](4);
        Migration memory migration = migrationOf(rollup, address(target), pair[1], list, carol);
        for (uint256 i = 0; i < 4; ++i) migration.moves[93 * i + 3] = 0x07; // of account 7, but not valid
        complete(migration);
        depart(carol, 0, "", migration);
        assertFalse(rollup.hasLeft(7));
        migration.arrivals = "";
        complete(migration);
        depart(carol, 0, "", migration);
        assertFalse(rollup.hasLeft(7));
    }

    /// @dev The queue's rules for a request hold for a departure without one, too.
    function test_rulesOfARequestHoldWithoutOne() public {
        freeze(rollup);
        Migration memory migration = migrationOf(rollup, bob, pair[1], movers(1), carol);
        vm.expectRevert(abi.encodeWithSelector(IMigration.InvalidTarget.selector, bob));
        depart(carol, 0, "", migration);
        migration = migrationOf(rollup, address(rollup), pair[1], movers(1), carol);
        vm.expectRevert(abi.encodeWithSelector(IMigration.InvalidTarget.selector, address(rollup)));
        depart(carol, 0, "", migration);
        migration = migrationOf(rollup, address(target), pairs, migrants(), carol);
        vm.expectRevert(abi.encodeWithSelector(IMigration.SeveralTokens.selector, pairs));
        depart(carol, 0, "", migration);
        migration = migrationOf(rollup, address(target), pair[1], new Migrant[](0), carol);
        vm.expectRevert(abi.encodeWithSelector(IMigration.WrongMigrantsLength.selector, 0, MAX_BYTES));
        depart(carol, 0, "", migration);
    }

    function test_whatWasRequestedBeforeTheFreezeDoesNotHappen() public {
        bytes memory slot = request(migrationBy(carol)); // 4, executed
        request(migrationBy(carol)); // 5
        advance(50, 1);
        freeze(rollup);
        Migration memory migration = migrationBy(carol);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector));
        depart(carol, 4, slot, migration);
        depart(carol, 0, slot, migration);
        assertEq(rollup.stateRoot(), 50);
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function resized(bytes memory data, uint256 length) private pure returns (bytes memory result) {
        result = new bytes(length);
        for (uint256 i = 0; i < length && i < data.length; ++i) result[i] = data[i];
    }
}
