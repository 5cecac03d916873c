// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IExits } from "../../../contracts/interfaces/IExits.sol";
import { Test } from "../helpers/Test.sol";
import { ExitsModel } from "../rollup/ExitsModel.sol";

/// @notice Books of the exits of one core: which there are, how each is claimed, and which were.
contract ExitBook is Test, ExitsModel {
    IExits.ExitClaim[] private _exits; // by number, without the settlement paths: these grow
    bytes32[] private _settlements; // leaves of their tree
    uint256 private _settled; // number of exits whose transition is complete
    uint256[] private _open; // numbers of settled exits that were not claimed
    mapping(uint256 number => bool) private _isClaimed;

    // ─── Books ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Adds an exit to the transition at hand. Exits are added in the order in which L1 is shown them.
     * @param slot In its leaf.
     * @return As the statement of the leaf has it.
     */
    function add(uint256 slot, address recipient, uint16 token, uint128 amount) external returns (uint256[2] memory) {
        IExits.ExitClaim storage exit = _exits.push();
        (exit.recipient, exit.token, exit.amount) = (recipient, token, amount);
        return entry(slot, recipient, token, amount);
    }

    /// @notice Ends the transition at hand.
    /// @return root Over its exits; zero if there are none.
    /// @return count Number of its exits.
    function settle() external returns (bytes32 root, uint256 count) {
        uint256 first = _settled;
        count = _exits.length - first;
        if (count == 0) return (0, 0);
        bytes32[] memory nodes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) nodes[i] = exitNode(i, _exits[first + i]);
        for (uint256 i = 0; i < count; ++i) {
            IExits.ExitClaim storage exit = _exits[first + i];
            (exit.settlement, exit.first, exit.index) = (uint64(_settlements.length), uint64(first), uint32(i));
            exit.exitPath = pathOf(nodes, i);
            _open.push(first + i);
        }
        root = rootOf(nodes);
        _settlements.push(settlementNode(_settlements.length, first, root));
        _settled += count;
    }

    /// @notice Writes down that an exit is claimed.
    /// @param seed Chooses it; 0 the first one, if none was claimed before.
    /// @return exit With the paths of now.
    function take(uint256 seed) external returns (IExits.ExitClaim memory exit) {
        uint256 place = seed % _open.length;
        uint256 number = _open[place];
        _open[place] = _open[_open.length - 1];
        _open.pop();
        _isClaimed[number] = true;
        exit = _exits[number];
        exit.settlementPath = settlementPath(_settlements, exit.settlement);
    }

    // ─── For the invariants ──────────────────────────────────────────────────────────────────────────────────────────

    /// @return Number of settled exits that were not claimed.
    function openCount() external view returns (uint256) {
        return _open.length;
    }

    /**
     * @notice Alters one field of a claim, which the core must refuse then.
     * @param seed Chooses the field.
     * @return The claim.
     * @return refusal The error.
     */
    function altered(
        IExits.ExitClaim memory exit,
        uint256 seed
    ) external view returns (IExits.ExitClaim memory, bytes memory refusal) {
        seed = uint256(keccak256(abi.encode(seed))) % 6;
        if (seed == 0) ++exit.amount;
        if (seed == 1) exit.recipient = address(uint160(exit.recipient) ^ 1);
        if (seed == 2) exit.token ^= 1;
        if (seed == 3) ++exit.index;
        if (seed == 4) ++exit.first;
        if (seed == 5) ++exit.settlement;
        uint256 number = uint256(exit.first) + exit.index;
        // Perhaps that of another exit, which may be claimed; the exit itself is not.
        if ((seed == 3 || seed == 4) && _isClaimed[number]) {
            return (exit, abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, number));
        }
        bytes32 root = exitNode(exit.index, exit);
        for (uint256 i = 0; i < exit.exitPath.length; ++i) root = parent(root, exit.exitPath[i]);
        return (exit, abi.encodeWithSelector(IExits.ExitNotSettled.selector, number, exit.settlement, root));
    }

    /// @notice Checks that the core has settled these exits, and paid those of them that the book says.
    function check(IExits core) external view {
        (uint256 settlements, uint256 exits) = core.settledExits();
        assertEq(settlements, _settlements.length, "INV-EXIT-02: settlements");
        assertEq(exits, _settled, "INV-EXIT-02: exits");
        for (uint256 number = 0; number <= exits; ++number) {
            assertEq(core.isClaimed(number), _isClaimed[number], "INV-EXIT-01: claimed");
        }
    }
}
