import http from "node:http";
import { generateKeyPairSync, sign } from "node:crypto";
import { Worker, isMainThread, workerData } from "node:worker_threads";
import Fastify from "fastify";
import { pino } from "pino";
import { createTransport } from "./src/transport/transport.ts";
import { contract } from "./src/transport/contract.ts";
import { organizationsDoor, stubApp } from "./src/transport/testing.ts";
import { json } from "./src/transport/http.ts";
async function load(port:number, opts:any, seconds=3){ const agent=new http.Agent({keepAlive:true,maxSockets:16}); let n=0; const end=performance.now()+seconds*1000;
 const body=opts.body; const one=()=>new Promise<void>((r)=>{const q=http.request({...opts,agent,port,host:"127.0.0.1"},p=>{p.resume();p.on("end",()=>{n++;r()})});q.end(body)});
 const t0=performance.now(); await Promise.all(Array.from({length:16},async()=>{while(performance.now()<end)await one()})); agent.destroy(); return n/((performance.now()-t0)/1000)}
const kind=process.argv[2];
if(kind==="load"){ const [,,,port,o]=process.argv; console.log(Math.round(await load(Number(port),JSON.parse(o!)))); process.exit() }
const {privateKey}=generateKeyPairSync("rsa",{modulusLength:2048}); const data=Buffer.alloc(500);
const rsa=()=>new Promise<string>((r,j)=>sign("sha256",data,privateKey,(e,s)=>e?j(e):r(s.toString("base64url"))));
const keys=JSON.stringify({keys:[{kid:"x",n:"y".repeat(340),e:"AQAB"}]});
const app={...stubApp(), log: pino({level:"info"}, pino.destination({dest:"/dev/null",sync:false}))};
const t=createTransport({app,services:[organizationsDoor],contract,routes:[
 {method:"GET",path:"/keys",errors:"api",handle:async()=>({status:200,headers:{"content-type":"application/json","cache-control":"public, max-age=300"},body:keys})},
 {method:"POST",path:"/oauth/token",errors:"oauth",handle:async(_c,r)=>json({access_token:await rsa(),x:r.form.get("grant_type")})}],
 resolveEnvironment:async()=>"env_1",verifyBearer:async()=>({kind:"CLIENT",clientId:"a"}),emit:async()=>undefined,ready:async()=>true});
const {port}=await t.listen();
const bare=http.createServer(async (q,s)=>{ if(q.url==="/keys"){s.writeHead(200,{"content-type":"application/json","content-length":Buffer.byteLength(keys)});s.end(keys);return}
 let b="";q.setEncoding("utf8");q.on("data",d=>b+=d);q.on("end",async()=>{const o=JSON.stringify({access_token:await rsa(),x:new URLSearchParams(b).get("grant_type")});s.writeHead(200,{"content-type":"application/json","content-length":Buffer.byteLength(o)});s.end(o)})}).listen(0);
await new Promise(r=>bare.once("listening",r));
const f=Fastify(); f.get("/x/:id",async()=>({ok:true})); await f.listen({port:0,host:"127.0.0.1"}); 
import { execFile } from "node:child_process";
const run=async(p:number,o:object)=>{const c=process.cpuUsage();const n=await run0(p,o);const d=process.cpuUsage(c);const us=(d.user+d.system)/(n*3);return Math.round(us*10)/10};
const run0=(p:number,o:object)=>new Promise<number>((r,j)=>execFile(process.execPath,[process.argv[1]!,"load",String(p),JSON.stringify(o)],(e,out)=>e?j(e):r(Number(out))));
const bp=(bare.address() as any).port, fp=(f.server.address() as any).port;
for(let i=0;i<2;i++){
const k1=await run(bp,{path:"/keys"}), k2=await run(port,{path:"/keys"}); console.log("cpu us: keys",k1,k2,(k1/k2).toFixed(2));
const tok={path:"/oauth/token",method:"POST",headers:{"content-type":"application/x-www-form-urlencoded"},body:"grant_type=client_credentials&client_id=skc_123456&client_secret=test_abcdefgh"};
const a=await run(bp,tok),b=await run(port,tok); console.log("token",a,b,(a/b).toFixed(2));
const g=await run(fp,{path:"/x/1"}),h=await run(port,{path:"/api/v1/organizations/org_1",headers:{authorization:"Bearer client"}}); console.log("rest get",g,h,(g/h).toFixed(2));
}
process.exit();
