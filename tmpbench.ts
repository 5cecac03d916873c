import { measureNode } from "./tools/bench/nodeTimes.ts";
const t=performance.now();
console.log(await measureNode(Number(process.argv[2]), Number(process.argv[3])));
console.log(((performance.now()-t)/1000).toFixed(0)+" s", process.cpuUsage());
