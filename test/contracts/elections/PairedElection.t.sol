// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { PairedElection } from "../../../contracts/elections/PairedElection.sol";
import { ISelector, Role, RoleTerms } from "../../../contracts/interfaces/ISelector.sol";
import { HostileSelector } from "../../../contracts/mocks/HostileSelector.sol";
import { MockSelector } from "../../../contracts/mocks/MockSelector.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { ElectionUnderPoe } from "./ElectionUnderPoe.sol";

/// @notice Tests two elections that are one selector, under Proof of Efficiency.
contract PairedElectionTest is ElectionUnderPoe {
    MockSelector private sequencers;
    MockSelector private aggregators;

    function pairOf(ISelector first, ISelector second) private returns (PairedElection) {
        return PairedElection(Deploy.create("PairedElection.sol:PairedElection", abi.encode(first, second)));
    }

    function createElection() internal override returns (ISelector) {
        sequencers = new MockSelector();
        aggregators = new MockSelector();
        return pairOf(sequencers, aggregators);
    }

    function elect(address sequencer, address aggregator) internal override {
        sequencers.choose(Role.Sequencer, sequencer);
        sequencers.choose(Role.Aggregator, stranger); // does not count
        aggregators.choose(Role.Aggregator, aggregator);
        aggregators.choose(Role.Sequencer, stranger);
    }

    function test_eachDecidesOnItsRoleAndHearsOfTheOther() public {
        elect(alice, bob);
        sequence(alice, inputOf(1, 1));
        verify(bob, 1, 1);
        for (uint256 i = 0; i < 2; ++i) {
            MockSelector heard = i == 0 ? sequencers : aggregators;
            assertEq(heard.callCount(), 2);
            (address account, Role role, uint256 first, uint256 last, uint256 leaves, ) = heard.calls(0);
            assertEq(account, alice);
            assertEq(uint256(role), uint256(Role.Sequencer));
            assertEq(first, 1);
            assertEq(last, 1);
            assertEq(leaves, 1);
            (account, role, , , , ) = heard.calls(1);
            assertEq(account, bob);
            assertEq(uint256(role), uint256(Role.Aggregator));
            assertEq(heard.consensus(), address(poe));
        }
    }

    function test_termsAreThoseOfEachRole() public {
        deployParts();
        MockSelector a = new MockSelector();
        MockSelector b = new MockSelector();
        a.setTerms(Role.Sequencer, RoleTerms(3 hours, false));
        a.setTerms(Role.Aggregator, RoleTerms(0, false));
        b.setTerms(Role.Sequencer, RoleTerms(2 hours, true));
        b.setTerms(Role.Aggregator, RoleTerms(200, false));
        deployConsensus(pairOf(a, b));
        assertEq(poe.termsOf(Role.Sequencer).opensAfter, 3 hours);
        assertTrue(poe.termsOf(Role.Sequencer).isHeard, "the other one hears");
        assertEq(poe.termsOf(Role.Aggregator).opensAfter, 200);
        assertFalse(poe.termsOf(Role.Aggregator).isHeard);

        fund(alice, 100 ether);
        a.choose(Role.Sequencer, alice);
        b.choose(Role.Aggregator, bob);
        uint256 before = postedCount;
        assertEq(before, 0);
        sequence(alice, inputOf(1, 1));
        verify(bob, 1, 1);
        assertEq(a.callCount(), 1, "not told of proofs");
        assertEq(b.callCount(), 2);
    }

    /// @dev Whatever one does, the other one decides and records.
    function test_noneHindersTheOther() public {
        HostileSelector hostile = new HostileSelector();
        for (uint256 place = 0; place < 2; ++place) {
            for (uint256 i = 0; i < hostile.REFUSALS(); ++i) expectUnhindered(place, HostileSelector.Behaviour(i));
        }
    }

    function expectUnhindered(uint256 place, HostileSelector.Behaviour behaviour) private {
        HostileSelector hostile = new HostileSelector();
        hostile.behave(behaviour);
        MockSelector mock = new MockSelector();
        PairedElection pair = place == 0 ? pairOf(mock, hostile) : pairOf(hostile, mock);
        Role role = place == 0 ? Role.Sequencer : Role.Aggregator;
        Role other = place == 0 ? Role.Aggregator : Role.Sequencer;
        pair.bind(address(this));
        mock.choose(role, alice);
        assertTrue(pair.admit(alice, role, 1, 1, 1), "elected");
        assertFalse(pair.admit(bob, role, 1, 1, 1), "not elected");
        assertFalse(pair.admit(alice, other, 1, 1, 1), "the hostile one decides on its role");
        assertEq(mock.callCount(), 3, "told of the other role");
        (, , , , , uint256 gasLeft) = mock.calls(2);
        assertGe(gasLeft, 238_000);
        // With the gas that the consensus tells with.
        assertFalse(pair.admit{ gas: 500_000 }(bob, other, 1, 1, 1));
        assertEq(mock.callCount(), 4, "told with little gas");
        assertFalse(pair.admit{ gas: 500_000 }(bob, role, 1, 1, 1));
        assertEq(mock.callCount(), 5, "asked with little gas");
        (, , , , , gasLeft) = mock.calls(4);
        assertGe(gasLeft, 240_000);
    }

    /// @dev A call of an election while it is asked is refused: the other one would hear of it first.
    function test_aCallFromWithinAnElectionIsRefused() public {
        HostileSelector hostile = new HostileSelector();
        MockSelector mock = new MockSelector();
        PairedElection pair = pairOf(hostile, mock);
        pair.bind(address(this));
        hostile.arm(address(this), abi.encodeCall(this.callBack, (pair)));
        assertTrue(pair.admit(alice, Role.Sequencer, 1, 1, 1));
        assertTrue(hostile.calledBack());
        assertEq(mock.callCount(), 1, "told of the outer call alone");
        assertTrue(pair.admit(alice, Role.Sequencer, 2, 2, 1), "the lock is open again");
    }

    /// @dev The consensus, which the election calls.
    function callBack(PairedElection pair) external {
        assertFalse(pair.admit(bob, Role.Sequencer, 1, 1, 1));
    }

    function test_onlyTheBinderIsAnswered() public {
        PairedElection pair = PairedElection(address(election));
        assertEq(pair.binder(), address(poe));
        vm.expectRevert(abi.encodeWithSelector(PairedElection.NotBinder.selector, alice, address(poe)));
        vm.prank(alice);
        pair.admit(alice, Role.Sequencer, 1, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(PairedElection.AlreadyBound.selector, address(poe)));
        pair.bind(alice);
    }
}
