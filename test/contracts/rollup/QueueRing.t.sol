// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IEscapeHatch } from "../../../contracts/interfaces/IEscapeHatch.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IMigration } from "../../../contracts/interfaces/IMigration.sol";
import { MigrationTest } from "./MigrationTest.sol";

/**
 * @notice The queue, its departures and their records where their rings end, compared with lists that forget nothing.
 *         Three operations were executed in `setUp`.
 */
contract QueueRingTest is MigrationTest {
    uint256 private constant RING = 256;
    uint256 private constant BEFORE = 3;

    struct Entry {
        bytes27 rolling;
        uint256 queuedAt;
        bytes slot;
    }

    Entry[] private _entries; // by id, those of `setUp` without their slots
    uint256 private _executed;

    uint256[] private _waiting; // departures that were requested and did not happen

    function setUp() public override {
        super.setUp();
        for (uint256 id = 0; id <= BEFORE; ++id) {
            Entry storage entry = _entries.push();
            (entry.rolling, entry.queuedAt) = rollup.forcedOperation(id);
        }
        _executed = BEFORE;
        vm.deal(alice, 1_000_000 ether);
    }

    // ─── The ring ends ───────────────────────────────────────────────────────────────────────────────────────────────

    function test_lastPlaceOfTheRingAndOneMore() public {
        queueUntil(RING - 1); // place 255
        checkAll();
        queue(); // place 0, where the zero stood before the first operation
        checkAll();
        for (uint256 i = 0; i < 5; ++i) {
            queue(); // 258 is the last that fits beside entry 3, which is needed
            checkEnds();
        }
        take(BEFORE, 4);
        take(RING - 2, 4);
        execute(RING - 1 - BEFORE);
        checkAll();
        take(RING - 1, 4);
    }

    function test_operationsAreTakenAcrossTheEndOfTheRing() public {
        queueUntil(200);
        execute(197);
        queueUntil(300);
        checkAll();
        take(200, 100);
        take(250, 10);
        take(255, 1);
        take(256, 1);
        execute(60);
        take(260, 40);
        checkAll();
    }

    function test_entriesThatAreGoneSayWhichThereAre() public {
        queueUntil(300);
        expectGone(301, 3, 300);
        expectGone(type(uint256).max, 3, 300);
        expectGone(2, 3, 300); // gone, though entry 3 was kept
        execute(297);
        expectGone(3, 45, 300); // was kept, but it is of no use any more
        expectGone(44, 45, 300);
        (bytes27 rolling, ) = rollup.forcedOperation(45);
        assertEq(bytes32(rolling), bytes32(_entries[45].rolling));
        expectGone(0, 45, 300);
    }

    function test_firstEntriesAreThereUntilTheRingIsFull() public {
        queueUntil(RING - 1);
        execute(RING - 1 - BEFORE);
        for (uint256 id = 0; id < RING; ++id) checkEntry(id);
        queue();
        expectGone(0, 1, RING);
    }

    /// @dev A full queue would be a way to censor.
    function test_queueNeverRefusesAndForgetsNothingThatWaits() public {
        for (uint256 i = 0; i < 3 * RING + 7; ++i) queue();
        checkAll();
        take(BEFORE, 3);
        take(RING + 1, 300);
        take(3 * RING, 10);
        // Served again, the queue goes on in the ring.
        while (_executed < _entries.length - 1) {
            execute(min(60, _entries.length - 1 - _executed));
            checkEnds();
            take(_executed, min(60, _entries.length - 1 - _executed));
        }
        for (uint256 i = 0; i < 2 * RING; ++i) {
            queue();
            if (i % 50 == 49) execute(50);
        }
        checkAll();
    }

    function testFuzz_behavesLikeAListThatForgetsNothing(uint256[10] memory steps) public {
        for (uint256 i = 0; i < 10; ++i) {
            uint256 waiting = _entries.length - 1 - _executed;
            uint256 amount = bound(steps[i] >> 8, 1, 150);
            if (steps[i] % 5 < 2) execute(min(waiting, 2 * amount));
            else for (uint256 n = 0; n < amount; ++n) queue();
            checkEnds();
        }
        uint256 left = _entries.length - 1 - _executed;
        if (left > 0) take(_executed, min(left, 20));
    }

    // ─── Deadline and freeze ─────────────────────────────────────────────────────────────────────────────────────────

    function test_headThatWasSpilledKeepsItsDeadline() public {
        queueUntil(RING + 20);
        uint256 deadline = _entries[BEFORE + 1].queuedAt + DEADLINE;
        vm.warp(deadline);
        rollup.previewForced(BEFORE, 0, "", 4, deadline);
        vm.expectRevert(
            abi.encodeWithSelector(IForcedQueue.ForcedOperationOverdue.selector, BEFORE + 1, deadline, deadline + 1)
        );
        rollup.previewForced(BEFORE, 0, "", 4, deadline + 1);
        uint256 escapeTime = _entries[BEFORE + 1].queuedAt + ESCAPE_DELAY;
        vm.warp(escapeTime);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NotLate.selector, BEFORE + 1, escapeTime, escapeTime));
        rollup.freeze();
        vm.warp(escapeTime + 1);
        rollup.freeze();
    }

    function test_everyOperationThatWaitsIsRefundedAfterAFreeze() public {
        queueUntil(2 * RING + 5);
        execute(2);
        skip(ESCAPE_DELAY + 1);
        rollup.freeze();
        checkAll();
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AlreadyExecuted.selector, BEFORE + 2, BEFORE + 2));
        refund(BEFORE + 2);
        uint256 before = rollup.credits(0, alice);
        uint256 fees;
        for (uint256 id = BEFORE + 3; id < _entries.length; id += id < 20 || id > RING - 5 ? 1 : 40) {
            refund(id);
            fees += FEE_BASE + (id - 1 - BEFORE) * uint256(FEE_STEP);
        }
        assertEq(rollup.credits(0, alice) - before, fees);
    }

    // ─── Departures ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Its entries are the last and the first of the ring; behind it many operations are queued and none executed.
    function test_departureAcrossTheEndOfTheRing() public {
        queueUntil(RING - 1);
        requestNext(); // 256: its entry in place 0, the one before in place 255
        execute(_entries.length - 1 - BEFORE);
        departFirst();
        queueUntil(2 * RING - 2);
        requestNext(); // 511
        requestNext(); // 512
        execute(_entries.length - 1 - _executed);
        departFirst();
        departFirst();
    }

    /// @dev While it is due, nothing is executed, and the queue grows by more than the ring.
    function test_departureThatIsDueOutlastsTheRing() public {
        requestNext(); // 4
        queue();
        requestNext(); // 6
        queue();
        execute(4);
        for (uint256 i = 0; i < RING + 10; ++i) queue();
        checkAll();
        departFirst();
        checkAll();
        for (uint256 i = 0; i < 5; ++i) queue();
        checkAll();
        departFirst();
        execute(7);
        checkAll();
    }

    function test_secondFeeOfASpilledDepartureIsRefunded() public {
        requestNext(); // 4
        execute(1);
        for (uint256 i = 0; i < RING + 10; ++i) queue();
        skip(ESCAPE_DELAY + 1);
        rollup.freeze();
        checkAll();
        uint256 before = rollup.credits(0, alice);
        refund(4);
        assertEq(rollup.credits(0, alice) - before, proofFee(FEE_BASE));
    }

    /// @dev More than their ring holds, in their order.
    function test_manyDeparturesWaitAndHappenInOrder() public {
        for (uint256 i = 0; i < 40; ++i) {
            requestNext();
            if (i % 3 == 0) queue();
        }
        execute(_entries.length - 1 - BEFORE);
        while (_waiting.length > 0) departFirst();
        expectUntil(type(uint256).max);
        // And again, now from the middle of the ring.
        for (uint256 i = 0; i < 20; ++i) requestNext();
        execute(20);
        while (_waiting.length > 0) departFirst();
        expectUntil(type(uint256).max);
    }

    function testFuzz_departuresHappenInOrder(uint8[40] memory steps) public {
        for (uint256 i = 0; i < 40; ++i) {
            uint256 kind = steps[i] % 8;
            if (kind < 4) requestNext();
            else if (kind == 4) queue();
            else if (_waiting.length > 0 && _waiting[0] <= _executed) departFirst();
            else if (_executed < _entries.length - 1) execute(1 + ((steps[i] / 8) % (_entries.length - 1 - _executed)));
            expectUntil(_waiting.length == 0 ? type(uint256).max : _waiting[0]);
        }
    }

    // ─── Records of departures ───────────────────────────────────────────────────────────────────────────────────────

    function test_departureThatNobodyDeliversOutlastsTheRing() public {
        Migration[] memory migrations = new Migration[](40);
        for (uint256 i = 0; i < 40; ++i) {
            Migrant[] memory list = new Migrant[](1);
            list[0] = Migrant(uint32(5 + i), 1, 3, uint128(i % 9), bob);
            migrations[i] = departTo(address(target), pair[1], list);
            if (i % 3 != 0) deliver(i + 1, migrations[i]);
        }
        for (uint256 i = 0; i < 40; ++i) {
            (bytes27 hash, uint256 departedAt) = rollup.departureRecord(i + 1);
            bytes27 expected = i % 3 == 0 ? bytes27(recordOf(migrations[i])) : bytes27(0);
            assertEq(bytes32(hash), bytes32(expected), "INV-MIGRATION-01");
            assertEq(departedAt, i % 3 == 0 ? this.clock() : 0);
        }
        // Late, but once: delivered or reclaimed.
        deliver(1, migrations[0]);
        expectUnknown(1, migrations[0]);
        deliver(1, migrations[0]);
        expectUnknown(2, migrations[1]);
        deliver(2, migrations[1]);
        skip(ESCAPE_DELAY + 1);
        rollup.reclaim(4, migrations[3].signals, migrations[3].arrivals, 0);
        assertEq(rollup.credits(1, bob), 3);
        vm.expectRevert(abi.encodeWithSelector(IMigration.PartlyReclaimed.selector, 4));
        deliver(4, migrations[3]);
        rollup.reclaim(40, migrations[39].signals, migrations[39].arrivals, 0);
    }

    /// @dev The place of a number that is not given yet holds an older record.
    function test_recordIsFoundUnderItsNumberAlone() public {
        Migration memory migration = depart();
        uint256[5] memory numbers = [uint256(0), 2, 17, 33, type(uint256).max];
        for (uint256 i = 0; i < 5; ++i) {
            (bytes27 hash, uint256 departedAt) = rollup.departureRecord(numbers[i]);
            assertEq(bytes32(hash), 0);
            assertEq(departedAt, 0);
            expectUnknown(numbers[i], migration);
            deliver(numbers[i], migration);
        }
        deliver(1, migration);
        Migration memory last;
        for (uint256 i = 0; i < 17; ++i) last = departTo(address(target), pair[1], new Migrant[](1));
        deliver(18, last);
        (bytes27 recorded, ) = rollup.departureRecord(17);
        assertNotEq(uint256(bytes32(recorded)), 0);
        vm.expectRevert(
            abi.encodeWithSelector(IMigration.UnknownMigrants.selector, 17, recordOf(migration), bytes32(recorded))
        );
        deliver(17, migration);
        expectUnknown(1, migration);
        deliver(1, migration);
    }

    // ─── Helpers: queue ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev A forced exit by alice.
    function queue() private {
        uint32 account = uint32(_entries.length);
        uint256 fee = FEE_BASE + (account - 1 - _executed) * uint256(FEE_STEP);
        vm.prank(alice);
        rollup.forceExit{ value: fee }(account, 0, 1);
        uint256 tail = (fee << 161) | uint160(alice);
        push(abi.encodePacked(account, uint48(0), uint128(1), bytes3(0), uint256(0), tail));
    }

    function queueUntil(uint256 id) private {
        while (_entries.length <= id) queue();
    }

    function requestNext() private {
        push(request(empty()));
        _waiting.push(_entries.length - 1);
    }

    function push(bytes memory slot) private {
        Entry storage entry = _entries.push();
        entry.slot = slot;
        entry.rolling = bytes27(keccak256(bytes.concat(_entries[_entries.length - 2].rolling, slot)));
        entry.queuedAt = this.clock();
        skip(1);
    }

    function execute(uint256 count) private {
        advance(rollup.stateRoot() + 1, count);
        _executed += count;
    }

    function departFirst() private {
        uint256 id = _waiting[0];
        depart(carol, id, _entries[id].slot, empty());
        for (uint256 i = 1; i < _waiting.length; ++i) _waiting[i - 1] = _waiting[i];
        _waiting.pop();
    }

    /// @dev A departure of nobody.
    function empty() private view returns (Migration memory) {
        return migrationOf(rollup, address(target), pair[1], new Migrant[](1), carol);
    }

    /// @dev As a batch takes them.
    function take(uint256 taken, uint256 count) private view {
        bytes memory slots;
        for (uint256 id = taken + 1; id <= taken + count; ++id) slots = bytes.concat(slots, _entries[id].slot);
        rollup.previewForced(taken, count, slots, count, this.clock());
    }

    function refund(uint256 id) private {
        rollup.refund(id, _entries[id].slot);
    }

    function deliver(uint256 departure, Migration memory migration) private {
        rollup.deliver{ value: 10 ether }(departure, migration.proof, migration.signals, migration.arrivals);
    }

    // ─── Helpers: checks ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Everything that may still be compared with something.
    function checkAll() private view {
        for (uint256 id = oldestNeeded(); id < _entries.length; ++id) checkEntry(id);
    }

    /// @dev Of the same the ends, of the ring too, and some between.
    function checkEnds() private view {
        (uint256 first, uint256 newest) = (oldestNeeded(), _entries.length - 1);
        assertEq(rollup.queuedOperations(), newest);
        for (uint256 id = first; id < newest; id += 37) checkEntry(id);
        for (uint256 back = 0; back < 3 && newest - back >= first; ++back) checkEntry(newest - back);
        for (uint256 back = RING - 2; back < RING + 2 && newest >= first + back; ++back) checkEntry(newest - back);
    }

    /// @return The oldest entry that is needed.
    function oldestNeeded() private view returns (uint256) {
        return _waiting.length == 0 ? _executed : min(_executed, _waiting[0] - 1);
    }

    function checkEntry(uint256 id) private view {
        (bytes27 rolling, uint256 queuedAt) = rollup.forcedOperation(id);
        assertEq(bytes32(rolling), bytes32(_entries[id].rolling), "INV-QUEUE-04: hash");
        assertEq(queuedAt, _entries[id].queuedAt, "INV-QUEUE-04: time");
    }

    /// @param next First departure that waits.
    function expectUntil(uint256 next) private {
        if (next != type(uint256).max && next <= _executed) {
            vm.expectRevert(abi.encodeWithSelector(IForcedQueue.DepartureDue.selector, next));
            rollup.base();
            return;
        }
        (, uint256 until, ) = rollup.base();
        assertEq(until, next == type(uint256).max ? next : next - _executed);
    }

    function expectGone(uint256 id, uint256 oldest, uint256 newest) private {
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.UnknownOperation.selector, id, oldest, newest));
        rollup.forcedOperation(id);
    }

    function expectUnknown(uint256 departure, Migration memory migration) private {
        vm.expectRevert(
            abi.encodeWithSelector(IMigration.UnknownMigrants.selector, departure, recordOf(migration), bytes32(0))
        );
    }

    function min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
