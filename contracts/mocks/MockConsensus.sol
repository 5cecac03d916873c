// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import { ISelector, Role, RoleTerms } from "../interfaces/ISelector.sol";
import { Admission } from "../libraries/Admission.sol";

/// @title MockConsensus
/// @notice Counts batches and their leaves as Proof of Efficiency does, and asks its selector as Proof of Efficiency
///         does. There is no data, no proof, no fee. Anybody may act for any account.
contract MockConsensus {
    uint256 public constant HEARING_GAS = 500_000;

    IERC20 public immutable TOKEN;
    uint256 public immutable MAX_PENDING_LEAVES;

    ISelector public selector;
    RoleTerms[2] public terms;
    uint256 public sequencedBatches;
    uint256 public verifiedBatches;
    uint256 public pendingLeaves;
    bool public isFrozen;
    bool public isDepartureDue;
    mapping(uint256 batch => uint256) public leavesOf;
    mapping(uint256 batch => uint256) public timeOf;
    mapping(uint256 batch => bytes27) public accumulatorOf;

    error NotAllowed(address account, Role role);
    error TooManyPendingLeaves(uint256 pending, uint256 limit);
    error NotSequenced(uint256 to, uint256 sequenced);
    error DepartureDue();
    error RollupFrozen();

    constructor(IERC20 token, uint256 maxPendingLeaves) {
        TOKEN = token;
        MAX_PENDING_LEAVES = maxPendingLeaves;
        timeOf[0] = block.timestamp;
    }

    function bindTo(ISelector bound) external {
        selector = bound;
        (terms[0], terms[1]) = bound.bind(address(this));
    }

    /// @notice Appends batches with so many leaves each.
    function post(address account, uint256[] calldata leaves) public {
        uint256 sum = 0;
        for (uint256 i = 0; i < leaves.length; ++i) sum += leaves[i];
        _admit(
            account,
            Role.Sequencer,
            timeOf[sequencedBatches],
            sequencedBatches + 1,
            sequencedBatches + leaves.length,
            sum
        );
        for (uint256 i = 0; i < leaves.length; ++i) {
            uint256 batch = ++sequencedBatches;
            (leavesOf[batch], timeOf[batch]) = (leaves[i], block.timestamp);
        }
        pendingLeaves += sum;
        if (pendingLeaves > MAX_PENDING_LEAVES) revert TooManyPendingLeaves(pendingLeaves, MAX_PENDING_LEAVES);
    }

    /// @notice Proves the next batches.
    function prove(address account, uint256 batches) public {
        (uint256 first, uint256 last) = (verifiedBatches + 1, verifiedBatches + batches);
        uint256 since = verifiedBatches == sequencedBatches ? block.timestamp : timeOf[first];
        uint256 leaves = 0;
        for (uint256 batch = first; batch <= last; ++batch) leaves += leavesOf[batch];
        _admit(account, Role.Aggregator, since, first, last, leaves);
        if (last > sequencedBatches) revert NotSequenced(last, sequencedBatches);
        if (isDepartureDue) revert DepartureDue();
        pendingLeaves -= leaves;
        verifiedBatches = last;
    }

    /// @notice Sets the accumulator of a batch, which has no data.
    function setAccumulator(uint256 batch, bytes27 accumulator) external {
        accumulatorOf[batch] = accumulator;
    }

    function freeze() external {
        isFrozen = true;
    }

    /// @notice Says whether a departure is due: then nothing can be proven.
    function setDepartureDue(bool isDue) external {
        isDepartureDue = isDue;
    }

    /// @notice Reverts while the core takes no transition, as the core does. The values mean nothing.
    function base() external view returns (uint256 root, uint256 untilDeparture, uint256 executed) {
        if (isFrozen) revert RollupFrozen();
        if (isDepartureDue) revert DepartureDue();
        return (0, type(uint256).max, 0);
    }

    /// @notice Returns the contract itself, which is its own core.
    // solhint-disable-next-line func-name-mixedcase
    function ROLLUP() external view returns (MockConsensus) {
        return this;
    }

    function batchEntry(uint256 batch) external view returns (bytes27 accumulator, uint256 sequencedAt) {
        return (accumulatorOf[batch], timeOf[batch]);
    }

    function _admit(address account, Role role, uint256 since, uint256 first, uint256 last, uint256 leaves) private {
        RoleTerms memory ofRole = terms[uint256(role)];
        if (ofRole.opensAfter == 0 || block.timestamp >= since + ofRole.opensAfter) {
            if (ofRole.isHeard) Admission.tell(selector, HEARING_GAS, account, role, first, last, leaves);
        } else if (!Admission.ask(selector, account, role, first, last, leaves)) {
            revert NotAllowed(account, role);
        }
    }
}
