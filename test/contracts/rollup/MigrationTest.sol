// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { MockToken } from "../../../contracts/mocks/MockToken.sol";
import { Rollup } from "../../../contracts/rollup/Rollup.sol";
import { MigrationModel } from "./MigrationModel.sol";
import { RollupTest } from "./RollupTest.sol";
import { Deploy } from "../helpers/Deploy.sol";

/// @notice Two cores with the test as the consensus of both. ETH and two tokens, which have other ids in the target.
abstract contract MigrationTest is RollupTest, MigrationModel {
    uint256 internal constant ETH_ON_L2 = 10 ether;
    uint256 internal constant TOKENS_ON_L2 = 1_000;

    Rollup internal target;
    MockToken[3] internal tokens; // the target alone knows the last one
    uint128 internal pairs; // of an arrival: ETH, first token, second token, ETH again
    uint128[3] internal pair; // of a departure, by its token in the source: four times the same
    address internal carol = makeAddr("carol");

    function setUp() public virtual override {
        super.setUp();
        target = Deploy.rollup(GENESIS, SLOTS, parameters());
        for (uint256 i = 0; i < 3; ++i) tokens[i] = new MockToken();
        register(address(tokens[0])); // 1
        register(address(tokens[1])); // 2
        for (uint256 i = 3; i > 0; --i) target.registerToken{ value: TOKEN_FEE }(address(tokens[i - 1])); // 3, 2, 1
        pairs = tokensOf([uint16(0), 1, 2, 0], [uint16(0), 3, 2, 0]);
        for (uint16 id = 0; id < 3; ++id) pair[id] = onePair(id, targetId(id));
        vm.fee(3 gwei);

        // The users of the source own this money. Its queue has been emptied, and the fees paid out.
        uint256 fees = 3 * uint256(FEE_BASE) + 3 * uint256(FEE_STEP);
        rollup.deposit{ value: ETH_ON_L2 + fees }(0, uint128(ETH_ON_L2), KEY_X, KEY_Y, alice);
        for (uint16 id = 1; id < 3; ++id) {
            mintTo(tokens[id - 1], address(this), TOKENS_ON_L2);
            rollup.deposit{ value: fees }(id, uint128(TOKENS_ON_L2), KEY_X, KEY_Y, alice);
        }
        IRollup.Payment[] memory payments = new IRollup.Payment[](1);
        payments[0] = IRollup.Payment(address(this), 0, fees);
        rollup.advance(IRollup.Transition(GENESIS + 1, 3, 0, 0, payments));
        rollup.withdraw(0);
        assertEq(address(rollup).balance, ETH_ON_L2);
    }

    /// @dev Three accounts that move, one of each token, and one move that is not valid.
    function migrants() internal view returns (Migrant[] memory list) {
        list = new Migrant[](4);
        list[0] = Migrant(5, 0, 0, 2 ether, alice);
        list[1] = Migrant(300, 1, 3, 400, bob);
        list[2] = Migrant(0, 2, 2, 7, bob);
        list[3] = Migrant(1023, 2, 2, 70, alice);
    }

    /// @dev The same with one token, as in a departure.
    function movers(uint16 token) internal view returns (Migrant[] memory list) {
        uint16 to = targetId(token);
        list = new Migrant[](4);
        list[0] = Migrant(5, token, to, 400, alice);
        list[1] = Migrant(300, token, to, 70, bob);
        list[2] = Migrant(0, token, to, 7, bob);
        list[3] = Migrant(1023, token, to, 30, alice);
    }

    function targetId(uint16 token) internal pure returns (uint16) {
        return token == 1 ? 3 : token;
    }

    function onePair(uint16 source, uint16 to) internal pure returns (uint128) {
        return tokensOf([source, source, source, source], [to, to, to, to]);
    }

    /// @dev Of the movers above with the first token, to the target above.
    function migrationBy(address worker) internal view returns (Migration memory) {
        return migrationOf(rollup, address(target), pair[1], movers(1), worker);
    }

    /// @return slot Of the operation.
    function request(Migration memory migration) internal returns (bytes memory slot) {
        uint256 fee = rollup.forcedFee();
        uint256 value = fee + proofFee(fee);
        vm.prank(alice);
        rollup.requestDeparture{ value: value }(
            address(uint160(migration.signals[12])),
            uint128(migration.signals[13]),
            migration.moves
        );
        return departureSlot(migration, fee, proofFee(fee), alice);
    }

    /// @dev docs/enforcement.md §5.4.
    function departureSlot(
        Migration memory migration,
        uint256 fee,
        uint256 forProof,
        address sender
    ) internal pure returns (bytes memory) {
        bytes32 hash = keccak256(abi.encode(migration.signals[12], migration.signals[13], keccak256(migration.moves)));
        return flagged(slotOf(0, 0, 0, uint128(forProof), 0, uint256(hash) >> 8, fee, sender), 2);
    }

    /// @dev docs/enforcement.md §5.7: 26 bytes of the arrivals' hash, 3 of zeros, flag 4, the root and the fee.
    function arrivalSlot(
        Migration memory migration,
        uint256 fee,
        address refundTo
    ) internal pure returns (bytes memory) {
        bytes memory slot = flagged(slotOf(0, 0, 0, 0, 0, migration.signals[1], fee, refundTo), 4);
        bytes32 hash = keccak256(migration.arrivals);
        for (uint256 i = 0; i < 26; ++i) slot[i] = hash[i];
        return slot;
    }

    /// @dev docs/enforcement.md §5.4: 420,000 gas with four migrants, at twice the price of now.
    function proofFee(uint256 fee) internal view returns (uint256) {
        return fee + 2 * 420_000 * block.basefee;
    }

    function depart(address worker, uint256 id, bytes memory slot, Migration memory migration) internal {
        vm.prank(worker);
        rollup.depart(id, slot, migration.proof, migration.signals, migration.moves, migration.arrivals);
    }

    /// @dev A departure of `rollup`, from the request to the proof, by carol.
    function departTo(address to, uint128 ids, Migrant[] memory list) internal returns (Migration memory migration) {
        bytes memory slot = request(migrationOf(rollup, to, ids, list, carol));
        uint256 id = rollup.queuedOperations();
        advance(rollup.stateRoot() + 1, id - rollup.executedOperations());
        migration = migrationOf(rollup, to, ids, list, carol);
        depart(carol, id, slot, migration);
    }

    function depart() internal returns (Migration memory) {
        return departTo(address(target), pair[1], movers(1));
    }

    function recordOf(Migration memory migration) internal pure returns (bytes32) {
        return keccak256(abi.encode(migration.signals, keccak256(migration.arrivals)));
    }

    /// @dev Arrivals of nobody, for the fee: each takes room.
    function arriveEmpty(uint256 count) internal {
        Migration memory migration = migrationOf(rollup, address(target), pairs, new Migrant[](0), carol);
        for (uint256 i = 0; i < count; ++i) {
            uint256 fee = target.forcedFee();
            target.arrive{ value: fee }(migration.proof, migration.signals, migration.arrivals, address(this));
        }
    }

    function freeze(Rollup core) internal {
        if (core.queuedOperations() == core.executedOperations()) {
            uint256 fee = core.forcedFee();
            core.forceExit{ value: fee }(1, 0, 1);
        }
        skip(ESCAPE_DELAY + 1);
        core.freeze();
    }

    receive() external payable {}
}
