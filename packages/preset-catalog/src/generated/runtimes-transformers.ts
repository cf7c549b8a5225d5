export const transformersRuntimes: string =
  "[{\"engine\": \"transformers\", \"version\": \"5.19.0\", \"defaultImage\": \"x\", \"source\": \"\", \"flags\": []}]";
