// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ISelector, Role, RoleTerms } from "../interfaces/ISelector.sol";
import { Admission } from "../libraries/Admission.sol";

/**
 * @title PairedElection
 * @notice Joins an election of sequencers and one of aggregators. Each decides on its own role, and hears of the other
 *         role if it wants to.
 * @dev Neither election can hinder the other: they decide without each other, and a failure of one does not undo what
 *      the other recorded. Of the gas with which the consensus tells of a call, each gets 240,000 at
 *      least: under the rules of Amsterdam two new slots take 196,000 of it.
 */
contract PairedElection is ISelector {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Gas with which an election hears of a call in the role of the other.
    uint256 private constant HEARING_GAS = 240_000;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the election of sequencers.
    ISelector public immutable SEQUENCERS;

    /// @notice Returns the election of aggregators.
    ISelector public immutable AGGREGATORS;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the consensus, which alone may call `admit`; 0 before `bind`.
    address public binder; // slot 0

    /// @notice Returns whether the election of sequencers hears of proofs.
    bool public sequencersHear; // slot 0

    /// @notice Returns whether the election of aggregators hears of batches.
    bool public aggregatorsHear; // slot 0

    bool private transient _isAsking;

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a second consensus.
    error AlreadyBound(address binder);

    /// @notice Rejects a call that only the consensus may make.
    error NotBinder(address caller, address binder);

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @param sequencers Election of sequencers, bound to nobody.
    /// @param aggregators Election of aggregators, bound to nobody. Another contract than `sequencers`.
    constructor(ISelector sequencers, ISelector aggregators) {
        SEQUENCERS = sequencers;
        AGGREGATORS = aggregators;
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISelector
    function bind(address consensus) external returns (RoleTerms memory sequencer, RoleTerms memory aggregator) {
        if (binder != address(0)) revert AlreadyBound(binder);
        binder = msg.sender;
        RoleTerms memory ofProofs;
        RoleTerms memory ofBatches;
        (sequencer, ofProofs) = SEQUENCERS.bind(consensus);
        (ofBatches, aggregator) = AGGREGATORS.bind(consensus);
        (sequencersHear, aggregatorsHear) = (ofProofs.isHeard, ofBatches.isHeard);
        sequencer.isHeard = sequencer.isHeard || ofBatches.isHeard;
        aggregator.isHeard = aggregator.isHeard || ofProofs.isHeard;
    }

    /// @inheritdoc ISelector
    function admit(
        address account,
        Role role,
        uint256 first,
        uint256 last,
        uint256 leaves
    ) external returns (bool isAdmitted) {
        if (msg.sender != binder) revert NotBinder(msg.sender, binder);
        // Check: an election that is asked may call the consensus. A call from inside is not allowed, so that the
        // elections hear of calls in the order in which the consensus carries them out.
        if (_isAsking) return false;
        _isAsking = true;
        (ISelector decides, ISelector hears, bool isHeard) = role == Role.Sequencer
            ? (SEQUENCERS, AGGREGATORS, aggregatorsHear)
            : (AGGREGATORS, SEQUENCERS, sequencersHear);
        // Effect: the other election hears first, with limited gas, so that the one that decides cannot take its gas.
        if (isHeard) Admission.tell(hears, HEARING_GAS, account, role, first, last, leaves);
        isAdmitted = Admission.ask(decides, account, role, first, last, leaves);
        _isAsking = false;
    }

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISelector
    function isAllowed(address account, Role role, uint256 first) external view returns (bool) {
        return (role == Role.Sequencer ? SEQUENCERS : AGGREGATORS).isAllowed(account, role, first);
    }
}
