// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IB52Config } from "../../interfaces/IB52Config.sol";
import { IStatementVerifier } from "../../verification/IStatementVerifier.sol";
import { IProverRegistry } from "../../interfaces/IProverRegistry.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { CircuitSizes } from "../../libraries/CircuitSizes.sol";
import { Rewards } from "../../libraries/Rewards.sol";
import { B52Parameters } from "../../types/B52Parameters.sol";
import { CoreDeployer } from "../CoreDeployer.sol";
import { NativeBalances } from "../NativeBalances.sol";

/// @title B52Config
/// @notice Checks and holds the parameters of B52, and deploys its registry.
abstract contract B52Config is NativeBalances, CoreDeployer, IB52Config {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint256 internal constant MAX_UNCLES_LIMIT = 3;

    /// @dev Nonce of this contract when it deploys the core. The registry is the contract before.
    uint8 private constant CORE_NONCE = 2;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52Config
    IProverRegistry public immutable REGISTRY;

    /// @inheritdoc IB52Config
    IStatementVerifier public immutable VERIFIER;

    /// @inheritdoc IB52Config
    bytes32 public immutable PARAMETERS_HASH;

    /// @inheritdoc IB52Config
    uint256 public immutable ROUNDS_KEPT;

    uint256 internal immutable PROPOSAL_WINDOW;
    uint256 internal immutable PROOF_WINDOW;
    uint256 internal immutable DEFENCE_WINDOW;
    bool internal immutable PIPELINED;
    bool internal immutable FAIR_PAY;

    /// @dev True if the tickets whose votes count are drawn, see `ITicketDraw`.
    bool internal immutable IS_DRAWN;

    uint256 internal immutable MAX_UNCLES;
    uint256 internal immutable MAX_LEAVES;
    uint96 internal immutable BASE_FEE;
    uint256 internal immutable MIN_BID;
    uint256 internal immutable BLOCK_REWARD;
    uint256 internal immutable UNCLE_REWARD;
    uint256 internal immutable TIP;
    uint256 internal immutable VOTE_DEPOSIT;
    uint256 internal immutable BOUNTY;
    uint256 internal immutable LOST_BURN_RATE;
    uint256 internal immutable UNPROVEN_BURN_RATE;
    uint256 internal immutable MAX_SHARE;
    uint256 internal immutable TARGET_PROVERS;
    uint256 internal immutable MIN_SLOPE;
    uint256 internal immutable MAX_SLOPE;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IRollup.CoreParameters memory core,
        B52Parameters memory params,
        IProverRegistry.StakingParameters memory staking,
        bytes32 coreCodeHash
    ) NativeBalances(params.token) CoreDeployer(core, coreCodeHash, CORE_NONCE) {
        _checkParameters(core, params, staking);
        VERIFIER = params.verifier;
        PROPOSAL_WINDOW = params.proposalWindow;
        PROOF_WINDOW = params.proofWindow;
        DEFENCE_WINDOW = params.defenceWindow;
        PIPELINED = params.pipelined;
        FAIR_PAY = params.fairPay;
        IS_DRAWN = staking.electedTickets != 0;
        MAX_UNCLES = params.maxUncles;
        MAX_LEAVES = params.maxLeaves;
        BASE_FEE = params.baseFee;
        MIN_BID = params.minBid;
        BLOCK_REWARD = params.blockReward;
        UNCLE_REWARD = params.uncleReward;
        TIP = params.tip;
        VOTE_DEPOSIT = params.voteDeposit;
        BOUNTY = params.bounty;
        LOST_BURN_RATE = params.lostBurnRate;
        UNPROVEN_BURN_RATE = params.unprovenBurnRate;
        MAX_SHARE = params.maxShare;
        TARGET_PROVERS = params.targetProvers;
        MIN_SLOPE = params.minSlope;
        MAX_SLOPE = params.maxSlope;
        ROUNDS_KEPT = _roundsKept(params);

        REGISTRY = _deployRegistry(params.token, staking);
        PARAMETERS_HASH = keccak256(abi.encode(core, params, staking));
        emit ConsensusDeployed(ROLLUP, REGISTRY, core, params, staking);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Deploys the registry of the provers, as the first contract of this one.
    function _deployRegistry(
        ERC20Burnable token,
        IProverRegistry.StakingParameters memory staking
    ) internal virtual returns (IProverRegistry);

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Seconds from the opening of a round until no default of it can be slashed any more.
    function _liabilityOf(B52Parameters memory params) private pure returns (uint256) {
        return 2 * (uint256(params.proposalWindow) + params.proofWindow + params.defenceWindow);
    }

    /**
     * @dev Round r + 2 opens a proposal window and a proof window after round r, or later, even if rounds fail: the
     *      next round begins with a proof window, and of two rounds in a row at most one has no time to be proven
     *      (docs/adr/0046). So round r + 2n opens after the liability of round r if n such pairs of windows last at
     *      least as long.
     */
    function _roundsKept(B52Parameters memory params) private pure returns (uint256) {
        return 2 * Math.ceilDiv(_liabilityOf(params), uint256(params.proposalWindow) + params.proofWindow);
    }

    function _checkParameters(
        IRollup.CoreParameters memory core,
        B52Parameters memory params,
        IProverRegistry.StakingParameters memory staking
    ) private view {
        if (address(params.token).code.length == 0) revert InvalidParameter("token", uint160(address(params.token)));
        // Check: sums of amounts fit 96 bits. An overflow of `toBurn` or `pool` would stop the chain.
        uint256 supply = params.token.totalSupply();
        if (supply > type(uint96).max) revert InvalidParameter("supply", supply);
        if (address(params.verifier).code.length == 0) {
            revert InvalidParameter("verifier", uint160(address(params.verifier)));
        }
        CircuitSizes.requireMergeVerifier(address(params.verifier), staking.electedTickets != 0);
        _requireRange("proposalWindow", params.proposalWindow, 1, 30 days);
        _requireRange("proofWindow", params.proofWindow, 1, 30 days);
        _requireRange("defenceWindow", params.defenceWindow, 3, 30 days);
        if (params.pipelined) _requireRange("proposalWindow", params.proposalWindow, params.proofWindow, 30 days);
        // Check: the operations that a block has to take are known before its round begins.
        uint256 windows = uint256(params.proposalWindow) + params.proofWindow;
        _requireRange("forcedDeadline", core.forcedDeadline, windows, type(uint32).max);
        // Check: three rounds fit. The round that has to take the operation ends within `windows` after the deadline.
        // It may fail, and so may the next round; the third one advances the state.
        _requireRange("escapeDelay", core.escapeDelay, core.forcedDeadline + 3 * windows, type(uint32).max);
        // Check: a prover that leaves is in at most two open rounds. Its stake stays until the liability of both ends.
        _requireRange("exitDelay", staking.exitDelay, _liabilityOf(params), type(uint32).max);
        _requireRange("maxUncles", params.maxUncles, 0, MAX_UNCLES_LIMIT);
        if (params.maxLeaves != 2 && params.maxLeaves != 4 && params.maxLeaves != 8) {
            revert InvalidParameter("maxLeaves", params.maxLeaves);
        }
        _requireRange("minBid", params.minBid, 1, type(uint88).max);
        _requireRange("lostBurnRate", params.lostBurnRate, 0, Rewards.RATE_UNIT);
        _requireRange("unprovenBurnRate", params.unprovenBurnRate, 0, Rewards.RATE_UNIT);
        _requireRange("maxShare", params.maxShare, 0, Rewards.RATE_UNIT / 2);
        uint256 maxNodes = 2 * uint256(params.maxLeaves) - 1;
        _requireRange("targetProvers", params.targetProvers, 1, maxNodes);
        // Check: a proposer loses at least the bounty by leaving out one node, so a slash of its provers never pays.
        (uint256 toProposer, ) = Rewards.split(params.blockReward, params.maxShare);
        _requireRange("bounty", params.bounty, 0, toProposer / maxNodes);
        _requireRange("minSlope", params.minSlope, 1e9, params.maxSlope);
    }

    function _requireRange(string memory name, uint256 value, uint256 minimum, uint256 maximum) private pure {
        if (value < minimum || value > maximum) revert InvalidParameter(name, value);
    }
}
