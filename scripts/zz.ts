import { Network } from "../tools/devnet/network.ts";
import { describeNetwork } from "../tools/devnet/describe.ts";
import { writeFileSync } from "node:fs";
const n = await Network.start({folder:"/tmp/v/wn", say:(l)=>console.log(l), ports:[0,0,0,0,0,0], nodes:["sequencer-1"]});
const text=describeNetwork({...n.deployed,l1:n.anvil.url,folder:"/tmp/v/wn",isRestarting:true,nodes:[...n.nodes.values()].map(({plan,pid})=>({plan,pid}))});
writeFileSync("/tmp/v/wn.txt",text); console.log("READY");
setTimeout(async()=>{await n.stop();process.exit(0)},150000);
