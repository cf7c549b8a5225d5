"""python logits.py MODEL_DIRECTORY [ADAPTER_DIRECTORY]: the model's fp32 logits for tokens 0..19, as JSON."""
import json, sys
import torch
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32)
if len(sys.argv) > 2:
    from peft import PeftModel
    model = PeftModel.from_pretrained(model, sys.argv[2])
with torch.no_grad():
    print(json.dumps(model(input_ids=torch.arange(20)[None]).logits[0].flatten().tolist()))
