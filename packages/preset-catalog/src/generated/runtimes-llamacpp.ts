export const llamacppRuntimes: string =
  "[{\"engine\": \"llamacpp\", \"version\": \"0.7.0\", \"defaultImage\": \"x\", \"source\": \"\", \"flags\": []}]";
