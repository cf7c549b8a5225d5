export const vllmRuntimes: string =
  "[{\"engine\": \"vllm\", \"version\": \"0.32.0\", \"defaultImage\": \"x\", \"source\": \"\", \"flags\": []}]";
