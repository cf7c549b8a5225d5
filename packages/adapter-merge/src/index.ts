/** LoRA adapters: read, check, fuse by rank concatenation, merge; safetensors and GGUF. */
export {};
