export const gpuData: string =
  "{\"models\": [], \"instanceTypes\": [], \"nodeLabels\": {\"product\": \"nvidia.com/gpu.product\", \"count\": \"nvidia.com/gpu.count\", \"memoryMiB\": \"nvidia.com/gpu.memory\", \"computeMajor\": \"nvidia.com/cuda.compute.major\", \"computeMinor\": \"nvidia.com/cuda.compute.minor\"}}";
