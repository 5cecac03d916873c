// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IMigration } from "../../../contracts/interfaces/IMigration.sol";
import { FeeOnTransferToken } from "../../../contracts/mocks/FeeOnTransferToken.sol";
import { HostileTarget } from "./HostileTarget.sol";
import { MigrationTest } from "./MigrationTest.sol";

contract DeliveryTest is MigrationTest {
    /// @dev Balance of each account of `movers`, in the units of their token.
    uint256 private constant OWNED = 500;

    // ─── Delivery ────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_paysTheTotalIntoTheTarget() public {
        for (uint16 token = 0; token < 3; ++token) {
            Migration memory migration = departTo(address(target), pair[token], movers(token));
            target.forceExit{ value: 1 ether }(1, 0, 1);
            expectDelivery(token, migration);
        }
    }

    function expectDelivery(uint16 token, Migration memory migration) private {
        uint256 fee = target.forcedFee();
        uint256 id = 2 * (uint256(token) + 1);
        bytes memory slot = arrivalSlot(migration, fee, bob);
        uint256 bobHas = bob.balance;
        uint256[3] memory sourceHas = held(address(rollup));
        uint256[3] memory targetHas = held(address(target));

        vm.expectEmit(address(target));
        emit IForcedQueue.ForcedOperationQueued(id, address(rollup), slot);
        vm.expectEmit(address(target));
        emit IMigration.ArrivalQueued(id, migration.arrivals);
        vm.expectEmit(address(rollup));
        emit IMigration.Delivered(token + 1, address(target), id);
        deliver(bob, 5 ether, token + 1, migration);

        for (uint256 i = 0; i < 3; ++i) {
            uint256 moved = i == token ? OWNED : 0;
            assertEq(sourceHas[i] - held(address(rollup))[i], moved, "leaves the source");
            uint256 extra = i == 0 ? fee : 0;
            assertEq(held(address(target))[i] - targetHas[i], moved + extra, "reaches the target");
            if (i > 0) assertEq(tokens[i - 1].allowance(address(rollup), address(target)), 0);
        }
        assertEq(bobHas - bob.balance, fee, "the caller pays the fee");
        (bytes27 hash, uint256 departedAt) = rollup.departureRecord(token + 1);
        assertEq(bytes32(hash), 0);
        assertEq(departedAt, 0);
    }

    function test_deliversOnce() public {
        Migration memory migration = depart();
        deliver(bob, FEE_BASE, 1, migration);
        expectUnknown(1, migration, 0);
        deliver(bob, 1 ether, 1, migration);
        // Not the same under another number, nor what never departed.
        expectUnknown(2, migration, 0);
        deliver(bob, 1 ether, 2, migration);
        expectUnknown(0, migration, 0);
        deliver(bob, 1 ether, 0, migration);
    }

    function test_onlyWhatDepartedIsDelivered() public {
        Migration memory departed = depart();
        for (uint256 i = 0; i < 17; ++i) {
            Migration memory migration = copyOf(departed);
            migration.signals[i] ^= 1;
            migration.proof = proofOf(migration.signals);
            expectUnknown(1, migration, recordOf(departed));
            deliver(bob, 1 ether, 1, migration);
        }
        Migration memory altered = copyOf(departed);
        altered.arrivals[MAX_BYTES - 1] ^= 0x01;
        expectUnknown(1, altered, recordOf(departed));
        deliver(bob, 1 ether, 1, altered);
        // A bad proof is the target's to find.
        altered = copyOf(departed);
        altered.proof[0] ^= 1;
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector));
        deliver(bob, 1 ether, 1, altered);
        deliver(bob, 1 ether, 1, departed);
    }

    function test_eachDepartureIsDeliveredByItself() public {
        Migration memory first = depart();
        Migration memory second = depart();
        expectUnknown(1, second, recordOf(first));
        deliver(bob, 1 ether, 1, second);
        deliver(bob, 1 ether, 2, second);
        deliver(bob, 1 ether, 1, first);
        assertEq(held(address(target))[1], 2 * OWNED);
        assertEq(held(address(target))[0], 2 * uint256(FEE_BASE) + FEE_STEP);
    }

    function test_oneWeiLessThanTheTargetsFeeIsRefused() public {
        Migration memory migration = depart();
        vm.expectRevert(abi.encodeWithSelector(ICustody.InsufficientValue.selector, FEE_BASE - 1, FEE_BASE));
        deliver(bob, FEE_BASE - 1, 1, migration);
        deliver(bob, FEE_BASE, 1, migration);
    }

    /// @dev An arrival of nobody is an operation like any other.
    function test_emptyDepartureIsDelivered() public {
        Migration memory migration = departTo(address(target), pair[1], new Migrant[](1));
        uint256[3] memory sourceHas = held(address(rollup));
        deliver(bob, FEE_BASE, 1, migration);
        for (uint256 i = 0; i < 3; ++i) assertEq(held(address(rollup))[i], sourceHas[i]);
        assertEq(target.queuedOperations(), 1);
    }

    /// @dev Not even to a target that would take it there.
    function test_nothingIsDeliveredOnAnotherChain() public {
        Migration memory migration = departTo(address(hostileTarget()), pair[1], movers(1));
        skip(ESCAPE_DELAY + 1);
        uint256 home = this.chain();
        vm.chainId(home + 1);
        bytes memory wrong = abi.encodeWithSelector(ICustody.WrongChain.selector, home + 1, home);
        vm.expectRevert(wrong);
        deliver(bob, 1 ether, 1, migration);
        vm.expectRevert(wrong);
        reclaim(1, migration, 0);
    }

    function test_deliversWhatDepartedBeforeAndAfterAFreeze() public {
        Migrant[] memory before = new Migrant[](1);
        before[0] = Migrant(6, 1, 3, 50, bob);
        Migration memory first = departTo(address(target), pair[1], before);
        freeze(rollup);
        Migration memory second = migrationBy(carol);
        depart(carol, 0, "", second);
        deliver(bob, 1 ether, 1, first);
        deliver(bob, 1 ether, 2, second);
        assertEq(held(address(target))[1], 50 + OWNED);
    }

    // ─── Targets that do not take it ─────────────────────────────────────────────────────────────────────────────────

    function test_targetWithoutRoomChangesNothing() public {
        arriveEmpty(255); // 1,024 leaves
        Migration memory migration = depart();
        expectUndelivered(migration, abi.encodeWithSelector(IForcedQueue.ArrivalDoesNotFit.selector, 1028, 1024));
    }

    function test_frozenTargetChangesNothing() public {
        freeze(target);
        Migration memory migration = depart();
        expectUndelivered(migration, abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector));
    }

    function test_targetThatIsGoneChangesNothing() public {
        Migration memory migration = depart();
        vm.etch(address(target), "");
        expectUndelivered(migration, ""); // no code, no reason
    }

    function test_tokenThatKeepsAPartChangesNothing() public {
        FeeOnTransferToken token = new FeeOnTransferToken();
        uint16 id = register(address(token));
        assertEq(target.registerToken{ value: TOKEN_FEE }(address(token)), 4);
        token.mint(address(rollup), 1000); // as if deposited before it began to keep a part
        Migrant[] memory list = new Migrant[](1);
        list[0] = Migrant(5, id, 4, 1000, alice);
        uint128 ids = tokensOf([id, id, id, id], [uint16(4), 4, 4, 4]);
        Migration memory migration = departTo(address(target), ids, list);
        expectUndelivered(
            migration,
            abi.encodeWithSelector(ICustody.InexactTransfer.selector, address(token), 990, 1000)
        );
        assertEq(token.balanceOf(address(rollup)), 1000);
    }

    /// @dev Accounts that were not delivered wait, and are reclaimed in the end.
    function expectUndelivered(Migration memory migration, bytes memory reason) private {
        uint256[3] memory sourceHas = held(address(rollup));
        vm.expectRevert(reason);
        deliver(bob, 100 ether, 1, migration);
        for (uint256 i = 0; i < 3; ++i) assertEq(held(address(rollup))[i], sourceHas[i]);
        (bytes27 hash, ) = rollup.departureRecord(1);
        assertEq(bytes32(hash), bytes32(bytes27(recordOf(migration))));
        skip(ESCAPE_DELAY + 1);
        reclaim(1, migration, 0);
        assertGt(rollup.credits(uint16(migration.signals[13]), alice), 0);
    }

    // ─── Targets that cheat ──────────────────────────────────────────────────────────────────────────────────────────

    function test_hostileTargetTakesWhatItIsOwedAndNoMore() public {
        HostileTarget hostile = hostileTarget();
        Migration memory migration = departTo(address(hostile), pair[0], movers(0));
        departTo(address(hostile), pair[1], movers(1));
        uint256 sourceHas = address(rollup).balance;
        deliver(bob, 1 ether, 1, migration);
        assertEq(address(hostile).balance, OWNED);
        assertEq(sourceHas - address(rollup).balance, OWNED);
        // Its users have left the source for good.
        skip(ESCAPE_DELAY + 1);
        expectUnknown(1, migration, 0);
        reclaim(1, migration, 0);
    }

    /// @dev It may take the tokens whenever it likes.
    function test_hostileTargetTakesTokensLater() public {
        HostileTarget hostile = hostileTarget();
        deliver(bob, 1 ether, 1, departTo(address(hostile), pair[1], movers(1)));
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(hostile), OWNED, OWNED + 1)
        );
        hostile.take(tokens[0], address(rollup), OWNED + 1);
        hostile.take(tokens[0], address(rollup), OWNED);
    }

    /// @dev Those who move to it have signed for it; those who move elsewhere do not notice.
    function test_targetThatBreaksHurtsItsUsersAlone() public {
        HostileTarget hostile = hostileTarget();
        Migration memory bad = departTo(address(hostile), pair[1], movers(1));
        Migration memory good = departTo(address(target), pair[1], movers(1));
        vm.etch(address(hostile), hex"fe");
        vm.expectRevert();
        rollup.deliver{ value: 1 ether, gas: 1_000_000 }(1, bad.proof, bad.signals, bad.arrivals);
        deliver(bob, 1 ether, 2, good);
        skip(ESCAPE_DELAY + 1);
        reclaim(1, bad, 0);
        assertEq(rollup.credits(1, alice), 400);
    }

    /// @dev Not while accounts arrive, either.
    function test_hostileTargetCannotTakeMoreInside() public {
        HostileTarget hostile = hostileTarget();
        Migration memory migration = departTo(address(hostile), pair[1], movers(1));
        hostile.arm(address(hostile), abi.encodeCall(hostile.take, (tokens[0], address(rollup), OWNED + 1)));
        deliver(bob, 1 ether, 1, migration);
        assertFalse(hostile.succeeded());
        assertEq(tokens[0].balanceOf(address(rollup)), TOKENS_ON_L2);
    }

    /// @dev The fee of a delivery is the caller's money, and never the core's.
    function test_hugeFeeIsTheCallersMatter() public {
        HostileTarget hostile = hostileTarget();
        Migration memory migration = departTo(address(hostile), pair[0], movers(0));
        hostile.setFee(100 ether);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InsufficientValue.selector, 99 ether, 100 ether));
        deliver(bob, 99 ether, 1, migration);
        uint256 sourceHas = address(rollup).balance;
        uint256 bobHas = bob.balance;
        deliver(bob, 150 ether, 1, migration);
        assertEq(bobHas - bob.balance, 100 ether);
        assertEq(address(hostile).balance, 100 ether + OWNED);
        assertEq(sourceHas - address(rollup).balance, OWNED);
    }

    function test_reenteringGainsNothing() public {
        HostileTarget hostile = hostileTarget();
        Migration memory first = departTo(address(hostile), pair[0], movers(0));
        Migration memory second = departTo(address(hostile), pair[0], movers(0));
        Migration memory third = departTo(address(hostile), pair[0], movers(0));
        skip(ESCAPE_DELAY + 1);
        bytes memory locked = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        bytes memory unknown = abi.encodeWithSelector(IMigration.UnknownMigrants.selector, 1, recordOf(first), 0);
        uint256 sourceHas = address(rollup).balance;

        // The same departure is gone already, whether it is to be delivered or reclaimed.
        hostile.arm(address(rollup), abi.encodeCall(rollup.reclaim, (1, first.signals, first.arrivals, 0)));
        deliver(bob, 1 ether, 1, first);
        expectAnswer(hostile, unknown);
        hostile.arm(address(rollup), abi.encodeCall(rollup.deliver, (3, third.proof, third.signals, third.arrivals)));
        deliver(bob, 1 ether, 2, second);
        expectAnswer(hostile, locked);
        hostile.arm(address(rollup), abi.encodeCall(rollup.arrive, (third.proof, third.signals, third.arrivals, bob)));
        deliver(bob, 1 ether, 3, third);
        expectAnswer(hostile, locked);
        assertEq(sourceHas - address(rollup).balance, 3 * OWNED);
    }

    function expectAnswer(HostileTarget hostile, bytes memory expected) private view {
        assertFalse(hostile.succeeded());
        assertEq(hostile.answer(), expected);
    }

    function hostileTarget() private returns (HostileTarget hostile) {
        hostile = new HostileTarget();
        hostile.setId(address(tokens[0]), 3);
        hostile.setId(address(tokens[1]), 2);
    }

    // ─── Reclaim ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_reclaimsOneSecondAfterTheDelay() public {
        Migration memory migration = depart();
        uint256 deadline = this.clock() + ESCAPE_DELAY;
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IMigration.NotReclaimable.selector, 1, deadline, deadline));
        reclaim(1, migration, 0);
        vm.warp(deadline + 1);
        vm.expectEmit(address(rollup));
        emit IMigration.Reclaimed(1, 0, alice);
        vm.expectEmit(address(rollup));
        emit ICustody.Credited(1, alice, 400); // in the source's id: the target's is 3
        reclaim(1, migration, 0);
    }

    function test_everyAccountIsReclaimedOnce() public {
        Migration memory migration = depart();
        uint256[3] memory sourceHas = held(address(rollup));
        skip(ESCAPE_DELAY + 1);
        for (uint256 position = 0; position < 4; ++position) {
            if (position == 2) continue;
            reclaim(1, migration, position);
            vm.expectRevert(abi.encodeWithSelector(IMigration.AlreadyPaid.selector, 1, position));
            reclaim(1, migration, position);
        }
        // In the source's token: the target's id is 3.
        assertEq(rollup.credits(1, alice), 430);
        assertEq(rollup.credits(1, bob), 70);
        assertEq(rollup.credits(3, bob), 0);

        vm.prank(alice);
        rollup.withdraw(1);
        vm.prank(bob);
        rollup.withdraw(1);
        assertEq(sourceHas[1] - held(address(rollup))[1], OWNED);
    }

    function test_positionsWithoutAnAccountAreRefused() public {
        Migration memory migration = depart();
        skip(ESCAPE_DELAY + 1);
        uint256[5] memory positions = [uint256(2), 4, 256, 2 ** 255, type(uint256).max];
        for (uint256 i = 0; i < 5; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMigration.NoAccount.selector, positions[i]));
            reclaim(1, migration, positions[i]);
        }
    }

    function test_onlyWhatDepartedIsReclaimed() public {
        Migration memory departed = depart();
        skip(ESCAPE_DELAY + 1);
        Migration memory migration = copyOf(departed);
        migration.signals[13] ^= 1;
        expectUnknown(1, migration, recordOf(departed));
        reclaim(1, migration, 0);
        migration = copyOf(departed);
        migration.arrivals[20] ^= 0x01; // an amount
        expectUnknown(1, migration, recordOf(departed));
        reclaim(1, migration, 0);
        expectUnknown(2, departed, 0);
        reclaim(2, departed, 0);
        expectUnknown(0, departed, 0);
        reclaim(0, departed, 0);
    }

    function test_deliveredOrReclaimedButNotBoth() public {
        Migration memory first = depart();
        Migration memory second = depart();
        skip(ESCAPE_DELAY + 1);
        reclaim(1, first, 3);
        vm.expectRevert(abi.encodeWithSelector(IMigration.PartlyReclaimed.selector, 1));
        deliver(bob, 1 ether, 1, first);
        reclaim(1, first, 0);
        // Late, but nobody has reclaimed.
        deliver(bob, 1 ether, 2, second);
        expectUnknown(2, second, 0);
        reclaim(2, second, 0);
    }

    function test_reclaimsFromAFrozenRollup() public {
        freeze(rollup);
        Migration memory migration = migrationBy(carol);
        depart(carol, 0, "", migration);
        vm.expectRevert(
            abi.encodeWithSelector(IMigration.NotReclaimable.selector, 1, this.clock() + ESCAPE_DELAY, this.clock())
        );
        reclaim(1, migration, 1);
        skip(ESCAPE_DELAY + 1);
        reclaim(1, migration, 1);
        assertEq(rollup.credits(1, bob), 70);
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function deliver(address caller, uint256 value, uint256 departure, Migration memory migration) private {
        vm.prank(caller);
        rollup.deliver{ value: value }(departure, migration.proof, migration.signals, migration.arrivals);
    }

    function reclaim(uint256 departure, Migration memory migration, uint256 position) private {
        rollup.reclaim(departure, migration.signals, migration.arrivals, position);
    }

    function expectUnknown(uint256 departure, Migration memory migration, bytes32 recorded) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IMigration.UnknownMigrants.selector,
                departure,
                recordOf(migration),
                bytes32(bytes27(recorded))
            )
        );
    }

    /// @dev Assigning a struct in memory copies no bytes.
    function copyOf(Migration memory migration) private pure returns (Migration memory) {
        return abi.decode(abi.encode(migration), (Migration));
    }

    /// @return ETH and the two tokens that the source knows.
    function held(address account) private view returns (uint256[3] memory) {
        return [account.balance, tokens[0].balanceOf(account), tokens[1].balanceOf(account)];
    }
}
