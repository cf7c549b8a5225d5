import { Header } from 'tar';

export interface TarFixtureEntry {
  readonly path: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice';
  readonly content?: string;
  readonly linkpath?: string;
  readonly mode?: number;
}

/** A tar archive with exactly these entries, however hostile. */
export function tarOf(entries: readonly TarFixtureEntry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, type = 'File', content = '', linkpath, mode = 0o644 } of entries) {
    const body = Buffer.from(content);
    const block = Buffer.alloc(512);
    const header = new Header();
    Object.assign(header, { path, mode, size: body.length, mtime: new Date(0), uid: 0, gid: 0 });
    header.type = type;
    if (linkpath !== undefined) header.linkpath = linkpath;
    header.encode(block, 0);
    blocks.push(block);
    if (body.length > 0) blocks.push(Buffer.concat([body, Buffer.alloc((512 - (body.length % 512)) % 512)]));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
