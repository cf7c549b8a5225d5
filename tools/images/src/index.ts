/**
 * Builds this project's container images without a Docker engine (buildah) and with one alike.
 *
 * An image is a root folder and a Containerfile that says FROM scratch and COPY: Node comes from npm, libraries and
 * static programs from Debian packages of pinned versions, the rest from this repository's bundles. Every image runs as
 * user 65532.
 *
 * It knows what lies in an image; which cluster runs it is not its business.
 */
export { buildImages, type BuildOptions } from './build-images.ts';
export { chooseBuilder, type Builder, type BuiltImage, type BuilderName } from './builder.ts';
export { createProgram, type Output } from './command-line.ts';
export { folderImage, imageNames, listedImages, projectImages, type ImageRecipe } from './recipes.ts';
