"""Makes small random bases and LoRA adapters with PEFT, and what PEFT says they amount to.

python make.py DIRECTORY SEED. Writes models, adapters, and expected-<model>.safetensors: per module the sum over the
adapters of strength * get_delta_weight, added in float64 (PEFT's own ways of combining adapters are not exact).
"""
import json, os, sys
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

out, seed = sys.argv[1], int(sys.argv[2])
torch.manual_seed(seed)
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
LLAMA = dict(vocab_size=20, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, bos_token_id=None, eos_token_id=None)
STRENGTHS = {"plain": 0.7, "stable": 0.35, "embedded": 0.9, "conv": 0.6, "conv2": 0.25}


def randomize(model):
    for layer in model.modules():
        if isinstance(layer, LoraLayer):
            for part in (layer.lora_A, layer.lora_B):
                for linear in part.values():
                    torch.nn.init.normal_(linear.weight, std=0.3)
            for part in (layer.lora_embedding_A, layer.lora_embedding_B):
                for parameter in part.values():
                    torch.nn.init.normal_(parameter, std=0.3)


def save_adapter(base_directory, kind, name, config, dtype=torch.float32):
    model = get_peft_model(kind.from_pretrained(base_directory, dtype=torch.float32), config)
    randomize(model)
    for path, parameter in model.named_parameters():
        if "lora_" in path:  # the copies of base embeddings that PEFT saves beside them must stay what the base holds
            parameter.data = parameter.data.to(dtype)
    model.save_pretrained(os.path.join(out, name))
    os.remove(os.path.join(out, name, "README.md"))


def expect(base_directory, kind, names):
    """Deltas per module, and the logits of PEFT's live forward with all adapters active at their strengths."""
    model = PeftModel.from_pretrained(kind.from_pretrained(base_directory, dtype=torch.float32), os.path.join(out, names[0]), adapter_name=names[0])
    for name in names[1:]:
        model.load_adapter(os.path.join(out, name), adapter_name=name)
    model.base_model.set_adapter(names)
    deltas = {}
    for path, layer in model.base_model.model.named_modules():
        if not isinstance(layer, LoraLayer):
            continue
        present = [n for n in names if n in layer.scaling]
        deltas[path] = sum(STRENGTHS[n] * layer.get_delta_weight(n).detach().double() for n in present).float().contiguous()
        for n in present:
            layer.scaling[n] *= STRENGTHS[n]
    with torch.no_grad():
        deltas["logits"] = model(input_ids=torch.arange(20)[None]).logits[0].contiguous()
    return deltas


def rotary_order(delta, heads):
    """How llama.cpp's converter reorders the rows of q and k."""
    return delta.reshape(heads, 2, delta.shape[0] // heads // 2, delta.shape[1]).swapaxes(1, 2).reshape(delta.shape).contiguous()


llama = os.path.join(out, "llama")
LlamaForCausalLM(LlamaConfig(**LLAMA, tie_word_embeddings=True)).save_pretrained(llama)
save_adapter(llama, LlamaForCausalLM, "plain", LoraConfig(r=4, lora_alpha=6, target_modules=LINEAR, task_type="CAUSAL_LM"))
save_adapter(llama, LlamaForCausalLM, "stable", LoraConfig(
    r=3, lora_alpha=5, use_rslora=True, target_modules=LINEAR, task_type="CAUSAL_LM",
    rank_pattern={r"layers\.1\.self_attn\.[qk]_proj": 5, "q_proj": 2, "mlp.down_proj": 1},
    alpha_pattern={"v_proj": 7, "layers.0.mlp.down_proj": 2.5}))
save_adapter(llama, LlamaForCausalLM, "embedded", LoraConfig(
    r=2, lora_alpha=3, target_modules=["embed_tokens", "lm_head", "q_proj"], task_type="CAUSAL_LM"), torch.bfloat16)
for target, names in {"llama": ["plain", "stable"], "llama-untied": ["plain", "stable", "embedded"]}.items():
    deltas = expect(llama, LlamaForCausalLM, names)
    for path in [p for p in deltas if p.endswith(("q_proj", "k_proj"))]:
        deltas[path + ":gguf"] = rotary_order(deltas[path], 4 if path.endswith("q_proj") else 2)
    save_file(deltas, os.path.join(out, f"expected-{target}.safetensors"))

for name, dtype in {"bfloat16": torch.bfloat16, "float16": torch.float16}.items():
    directory = os.path.join(out, f"llama-{name}")
    LlamaForCausalLM(LlamaConfig(**LLAMA, tie_word_embeddings=False)).to(dtype).save_pretrained(directory, max_shard_size="3KB")

gpt2 = os.path.join(out, "gpt2")
GPT2LMHeadModel(GPT2Config(vocab_size=20, n_embd=16, n_layer=1, n_head=2, n_positions=32, bos_token_id=None, eos_token_id=None)).save_pretrained(gpt2)
for name, rank in {"conv": 2, "conv2": 3}.items():
    save_adapter(gpt2, GPT2LMHeadModel, name, LoraConfig(r=rank, lora_alpha=3, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True, task_type="CAUSAL_LM"))
save_file(expect(gpt2, GPT2LMHeadModel, ["conv", "conv2"]), os.path.join(out, "expected-gpt2.safetensors"))
json.dump(STRENGTHS, open(os.path.join(out, "strengths.json"), "w"), indent=2)
