// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Authority } from "../../../contracts/elections/Authority.sol";
import { EpochClock } from "../../../contracts/elections/parts/EpochClock.sol";
import { ExitLock } from "../../../contracts/elections/parts/ExitLock.sol";
import { SlotElection } from "../../../contracts/elections/parts/SlotElection.sol";
import { IAuthority } from "../../../contracts/interfaces/IAuthority.sol";
import { ISelector, Role } from "../../../contracts/interfaces/ISelector.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { ElectionUnderPoe } from "./ElectionUnderPoe.sol";

/// @notice Runs Proof of Efficiency with a named sequencer, and a council.
contract AuthorityTest is ElectionUnderPoe {
    uint96 private constant SEAT_BOND = 50_000 ether;
    uint256 private constant LOCK = 9 days;

    Authority private authority;
    address private council = makeAddr("council");

    function createElection() internal override returns (ISelector) {
        SlotElection.SlotParameters memory slots = SlotElection.SlotParameters({
            clock: EpochClock.ClockParameters({ slotBlocks: 50, epochSlots: 32 }),
            silenceBlocks: 25,
            opensAfter: 90 minutes
        });
        IAuthority.AuthorityTerms memory terms = IAuthority.AuthorityTerms({
            bond: SEAT_BOND,
            seats: 1,
            notice: 2 days,
            lifetime: 3 days,
            detectionTime: 7 days
        });
        address[] memory parties = new address[](1);
        parties[0] = alice;
        bytes memory arguments = abi.encode(token, slots, terms, council, parties);
        authority = Authority(Deploy.create("Authority.sol:Authority", arguments));
        return authority;
    }

    function elect(address sequencer, address) internal override {
        token.transfer(sequencer, SEAT_BOND);
        vm.startPrank(sequencer);
        token.approve(address(authority), SEAT_BOND);
        authority.deposit(SEAT_BOND);
        authority.takeSeat(0);
        vm.stopPrank();
        wait((authority.epochStart(1) - this.height()) * BLOCK_TIME);
    }

    // ─── A council gone bad ──────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The council has its own party take the only seat, which then takes nothing of a user. A user that forces an
    ///      exit within the notice can freeze the rollup before the council's act, with nobody's help.
    function test_usersLeaveBeforeACouncilActs() public {
        elect(alice, bob);
        assertEq(authority.lockTime(), ESCAPE_DELAY + 2 days);
        IAuthority.Operation memory operation = IAuthority.Operation(IAuthority.OperationKind.Replace, 0, stranger, 0);
        vm.prank(council);
        authority.queue(0, operation);
        uint256 readyAt = this.clock() + LOCK;
        wait(2 days - 2 * BLOCK_TIME);
        queueExit(user, 5);
        wait(ESCAPE_DELAY + BLOCK_TIME);
        assertLt(this.clock(), readyAt);
        vm.expectRevert(abi.encodeWithSelector(ExitLock.Locked.selector, readyAt, this.clock()));
        authority.execute(0, operation);
        rollup.freeze();
        assertTrue(rollup.isFrozen());
    }

    /// @dev With the council's party on the seat the forced queue goes on as before.
    function test_aCouncilStopsNoForcedOperation() public {
        elect(alice, bob);
        vm.prank(council);
        authority.queue(0, IAuthority.Operation(IAuthority.OperationKind.Replace, 0, stranger, 0));
        wait(LOCK);
        authority.execute(0, IAuthority.Operation(IAuthority.OperationKind.Replace, 0, stranger, 0));
        token.transfer(stranger, SEAT_BOND);
        vm.startPrank(stranger);
        token.approve(address(authority), SEAT_BOND);
        authority.deposit(SEAT_BOND);
        authority.takeSeat(0);
        vm.stopPrank();
        wait((authority.epochStart(authority.currentEpoch() + 1) - this.height()) * BLOCK_TIME);
        sequence(stranger, inputOf(1, 1));
        expectRefused(alice, Role.Sequencer);

        queueExit(user, 5);
        wait(DEADLINE + BLOCK_TIME);
        assertTrue(poe.isAllowed(alice, Role.Sequencer));
        sequence(alice, forcedInput(1, 1, 0));
        verify(bob, 1, postedCount);
        assertEq(rollup.executedOperations(), 1);
    }
}
