/** An OpenAI-compatible server over llama.cpp for machines without a GPU. */
export {};
