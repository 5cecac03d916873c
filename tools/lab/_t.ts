import { runMev, MEV_SYSTEMS } from "./worlds/mev.ts";
for (const system of MEV_SYSTEMS) { const t=process.cpuUsage().user;
 const r = runMev({system,epochs:8,spread:0.5,fees:40,mev:60,stake:10000,proving:1,toAggregators:5000n,toFund:2000n},1);
 const s=r.sequencers.reduce((a,b)=>a+b,0); const p=(x:number)=>(100*x/r.total).toFixed(1);
 console.log(system,"seq",p(s),"agg",p(r.aggregators),"burn",p(r.burned),"fund",p(r.fund),"left",p(r.left),"l1",p(r.l1),"sum",p(s+r.aggregators+r.burned+r.fund+r.left+r.l1),"slots",Math.max(...r.slots)/r.slots.reduce((a,b)=>a+b,0),((process.cpuUsage().user-t)/1e6).toFixed(2)); }
