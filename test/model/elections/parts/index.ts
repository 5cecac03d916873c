// SPDX-License-Identifier: MIT
export { BalancesModel } from "./balances.ts";
export { ClockModel, type ClockParameters, type Moment } from "./clock.ts";
export { ConsensusModel, type Call, type Role, type RoleTerms, type SelectorModel } from "./consensus.ts";
export { ProceedsModel, type Shares } from "./proceeds.ts";
export { SEED_DELAY, SeedsModel } from "./seeds.ts";
export { SERVICES, SlotModel, type Service, type SlotParameters, type SlotRecord } from "./slots.ts";
export { CAPACITY, MAX_TOTAL, WeightsModel } from "./weights.ts";
