// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { INativeBalances } from "./INativeBalances.sol";

/**
 * @title IProposerSale
 * @notice Lets a drawn sequencer sell its slot. It keeps a part of the price, and the rest is divided as the proceeds
 *         of an auction are. It may take any offer, also one that is not the highest.
 * @dev Source: "Decentralization of zk-rollups", MEV auction and single block creator; docs/elections/proposerSale.md.
 *
 *      A buyer signs an offer off-chain. Before the slot L1 knows buyer, price and bond, and holds both.
 *
 *      Slot s, with C = `CLOSE_BLOCKS`:
 *
 *        seats drawn               start(s) − C       start(s)                start(s + 1)
 *            |  sell                    |                 |  the buyer posts        |  settle
 *
 *      Lifecycle of a sale: sold → settled. A slot is sold once.
 *      Invariant: INV-SALE-01.
 */
interface IProposerSale is INativeBalances {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules of sales. They never change.
     * @param keepRate Part of the price that the seller keeps, in 1/10,000, 0 … 10,000.
     * @param minBond Lowest bond of a buyer, in the native token.
     * @param closeBlocks Blocks before a slot in which it cannot be sold any more, 1 … `slotBlocks`.
     */
    struct SaleParameters {
        uint16 keepRate;
        uint96 minBond;
        uint32 closeBlocks;
    }

    /**
     * @notice Holds an offer as its buyer signs it. It can be taken once: a slot is sold once.
     * @param slot Slot to be sold.
     * @param buyer Account that posts in the slot, and pays from its balance.
     * @param price Price, in the native token. 0 is a price.
     * @param bond Amount that the buyer loses if it posts nothing, in the native token.
     * @param lastBlock Last block of L1 in which the offer can be taken.
     */
    struct Offer {
        uint256 slot;
        address buyer;
        uint96 price;
        uint96 bond;
        uint256 lastBlock;
    }

    /**
     * @notice Records a sale.
     * @param buyer Account that holds the slot.
     * @param slot Slot that was sold.
     * @param isSettled True once price and bond were paid out.
     * @param seller Account that sold the slot.
     * @param price Price in the native token.
     * @param bond Bond of the buyer.
     */
    struct Sale {
        address buyer; // slot 0
        uint40 slot; // slot 0
        bool isSettled; // slot 0
        address seller; // slot 1
        uint96 price; // slot 1
        uint96 bond; // slot 2
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the deployment with the rules of sales, which never change.
    event SaleDeployed(SaleParameters parameters);

    /// @notice Logs a sale. Price and bond were taken from the buyer's balance.
    event SlotSold(uint256 indexed slot, address indexed seller, address indexed buyer, uint256 price, uint256 bond);

    /// @notice Logs the end of a sale. `toSeller`, `toBuyer` and `reward` were added to the balances of the seller, the
    ///         buyer and `settler`; `divided` was divided as proceeds.
    event SaleSettled(
        uint256 indexed slot,
        address indexed settler,
        uint256 toSeller,
        uint256 toBuyer,
        uint256 reward,
        uint256 divided
    );

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a sale by another account than the one that is drawn for the slot; `drawn` is 0 if nobody is.
    error NotSeller(uint256 slot, address caller, address drawn);

    /// @notice Rejects a sale after block `last`.
    error SaleClosed(uint256 slot, uint256 last, uint256 blockNumber);

    /// @notice Rejects an offer after its last block.
    error OfferExpired(uint256 lastBlock, uint256 blockNumber);

    /// @notice Rejects a second sale of a slot.
    error AlreadySold(uint256 slot, address buyer);

    /// @notice Rejects a bond below the lowest one for the slot.
    error BondTooLow(uint256 bond, uint256 minimum);

    /// @notice Rejects a signature that the buyer did not make, or that was made for another offer.
    error InvalidSignature(address buyer, bytes32 digest);

    /// @notice Rejects a call about a sale that is not known.
    error NotSold(uint256 slot);

    /// @notice Rejects a second settlement.
    error AlreadySettled(uint256 slot);

    /// @notice Rejects a settlement before block `end`, unless the rollup is frozen.
    error SlotNotOver(uint256 slot, uint256 end, uint256 blockNumber);

    /// @notice Rejects the report of a miss of a slot that was sold. Its bond pays for it (`settle`).
    error SlotWasSold(uint256 slot, address buyer);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sells a slot of the caller. The buyer holds it from now on, and nobody else does.
     * @dev Requirements
     *      - The caller is drawn for the slot, and its seat is not ejected.
     *      - The slot was not sold, and begins after `CLOSE_BLOCKS` blocks or later.
     *      - The buyer signed the offer, its bond is at least `bondFor(slot)`, and its balance covers price and bond.
     *      Effects
     *      - Once the buyer is silent for `SILENCE_BLOCKS` in the slot, it is open to everybody. It has no backup.
     */
    function sell(Offer calldata offer, bytes calldata signature) external;

    /**
     * @notice Pays price and bond of a slot that is over. Anyone may call.
     * @dev - The seller gets `KEEP_RATE` of the price, rounded down; the rest is divided as proceeds.
     *      - The buyer gets its bond back, unless the slot is a miss (`SlotElection.serviceOf`). Then a tenth of it,
     *        rounded down, goes to the caller, and the rest is divided as proceeds.
     *      - If the rollup is frozen and the buyer posted nothing, it gets price and bond back, up to the end of the
     *        epoch after that of the slot. Later nobody knows whether it posted.
     */
    function settle(uint256 slot) external;

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the sale of a slot; zeros if it was not sold, or a sale of a later slot took its place.
    function saleOf(uint256 slot) external view returns (Sale memory);

    /// @notice Returns the lowest bond for a slot: `minBond`, or the price of a miss for the party that is drawn, if
    ///         that is higher. So no party misses its slots more cheaply through a buyer.
    function bondFor(uint256 slot) external view returns (uint256);

    /// @notice Returns the EIP-712 digest that a buyer signs. The type is
    ///         `Offer(uint256 slot,address buyer,uint96 price,uint96 bond,uint256 lastBlock)`.
    function digestOf(Offer calldata offer) external view returns (bytes32);

    /// @notice Returns the part of the price that the seller keeps, in 1/10,000.
    function KEEP_RATE() external view returns (uint256);

    /// @notice Returns the lowest bond of a buyer.
    function MIN_BOND() external view returns (uint96);

    /// @notice Returns the blocks before a slot in which it cannot be sold any more.
    function CLOSE_BLOCKS() external view returns (uint256);
}
