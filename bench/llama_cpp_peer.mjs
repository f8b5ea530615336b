// llama.cpp beside Chuan, through the prebuilt library that the npm package node-llama-cpp brings.
//
//   npm install --prefix DIR node-llama-cpp      (any folder)
//   CHUAN_LLAMA_CPP=DIR node llama_cpp_peer.mjs ...
//
//   greedy MODEL.gguf COUNT "1 2 3"        COUNT tokens after these ids, each with the gap to the second
//   nll MODEL.gguf IDS.json [WINDOW]       IDS.json: [[ids of a document], ...]; natural log-likelihood of
//                                          all tokens but the first of each document, windows not overlapping
//   bench MODEL.gguf THREADS CONTEXT       the peer of `chuan bench --vs llama.cpp`: cases on stdin, see
//                                          chuan.measure.PeerProcess
//
// One JSON object on stdout. KV_TYPE=F32 (or F16, ...) chooses the cache, THREADS the threads.
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {pathToFileURL} from "node:url";

const where = process.env.CHUAN_LLAMA_CPP;
const library = where === undefined ? "node-llama-cpp"
    : pathToFileURL(join(where, "node_modules/node-llama-cpp/dist/index.js")).href;
const {getLlama, LlamaLogLevel} = await import(library);

const [mode, path, ...rest] = process.argv.slice(2);
const threads = Number(mode === "bench" ? rest[0] : process.env.THREADS ?? 2);
const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error,
    maxThreads: threads});
const model = await llama.loadModel({modelPath: path, useMmap: process.env.MMAP !== "0"});
const kv = process.env.KV_TYPE ?? (mode === "bench" ? "F16" : "F32");

function second(logits) {
    const it = logits.entries();
    const first = it.next().value;
    return {token: Number(first[0]), margin: first[1] - it.next().value[1]};
}

async function context(size) {
    return model.createContext({contextSize: size, batchSize: Math.min(size, 512), flashAttention: mode === "bench", threads,
        experimentalKvCacheKeyType: kv, experimentalKvCacheValueType: kv});
}

if (mode === "greedy") {
    const ids = rest[1].trim().split(/\s+/).map(Number);
    const count = Number(rest[0]);
    const sequence = (await context(ids.length + count + 8)).getSequence();
    const tokens = [], margins = [];
    let input = ids;
    for (let i = 0; i < count; i++) {
        const asked = input.map((id, at) => at === input.length - 1
            ? [id, {generateNext: {logits: true, token: true, options: {temperature: 0}}}] : id);
        const result = await sequence.controlledEvaluate(asked);
        const next = second(result[asked.length - 1].next.logits);
        tokens.push(next.token);
        margins.push(next.margin);
        input = [next.token];
    }
    console.log(JSON.stringify({tokens, margins}));
} else if (mode === "nll") {
    const documents = JSON.parse(readFileSync(rest[0], "utf8"));
    const window = Number(rest[1] ?? 256);
    const sequence = (await context(window + 8)).getSequence();
    let nats = 0, count = 0;
    for (const ids of documents)
        for (let from = 0; from < ids.length - 1; from += window - 1) {
            const part = ids.slice(from, from + window);
            if (part.length < 2) break;
            await sequence.clearHistory();
            const asked = part.slice(0, -1).map(id => [id, {generateNext: {logits: true, options: {temperature: 0}}}]);
            const results = await sequence.controlledEvaluate(asked);
            results.forEach((r, i) => {
                let max = -Infinity, sum = 0;
                for (const v of r.next.logits.values()) if (v > max) max = v;
                for (const v of r.next.logits.values()) sum += Math.exp(v - max);
                nats += max + Math.log(sum) - r.next.logits.get(part[i + 1]);
                count++;
            });
        }
    console.log(JSON.stringify({tokens: count, nats, perplexity: Math.exp(nats / count)}));
} else if (mode === "bench") {
    const size = Number(rest[1]);
    const used = await context(size + 8);
    const sequence = used.getSequence();
    const ids = Array.from({length: size + 8}, (_, i) => (i * 7919 + 13) % 30000 + 3);
    const require = createRequire(library === "node-llama-cpp" ? import.meta.url : library);
    const {version} = JSON.parse(readFileSync(join(require.resolve("node-llama-cpp"), "../../package.json")));
    console.log(JSON.stringify({
        name: "llama.cpp", version: `${llama.llamaCppRelease.release} (node-llama-cpp ${version})`,
        instructions: llama.systemInfo.split("|").map(part => part.replace(/^ *CPU *:/, "").trim())
            .filter(part => part.endsWith("= 1")).map(part => part.split(" ")[0]).join(" "),
        threads: used.currentThreads
    }));
    for await (const line of createInterface({input: process.stdin})) {
        const {prompt, generate, depth} = JSON.parse(line);
        const held = Math.min(sequence.nextTokenIndex, depth);
        if (sequence.nextTokenIndex > held)
            await sequence.eraseContextTokenRanges([{start: held, end: sequence.nextTokenIndex}]);
        if (depth > held) await sequence.evaluateWithoutGeneratingNewTokens(ids.slice(held, depth));
        const cpu = process.cpuUsage();
        const start = process.hrtime.bigint();
        if (prompt > 0) {
            await sequence.controlledEvaluate(ids.slice(depth, depth + prompt).map((id, i) =>
                i === prompt - 1 ? [id, {generateNext: {token: true, options: {temperature: 0}}}] : id));
        } else {
            for (let i = 0; i < generate; i++)
                await sequence.controlledEvaluate([
                    [ids[depth + i], {generateNext: {token: true, options: {temperature: 0}}}]]);
        }
        const seconds = Number(process.hrtime.bigint() - start) / 1e9;
        const {user, system} = process.cpuUsage(cpu);
        console.log(JSON.stringify({seconds, cpu_seconds: (user + system) / 1e6}));
    }
} else throw new Error("greedy, nll or bench");
await llama.dispose();
process.exit(0);
