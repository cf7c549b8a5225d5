import type { ContainerImages, ContainerImage } from '../images/container-images.ts';
import { ImageError } from '../images/image-error.ts';
import type { Container } from '../pod/pod.ts';

/** Thrown when a container's image is not to be had; carries the waiting reason that Kubernetes uses. */
export class ImagePullError extends Error {
  override readonly name = 'ImagePullError';
  readonly reason: 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'InvalidImageName';

  constructor(reason: ImagePullError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Looks for one container's image, once per start; what is missing twice is waited for. */
export class ImagePull {
  readonly #images: ContainerImages;
  #failures = 0;
  #imageId: string;

  /** `imageId`: what an earlier agent found. */
  constructor(images: ContainerImages, imageId: string) {
    this.#images = images;
    this.#imageId = imageId;
  }

  /** Of the image that was found last. */
  get imageId(): string {
    return this.#imageId;
  }

  async find(container: Container): Promise<ContainerImage> {
    try {
      const image = await this.#images.resolve(container.image);
      this.#failures = 0;
      this.#imageId = image.id;
      return image;
    } catch (error) {
      const blocked = blockedByImage(error, container, this.#failures);
      if (blocked instanceof ImagePullError) this.#failures += 1;
      throw blocked;
    }
  }
}

function blockedByImage(error: unknown, { image, imagePullPolicy }: Container, failures: number): unknown {
  if (!(error instanceof ImageError)) return error;
  const options = { cause: error };
  if (error.code === 'REFERENCE_INVALID')
    return new ImagePullError('InvalidImageName', error.message, options);
  if (imagePullPolicy === 'Never') return new ImagePullError('ErrImageNeverPull', error.message, options);
  if (failures === 0) return new ImagePullError('ErrImagePull', error.message, options);
  return new ImagePullError(
    'ImagePullBackOff',
    `Back-off pulling image "${image}": ${error.message}`,
    options,
  );
}
