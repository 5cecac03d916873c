// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { GovernedSlashing } from "../../../contracts/elections/GovernedSlashing.sol";
import { ExitLock } from "../../../contracts/elections/parts/ExitLock.sol";
import { SeatElection } from "../../../contracts/elections/parts/SeatElection.sol";
import { StakeRotation } from "../../../contracts/elections/StakeRotation.sol";
import { IGovernedSlashing } from "../../../contracts/interfaces/IGovernedSlashing.sol";
import { ISelector } from "../../../contracts/interfaces/ISelector.sol";
import { IStakeRotation } from "../../../contracts/interfaces/IStakeRotation.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { SeatsUnderPoe } from "./SeatsUnderPoe.sol";

/// @notice Runs Proof of Efficiency under rotation by stake, with stakes that the parties slash by votes.
contract GovernedSlashingTest is SeatsUnderPoe {
    uint256 private constant LOCK = ESCAPE_DELAY + 1 days;
    /// @dev The least with which stakes leave later than 7 days of detection, 4 of votes, the lock, and 3 of lifetime.
    uint16 private constant EXIT_EPOCHS = 100;
    uint96 private constant OTHERS = 100 ether;

    GovernedSlashing private slashing;
    StakeRotation private stakes;
    address private carol = makeAddr("carol");

    function createElection() internal override returns (ISelector) {
        bytes memory terms = abi.encode(
            IGovernedSlashing.SlashingTerms({
                detectionTime: 7 days,
                votingTime: 4 days,
                notice: 1 days,
                lifetime: 3 days,
                period: 30 days,
                maxRate: 1_000,
                capRate: 1_000
            })
        );
        slashing = GovernedSlashing(Deploy.create("GovernedSlashing.sol:GovernedSlashing", terms));
        SeatElection.SeatParameters memory seats = seatParameters();
        (seats.slasher, seats.exitEpochs) = (slashing, EXIT_EPOCHS);
        IStakeRotation.RotationParameters memory params = IStakeRotation.RotationParameters(2_000, 200);
        stakes = StakeRotation(
            Deploy.create("StakeRotation.sol:StakeRotation", abi.encode(slotParameters(), seats, params))
        );
        return stakes;
    }

    function stakeFor(address account) internal override {
        vm.prank(account);
        stakes.join(1, STAKE);
    }

    // ─── A slash ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_aPartyIsSlashedAfterVoteAndLock() public {
        electThree();
        assertGe(stakes.exitTime(), slashing.neededExitTime());
        uint256 readyAt = convict(1);
        wait(readyAt - 1 - this.clock() - BLOCK_TIME);
        vm.expectRevert(abi.encodeWithSelector(ExitLock.Locked.selector, readyAt, this.clock()));
        slashing.execute(2, 1);
        wait(readyAt - this.clock());
        uint256 supply = token.totalSupply();
        assertEq(slashing.execute(2, 1), STAKE / 10);
        assertEq(supply - token.totalSupply(), STAKE / 10);
        assertEq(stakes.partyOf(1).stake, STAKE - STAKE / 10);
        uint256 open = stakes.openSet();
        assertLt(stakes.weightOf(1, open), 160);
    }

    /// @dev The party leaves at once, and is charged and convicted while it leaves.
    function test_aPartyThatLeavesIsSlashed() public {
        electThree();
        vm.prank(alice);
        stakes.exit(1);
        uint256 readyAt = convict(1);
        wait(readyAt + 3 days - this.clock() - BLOCK_TIME);
        slashing.execute(2, 1);
        assertEq(stakes.partyOf(1).stake, STAKE - STAKE / 10);
    }

    /// @dev The lock is longer than a user's exit, so a majority gone bad slashes nobody before its users could leave.
    function test_usersLeaveBeforeAMajoritySlashes() public {
        electThree();
        uint256 readyAt = convict(1);
        queueExit(user, 5);
        wait(ESCAPE_DELAY + BLOCK_TIME);
        assertLt(this.clock(), readyAt);
        rollup.freeze();
        vm.expectRevert(abi.encodeWithSelector(ExitLock.Locked.selector, readyAt, this.clock()));
        slashing.execute(2, 1);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Parties 2 and 3 have 200 of 360 votes together.
    function electThree() private {
        for (uint256 id = 2; id <= 3; ++id) {
            address account = id == 2 ? bob : carol;
            token.transfer(account, OTHERS);
            vm.startPrank(account);
            token.approve(address(stakes), OTHERS);
            stakes.deposit(OTHERS);
            stakes.join(id, OTHERS);
            vm.stopPrank();
        }
        elect(alice, bob);
    }

    /// @dev Party 2 charges a party, and 2 and 3 convict it.
    /// @return readyAt First second of the execution.
    function convict(uint256 accused) private returns (uint256 readyAt) {
        vm.startPrank(bob);
        slashing.charge(2, accused, 1_000, bytes32(0));
        slashing.convict(2, 1, 2);
        vm.stopPrank();
        vm.prank(carol);
        slashing.convict(2, 1, 3);
        readyAt = this.clock() + LOCK;
    }
}
